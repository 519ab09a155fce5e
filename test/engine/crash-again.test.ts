/**
 * A retry after a crash is retried itself, in loops, with other rows and other files: nothing is paid for
 * twice or mixed up.
 */
import type { IDataObject } from 'n8n-workflow';
import type { Generation } from '../../sandbox/stand-ins/api';
import { agentWorkflow, connect, node, veoNode, veoWorkflow } from './harness';
import type { InputItem, RunOptions, WorkflowSpec } from './harness';
import { makeVideo } from './harness/videos';
import { execute, fileOf, itemsOf, PER_ITEM, posts, scenes, TEXT, useEngine } from './setup';

const setup = useEngine({ binaryMode: 'filesystem', speed: 20 });
const NO_LOG = { on: 'logs', action: { kind: 'status', status: 404 }, times: 99 } as const;
const NO_FILE = { on: 'cdn', action: { kind: 'status', status: 500 }, times: 99 } as const;

const runWorkflow = async (
	workflow: WorkflowSpec,
	executionId: string,
	options: Partial<RunOptions> = {},
) => await execute(setup, workflow, executionId, options);

const run = async (
	executionId: string,
	options: Partial<RunOptions> = {},
	parameters: IDataObject = PER_ITEM,
) => await runWorkflow(veoWorkflow(parameters), executionId, options);

/** What was made of a prompt, by generation. */
const promptOf = (id: unknown) =>
	setup.api.generations.find((generation) => generation.id === id)?.body.prompt;

describe('a retry that ended by itself is retried', () => {
	test.each<[string, () => Partial<RunOptions>, IDataObject]>([
		[
			'the usage log was down',
			() => {
				setup.api.fault(NO_LOG);
				return {};
			},
			PER_ITEM,
		],
		['the key was wrong', () => ({ credentials: { ...setup.api, apiKey: 'wrong' } }), PER_ITEM],
		['an option was refused', () => ({}), { ...PER_ITEM, options: { timeout: -1 } }],
	])('%s: what the crashed execution bought is found', async (_name, prepare, parameters) => {
		const before = await run('10');
		const failed = await run('11', { crashed: '10', ...prepare() }, parameters);
		expect(failed.status).toBe('error');
		setup.api.faults.clear();
		const after = await run('12', { retryOf: '11' });
		expect(after.error).toBeUndefined();
		expect(after.ids).toEqual(before.ids);
		expect(posts(setup)).toHaveLength(2);
	});

	test('and finds what was still being generated at the first retry', async () => {
		const before = await run('15');
		setup.api.settings.logDelayMs = 3_600_000;
		setup.api.fault({
			on: 'submit',
			action: { kind: 'status', status: 403, body: { message: 'Out of credits' } },
		});
		const failed = await run('16', { crashed: '15' });
		expect(failed.error?.message).toContain('no credits');
		setup.api.settings.logDelayMs = 0;
		const after = await run('17', { retryOf: '16' });
		expect(after.ids).toEqual(before.ids);
		expect(setup.api.generations).toHaveLength(2);
	});

	test('twice in a row', async () => {
		const before = await run('20');
		setup.api.fault(NO_LOG);
		await run('21', { crashed: '20' });
		expect((await run('22', { retryOf: '21' })).status).toBe('error');
		setup.api.faults.clear();
		const after = await run('23', { retryOf: '22' });
		expect(after.ids).toEqual(before.ids);
		expect(posts(setup)).toHaveLength(2);
	});
});

