/** The pace that all status checks of a run share, by a clock that only sleeping moves. */
import { LONGEST_RETRY_AFTER_MS, CheckPace } from '../../nodes/AimlVeo/generation/checkPace';
import { fakeClock } from './support';

/** A check has this long. */
const LIMIT_MS = 30_000;

function paceOf() {
	const clock = fakeClock();
	const pace = new CheckPace(clock.now);
	const turn = async (limitMs = LIMIT_MS) => await pace.turn(limitMs, clock.sleep);
	/** One check after another, each of which has its answer. */
	const answered = async (count: number) => {
		for (let left = count; left > 0; left--) {
			await turn();
			pace.answered();
		}
	};
	return { pace, clock, turn, answered };
}

/** Checks by many at once against a server that allows so many a minute, counting the refused ones too. */
async function against(perMinute: number, minutes: number, everyMs: number) {
	const { pace, clock, turn } = paceOf();
	const taken: number[] = [];
	let refused = 0;
	const endMs = clock.now() + minutes * 60_000;
	let checks = 0;
	while (clock.now() < endMs) {
		const beginMs = await turn();
		if (beginMs !== undefined) {
			checks += 1;
			taken.push(beginMs);
			if (taken.filter((ms) => beginMs - ms < 60_000).length > perMinute) {
				refused += 1;
				pace.refused(beginMs);
			} else {
				pace.answered();
			}
		}
		clock.pass(everyMs);
	}
	return { checks, refused };
}

test('there is no limit before the API says so', async () => {
	const { clock, answered } = paceOf();
	await answered(1_000);
	expect(clock.sleeps).toEqual([]);
});

test('tells when the check begins', async () => {
	const { pace, clock, turn } = paceOf();
	const startMs = clock.now();
	expect(await turn()).toBe(startMs);
	pace.refused(startMs, 4_000);
	expect(await turn()).toBe(startMs + 4_000);
});

