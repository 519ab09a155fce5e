/**
 * The hint above the output: one at most, only for what the rows do not say; and the IDs in the custom data.
 */
import type { IRunExecutionData } from 'n8n-workflow';
import { agentWorkflow, connect, node, veoNode, veoWorkflow } from './harness';
import type { RunResult } from './harness';
import { itemsOf, posts, TEXT, useEngine } from './setup';

/** An item without a video is looked at again for half a minute. */
const setup = useEngine({ speed: 20 });
/** $4.00 each: 8 seconds at $0.50. */
const EACH = { ...TEXT, prompt: '={{ "p" + $json.index }}' };
const CONTINUE = { onError: 'continueRegularOutput' } as const;

const resultData = ({ stored }: RunResult) => (JSON.parse(stored) as IRunExecutionData).resultData;
const hintsOf = (result: RunResult, name = 'Veo') =>
	resultData(result).runData[name]?.at(-1)?.hints ?? [];
const run = async (parameters: object, count: number, settings = {}, more = {}) =>
	await setup.engine.run(veoWorkflow(parameters as never, settings), {
		items: itemsOf(count),
		credentials: setup.api,
		...more,
	});
const hint = (message: unknown, type = 'info') => [{ message, type, location: 'outputPane' }];

describe('Create Video and Wait', () => {
	test('several videos: how many, what they cost together, how long it took', async () => {
		const result = await run(EACH, 3);
		expect(hintsOf(result)).toEqual(
			hint(expect.stringMatching(/^3 videos, \$12\.00 charged, \d+ s\.$/)),
		);
	});

	test('one video: its row tells all', async () => {
		expect(hintsOf(await run(EACH, 1))).toEqual([]);
	});

	test('where the API names no charge, there is no sum of it', async () => {
		const usage = { meta: null };
		const video = { url: `${setup.api.cdnUrl}/generations/a.mp4` };
		const body = { id: 'a', status: 'completed', video, ...usage };
		setup.api.fault({ on: 'fetch', times: 2, action: { kind: 'json', body } });
		const without = await run({ ...EACH, download: false }, 2);
		expect(without.outputs[0]).toHaveLength(2);
		expect(hintsOf(without)).toEqual([]);

		setup.api.fault({ on: 'fetch', times: 1, action: { kind: 'json', body } });
		const some = await run({ ...EACH, download: false }, 3);
		expect(hintsOf(some)).toEqual(
			hint(expect.stringMatching(/^3 videos, \$8\.00 charged for 2 of them, \d+ s\.$/)),
		);
	});

	test('the safety filter, and what could not be generated, under Continue On Fail', async () => {
		setup.api.fault({ on: 'submit', match: { promptIncludes: 'p4' }, action: { kind: 'noVideo' } });
		for (const promptIncludes of ['p0', 'p1']) {
			setup.api.fault({
				on: 'submit',
				match: { promptIncludes },
				action: { kind: 'fail', error: '<b>Too dark</b>' },
			});
		}
		const result = await run({ ...EACH, videoSettings: { duration: 4 } }, 6, CONTINUE);
		expect(hintsOf(result)).toEqual(
			hint(
				expect.stringMatching(
					/^3 videos, \$6\.00 charged, \d+ s\. The safety filter most likely held back item 4\. Not charged\. Items 0-1 could not be generated\. Not charged\.$/,
				),
				'warning',
			),
		);
	});

	test('what an earlier try paid for was found again', async () => {
		setup.api.fault({ on: 'submit', match: { promptIncludes: 'p1' }, action: { kind: 'noVideo' } });
		const first = await run(EACH, 3, {}, { executionId: '31' });
		expect(first.error).toBeDefined();
		expect(hintsOf(first)).toEqual([]);
		const second = await run(EACH, 3, {}, { executionId: '32', retryOf: '31' });
		expect(hintsOf(second)).toEqual(
			hint(
				expect.stringMatching(
					/^3 videos, \$12\.00 charged, \d+ s\. 2 of 3 videos were bought in the earlier try and were not paid for again\.$/,
				),
			),
		);
	});

	test('so it was for the only item, by Retry On Fail', async () => {
		setup.api.fault({ on: 'fetch', action: { kind: 'status', status: 400 } });
		const retry = { retryOnFail: true, maxTries: 2, waitBetweenTries: 0 };
		const result = await run(EACH, 1, retry);
		expect(hintsOf(result)).toEqual(
			hint('The video was bought in the earlier try and was not paid for again.'),
		);
		expect(posts(setup)).toHaveLength(1);
	});

	test('a video whose answer was lost was found by the log', async () => {
		setup.api.fault({ on: 'submit', action: { kind: 'acceptThenReset' } });
		expect(hintsOf(await run(EACH, 1))).toEqual(
			hint("The video was found in the API's records and was not paid for again."),
		);
	});

	test('after a crash of n8n, what it had paid for was found by the log', async () => {
		await run(EACH, 2, {}, { executionId: '51' });
		const retried = await run(EACH, 3, {}, { executionId: '52', crashed: '51' });
		expect(hintsOf(retried)).toEqual(
			hint(
				expect.stringMatching(
					/^3 videos, \$12\.00 charged, \d+ s\. 2 of 3 videos were found in the API's records and were not paid for again\.$/,
				),
			),
		);
	});

	test('settings that the model of the item does not have', async () => {
		const model = '={{ $json.index === 2 ? "google/veo-3.1-t2v" : "veo-3.1-lite-generate-001" }}';
		const videoSettings = { seed: 5, negativePrompt: '={{ $json.index ? "rain" : "" }}' };
		const result = await run({ ...EACH, operation: 'create', model, videoSettings }, 3);
		expect(hintsOf(result)).toEqual(
			hint(
				"Left out, because the model does not have it: 'Seed' (items 0-1), 'Negative Prompt' (item 1).",
				'warning',
			),
		);
		expect(posts(setup).map(({ body }) => body)).toContainEqual({
			model: 'veo-3.1-lite-generate-001',
			prompt: 'p1',
		});
	});
});

