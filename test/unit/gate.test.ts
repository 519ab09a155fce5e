/** Who may submit when: one at first, more while all goes well, one again after a 429. */
import { SubmitGate } from '../../nodes/AimlVeo/gate';
import { fakeClock } from './support';

function gateOf(maxWidth = 10, sleep?: (ms: number) => Promise<void>) {
	const clock = fakeClock();
	const gate = new SubmitGate({ now: clock.now, sleep: sleep ?? clock.sleep, maxWidth });
	const inside: number[] = [];
	const enter = (order: number) => {
		const entered = gate.enter(order).then(() => inside.push(order));
		entered.catch(() => {});
		return entered;
	};
	return { gate, clock, inside, enter };
}

const settle = async () => await new Promise(setImmediate);

test('one at first, however many wait', async () => {
	const { inside, enter } = gateOf();
	[0, 1, 2].forEach(enter);
	await settle();
	expect(inside).toEqual([0]);
});

test('one more at a time after each that is accepted', async () => {
	const { gate, inside, enter } = gateOf();
	for (let order = 0; order < 10; order++) void enter(order);
	await settle();
	expect(inside).toHaveLength(1);
	gate.leave('accepted');
	await settle();
	expect(inside).toHaveLength(3);
	gate.leave('accepted');
	gate.leave('accepted');
	await settle();
	expect(inside).toHaveLength(7);
});

test('never more than the width that was set', async () => {
	const { gate, inside, enter } = gateOf(2);
	for (let order = 0; order < 8; order++) void enter(order);
	for (let left = 1; left <= 5; left++) {
		await settle();
		gate.leave('accepted');
		await settle();
		expect(inside.length - left).toBeLessThanOrEqual(2);
	}
});

test('a refusal lets the next one in, without widening', async () => {
	const { gate, inside, enter } = gateOf();
	[0, 1, 2].forEach(enter);
	await settle();
	gate.leave();
	await settle();
	expect(inside).toEqual([0, 1]);
});

test('of those who wait, the item with the lowest number is next, also when it comes back', async () => {
	const { gate, inside, enter } = gateOf();
	[0, 3, 2].forEach(enter);
	await settle();
	gate.leave({ pauseMs: 5 });
	void enter(0);
	for (let left = 0; left < 3; left++) {
		await settle();
		gate.leave();
	}
	await settle();
	// The 2 went in when the 0 left.
	expect(inside).toEqual([0, 2, 0, 3]);
});

test('after a 429 everybody waits, and one goes first', async () => {
	const { gate, clock, inside, enter } = gateOf();
	void enter(0);
	await settle();
	gate.leave('accepted');
	[1, 2, 3].forEach(enter);
	await settle();
	expect(inside).toEqual([0, 1, 2]);
	gate.leave({ pauseMs: 5_000 });
	gate.leave({ pauseMs: 2_000 });
	await settle();
	expect(clock.sleeps).toEqual([5_000]);
	expect(inside).toEqual([0, 1, 2, 3]);
	void enter(4);
	await settle();
	expect(inside).toHaveLength(4);
});

test('tells when a submission was last accepted', async () => {
	const { gate, clock, enter } = gateOf();
	const startMs = clock.now();
	expect(gate.lastAcceptedMs).toBe(startMs);
	void enter(0);
	await settle();
	clock.pass(700);
	gate.leave();
	expect(gate.lastAcceptedMs).toBe(startMs);
	void enter(1);
	await settle();
	gate.leave('accepted');
	expect(gate.lastAcceptedMs).toBe(startMs + 700);
});

test('a wait that is stopped gives its place back', async () => {
	const { gate, inside, enter } = gateOf(1, async () => await Promise.reject(new Error('stopped')));
	void enter(0);
	await settle();
	gate.leave({ pauseMs: 1_000 });
	await expect(enter(1)).rejects.toThrow('stopped');
	await expect(enter(2)).rejects.toThrow('stopped');
	expect(inside).toEqual([0]);
});
