/** The look-decide-sleep loop and its schedule, by a clock that only sleeping moves. */
import * as wait from '../../nodes/AimlVeo/wait';
import {
	adaptiveIntervalMs,
	LATE_VIDEO_GRACE_MS,
	LOOK_TIMEOUT_MS,
	waitForVideo,
} from '../../nodes/AimlVeo/wait';
import type { Look, WaitOptions } from '../../nodes/AimlVeo/wait';
import { busiestWindow, generationTimesMs, schedule } from '../../bench/generations';
import { badKey } from '../../nodes/AimlVeo/errors';
import { fakeClock, refusalOf } from './support';

const ID = 'gen-1';
const running: Look = { kind: 'answer', answer: { id: ID, status: 'generating' } };
const finished: Look = {
	kind: 'answer',
	answer: { id: ID, status: 'completed', video: { url: 'https://cdn.example/v.mp4' } },
};
const withoutVideo: Look = { kind: 'answer', answer: { id: ID, status: 'completed' } };
const fault: Look = { kind: 'fault', cause: 'The connection broke' };

/** Waits with looks given by their number (the last one repeats) or by the time since the start. */
function waiting(looks: Look[] | ((sinceMs: number) => Look), options: Partial<WaitOptions> = {}) {
	const clock = fakeClock();
	const startMs = clock.now();
	const limits: number[] = [];
	const lookedAtMs: number[] = [];
	const done = waitForVideo({
		generationId: ID,
		submittedAtMs: startMs,
		timeoutMs: 1_000_000,
		spread: 0.5,
		look: async (timeoutMs) => {
			limits.push(timeoutMs);
			lookedAtMs.push(clock.now() - startMs);
			if (typeof looks === 'function') return looks(clock.now() - startMs);
			return looks[Math.min(limits.length, looks.length) - 1]!;
		},
		sleep: clock.sleep,
		now: clock.now,
		...options,
	});
	return { done, clock, limits, lookedAtMs, sinceMs: () => clock.now() - startMs };
}

describe('adaptiveIntervalMs', () => {
	test.each([
		[0, 0, 18_000],
		[5_000, 0, 13_000],
		[17_999, 0, 1],
		[0, 1, 18_000],
		[20_000, 0.5, 9_000],
		[40_000, 0.5, 4_500],
		[75_000, 0.5, 2_400],
		[90_000, 0.5, 2_400],
		[360_000, 0.5, 2_400],
		[600_000, 0.5, 4_000],
		[90_000, 0, 2_280],
		[90_000, 1, 2_520],
	])('at %d ms with spread %d: %d ms', (ageMs, spread, intervalMs) => {
		expect(adaptiveIntervalMs(ageMs, spread)).toBeCloseTo(intervalMs, 6);
	});

	test('a video of 80 to 100 s is noticed within 2.6 s, by fewer than 30 looks', async () => {
		for (let readyMs = 80_000; readyMs <= 100_000; readyMs += 777) {
			const { done, lookedAtMs, sinceMs } = waiting((ms) => (ms >= readyMs ? finished : running));
			await done;
			expect(sinceMs() - readyMs).toBeLessThan(2_600);
			expect(lookedAtMs.length).toBeLessThan(30);
		}
	});
});

describe('the schedule over ten thousand generation times', () => {
	const timesMs = generationTimesMs();

	test('the times are those that are meant: median 85 s, from 11 s to 360 s', () => {
		const sorted = [...timesMs].sort((a, b) => a - b);
		expect(Math.abs((sorted[5_000] ?? 0) - 85_000)).toBeLessThan(1_000);
		// One sigma below and above the median.
		expect(Math.abs((sorted[1_587] ?? 0) / 85_000 - Math.exp(-0.45))).toBeLessThan(0.02);
		expect(Math.abs((sorted[8_413] ?? 0) / 85_000 - Math.exp(0.45))).toBeLessThan(0.05);
		expect(sorted[0]).toBeGreaterThanOrEqual(11_000);
		expect(sorted.at(-1)).toBe(360_000);
	});

	test('a video is noticed within 1.5 s, by 25 looks, on average', async () => {
		const adaptive = await schedule(wait, timesMs);
		expect(adaptive.meanDelayMs).toBeLessThanOrEqual(1_500);
		expect(adaptive.meanLooks).toBeLessThanOrEqual(25);
		expect(adaptive.longestDelayMs).toBeLessThanOrEqual(12_000);
	});

	test('no fixed interval does as well', async () => {
		const fast = await schedule(wait, timesMs, 3_000);
		const frugal = await schedule(wait, timesMs, 4_000);
		expect(fast.meanLooks).toBeGreaterThan(25);
		expect(frugal.meanDelayMs).toBeGreaterThan(1_500);
	});

	test('a hundred items that begin at once do not look at once', async () => {
		// An even stream would be a hundred looks in each 2.4 s.
		const evenPerSecond = 100 / 2.4;
		expect(await busiestWindow(wait, 100, 1_000)).toBeLessThan(1.5 * evenPerSecond);
		expect(await busiestWindow(wait, 10, 1_000)).toBeLessThan(10);
	});
});