test('Create Video: the price of all, where a limit has asked for it', async () => {
	const create = { ...EACH, operation: 'create' };
	expect(hintsOf(await run(create, 3))).toEqual([]);
	expect(hintsOf(await run({ ...create, options: { maxCost: 100 } }, 1))).toEqual([]);
	expect(hintsOf(await run({ ...create, options: { maxCost: 100 } }, 3))).toEqual(
		hint('3 videos requested, $12.00 according to the catalog.'),
	);
});

describe('Estimate Only', () => {
	const estimate = { ...EACH, options: { estimateOnly: true } };

	test('of many items: the sum, and what would be left', async () => {
		setup.api.settings.balanceUsd = 250.5;
		expect(hintsOf(await run(estimate, 50))).toEqual(
			hint("50 videos would cost $200.00. The account's balance is $250.50: $50.50 would be left."),
		);
		setup.api.settings.balanceUsd = 50;
		expect(hintsOf(await run(estimate, 50))).toEqual(
			hint(
				"50 videos would cost $200.00. The account's balance is $50.00: $150.00 too little.",
				'warning',
			),
		);
		expect(hintsOf(await run(estimate, 1))).toEqual([]);
	});

	test('of items whose price is not known', async () => {
		const model = '={{ $json.index ? "google/veo-9" : "google/veo-3.1-t2v" }}';
		expect(hintsOf(await run({ ...estimate, model }, 3))).toEqual(
			hint('1 video would cost $4.00. The price of 2 more is not known in advance.'),
		);
		setup.api.fault({ on: 'models', times: 99, action: { kind: 'status', status: 503 } });
		expect(hintsOf(await run(estimate, 3))).toEqual([]);
	});

	test('without the balance: the sum alone', async () => {
		setup.api.fault({ on: 'billing', times: 99, action: { kind: 'status', status: 404 } });
		expect(hintsOf(await run(estimate, 2))).toEqual(hint('2 videos would cost $8.00.'));
	});
});

