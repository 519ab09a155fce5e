/** Waiting continues through a temporary failure, and ends at once on a lasting one. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FaultRule } from '../../sandbox/stand-ins/api';
import { veoWorkflow } from './harness';
import { checks, posts, TEXT, useEngine } from './setup';

const setup = useEngine({ speed: 20 });
type Action = FaultRule['action'];

const run = async (parameters = {}, settings = {}) =>
	await setup.engine.run(veoWorkflow({ ...TEXT, ...parameters }, settings), {
		credentials: setup.api,
	});

describe('ridden out', () => {
	test.each<[string, Action]>([
		['429', { kind: 'status', status: 429, headers: { 'retry-after': '2' } }],
		['500', { kind: 'status', status: 500 }],
		['502 in HTML', { kind: 'html', status: 502 }],
		['503', { kind: 'status', status: 503 }],
		['504', { kind: 'status', status: 504 }],
		['408', { kind: 'status', status: 408 }],
		['a reset', { kind: 'reset' }],
		['no answer', { kind: 'hang' }],
		['HTML with 200', { kind: 'html' }],
		['broken JSON', { kind: 'brokenJson' }],
		['an empty body', { kind: 'emptyBody' }],
		['an early 404', { kind: 'status', status: 404 }],
		['null', { kind: 'json', body: null }],
		['a list', { kind: 'json', body: [] }],
		['an answer without a status', { kind: 'json', body: { id: 'x' } }],
		['a status that is no text', { kind: 'json', body: { id: 'x', status: 3 } }],
		['completed without its video', { kind: 'json', body: { id: 'x', status: 'completed' } }],
		['an unknown state', { kind: 'json', body: { id: 'x', status: 'pondering' } }],
		['waiting', { kind: 'json', body: { id: 'x', status: 'waiting' } }],
	])('%s', async (_name, action) => {
		setup.api.fault({ on: 'fetch', action, times: 2 });
		const result = await run({ options: { pollInterval: 2 } });
		expect(result.error).toBeUndefined();
		expect(result.outputs[0]?.[0]?.json.id).toBe(setup.api.settled()[0]?.id);
		expect(result.outputs[0]?.[0]?.files.data?.bytes).toBeGreaterThan(0);
		expect(checks(setup)).toHaveLength(3);
		expect(posts(setup)).toHaveLength(1);
	});

	test('Retry-After is honoured, the poll interval too', async () => {
		const action = {
			kind: 'status',
			status: 429,
			headers: { 'retry-after': '10' },
		} as const;
		setup.api.fault({ on: 'fetch', action });
		await run({ options: { pollInterval: 2 } });
		const [first, second] = checks(setup).map(({ at }) => at);
		expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(10_000 / 20 - 5);
	});
});

describe('ends at once', () => {
	test.each<[number, string]>([
		[401, 'The AI/ML API did not accept the API key'],
		[403, 'The API key is not allowed to make this request'],
		[400, 'The AI/ML API refused the status request'],
		[302, 'The AI/ML API redirected the request to another address'],
	])('%i', async (status, message) => {
		setup.api.fault({ on: 'fetch', action: { kind: 'status', status }, times: 9 });
		const result = await run();
		expect(result.error?.message).toBe(`${message} [item 0]`);
		expect(result.error?.description).toContain(setup.api.generations[0]?.id);
		expect(result.error?.description).not.toContain('Nothing was charged');
		expect(checks(setup)).toHaveLength(1);

		setup.api.reset();
		setup.api.fault({ on: 'fetch', action: { kind: 'status', status }, times: 9 });
		const [row] = (await run({}, { onError: 'continueRegularOutput' })).outputs[0] ?? [];
		expect(row?.json).toEqual({
			error: `${message} [item 0]`,
			generationId: setup.api.generations[0]?.id,
		});
	});

	test.each<[string, unknown, string?]>([
		['name and message', { name: 'PolicyError', message: 'Unsafe' }, 'Unsafe'],
		[
			'detail list',
			{ detail: [{ loc: ['body', 'duration'], msg: 'Too long', type: 'value' }] },
			'body.duration: Too long',
		],
		['text', 'Out of capacity', 'Out of capacity'],
		['null', null, undefined],
		['nothing in it', {}, undefined],
		['name only', { name: 'Timeout' }, 'Timeout'],
		['nested', { error: { message: 'Deep' } }, 'Deep'],
		['a list of texts', ['One', 'Two'], 'One; Two'],
	])('a generation that failed: %s', async (_name, error, reason) => {
		setup.api.fault({ on: 'submit', action: { kind: 'fail', error } });
		const result = await run();
		expect(result.error?.message).toBe('The video could not be generated [item 0]');
		const told = reason ? `says: "${reason}"` : 'gave no reason';
		expect(result.error?.description).toContain(`The AI/ML API ${told}. It is not charged`);
		expect(result.error?.description).toContain(setup.api.generations[0]?.id);
		expect(checks(setup)).toHaveLength(1);
	});

	test.each(['createAndWait', 'get'])('%s: completed without a video', async (operation) => {
		setup.api.fault({ on: 'submit', action: { kind: 'noVideo' } });
		const created = await run({ operation: 'create' });
		const generationId = created.outputs[0]?.[0]?.json.id;
		if (operation === 'createAndWait') {
			setup.api.fault({ on: 'submit', action: { kind: 'noVideo' } });
		}
		const result = await run({ operation, generationId });
		expect(result.error?.message).toBe('The generation ended without a video [item 0]');
		expect(result.error?.description).toContain('not charged');
	});
});

describe('the deadline', () => {
	const TIMEOUT = 'The video was not ready after 20 seconds [item 0]';
	/** The same in real time, with room for a slow machine; n8n itself would hang for 15 s. */
	const LIMIT_MS = 20_000 / 20 + 4_000;

	test('holds', async () => {
		setup.api.settings.generationMs = 3_600_000;
		const result = await run({ options: { timeout: 20, pollInterval: 3 } });
		expect(result.error?.message).toBe(TIMEOUT);
		expect(result.error?.description).toContain(setup.api.generations[0]?.id);
		expect(checks(setup).length).toBeLessThanOrEqual(8);
		expect(result.tookMs).toBeLessThan(LIMIT_MS);
	});

	test('holds when the checks hang', async () => {
		setup.api.fault({ on: 'fetch', action: { kind: 'hang' }, times: 99 });
		const result = await run({ options: { timeout: 20 } });
		expect(result.error?.message).toBe(TIMEOUT);
		expect(result.tookMs).toBeLessThan(LIMIT_MS);
		expect(result.timersLeft).toBeLessThanOrEqual(0);
	});

	test('holds when an answer comes byte by byte', async () => {
		const drips = new Set<NodeJS.Timeout>();
		const server = createServer((request, response) => {
			response.writeHead(200, { 'content-type': 'application/json' });
			if (request.method === 'POST') return void response.end('{"id":"gen-1"}');
			drips.add(setInterval(() => response.write(' '), 20));
		}).listen(0, '127.0.0.1');
		await new Promise((resolve) => server.once('listening', resolve));
		const { port } = server.address() as AddressInfo;
		const result = await setup.engine.run(veoWorkflow({ ...TEXT, options: { timeout: 20 } }), {
			credentials: { apiKey: 'k', baseUrl: `http://127.0.0.1:${port}` },
		});
		drips.forEach(clearInterval);
		server.closeAllConnections();
		server.close();
		expect(result.error?.message).toBe(TIMEOUT);
		expect(result.tookMs).toBeLessThan(LIMIT_MS);
	});

	test('an id that stays unknown is told apart', async () => {
		const result = await run({
			operation: 'get',
			generationId: 'gone',
			waitForCompletion: true,
			options: { timeout: 5, pollInterval: 1 },
		});
		expect(result.error?.message).toBe('The AI/ML API does not know this generation ID [item 0]');
	});
});

