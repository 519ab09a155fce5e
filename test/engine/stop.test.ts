/** Stop ends the node at once in every phase, sends nothing more, and loses no ID. */
import type { IDataObject } from 'n8n-workflow';
import type { FaultRule, LogEntry } from '../../sandbox/stand-ins/api';
import { veoWorkflow } from './harness';
import type { RunResult } from './harness';
import { itemsOf, checks, posts, TEXT, useEngine } from './setup';

const setup = useEngine({ binaryMode: 'filesystem' });
const MAX_STOP_MS = 250;
// That is time by the clock: where the machine is busy with other things, a test gets two more tries.
jest.retryTimes(2, { logErrorsBeforeRetry: true });
const LONG_MS = 3_600_000;

const isPost = ({ method }: LogEntry) => method === 'POST';
const isCheck = ({ method, path }: LogEntry) => method === 'GET' && path.includes('generation_id=');
const isLog = ({ path }: LogEntry) => path.startsWith('/v2/logs');
const isDownload = ({ server }: LogEntry) => server === 'cdn';

/** Resolves when `count` requests of this kind were asked, or answered. */
async function seen(event: 'request' | 'response', kind: (entry: LogEntry) => boolean, count = 1) {
	await new Promise<void>((resolve) => {
		let left = count;
		const listener = (entry: LogEntry) => {
			// The last test's requests may still be closing.
			if (kind(entry) && setup.api.log.includes(entry)) left -= 1;
			if (left > 0) return;
			setup.api.off(event, listener);
			resolve();
		};
		setup.api.on(event, listener);
	});
}

interface Phase {
	faults?: FaultRule[];
	generationMs?: number;
	/** When to stop. */
	when: () => Promise<void>;
	parameters?: IDataObject;
	items?: number;
}

async function stopIn({ faults = [], generationMs = 0, when, parameters, items = 1 }: Phase) {
	setup.api.settings.generationMs = generationMs;
	faults.forEach((fault) => setup.api.fault(fault));
	const due = when();
	const started = setup.engine.start(veoWorkflow({ ...TEXT, ...parameters }), {
		items: itemsOf(items),
		credentials: setup.api,
	});
	await due;
	started.cancel();
	return { ...(await started.done), executionId: started.executionId };
}

/** A request that the last test cut off may reach a busy server only now. */
const isOf =
	(executionId: string) =>
	({ clientRequestId = '' }: { clientRequestId?: string }) =>
		clientRequestId.startsWith(`n8n.${executionId}.`);

/** Nothing goes on, and each generation that was answered can be found. */
function expectStopped(result: RunResult & { executionId: string }) {
	expect(result.status).toBe('canceled');
	expect(result.cancelTookMs).toBeLessThan(MAX_STOP_MS);
	expect(result.requests).toBeGreaterThan(0);
	expect(result.requestsAfterCancel).toBe(0);
	expect(result.unhandled).toEqual([]);
	expect(result.timersLeft).toBeLessThanOrEqual(0);
	const ledger = JSON.stringify(result.context);
	const own = posts(setup).filter(isOf(result.executionId));
	for (const { generationId = '', clientRequestId, status } of own) {
		if (status !== 201) continue;
		// An answer that came while the request was being cut off is not seen; then its request ID is kept.
		const unseen = new RegExp(`{"req":"${clientRequestId}"[^}]*"at":\\d+}`).test(ledger);
		expect(unseen || ledger.includes(generationId)).toBe(true);
		expect(unseen || setup.engine.output.includes(generationId)).toBe(true);
	}
}

const phases: Array<[string, Phase]> = [
	[
		'submitting',
		{
			faults: [{ on: 'submit', action: { kind: 'acceptThenHang' } }],
			when: async () => await seen('request', isPost),
		},
	],
	[
		'submitting, Create',
		{
			faults: [{ on: 'submit', action: { kind: 'hang' } }],
			when: async () => await seen('request', isPost),
			parameters: { operation: 'create' },
		},
	],
	[
		'pausing after 429',
		{
			faults: [
				{
					on: 'submit',
					action: { kind: 'status', status: 429, headers: { 'retry-after': '60' } },
				},
			],
			when: async () => await seen('response', isPost),
		},
	],
	[
		'searching for a lost answer',
		{
			faults: [
				{ on: 'submit', action: { kind: 'acceptThenReset' } },
				{ on: 'logs', action: { kind: 'hang' } },
			],
			when: async () => await seen('request', isLog),
		},
	],
	['between checks', { generationMs: LONG_MS, when: async () => await seen('response', isCheck) }],
	[
		'between checks of Get',
		{
			generationMs: LONG_MS,
			when: async () => await seen('response', isCheck),
			parameters: {
				operation: 'get',
				generationId: 'gone',
				waitForCompletion: true,
				options: { pollInterval: 60 },
			},
		},
	],
	[
		'during a check',
		{
			faults: [{ on: 'fetch', action: { kind: 'hang' } }],
			when: async () => await seen('request', isCheck),
		},
	],
	[
		'during the one check of Get',
		{
			faults: [{ on: 'fetch', action: { kind: 'hang' } }],
			when: async () => await seen('request', isCheck),
			parameters: { operation: 'get', generationId: 'any' },
		},
	],
	[
		'before the CDN answers',
		{
			faults: [{ on: 'cdn', action: { kind: 'hang' } }],
			when: async () => await seen('request', isDownload),
		},
	],
	[
		'downloading',
		{
			faults: [{ on: 'cdn', action: { kind: 'stall', afterBytes: 5_000 } }],
			when: async () => await seen('request', isDownload),
		},
	],
	[
		'between downloads',
		{
			faults: [{ on: 'cdn', action: { kind: 'status', status: 503 }, times: 9 }],
			when: async () => await seen('response', isDownload, 2),
		},
	],
	[
		'asking for a fresh address',
		{
			faults: [
				{ on: 'cdn', action: { kind: 'expire' } },
				{ on: 'fetch', action: { kind: 'hang' }, after: 1 },
			],
			when: async () => await seen('request', isCheck, 2),
		},
	],
	[
		'100 items waiting',
		{
			generationMs: LONG_MS,
			items: 100,
			parameters: { options: { maxConcurrent: 50 } },
			when: async () => await seen('response', isCheck, 50),
		},
	],
	[
		'10 items downloading',
		{
			faults: [{ on: 'cdn', action: { kind: 'stall', afterBytes: 5_000 }, times: 10 }],
			items: 10,
			when: async () => await seen('request', isDownload, 10),
		},
	],
	[
		'10 items submitting, most of them queued',
		{
			faults: [{ on: 'submit', action: { kind: 'acceptThenHang' }, after: 3, times: 9 }],
			generationMs: LONG_MS,
			items: 10,
			when: async () => await seen('request', isPost, 4),
		},
	],
];

