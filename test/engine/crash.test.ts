/**
 * A retry after n8n crashed: what the crashed execution paid for is found in the usage log, and not paid for
 * again.
 */
import type { IDataObject } from 'n8n-workflow';
import { agentWorkflow, connect, node, veoNode, veoWorkflow } from './harness';
import type { RunOptions } from './harness';
import { execute, itemsOf, PER_ITEM, posts, scenes, TEXT, useEngine } from './setup';

const setup = useEngine();
const logReads = () => setup.api.log.filter(({ path }) => path.startsWith('/v2/logs'));
const run = async (
	executionId: string,
	parameters: IDataObject = PER_ITEM,
	options: Partial<RunOptions> = {},
) => await execute(setup, veoWorkflow(parameters), executionId, options);

describe('Create Video and Wait', () => {
	test('finds all its videos, with one request to the log', async () => {
		const before = await run('10');
		const after = await run('11', PER_ITEM, { crashed: '10' });
		expect(after.ids).toEqual(before.ids);
		expect(after.outputs[0]?.every(({ files }) => files.data)).toBe(true);
		expect(posts(setup)).toHaveLength(2);
		expect(logReads()).toHaveLength(1);
		expect(setup.engine.output).toContain(
			'videos of the crashed execution 10 that were found in the usage log: 2. They are not paid for again.',
		);
	});

	test('pays for what was not paid', async () => {
		await run('20', PER_ITEM, { items: scenes('A hill') });
		const after = await run('21', PER_ITEM, { crashed: '20', items: scenes('A hill', 'A lake') });
		expect(after.status).toBe('success');
		expect(posts(setup)).toHaveLength(2);
	});

	test('finds a video whose row moved since the crash', async () => {
		const before = await run('30');
		const after = await run('31', PER_ITEM, {
			crashed: '30',
			items: scenes('A new row', 'A hill', 'A lake'),
		});
		expect(after.ids.slice(1)).toEqual(before.ids);
		expect(posts(setup)).toHaveLength(3);
	});

	test('finds the video of an expression that gives another value now', async () => {
		const random = { ...PER_ITEM, prompt: '={{ $json.prompt }} {{ Math.random() }}' };
		const before = await run('40', random);
		const after = await run('41', random, { crashed: '40' });
		expect(after.ids).toEqual(before.ids);
	});

	test('does not take the video of another reference for its own', async () => {
		const withReference = { ...PER_ITEM, options: { reference: '={{ $json.row }}' } };
		const rows = (first: number) =>
			[first, first + 1].map((row) => ({ json: { row, prompt: `Row ${row}` } }));
		const before = await run('50', withReference, { items: rows(1) });
		const after = await run('51', withReference, { crashed: '50', items: rows(2) });
		expect(after.ids[0]).toBe(before.ids[1]);
		expect(before.ids).not.toContain(after.ids[1]);
	});

	test('an edited parameter is another video', async () => {
		await run('60');
		await run('61', { ...PER_ITEM, prompt: '=At dusk: {{ $json.prompt }}' }, { crashed: '60' });
		expect(posts(setup)).toHaveLength(4);
	});

	test('of a retry that crashed, too: the next one finds what that one bought', async () => {
		await run('70', PER_ITEM, { items: scenes('A hill') });
		setup.api.reset();
		const second = await run('71', PER_ITEM, { crashed: '70', endedNodes: ['Veo'] });
		const third = await run('72', PER_ITEM, { crashed: '71', endedNodes: ['Veo'] });
		expect(third.ids).toEqual(second.ids);
		expect(posts(setup)).toHaveLength(2);
		expect(posts(setup)[0]?.clientRequestId).toMatch(/^n8n\.71\.0\.0\./);
	});

	test('counts runs from the first one: a node that had ended before the crash asks as run 1', async () => {
		const before = await run('80');
		const after = await run('81', PER_ITEM, { crashed: '80', endedNodes: ['Veo'] });
		expect(after.ids).toEqual(before.ids);
		expect(posts(setup)).toHaveLength(2);
	});

	test('Max Cost counts only what is bought now', async () => {
		// One video costs $4.00.
		const limited = { ...PER_ITEM, options: { maxCost: 8 } };
		await run('90', limited, { items: scenes('A hill') });
		const after = await run('91', limited, { crashed: '90' });
		expect(after.status).toBe('success');
		expect(posts(setup)).toHaveLength(2);
	});
});

describe('what the log holds', () => {
	test('a failed generation that was not charged is bought again', async () => {
		setup.api.fault({ on: 'submit', action: { kind: 'failedAtOnce', error: null }, times: 1 });
		const before = await run('100', PER_ITEM, { items: scenes('A hill') });
		expect(before.status).toBe('error');
		setup.api.settled();
		const after = await run('101', PER_ITEM, { crashed: '100', items: scenes('A hill') });
		expect(after.status).toBe('success');
		expect(posts(setup)).toHaveLength(2);
	});

	test('other executions, nodes and instances do not count', async () => {
		await run('110');
		const other = veoWorkflow(PER_ITEM);
		const result = await setup.engine.run(
			{ ...other, nodes: other.nodes.map((one) => ({ ...one, id: `other-${one.id}` })) },
			{
				items: scenes('A hill', 'A lake'),
				credentials: setup.api,
				executionId: '112',
				crashed: '110',
			},
		);
		expect(result.status).toBe('success');
		expect(posts(setup)).toHaveLength(4);
		await run('1100');
		await run('113', PER_ITEM, { crashed: '110' });
		expect(posts(setup)).toHaveLength(6);
	});

	test('a row older than the execution is of another n8n with the same numbers', async () => {
		await run('120');
		for (const generation of setup.api.settled()) generation.createdAt -= 2 * 86_400_000;
		await run('121', PER_ITEM, { crashed: '120' });
		expect(posts(setup)).toHaveLength(4);
	});

	test('pages are read until the start of the execution', async () => {
		setup.api.settings.oldLogRows = 2_700;
		const before = await run('130');
		const after = await run('131', PER_ITEM, { crashed: '130' });
		expect(after.ids).toEqual(before.ids);
		// A day of allowance for the clocks, at one old row a minute: 1,440 of the 2,700 rows.
		expect(logReads()).toHaveLength(15);
	});
});

