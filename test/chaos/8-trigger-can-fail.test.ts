/** The matrix of the trigger can fail: the same cells with one part of the trigger broken. */
import { join } from 'node:path';
import { startEngine } from '../engine/harness';
import type { TriggerLine } from './table';
import { runTrouble } from './triggerCell';
import type { RunBy } from './triggerCell';
import { TROUBLES } from './triggerTroubles';

const EXEC_ARGV = ['--require', join(__dirname, 'broken-trigger.cjs')];

/** Which trouble shows that a part is missing, and in which column; a text is what is thrown. */
const CASES: Array<[part: string, trouble: string, shows: keyof TriggerLine | string, by?: RunBy]> =
	[
		['memory', 'rows of the same second', 'twice'],
		['lookingBack', 'a generation takes hours, newer ones come before', 'missed'],
		['lock', 'two polls at once', 'without need'],
		['calm', 'log: 403 of a firewall', 'error executions'],
		['recollection', 'another node writes an old state back', 'twice'],
		['confirmation', 'n8n drops the rows of a poll', 'missed', 'durable scheduler'],
		['order', 'n8n is off for three days, then no video is given at first', 'missed'],
		['grace', 'the log is down at the start, its clock behind', 'missed'],
		['hour', 'the key is revoked for three hours', 'error executions'],
		['firstPoll', 'the key is revoked when n8n starts', 'n8n gives the trigger up'],
		['filters', 'a filter is changed', 'old'],
		['oldRows', 'rows of the same second', 'old'],
		['late', 'video: one is never given, others are', 'Paid for, and not told of'],
		['perVideo', 'video: the API is down for all of 50', 'without need'],
	];

test.each(CASES)('without %s, "%s" shows it: %s', async (part, name, shows, runBy = 'n8n') => {
	const trouble = TROUBLES.find((one) => one.name === name);
	if (!trouble) throw new Error(`No trouble ${name}`);
	const env = { BROKEN_TRIGGER: part };
	const engine = await startEngine({ execArgv: EXEC_ARGV, env });
	try {
		const run = runTrouble(trouble, runBy, engine, { execArgv: EXEC_ARGV, env });
		if (!(shows in (await run.catch((): object => ({}))))) {
			await expect(run).rejects.toThrow(shows);
			return;
		}
		const [, most] = trouble.errors ?? [0, 0];
		const bound = shows === 'error executions' ? most : 0;
		expect((await run)[shows as keyof TriggerLine]).toBeGreaterThan(bound);
	} finally {
		await engine.stop();
	}
});