describe('after a refusal', () => {
	test('a pause, then fewer checks a minute than were refused', async () => {
		const { pace, clock, turn, answered } = paceOf();
		// 200 in the last minute, and the next one is refused.
		for (let check = 0; check < 199; check++) {
			await answered(1);
			clock.pass(200);
		}
		pace.refused((await turn())!);
		clock.sleeps.length = 0;
		await answered(1);
		expect(clock.sleeps).toEqual([2_000]);
		const startMs = clock.now();
		let perMinute = 0;
		for (; clock.now() - startMs < 60_000; perMinute++) await answered(1);
		expect(perMinute).toBeLessThanOrEqual(170);
		expect(perMinute).toBeGreaterThan(140);
	});

	test('few checks are never further apart than 3 s', async () => {
		const { pace, clock, turn } = paceOf();
		pace.refused((await turn())!);
		await turn();
		clock.sleeps.length = 0;
		await turn();
		expect(clock.sleeps).toEqual([3_000]);
	});

	/** Ten checks at once, of which so many are refused; how the next three come. */
	async function afterRefusals(refusals: number, retryAfterMs?: number): Promise<number[]> {
		const { pace, clock, turn } = paceOf();
		const begun: number[] = [];
		for (let check = 0; check < 10; check++) begun.push((await turn())!);
		clock.pass(40);
		for (const beginMs of begun.slice(0, refusals)) pace.refused(beginMs, retryAfterMs);
		for (let check = 0; check < 3; check++) await turn();
		return clock.sleeps;
	}

	test('checks that were refused together count once', async () => {
		expect(await afterRefusals(10, 7_000)).toEqual([7_000, 3_000, 3_000]);
		expect(await afterRefusals(1, 7_000)).toEqual([7_000, 3_000, 3_000]);
	});

	test('and so the next pause is the second one, not the eleventh', async () => {
		const { pace, clock, turn } = paceOf();
		const begun: number[] = [];
		for (let check = 0; check < 10; check++) begun.push((await turn())!);
		clock.pass(40);
		for (const beginMs of begun) pace.refused(beginMs, 7_000);
		pace.refused((await turn())!);
		const fromMs = clock.now();
		await turn();
		expect(clock.now() - fromMs).toBe(4_000);
	});

	test('also where the API does not say how long to wait', async () => {
		expect(await afterRefusals(1)).toEqual([2_000, 3_000, 3_000]);
		expect(await afterRefusals(10)).toEqual([2_000, 3_000, 3_000]);
	});

	test('a check that waits for its turn already waits for the pause too', async () => {
		const { pace, clock, turn } = paceOf();
		pace.refused((await turn())!);
		let refusedMs = 0;
		const whileAnotherIsRefused = async (ms: number) => {
			await clock.sleep(ms / 2);
			if (refusedMs === 0) pace.refused((refusedMs = clock.now()), 20_000);
			await clock.sleep(ms / 2);
		};
		const beginMs = await pace.turn(LIMIT_MS, whileAnotherIsRefused);
		expect(beginMs).toBeGreaterThanOrEqual(refusedMs + 20_000);
	});

	test('the pause doubles while none is answered, up to 30 s, and begins anew after an answer', async () => {
		const { pace, clock, turn } = paceOf();
		const pauses: number[] = [];
		for (let refusal = 0; refusal < 7; refusal++) {
			const beginMs = (await turn())!;
			clock.pass(1);
			const fromMs = clock.now();
			pace.refused(beginMs);
			await turn();
			pauses.push(clock.now() - fromMs);
			clock.pass(3_000);
		}
		expect(pauses).toEqual([2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
		pace.answered();
		const beginMs = (await turn())!;
		const fromMs = clock.now();
		pace.refused(beginMs + 1);
		await turn();
		expect(clock.now() - fromMs).toBeLessThanOrEqual(3_000);
	});
});

describe('Retry-After', () => {
	test.each([
		[500, 500],
		[7_000, 7_000],
		[LONGEST_RETRY_AFTER_MS, 30_000],
		[3_600_000, 30_000],
	])('of %d ms: the next check begins after %d ms', async (retryAfterMs, waitMs) => {
		const { pace, clock, turn } = paceOf();
		pace.refused((await turn())!, retryAfterMs);
		clock.sleeps.length = 0;
		await turn();
		expect(clock.sleeps).toEqual([waitMs]);
	});

	test('of 0 is not a loop without a pause', async () => {
		const { pace, clock, turn } = paceOf();
		pace.refused((await turn())!, 0);
		clock.sleeps.length = 0;
		await turn();
		expect(clock.sleeps).toEqual([2_000]);
	});

	test('a shorter one of another check does not shorten the pause', async () => {
		const { pace, clock, turn } = paceOf();
		const [one, other] = [(await turn())!, (await turn())!];
		pace.refused(one, 20_000);
		pace.refused(other, 1_000);
		await turn();
		expect(clock.sleeps).toEqual([20_000]);
	});
});

describe('a turn that would come too late', () => {
	test('is told at once, without sleeping, and takes no place', async () => {
		const { pace, clock, turn } = paceOf();
		pace.refused((await turn())!, 10_000);
		expect(await turn(9_999)).toBeUndefined();
		expect(clock.sleeps).toEqual([]);
		expect(await turn(10_000)).toBe(clock.now());
		expect(clock.sleeps).toEqual([10_000]);
	});

	test('ends with the sleep when the run ends', async () => {
		const { pace, turn } = paceOf();
		pace.refused((await turn())!, 10_000);
		const stop = new Error('stopped');
		await expect(pace.turn(LIMIT_MS, async () => await Promise.reject(stop))).rejects.toBe(stop);
	});
});

describe('recovers', () => {
	test('from a busy moment within a hundred answers', async () => {
		const { pace, clock, turn, answered } = paceOf();
		pace.refused((await turn())!);
		await answered(100);
		clock.sleeps.length = 0;
		await answered(1);
		expect(clock.sleeps[0]).toBeLessThanOrEqual(1_000);
	});

	test('from a limit slowly, so that it is not met at once again', async () => {
		const { pace, clock, turn, answered } = paceOf();
		await answered(199);
		pace.refused((await turn())!);
		await answered(2);
		clock.sleeps.length = 0;
		await answered(1);
		const [spacingMs = 0] = clock.sleeps;
		expect(spacingMs).toBeGreaterThan(374);
		await answered(500);
		clock.sleeps.length = 0;
		await answered(1);
		expect(clock.sleeps[0]).toBeLessThan(spacingMs * 0.85);
		expect(clock.sleeps[0]).toBeGreaterThan(spacingMs * 0.75);
	});

	test('wholly: in the end there is no limit', async () => {
		const { pace, clock, turn, answered } = paceOf();
		await answered(199);
		pace.refused((await turn())!);
		await answered(8_000);
		clock.sleeps.length = 0;
		await answered(100);
		expect(clock.sleeps).toEqual([]);
	});
});

test('200 a minute, refused ones counted: at most one check in twenty is refused', async () => {
	const { checks, refused } = await against(200, 10, 10);
	expect(refused / checks).toBeLessThan(0.05);
	// Nor is the limit left unused.
	expect(checks).toBeGreaterThan(0.7 * 200 * 10);
});

describe('a clock that is set back', () => {
	test('does not prolong the pause', async () => {
		const { pace, clock, turn } = paceOf();
		pace.refused((await turn())!, 5_000);
		clock.pass(-3_600_000);
		const beginMs = await turn();
		expect(beginMs).toBeDefined();
		expect(clock.sleeps.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(30_000);
	});

	test('nor does it hold up a run that was never refused', async () => {
		const { clock, turn } = paceOf();
		await turn();
		clock.pass(-3_600_000);
		expect(await turn()).toBeDefined();
		expect(clock.sleeps).toEqual([]);
	});

	test('nor does a refusal after it count for nothing', async () => {
		const { pace, clock, turn } = paceOf();
		pace.refused((await turn())!, 5_000);
		clock.pass(-3_600_000);
		await turn();
		pace.refused(clock.now(), 20_000);
		const fromMs = clock.now();
		await turn();
		expect(clock.now() - fromMs).toBe(20_000);
	});
});
