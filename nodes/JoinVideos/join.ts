/** Joins the videos of all items: reads every index, plans the film, and only then copies. */
import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { collectClips } from './clips';
import type { Source } from './clips';
import {
	JoinError,
	nothingToJoin,
	notJoinable,
	optionUnknown,
	parameterUnreadable,
	stopped,
	toNodeError,
	unforeseen,
	videosMissing,
} from './errors';
import { SetsChange } from './mp4/copy';
import { readClip } from './mp4/clip';
import type { Clip } from './mp4/clip';
import { planFilm } from './mp4/film';
import type { Film } from './mp4/film';
import { Refused } from './mp4/refusal';
import { scan } from './mp4/scan';
import { storeFilm } from './store';

const DEFAULT_FILE_NAME = 'joined.mp4';
const DEFAULT_FIELD = 'data';
const MAX_NAME_LENGTH = 120;
/** Any other ending is part of the name: "Film 25.11.2026", "Scene 1.10", "film.webm". */
const MP4_EXTENSION = /\.(m4v|mov|mp4)$/i;

interface Options {
	readonly fileName: string;
	readonly binaryField: string;
	readonly withSound: boolean;
	readonly skipsItemsWithoutVideo: boolean;
}

/** A name that stays in its folder: no separators, quotes or control characters, and with an extension. */
export function safeFileName(value: unknown): string {
	const text = String(value ?? '').replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '');
	const safe = Array.from(text.replace(/[\\/:*?"<>|;%]/g, '_'))
		.slice(-MAX_NAME_LENGTH)
		.join('');
	const name = safe.replace(/^[.\s]+|[.\s]+$/g, '');
	if (name === '') return DEFAULT_FILE_NAME;
	return MP4_EXTENSION.test(name) ? name : `${name}.mp4`;
}

function readOptions(ctx: IExecuteFunctions): Options {
	const options = ctx.getNodeParameter('options', 0, {}) as IDataObject;
	const { sound = 'keep', skipItemsWithoutVideo: skip = false, fileName, binaryField } = options;
	if (sound !== 'keep' && sound !== 'leaveOut') {
		throw optionUnknown('Sound', sound, "'keep' or 'leaveOut'");
	}
	for (const [label, value] of Object.entries({
		'File Name': fileName,
		'Output Binary Field': binaryField,
	})) {
		if (typeof value === 'object' && value !== null) throw optionUnknown(label, value, 'text');
	}
	// A field of that name would be lost with its file.
	const fieldName = String(binaryField ?? '').trim() || DEFAULT_FIELD;
	return {
		fileName: safeFileName(fileName),
		binaryField: fieldName === '__proto__' ? DEFAULT_FIELD : fieldName,
		withSound: sound === 'keep',
		skipsItemsWithoutVideo: skip === true || skip === 'true',
	};
}

/** The first pass: one clip at a time, none of them in memory. */
async function readClips(
	sources: readonly Source[],
	withSound: boolean,
	stop?: AbortSignal,
): Promise<Clip[]> {
	const clips: Clip[] = [];
	for (const [position, source] of sources.entries()) {
		if (stop?.aborted) throw stopped();
		try {
			const size = await source.size();
			clips.push(readClip(await scan(await source.open(), size), withSound));
		} catch (cause) {
			throw cause instanceof Refused ? cause.of(position) : cause;
		}
	}
	return clips;
}

/** Handler types by what people call them; other types stay unnamed. */
const TRACKS: Record<string, string> = {
	vide: 'additional video tracks',
	soun: 'additional sound tracks',
	tmcd: 'time codes',
	text: 'texts or chapters',
	sbtl: 'subtitles',
	subt: 'subtitles',
	clcp: 'subtitles',
	meta: 'metadata tracks',
};

/** Tells in the output panel what of the clips is not in the film. */
function tellWhatIsLeftOut(ctx: IExecuteFunctions, clips: readonly Clip[]): void {
	const names = clips.flatMap(({ leftOut }) =>
		leftOut.map((type) => TRACKS[type] ?? 'other tracks'),
	);
	if (clips.some(({ hasManifest }) => hasManifest)) {
		names.push('content credentials (C2PA), which are valid only for the individual clips');
	}
	if (names.length === 0) return;
	ctx.addExecutionHints({
		message: `Left out of the joined video: ${[...new Set(names)].join(', ')}.`,
		type: 'info',
		location: 'outputPane',
	});
}

const pairedWithAll = (ctx: IExecuteFunctions) =>
	ctx.getInputData().map((_item, item) => ({ item }));

async function join(ctx: IExecuteFunctions, stop?: AbortSignal): Promise<INodeExecutionData> {
	const options = readOptions(ctx);
	const { sources, missing } = collectClips(ctx, options.skipsItemsWithoutVideo, stop);
	if (missing.length > 0 && !options.skipsItemsWithoutVideo) throw videosMissing(missing);
	if (sources.length === 0) throw nothingToJoin(missing);
	try {
		const clips = await readClips(sources, options.withSound, stop);
		const plan = (needsSetsInside: boolean) => planFilm(clips, options.withSound, needsSetsInside);
		const store = async (film: Film) => await storeFilm(ctx, film, sources, options.fileName, stop);
		let film = plan(false);
		const file = await store(film).catch(async (cause: unknown) => {
			if (!(cause instanceof SetsChange)) throw cause;
			film = plan(true);
			return await store(film);
		});
		tellWhatIsLeftOut(ctx, clips);
		return {
			json: rowOf(film, sources),
			binary: { [options.binaryField]: file },
			pairedItem: pairedWithAll(ctx),
		};
	} catch (cause) {
		throw cause instanceof Refused ? notJoinable(cause.refusal, sources, cause.clip) : cause;
	}
}

function rowOf({ duration, width, height, starts, durations }: Film, sources: readonly Source[]) {
	const clips = sources.map(({ item }, position) => ({
		item,
		start: starts[position] ?? 0,
		duration: durations[position] ?? 0,
	}));
	return { duration, width, height, clips };
}

/** n8n's own errors come from reading parameters; they say which one. */
function asJoinError(cause: unknown): JoinError {
	if (cause instanceof JoinError) return cause;
	const isOfN8n = cause instanceof Error && 'context' in cause;
	return isOfN8n ? parameterUnreadable(cause) : unforeseen(cause);
}

/**
 * The one row for all input items.
 * @throws NodeOperationError when they cannot be joined, unless Continue On Fail is set
 */
export async function joinItems(ctx: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const stop = ctx.getExecutionCancelSignal();
	try {
		return [await join(ctx, stop)];
	} catch (cause) {
		const error = toNodeError(ctx.getNode(), stop?.aborted ? stopped() : asJoinError(cause));
		if (!ctx.continueOnFail() || stop?.aborted) throw error;
		return [{ json: { error: error.message }, pairedItem: pairedWithAll(ctx) }];
	}
}
