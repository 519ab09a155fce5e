/**
 * The trigger's memory: nothing is handed over twice or left out, whatever n8n keeps or forgets between two
 * polls.
 */
import fc from 'fast-check';
import {
	daysSince,
	firstMemory,
	HORIZON_MS,
	lateMs,
	memoryAfter,
	memoryFor,
	memoryOfOld,
	printOf,
	readMemory,
	Recollection,
	unseen,
	withLate,
} from '../../nodes/AimlVeo/trigger/memory';
import type { Finished, Memory, Reading } from '../../nodes/AimlVeo/trigger/memory';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const NOW_MS = Date.parse('2026-11-25T12:00:00Z');

const video = (id: string, createdMs?: number): Finished => ({
	id,
	print: printOf(id),
	createdMs,
	row: {},
});
const all = (videos: Finished[]): Reading => ({ videos, isComplete: true });
const idsOf = (videos: Finished[]) => videos.map(({ id }) => id);
const stored = (memory: Memory) => readMemory(JSON.parse(JSON.stringify(memory)) as unknown);

describe('the mark', () => {
	test('what the log shows at the activation is old, what it shows later is new', () => {
		const old = video('old', NOW_MS - MINUTE_MS);
		const slow = video('slow', NOW_MS - 5 * HOUR_MS);
		const memory = memoryOfOld(all([old]), NOW_MS, 's');
		expect(idsOf(unseen(memory, [slow, old]))).toEqual(['slow']);
	});

	test('where the log could not be read, a quarter of an hour tells', () => {
		const memory = firstMemory(NOW_MS, 's');
		const made = [-16, -14, 0, 60].map((minutes) =>
			video(`${minutes}`, NOW_MS + minutes * MINUTE_MS),
		);
		expect(idsOf(unseen(memory, made))).toEqual(['-14', '0', '60']);
	});

	test('a log that was not read to its end does not make the rest new', () => {
		const memory = memoryOfOld({ videos: [], isComplete: false }, NOW_MS, 's');
		expect(unseen(memory, [video('deep', NOW_MS - HOUR_MS)])).toEqual([]);
	});

	test('moves on with the newest video, not with the clock alone', () => {
		const before = firstMemory(NOW_MS, 's');
		const later = NOW_MS + 30 * HOUR_MS;
		const sinceAfter = (videos: Finished[], isComplete = true, nowMs = later) =>
			memoryAfter(before, { videos, isComplete }, [], nowMs).since;
		expect(sinceAfter([])).toBe(before.since);
		expect(sinceAfter([video('a', NOW_MS)])).toBe(before.since);
		expect(sinceAfter([video('a', later - 1)])).toBe(later - 1 - HORIZON_MS);
		expect(sinceAfter([video('a', later - 1)], false)).toBe(before.since);
		// A row of the future, and a clock that runs a year ahead.
		expect(sinceAfter([video('a', later + 900 * HOUR_MS)])).toBe(later - HORIZON_MS);
		expect(sinceAfter([video('a', NOW_MS)], true, NOW_MS + 9_000 * HOUR_MS)).toBe(before.since);
	});
});