describe('Get without waiting', () => {
	const get = async (action?: Action) => {
		const generationId = String((await run({ operation: 'create' })).outputs[0]?.[0]?.json.id);
		if (action) setup.api.fault({ on: 'fetch', action });
		return { generationId, result: await run({ operation: 'get', generationId }) };
	};

	test('not finished: the answer, no complaint', async () => {
		setup.api.settings.generationMs = 3_600_000;
		const { generationId, result } = await get();
		expect(result.outputs[0]?.[0]?.json).toEqual({
			id: generationId,
			status: 'generating',
			model: TEXT.model,
		});
		expect(result.outputs[0]?.[0]?.files).toEqual({});
	});

	test('completed, and its video a moment later', async () => {
		setup.api.fault({ on: 'submit', action: { kind: 'lateVideo', checks: 2 } });
		const { generationId, result } = await get();
		expect(result.outputs[0]?.[0]?.json.id).toBe(generationId);
		expect(result.outputs[0]?.[0]?.files.data?.bytes).toBeGreaterThan(0);
		expect(checks(setup)).toHaveLength(3);
	});

	test.each<[string, Action, string]>([
		['unknown', { kind: 'status', status: 404 }, 'The AI/ML API does not know this generation ID'],
		['HTML', { kind: 'html', status: 502 }, 'The AI/ML API did not return a readable answer'],
		['a reset', { kind: 'reset' }, 'The AI/ML API did not return a readable answer'],
		['400', { kind: 'status', status: 400 }, 'The AI/ML API refused the status request'],
		['401', { kind: 'status', status: 401 }, 'The AI/ML API did not accept the API key'],
	])('%s', async (_name, action, message) => {
		const { generationId, result } = await get(action);
		expect(result.error?.message).toBe(`${message} [item 0]`);
		expect(result.error?.description).toContain(generationId);
	});
});
