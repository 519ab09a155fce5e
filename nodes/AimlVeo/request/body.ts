/** Turns what the user chose into the request body: only what is set, only what the model accepts. */
import type { IDataObject } from 'n8n-workflow';
import type { BinarySource } from './files';
import { StoredMedia, toApiMedia } from './media';
import { mediaIn, splitMediaList } from './mediaList';
import {
	findModel,
	MAX_REFERENCE_IMAGES,
	MEDIA,
	MODELS,
	SETTINGS,
	shortName,
} from '../catalogue/models';
import type { MediaName, Model, SettingName } from '../catalogue/models';
import { readSetting } from './settings';
import { readPrompt, readText } from './text';
import { isUnset, unquoted } from '../shared/values';
import {
	mediaMissing,
	mediaNotTaken,
	modelMissing,
	notText,
	promptMissing,
	severalFiles,
	tooManyImages,
} from '../shared/messages';

/** What the user entered for one item; expressions may have made anything of it. */
export interface RequestInput {
	readonly model: unknown;
	readonly prompt: unknown;
	readonly media: Readonly<Partial<Record<MediaName, unknown>>>;
	readonly settings: Readonly<IDataObject>;
}

export type BodyValue = string | number | boolean | StoredMedia | Array<string | StoredMedia>;

/** The body of `POST /v2/video/generations`, as it is checked, priced and hashed. */
export interface RequestBody {
	readonly model: string;
	readonly prompt: string;
	readonly [field: string]: BodyValue;
}

const MEDIA_NAMES = Object.keys(MEDIA) as MediaName[];
const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

async function readMedia(
	name: MediaName,
	value: unknown,
	binaries: BinarySource,
	apiIsPrivate: boolean,
): Promise<BodyValue | undefined> {
	const { kind, label } = MEDIA[name];
	const isList = name === 'referenceImages';
	const files = isList ? splitMediaList(value, binaries) : mediaIn(value, binaries);
	if (files.length === 0) return undefined;
	if (!isList && files.length > 1) throw severalFiles(label, files.length);
	if (files.length > MAX_REFERENCE_IMAGES) {
		throw tooManyImages(label, files.length, MAX_REFERENCE_IMAGES);
	}
	const media: Array<string | StoredMedia> = [];
	for (const file of files) {
		media.push(await toApiMedia(file, kind, label, binaries, apiIsPrivate));
	}
	return isList ? media : media[0];
}

/** A video without the image that was filled in is not what was wanted. */
function assertTaken(input: RequestInput, model: Model, binaries: BinarySource): void {
	for (const name of MEDIA_NAMES) {
		if (model.media[name] || mediaIn(input.media[name], binaries).length === 0) continue;
		const others = MODELS.filter(({ media }) => media[name]).map(({ name: other }) => other);
		throw mediaNotTaken(MEDIA[name].label, model.name, others);
	}
}

function readModel(value: unknown): string {
	if (isUnset(value)) throw modelMissing();
	const text = readText(value, 'Model');
	if (text === undefined) throw notText('Model');
	return unquoted(text);
}

/**
 * The body for one item. A model that is not in the table gets everything that is set, unchanged: the API
 * decides.
 * @param apiIsPrivate whether the API is in a private network, and so reaches addresses there
 * @throws ItemError for the first thing that is missing or cannot be sent
 */
export async function buildBody(
	input: RequestInput,
	binaries: BinarySource,
	apiIsPrivate = false,
): Promise<RequestBody> {
	const id = readModel(input.model);
	const prompt = readPrompt(input.prompt, 'Prompt');
	if (!prompt) throw promptMissing();
	const model: Model | undefined = findModel(id);
	const body: Record<string, BodyValue> & RequestBody = { model: id, prompt };
	if (model) assertTaken(input, model, binaries);

	for (const name of MEDIA_NAMES) {
		if (model && !model.media[name]) continue;
		const value = await readMedia(name, input.media[name], binaries, apiIsPrivate);
		if (value !== undefined) body[MEDIA[name].field] = value;
		else if (model?.media[name] === 'required') {
			throw mediaMissing(MEDIA[name].label, model.name, binaries.fields);
		}
	}
	for (const name of SETTING_NAMES) {
		const spec = model ? model.settings[name] : {};
		const value = input.settings[name];
		if (!spec || isUnset(value)) continue;
		body[SETTINGS[name].field] = readSetting(name, value, spec, model?.name ?? shortName(id));
	}
	return body;
}

/** The names of the settings that are filled in, but that the model does not have. */
export function settingsNotTaken(id: string, settings: Readonly<IDataObject>): string[] {
	const model: Model | undefined = findModel(id);
	return SETTING_NAMES.filter(
		(name) => model && !model.settings[name] && !isUnset(settings[name]),
	).map((name) => SETTINGS[name].label);
}

const loaded = (value: BodyValue) => (value instanceof StoredMedia ? value.load() : value);

/**
 * The body as it is sent: stored files are read now, all at once.
 * @throws ItemError when n8n cannot read one of them any more
 */
export async function loadBody(body: RequestBody): Promise<IDataObject> {
	const fields = Object.entries(body).map(async ([field, value]) => [
		field,
		Array.isArray(value) ? await Promise.all(value.map(loaded)) : await loaded(value),
	]);
	return Object.fromEntries(await Promise.all(fields)) as IDataObject;
}
