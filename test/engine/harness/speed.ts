/**
 * Makes time pass faster in this process. With `VEO_TEST_SPEED=20` a pause of 20 s takes one second, and
 * so do all time-outs, for the node, n8n and axios alike. Their code stays as it is.
 */
import { Socket } from 'node:net';

const speed = Number(process.env.VEO_TEST_SPEED ?? 1);
let aheadMs = 0;
const systemNow = Date.now;
Date.now = () => systemNow() + aheadMs;

/** Sets the clock of this process ahead, or back, by so many milliseconds. */
export const setAhead = (ms: number): void => {
	aheadMs += ms;
};

if (speed !== 1) {
	const startedMs = Date.now();
	const realNow = Date.now;
	Date.now = () => startedMs + Math.round((realNow() - startedMs) * speed);

	const realSetTimeout = globalThis.setTimeout;
	const faster = (callback: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) =>
		realSetTimeout(callback, ms / speed, ...args);
	globalThis.setTimeout = Object.defineProperties(
		faster,
		Object.getOwnPropertyDescriptors(realSetTimeout),
	) as typeof setTimeout;

	const realSocketTimeout = Socket.prototype.setTimeout;
	Socket.prototype.setTimeout = function (this: Socket, ms: number, callback?: () => void) {
		return realSocketTimeout.call(this, ms / speed, callback);
	};
}
