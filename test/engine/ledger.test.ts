/** A paid generation is found again, not bought again: whatever n8n runs twice, the API sells once. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { IDataObject } from 'n8n-workflow';
import { connect, node, veoNode, veoWorkflow } from './harness';
import type { RunResult, WorkflowSpec } from './harness';
import { itemsOf, posts, TEXT, useEngine } from './setup';

const setup = useEngine({ speed: 20 });
const EACH = { ...TEXT, prompt: '=Wave {{ $json.index }}' };

const run = async (workflow: WorkflowSpec, count = 3, retryOf?: string) => {
	const started = setup.engine.start(workflow, {
		items: itemsOf(count),
		credentials: setup.api,
		retryOf,
	});
	return { ...(await started.done), executionId: started.executionId };
};
const videosOf = (result: RunResult) =>
	(result.outputs[0] ?? []).filter(({ files }) => files.data).map(({ json }) => json.id);
const bought = () => setup.api.settled().map(({ id }) => id);
/** After it is paid for, the item meets something that no further check can mend. */
const failChecks = (index: number, times: number) =>
	setup.api.fault({
		on: 'fetch',
		action: { kind: 'status', status: 400 },
		times,
		match: { promptIncludes: `Wave ${index}` },
	});

describe.each([2, 3, 4, 5])('Retry On Fail, %i tries', (maxTries) => {
	const retry = { retryOnFail: true, maxTries, waitBetweenTries: 1 };

	test.each([0, 2])('item %i fails in all tries but the last', async (failing) => {
		failChecks(failing, maxTries - 1);
		const result = await run(veoWorkflow(EACH, retry));
		expect(result.error).toBeUndefined();
		expect(posts(setup)).toHaveLength(3);
		expect(videosOf(result).sort()).toEqual(bought().sort());
	});

	test('Continue On Fail: n8n tries again for the first item only', async () => {
		const proceed = { ...retry, onError: 'continueRegularOutput' as const };
		failChecks(0, maxTries - 1);
		const mended = await run(veoWorkflow(EACH, proceed));
		expect(videosOf(mended)).toHaveLength(3);
		expect(posts(setup)).toHaveLength(3);

		failChecks(2, maxTries);
		const [, , third] = (await run(veoWorkflow(EACH, proceed))).outputs[0] ?? [];
		expect(posts(setup)).toHaveLength(6);
		expect(bought()).toContain(third?.json.generationId);
		expect(third?.json.error).toContain('[item 2]');
	});

	test('it fails to the end: nothing is bought again, and a retry of the execution goes on', async () => {
		failChecks(1, maxTries);
		const failed = await run(veoWorkflow(EACH, retry));
		expect(failed.error?.itemIndex).toBe(1);
		const retried = await run(veoWorkflow(EACH, retry), 3, failed.executionId);
		expect(posts(setup)).toHaveLength(3);
		expect(videosOf(retried).sort()).toEqual(bought().sort());
	});
});

test.each<[string, WorkflowSpec]>([
	['the original', veoWorkflow(EACH)],
	['the saved', veoWorkflow({ ...EACH, options: { fileName: 'changed.mp4', timeout: 500 } })],
])('Executions → Retry with %s workflow, twice in a row', async (_name, workflow) => {
	failChecks(1, 2);
	const first = await run(veoWorkflow(EACH));
	expect(first.status).toBe('error');
	const second = await run(workflow, 3, first.executionId);
	expect(second.status).toBe('error');
	const third = await run(workflow, 3, second.executionId);
	expect(third.error).toBeUndefined();
	expect(posts(setup)).toHaveLength(3);
	expect(videosOf(third).sort()).toEqual(bought().sort());
});

test('an edited prompt or setting on retry is a new video, and only that', async () => {
	failChecks(1, 1);
	const failed = await run(veoWorkflow(EACH));
	const edited = { ...EACH, prompt: '={{ $json.index === 1 ? "A dune" : "Wave " + $json.index }}' };
	const retried = await run(veoWorkflow(edited), 3, failed.executionId);
	expect(videosOf(retried)).toHaveLength(3);
	expect(posts(setup).map(({ body }) => (body as IDataObject).prompt)).toEqual([
		'Wave 0',
		'Wave 1',
		'Wave 2',
		'A dune',
	]);
});

