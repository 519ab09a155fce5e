/** n8n crashes while a video is made, and starts again: what is kept, what is lost, and how to find it. */
import type { IWorkflowBase } from 'n8n-workflow';
import { readExample } from '../../sandbox/n8n/examples';
import { messageOf, outputOf } from '../../sandbox/n8n/restClient';
import type { Execution } from '../../sandbox/n8n/restClient';
import { record } from './facts';
import {
	bytesOf,
	changed,
	filesOf,
	firstCheck,
	generationsOf,
	postsOf,
	recoveryOf,
	save,
	useN8n,
} from './setup';

/** n8n keeps shorter waits in memory; 65 s is the shortest that goes to its database. */
const SHORTEST_WAIT = { amount: 65, unit: 'seconds' };
const ASLEEP = 'Asleep in the database';
const HELD = 'Held by the node';
/** Longer than n8n takes to start again. */
const GENERATION_MS = 20_000;

const stage = useN8n();
let asleep: string;
let held: string;
let afterwards: Execution;
let heldWorkflow: IWorkflowBase;

beforeAll(async () => {
	stage.api.settings.generationMs = GENERATION_MS;
	const sleeping = changed(readExample('wait-without-worker'), 'Wait', SHORTEST_WAIT);
	const workflow = await save(stage, changed(sleeping, 'Create Video', { prompt: ASLEEP }));
	asleep = await stage.n8n.run(workflow, 'Start');
	await stage.n8n.waitFor(asleep, { wanted: (status) => status === 'waiting' });

	heldWorkflow = await save(
		stage,
		changed(readExample('first-last-frame'), 'Make Video', {
			prompt: HELD,
			options: { pollInterval: 1 },
		}),
	);
	held = await stage.n8n.run(heldWorkflow, 'Start');
	await firstCheck(stage.api, HELD);
	await stage.instance.crash();
	await stage.restart();
	afterwards = await stage.n8n.waitFor(held);
});

test('Create and Wait: n8n marks the execution as crashed, and knows nothing of what the node did', () => {
	expect(afterwards.status).toBe('crashed');
	expect(outputOf(afterwards, 'Make Video')).toEqual([]);
	const [generation] = generationsOf(stage.api, HELD);
	expect(JSON.stringify(afterwards.data)).not.toContain(generation?.id);
	const message = messageOf(afterwards) ?? 'none';
	record(
		'crash',
		`**Create Video and Wait**, n8n killed (\`kill -9\`) during the wait: after the restart n8n shows the execution as *${afterwards.status}* (its message: "${message}"). The generation goes on at the vendor, is charged, and is not in the execution's data.`,
	);
});

test('Create and Wait: the generation is found by the ID of its execution, and fetched without a second payment', async () => {
	const [generation] = generationsOf(stage.api, HELD);
	while (stage.api.find(generation!.id)?.status !== 'completed') {
		await new Promise((resolve) => setTimeout(resolve, 250));
	}
	const execution = await stage.n8n.runToEnd(await save(stage, recoveryOf(held)), 'Start');
	expect(messageOf(execution)).toBeUndefined();
	const found = outputOf(execution, 'Of This Execution').map(({ json }) => json.id);
	expect(found).toEqual([generation!.id]);
	const [file] = await filesOf(stage, execution, 'Get Video');
	expect(file?.equals(bytesOf(generation!))).toBe(true);
	expect(postsOf(stage.api, HELD)).toHaveLength(1);
	record(
		'crash',
		'It is found again: **Get Many Videos** gives `n8n.executionId` of each row; the one of the crashed execution holds the `id` for **Get Video** (example `recover-undelivered.json`). Proven here: the file arrived, and the API saw one POST. The ID is also in n8n’s log.',
	);
});

test('Create, Wait, Get: the video arrives after the crash, with exactly one POST', async () => {
	const execution = await stage.n8n.waitFor(asleep, { limitMs: 300_000 });
	expect(messageOf(execution)).toBeUndefined();
	expect(execution.status).toBe('success');
	const [generation, ...others] = generationsOf(stage.api, ASLEEP);
	expect(others).toEqual([]);
	const [file] = await filesOf(stage, execution, 'The Video');
	expect(generation && file?.equals(bytesOf(generation))).toBe(true);
	expect(postsOf(stage.api, ASLEEP)).toHaveLength(1);
	record(
		'crash',
		'**Create Video → Wait → Get Video** (example `wait-without-worker.json`), n8n killed during the wait: after the restart the execution goes on by itself and the file arrives, with one POST.',
	);
});
