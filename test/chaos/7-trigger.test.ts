/**
 * The trigger under every kind of trouble: nothing is missed or handed over twice, no request is needless,
 * and the trigger survives.
 */
import { startEngine } from '../engine/harness';
import type { Engine } from '../engine/harness';
import { writeLines } from './table';
import type { TriggerLine } from './table';
import { RUN_BY, runTrouble } from './triggerCell';
import { TROUBLES } from './triggerTroubles';

const cells = TROUBLES.flatMap((trouble) =>
	RUN_BY.filter((runBy) => !trouble.runBy || trouble.runBy === runBy).map(
		(runBy) => [runBy, trouble.name, trouble] as const,
	),
);
const lines: TriggerLine[] = [];
let engine: Engine;
beforeAll(async () => {
	engine = await startEngine();
});
afterAll(async () => {
	writeLines('7-trigger', lines);
	await engine?.stop();
});

test.each(cells)('%s: %s', async (runBy, _name, trouble) => {
	const line = await runTrouble(trouble, runBy, engine);
	lines.push(line);
	expect(line['videos due']).toBeGreaterThan(0);
	expect(line).toMatchObject({ missed: 0, twice: 0, old: 0, 'without need': 0, alive: 'yes' });
	const [least, most] = trouble.errors ?? [0, 0];
	expect(line['error executions']).toBeGreaterThanOrEqual(least);
	expect(line['error executions']).toBeLessThanOrEqual(most);
});