describe('a retry that crashes', () => {
	const REFUSED = { kind: 'status', status: 400 } as const;
	const isRefused = (promptIncludes: string) =>
		setup.api.fault({ on: 'submit', action: REFUSED, match: { promptIncludes } });

	test('of an execution that ended by itself: its own retry finds what it bought', async () => {
		isRefused('A lake');
		expect((await run('180')).status).toBe('error');
		const second = await run('181', { retryOf: '180' });
		expect(second.error).toBeUndefined();
		const third = await run('182', { crashed: '181' });
		expect(third.ids).toEqual(second.ids);
		expect(setup.api.generations).toHaveLength(2);
	});

	test('after a retry of a crashed one ended by itself: all three are searched', async () => {
		const items = scenes('A hill', 'A lake', 'A sea');
		const first = await run('190', { items: items.slice(0, 1) });
		isRefused('A sea');
		expect((await run('191', { items, crashed: '190' })).status).toBe('error');
		const third = await run('192', { retryOf: '191' });
		const fourth = await run('193', { crashed: '192' });
		expect(fourth.ids).toEqual(third.ids);
		expect(fourth.ids[0]).toBe(first.ids[0]);
		expect(setup.api.generations).toHaveLength(3);
	});

	test('of a crashed one: its own retry finds what both bought', async () => {
		const items = scenes('A hill', 'A lake', 'A sea');
		const first = await run('183', { items: items.slice(0, 1) });
		const second = await run('184', { items, crashed: '183' });
		const third = await run('185', { items, crashed: '184' });
		expect(third.ids).toEqual(second.ids);
		expect(third.ids[0]).toBe(first.ids[0]);
		const again = await run('186', { items, crashed: '183' });
		expect(again.ids).toEqual(second.ids);
		expect(setup.api.generations).toHaveLength(3);
	});

	test.each([
		['the crashed execution is retried again', { crashed: '195' }],
		['its own retry finds all', { retryOf: '196' }],
	])('or that ends before it reaches the node: %s', async (_name, retried) => {
		isReady(1);
		setup.api.fault({ on: 'fetch', match, action: { kind: 'status', status: 400 } });
		isReady(9);
		const workflow = loop('A hill', 1);
		const items = itemsOf(1);
		const first = await runWorkflow(workflow, '195', { items });
		const second = await runWorkflow(workflow, '196', { items, crashed: '195' });
		expect(second.runs).toBe(0);
		const third = await runWorkflow(workflow, '197', { items, ...retried });
		expect(third.ids).toEqual(first.ids);
		expect(posts(setup)).toHaveLength(1);
	});

	test('in the second round of a loop that a retry had begun anew', async () => {
		isRefused('Round 1');
		const workflow = loop('=Round {{ $runIndex }}', 3);
		isReady(99);
		const items = itemsOf(1);
		expect((await runWorkflow(workflow, '200', { items })).status).toBe('error');
		const second = await runWorkflow(workflow, '201', { items, retryOf: '200' });
		const third = await runWorkflow(workflow, '202', { items, crashed: '201' });
		expect(third.error).toBeUndefined();
		expect(third.ids).toEqual(second.ids);
		expect(bodiesOf()).toEqual(['Round 0', 'Round 1', 'Round 2']);
	});
});

/** Each round makes the same request. */
const loop = (prompt: string, rounds = 2, check: IDataObject = {}): WorkflowSpec => ({
	nodes: [
		node('Items', 'n8n-nodes-test.items'),
		node('Loop', 'n8n-nodes-test.repeat', { rounds }),
		veoNode('Check', { operation: 'get', generationId: 'known', download: false, ...check }),
		veoNode('Veo', { ...TEXT, operation: 'createAndWait', prompt }),
	],
	connections: connect('Items > Loop', 'Loop.1 > Check', 'Check > Veo', 'Veo > Loop'),
	resultNode: 'Veo',
});

const bodiesOf = () => setup.api.generations.map(({ body }) => body.prompt);

const match = { generationId: 'known' };
/** What the next checks of the node before are answered. */
function isReady(times: number): void {
	const video = { url: `${setup.api.cdnUrl}/v.mp4` };
	const body = { id: 'known', status: 'completed', video };
	setup.api.fault({ on: 'fetch', match, action: { kind: 'json', body }, times });
}

