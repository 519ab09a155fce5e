/** Work on many items at once. */
import { pause } from './pause';

/** Works on the items in their order, at most `atOnce` at a time; resolves when all that were begun have ended. */
export async function forEachItem(
	count: number,
	atOnce: number,
	signal: AbortSignal,
	work: (itemIndex: number) => Promise<void>,
): Promise<void> {
	let next = 0;
	const worker = async () => {
		while (next < count && !signal.aborted) await work(next++);
	};
	await Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker));
}

/** What ends with a signal, and sleeps until it does. */
interface Abortable {
	readonly signal: AbortSignal;
	readonly sleep: (ms: number) => Promise<void>;
}

/** The same run with a signal for one item: Node warns of a leak where more than ten listen to the same one. */
export function forOneItem<R extends Abortable>(run: R): R {
	const signal = AbortSignal.any([run.signal]);
	return { ...run, signal, sleep: async (ms: number) => await pause(ms, signal) };
}