describe('a log that cannot be read', () => {
	test.each<[string, object]>([
		['down', { kind: 'status', status: 503 }],
		['refused', { kind: 'status', status: 404 }],
		['cut short', { kind: 'json', body: { data: [], pagination: { has_more: true } } }],
		['of another shape', { kind: 'json', body: { rows: [] } }],
	])('%s: nothing is bought, and the message says what to do', async (_name, action) => {
		await run('140');
		setup.api.fault({ on: 'logs', action: action as never, times: 99 });
		const after = await run('141', PER_ITEM, { crashed: '140' });
		expect(after.error?.message).toBe(
			'Execution 140 may have paid for videos already, and the usage log could not be read [item 0]',
		);
		expect(after.error?.description).toContain('Retry the execution in a few minutes');
		expect(posts(setup)).toHaveLength(2);
	});

	test('the next retry finds them', async () => {
		const before = await run('150');
		setup.api.fault({ on: 'logs', action: { kind: 'status', status: 404 }, times: 1 });
		await run('151', PER_ITEM, { crashed: '150' });
		const again = await run('152', PER_ITEM, { crashed: '150' });
		expect(again.ids).toEqual(before.ids);
		expect(posts(setup)).toHaveLength(2);
	});
});

describe('no request is added', () => {
	test('in a new execution', async () => {
		await run('160');
		await run('161');
		expect(logReads()).toEqual([]);
	});

	test('in a retry of an execution that ended by itself', async () => {
		setup.api.fault({ on: 'cdn', action: { kind: 'status', status: 500 }, times: 99 });
		const failed = await run('170');
		expect(failed.status).toBe('error');
		const retried = await run('171', PER_ITEM, { retryOf: '170' });
		expect(retried.status).toBe('error');
		expect(logReads()).toEqual([]);
		expect(posts(setup)).toHaveLength(2);
	});

	test('in a retry of an execution in which nothing could be bought', async () => {
		const refused = { ...PER_ITEM, prompt: '={{ $json.nothing }}' };
		expect((await run('180', refused)).status).toBe('error');
		await run('181', PER_ITEM, { retryOf: '180' });
		expect(posts(setup)).toHaveLength(2);
		expect(logReads()).toEqual([]);
	});

	test('on n8n 1.x, which does not tell what is retried: it pays again', async () => {
		await run('190');
		await run('191', PER_ITEM, { crashed: '190', hidesRetried: true });
		expect(logReads()).toEqual([]);
		expect(posts(setup)).toHaveLength(4);
	});

	test('by Estimate Only', async () => {
		await run('200');
		await run('201', { ...PER_ITEM, options: { estimateOnly: true } }, { crashed: '200' });
		expect(logReads()).toEqual([]);
	});

	test('by Get Video', async () => {
		const { ids } = await run('210');
		await run('211', { operation: 'get', generationId: ids[0] }, { crashed: '210' });
		expect(logReads()).toEqual([]);
	});
});

test('two Veo nodes in a row, both found', async () => {
	const workflow = {
		nodes: [
			node('Items', 'n8n-nodes-test.items'),
			veoNode('First', { ...TEXT, operation: 'create' }),
			veoNode('Veo', { ...TEXT, operation: 'createAndWait', prompt: 'Then this' }),
		],
		connections: connect('Items > First', 'First > Veo'),
		resultNode: 'Veo',
	};
	const options = { items: itemsOf(2), credentials: setup.api };
	const before = await setup.engine.run(workflow, { ...options, executionId: '220' });
	setup.api.settled();
	const after = await setup.engine.run(workflow, {
		...options,
		executionId: '221',
		crashed: '220',
		endedNodes: ['First'],
	});
	expect(after.outputs[0]?.map(({ json }) => json.id)).toEqual(
		before.outputs[0]?.map(({ json }) => json.id),
	);
	expect(posts(setup)).toHaveLength(4);
});

test.each([2, 3] as const)(
	'a tool of AI Agent %i finds its video by its arguments',
	async (version) => {
		const tool = {
			...TEXT,
			operation: 'createAndWait',
			prompt: "={{ $fromAI('prompt', '', 'string') }}",
		};
		const workflow = agentWorkflow(version, [{ prompt: 'A hill' }], tool);
		const options = { credentials: setup.api };
		await setup.engine.run(workflow, { ...options, executionId: `23${version}` });
		await setup.engine.run(workflow, {
			...options,
			executionId: `24${version}`,
			crashed: `23${version}`,
		});
		expect(posts(setup)).toHaveLength(1);
	},
);
