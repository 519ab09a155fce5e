/** Who may submit when: one at first, more while all goes well, one again after a 429. */
import { SubmitQueue } from '../../nodes/AimlVeo/generation/submitQueue';
import type { TurnResult } from '../../nodes/AimlVeo/generation/submitQueue';
import { fakeClock, settle } from './support';
import { badKey } from '../../nodes/AimlVeo/shared/messages';

/** A queue whose turns last until `leave` ends the one that began first. */
function queueOf(maxConcurrent = 10, sleep?: (ms: number) => Promise<void>) {
	const clock = fakeClock();
	const queue = new SubmitQueue({ now: clock.now, sleep: sleep ?? clock.sleep, maxConcurrent });
	const inside: number[] = [];
	const turns: Array<(result: TurnResult) => void> = [];
	const enter = (itemIndex: number) => {
		const turn = queue.withTurn(itemIndex, async () => {
			inside.push(itemIndex);
			const result = await new Promise<TurnResult>((resolve) => turns.push(resolve));
			return { result, value: itemIndex };
		});
		turn.catch(() => {});
		return turn;
	};
	const leave = async (result: TurnResult = 'refused') => {
		turns.shift()?.(result);
		await settle();
	};
	/** Pauses that were slept; the turn that a refusal waits for is none. */
	const pauses = () => clock.sleeps.filter((ms) => ms > 0);
	return { queue, clock, inside, enter, leave, pauses };
}

test('one at first, however many wait', async () => {
	const { inside, enter } = queueOf();
	[0, 1, 2].forEach(enter);
	await settle();
	expect(inside).toEqual([0]);
});

test('one more at a time after each that is accepted', async () => {
	const { inside, enter, leave } = queueOf();
	for (let itemIndex = 0; itemIndex < 10; itemIndex++) void enter(itemIndex);
	await settle();
	expect(inside).toHaveLength(1);
	await leave('accepted');
	expect(inside).toHaveLength(3);
	await leave('accepted');
	await leave('accepted');
	expect(inside).toHaveLength(7);
});

test('never more than the limit that was set', async () => {
	const { inside, enter, leave } = queueOf(2);
	for (let itemIndex = 0; itemIndex < 8; itemIndex++) void enter(itemIndex);
	await settle();
	for (let left = 1; left <= 5; left++) {
		await leave('accepted');
		expect(inside).toHaveLength(left + 2);
	}
});

test('a refusal lets the next one in, and no more than one', async () => {
	const { inside, enter, leave } = queueOf();
	[0, 1, 2].forEach(enter);
	await settle();
	await leave();
	expect(inside).toEqual([0, 1]);
});

test('so does a throw; the value and the throw are those of the work', async () => {
	const { queue } = queueOf();
	const thrown = new Error('own');
	const failing = queue.withTurn(0, async () => await Promise.reject(thrown));
	const next = queue.withTurn(
		1,
		async () => await Promise.resolve({ result: 'accepted', value: 5 }),
	);
	await expect(failing).rejects.toBe(thrown);
	await expect(next).resolves.toBe(5);
});

test('of those who wait, the item with the lowest number is next, also when it comes back', async () => {
	const { inside, enter, leave } = queueOf();
	[0, 3, 2].forEach(enter);
	await settle();
	await leave({ pauseMs: 5 });
	void enter(0);
	for (let left = 0; left < 3; left++) await leave();
	// The 2 went in when the 0 left.
	expect(inside).toEqual([0, 2, 0, 3]);
});

test('after a 429 everybody waits, and one goes first', async () => {
	const { inside, enter, leave, pauses } = queueOf();
	void enter(0);
	await settle();
	await leave('accepted');
	[1, 2, 3].forEach(enter);
	await settle();
	expect(inside).toEqual([0, 1, 2]);
	await leave({ pauseMs: 5_000 });
	await leave({ pauseMs: 2_000 });
	expect(pauses()).toEqual([5_000]);
	expect(inside).toEqual([0, 1, 2, 3]);
	void enter(4);
	await settle();
	expect(inside).toHaveLength(4);
});

test('tells when a submission was last accepted', async () => {
	const { queue, clock, enter, leave } = queueOf();
	const startMs = clock.now();
	expect(queue.lastAcceptedMs).toBe(startMs);
	void enter(0);
	await settle();
	clock.pass(700);
	await leave();
	expect(queue.lastAcceptedMs).toBe(startMs);
	void enter(1);
	await settle();
	await leave('accepted');
	expect(queue.lastAcceptedMs).toBe(startMs + 700);
});

test('a wait that is stopped gives its place back', async () => {
	const { inside, enter, leave } = queueOf(
		1,
		async () => await Promise.reject(new Error('stopped')),
	);
	void enter(0);
	await settle();
	await leave({ pauseMs: 1_000 });
	await expect(enter(1)).rejects.toThrow('stopped');
	await expect(enter(2)).rejects.toThrow('stopped');
	expect(inside).toEqual([0]);
});

describe('closed', () => {
	test('whoever waits or comes later gets the reason; whoever is in goes on', async () => {
		const { queue, inside, enter, leave } = queueOf();
		const turns = [0, 1, 2].map(enter);
		await settle();
		const reason = badKey('Unauthorized');
		queue.close(reason);
		queue.close(badKey('Another'));
		await leave('accepted');
		await expect(turns[0]).resolves.toBe(0);
		await expect(turns[1]).rejects.toBe(reason);
		await expect(turns[2]).rejects.toBe(reason);
		await expect(enter(3)).rejects.toBe(reason);
		expect(() => queue.assertOpen()).toThrow(reason);
		expect(inside).toEqual([0]);
	});

	test('by the refusal of the one that was in, before the next one begins', async () => {
		const { queue, inside, enter } = queueOf();
		const reason = badKey('Unauthorized');
		const first = queue.withTurn(0, async () => await Promise.reject(reason));
		// As the run does, which hears of it after the queue.
		first.catch(() => queue.close(reason));
		await expect(enter(1)).rejects.toBe(reason);
		expect(inside).toEqual([]);
	});

	test('a pause is not waited for', async () => {
		const { queue, enter, leave, pauses } = queueOf();
		void enter(0);
		await settle();
		await leave({ pauseMs: 3_600_000 });
		queue.close(badKey('Unauthorized'));
		await expect(enter(1)).rejects.toThrow();
		expect(pauses()).toEqual([]);
	});

	test('one that is open says nothing', () => {
		expect(() => queueOf().queue.assertOpen()).not.toThrow();
	});
});

describe('a clock that is set back', () => {
	/** A queue with a pause of 5 s before it, and then the clock an hour back. */
	async function setBack() {
		const made = queueOf();
		void made.enter(0);
		await settle();
		await made.leave({ pauseMs: 5_000 });
		made.clock.pass(-3_600_000);
		return made;
	}

	test('makes a pause no longer than it was', async () => {
		const { enter, pauses } = await setBack();
		void enter(1);
		await settle();
		expect(pauses()).toEqual([5_000]);
	});

	test('nor makes it come again for each item', async () => {
		const { inside, enter, leave, pauses } = await setBack();
		[1, 2, 3].forEach(enter);
		await settle();
		await leave('accepted');
		await leave('accepted');
		await leave('accepted');
		expect(inside).toEqual([0, 1, 2, 3]);
		expect(pauses()).toEqual([5_000]);
	});

	test('nor does it hide a pause that comes after it', async () => {
		const { enter, leave, pauses } = await setBack();
		void enter(1);
		await settle();
		await leave({ pauseMs: 20_000 });
		void enter(2);
		await settle();
		expect(pauses()).toEqual([5_000, 20_000]);
	});
});
