/** Reads what the API answers: any JSON in, plain facts out; nothing here can throw. */
import type { IDataObject } from 'n8n-workflow';
import { asNumber, asObject, asText } from '../shared/values';

/**
 * The state of one generation, as far as one answer shows. `reason` is what the API says about it, and
 * `charged` whether it names a charge: then neither a missing video nor a failure was free.
 */
export type Outcome =
	| { kind: 'running'; status: string; reason?: string }
	| { kind: 'completed'; status: string; url: string }
	| { kind: 'withoutVideo'; status: string; reason?: string; charged: boolean }
	| { kind: 'failed'; status: string; reason?: string; charged: boolean };

const wordsOf = (words: string) => new Set(words.split(' '));
/** The documented words are `completed` and `error`; the others are what related APIs say. */
const COMPLETED = wordsOf('completed complete succeeded success successful done finished');
const FAILED = wordsOf(
	'error failed failure canceled cancelled expired rejected aborted terminated timeout timed_out blocked moderated content_moderated content_filtered filtered nsfw',
);
/** A URL next to one of these belongs to something else, such as a preview. */
const RUNNING = wordsOf(
	'queued generating waiting active pending processing in_progress in_queue running starting started submitted created preparing',
);
const MAX_REASON_LENGTH = 500;

/**
 * What the API says it charged, by `meta.usage` or else the answer's headers: each part only where it
 * says so, undefined when it says nothing.
 */
export function readUsage(answer: IDataObject, headers: IDataObject): IDataObject | undefined {
	const said = asObject(asObject(answer.meta)?.usage) ?? asObject(answer.usage);
	const creditsUsed = asNumber(said?.credits_used) ?? asNumber(headers['x-aimlapi-credits-used']);
	const usdSpent = asNumber(said?.usd_spent) ?? asNumber(headers['x-aimlapi-usd-spent']);
	if (creditsUsed === undefined && usdSpent === undefined) return undefined;
	return {
		...(creditsUsed !== undefined && { creditsUsed }),
		...(usdSpent !== undefined && { usdSpent }),
	};
}

/**
 * The human part of an API message in any of its shapes: a string, `{ name, message }`,
 * `{ detail: [{ loc, msg }] }`, `{ error: … }`, lists of these. At most 500 characters, or undefined.
 */
export function readReason(value: unknown, depth = 0): string | undefined {
	if (depth > 5) return undefined;
	if (typeof value === 'string') return asText(value)?.slice(0, MAX_REASON_LENGTH);
	if (Array.isArray(value)) {
		const reasons = value.slice(0, 10).map((entry) => readReason(entry, depth + 1));
		return asText(reasons.filter(Boolean).join('; '))?.slice(0, MAX_REASON_LENGTH);
	}
	const object = asObject(value);
	if (!object) return undefined;
	for (const key of [
		'message',
		'msg',
		'detail',
		'details',
		'error',
		'errors',
		'reason',
		'title',
		'name',
	]) {
		const reason = readReason(object[key], depth + 1);
		if (!reason) continue;
		const loc = Array.isArray(object.loc) ? object.loc : [];
		const place = loc.filter((part) => /string|number/.test(typeof part)).join('.');
		return (place ? `${place}: ${reason}` : reason).slice(0, MAX_REASON_LENGTH);
	}
	return undefined;
}

/** The video of an answer: the vendor's own client knows an object and a list of objects. */
export function readVideo(answer: IDataObject): IDataObject | undefined {
	const given = [answer.video, answer.videos, answer.video_url, answer.output].flat();
	const videos = given.map((video) =>
		typeof video === 'string' && isWebUrl(video) ? { url: video } : asObject(video),
	);
	return videos.find((video) => asText(video?.url) !== undefined);
}

/** Whether an answer names a charge of more than nothing. */
function isCharged(answer: IDataObject): boolean {
	const usage = readUsage(answer, {});
	const own = asObject(answer.usage);
	const amounts = [usage?.creditsUsed, usage?.usdSpent, own?.creditsUsed, own?.usdSpent];
	return amounts.some((amount) => Number(amount ?? 0) > 0);
}

/** The state of the generation. Every status that is not a known end counts as still running. */
export function readOutcome(answer: IDataObject): Outcome {
	const status = asText(answer.status)?.toLowerCase() ?? 'unknown';
	const word = status.replace(/[\s-]+/g, '_');
	const url = asText(readVideo(answer)?.url);
	const said = readReason(answer.error) ?? readReason(answer.message);
	const reason = said === undefined ? {} : { reason: said };
	if (FAILED.has(word)) return { kind: 'failed', status, ...reason, charged: isCharged(answer) };
	if (url !== undefined && !RUNNING.has(word)) return { kind: 'completed', status, url };
	if (!COMPLETED.has(word)) return { kind: 'running', status, ...reason };
	return { kind: 'withoutVideo', status, ...reason, charged: isCharged(answer) };
}

/** How a row of the usage log says that its generation ended; undefined while it has not. */
export function readEnd(status: unknown): 'succeeded' | 'failed' | undefined {
	const word =
		asText(status)
			?.toLowerCase()
			.replace(/[\s-]+/g, '_') ?? '';
	if (COMPLETED.has(word)) return 'succeeded';
	return FAILED.has(word) ? 'failed' : undefined;
}

/**
 * An answer about a generation as it is passed on: with the ID that was asked for, the video as an object,
 * and the charge in one place.
 */
export function asGeneration(
	answer: IDataObject,
	id: string,
	headers: IDataObject = {},
): IDataObject {
	const video = readVideo(answer);
	const generation: IDataObject = { ...answer, id, ...(video && { video }) };
	const isOver = readOutcome(answer).kind !== 'running';
	const usage = isOver ? readUsage(answer, headers) : undefined;
	return usage ? { ...generation, usage } : generation;
}

/** The answer as output row: a success row never has a top-level `error`, or n8n would retry the node. */
export function asRow(answer: IDataObject, model: string | undefined): IDataObject {
	const row: IDataObject = { ...answer };
	delete row.error;
	if (model !== undefined) row.model ??= model;
	return row;
}

/** The model in an id such as `<uuid>:google/veo-3.1-t2v`; undefined for other IDs. */
export function modelInId(generationId: string): string | undefined {
	return /^[\w-]+:([\w./-]+)$/.exec(generationId)?.[1];
}

/** Whether this is an address that can be downloaded: absolute, http or https. */
export function isWebUrl(text: string): boolean {
	try {
		return ['http:', 'https:'].includes(new URL(text).protocol);
	} catch {
		return false;
	}
}

/** Milliseconds to wait by a `Retry-After` header (seconds or an HTTP date), or undefined. */
export function readRetryAfterMs(header: unknown, nowMs: number): number | undefined {
	const text = typeof header === 'number' ? String(header) : asText(header);
	if (text === undefined) return undefined;
	if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1_000;
	const at = Date.parse(text);
	return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
