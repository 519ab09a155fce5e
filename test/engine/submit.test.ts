/** A submission is repeated only if the server certainly did not accept it. */
import { startSandboxApi } from '../../sandbox/stand-ins/api';
import type { FaultRule } from '../../sandbox/stand-ins/api';
import { veoWorkflow } from './harness';
import { itemsOf, posts, TEXT, UNKNOWN_HOST, useEngine } from './setup';

const SPEED = 20;
const setup = useEngine({ speed: SPEED });

type Action = FaultRule['action'];
const tooMany = (retryAfter?: string): Action => ({
	kind: 'status',
	status: 429,
	headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter },
});
const run = async (options = {}, credentials = { ...setup.api }) =>
	await setup.engine.run(veoWorkflow({ ...TEXT, options }), { credentials });
/** Seconds between submissions, as the node lives them. */
const gapsS = () => {
	const times = posts(setup).map(({ at }) => at);
	return times.slice(1).map((at, index) => ((at - (times[index] ?? 0)) * SPEED) / 1_000);
};

describe('sent again', () => {
	test.each<[string, string | undefined, number[]]>([
		['in seconds', '10', [10, 10, 10]],
		['not given', undefined, [1, 2, 4]],
		['now', '0', [1, 2, 4]],
		['a date that is over', 'Wed, 21 Oct 2015 07:28:00 GMT', [1, 2, 4]],
		['unreadable', 'soon', [1, 2, 4]],
	])('429 with Retry-After: %s', async (_name, retryAfter, leastS) => {
		setup.api.fault({ on: 'submit', action: tooMany(retryAfter), times: 3 });
		const result = await run();
		expect(result.error).toBeUndefined();
		expect(posts(setup)).toHaveLength(4);
		// A timer may fire a moment early, and the sandbox rounds to milliseconds.
		gapsS().forEach((gap, index) => expect(gap).toBeGreaterThan((leastS[index] ?? 0) - 0.1));
		expect(setup.api.settled()).toHaveLength(1);
	});

	test('the same client request ID each time', async () => {
		setup.api.fault({ on: 'submit', action: tooMany(), times: 2 });
		await run();
		expect(new Set(posts(setup).map(({ clientRequestId }) => clientRequestId)).size).toBe(1);
	});

	test('a busy API takes in all items, one after the other', async () => {
		Object.assign(setup.api.settings, { concurrency: 2, generationMs: 100 });
		const result = await setup.engine.run(veoWorkflow(TEXT), {
			items: itemsOf(8),
			credentials: setup.api,
		});
		expect(result.error).toBeUndefined();
		expect(result.outputs[0]).toHaveLength(8);
		expect(setup.api.settled()).toHaveLength(8);
	});

	test('connection refused, until the server is there', async () => {
		const gone = await startSandboxApi();
		await gone.stop();
		const done = run({}, { ...setup.api, baseUrl: gone.baseUrl });
		await new Promise((resolve) => setTimeout(resolve, 200));
		const api = await startSandboxApi({ port: Number(new URL(gone.baseUrl).port) });
		const result = await done;
		const { generations } = api;
		await api.stop();
		expect(result.error).toBeUndefined();
		expect(generations).toHaveLength(1);
	});
});

