/**
 * The AI/ML API: its routes, and what each answer means. A submission is accepted, certainly not accepted, or
 * in doubt. A status check returns an answer, or says why there is none.
 * @see https://docs.aimlapi.com/api-references/video-models
 */
import type { IDataObject } from 'n8n-workflow';
import { asGeneration, readOutcome, readReason, readRetryAfterMs, readVideo } from './responses';
import type { Client, Exchange, Reply } from './client';
import type { ConnectionFailure } from './connectionFailure';
import type { ItemError } from '../shared/errors';
import { asNumber, asObject, asText } from '../shared/values';
import {
	badKey,
	blockedOnTheWay,
	checkRefused,
	noCredits,
	notAllowed,
	notReached,
	redirected,
	requestRefused,
	requestTooLarge,
} from '../shared/messages';

const GENERATIONS = '/v2/video/generations';
export const LOGS = '/v2/logs';
export const CATALOGUE = '/v1/models';
export const BILLING = '/v2/billing';

/** How long the API may take to answer after the upload. */
const SUBMIT_TIMEOUT_MS = 120_000;
/** The slowest upload that the limit allows for, 256 kbit/s: images are part of the request. */
const SLOWEST_BYTES_PER_MS = 32;
/** A name server may be away for a moment. A name that is not found after this does not exist. */
const NAME_NOT_FOUND_MS = 5_000;

/** What became of a paid submission. */
export type Submission =
	/** `answer` has the ID and a status. */
	| { kind: 'accepted'; id: string; answer: IDataObject }
	/** Certainly not accepted; may be sent again, for as long as `withinMs` if that is given. */
	| { kind: 'notTaken'; cause: string; busy: boolean; retryAfterMs?: number; withinMs?: number }
	/** It may have been accepted and charged; must not be sent again. `id` may be its generation. */
	| { kind: 'lost'; cause: string; id?: string };

/** The result of one status check: an answer, or a temporary failure that is waited out. */
export type StatusCheck =
	| { kind: 'answer'; answer: IDataObject }
	| { kind: 'unknownId' }
	| { kind: 'noAnswer'; cause: string; busy?: boolean; retryAfterMs?: number };

/** The result of a free route: its answer, or a temporary failure. */
export type Reading =
	| { kind: 'answer'; answer: IDataObject }
	| { kind: 'noAnswer'; cause: string; busy?: boolean; retryAfterMs?: number };

/** The words of the answer, or its status. */
function apiText({ status, json, text }: Reply): string {
	const fallback = /^\s*</.test(text) ? undefined : asText(text)?.slice(0, 200);
	return readReason(json) ?? fallback ?? `HTTP ${status}`;
}

/** `HTTP 502`, and what else the answer says. */
function statusText(reply: Reply): string {
	const status = `HTTP ${reply.status}`;
	const text = apiText(reply);
	return text === status ? status : `${status} ("${text}")`;
}

/**
 * A status in the body of an answer that says 200: some gateways put their refusals there. What has an ID
 * is about a generation, whose own error may have a code too.
 */
function statusInBody(json: unknown): number | undefined {
	const body = asObject(json);
	if (!body || asText(body.id)) return undefined;
	const inner = asText(body.status) ? undefined : asObject(body.error);
	const said = [body.statusCode, body.code, body.status, inner?.statusCode, inner?.code];
	return said.map(asNumber).find((status) => status && status >= 400 && status < 600);
}

/** The answer with the status that it means. */
function meant(reply: Reply): Reply {
	const status = reply.status < 300 ? statusInBody(reply.json) : undefined;
	return status === undefined ? reply : { ...reply, status };
}

/** The API answers in JSON; a page or a bare text comes from a proxy or a firewall on the way. */
const isFromApi = ({ json }: Reply) => asObject(json) !== undefined;

/**
 * These say nothing about the request itself, and may pass. A submission may have been taken all the same: the
 * 409 may be the answer to a proxy that sent it twice, the 499 that of a proxy which gave up waiting.
 */
