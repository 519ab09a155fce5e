/** Waiting that Stop ends at once, on every n8n version. */
import { sleep } from 'n8n-workflow';

/** Before n8n-workflow 2.34 `sleep` knows no signal: then Stop is noticed within this time. */
const SLICE_MS = 100;

/** The same clock, in ms, but it never goes back: where it was set back, it goes on from where it was. */
export function steady(now: () => number): () => number {
	let lastMs = -Infinity;
	let aheadMs = 0;
	return () => {
		const nowMs = now();
		if (nowMs < lastMs) aheadMs += lastMs - nowMs;
		lastMs = nowMs;
		return nowMs + aheadMs;
	};
}

/** Sleeps `ms` milliseconds; rejects as soon as `signal` is aborted, and leaves no timer behind. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
	signal.throwIfAborted();
	if (sleep.length > 1) {
		await sleep(ms, signal);
		return;
	}
	const endMs = Date.now() + ms;
	for (let leftMs = ms; leftMs > 0; leftMs = endMs - Date.now()) {
		await sleep(Math.min(leftMs, SLICE_MS));
		signal.throwIfAborted();
	}
}

/** The work's result, or a rejection as soon as `signal` is aborted, whatever the work does then. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
	signal.throwIfAborted();
	let onAbort = () => {};
	const aborted = new Promise<never>((_resolve, reject) => {
		onAbort = () => reject(signal.reason as Error);
		signal.addEventListener('abort', onAbort, { once: true });
	});
	try {
		return await Promise.race([work, aborted]);
	} finally {
		signal.removeEventListener('abort', onAbort);
	}
}

/** The work's result, or a rejection after `ms` milliseconds, whatever the work does then. */
export async function withLimit<T>(work: Promise<T>, ms: number): Promise<T> {
	const settled = new AbortController();
	const over = async (): Promise<never> => {
		await pause(ms, settled.signal);
		throw new Error('timeout');
	};
	try {
		return await Promise.race([work, over()]);
	} finally {
		settled.abort();
	}
}