describe('loops', () => {
	const loop = {
		nodes: [
			node('Items', 'n8n-nodes-test.items'),
			node('Loop', 'n8n-nodes-test.repeat', { rounds: 3 }),
			veoNode('Veo', TEXT),
			node('Done', 'n8n-nodes-test.noOp'),
		],
		connections: connect('Items > Loop', 'Loop.0 > Done', 'Loop.1 > Veo', 'Veo > Loop'),
		resultNode: 'Veo',
	};

	test('the same prompt in the next round is a new video', async () => {
		const result = await run(loop, 1);
		expect(result.error).toBeUndefined();
		expect(result.runs).toBe(3);
		expect(posts(setup)).toHaveLength(3);
		expect(new Set(posts(setup).map(({ clientRequestId }) => clientRequestId)).size).toBe(3);
	});

	test('a retry in the second round takes up that round only', async () => {
		setup.api.fault({ on: 'fetch', action: { kind: 'status', status: 400 }, after: 1 });
		const failed = await run(loop, 1);
		expect(failed.status).toBe('error');
		expect(posts(setup)).toHaveLength(2);
		const retried = await run(loop, 1, failed.executionId);
		expect(retried.error).toBeUndefined();
		expect(retried.runs).toBe(3);
		expect(posts(setup)).toHaveLength(3);
	});
});

describe('a generation that was not charged is discarded', () => {
	test.each<[string, Parameters<typeof setup.api.fault>[0]['action']]>([
		['failed', { kind: 'fail', error: { name: 'PolicyError', message: 'Refused' } }],
		['without video', { kind: 'noVideo' }],
	])('%s: the next try submits again', async (_name, action) => {
		setup.api.fault({ on: 'submit', action, match: { promptIncludes: 'Wave 1' } });
		const retry = { retryOnFail: true, maxTries: 2, waitBetweenTries: 1 };
		const result = await run(veoWorkflow(EACH, retry));
		expect(videosOf(result)).toHaveLength(3);
		expect(posts(setup)).toHaveLength(4);
		expect(setup.api.settled().filter(({ paid }) => paid)).toHaveLength(3);
		const sent = posts(setup).map(({ clientRequestId }) => clientRequestId);
		expect(new Set(sent).size).toBe(4);
		expect(sent[3]).toBe(`${sent[1]}.2`);
	});

	test('a video that is late when the time is over is not', async () => {
		setup.api.fault({ on: 'submit', action: { kind: 'lateVideo', checks: 3 } });
		const workflow = veoWorkflow({ ...TEXT, options: { pollInterval: 2, timeout: 3 } });
		const failed = await run(workflow, 1);
		expect(failed.error?.message).toBe('The video was not ready after 3 seconds [item 0]');
		const retried = await run(workflow, 1, failed.executionId);
		expect(videosOf(retried)).toEqual(bought());
		expect(posts(setup)).toHaveLength(1);
	});
});

describe('several Veo nodes in one workflow', () => {
	const two = (first: IDataObject, second: IDataObject, names = ['A', 'B'] as const) => ({
		nodes: [
			node('Items', 'n8n-nodes-test.items'),
			veoNode(names[0], first),
			veoNode(names[1], second),
		],
		connections: connect(`Items > ${names[0]}`, `${names[0]} > ${names[1]}`),
		resultNode: 'B',
	});

	test('the same request in both is two videos, and a retry takes up the failed one', async () => {
		setup.api.fault({ on: 'fetch', action: { kind: 'status', status: 400 }, after: 1 });
		const failed = await run(two(TEXT, TEXT), 1);
		expect(failed.status).toBe('error');
		expect(posts(setup)).toHaveLength(2);
		const retried = await run(two(TEXT, TEXT), 1, failed.executionId);
		expect(videosOf(retried)).toEqual([bought()[1]]);
		expect(posts(setup)).toHaveLength(2);
	});

	test('another node that took the name meanwhile gets its own video', async () => {
		const [dawn, dusk] = [
			{ ...TEXT, prompt: 'Dawn' },
			{ ...TEXT, prompt: 'Dusk' },
		];
		setup.api.fault({
			on: 'fetch',
			action: { kind: 'status', status: 400 },
			match: { promptIncludes: 'Dusk' },
		});
		const failed = await run(two(dawn, dusk), 1);
		const renamed = await run({ ...two(dusk, dawn), resultNode: 'B' }, 1, failed.executionId);
		expect(videosOf(renamed)).toHaveLength(1);
		expect(posts(setup).map(({ body }) => (body as IDataObject).prompt)).toEqual([
			'Dawn',
			'Dusk',
			'Dawn',
		]);
		const back = await run(two(dawn, dusk), 1, failed.executionId);
		expect(videosOf(back)).toEqual([bought()[1]]);
	});
});

