/** The check-decide-sleep loop and its schedule, by a clock that only sleeping moves. */
import type { IDataObject } from 'n8n-workflow';
import * as wait from '../../nodes/AimlVeo/generation/wait';
import {
	adaptiveIntervalMs,
	LATE_VIDEO_GRACE_MS,
	CHECK_TIMEOUT_MS,
	UNKNOWN_ID_GRACE_MS,
	waitForVideo,
} from '../../nodes/AimlVeo/generation/wait';
import type { WaitOptions } from '../../nodes/AimlVeo/generation/wait';
import { busiestWindow, generationTimesMs, schedule } from '../../bench/generationTimes';
import { fakeClock, refusalOf } from './support';
import type { StatusCheck } from '../../nodes/AimlVeo/api/aimlapi';
import { badKey } from '../../nodes/AimlVeo/shared/messages';

const ID = 'gen-1';
const running: StatusCheck = { kind: 'answer', answer: { id: ID, status: 'generating' } };
const finished: StatusCheck = {
	kind: 'answer',
	answer: { id: ID, status: 'completed', video: { url: 'https://cdn.example/v.mp4' } },
};
const withoutVideo: StatusCheck = { kind: 'answer', answer: { id: ID, status: 'completed' } };
const noAnswer: StatusCheck = { kind: 'noAnswer', cause: 'The connection was lost' };

