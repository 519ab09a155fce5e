/** The matrix can fail: the same cells in a node that forgets what it paid for. */
import type { Engine } from '../engine/harness';
import { startEngine } from '../engine/harness';
import { runCell } from './cell';
import type { Fault } from './cell';
import { SPEED, WITHOUT_LEDGER } from './matrix';

let engine: Engine;
beforeAll(async () => {
	engine = await startEngine({ speed: SPEED, execArgv: WITHOUT_LEDGER });
});
afterAll(async () => await engine?.stop());

const fault: Fault = {
	name: 'check: 401',
	strikes: ['createAndWait'],
	rules: () => [{ on: 'fetch', action: { kind: 'status', status: 401 }, times: 2 }],
};

test.each([1, 5])('without the ledger a retry pays again: %i items', async (items) => {
	const cell = { fault, operation: 'createAndWait', items, continues: false } as const;
	const { line } = await runCell(engine, cell);
	expect(line['videos delivered']).toBe(items);
	expect(line['paid twice']).toBeGreaterThan(0);
	// The IDs are in the execution's custom data as well, so that none need be lost.
});