describe('what is remembered', () => {
	const known = video('known', NOW_MS - 20 * HOUR_MS);
	const before = memoryAfter(
		memoryOfOld(all([]), NOW_MS - 20 * HOUR_MS, 's'),
		all([known]),
		[known],
		NOW_MS - 20 * HOUR_MS,
	);

	test('a video is forgotten when it is older than all that may be new', () => {
		const newest = video('newest', NOW_MS + 5 * HOUR_MS);
		const after = memoryAfter(before, all([newest]), [newest], NOW_MS + 5 * HOUR_MS);
		expect(Object.keys(after.seen)).toEqual([newest.print]);
		expect(unseen(after, [known])).toEqual([]);
	});

	test('but not while the log shows it', () => {
		const newest = video('newest', NOW_MS + 5 * HOUR_MS);
		const after = memoryAfter(before, all([known, newest]), [newest], NOW_MS + 5 * HOUR_MS);
		expect(Object.keys(after.seen).sort()).toEqual([known.print, newest.print].sort());
	});

	test('rows without a time are new once', () => {
		const timeless = video('timeless');
		expect(unseen(before, [timeless])).toEqual([timeless]);
		const after = memoryAfter(before, all([timeless]), [timeless], NOW_MS);
		expect(unseen(after, [timeless])).toEqual([]);
	});

	test('stays small: a month of 1,000 videos a day is 25 kB', () => {
		let memory = memoryOfOld(all([]), NOW_MS, 's');
		for (let day = 0; day < 30; day++) {
			const made = Array.from({ length: 1_000 }, (_, index) =>
				video(`${day}/${index}`, NOW_MS + (day + index / 1_000) * 24 * HOUR_MS),
			);
			memory = memoryAfter(memory, all(made), made, NOW_MS + (day + 1) * 24 * HOUR_MS);
		}
		expect(Object.keys(memory.seen).length).toBeLessThanOrEqual(1_001);
		expect(JSON.stringify(memory).length).toBeLessThan(26_000);
	});

	test('has a bound when a day brings more than that, and forgets the oldest', () => {
		const made = Array.from({ length: 20_500 }, (_, index) =>
			video(`${index}`, NOW_MS + index * 1_000),
		);
		const memory = memoryAfter(before, all(made), made, NOW_MS + 20_500_000);
		expect(Object.keys(memory.seen)).toHaveLength(20_000);
		expect(unseen(memory, made)).toEqual([]);
	});

	test.each([undefined, null, 7, 'x', [], {}, { since: 'soon' }])('%j is no memory', (given) => {
		expect(readMemory(given)).toBeUndefined();
	});

	test('a damaged memory still has its mark', () => {
		const damaged = { since: NOW_MS, seen: { a: 'x', b: 3 }, late: 7, turn: 9, sought: {} };
		expect(readMemory(damaged)).toEqual({ since: NOW_MS, seen: { b: 3 }, late: {}, sought: '' });
	});

	test('is stored as it is', () => {
		const memory = withLate(before, video('late'), NOW_MS);
		expect(stored(memory)).toEqual(memory);
	});
});

describe('a video that cannot be brought yet', () => {
	const late = video('late', NOW_MS);

	test('is counted from the first try', () => {
		let memory = withLate(firstMemory(NOW_MS, 's'), late, NOW_MS);
		memory = withLate(memory, late, NOW_MS + HOUR_MS);
		expect(lateMs(memory, late, NOW_MS + HOUR_MS)).toBe(HOUR_MS);
		expect(lateMs(memory, video('other'), NOW_MS + HOUR_MS)).toBeLessThan(MINUTE_MS);
	});

	test('is forgotten as such when it is handed over', () => {
		const memory = withLate(firstMemory(NOW_MS, 's'), late, NOW_MS);
		expect(memoryAfter(memory, all([late]), [late], NOW_MS).late).toEqual({});
	});
});

test('other filters: what they find beside is old', () => {
	const memory = memoryFor(firstMemory(NOW_MS, 'a'), 'b', [video('beside', NOW_MS)], NOW_MS);
	expect(memory.sought).toBe('b');
	expect(idsOf(unseen(memory, [video('beside', NOW_MS), video('new', NOW_MS)]))).toEqual(['new']);
});

test.each([
	[0, 1],
	[22 * HOUR_MS, 1],
	[24 * HOUR_MS, 2],
	[47.5 * HOUR_MS, 3],
	[500 * 24 * HOUR_MS, 92],
	[-HOUR_MS, 1],
	[-9_000 * HOUR_MS, 1],
])('a mark of %i ms ago needs a log of %i days', (agoMs, days) => {
	expect(daysSince(NOW_MS - agoMs, NOW_MS, 92)).toBe(days);
});

/**
 * n8n with one trigger, and the vendor. Each step is a minute; a video is requested, ends and shows up in
 * the log some steps apart.
 */
interface Life {
	videos: Array<{ at: number; takes: number; logged: number }>;
	/** What happens at each step. */
	steps: Array<'poll' | 'down' | 'restart' | 'dropped' | 'rollback' | 'short' | 'nothing'>;
	/** Of the API's clock, in minutes. */
	skew: number;
	durable: boolean;
	/** The API cannot be reached at the activation. */
	blind: boolean;
}

