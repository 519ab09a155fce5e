/**
 * Max Cost over tries, edits, rounds and tool calls; and whatever the limit says, what is paid for is
 * delivered.
 */
import type { IDataObject, INode } from 'n8n-workflow';
import type { FaultRule } from '../../sandbox/stand-ins/api';
import { agentWorkflow, connect, node, veoNode, veoWorkflow } from './harness';
import type { RunOptions, RunResult, WorkflowSpec } from './harness';
import { itemsOf, posts, TEXT, useEngine } from './setup';

const setup = useEngine({ speed: 20 });
type Action = FaultRule['action'];

const RETRYING: Partial<INode> = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 };
/** $4.00 each: 8 seconds at $0.50. */
const EACH = { ...TEXT, prompt: '=Wave {{ $json.index }}' };
const status = (code: number): Action => ({ kind: 'status', status: code });
const refuse = (index: number, times = 1) =>
	setup.api.fault({
		on: 'submit',
		action: status(400),
		times,
		match: { promptIncludes: `Wave ${index}` },
	});

const run = async (workflow: WorkflowSpec, options: Partial<RunOptions> = {}) => {
	const started = setup.engine.start(workflow, { credentials: setup.api, ...options });
	return { ...(await started.done), executionId: started.executionId };
};
const paid = () => setup.api.settled().filter((generation) => generation.paid);
const spentUsd = () => paid().reduce((sum, { costUsd }) => sum + costUsd, 0);
const idsOf = (result: RunResult) =>
	result.outputs.flat().flatMap(({ json }) => (json.error ? [] : [json.id]));

describe.each(['continueRegularOutput', 'continueErrorOutput'] as const)('%s', (onError) => {
	test('prices that cannot be read in the second try do not drop what the first paid for', async () => {
		refuse(0, 99);
		setup.api.fault({ on: 'models', action: status(503), times: 99, after: 1 });
		const workflow = veoWorkflow({ ...EACH, options: { maxCost: 100 } }, { ...RETRYING, onError });
		const result = await run(workflow, { items: itemsOf(5) });
		expect(paid()).toHaveLength(4);
		expect(idsOf(result).sort()).toEqual(
			paid()
				.map(({ id }) => id)
				.sort(),
		);
		expect(result.outputs.flat()).toHaveLength(5);
	});
});

describe('a retry of the execution', () => {
	const create = (maxCost: number, duration = '8') =>
		veoWorkflow({
			...EACH,
			operation: 'create',
			videoSettings: { duration },
			options: { maxCost },
		});

	test('with one item edited to cost more counts what the others cost', async () => {
		refuse(1);
		const failed = await run(create(6, '={{ $json.index === 1 ? 4 : 8 }}'), { items: itemsOf(2) });
		expect(posts(setup)).toHaveLength(2);
		const retried = await run(create(6), { items: itemsOf(2), retryOf: failed.executionId });
		expect(retried.error?.message).toContain('would cost $8.00');
		expect(posts(setup)).toHaveLength(2);
		expect(spentUsd()).toBe(4);
	});

	test('with a lower limit counts what is paid already', async () => {
		refuse(1);
		const failed = await run(create(8), { items: itemsOf(2) });
		const retried = await run(create(5), { items: itemsOf(2), retryOf: failed.executionId });
		expect(retried.error?.message).toContain('would cost $8.00');
		expect(posts(setup)).toHaveLength(2);
		expect(spentUsd()).toBe(4);
	});

	test('names what is paid for when the prices cannot be read', async () => {
		refuse(2);
		const workflow = veoWorkflow({ ...EACH, options: { maxCost: 50 } });
		const failed = await run(workflow, { items: itemsOf(3) });
		setup.api.fault({ on: 'models', action: status(503), times: 99 });
		const retried = await run(workflow, { items: itemsOf(3), retryOf: failed.executionId });
		expect(posts(setup)).toHaveLength(3);
		expect(paid()).toHaveLength(2);
		for (const { id } of paid()) expect(retried.error?.description).toContain(id);
	});

	test('in the second round of a loop goes on within the limit', async () => {
		setup.api.fault({ on: 'fetch', action: status(400), after: 1 });
		const workflow: WorkflowSpec = {
			nodes: [
				node('Items', 'n8n-nodes-test.items'),
				node('Loop', 'n8n-nodes-test.repeat', { rounds: 3 }),
				veoNode('Veo', { ...TEXT, options: { maxCost: 8 } }),
				node('Done', 'n8n-nodes-test.noOp'),
			],
			connections: connect('Items > Loop', 'Loop.0 > Done', 'Loop.1 > Veo', 'Veo > Loop'),
			resultNode: 'Veo',
		};
		const failed = await run(workflow, { items: itemsOf(1) });
		expect(posts(setup)).toHaveLength(2);
		const retried = await run(workflow, { items: itemsOf(1), retryOf: failed.executionId });
		expect(retried.error?.message).toContain('would cost $12.00');
		expect(posts(setup)).toHaveLength(2);
		expect(paid()).toHaveLength(2);
	});
});

