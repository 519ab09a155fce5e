/** Reads what the API answers: any JSON in, plain facts out; nothing here can throw. */
import type { IDataObject } from 'n8n-workflow';
import { asNumber, asObject, asText } from './values';

/** How one generation stands, as far as one answer tells. */
export type Outcome =
	| { kind: 'running'; status: string }
	| { kind: 'completed'; status: string; url: string }
	| { kind: 'withoutVideo'; status: string }
	| { kind: 'failed'; status: string; reason?: string };

const COMPLETED = new Set(['completed', 'succeeded']);
const FAILED = new Set(['error', 'failed']);
const MAX_REASON_LENGTH = 500;

/**
 * What the API says it charged, by `meta.usage` or else the answer's headers: each part only where it
 * says so, undefined when it says nothing.
 */
export function readUsage(answer: IDataObject, headers: IDataObject): IDataObject | undefined {
	const said = asObject(asObject(answer.meta)?.usage);
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

/** How the generation stands. Every state that is not a known end is taken as still running. */
export function readOutcome(answer: IDataObject): Outcome {
	const status = asText(answer.status)?.toLowerCase() ?? 'unknown';
	const url = asText(asObject(answer.video)?.url);
	if (FAILED.has(status)) {
		const reason = readReason(answer.error);
		return { kind: 'failed', status, ...(reason && { reason }) };
	}
	if (!COMPLETED.has(status)) return { kind: 'running', status };
	return url ? { kind: 'completed', status, url } : { kind: 'withoutVideo', status };
}

/** The answer as output row: a success row never has a top-level `error`, or n8n would retry the node. */
export function asRow(answer: IDataObject, model: string | undefined): IDataObject {
	const row: IDataObject = { ...answer };
	delete row.error;
	if (model !== undefined) row.model ??= model;
	return row;
}

/** The model in an id such as `<uuid>:google/veo-3.1-t2v`; other ids tell none. */
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