/** Waits with checks given by their number (the last one repeats) or by the time since the start. */
function waiting(
	checks: StatusCheck[] | ((sinceMs: number) => StatusCheck),
	options: Partial<WaitOptions> = {},
) {
	const clock = fakeClock();
	const startMs = clock.now();
	const limits: number[] = [];
	const checkedAtMs: number[] = [];
	const done = waitForVideo({
		generationId: ID,
		submittedAtMs: startMs,
		timeoutMs: 1_000_000,
		stagger: 0.5,
		check: async (timeoutMs) => {
			limits.push(timeoutMs);
			checkedAtMs.push(clock.now() - startMs);
			if (typeof checks === 'function') return checks(clock.now() - startMs);
			return checks[Math.min(limits.length, checks.length) - 1]!;
		},
		sleep: clock.sleep,
		now: clock.now,
		...options,
	});
	return { done, clock, limits, checkedAtMs, sinceMs: () => clock.now() - startMs };
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
	])('at %d ms with stagger %d: %d ms', (ageMs, stagger, intervalMs) => {
		expect(adaptiveIntervalMs(ageMs, stagger)).toBeCloseTo(intervalMs, 6);
	});

	test('a video of 80 to 100 s is noticed within 2.6 s, by fewer than 30 checks', async () => {
		for (let readyMs = 80_000; readyMs <= 100_000; readyMs += 777) {
			const { done, checkedAtMs, sinceMs } = waiting((ms) => (ms >= readyMs ? finished : running));
			await done;
			expect(sinceMs() - readyMs).toBeLessThan(2_600);
			expect(checkedAtMs.length).toBeLessThan(30);
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

	test('a video is noticed within 1.5 s, by 25 checks, on average', async () => {
		const adaptive = await schedule(wait, timesMs);
		expect(adaptive.meanDelayMs).toBeLessThanOrEqual(1_500);
		expect(adaptive.meanChecks).toBeLessThanOrEqual(25);
		expect(adaptive.longestDelayMs).toBeLessThanOrEqual(12_000);
	});

	test('no fixed interval does as well', async () => {
		const fast = await schedule(wait, timesMs, 3_000);
		const frugal = await schedule(wait, timesMs, 4_000);
		expect(fast.meanChecks).toBeGreaterThan(25);
		expect(frugal.meanDelayMs).toBeGreaterThan(1_500);
	});

	test('a hundred items that begin at once do not check at once', async () => {
		// An even stream would be a hundred checks in each 2.4 s.
		const evenPerSecond = 100 / 2.4;
		expect(await busiestWindow(wait, 100, 1_000)).toBeLessThan(1.5 * evenPerSecond);
		expect(await busiestWindow(wait, 10, 1_000)).toBeLessThan(10);
	});
});

describe('ends with the video', () => {
	test('at the first check, without sleeping', async () => {
		const { done, clock } = waiting([finished]);
		expect(await done).toEqual({
			answer: (finished as { answer: object }).answer,
			outcome: { kind: 'completed', status: 'completed', url: 'https://cdn.example/v.mp4' },
		});
		expect(clock.sleeps).toEqual([]);
	});

	test('after states that nobody knows, unknown ids and missing answers of all kinds', async () => {
		const odd: StatusCheck = { kind: 'answer', answer: { status: 'resting' } };
		const { done, checkedAtMs } = waiting([
			{ kind: 'unknownId' },
			noAnswer,
			odd,
			running,
			finished,
		]);
		await done;
		expect(checkedAtMs).toHaveLength(5);
	});

	test('that comes a moment after "completed"', async () => {
		const { done, clock } = waiting([withoutVideo, withoutVideo, finished]);
		await done;
		expect(clock.sleeps).toEqual([2_000, 2_000]);
	});
});

describe('what its submission said', () => {
	const { answer } = finished as { answer: IDataObject };

	test('is the end when it is completed: no check', async () => {
		const { done, limits, clock } = waiting([noAnswer], { answer });
		expect(await done).toMatchObject({ answer, outcome: { kind: 'completed' } });
		expect(limits).toEqual([]);
		expect(clock.sleeps).toEqual([]);
	});

	test('is the end when it failed', async () => {
		const failed = { id: ID, status: 'error', error: { message: 'Dark' } };
		const { done, limits } = waiting([finished], { answer: failed });
		const refusal = await refusalOf(done);
		expect(refusal.message).toBe('The video could not be generated');
		expect(refusal.details.description).toContain('"Dark"');
		expect(limits).toEqual([]);
	});

	test('is no end when it is completed without a video, which may come', async () => {
		const { done, limits } = waiting([finished], { answer: { status: 'completed' } });
		expect(await done).toMatchObject({ answer });
		expect(limits).toHaveLength(1);
	});

	test('is none when it runs: a check follows at once, and the state is known', async () => {
		const { done, checkedAtMs } = waiting([noAnswer], {
			answer: { status: 'in line', message: 'Busy today' },
			timeoutMs: 5_000,
		});
		const refusal = await refusalOf(done);
		expect(checkedAtMs[0]).toBe(0);
		expect(refusal.details.status).toBe('in line');
		expect(refusal.details.description).toContain('"Busy today"');
	});
});

describe('spacing', () => {
	test('a fixed interval is kept', async () => {
		const { done, checkedAtMs } = waiting([running, running, finished], { pollIntervalMs: 7_000 });
		await done;
		expect(checkedAtMs).toEqual([0, 7_000, 14_000]);
	});

	test('Retry-After is honoured when it is longer', async () => {
		const busy = (retryAfterMs: number): StatusCheck =>
			({ ...noAnswer, retryAfterMs }) as StatusCheck;
		const { done, clock } = waiting([busy(20_000), busy(10), finished], { pollIntervalMs: 5_000 });
		await done;
		expect(clock.sleeps).toEqual([20_000, 5_000]);
	});

	test('but no longer than 30 s: a check is free, and the video may be ready', async () => {
		for (const retryAfterMs of [30_000, 30_001, 3_600_000]) {
			const { done, clock } = waiting([{ ...noAnswer, retryAfterMs } as StatusCheck, finished], {
				pollIntervalMs: 5_000,
			});
			await done;
			expect(clock.sleeps).toEqual([30_000]);
		}
	});

	test('nor does it shorten an interval that was set', async () => {
		const busy = { ...noAnswer, retryAfterMs: 3_600_000 } as StatusCheck;
		const { done, clock } = waiting([busy, finished], { pollIntervalMs: 45_000 });
		await done;
		expect(clock.sleeps).toEqual([45_000]);
	});

	test('an id out of nowhere is checked densely from the start', async () => {
		const { done, clock } = waiting([running, finished], { submittedAtMs: undefined });
		await done;
		expect(clock.sleeps).toEqual([3_600]);
	});

	test('items that begin together go on up to one densest spacing apart', async () => {
		for (const [stagger, firstMs] of [
			[0, 18_000],
			[0.5, 19_200],
			[1, 20_400],
		] as const) {
			const { done, checkedAtMs } = waiting([running, running, finished], { stagger });
			await done;
			expect(checkedAtMs[1]).toBe(firstMs);
			expect((checkedAtMs[2] ?? 0) - firstMs).toBeCloseTo(adaptiveIntervalMs(firstMs, stagger), 6);
		}
	});

	test('a submission that seems to lie in the future does no harm', async () => {
		const { done, clock } = waiting([running, finished], { submittedAtMs: 9_000_000 });
		await done;
		expect(clock.sleeps[0]).toBe(19_200);
	});
});

describe('the deadline', () => {
	test('the last check is right at it, and none after it', async () => {
		const { done, checkedAtMs, limits } = waiting([running], {
			timeoutMs: 25_000,
			pollIntervalMs: 10_000,
		});
		const refusal = await refusalOf(done);
		expect(refusal.message).toBe('The video was not ready after 25 seconds');
		expect(refusal.details).toMatchObject({ generationId: ID, status: 'generating' });
		expect(refusal.details.description).toContain(ID);
		expect(checkedAtMs).toEqual([0, 10_000, 20_000, 25_000]);
		expect(limits).toEqual([25_000, 15_000, 5_000, 1_000]);
	});

	test('a video that is ready at the deadline counts, one that is ready 1 ms later does not', async () => {
		const at = async (readyMs: number) =>
			await waiting((ms) => (ms >= readyMs ? finished : running), { timeoutMs: 60_000 }).done;
		await expect(at(60_000)).resolves.toMatchObject({ outcome: { kind: 'completed' } });
		await expect(at(60_001)).rejects.toThrow('not ready after 60 seconds');
	});

	test('a check has 30 s at the most', async () => {
		const { done, limits } = waiting([finished]);
		await done;
		expect(limits).toEqual([CHECK_TIMEOUT_MS]);
	});

	test('a check that hangs past it ends the wait', async () => {
		const clock = fakeClock();
		let checks = 0;
		const done = waitForVideo({
			generationId: ID,
			timeoutMs: 5_000,
			stagger: 0,
			check: async (timeoutMs) => {
				checks += 1;
				clock.pass(timeoutMs);
				return noAnswer;
			},
			sleep: clock.sleep,
			now: clock.now,
		});
		expect((await refusalOf(done)).message).toBe('The video was not ready after 5 seconds');
		expect(checks).toBe(1);
	});

	test('no answers at all: says that the time is over, with the id', async () => {
		const refusal = await refusalOf(waiting([noAnswer], { timeoutMs: 5_000 }).done);
		expect(refusal.message).toBe('The video was not ready after 5 seconds');
		expect(refusal.details).toMatchObject({ generationId: ID, status: 'unknown' });
	});

	test('an id that nobody ever knew', async () => {
		const refusal = await refusalOf(waiting([{ kind: 'unknownId' }], { timeoutMs: 5_000 }).done);
		expect(refusal.message).toBe('The AI/ML API does not know this generation ID');
	});

	test('an id that stayed unknown is told so, though the last check brought nothing', async () => {
		const { done } = waiting([{ kind: 'unknownId' }, noAnswer], { timeoutMs: 5_000 });
		expect((await refusalOf(done)).message).toContain('does not know this generation ID');
	});

	test('an id that was known before is timed out, not unknown', async () => {
		const { done } = waiting([running, { kind: 'unknownId' }], { timeoutMs: 5_000 });
		expect((await refusalOf(done)).message).toBe('The video was not ready after 5 seconds');
	});

	test('the last state and what the API said with it are told', async () => {
		const said: StatusCheck = {
			kind: 'answer',
			answer: { status: 'Paused', error: { message: 'Waiting for capacity' } },
		};
		const { done } = waiting([running, said, noAnswer], {
			timeoutMs: 25_000,
			pollIntervalMs: 10_000,
		});
		const { details } = await refusalOf(done);
		expect(details.status).toBe('paused');
		expect(details.description).toContain("'paused'");
		expect(details.description).toContain('"Waiting for capacity"');
		expect(details.isRunning).toBe(true);
	});

	test('what was said with an earlier state is not', async () => {
		const said: StatusCheck = { kind: 'answer', answer: { status: 'paused', message: 'Waiting' } };
		const { details } = await refusalOf(waiting([said, running], { timeoutMs: 5_000 }).done);
		expect(details.status).toBe('generating');
		expect(details.description).not.toContain('Waiting');
	});

	test('no time at all and no readable answer', async () => {
		const refusal = await refusalOf(waiting([noAnswer], { timeoutMs: 0 }).done);
		expect(refusal.message).toBe('The AI/ML API did not return a readable answer');
		expect(refusal.details.description).toContain('The connection was lost');
	});
});

describe('an ID that was entered, and that the API never knew', () => {
	const unknownId: StatusCheck = { kind: 'unknownId' };
	const entered = { submittedAtMs: undefined };

	test('ends within about a minute, however long the timeout is', async () => {
		const { done, sinceMs, checkedAtMs } = waiting([unknownId], entered);
		const refusal = await refusalOf(done);
		expect(refusal.message).toBe('The AI/ML API does not know this generation ID');
		expect(refusal.details.description).toContain(ID);
		expect(sinceMs()).toBeGreaterThanOrEqual(UNKNOWN_ID_GRACE_MS);
		expect(sinceMs()).toBeLessThan(UNKNOWN_ID_GRACE_MS + 5_000);
		expect(checkedAtMs.length).toBeGreaterThan(10);
	});

	test('also when answers are missing in between', async () => {
		const { done, sinceMs } = waiting([unknownId, noAnswer], entered);
		expect((await refusalOf(done)).message).toContain('does not know this generation ID');
		expect(sinceMs()).toBeLessThan(UNKNOWN_ID_GRACE_MS + 5_000);
	});

	test('one that is known a moment later is waited for', async () => {
		const { done } = waiting((ms) => {
			if (ms < 30_000) return unknownId;
			return ms < 200_000 ? running : finished;
		}, entered);
		await expect(done).resolves.toMatchObject({ outcome: { kind: 'completed' } });
	});

	test('one that was known once is waited for until the timeout', async () => {
		const { done, sinceMs } = waiting([running, unknownId], entered);
		expect((await refusalOf(done)).message).toContain('not ready after');
		expect(sinceMs()).toBe(1_000_000);
	});

	test('missing answers alone do not make it unknown', async () => {
		const { done } = waiting([noAnswer], entered);
		expect((await refusalOf(done)).message).toContain('not ready after');
	});

	test('one that was paid for is waited for until the timeout', async () => {
		const { done, sinceMs } = waiting([unknownId]);
		expect((await refusalOf(done)).message).toContain('does not know this generation ID');
		expect(sinceMs()).toBe(1_000_000);
	});

	test('also where the interval that was set is longer', async () => {
		const { done, sinceMs } = waiting([unknownId], { ...entered, pollIntervalMs: 600_000 });
		await refusalOf(done);
		expect(sinceMs()).toBeLessThan(2 * UNKNOWN_ID_GRACE_MS);
	});
});

describe('"completed" without a video that was charged', () => {
	const charged: StatusCheck = {
		kind: 'answer',
		answer: { id: ID, status: 'completed', meta: { usage: { credits_used: 5 } } },
	};

	test('is waited for: its video is late', async () => {
		const { done, clock } = waiting((ms) => (ms < 14_000 ? charged : finished));
		await expect(done).resolves.toMatchObject({ outcome: { kind: 'completed' } });
		expect(clock.sleeps).toEqual(Array(7).fill(2_000));
	});

	test('until the timeout, and is never told as free', async () => {
		const { message, details } = await refusalOf(waiting([charged], { timeoutMs: 60_000 }).done);
		expect(message).toBe('The video was not ready after 60 seconds');
		expect(details).toMatchObject({ generationId: ID, status: 'completed' });
		expect(details.notCharged).toBeUndefined();
	});

	test('nor is a failure that was charged', async () => {
		const failed: StatusCheck = {
			kind: 'answer',
			answer: { status: 'error', meta: { usage: { usd_spent: 0.4 } } },
		};
		const { message, details } = await refusalOf(waiting([failed]).done);
		expect(message).toBe('The video could not be generated');
		expect(details.notCharged).not.toBe(true);
		expect(details.description).not.toContain('not charged');
	});

	test('one that says so only later is not discarded in between', async () => {
		const { done } = waiting([
			withoutVideo,
			withoutVideo,
			...Array<StatusCheck>(9).fill(charged),
			finished,
		]);
		await expect(done).resolves.toMatchObject({ outcome: { kind: 'completed' } });
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

	test('with what the API said about it', async () => {
		const said: StatusCheck = {
			kind: 'answer',
			answer: { status: 'completed', message: 'Held back' },
		};
		const { details } = await refusalOf(waiting([said]).done);
		expect(details.description).toContain('"Held back"');
	});

	test.each(['canceled', 'cancelled', 'expired', 'rejected', 'Timed Out'])(
		'at once when its state is "%s"',
		async (status) => {
			const { done, clock } = waiting([running, { kind: 'answer', answer: { status } }]);
			const refusal = await refusalOf(done);
			expect(refusal.message).toBe('The video could not be generated');
			expect(refusal.details.description).toContain(`'${status.toLowerCase()}'`);
			expect(refusal.details.notCharged).toBe(true);
			expect(clock.sleeps).toHaveLength(1);
		},
	);

	test('not yet when it may only be late: a retry must go on with this one', async () => {
		const { done } = waiting((ms) => (ms < 60_000 ? running : withoutVideo), { timeoutMs: 61_000 });
		const { message, details } = await refusalOf(done);
		expect(message).toBe('The video was not ready after 61 seconds');
		expect(details.notCharged).toBeUndefined();
	});

	test('at once when the generation failed', async () => {
		const failed: StatusCheck = {
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

	test('at once when a check says that no further one can help', async () => {
		const refusal = badKey('Unauthorized');
		const { done } = waiting(() => {
			throw refusal;
		});
		await expect(done).rejects.toBe(refusal);
	});

	test('at once when the sleep is ended by Stop', async () => {
		const stop = new Error('stopped');
		const { done, checkedAtMs } = waiting([running], {
			sleep: async () => await Promise.reject(stop),
		});
		await expect(done).rejects.toBe(stop);
		expect(checkedAtMs).toHaveLength(1);
	});
});