const TRANSIENT = [404, 408, 409, 423, 424, 425, 429, 499];
/** Words for an empty account. A refused prompt may mention a balance beam or end credits. */
const NO_CREDITS =
	/top.?up|\b(?:out of|insufficient|not enough|no|low)\b.{0,30}\b(?:credits?|balance|funds)\b|\b(?:credits?|balance|funds)\b.{0,30}\b(?:insufficient|exhausted|too low|empty|depleted|run out)\b/i;
/** What Cloudflare says when it could not open a connection to the server behind it. */
const ORIGIN_UNREACHED = [521, 523, 525, 526, 530];

/** The refusal in an answer; undefined when there is none, or when it may pass. */
function refusalOf(
	reply: Reply,
	refused: (status: number, text: string) => ItemError,
): ItemError | undefined {
	const { status } = reply;
	const text = apiText(reply);
	// The key must not go to another address.
	if (status >= 300 && status < 400) return redirected(status);
	// A proxy that wants a password, or a sign-in page of the network.
	if (status === 407 || status === 511) return blockedOnTheWay(status, text);
	if (status < 400 || status >= 500 || TRANSIENT.includes(status)) return undefined;
	// Said by the server or by a proxy on the way, often in HTML; it means the same.
	if (status === 413) return requestTooLarge(text);
	if ((status === 401 || status === 403) && !isFromApi(reply)) {
		return blockedOnTheWay(status, text);
	}
	if (status === 401) return badKey(text);
	// The vendor answers an empty account with 403, others with 402.
	if (status === 402 || (status === 403 && NO_CREDITS.test(text))) {
		return noCredits(text);
	}
	return status === 403 ? notAllowed(text) : refused(status, text);
}

/** An answer that says nothing about the request; a later one may. */
function noAnswerOf(reply: Reply): Extract<Reading, { kind: 'noAnswer' }> {
	return {
		kind: 'noAnswer',
		cause: `The server answered with ${statusText(reply)}`,
		busy: reply.status === 429,
		retryAfterMs: readRetryAfterMs(reply.headers['retry-after'], Date.now()),
	};
}

/**
 * An exchange of a free route that failed.
 * @throws ItemError when a later one would fail, too
 */
function notAnswered({ cause, mends }: ConnectionFailure): Extract<Reading, { kind: 'noAnswer' }> {
	if (mends === 'never') throw notReached(cause, true);
	return { kind: 'noAnswer', cause };
}

/**
 * What became of a submission.
 * @throws ItemError when it was refused: nothing is charged
 */
export function readSubmission(exchange: Exchange): Submission {
	if ('failure' in exchange) {
		const { cause, reached, mends } = exchange.failure;
		// Sent, and no answer: the server may have it.
		if (reached) return { kind: 'lost', cause };
		// Nothing was sent, and trying again cannot help.
		if (mends === 'never') throw notReached(cause, true);
		const withinMs = mends === 'soon' ? NAME_NOT_FOUND_MS : undefined;
		return { kind: 'notTaken', cause, busy: false, withinMs };
	}
	const reply = meant(exchange.reply);
	const { status, headers } = reply;
	if (status === 429) {
		const retryAfterMs = readRetryAfterMs(headers['retry-after'], Date.now());
		return { kind: 'notTaken', cause: apiText(reply), busy: true, retryAfterMs };
	}
	if (ORIGIN_UNREACHED.includes(status)) {
		return {
			kind: 'notTaken',
			cause: `The server answered with ${statusText(reply)}`,
			busy: false,
		};
	}
	// A refusal, also of the route: the API charges only what it accepts.
	const refusal =
		refusalOf(reply, requestRefused) ??
		(status === 404 ? requestRefused(404, apiText(reply)) : undefined);
	if (refusal) throw refusal;
	const answer = asObject(reply.json);
	const id = asText(answer?.id);
	if (status < 300 && answer && id) {
		const accepted = asGeneration(answer, id, headers);
		return {
			kind: 'accepted',
			id,
			answer: { ...accepted, status: asText(answer.status) ?? 'queued' },
		};
	}
	// An ID in a header, or with another status, does not mean that the request was accepted.
	const named = id ?? asText(headers['x-inference-id']);
	const words = readReason(reply.json);
	const noId = `The answer to the request held no generation ID${words ? ` ("${words}")` : ''}`;
	return {
		kind: 'lost',
		cause: status < 300 ? noId : `The server answered with ${statusText(reply)}`,
		...(named && { id: named }),
	};
}

