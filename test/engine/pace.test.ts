/** Rate limits of checks and submissions, words for the end of a generation, and unknown IDs. */
import type { IDataObject, INode } from 'n8n-workflow';
import type { FaultRule } from '../../sandbox/stand-ins/api';
import { veoWorkflow } from './harness';
import { itemsOf, checks, posts, TEXT, useEngine } from './setup';

const SPEED = 20;
const setup = useEngine({ speed: SPEED });
type Action = FaultRule['action'];
const busy = (retryAfter: string): Action => ({
	kind: 'status',
	status: 429,
	headers: { 'retry-after': retryAfter },
});
const run = async (parameters: IDataObject = {}, count = 1, settings: Partial<INode> = {}) =>
	await setup.engine.run(veoWorkflow({ ...TEXT, ...parameters }, settings), {
		items: itemsOf(count),
		credentials: setup.api,
	});
/** As the node lives it, in seconds. */
const livedS = (ms: number) => (ms * SPEED) / 1_000;

describe('a limit on checks', () => {
	const COUNT = 10;

	test('ten items against 200 checks a minute: all are delivered, and few checks are refused', async () => {
		Object.assign(setup.api.settings, {
			generationMs: 150_000 / SPEED,
			checksPerMinute: 200,
			speed: SPEED,
		});
		const result = await run({ options: { pollInterval: 1, timeout: 400 } }, COUNT);
		expect(result.error).toBeUndefined();
		expect(result.outputs[0]?.filter(({ files }) => files.data)).toHaveLength(COUNT);
		// Ten items that check once a second would be refused most of the time.
		const refused = checks(setup).filter(({ status }) => status === 429).length;
		expect(refused).toBeGreaterThan(0);
		expect(refused / checks(setup).length).toBeLessThan(0.1);
	});

	test('a Retry-After of an hour keeps nobody waiting for a video that is ready', async () => {
		setup.api.fault({ on: 'fetch', action: busy('3600') });
		const result = await run();
		expect(result.error).toBeUndefined();
		expect(livedS(result.tookMs)).toBeLessThan(300);
	});
});

describe('a submission that is told to come back later than Timeout', () => {
	test('speaks for all items: one request a try, not one an item', async () => {
		setup.api.fault({ on: 'submit', action: busy('3600'), times: 999 });
		const result = await run({}, 30, {
			retryOnFail: true,
			maxTries: 3,
			waitBetweenTries: 1,
			onError: 'continueRegularOutput',
		});
		expect(posts(setup)).toHaveLength(3);
		expect(result.outputs[0]).toHaveLength(30);
		for (const [index, { json }] of (result.outputs[0] ?? []).entries()) {
			expect(json.error).toBe(`The AI/ML API is rate limiting requests [item ${index}]`);
		}
	});
});

describe('what will never come is not waited for', () => {
	test('an ID that the API never knew', async () => {
		const get = { operation: 'get', generationId: 'mistyped', waitForCompletion: true };
		const result = await setup.engine.run(veoWorkflow(get), { credentials: setup.api });
		expect(result.error?.message).toBe('The AI/ML API does not know this generation ID [item 0]');
		expect(livedS(result.tookMs)).toBeLessThan(300);
	});

	test.each(['canceled', 'Cancelled', 'expired', 'rejected', 'timed-out', 'FAILED'])(
		'status %s',
		async (status) => {
			setup.api.fault({ on: 'fetch', action: { kind: 'json', body: { id: 'x', status } } });
			const result = await run();
			expect(result.error?.message).toBe('The video could not be generated [item 0]');
			expect(checks(setup)).toHaveLength(1);
		},
	);

	test('the time-out tells the last status, and what the API said with it', async () => {
		const body = { id: 'x', status: 'pondering', message: 'Waiting for a slot' };
		setup.api.fault({ on: 'fetch', action: { kind: 'json', body }, times: 99 });
		const result = await run({ options: { timeout: 5, pollInterval: 2 } });
		expect(result.error?.message).toContain('was not ready after 5 seconds');
		expect(result.error?.description).toContain("'pondering'");
		expect(result.error?.description).toContain('Waiting for a slot');
	});
});

describe('the usage log and the catalogue', () => {
	test('Return All over 2,500 rows at 20 requests a minute loses none', async () => {
		Object.assign(setup.api.settings, { oldLogRows: 2_500, logsPerMinute: 20, speed: SPEED });
		const workflow = veoWorkflow({ operation: 'getMany', returnAll: true });
		const result = await setup.engine.run(workflow, { credentials: setup.api });
		expect(result.error).toBeUndefined();
		expect(result.outputs[0]).toHaveLength(2_500);
	});

	test.each<['logs' | 'models', IDataObject]>([
		['logs', { operation: 'getMany' }],
		['models', { options: { maxCost: 100 } }],
	])('Retry-After of %s is honoured', async (on, parameters) => {
		setup.api.fault({ on, action: busy('20') });
		const result = await run(parameters);
		expect(result.error).toBeUndefined();
		const route = on === 'logs' ? '/v2/logs' : '/v1/models';
		const [first, second] = setup.api.log.filter(({ path }) => path.startsWith(route));
		// A timer may fire a moment early, and the sandbox rounds to milliseconds.
		expect(livedS((second?.at ?? 0) - (first?.at ?? 0))).toBeGreaterThan(19.5);
	});
});

describe('Max Concurrent', () => {
	test.each([1, 3])('%i: never more under way', async (maxConcurrent) => {
		setup.api.settings.generationMs = 2_000 / SPEED;
		let most = 0;
		setup.api.on('generation', () => {
			const running = setup.api.generations.filter(({ readyAt }) => readyAt > Date.now());
			most = Math.max(most, running.length);
		});
		const result = await run({ options: { maxConcurrent, pollInterval: 1 } }, 12);
		expect(result.error).toBeUndefined();
		setup.api.removeAllListeners('generation');
		expect(most).toBe(maxConcurrent);
	});
});

describe('Stop in Get Video', () => {
	test('tells the ID that was waited for', async () => {
		setup.api.settings.generationMs = 3_600_000;
		await run({ operation: 'create' });
		const [generation] = setup.api.generations;
		const checked = new Promise((resolve) => setup.api.once('response', resolve));
		const { done, cancel } = setup.engine.start(
			veoWorkflow({
				operation: 'get',
				generationId: generation?.id ?? '',
				waitForCompletion: true,
			}),
			{ credentials: setup.api },
		);
		await checked;
		cancel();
		const result = await done;
		expect(result.status).toBe('canceled');
		expect(result.error?.description).toContain(generation?.id);
		expect(result.error?.description).not.toMatch(/retry/i);
	});
});