const step = fc.oneof(
	{ weight: 6, arbitrary: fc.constant('poll' as const) },
	fc.constantFrom('down', 'restart', 'dropped', 'rollback', 'short', 'nothing'),
);
const lives: fc.Arbitrary<Life> = fc.record({
	videos: fc.array(
		fc.record({
			at: fc.integer({ min: -30, max: 100 }),
			takes: fc.integer({ min: 0, max: 20 }),
			logged: fc.integer({ min: 0, max: 15 }),
		}),
		{ maxLength: 12 },
	),
	steps: fc.array(step, { minLength: 5, maxLength: 120 }),
	skew: fc.integer({ min: -10, max: 10 }),
	durable: fc.boolean(),
	blind: fc.boolean(),
}) as fc.Arbitrary<Life>;

/** How often each video was handed over in an execution that n8n kept. */
function live({ videos, steps, skew, durable, blind }: Life) {
	let database: Memory | undefined;
	/** Before the last execution: what another node of the workflow may write back. */
	let older: Memory | undefined;
	let inProcess: Memory | undefined;
	let recollection = new Recollection();
	const times = new Map<string, number>();
	const minuteMs = (minute: number) => NOW_MS + minute * MINUTE_MS;
	const shownAt = (minute: number) =>
		videos
			.map((one, index) => ({ ...one, id: `${index}` }))
			.filter(({ at, takes, logged }) => at + takes + logged <= minute)
			.map(({ id, at }) => video(id, minuteMs(at + skew)));

	function poll(minute: number, kind: Life['steps'][number], isActivation = false): void {
		const nowMs = minuteMs(minute);
		const from = durable ? database : inProcess;
		const before = recollection.recall(from && stored(from));
		const shown = kind === 'down' ? [] : shownAt(minute);
		// The time of the poll is over before all are brought.
		const isShort = kind === 'short';
		const open = before ? unseen(before, shown) : [];
		const handed = isShort ? open.slice(0, 1) : open;
		const isComplete = kind !== 'down' && handed.length === open.length;
		const reading = { videos: shown, isComplete };
		const after = before
			? memoryAfter(before, reading, handed, nowMs)
			: memoryOfOld(reading, nowMs, 's');
		recollection.keep(before, after);
		// n8n drops rows and state of a poll that it no longer waits for.
		if (kind === 'dropped') return;
		inProcess = after;
		for (const { id } of handed) times.set(id, (times.get(id) ?? 0) + 1);
		if (handed.length > 0) older = database;
		if (handed.length > 0 || isActivation || durable) database = after;
	}

	poll(0, blind ? 'down' : 'poll', true);
	const old = new Set(shownAt(0).map(({ id }) => id));
	let minute = 0;
	for (const kind of steps) {
		minute += 1;
		if (kind === 'nothing') continue;
		if (kind === 'restart') {
			recollection = new Recollection();
			inProcess = database;
			poll(minute, 'poll', true);
		} else if (kind === 'rollback' && !durable) {
			// Another node of the workflow writes an old state back, then a new version is published, which
			// begins with it. The durable scheduler keeps its state where no node can write.
			poll(minute, 'poll');
			// The next one has seen that n8n kept what the last one handed over.
			poll(minute, 'poll');
			inProcess = database = older ?? database;
			poll(minute, 'poll', true);
		} else poll(minute, kind);
	}
	// All is logged by now, and twice the same finds nothing.
	poll(minute + 200, 'poll');
	poll(minute + 201, 'poll');
	return { times, old, ids: videos.map((_, index) => `${index}`) };
}

test('nothing twice, nothing left out, nothing old, whatever happens between two polls', () => {
	fc.assert(
		fc.property(lives, (life) => {
			const { times, old, ids } = live(life);
			for (const [index, id] of ids.entries()) {
				const count = times.get(id) ?? 0;
				// Where the log could not be read, only the time of the request tells old from new.
				const isNew = life.blind ? (life.videos[index]?.at ?? 0) + life.skew >= -15 : !old.has(id);
				expect([id, count]).toEqual([id, isNew ? 1 : 0]);
			}
		}),
		{ numRuns: 2_000 },
	);
});
