/**
 * The only HTTP to the AI/ML API, and what each status means: taken, surely not taken, or unknown.
 * @see https://docs.aimlapi.com/api-references/video-models
 */
import type {
	IDataObject,
	IExecuteFunctions,
	IHttpRequestOptions,
	IN8nHttpFullResponse,
} from 'n8n-workflow';
import { readOutcome, readReason, readRetryAfterMs, readUsage } from './answers';
import {
	badKey,
	credentialUnusable,
	lookRefused,
	noCredits,
	notAllowed,
	redirected,
	requestRefused,
} from './errors';
import type { VeoError } from './errors';
import { causeOf, neverSent } from './faults';
import { withLimit } from './pause';
import { asObject, asText } from './values';
import type { Look } from './wait';

export const CREDENTIAL = 'aimlapiApi';
const GENERATIONS = '/v2/video/generations';
export const LOGS = '/v2/logs';
export const CATALOGUE = '/v1/models';

/** Pictures travel inside the request, so a slow line gets two minutes. */
const SUBMIT_TIMEOUT_MS = 120_000;
const SHORT_TIMEOUT_MS = 30_000;
const LOG_PAGE_SIZE = 100;
/** A lost answer is looked up among the newest 500 requests of the account. */
const LOG_PAGES_TO_SEARCH = 5;

/** What became of a paid submission. */
export type Submission =
	| { kind: 'accepted'; id: string; status: string; answer: IDataObject }
	/** Surely not taken; may be sent again. */
	| { kind: 'notTaken'; cause: string; busy: boolean; retryAfterMs?: number }
	/** It may have been taken and charged; must not be sent again. */
	| { kind: 'lost'; cause: string };

interface Reply {
	readonly status: number;
	readonly headers: IDataObject;
	/** The parsed JSON, or undefined when the body is none. */
	readonly json: unknown;
	readonly text: string;
}

type Exchange = { reply: Reply } | { fault: string; sent: boolean };

/** The base URL without spaces, trailing slashes and a pasted `/v1` or `/v2`. */
export function normalizeBaseUrl(baseUrl: string): string {
	return baseUrl
		.trim()
		.replace(/\/+$/, '')
		.replace(/\/v[12]$/, '')
		.replace(/\/+$/, '');
}

/** Shorter ones are no real keys, and would be found in any text. */
const SHORTEST_KEY = 8;