describe('ends with the video', () => {
	test('at the first look, without sleeping', async () => {
		const { done, clock } = waiting([finished]);
		expect(await done).toEqual({
			answer: (finished as { answer: object }).answer,
			outcome: { kind: 'completed', status: 'completed', url: 'https://cdn.example/v.mp4' },
		});
		expect(clock.sleeps).toEqual([]);
	});

	test('after states that nobody knows, unknown ids and faults of all kinds', async () => {
		const odd: Look = { kind: 'answer', answer: { status: 'resting' } };
		const { done, lookedAtMs } = waiting([{ kind: 'unknownId' }, fault, odd, running, finished]);
		await done;
		expect(lookedAtMs).toHaveLength(5);
	});

	test('that comes a moment after "completed"', async () => {
		const { done, clock } = waiting([withoutVideo, withoutVideo, finished]);
		await done;
		expect(clock.sleeps).toEqual([2_000, 2_000]);
	});
});

describe('spacing', () => {
	test('a fixed interval is kept', async () => {
		const { done, lookedAtMs } = waiting([running, running, finished], { pollIntervalMs: 7_000 });
		await done;
		expect(lookedAtMs).toEqual([0, 7_000, 14_000]);
	});

	test('Retry-After is honoured when it is longer', async () => {
		const busy = (retryAfterMs: number): Look => ({ ...fault, retryAfterMs }) as Look;
		const { done, clock } = waiting([busy(60_000), busy(10), finished], { pollIntervalMs: 5_000 });
		await done;
		expect(clock.sleeps).toEqual([60_000, 5_000]);
	});

	test('an id out of nowhere is looked at densely from the start', async () => {
		const { done, clock } = waiting([running, finished], { submittedAtMs: undefined });
		await done;
		expect(clock.sleeps).toEqual([3_600]);
	});

	test('items that begin together go on up to one densest spacing apart', async () => {
		for (const [spread, firstMs] of [
			[0, 18_000],
			[0.5, 19_200],
			[1, 20_400],
		] as const) {
			const { done, lookedAtMs } = waiting([running, running, finished], { spread });
			await done;
			expect(lookedAtMs[1]).toBe(firstMs);
			expect((lookedAtMs[2] ?? 0) - firstMs).toBeCloseTo(adaptiveIntervalMs(firstMs, spread), 6);
		}
	});

	test('a submission that seems to lie in the future does no harm', async () => {
		const { done, clock } = waiting([running, finished], { submittedAtMs: 9_000_000 });
		await done;
		expect(clock.sleeps[0]).toBe(19_200);
	});
});

