/** One HTTP exchange with the API behind the node's credential, through n8n's own request helper. */
import type {
	FunctionsBase,
	IDataObject,
	IExecuteFunctions,
	IN8nHttpFullResponse,
} from 'n8n-workflow';
import { asText } from '../shared/values';
import { readConnectionFailure } from './connectionFailure';
import type { ConnectionFailure } from './connectionFailure';
import { withLimit } from '../shared/pause';
import { credentialUnusable } from '../shared/messages';

export const CREDENTIAL = 'aimlapiApi';

export interface Reply {
	readonly status: number;
	readonly headers: IDataObject;
	/** The parsed JSON, or undefined when the body is not JSON. */
	readonly json: unknown;
	readonly text: string;
}

export type Exchange = { reply: Reply } | { failure: ConnectionFailure };

export interface ApiRequest {
	readonly method: 'GET' | 'POST';
	/** With the query. */
	readonly path: string;
	readonly headers?: IDataObject;
	readonly body?: IDataObject;
	/** For the whole exchange. */
	readonly timeoutMs: number;
}

/** Never rejects: a request without an answer is a failure. */
export type Client = (request: ApiRequest) => Promise<Exchange>;

/** The part of n8n's context that is used. Executing and polling nodes both have it. */
export type ClientContext = Pick<FunctionsBase, 'getCredentials'> & {
	helpers: Pick<IExecuteFunctions['helpers'], 'httpRequestWithAuthentication'>;
	getExecutionCancelSignal?: IExecuteFunctions['getExecutionCancelSignal'];
};

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

function asReply(response: IN8nHttpFullResponse, apiKey: string): Reply {
	const { body, headers, statusCode } = response;
	const text = withoutKey((typeof body === 'string' ? body : JSON.stringify(body)) ?? '', apiKey);
	return { status: statusCode, headers: headers ?? {}, json: parse(text), text };
}

/**
 * @throws ItemError when the credential has no key or no usable base URL
 */
export async function connect(ctx: ClientContext): Promise<Client> {
	const credentials = await ctx.getCredentials(CREDENTIAL);
	const baseUrl = normalizeBaseUrl(String(credentials.baseUrl ?? ''));
	const apiKey = asText(credentials.apiKey) ?? '';
	if (apiKey === '') throw credentialUnusable("'API Key' in the credential is empty");
	if (!/^https?:\/\/[^\s/]+/.test(baseUrl)) {
		throw credentialUnusable("'Base URL' in the credential is not a valid URL");
	}

	return async ({ path, timeoutMs, ...request }) => {
		const cut = new AbortController();
		const stop = ctx.getExecutionCancelSignal?.();
		// n8n takes the signal only from its context. This one also ends at the time limit.
		const cuttable = Object.create(ctx, {
			getExecutionCancelSignal: {
				value: () => (stop ? AbortSignal.any([stop, cut.signal]) : cut.signal),
			},
		}) as IExecuteFunctions;
		try {
			const work = ctx.helpers.httpRequestWithAuthentication.call(cuttable, CREDENTIAL, {
				...request,
				url: `${baseUrl}${path}`,
				timeout: timeoutMs,
				json: true,
				// The body is parsed here: a gateway's HTML or truncated JSON is an answer, too.
				encoding: 'text',
				returnFullResponse: true,
				// n8n would send a request with 401 twice, and would follow a redirect with the key.
				ignoreHttpStatusErrors: true,
				disableFollowRedirect: true,
			}) as Promise<IN8nHttpFullResponse>;
			// n8n's own limit only counts silence: an answer that trickles in byte by byte would never end.
			return { reply: asReply(await withLimit(work, timeoutMs), apiKey) };
		} catch (error) {
			cut.abort();
			return { failure: readConnectionFailure(error) };
		}
	};
}
