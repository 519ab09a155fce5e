/** Turns what the user chose into the request body: only what is set, only what the model takes. */
import type { IDataObject } from 'n8n-workflow';
import type { BinarySource } from './files';
import { splitMediaList, StoredMedia, toApiMedia } from './media';
import { findModel, MAX_REFERENCE_IMAGES, MEDIA, SETTINGS, shortName } from './models';
import type { MediaName, Model, SettingName, SettingSpec } from './models';
import { isUnset } from './values';
import {
	mediaMissing,
	modelMissing,
	notText,
	promptMissing,
	settingNotTaken,
	settingOfWrongType,
	shownValue,
	tooManyImages,
} from './errors';

/** What the user entered for one item; expressions may have made anything of it. */
export interface Wishes {
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

function coerce(value: unknown, type: 'boolean' | 'integer' | 'string', label: string) {
	const text = typeof value === 'string' ? value.trim() : value;
	if (type === 'boolean') {
		if (typeof text === 'boolean') return text;
		if (typeof text === 'string' && /^(true|false)$/i.test(text)) return /^true$/i.test(text);
	} else if (type === 'integer') {
		const number = typeof text === 'string' && text !== '' ? Number(text) : text;
		if (Number.isSafeInteger(number)) return number as number;
	} else if (typeof text === 'string') {
		return text;
	} else if (typeof text === 'number' || typeof text === 'boolean') {
		return String(text);
	}
	throw settingOfWrongType(label, shownValue(value), type);
}

/**
 * One setting as the API takes it: "8" becomes 8, "1080P" becomes the model's own spelling.
 * @throws VeoError with the setting's display name when the value is not one the model takes
 */
export function readSetting(name: SettingName, value: unknown, spec: SettingSpec, model: string) {
	const { type, label } = SETTINGS[name];
	const given = coerce(value, type, label);
	if (!spec.values) return given;
	const match = spec.values.find(
		(allowed) => String(allowed).toLowerCase() === String(given).toLowerCase(),
	);
	if (match === undefined) throw settingNotTaken(label, String(given), spec.values, model);
	return match;
}

function readText(value: unknown, label: string): string | undefined {
	if (isUnset(value)) return undefined;
	if (typeof value === 'string') return value;
	if (typeof value === 'number' || typeof value === 'boolean') return String(value);
	throw notText(label);
}

async function readMedia(
	name: MediaName,
	value: unknown,
	binaries: BinarySource,
): Promise<BodyValue | undefined> {
	const { kind, label } = MEDIA[name];
	if (name !== 'referenceImages') {
		return isUnset(value) ? undefined : await toApiMedia(value, kind, label, binaries);
	}
	const pictures = splitMediaList(value);
	if (pictures.length === 0) return undefined;
	if (pictures.length > MAX_REFERENCE_IMAGES) {
		throw tooManyImages(label, pictures.length, MAX_REFERENCE_IMAGES);
	}
	const urls: Array<string | StoredMedia> = [];
	for (const picture of pictures) urls.push(await toApiMedia(picture, kind, label, binaries));
	return urls;
}

/**
 * The body for one item. A model that the table does not hold gets everything that is set, as it is:
 * the API judges.
 * @throws VeoError for the first thing that is missing or cannot be sent
 */
export async function buildBody(wishes: Wishes, binaries: BinarySource): Promise<RequestBody> {
	const id = readText(wishes.model, 'Model')?.trim();
	if (!id) throw modelMissing();
	const prompt = readText(wishes.prompt, 'Prompt');
	if (!prompt) throw promptMissing();
	const model: Model | undefined = findModel(id);
	const body: Record<string, BodyValue> & RequestBody = { model: id, prompt };

	for (const name of MEDIA_NAMES) {
		if (model && !model.media[name]) continue;
		const value = await readMedia(name, wishes.media[name], binaries);
		if (value !== undefined) body[MEDIA[name].field] = value;
		else if (model?.media[name] === 'required') {
			throw mediaMissing(MEDIA[name].label, model.name, binaries.fields);
		}
	}
	for (const name of SETTING_NAMES) {
		const spec = model ? model.settings[name] : {};
		const value = wishes.settings[name];
		if (!spec || isUnset(value)) continue;
		body[SETTINGS[name].field] = readSetting(name, value, spec, model?.name ?? shortName(id));
	}
	return body;
}

const loaded = (value: BodyValue) => (value instanceof StoredMedia ? value.load() : value);

/**
 * The body as it is sent: stored files are read now, all at once.
 * @throws VeoError when n8n cannot read one of them any more
 */
export async function loadBody(body: RequestBody): Promise<IDataObject> {
	const fields = Object.entries(body).map(async ([field, value]) => [
		field,
		Array.isArray(value) ? await Promise.all(value.map(loaded)) : await loaded(value),
	]);
	return Object.fromEntries(await Promise.all(fields)) as IDataObject;
}