describe('the answer to the submission is lost, but the job was taken', () => {
	test.each<[string, Parameters<typeof setup.api.fault>[0]['action']]>([
		['reset', { kind: 'acceptThenReset' }],
		['502', { kind: 'acceptThenStatus', status: 502 }],
		['no id', { kind: 'acceptThenJson', body: { status: 'queued' } }],
	])('%s: the usage log gives the id', async (_name, action) => {
		setup.api.fault({ on: 'submit', action });
		const result = await run(veoWorkflow(TEXT), 1);
		expect(result.error).toBeUndefined();
		expect(videosOf(result)).toEqual(bought());
		expect(posts(setup)).toHaveLength(1);
	});

	test('not in the log yet: the item ends, and the retry finds it there', async () => {
		setup.api.settings.generationMs = 700;
		setup.api.fault({ on: 'submit', action: { kind: 'acceptThenReset' } });
		const failed = await run(veoWorkflow(TEXT), 1);
		const { clientRequestId } = posts(setup)[0] ?? {};
		expect(failed.error?.message).toBe(
			`The request may have been accepted and charged, but its answer was lost (client request ID ${clientRequestId}) [item 0]`,
		);
		while (setup.api.settled()[0]?.status !== 'completed') await sleep(50);
		const retried = await run(veoWorkflow(TEXT), 1, failed.executionId);
		expect(videosOf(retried)).toEqual(bought());
		expect(posts(setup)).toHaveLength(1);
	});

	test('it is looked for among all rows of its model, also behind 700 newer ones', async () => {
		Object.assign(setup.api.settings, { oldLogRows: 700, oldLogModel: TEXT.model });
		setup.api.fault({ on: 'submit', action: { kind: 'acceptThenReset' } });
		setup.api.settings.generationMs = 3_600_000;
		const failed = await run(veoWorkflow(TEXT), 1);
		expect(failed.error?.message).toContain('may have been accepted and charged');
		const pages = setup.api.log.filter(({ path }) => path.startsWith('/v2/logs'));
		expect(pages.map(({ path }) => /offset=(\d+)/.exec(path)?.[1])).toEqual(
			[0, 1, 2, 3, 4, 5, 6].map((page) => String(page * 100)),
		);
	});

	test('it failed there: not charged, so the retry submits again', async () => {
		setup.api.fault({ on: 'submit', action: { kind: 'acceptThenReset' } });
		setup.api.fault({ on: 'logs', action: { kind: 'status', status: 500 }, times: 4 });
		const failed = await run(veoWorkflow(TEXT), 1);
		const [generation] = setup.api.generations;
		Object.assign(generation ?? {}, { status: 'error', paid: false });
		const retried = await run(veoWorkflow(TEXT), 1, failed.executionId);
		expect(videosOf(retried)).toEqual([bought()[1]]);
		expect(posts(setup)).toHaveLength(2);
	});
});

/** What the ledger adds to the execution's data. */
const MAX_BYTES_PER_ITEM = 200;

test('the ledger of 1,000 items stays small', async () => {
	setup.api.settings.balanceUsd = 1e6;
	const result = await run(
		veoWorkflow({ ...EACH, operation: 'create', options: { maxConcurrent: 100 } }),
		1_000,
	);
	expect(result.outputs[0]).toHaveLength(1_000);
	const bytes = JSON.stringify(result.context.veoLedger).length;
	console.info(`Ledger of 1,000 items: ${bytes} bytes of ${result.stored.length}`);
	expect(bytes).toBeLessThan(1_000 * MAX_BYTES_PER_ITEM);
});
