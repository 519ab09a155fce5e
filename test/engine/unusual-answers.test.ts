/** Answers in a shape that the documentation does not name: what was accepted is bought once, and found again. */
import type { IDataObject, INode } from 'n8n-workflow';
import type { FaultRule } from '../../sandbox/stand-ins/api';
import { veoWorkflow } from './harness';
import type { RunResult } from './harness';
import { itemsOf, checks, posts, TEXT, useEngine } from './setup';

const setup = useEngine({ speed: 20 });
type Action = FaultRule['action'];

const RETRYING: Partial<INode> = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 };
const EACH = { ...TEXT, prompt: '=Wave {{ $json.index }}' };
const ID = '11111111-2222-3333-4444-555555555555:google/veo-3.1-t2v';
const MAYBE = 'may have been accepted and charged';
const status = (code: number, body?: unknown): Action => ({ kind: 'status', status: code, body });

const run = async (parameters: IDataObject = {}, settings: Partial<INode> = RETRYING, count = 1) =>
	await setup.engine.run(veoWorkflow({ ...TEXT, ...parameters }, settings), {
		items: itemsOf(count),
		credentials: setup.api,
	});
const accepted = () => setup.api.settled().map(({ id }) => id);
const paid = () =>
	setup.api
		.settled()
		.filter((generation) => generation.paid)
		.map(({ id }) => id);
const idsOf = (result: RunResult) => (result.outputs[0] ?? []).map(({ json }) => json.id);
const errorsOf = (result: RunResult) =>
	(result.outputs[0] ?? []).flatMap(({ json }) => (json.error ? [String(json.error)] : []));

describe('an accepted submission without its ID in the usual place: the usage log gives it', () => {
	test.each<[string, Action]>([
		['the ID is a number', { kind: 'acceptThenJson', body: { id: 4711, status: 'queued' } }],
		['the ID is empty', { kind: 'acceptThenJson', body: { id: '', status: 'queued' } }],
		['the ID is in data', { kind: 'acceptThenJson', body: { data: { id: ID, status: 'queued' } } }],
		['a code beside data', { kind: 'acceptThenJson', body: { code: 200, data: { task_id: ID } } }],
		['a list of one', { kind: 'acceptThenJson', body: [{ id: ID, status: 'queued' }] }],
		['a text', { kind: 'acceptThenJson', body: 'queued' }],
		['null', { kind: 'acceptThenJson', body: null }],
		['408', { kind: 'acceptThenStatus', status: 408 }],
		['409', { kind: 'acceptThenStatus', status: 409 }],
		['425', { kind: 'acceptThenStatus', status: 425 }],
		['499', { kind: 'acceptThenStatus', status: 499 }],
		['522', { kind: 'acceptThenStatus', status: 522 }],
	])('%s', async (_name, action) => {
		setup.api.fault({ on: 'submit', action, times: 9 });
		const result = await run({ operation: 'create', options: { timeout: 30 } });
		expect(posts(setup)).toHaveLength(1);
		expect(accepted()).toHaveLength(1);
		expect(idsOf(result)).toEqual(accepted());
	});

	test('an ID with blanks and signs is taken as it is, without the blanks around it', async () => {
		const id = ' a b/ü?&#:google/veo-3.1-t2v ';
		const body = { id, status: 'queued' };
		setup.api.fault({ on: 'submit', action: { kind: 'acceptThenJson', body }, times: 9 });
		const result = await run({ operation: 'create' });
		expect(posts(setup)).toHaveLength(1);
		expect(idsOf(result)).toEqual([id.trim()]);
	});
});

test('the answer to another request: the usage log gives the right ID', async () => {
	setup.api.once('generation', ({ id }: { id: string }) => {
		const body = { id, status: 'queued' };
		setup.api.fault({ on: 'submit', action: { kind: 'acceptThenJson', body } });
	});
	const result = await run(EACH, RETRYING, 2);
	expect(posts(setup)).toHaveLength(2);
	expect(idsOf(result)).toEqual(accepted());
});