describe('given up when the time is over', () => {
	test('429', async () => {
		setup.api.fault({ on: 'submit', action: tooMany('3'), times: 99 });
		const result = await run({ timeout: 10 });
		expect(result.error?.message).toBe('The AI/ML API is rate limiting requests [item 0]');
		expect(result.error?.description).toMatch(/for \d+ seconds/);
		expect(posts(setup).length).toBeGreaterThanOrEqual(2);
		expect(posts(setup).length).toBeLessThanOrEqual(4);
	});

	test('429 until a date beyond the time', async () => {
		const tomorrow = new Date(Date.now() + 86_400_000).toUTCString();
		setup.api.fault({ on: 'submit', action: tooMany(tomorrow), times: 99 });
		const result = await run({ timeout: 1_000 });
		expect(result.error?.httpCode).toBe('429');
		expect(posts(setup)).toHaveLength(1);
	});

	test.each([
		['refused', 'http://127.0.0.1:1', 'The connection was refused'],
		['name not found', `http://${UNKNOWN_HOST}`, 'The server name was not found'],
	])('%s', async (_name, baseUrl, cause) => {
		const result = await run({ timeout: 30 }, { ...setup.api, baseUrl });
		expect(result.error?.message).toBe('The AI/ML API could not be reached [item 0]');
		expect(result.error?.description).toContain(cause);
		expect(result.error?.description).toContain('Nothing was charged');
		expect(result.requests).toBeGreaterThan(1);
		expect(JSON.stringify(result.context)).not.toContain('"req"');
	});
});

describe('never sent again: it may have been taken', () => {
	test.each<[string, Action]>([
		['500', { kind: 'status', status: 500 }],
		['502', { kind: 'status', status: 502 }],
		['503 with Retry-After', { kind: 'status', status: 503, headers: { 'retry-after': '1' } }],
		['504', { kind: 'status', status: 504 }],
		['408', { kind: 'status', status: 408 }],
		['HTML with 502', { kind: 'html', status: 502 }],
		['HTML with 200', { kind: 'html' }],
		['broken JSON', { kind: 'brokenJson' }],
		['an empty body', { kind: 'emptyBody' }],
		['an answer without an id', { kind: 'json', body: { status: 'queued' } }],
		['an id that is no text', { kind: 'json', body: { id: { a: 1 }, status: 'queued' } }],
		['a list', { kind: 'json', body: [] }],
		['null', { kind: 'json', body: null }],
		['a reset', { kind: 'reset' }],
		['no answer', { kind: 'hang' }],
	])('%s', async (_name, action) => {
		setup.api.fault({ on: 'submit', action });
		const failed = await setup.engine.run(
			veoWorkflow(TEXT, { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 }),
			{ credentials: setup.api },
		);
		expect(posts(setup)).toHaveLength(1);
		const { clientRequestId } = posts(setup)[0] ?? {};
		expect(failed.error?.message).toContain('may have been accepted and charged');
		expect(failed.error?.message).toContain(clientRequestId);
		expect(failed.error?.description).toContain(clientRequestId);
		expect(failed.error?.description).not.toContain('[object');
	});
});

describe('refused: not charged, not sent again, not remembered', () => {
	test.each<[string, Action, string]>([
		['401', { kind: 'status', status: 401 }, 'The AI/ML API did not accept the API key'],
		[
			'403 for credits',
			{ kind: 'status', status: 403, body: { message: "You've run out of credits" } },
			'The AI/ML API account has no credits left',
		],
		['402', { kind: 'status', status: 402 }, 'The AI/ML API account has no credits left'],
		[
			'403',
			{ kind: 'status', status: 403, body: { message: 'Forbidden' } },
			'The API key is not allowed to make this request',
		],
		['400', { kind: 'status', status: 400 }, 'The AI/ML API refused the request'],
		['404', { kind: 'status', status: 404 }, 'The AI/ML API refused the request'],
		[
			'413 in HTML',
			{ kind: 'html', status: 413 },
			'The request is too large for the server or for a proxy in between',
		],
		[
			'a redirect',
			{ kind: 'status', status: 302, headers: { location: 'http://127.0.0.1:1/' } },
			'The AI/ML API redirected the request to another address',
		],
	])('%s', async (_name, action, message) => {
		setup.api.fault({ on: 'submit', action });
		const result = await run();
		expect(result.error?.message).toBe(`${message} [item 0]`);
		expect(posts(setup)).toHaveLength(1);
		expect(JSON.stringify(result.context)).not.toContain('"req"');
	});
});