/** An answer without the API key, which a gateway may echo: it must not reach a message, a row or a log. */
function withoutKey(text: string, apiKey: string): string {
	if (apiKey.length < SHORTEST_KEY) return text;
	return text.replaceAll(apiKey, '***').replaceAll(encodeURIComponent(apiKey), '***');
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

function apiText(reply: Reply): string {
	const reason = readReason(reply.json);
	const fallback = /^\s*</.test(reply.text) ? undefined : asText(reply.text)?.slice(0, 200);
	return reason ?? fallback ?? `HTTP ${reply.status}`;
}

/** `HTTP 502`, and what else the answer says. */
function statusText(reply: Reply): string {
	const status = `HTTP ${reply.status}`;
	const text = apiText(reply);
	return text === status ? status : `${status} ("${text}")`;
}

/** The VeoError for a status that no repetition can mend, or undefined. */
function refusalOf(
	reply: Reply,
	refused: (status: number, text: string) => VeoError,
): VeoError | undefined {
	const { status } = reply;
	if (status >= 300 && status < 400) return redirected(status);
	if (status < 400 || status >= 500 || [404, 408, 425, 429].includes(status)) return undefined;
	const text = apiText(reply);
	if (status === 401) return badKey(text);
	if (status === 402 || (status === 403 && /credit|balance|top.?up|funds/i.test(text))) {
		return noCredits(text);
	}
	return status === 403 ? notAllowed(text) : refused(status, text);
}

/** An answer that tells nothing now, and may tell more in a while. */
function faultOf(reply: Reply): Extract<Reading, { kind: 'fault' }> {
	return {
		kind: 'fault',
		cause: `The server answered with ${statusText(reply)}`,
		retryAfterMs: readRetryAfterMs(reply.headers['retry-after'], Date.now()),
	};
}

/** One row of the API's usage log. */
export interface LogRow extends IDataObject {
	inference_id: string;
}

export type Reading =
	| { kind: 'answer'; answer: IDataObject }
	| { kind: 'fault'; cause: string; retryAfterMs?: number };

export interface Api {
	/** @throws VeoError when the API refused (nothing was charged) */
	submit(body: IDataObject, clientRequestId: string): Promise<Submission>;
	/** @throws VeoError when no further look can help */
	look(generationId: string, timeoutMs: number): Promise<Look>;
	/** The usage log's row for a submission whose answer was lost; undefined when there is none (yet). */
	findInLog(clientRequestId: string): Promise<LogRow | undefined>;
	/**
	 * What a free route answers (`path` with its query), or the passing fault that came instead.
	 * @throws VeoError when asking again cannot help
	 */
	read(path: string, timeoutMs: number): Promise<Reading>;
}

/**
 * The API behind the node's credential.
 * @throws VeoError when the credential has no key or no usable base URL
 */
export async function connect(ctx: IExecuteFunctions): Promise<Api> {
	const credentials = await ctx.getCredentials(CREDENTIAL);
	const baseUrl = normalizeBaseUrl(String(credentials.baseUrl ?? ''));
	const apiKey = asText(credentials.apiKey) ?? '';
	if (apiKey === '') throw credentialUnusable("'API Key' of the credential is empty");
	if (!/^https?:\/\/[^\s/]+/.test(baseUrl)) {
		throw credentialUnusable("'Base URL' of the credential is not a web address");
	}

	async function exchange(options: IHttpRequestOptions & { timeout: number }): Promise<Exchange> {
		try {
			const work = ctx.helpers.httpRequestWithAuthentication.call(ctx, CREDENTIAL, {
				...options,
				url: `${baseUrl}${options.url}`,
				json: true,
				// The body is parsed here: a gateway's HTML or a cut JSON is an answer too.
				encoding: 'text',
				returnFullResponse: true,
				// n8n would send a request with 401 twice, and would follow a redirect with the key.
				ignoreHttpStatusErrors: true,
				disableFollowRedirect: true,
			}) as Promise<IN8nHttpFullResponse>;
			// n8n's own limit only counts silence: an answer that comes byte by byte would never end.
			const response = await withLimit(work, options.timeout);
			const { body } = response;
			const text = withoutKey(
				(typeof body === 'string' ? body : JSON.stringify(body)) ?? '',
				apiKey,
			);
			return {
				reply: {
					status: response.statusCode,
					headers: response.headers ?? {},
					json: parse(text),
					text,
				},
			};
		} catch (fault) {
			return { fault: causeOf(fault), sent: !neverSent(fault) };
		}
	}

	async function submit(body: IDataObject, clientRequestId: string): Promise<Submission> {
		const sent = await exchange({
			method: 'POST',
			url: GENERATIONS,
			headers: { 'X-Client-Request-Id': clientRequestId },
			body,
			timeout: SUBMIT_TIMEOUT_MS,
		});
		if ('fault' in sent) {
			return sent.sent
				? { kind: 'lost', cause: sent.fault }
				: { kind: 'notTaken', cause: sent.fault, busy: false };
		}
		const { reply } = sent;
		if (reply.status === 429) {
			const retryAfterMs = readRetryAfterMs(reply.headers['retry-after'], Date.now());
			return { kind: 'notTaken', cause: apiText(reply), busy: true, retryAfterMs };
		}
		const refusal =
			refusalOf(reply, requestRefused) ??
			(reply.status === 404 ? requestRefused(404, apiText(reply)) : undefined);
		if (refusal) throw refusal;
		const answer = asObject(reply.json);
		const id = asText(answer?.id) ?? asText(reply.headers['x-inference-id']);
		if (reply.status < 300 && id) {
			const status = asText(answer?.status) ?? 'queued';
			return { kind: 'accepted', id, status, answer: { ...answer, id, status } };
		}
		return {
			kind: 'lost',
			cause:
				reply.status < 300
					? 'The answer to the request held no generation ID'
					: `The server answered with ${statusText(reply)}`,
		};
	}

	async function look(generationId: string, timeoutMs: number): Promise<Look> {
		const got = await exchange({
			method: 'GET',
			url: `${GENERATIONS}?generation_id=${encodeURIComponent(generationId)}`,
			timeout: timeoutMs,
		});
		if ('fault' in got) return { kind: 'fault', cause: got.fault };
		const { reply } = got;
		const refusal = refusalOf(reply, (status, text) => lookRefused(generationId, status, text));
		if (refusal) throw refusal;
		if (reply.status === 404) return { kind: 'unknownId' };
		const answer = asObject(reply.json);
		if (answer && reply.status < 300 && asText(answer.status)) {
			const done = readOutcome(answer).kind === 'completed';
			const usage = done ? readUsage(answer, reply.headers) : undefined;
			const id = asText(answer.id) ?? generationId;
			return { kind: 'answer', answer: { ...answer, id, ...(usage && { usage }) } };
		}
		return faultOf(reply);
	}

	async function read(path: string, timeoutMs: number): Promise<Reading> {
		const got = await exchange({ method: 'GET', url: path, timeout: timeoutMs });
		if ('fault' in got) return { kind: 'fault', cause: got.fault };
		const refusal = refusalOf(got.reply, requestRefused);
		if (refusal) throw refusal;
		const answer = got.reply.status < 300 ? asObject(got.reply.json) : undefined;
		return answer ? { kind: 'answer', answer } : faultOf(got.reply);
	}

	async function findInLog(clientRequestId: string): Promise<LogRow | undefined> {
		for (let page = 0; page < LOG_PAGES_TO_SEARCH; page++) {
			const got = await exchange({
				method: 'GET',
				url: `${LOGS}?period=7d&limit=${LOG_PAGE_SIZE}&offset=${page * LOG_PAGE_SIZE}`,
				timeout: SHORT_TIMEOUT_MS,
			});
			const answer =
				'reply' in got && got.reply.status < 300 ? asObject(got.reply.json) : undefined;
			const rows = Array.isArray(answer?.data) ? answer.data.map(asObject) : [];
			const row = rows.find((candidate) => candidate?.client_request_id === clientRequestId);
			if (row && asText(row.inference_id)) return row as LogRow;
			if (asObject(answer?.pagination)?.has_more !== true) return undefined;
		}
		return undefined;
	}

	return { submit, look, findInLog, read };
}
