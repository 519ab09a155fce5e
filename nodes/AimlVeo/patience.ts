/** Asks a free route again until it answers: reading costs nothing, unlike a submission. */
import type { IDataObject } from 'n8n-workflow';
import type { Api } from './api';

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

/**
 * The answer, or why there is none after four attempts.
 * @throws VeoError when the API refused (bad key, bad query)
 */
export async function readPatiently(
	{ api, sleep }: Reader,
	path: string,
): Promise<{ answer: IDataObject } | { cause: string }> {
	let cause = '';
	for (let tries = 0, pauseMs = 0; tries < ATTEMPTS; tries++) {
		if (tries > 0) await sleep(pauseMs);
		const reading = await api.read(path, TIMEOUT_MS);
		if (reading.kind === 'answer') return { answer: reading.answer };
		cause = reading.cause;
		pauseMs = Math.min(LONGEST_PAUSE_MS, reading.retryAfterMs ?? FIRST_PAUSE_MS * 2 ** tries);
	}
	return { cause };
}