afterAll(() => expect(setup.engine.output).not.toContain('Warning'));

test.each(phases)('%s', async (_name, phase) => {
	expectStopped(await stopIn(phase));
});

/** The jobs of the sandbox end now. */
const finishAll = () => setup.api.generations.forEach((job) => (job.readyAt = Date.now()));

test('the message lists what was paid for, and a retry of the execution brings it', async () => {
	const stopped = await stopIn({
		generationMs: LONG_MS,
		items: 4,
		when: async () => await seen('response', isCheck, 4),
	});
	expectStopped(stopped);
	const ids = setup.api.generations.filter(isOf(stopped.executionId)).map(({ id }) => id);
	expect(stopped.error?.message).toBe('The execution was canceled');
	ids.forEach((id) => expect(stopped.error?.description).toContain(id));

	finishAll();
	const { executionId: retryOf } = stopped;
	const retried = await setup.engine.run(veoWorkflow(TEXT), { credentials: setup.api, retryOf });
	expect(retried.outputs[0]?.map(({ json }) => json.id)).toEqual(ids);
	expect(posts(setup)).toHaveLength(4);
});

test('the message lists the requests whose answer is not known', async () => {
	const stopped = await stopIn({
		faults: [{ on: 'submit', action: { kind: 'acceptThenHang' } }],
		when: async () => await seen('request', isPost),
	});
	const { clientRequestId } = posts(setup)[0] ?? {};
	expect(stopped.error?.description).toContain('may have been accepted and charged');
	expect(stopped.error?.description).toContain(clientRequestId);
	const { executionId: retryOf } = stopped;
	const retried = await setup.engine.run(veoWorkflow(TEXT), { credentials: setup.api, retryOf });
	expect(retried.outputs[0]?.[0]?.json.id).toBe(setup.api.generations[0]?.id);
	expect(posts(setup)).toHaveLength(1);
});

test('Retry On Fail asks and forgets nothing after Stop', async () => {
	setup.api.settings.generationMs = LONG_MS;
	const due = seen('response', isCheck, 2);
	const settings = { retryOnFail: true, maxTries: 3, waitBetweenTries: 50 };
	const { done, cancel } = setup.engine.start(veoWorkflow(TEXT, settings), {
		items: itemsOf(2),
		credentials: setup.api,
	});
	await due;
	cancel();
	const result = await done;
	expect(result.status).toBe('canceled');
	expect(result.requestsAfterCancel).toBe(0);
	expect(result.unhandled).toEqual([]);
	for (const { id } of setup.api.generations) expect(result.error?.description).toContain(id);
});

test('an item ends the node: the ids of the others are waited for, and nothing more is asked', async () => {
	const match = (index: number) => ({ promptIncludes: `Wave ${index}` });
	const refusal = { kind: 'status', status: 400 } as const;
	setup.api.fault({ on: 'submit', action: refusal, match: match(1) });
	setup.api.fault({
		on: 'submit',
		action: { kind: 'acceptSlowly', ms: 300 },
		match: match(2),
	});
	setup.api.fault({ on: 'fetch', action: refusal, times: 9, match: match(2) });
	setup.api.settings.generationMs = LONG_MS;
	const workflow = veoWorkflow({ ...TEXT, prompt: '=Wave {{ $json.index }}' });
	const result = await setup.engine.run(workflow, { items: itemsOf(5), credentials: setup.api });
	const [first, third] = setup.api.generations.map(({ id }) => id);
	expect(result.error?.message).toBe('The AI/ML API refused the request [item 1]');
	expect(result.error?.description).toContain(first);
	expect(result.error?.description).toContain(third);
	expect(posts(setup)).toHaveLength(3);
	expect(checks(setup).map(({ generationId }) => generationId)).toEqual([first]);
	expect(result.unhandled).toEqual([]);
	expect(result.timersLeft).toBeLessThanOrEqual(0);
});