describe('one submission of four meets a proxy or a gateway', () => {
	const proxied = async (action: Action) => {
		setup.api.fault({ on: 'submit', action });
		return await run(EACH, { onError: 'continueRegularOutput' }, 4);
	};

	test.each<[string, Action]>([
		['HTML with 200', { kind: 'html' }],
		['502 in HTML', { kind: 'html', status: 502 }],
		['503', status(503)],
	])('%s: it is not sent again, the others are bought', async (_name, action) => {
		const result = await proxied(action);
		expect(posts(setup)).toHaveLength(4);
		expect(paid()).toHaveLength(3);
		expect(idsOf(result).slice(1).sort()).toEqual(paid().sort());
		expect(errorsOf(result)).toEqual([expect.stringContaining(MAYBE)]);
	});

	test.each<[string, Action, string]>([
		['302', status(302), 'redirected the request to another address'],
		['407', { kind: 'html', status: 407 }, 'A proxy or firewall'],
	])('%s: all would meet it, so none is sent after it', async (_name, action, words) => {
		const result = await proxied(action);
		expect(posts(setup)).toHaveLength(1);
		expect(accepted()).toEqual([]);
		expect(errorsOf(result)).toEqual(Array(4).fill(expect.stringContaining(words)));
	});

	test.each([521, 523, 525, 526, 530])(
		'%i, where the server behind was never reached: it is sent again',
		async (code) => {
			const result = await proxied({ kind: 'html', status: code });
			expect(posts(setup)).toHaveLength(5);
			expect(paid()).toHaveLength(4);
			expect(idsOf(result).sort()).toEqual(paid().sort());
		},
	);
});

describe('failed at once, and charged', () => {
	const body = {
		id: ID,
		status: 'error',
		error: { message: 'Too dark' },
		meta: { usage: { credits_used: 8_000_000, usd_spent: 4 } },
	};

	test.each(['create', 'createAndWait'])('%s: five tries send it once', async (operation) => {
		setup.api.fault({ on: 'submit', action: { kind: 'json', body }, times: 99 });
		setup.api.fault({ on: 'fetch', action: { kind: 'json', body }, times: 99 });
		const result = await run({ operation }, { ...RETRYING, maxTries: 5 });
		expect(posts(setup)).toHaveLength(1);
		expect(JSON.stringify([result.error?.description, result.outputs])).toContain(ID);
	});
});

describe('failed after a while: sent again only where it was not charged', () => {
	test.each<[string, IDataObject, number]>([
		['usage as text', { meta: { usage: { credits_used: '8000000', usd_spent: '4.00' } } }, 1],
		['usage beside meta', { usage: { credits_used: 5, usd_spent: 4 } }, 1],
		['usage below zero', { meta: { usage: { credits_used: -1, usd_spent: -1 } } }, 3],
		['usage of zero', { meta: { usage: { credits_used: 0, usd_spent: 0 } } }, 3],
	])('%s', async (_name, more, count) => {
		const body = { status: 'error', error: 'Too dark', ...more };
		setup.api.fault({ on: 'fetch', action: { kind: 'json', body }, times: 99 });
		const result = await run();
		expect(result.status).toBe('error');
		expect(posts(setup)).toHaveLength(count);
		expect(accepted()).toHaveLength(count);
	});

	test.each<[string, IDataObject]>([
		['an error', { status: 'error', error: { message: 'Provider failed, falling back' } }],
		['a time-out', { status: 'timeout' }],
	])('%s that is taken back: it is checked before another is bought', async (_name, body) => {
		setup.api.fault({ on: 'fetch', action: { kind: 'json', body } });
		const result = await run();
		expect(posts(setup)).toHaveLength(1);
		expect(idsOf(result)).toEqual(paid());
		expect(result.outputs[0]?.[0]?.files.data?.bytes).toBeGreaterThan(0);
	});
});

describe('the video', () => {
	const address = () => `${setup.api.cdnUrl}/any.mp4`;
	const answering = async (body: IDataObject) => {
		setup.api.fault({ on: 'fetch', action: { kind: 'json', body }, times: 99 });
		return await run({ download: false, options: { timeout: 60 } });
	};

	test.each<[string, () => IDataObject]>([
		['a text', () => ({ video: address() })],
		['a list of texts', () => ({ video: [address()] })],
		['in videos', () => ({ videos: [{ url: address() }] })],
	])('is %s: the row has its address in the usual place', async (_name, answer) => {
		const result = await answering({ status: 'completed', ...answer() });
		expect(posts(setup)).toHaveLength(1);
		expect(idsOf(result)).toEqual(accepted());
		expect(result.outputs[0]?.[0]?.json.video).toEqual({ url: address() });
	});

	test.each(['COMPLETED', 'Done!', 'ok', 'ready', 'succeed', 'partially_completed', 'no_content'])(
		'is there with status %s: that is the end',
		async (word) => {
			const result = await answering({ status: word, video: { url: address() } });
			expect(result.error).toBeUndefined();
			expect(posts(setup)).toHaveLength(1);
			expect(checks(setup)).toHaveLength(1);
			expect(idsOf(result)).toEqual(accepted());
		},
	);

	test.each([6, 8, 10])('comes %i checks after completed: it is waited for', async (late) => {
		setup.api.fault({ on: 'submit', action: { kind: 'lateVideo', checks: late } });
		const result = await run();
		expect(posts(setup)).toHaveLength(1);
		expect(checks(setup)).toHaveLength(late + 1);
		expect(idsOf(result)).toEqual(paid());
	});
});