describe('tool calls', () => {
	const PROMPT = { ...TEXT, prompt: "={{ $fromAI('prompt', '', 'string') }}" };
	const hills = (...names: string[]) => names.map((name) => ({ prompt: `Hill ${name}` }));
	const sent = () => posts(setup).map(({ body }) => (body as IDataObject).prompt);

	test.each([2, 3] as const)(
		'agent version %i: one call after the other, up to the limit',
		async (version) => {
			const parameters = { ...PROMPT, options: { maxCost: '$4', pollInterval: 2 } };
			await run(agentWorkflow(version, hills('A', 'B', 'C'), parameters));
			expect(sent()).toEqual(['Hill A']);
		},
	);

	test('all at once, up to the limit', async () => {
		const parameters = { ...PROMPT, options: { maxCost: 8, pollInterval: 2 } };
		const calls = hills('A', 'B', 'C', 'A', 'B', 'C');
		await run(agentWorkflow(2, calls, parameters, { together: true }));
		expect(posts(setup)).toHaveLength(2);
		expect(new Set(sent()).size).toBe(2);
	});

	test('all at once while the first is being taken: the same call is not paid twice', async () => {
		setup.api.fault({ on: 'submit', action: { kind: 'acceptSlowly', ms: 200 }, times: 9 });
		const parameters = { ...PROMPT, options: { maxCost: 4, pollInterval: 1 } };
		const calls = hills('A', 'A', 'B', 'A', 'C', 'B');
		await run(agentWorkflow(2, calls, parameters, { together: true }));
		expect(posts(setup)).toHaveLength(1);
		expect(paid()).toHaveLength(1);
	});
});

describe('the limit as it may be written', () => {
	const limited = async (maxCost: unknown) =>
		await run(
			veoWorkflow({ ...TEXT, operation: 'create', options: { maxCost } as unknown as IDataObject }),
		);

	test.each<[string, unknown]>([
		['digits as text', '10'],
		['a comma before the cents', '4,00'],
	])('%s: bought', async (_name, maxCost) => {
		expect((await limited(maxCost)).error).toBeUndefined();
		expect(posts(setup)).toHaveLength(1);
	});

	test.each<[string, unknown, string]>([
		['zero', 0, 'is $0.00'],
		['1.000 is one', '1.000', 'is $1.00'],
		['below zero', -1, "cannot be '-1'"],
		['without end', '={{ Infinity }}', "cannot be 'Infinity'"],
		['no number', '={{ NaN }}', "cannot be 'NaN'"],
		['another currency', '10 €', "cannot be '10 €'"],
		['a list', '={{ [4] }}', "cannot be '[4]'"],
		['more than any run costs', '1e9', "cannot be '1e9'"],
		['a blank', ' ', "'Max Cost (USD)' is empty"],
	])('%s: refused', async (_name, maxCost, words) => {
		expect((await limited(maxCost)).error?.message).toContain(words);
		expect(posts(setup)).toEqual([]);
	});
});
