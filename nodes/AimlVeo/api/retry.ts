/** Asks a free route again until it answers: reading costs nothing, unlike a submission. */
import type { IDataObject } from 'n8n-workflow';
import type { Api } from './aimlapi';

const ATTEMPTS = 4;
/** Pause before the second attempt; it doubles after each. */
const FIRST_PAUSE_MS = 500;
/** The log allows 200 requests a minute: a minute later there is room again. */
const LONGEST_PAUSE_MS = 60_000;
const TIMEOUT_MS = 15_000;

export interface Reader {
	readonly api: Pick<Api, 'read'>;
	/** Rejects when the execution is stopped. */
	readonly sleep: (ms: number) => Promise<void>;
}

export interface Patience {
	readonly attempts?: number;
	/** How long to wait out refusals for the rate (429) in addition, in ms. */
	readonly busyMs?: number;
}

/**
 * The answer, or why there is none after the attempts, four unless said otherwise.
 * @throws ItemError when the API refused (bad key, bad query)
 */
export async function readWithRetry(
	{ api, sleep }: Reader,
	path: string,
	{ attempts = ATTEMPTS, busyMs = 0 }: Patience = {},
): Promise<{ answer: IDataObject } | { cause: string }> {
	let leftMs = busyMs;
	for (let tries = 1, doubled = 0; ; doubled++) {
		const reading = await api.read(path, TIMEOUT_MS);
		if (reading.kind === 'answer') return { answer: reading.answer };
		const { cause, busy, retryAfterMs } = reading;
		// Even a `Retry-After` of 0 must not become a loop without a pause.
		const pauseMs = Math.min(LONGEST_PAUSE_MS, retryAfterMs || FIRST_PAUSE_MS * 2 ** doubled);
		if (busy && pauseMs <= leftMs) leftMs -= pauseMs;
		else if (tries++ >= attempts) return { cause };
		await sleep(pauseMs);
	}
}