describe('a loop', () => {
	const isRefused = () =>
		setup.api.fault({ on: 'fetch', match, action: { kind: 'status', status: 400 } });

	test('that another node ended: a later round does not take the video of an earlier one', async () => {
		// The node before fails in the second round.
		isReady(1);
		isRefused();
		isReady(9);
		const workflow = loop('A hill');
		const items = itemsOf(1);
		const failed = await runWorkflow(workflow, '30', { items });
		expect(failed.status).toBe('error');
		expect(failed.runs).toBe(1);
		const after = await runWorkflow(workflow, '31', { items, retryOf: '30' });
		expect(after.error).toBeUndefined();
		expect(after.runs).toBe(2);
		expect(bodiesOf()).toEqual(['A hill', 'A hill']);
		expect(after.ids).toEqual([setup.api.generations[1]?.id]);
	});

	test('that crashed, and whose retry failed in the first round: the second round finds its video', async () => {
		isReady(99);
		const workflow = loop('=Round {{ $runIndex }}');
		const items = itemsOf(1);
		const before = await runWorkflow(workflow, '40', { items });
		expect(before.runs).toBe(2);
		setup.api.fault({ ...NO_FILE, times: 4 });
		expect((await runWorkflow(workflow, '41', { items, crashed: '40' })).status).toBe('error');
		const after = await runWorkflow(workflow, '42', { items, retryOf: '41' });
		expect(after.error).toBeUndefined();
		expect(after.ids).toEqual(before.ids);
		expect(posts(setup)).toHaveLength(2);
	});

	test('that crashed, and whose retry failed before the second round', async () => {
		isReady(3);
		isRefused();
		isReady(9);
		const workflow = loop('=Round {{ $runIndex }}');
		const items = itemsOf(1);
		const before = await runWorkflow(workflow, '50', { items });
		expect((await runWorkflow(workflow, '51', { items, crashed: '50' })).status).toBe('error');
		const after = await runWorkflow(workflow, '52', { items, retryOf: '51' });
		expect(after.error).toBeUndefined();
		expect(after.ids).toEqual(before.ids);
		expect(posts(setup)).toHaveLength(2);
	});
});

test('a later round finds a video that was still being generated when the first one read the log', async () => {
	const workflow = loop('=Round {{ $runIndex }}', 2, {
		waitForCompletion: true,
		options: { pollInterval: 40 },
	});
	const items = itemsOf(1);
	isReady(99);
	const before = await runWorkflow(workflow, '220', { items });
	setup.api.faults.clear();
	// The node before takes two minutes in the second round.
	isReady(1);
	const body = { id: 'known', status: 'generating' };
	setup.api.fault({ on: 'fetch', match, action: { kind: 'json', body }, times: 3 });
	isReady(9);
	const [, second] = setup.api.settled();
	if (second) second.readyAt = Date.now() + 3_000;
	const after = await runWorkflow(workflow, '221', { items, crashed: '220' });
	expect(after.ids).toEqual(before.ids);
	expect(bodiesOf()).toEqual(['Round 0', 'Round 1']);
});

describe('a loop over rows that moved', () => {
	const workflow: WorkflowSpec = {
		nodes: [
			node('Items', 'n8n-nodes-test.items'),
			node('Loop', 'n8n-nodes-test.repeat', { rounds: 3 }),
			veoNode('Veo', { ...PER_ITEM, prompt: '={{ $("Loop").item.json.prompts[$runIndex] }}' }),
		],
		connections: connect('Items > Loop', 'Loop.1 > Veo', 'Veo > Loop'),
		resultNode: 'Veo',
	};

	test('a later round does not take the video of a row that is gone', async () => {
		const rows = (...prompts: string[]) => [{ json: { prompts } }];
		await runWorkflow(workflow, '210', { items: rows('A hill', 'A lake', 'A sea') });
		const items = rows('A lake', 'A moor', 'A dune');
		const after = await runWorkflow(workflow, '211', { items, crashed: '210' });
		expect(after.runs).toBe(3);
		expect(after.ids.map(promptOf)).toEqual(['A dune']);
		expect(bodiesOf()).toEqual(['A hill', 'A lake', 'A sea', 'A moor', 'A dune']);
	});
});

describe('other models', () => {
	test('one that is not in the table is found, too', async () => {
		setup.api.schemas['google/veo-9'] = setup.api.schemas['google/veo-3.1-t2v']!;
		const parameters = { ...PER_ITEM, model: '={{ "google/veo-9" }}' };
		const before = await run('60', {}, parameters);
		expect(before.status).toBe('success');
		const after = await run('61', { crashed: '60' }, parameters);
		expect(after.ids).toEqual(before.ids);
		expect(posts(setup)).toHaveLength(2);
	});
});

