/** One HTTP exchange of the scripts that talk to the AI/ML API: every status is an answer, bodies are read whole. */
import axios from 'axios';

export interface Asked {
	method?: 'GET' | 'POST';
	/** With the query, from the base URL; or an absolute address. */
	path: string;
	key?: string;
	headers?: Record<string, string>;
	/** Sent as JSON. */
	body?: unknown;
}

export interface Answer {
	status: number;
	/** By lower-case name. */
	headers: Readonly<Record<string, string>>;
	/** The JSON; the text if it is none. */
	body: unknown;
	bytes: Buffer;
}

/** Answers whatever the status; throws when there is no answer. */
export type Ask = (asked: Asked) => Promise<Answer>;

/** A stuck connection ends after this; a video of a few megabytes does not take so long. */
const TIMEOUT_MS = 120_000;

function parsed(bytes: Buffer): unknown {
	const text = bytes.toString('utf8');
	try {
		return JSON.parse(text) as unknown;
	} catch {
		return text;
	}
}

export function askAt(baseUrl: string): Ask {
	return async ({ method = 'GET', path, key, headers, body }) => {
		try {
			const answer = await axios.request<Buffer>({
				method,
				baseURL: baseUrl,
				url: path,
				headers: {
					...headers,
					...(key !== undefined && { Authorization: `Bearer ${key}` }),
				},
				data: body,
				responseType: 'arraybuffer',
				timeout: TIMEOUT_MS,
				validateStatus: () => true,
				// A source video goes out as a data URI of many megabytes.
				maxBodyLength: Infinity,
			});
			const names = Object.entries(answer.headers).map(([name, value]) => [name, String(value)]);
			return {
				status: answer.status,
				headers: Object.fromEntries(names) as Record<string, string>,
				body: parsed(answer.data),
				bytes: answer.data,
			};
		} catch (cause) {
			// An axios error holds the whole request, the key included.
			throw new Error(`${method} ${path.split('?')[0]}: ${(cause as Error).message}`);
		}
	};
}
