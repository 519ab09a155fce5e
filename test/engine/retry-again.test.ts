/**
 * Retries together with edits, loops, Stop and clocks: nothing is bought twice, and what is paid for is
 * named.
 */
import type { IDataObject, INode } from 'n8n-workflow';
import type { FaultRule } from '../../sandbox/stand-ins/api';
import { connect, node, veoNode, veoWorkflow } from './harness';
import type { RunOptions, RunResult, WorkflowSpec } from './harness';
import { itemsOf, posts, TEXT, useEngine } from './setup';

const SPEED = 20;
const setup = useEngine({ speed: SPEED });
type Action = FaultRule['action'];

const RETRYING: Partial<INode> = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 };
const PROCEEDING: Partial<INode> = { onError: 'continueRegularOutput' };
const EACH = { ...TEXT, prompt: '=Wave {{ $json.index }}' };
const HOUR_MS = 3_600_000;
const status = (code: number, body?: unknown): Action => ({ kind: 'status', status: code, body });
const failChecks = (times = 1) => setup.api.fault({ on: 'fetch', action: status(400), times });

const run = async (workflow: WorkflowSpec, options: Partial<RunOptions> = {}) => {
	const started = setup.engine.start(workflow, { credentials: setup.api, ...options });
	return { ...(await started.done), executionId: started.executionId };
};
const accepted = () => setup.api.settled().map(({ id }) => id);
const rowsOf = (result: RunResult) => (result.outputs[0] ?? []).map(({ json }) => json);
const idsOf = (result: RunResult) => rowsOf(result).map(({ id }) => id);

describe('a row that tells an error names what an earlier try paid for', () => {
	test('after an edit that leaves one prompt empty', async () => {
		failChecks(2);
		const failed = await run(veoWorkflow(EACH), { items: itemsOf(2) });
		const prompt = '={{ $json.index === 0 ? "" : "Wave 1" }}';
		const edited = veoWorkflow({ ...EACH, prompt }, PROCEEDING);
		const retried = await run(edited, { items: itemsOf(2), retryOf: failed.executionId });
		expect(posts(setup)).toHaveLength(2);
		const [first, second] = rowsOf(retried);
		expect(first?.error).toContain("'Prompt' is empty");
		expect(accepted()).toContain(first?.generationId);
		expect([first?.generationId, second?.id].sort()).toEqual(accepted().sort());
	});

	test('with a credential that cannot be used', async () => {
		failChecks(2);
		const failed = await run(veoWorkflow(EACH), { items: itemsOf(2) });
		const retried = await run(veoWorkflow(EACH, PROCEEDING), {
			items: itemsOf(2),
			retryOf: failed.executionId,
			credentials: { apiKey: '', baseUrl: setup.api.baseUrl },
		});
		expect(posts(setup)).toHaveLength(2);
		const named = rowsOf(retried).map(({ generationId }) => generationId);
		expect(named.sort()).toEqual(accepted().sort());
	});

	test('when the checks are refused for want of credits', async () => {
		const body = { message: "You've run out of credits" };
		setup.api.fault({ on: 'fetch', action: status(403, body), times: 99 });
		const result = await run(veoWorkflow(EACH, PROCEEDING), { items: itemsOf(2) });
		expect(posts(setup)).toHaveLength(2);
		const named = rowsOf(result).map(({ generationId }) => generationId);
		expect(named.sort()).toEqual(accepted().sort());
	});
});

describe('edits before a retry of the execution', () => {
	test('to another prompt: the first message named the old video', async () => {
		failChecks();
		const failed = await run(veoWorkflow(EACH), { items: itemsOf(1) });
		expect(failed.error?.description).toContain(accepted()[0]);
		const retried = await run(veoWorkflow({ ...EACH, prompt: 'Dune' }), {
			items: itemsOf(1),
			retryOf: failed.executionId,
		});
		expect(posts(setup)).toHaveLength(2);
		expect(idsOf(retried)).toEqual(accepted().slice(1));
	});

	test('a setting that the model lacks, beside the clock in the prompt: no other request', async () => {
		failChecks();
		const parameters = { ...TEXT, prompt: '=News of {{ $now.toMillis() }}' };
		const failed = await run(veoWorkflow(parameters));
		const videoSettings = { personGeneration: 'allow_adult' };
		const edited = veoWorkflow({ ...parameters, videoSettings });
		const retried = await run(edited, { retryOf: failed.executionId });
		expect(posts(setup)).toHaveLength(1);
		expect(idsOf(retried)).toEqual(accepted());
	});

	test('four retries in a row, each with another option', async () => {
		failChecks(4);
		let last = await run(veoWorkflow({ ...EACH, options: { maxConcurrent: 1 } }), {
			items: itemsOf(2),
		});
		const edits: IDataObject[] = [
			{ timeout: '99 s' },
			{ fileName: 'x.mp4' },
			{ binaryField: 'film' },
			{ maxCost: '50 USD' },
		];
		for (const options of edits) {
			const workflow = veoWorkflow({ ...EACH, options });
			last = await run(workflow, { items: itemsOf(2), retryOf: last.executionId });
		}
		expect(last.error).toBeUndefined();
		expect(posts(setup)).toHaveLength(2);
		expect(idsOf(last).sort()).toEqual(accepted().sort());
	});
});