describe('the deadline', () => {
	test('the last look is right at it, and none after it', async () => {
		const { done, lookedAtMs, limits } = waiting([running], {
			timeoutMs: 25_000,
			pollIntervalMs: 10_000,
		});
		const refusal = await refusalOf(done);
		expect(refusal.message).toBe('The video was not ready after 25 seconds');
		expect(refusal.details).toMatchObject({ generationId: ID, status: 'generating' });
		expect(refusal.details.description).toContain(ID);
		expect(lookedAtMs).toEqual([0, 10_000, 20_000, 25_000]);
		expect(limits).toEqual([25_000, 15_000, 5_000, 1_000]);
	});

	test('a video that is ready at the deadline counts, one that is ready 1 ms later does not', async () => {
		const at = async (readyMs: number) =>
			await waiting((ms) => (ms >= readyMs ? finished : running), { timeoutMs: 60_000 }).done;
		await expect(at(60_000)).resolves.toMatchObject({ outcome: { kind: 'completed' } });
		await expect(at(60_001)).rejects.toThrow('not ready after 60 seconds');
	});

	test('a look has 30 s at the most', async () => {
		const { done, limits } = waiting([finished]);
		await done;
		expect(limits).toEqual([LOOK_TIMEOUT_MS]);
	});

	test('a look that hangs past it ends the wait', async () => {
		const clock = fakeClock();
		let looks = 0;
		const done = waitForVideo({
			generationId: ID,
			timeoutMs: 5_000,
			spread: 0,
			look: async (timeoutMs) => {
				looks += 1;
				clock.pass(timeoutMs);
				return fault;
			},
			sleep: clock.sleep,
			now: clock.now,
		});
		expect((await refusalOf(done)).message).toBe('The video was not ready after 5 seconds');
		expect(looks).toBe(1);
	});

	test('faults only: says that the time is over, with the id', async () => {
		const refusal = await refusalOf(waiting([fault], { timeoutMs: 5_000 }).done);
		expect(refusal.message).toBe('The video was not ready after 5 seconds');
		expect(refusal.details).toMatchObject({ generationId: ID, status: 'unknown' });
	});

	test('an id that nobody ever knew', async () => {
		const refusal = await refusalOf(waiting([{ kind: 'unknownId' }], { timeoutMs: 5_000 }).done);
		expect(refusal.message).toBe('The AI/ML API does not know this generation ID');
	});

	test('an id that stayed unknown is told so, though the last look brought nothing', async () => {
		const { done } = waiting([{ kind: 'unknownId' }, fault], { timeoutMs: 5_000 });
		expect((await refusalOf(done)).message).toContain('does not know this generation ID');
	});

	test('an id that was known before is timed out, not unknown', async () => {
		const { done } = waiting([running, { kind: 'unknownId' }], { timeoutMs: 5_000 });
		expect((await refusalOf(done)).message).toBe('The video was not ready after 5 seconds');
	});

	test('no time at all and no readable answer', async () => {
		const refusal = await refusalOf(waiting([fault], { timeoutMs: 0 }).done);
		expect(refusal.message).toBe('The AI/ML API gave no readable answer');
		expect(refusal.details.description).toContain('The connection broke');
	});
});

describe('ends without a video', () => {
	test('"completed" without one for 10 s', async () => {
		const { done, sinceMs } = waiting([withoutVideo]);
		const refusal = await refusalOf(done);
		expect(refusal.message).toBe('The generation ended without a video');
		expect(refusal.details).toMatchObject({ generationId: ID, notCharged: true });
		expect(sinceMs()).toBe(LATE_VIDEO_GRACE_MS);
	});

	test('not yet when it may only be late: a retry must go on with this one', async () => {
		const { done } = waiting((ms) => (ms < 60_000 ? running : withoutVideo), { timeoutMs: 61_000 });
		const { message, details } = await refusalOf(done);
		expect(message).toBe('The video was not ready after 61 seconds');
		expect(details.notCharged).toBeUndefined();
	});

	test('at once when the generation failed', async () => {
		const failed: Look = {
			kind: 'answer',
			answer: { status: 'error', error: { message: 'Dark' } },
		};
		const { done, clock } = waiting([failed]);
		const refusal = await refusalOf(done);
		expect(refusal.message).toBe('The video could not be generated');
		expect(refusal.details.description).toContain('"Dark"');
		expect(refusal.details).toMatchObject({ generationId: ID, status: 'error', notCharged: true });
		expect(clock.sleeps).toEqual([]);
	});

	test('at once when a look says that no further one can help', async () => {
		const refusal = badKey('Unauthorized');
		const { done } = waiting(() => {
			throw refusal;
		});
		await expect(done).rejects.toBe(refusal);
	});

	test('at once when the sleep is ended by Stop', async () => {
		const stop = new Error('stopped');
		const { done, lookedAtMs } = waiting([running], {
			sleep: async () => await Promise.reject(stop),
		});
		await expect(done).rejects.toBe(stop);
		expect(lookedAtMs).toHaveLength(1);
	});
});