test('an agent gets none', async () => {
	const parameters = {
		...TEXT,
		model: '={{ "veo-3.1-lite-generate-001" }}',
		videoSettings: { seed: 5 },
	};
	expect(hintsOf(await run(parameters, 1))).toHaveLength(1);
	const calls = [{ prompt: 'a' }, { prompt: 'b' }];
	const workflow = agentWorkflow(3, calls, { ...parameters, prompt: '={{ $json.prompt }}' });
	const result = await setup.engine.run(workflow, { credentials: setup.api });
	expect(posts(setup)).toHaveLength(3);
	const runs = resultData(result).runData.Veo ?? [];
	expect(runs).toHaveLength(2);
	for (const { hints = [] } of runs) expect(hints).toEqual([]);
});

test('Get Video and Get Many Videos tell all in their rows', async () => {
	const made = await run(EACH, 2);
	const ids = made.outputs[0]?.map(({ json }) => ({ json: { id: json.id } })) ?? [];
	const get = { operation: 'get', generationId: '={{ $json.id }}' };
	expect(hintsOf(await run(get, 2, {}, { items: ids }))).toEqual([]);
	expect(hintsOf(await run({ operation: 'getMany' }, 1))).toEqual([]);
});

describe('the custom data of the execution', () => {
	const idsOf = (result: RunResult) => resultData(result).metadata?.veo_ids?.split(', ');
	const made = () => setup.api.generations.map(({ id }) => id);

	test('has the generation IDs of all nodes and runs, under one key', async () => {
		const workflow = {
			nodes: [
				node('Items', 'n8n-nodes-test.items'),
				veoNode('First', { ...EACH, operation: 'create', prompt: 'first' }),
				node('Repeat', 'n8n-nodes-test.repeat', { rounds: 2 }),
				veoNode('Veo', { ...EACH, operation: 'create', prompt: 'round' }),
			],
			connections: connect('Items > First', 'First > Repeat', 'Repeat.1 > Veo', 'Veo > Repeat'),
			resultNode: 'Veo',
		};
		const result = await setup.engine.run(workflow, { credentials: setup.api });
		expect(made()).toHaveLength(3);
		expect(idsOf(result)).toEqual(made());
		expect(Object.keys(resultData(result).metadata ?? {})).toEqual(['veo_ids']);
	});

	test('has them where the node fails, and in the retry', async () => {
		setup.api.fault({ on: 'fetch', action: { kind: 'status', status: 400 } });
		const failed = await run(EACH, 2, {}, { executionId: '41' });
		expect(failed.error).toBeDefined();
		expect(idsOf(failed)?.sort()).toEqual(made().sort());
		const refused = await run(
			{ ...EACH, options: { timeout: 0 } },
			2,
			{},
			{
				executionId: '42',
				retryOf: '41',
			},
		);
		expect(refused.error?.message).toContain("'Timeout'");
		expect(idsOf(refused)?.sort()).toEqual(made().sort());
		const retried = await run(EACH, 2, {}, { executionId: '43', retryOf: '41' });
		expect(retried.error).toBeUndefined();
		expect(idsOf(retried)?.sort()).toEqual(made().sort());
	});

	test('is cut between two IDs', async () => {
		const result = await run({ ...EACH, operation: 'create' }, 30);
		const text = resultData(result).metadata?.veo_ids ?? '';
		expect(text.length).toBeLessThanOrEqual(512);
		expect(text.length).toBeGreaterThan(400);
		for (const id of text.split(', ')) expect(made()).toContain(id);
	});

	test('is not touched by what buys nothing', async () => {
		const result = await run({ ...EACH, options: { estimateOnly: true } }, 2);
		expect(resultData(result).metadata).toBeUndefined();
	});

	test('no room for another key: the videos come all the same', async () => {
		const workflow = {
			nodes: [
				node('Items', 'n8n-nodes-test.items'),
				node('Code', 'n8n-nodes-test.code', {
					code: '={{ [...Array(10).keys()].map((n) => $execution.customData.set("k" + n, "x")) && "items" }}',
				}),
				veoNode('Veo', { ...EACH, operation: 'create' }),
			],
			connections: connect('Items > Code', 'Code > Veo'),
			resultNode: 'Veo',
		};
		const result = await setup.engine.run(workflow, { credentials: setup.api });
		expect(result.error).toBeUndefined();
		expect(result.outputs[0]).toHaveLength(1);
		expect(Object.keys(resultData(result).metadata ?? {})).toHaveLength(10);
	});
});
