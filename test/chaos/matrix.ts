/** Turns faults and operations into tests: each cell is one test and one row of the table. */
import { join } from 'node:path';
import { startEngine } from '../engine/harness';
import type { Engine } from '../engine/harness';
import { runCell, struckIndexOf } from './cell';
import type { Cell, Fault, Outcome } from './cell';
import { writeLines } from './table';

/** High enough to be quick, low enough for time limits of 20 s to hold on a busy machine. */
export const SPEED = 25;
/** Most cells wait most of the time. */
const CELLS_AT_ONCE = 4;
/** All cells of one file run before its tests read the results. */
const LIMIT_MS = 900_000;
/** Flags for Node that take the ledger out. */
export const WITHOUT_LEDGER = ['--require', join(__dirname, 'without-ledger.cjs')];

const cellsOf = (faults: readonly Fault[]): Cell[] =>
	faults.flatMap((fault) =>
		fault.strikes.flatMap((operation) => {
			const cell = { fault, operation, continues: false };
			const cells = (fault.items ?? [1, 5]).map((items) => ({ ...cell, items }));
			return fault.stopAt ? cells : [...cells, { ...cell, items: 5, continues: true }];
		}),
	);

function expectSound({ fault, operation, items, continues }: Cell, outcome: Outcome): void {
	const { line, fulfilled, unsure, posts, statuses, unhandled } = outcome;
	expect(line).toMatchObject({ 'ids lost': 0, 'paid twice': 0, 'requests after Stop': 0 });
	expect(unhandled).toEqual([]);
	const isHit = (index: number) => fault.strikesAll || index === struckIndexOf(items);
	const hits = posts.filter((_, index) => isHit(index)).length;
	if (fault.stopAt) {
		expect(statuses[0]).toBe('canceled');
		// Any item may have been on its way when Stop came.
		expect(fulfilled + unsure).toBe(items);
	} else if (continues) {
		expect(outcome.rows).toBe(items);
		expect(fulfilled + outcome.errorRows).toBe(items);
		// A generation that takes an hour is not ready for any item.
		if (!fault.settings?.generationMs) expect(fulfilled).toBeGreaterThanOrEqual(items - hits);
	} else {
		expect(fulfilled).toBe(fault.becomes ? items - hits : items);
		expect(unsure).toBe(fault.becomes === 'unknown' ? hits : 0);
	}
	posts.forEach((count, index) => {
		const most = operation.startsWith('get') ? 0 : isHit(index) ? (fault.posts ?? 1) : 1;
		if (most === 'any') return;
		if (fault.stopAt || continues) expect(count).toBeLessThanOrEqual(most);
		else expect(count).toBe(most);
	});
}

const titleOf = ({ operation, items, continues }: Cell) =>
	`${operation}, ${items === 1 ? 'one item' : `${items} items`}${continues ? ', On Error: continue' : ''}`;

/** @param name decides where the faults stand in the table */
export function testMatrix(name: string, faults: readonly Fault[]): void {
	const cells = cellsOf(faults);
	const outcomes = new Map<Cell, Outcome | Error>();
	let engine: Engine;

	beforeAll(async () => {
		engine = await startEngine({
			speed: SPEED,
			execArgv: process.env.CHAOS_WITHOUT_LEDGER ? WITHOUT_LEDGER : [],
		});
		const waiting = [...cells];
		const lane = async () => {
			for (let cell = waiting.shift(); cell; cell = waiting.shift()) {
				outcomes.set(cell, await runCell(engine, cell).catch((cause: Error) => cause));
			}
		};
		await Promise.all(Array.from({ length: CELLS_AT_ONCE }, lane));
	}, LIMIT_MS);

	afterAll(async () => {
		const lines = cells.flatMap((cell) => {
			const outcome = outcomes.get(cell);
			return outcome && 'line' in outcome ? [outcome.line] : [];
		});
		writeLines(name, lines);
		await engine?.stop();
	});

	describe.each(cells.map((cell) => [cell.fault.name, cell] as const))('%s', (_fault, cell) => {
		test(titleOf(cell), () => {
			const outcome = outcomes.get(cell) ?? new Error('The cell was not reached');
			if (outcome instanceof Error) throw outcome;
			expectSound(cell, outcome);
		});
	});
}