/**
 * What the answer to a status check means.
 * @throws ItemError when no further check can help
 */
export function readStatusCheck(exchange: Exchange, generationId: string): StatusCheck {
	if ('failure' in exchange) return notAnswered(exchange.failure);
	const reply = meant(exchange.reply);
	const { status, json, headers } = reply;
	// Not from the API: what blocks the way may let a later request through.
	const isBlocked =
		[407, 511].includes(status) || ([401, 403].includes(status) && !isFromApi(reply));
	const refusal = isBlocked
		? undefined
		: refusalOf(reply, (code, text) => checkRefused(generationId, code, text));
	if (refusal) throw refusal;
	if (status === 404) return { kind: 'unknownId' };
	const answer = asObject(json);
	const isAbout = answer && (asText(answer.status) ?? readVideo(answer));
	if (!isAbout || status >= 300) return noAnswerOf(reply);
	return { kind: 'answer', answer: asGeneration(answer, generationId, headers) };
}

/**
 * What the answer of a free route means.
 * @throws ItemError when asking again cannot help
 */
export function readFree(exchange: Exchange): Reading {
	if ('failure' in exchange) return notAnswered(exchange.failure);
	const reply = meant(exchange.reply);
	const refusal = refusalOf(reply, requestRefused);
	if (refusal) throw refusal;
	const answer = reply.status < 300 ? asObject(reply.json) : undefined;
	return answer ? { kind: 'answer', answer } : noAnswerOf(reply);
}

/** The number of characters in all texts of a body. Images make up nearly all of it. */
const lengthOf = (value: unknown): number =>
	typeof value === 'string'
		? value.length
		: Array.isArray(value)
			? value.reduce((sum: number, part) => sum + lengthOf(part), 0)
			: 0;

export interface Api {
	/** @throws ItemError when the API refused (nothing was charged) */
	submit(body: IDataObject, clientRequestId: string): Promise<Submission>;
	/** @throws ItemError when no further check can help */
	check(generationId: string, timeoutMs: number): Promise<StatusCheck>;
	/**
	 * What a free route answers (`path` with its query), or the temporary failure.
	 * @throws ItemError when asking again cannot help
	 */
	read(path: string, timeoutMs: number): Promise<Reading>;
}

export const apiOf = (client: Client): Api => ({
	submit: async (body, clientRequestId) => {
		const bytes = Object.values(body).reduce((sum: number, value) => sum + lengthOf(value), 0);
		return readSubmission(
			await client({
				method: 'POST',
				path: GENERATIONS,
				headers: { 'X-Client-Request-Id': clientRequestId },
				body,
				timeoutMs: SUBMIT_TIMEOUT_MS + Math.ceil(bytes / SLOWEST_BYTES_PER_MS),
			}),
		);
	},
	check: async (generationId, timeoutMs) => {
		const path = `${GENERATIONS}?generation_id=${encodeURIComponent(generationId)}`;
		return readStatusCheck(await client({ method: 'GET', path, timeoutMs }), generationId);
	},
	read: async (path, timeoutMs) => readFree(await client({ method: 'GET', path, timeoutMs })),
});

/** Whether an answer to a submission is the end of the generation already. */
export const isEnd = (answer: IDataObject): boolean =>
	['completed', 'failed'].includes(readOutcome(answer).kind);
