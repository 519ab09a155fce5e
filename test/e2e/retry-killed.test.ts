/** n8n 2 is killed (SIGKILL) behind a Wait node, and once more in the retry: what was paid for is still found. */
import axios from 'axios';
import type { INode, IWorkflowBase } from 'n8n-workflow';
import { readExample } from '../../sandbox/n8n/examples';
import type { WorkflowFile } from '../../sandbox/n8n/restClient';
import { record } from './facts';
import { byWebhook, HELD, SHORTEST_WAIT } from './patterns';
import {
	bytesOf,
	changed,
	fetching,
	filesOf,
	generationsOf,
	onceOpen,
	postsOf,
	save,
	submitted,
	useN8n,
} from './setup';

const stage = useN8n();
const [FIRST, SECOND, SLEPT] = ['Bought before the crash', 'Not yet bought', 'After a sleep'];
const ALWAYS = 1_000_000;

/** The way with a Wait node before the node that pays. */
function withSleep(file: WorkflowFile): WorkflowFile {
	const example = changed(readExample('wait-without-worker'), 'Wait', SHORTEST_WAIT);
	const wait = example.nodes.find(({ name }) => name === 'Wait') as INode;
	const toWait = { main: [[{ node: wait.name, type: 'main' as const, index: 0 }]] };
	return {
		...file,
		nodes: [...file.nodes, wait],
		connections: {
			...file.connections,
			'One Item a Scene': toWait,
			[wait.name]: file.connections['One Item a Scene']!,
		},
	};
}

async function started(file: WorkflowFile, path: string): Promise<IWorkflowBase> {
	const workflow = await save(stage, byWebhook(file, path));
	await stage.n8n.activate(workflow.id);
	await onceOpen(async () => await axios.post(`${stage.n8n.url}/webhook/${path}`));
	return workflow;
}

/** The file of this video arrives so slowly that n8n can be killed meanwhile. */
const holdFileOf = (prompt: string) =>
	stage.api.fault({
		on: 'cdn',
		action: { kind: 'trickle', everyMs: 200 },
		match: { promptIncludes: prompt },
		times: ALWAYS,
	});

async function killed(): Promise<void> {
	await stage.instance.crash();
	stage.api.faults.clear();
	await stage.restart();
}

/** Presses *Retry* for the newest execution, which has crashed. */
async function retryNewest({ id }: IWorkflowBase): Promise<string> {
	const [newest] = await stage.n8n.executions(id);
	const { status } = await stage.n8n.waitFor(newest?.id ?? '');
	expect(status).toBe('crashed');
	return await stage.n8n.retry(newest?.id ?? '', true);
}

async function delivered(executionId: string, prompts: string[]): Promise<void> {
	const execution = await stage.n8n.waitFor(executionId);
	expect(execution.status).toBe('success');
	const files = await filesOf(stage, execution, HELD.delivers);
	expect(files).toHaveLength(prompts.length);
	for (const [index, prompt] of prompts.entries()) {
		const [generation, ...others] = generationsOf(stage.api, prompt);
		expect(others).toEqual([]);
		expect(files[index]?.equals(bytesOf(generation!))).toBe(true);
	}
}

let sleeper: IWorkflowBase;
let film: IWorkflowBase;

beforeAll(async () => {
	stage.api.settings.generationMs = 1_000;
	holdFileOf(SLEPT);
	sleeper = await started(withSleep(HELD.file([SLEPT])), 'sleeper');
	await submitted(stage.api, SLEPT);
	stage.api.fault({ on: 'submit', action: { kind: 'hang' }, match: { promptIncludes: SECOND } });
	film = await started(HELD.file([FIRST, SECOND]), 'film');
	await submitted(stage.api, SECOND);
	await fetching(stage.api, SLEPT);
	await fetching(stage.api, FIRST);
	await killed();
});

test('behind a Wait node: the retry finds the video', async () => {
	await delivered(await retryNewest(sleeper), [SLEPT]);
	expect(postsOf(stage.api, SLEPT)).toHaveLength(1);
});

test('a retry that is killed as well: its own retry finds the videos of both', async () => {
	holdFileOf(SECOND);
	// n8n answers when the retry has ended, which never happens.
	const retry = retryNewest(film).catch(() => undefined);
	await fetching(stage.api, SECOND);
	await killed();
	await retry;
	await delivered(await retryNewest(film), [FIRST, SECOND]);
	record(
		'crash',
		'n8n 2 gives all retries the time at which the first execution began, unless that one was started in the editor. So a retry of a retry that was killed as well finds the videos of both.',
	);
});