describe('rows that moved', () => {
	test('a new row does not get the video of a row that is gone', async () => {
		await run('70', { items: scenes('A hill', 'A lake', 'A sea') });
		const after = await run('71', { crashed: '70', items: scenes('A sea', 'A moor') });
		expect(after.ids.map(promptOf)).toEqual(['A sea', 'A moor']);
	});

	test('a row that has other values now gets its paid video, and a hint says so', async () => {
		const before = await run('75', { items: scenes('A hill', 'A lake') });
		const after = await run('76', { crashed: '75', items: scenes('A hill', 'A moor') });
		expect(after.ids).toEqual(before.ids);
		expect(posts(setup)).toHaveLength(2);
		expect(after.stored).toContain(
			'Item 1 was requested with other values before the crash: check the video.',
		);
	});

	test('each reference gets its own of two equal videos', async () => {
		const parameters = { ...PER_ITEM, options: { reference: '={{ $json.row }}' } };
		const rows = (...names: string[]) =>
			names.map((row) => ({ json: { row, prompt: 'The same' } }));
		const before = await run('80', { items: rows('one', 'two') }, parameters);
		const after = await run('81', { crashed: '80', items: rows('two', 'one') }, parameters);
		expect(after.ids).toEqual([before.ids[1], before.ids[0]]);
	});
});

describe('stored files', () => {
	const FRAMES: IDataObject = {
		operation: 'createAndWait',
		model: 'google/veo-3.1-i2v',
		prompt: 'Pan',
		firstFrame: 'data',
	};
	const photos = (...names: string[]): InputItem[] =>
		names.map((name) => ({ json: {}, binary: { data: fileOf(name) } }));

	test('are the same files after the crash, in whatever order', async () => {
		const [one, two] = ['first-frame.jpg', 'last-frame.jpg'] as const;
		const before = await run('90', { items: photos(one, two) }, FRAMES);
		expect(before.error).toBeUndefined();
		const after = await run('91', { crashed: '90', items: photos(two, one) }, FRAMES);
		expect(after.ids).toEqual([before.ids[1], before.ids[0]]);
		expect(posts(setup)).toHaveLength(2);
	});
});

const SECONDS = { created: Math.floor(Date.now() / 1_000) };
const ZERO_TIME = { created: '0001-01-01T00:00:00Z' };

const logRowOf = (generation?: Generation) => ({
	created: new Date().toISOString(),
	status: 'succeeded',
	model: TEXT.model,
	inference_id: generation?.id,
	client_request_id: generation?.clientRequestId,
});

