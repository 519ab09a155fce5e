/** Generation times as Veo's are known to be, and what a polling schedule makes of them by a clock that only sleeping moves. */
import type * as wait from '../nodes/AimlVeo/generation/wait';

/** What is needed of the module of the wait loop. */
export type Wait = Pick<typeof wait, 'waitForVideo' | 'staggerOf'>;

/** Google and the vendor name 11 s to 6 min, usually 80 to 100 s. */
export const GENERATIONS = {
	count: 10_000,
	medianMs: 85_000,
	sigma: 0.45,
	shortestMs: 11_000,
	longestMs: 360_000,
	seed: 2026,
};

/** A small generator of even numbers from 0 up to 1, the same ones for the same seed (a Weyl sequence, mixed). */
function seeded(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x9e3779b9) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
		mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
		return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
	};
}

/** Log-normal times in ms, cut to the shortest and the longest. */
export function generationTimesMs(options = GENERATIONS): number[] {
	const { count, medianMs, sigma, shortestMs, longestMs, seed } = options;
	const random = seeded(seed);
	// Box and Muller: two even numbers make one of the normal distribution.
	const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
	return Array.from({ length: count }, () =>
		Math.min(longestMs, Math.max(shortestMs, medianMs * Math.exp(sigma * normal()))),
	);
}

/** When the real loop checks a generation that takes `readyMs`; ms since its submission. */
async function checkTimesMs(
	{ waitForVideo, staggerOf }: Wait,
	readyMs: number,
	itemIndex: number,
	pollIntervalMs?: number,
): Promise<number[]> {
	let nowMs = 0;
	const checks: number[] = [];
	await waitForVideo({
		generationId: 'simulated',
		submittedAtMs: 0,
		timeoutMs: 1_000_000,
		pollIntervalMs,
		stagger: staggerOf(itemIndex),
		now: () => nowMs,
		sleep: async (ms) => {
			nowMs += ms;
		},
		check: async () => {
			checks.push(nowMs);
			const video = nowMs >= readyMs ? { video: { url: 'https://cdn.example/v.mp4' } } : {};
			return {
				kind: 'answer',
				answer: { status: 'video' in video ? 'completed' : 'generating', ...video },
			};
		},
	});
	return checks;
}

export interface Schedule {
	/** From "ready" to "noticed". */
	meanDelayMs: number;
	longestDelayMs: number;
	/** The first one, right after the submission, included. */
	meanChecks: number;
}

/** How soon and by how many checks the real loop notices generations of these times. */
export async function schedule(
	wait: Wait,
	timesMs: number[],
	pollIntervalMs?: number,
): Promise<Schedule> {
	let delayMs = 0;
	let longestDelayMs = 0;
	let checks = 0;
	for (const [itemIndex, readyMs] of timesMs.entries()) {
		const times = await checkTimesMs(wait, readyMs, itemIndex, pollIntervalMs);
		const delay = (times.at(-1) ?? Infinity) - readyMs;
		delayMs += delay;
		longestDelayMs = Math.max(longestDelayMs, delay);
		checks += times.length;
	}
	const meanDelayMs = delayMs / timesMs.length;
	return { meanDelayMs, longestDelayMs, meanChecks: checks / timesMs.length };
}

/** The most checks within any `windowMs` when this many long generations begin at the same moment. */
export async function busiestWindow(wait: Wait, items: number, windowMs: number): Promise<number> {
	const each = Array.from({ length: items }, async (_, itemIndex) =>
		// Without the check right after the submission: those come as the submissions do.
		(await checkTimesMs(wait, GENERATIONS.longestMs, itemIndex)).slice(1),
	);
	const checks = (await Promise.all(each)).flat().sort((a, b) => a - b);
	let most = 0;
	for (let from = 0, to = 0; to < checks.length; to++) {
		while ((checks[to] ?? 0) - (checks[from] ?? 0) >= windowMs) from += 1;
		most = Math.max(most, to - from + 1);
	}
	return most;
}