describe('several runs of the node', () => {
	test('Retry On Fail and Continue in each round of a loop, with chance in the prompt', async () => {
		setup.api.fault({ on: 'fetch', action: status(400) });
		setup.api.fault({ on: 'fetch', action: status(400), after: 2 });
		const prompt = '=Round {{ $runIndex }} item {{ $json.index }} {{ Math.random() }}';
		const workflow: WorkflowSpec = {
			nodes: [
				node('Items', 'n8n-nodes-test.items'),
				node('Loop', 'n8n-nodes-test.repeat', { rounds: 3 }),
				veoNode('Veo', { ...EACH, prompt }, { ...RETRYING, ...PROCEEDING }),
				node('Done', 'n8n-nodes-test.noOp'),
			],
			connections: connect('Items > Loop', 'Loop.0 > Done', 'Loop.1 > Veo', 'Veo > Loop'),
			resultNode: 'Veo',
		};
		const result = await run(workflow, { items: itemsOf(2) });
		expect(result.runs).toBe(3);
		expect(posts(setup)).toHaveLength(6);
		expect(accepted()).toHaveLength(6);
	});

	test('two inputs, the second run fails: a retry takes up that run only', async () => {
		setup.api.fault({ on: 'fetch', action: status(400), after: 1 });
		const workflow: WorkflowSpec = {
			nodes: [
				node('Items', 'n8n-nodes-test.items'),
				node('A', 'n8n-nodes-test.noOp'),
				node('B', 'n8n-nodes-test.noOp'),
				veoNode('Veo', TEXT),
			],
			connections: connect('Items > A', 'Items > B', 'A > Veo', 'B > Veo'),
			resultNode: 'Veo',
		};
		const failed = await run(workflow);
		expect(failed.status).toBe('error');
		const retried = await run(workflow, { retryOf: failed.executionId });
		expect(posts(setup)).toHaveLength(2);
		expect(idsOf(retried)).toEqual([accepted()[1]]);
	});
});

describe('time', () => {
	test.each<[string, unknown]>([
		['1', 1],
		['2 s', '2 s'],
	])('Timeout %s, and five tries: one video', async (_name, timeout) => {
		setup.api.settings.generationMs = HOUR_MS;
		const options = { timeout } as IDataObject;
		const result = await run(veoWorkflow({ ...TEXT, options }, { ...RETRYING, maxTries: 5 }));
		expect(result.error?.message).toContain('was not ready');
		expect(result.error?.description).toContain(accepted()[0]);
		expect(posts(setup)).toHaveLength(1);
	});

	test('a Timeout below a second is refused', async () => {
		const result = await run(veoWorkflow({ ...TEXT, options: { timeout: 0.5 } }));
		expect(result.error?.message).toBe("'Timeout' cannot be '0.5' [item 0]");
		expect(posts(setup)).toEqual([]);
	});

	test('a paid ID that the account does not know an hour later is told within two minutes', async () => {
		failChecks();
		const failed = await run(veoWorkflow(TEXT));
		const unknown = status(404, { message: 'Generation not found' });
		setup.api.fault({ on: 'fetch', action: unknown, times: 99_999 });
		const retried = await run(veoWorkflow(TEXT), { retryOf: failed.executionId, laterMs: HOUR_MS });
		expect(retried.error?.message).toContain('does not know this generation ID');
		expect(retried.error?.description).toContain(accepted()[0]);
		expect(retried.tookMs * SPEED).toBeLessThan(120_000);
		expect(posts(setup)).toHaveLength(1);
	});

	test('a clock that goes back two hours between lost answer and retry', async () => {
		setup.api.fault({ on: 'submit', action: { kind: 'acceptThenReset' } });
		setup.api.fault({ on: 'logs', action: status(503), times: 4 });
		const failed = await run(veoWorkflow(TEXT));
		const retryOf = failed.executionId;
		const retried = await run(veoWorkflow(TEXT), { retryOf, laterMs: -2 * HOUR_MS });
		expect(idsOf(retried)).toEqual(accepted());
		expect(posts(setup)).toHaveLength(1);
	});
});

describe('Stop, then a retry of the execution', () => {
	/** Stops when so many generations were accepted, of which only the first were answered. */
	const stopAt = async (workflow: WorkflowSpec, count: number, acceptedCount: number) => {
		const due = new Promise<void>((resolve) => {
			const listener = () => {
				if (setup.api.generations.length < acceptedCount) return;
				setup.api.off('generation', listener);
				resolve();
			};
			setup.api.on('generation', listener);
		});
		const started = setup.engine.start(workflow, {
			items: itemsOf(count),
			credentials: setup.api,
		});
		await due;
		started.cancel();
		expect((await started.done).status).toBe('canceled');
		expect(setup.api.generations).toHaveLength(acceptedCount);
		return started.executionId;
	};

	test.each([
		['create', 6, 2],
		['createAndWait', 6, 2],
		['create', 200, 20],
	])('%s: %i items, %i at once', async (operation, count, maxConcurrent) => {
		setup.api.settings.balanceUsd = 1e6;
		const answered = count / 2;
		const hang: Action = { kind: 'acceptThenHang' };
		setup.api.fault({ on: 'submit', action: hang, after: answered, times: maxConcurrent });
		const workflow = veoWorkflow({ ...EACH, operation, options: { maxConcurrent } });
		const retryOf = await stopAt(workflow, count, answered + maxConcurrent);
		const retried = await run(workflow, { retryOf });
		expect(retried.error).toBeUndefined();
		expect(posts(setup)).toHaveLength(count);
		expect(idsOf(retried).sort()).toEqual(accepted().sort());
	});
});