describe('what the log shows', () => {
	test.each<[string, object]>([
		['a clock that is 12 hours ahead', { logClockMs: 43_200_000 }],
		['a clock that is 12 hours behind', { logClockMs: -43_200_000 }],
		['strange rows, one a page', { logStrangeRows: true, logPageRows: 1 }],
	])('%s: all is found', async (_name, settings) => {
		Object.assign(setup.api.settings, settings);
		const before = await run('100');
		const after = await run('101', { crashed: '100' });
		expect(after.ids).toEqual(before.ids);
		expect(posts(setup)).toHaveLength(2);
	});

	test.each<[string, IDataObject, IDataObject]>([
		['the time in seconds', SECONDS, SECONDS],
		['the zero time of some languages', ZERO_TIME, ZERO_TIME],
		['one row without the request, one failed', { client_request_id: null }, { status: 'failed' }],
	])('%s: the video is not bought again', async (_name, first, second) => {
		await run('105', { items: scenes('A hill') });
		const [generation] = setup.api.settled();
		const row = logRowOf(generation);
		const data = [first, second].map((more) => ({ ...row, ...more }));
		setup.api.fault({ on: 'logs', action: { kind: 'json', body: { data } } });
		await run('106', { crashed: '105', items: scenes('A hill') });
		expect(posts(setup)).toHaveLength(1);
	});

	test('of two executions that began in the same millisecond, each keeps its own video', async () => {
		const items = scenes('A hill');
		const { ids } = await run('107', { items });
		const [generation] = setup.api.settled();
		const twin = await makeVideo(setup.api, {
			clientRequestId: generation?.clientRequestId?.replace('n8n.107.', 'n8n.108.'),
		});
		twin.createdAt = Date.now() + 1_000;
		const after = await run('109', { crashed: '107', items });
		expect(after.ids).toEqual(ids);
	});

	test('a failed generation with a charge is not bought again', async () => {
		await run('110', { items: scenes('A hill') });
		const [generation] = setup.api.settled();
		const row = {
			...logRowOf(generation),
			status: 'failed',
			cost: { usd: 4, credits: 0 },
			client_request_id: generation?.clientRequestId?.toUpperCase(),
		};
		const body = { data: [row], pagination: { has_more: false } };
		setup.api.fault({ on: 'logs', action: { kind: 'json', body } });
		await run('111', { crashed: '110', items: scenes('A hill') });
		expect(posts(setup)).toHaveLength(1);
	});

	test('a video that the filter held back, although the log says succeeded, is bought by the next retry', async () => {
		setup.api.fault({ on: 'submit', action: { kind: 'noVideo' } });
		expect((await run('120', { items: scenes('A hill') })).status).toBe('error');
		const [generation] = setup.api.settled();
		const row = logRowOf(generation);
		const body = { data: [row], pagination: { has_more: false } };
		setup.api.fault({ on: 'logs', action: { kind: 'json', body }, times: 9 });
		expect((await run('121', { crashed: '120', items: scenes('A hill') })).status).toBe('error');
		expect(posts(setup)).toHaveLength(1);
		const after = await run('122', { retryOf: '121' });
		expect(after.error).toBeUndefined();
		expect(posts(setup)).toHaveLength(2);
	});
});

test('tries of Retry On Fail inside the retry read the log once and buy once', async () => {
	const workflow = veoWorkflow(PER_ITEM, { retryOnFail: true, maxTries: 3, waitBetweenTries: 0 });
	await runWorkflow(workflow, '130', { items: scenes('A hill') });
	setup.api.fault({ ...NO_FILE, times: 4 });
	setup.api.log.length = 0;
	const after = await runWorkflow(workflow, '131', { crashed: '130' });
	expect(after.error).toBeUndefined();
	expect(posts(setup)).toHaveLength(1);
	expect(setup.api.log.filter(({ path }) => path.startsWith('/v2/logs'))).toHaveLength(1);
});

test.each([2, 3] as const)('AI Agent %i: each of several calls finds its own', async (version) => {
	const tool = { ...PER_ITEM, prompt: "={{ $fromAI('prompt', '', 'string') }}" };
	const calls = [{ prompt: 'A hill' }, { prompt: 'A lake' }, { prompt: 'A sea' }];
	const first = agentWorkflow(version, calls.slice(0, 2), tool, { together: version === 2 });
	const again = agentWorkflow(version, calls, tool, { together: version === 2 });
	await setup.engine.run(first, { credentials: setup.api, executionId: `14${version}` });
	setup.api.fault(NO_LOG);
	const down = await setup.engine.run(again, {
		credentials: setup.api,
		executionId: `15${version}`,
		crashed: `14${version}`,
	});
	expect(JSON.stringify(down.outputs)).toContain('may have paid for videos already');
	setup.api.faults.clear();
	await setup.engine.run(again, {
		credentials: setup.api,
		executionId: `16${version}`,
		crashed: `14${version}`,
	});
	expect(
		posts(setup)
			.map(({ body }) => (body as IDataObject).prompt)
			.sort(),
	).toEqual(['A hill', 'A lake', 'A sea']);
});

test('with nothing left on the account, what is found is delivered, also above the limit', async () => {
	const before = await run('170');
	setup.api.settled();
	setup.api.settings.balanceUsd = 0;
	const after = await run('171', { crashed: '170' }, { ...PER_ITEM, options: { maxCost: 1 } });
	expect(after.ids).toEqual(before.ids);
});
