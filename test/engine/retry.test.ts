/** A retry is the same request, whatever its expressions return this time; what is paid for is always named. */
import type { IDataObject, INode } from 'n8n-workflow';
import type { FaultRule } from '../../sandbox/stand-ins/api';
import { veoWorkflow } from './harness';
import type { RunOptions, RunResult, WorkflowSpec } from './harness';
import { fileOf, itemsOf, posts, TEXT, useEngine } from './setup';

const SPEED = 20;
const setup = useEngine({ speed: SPEED, binaryMode: 'filesystem' });
type Action = FaultRule['action'];

const RETRYING: Partial<INode> = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 };
const PROCEEDING: Partial<INode> = { ...RETRYING, onError: 'continueRegularOutput' };
const EACH = { ...TEXT, prompt: '=Wave {{ $json.index }}' };
const HOUR_MS = 3_600_000;
const status = (code: number, body?: unknown): Action => ({ kind: 'status', status: code, body });

const run = async (workflow: WorkflowSpec, options: Partial<RunOptions> = {}) => {
	const started = setup.engine.start(workflow, { credentials: setup.api, ...options });
	return { ...(await started.done), executionId: started.executionId };
};
const bought = () => setup.api.settled().map(({ id }) => id);
const videosOf = (result: RunResult) =>
	(result.outputs[0] ?? []).filter(({ files }) => files.data).map(({ json }) => json.id);
const textOf = ({ error }: RunResult) => `${error?.message} ${error?.description}`;

describe('expressions that give another value on the next try', () => {
	const changing: Array<[string, IDataObject]> = [
		['a random seed', { videoSettings: { seed: '={{ Math.floor(Math.random() * 1000000) }}' } }],
		['the time in the prompt', { prompt: '={{ "News of " + $now.toISO() }}' }],
	];

	test.each(changing)('%s: Retry On Fail after a bad download pays once', async (_name, more) => {
		setup.api.fault({ on: 'cdn', action: status(403), times: 99 });
		const failing = run(veoWorkflow({ ...TEXT, ...more }, { ...RETRYING, maxTries: 2 }));
		const failed = await failing;
		expect(failed.error?.message).toContain('could not be downloaded');
		expect(posts(setup)).toHaveLength(1);
	});

	test.each(changing)('%s: only what was refused is sent again', async (_name, more) => {
		const refused: FaultRule = { on: 'submit', action: status(400), times: 99, after: 0 };
		// The first item, so that n8n tries again.
		let first = true;
		setup.api.fault(refused);
		setup.api.on('response', () => {
			if (!first) return;
			first = false;
			setup.api.faults.clear();
		});
		const result = await run(veoWorkflow({ ...TEXT, ...more }, PROCEEDING), {
			items: itemsOf(5),
		});
		expect(posts(setup)).toHaveLength(6);
		expect(bought()).toHaveLength(5);
		expect(videosOf(result).sort()).toEqual(bought().sort());
	});

	test.each(changing)(
		'%s: five items, one refused in all three tries: 7 requests',
		async (_n, more) => {
			const prompt = '=Wave {{ $json.index }} {{ $now.toISO() }}';
			setup.api.fault({
				on: 'submit',
				action: status(400),
				times: 99,
				match: { promptIncludes: 'Wave 0' },
			});
			await run(veoWorkflow({ ...TEXT, ...more, prompt }, PROCEEDING), { items: itemsOf(5) });
			expect(posts(setup)).toHaveLength(7);
		},
	);

	test.each(changing)('%s: Executions → Retry after a time-out pays once', async (_name, more) => {
		setup.api.settings.generationMs = HOUR_MS;
		const workflow = veoWorkflow({ ...TEXT, ...more, options: { timeout: 3, pollInterval: 2 } });
		const failed = await run(workflow);
		expect(failed.error?.message).toContain('was not ready');
		setup.api.generations.forEach((generation) => (generation.readyAt = Date.now()));
		const retried = await run(workflow, { retryOf: failed.executionId });
		expect(posts(setup)).toHaveLength(1);
		expect(videosOf(retried)).toEqual(bought());
	});

	test('after a generation that failed at no cost they are worked out anew', async () => {
		setup.api.fault({ on: 'submit', action: { kind: 'fail', error: 'Refused' } });
		const prompt = '={{ "Seen at " + $now.toMillis() + " " + Math.random() }}';
		const result = await run(veoWorkflow({ ...TEXT, prompt }, RETRYING));
		const prompts = posts(setup).map(({ body }) => (body as IDataObject).prompt);
		expect(videosOf(result)).toHaveLength(1);
		expect(new Set(prompts).size).toBe(2);
	});

	test('an expression that was edited, and gives the same for some items, buys only the others', async () => {
		setup.api.fault({ on: 'fetch', action: status(400), match: { promptIncludes: 'Wave 1' } });
		const failed = await run(veoWorkflow(EACH), { items: itemsOf(3) });
		const edited = '={{ $json.index === 1 ? "A dune" : "Wave " + $json.index }}';
		await run(veoWorkflow({ ...EACH, prompt: edited }), {
			items: itemsOf(3),
			retryOf: failed.executionId,
		});
		expect(posts(setup)).toHaveLength(4);
	});

	test('a retry whose image is gone delivers what was paid for', async () => {
		const parameters = { model: 'google/veo-3.1-i2v', prompt: 'A hill', firstFrame: 'photo' };
		setup.api.fault({ on: 'fetch', action: status(400) });
		const failed = await run(veoWorkflow(parameters), {
			items: [{ binary: { photo: fileOf('first-frame.png', 'image/png') } }],
		});
		expect(failed.status).toBe('error');
		// As after an edited workflow, or when n8n has pruned the file: the field is not there any more.
		const gone = { ...parameters, firstFrame: 'photo' };
		const workflow = veoWorkflow(gone);
		const { rmSync } = await import('node:fs');
		rmSync(`${setup.engine.folder}/.n8n/binaryData`, { recursive: true, force: true });
		rmSync(`${setup.engine.folder}/.n8n/storage`, { recursive: true, force: true });
		const retried = await run(workflow, { retryOf: failed.executionId });
		expect(retried.error).toBeUndefined();
		expect(retried.outputs[0]?.[0]?.json.id).toBe(bought()[0]);
		expect(posts(setup)).toHaveLength(1);
	});
});

describe('files that are here already', () => {
	test('a try does not download again what an earlier try of the execution has stored', async () => {
		setup.api.fault({
			on: 'fetch',
			action: status(400),
			times: 2,
			match: { promptIncludes: 'Wave 0' },
		});
		const result = await run(veoWorkflow(EACH, PROCEEDING), { items: itemsOf(5) });
		expect(videosOf(result)).toHaveLength(5);
		const downloads = setup.api.settled().map(({ deliveredTimes }) => deliveredTimes);
		expect(downloads).toEqual([1, 1, 1, 1, 1]);
	});
});

describe('all that is paid for is named', () => {
	test('Create: three of four items are accepted, the last is refused', async () => {
		setup.api.fault({ on: 'submit', action: status(400), match: { promptIncludes: 'Wave 3' } });
		const result = await run(veoWorkflow({ ...EACH, operation: 'create' }), {
			items: itemsOf(4),
		});
		expect(bought()).toHaveLength(3);
		for (const id of bought()) expect(textOf(result)).toContain(id);
		expect(textOf(result)).toContain('retry this execution');
		expect(textOf(result)).not.toContain('run the workflow again');
	});

	test('Create and Wait: three are delivered, the fourth fails', async () => {
		setup.api.fault({
			on: 'submit',
			action: { kind: 'fail', error: 'Refused' },
			match: { promptIncludes: 'Wave 3' },
		});
		const workflow = veoWorkflow({ ...EACH, options: { maxConcurrent: 1 } });
		const result = await run(workflow, { items: itemsOf(4) });
		expect(bought()).toHaveLength(4);
		for (const id of bought()) expect(textOf(result)).toContain(id);
	});

	test('a lost answer beside a refusal is named by its client request ID', async () => {
		setup.api.fault({
			on: 'submit',
			action: { kind: 'hang' },
			match: { promptIncludes: 'Wave 1' },
		});
		setup.api.fault({
			on: 'submit',
			action: status(400),
			match: { promptIncludes: 'Wave 2' },
		});
		const result = await run(veoWorkflow({ ...EACH, operation: 'create' }), {
			items: itemsOf(3),
		});
		const lost = posts(setup).find(({ body }) => JSON.stringify(body).includes('Wave 1'));
		expect(lost?.clientRequestId).toBeDefined();
		expect(textOf(result)).toContain(lost?.clientRequestId);
	});

	test('an item that is refused before anything is sent names what an earlier try paid for', async () => {
		setup.api.fault({ on: 'fetch', action: status(400), match: { promptIncludes: 'Wave 0' } });
		const failed = await run(veoWorkflow(EACH), { items: itemsOf(2) });
		const edited = veoWorkflow({ ...EACH, prompt: '={{ "" }}' });
		const retried = await run(edited, { items: itemsOf(2), retryOf: failed.executionId });
		expect(retried.error?.message).toContain("'Prompt' is empty");
		for (const id of bought()) expect(textOf(retried)).toContain(id);
	});

	test('nothing paid: a new run is right', async () => {
		setup.api.fault({ on: 'submit', action: status(400) });
		const result = await run(veoWorkflow(TEXT));
		expect(textOf(result)).toContain('run the workflow again');
	});
});

describe('a request whose answer was lost', () => {
	const lose = (action: Action, index = 1) =>
		setup.api.fault({ on: 'submit', action, match: { promptIncludes: `Wave ${index}` } });
	const loseInLog = (times: number) => setup.api.fault({ on: 'logs', action: status(503), times });

	test('is sent anew a day later, when the log does not hold it', async () => {
		lose(status(502));
		const failed = await run(veoWorkflow(EACH), { items: itemsOf(3) });
		expect(failed.error?.message).toContain('may have been accepted and charged');
		const soon = await run(veoWorkflow(EACH), { retryOf: failed.executionId });
		expect(soon.error?.message).toContain('may have been accepted and charged');
		expect(posts(setup).length).toBeLessThanOrEqual(3);
		const later = await run(veoWorkflow(EACH), {
			retryOf: soon.executionId,
			laterMs: 24 * HOUR_MS,
		});
		expect(later.error).toBeUndefined();
		expect(videosOf(later)).toHaveLength(3);
		expect(bought()).toHaveLength(3);
		const sent = posts(setup).map(({ clientRequestId }) => clientRequestId);
		expect(new Set(sent).size).toBe(4);
	});

	test('is not sent anew while the log cannot be read', async () => {
		lose(status(502), 0);
		const failed = await run(veoWorkflow(EACH), { items: itemsOf(1) });
		loseInLog(99);
		const later = await run(veoWorkflow(EACH), {
			retryOf: failed.executionId,
			laterMs: 24 * HOUR_MS,
		});
		expect(later.error?.message).toContain('may have been accepted and charged');
		expect(posts(setup)).toHaveLength(1);
	});

	test('does not keep the others from being delivered, nor buys what is not paid yet', async () => {
		setup.api.settings.generationMs = 60_000 / SPEED;
		lose(status(502), 2);
		const failed = await run(veoWorkflow(EACH), { items: itemsOf(3) });
		expect(bought()).toHaveLength(2);
		expect(setup.api.generations.map(({ deliveredTimes }) => deliveredTimes)).toEqual([0, 0]);
		const retried = await run(veoWorkflow(EACH), { retryOf: failed.executionId });
		expect(retried.error?.message).toContain('may have been accepted and charged');
		expect(retried.error?.itemIndex).toBe(2);
		expect(setup.api.generations.map(({ deliveredTimes }) => deliveredTimes)).toEqual([1, 1]);
		expect(posts(setup)).toHaveLength(3);
	});

	test('is found behind one 503 of the log', async () => {
		lose({ kind: 'acceptThenReset' }, 0);
		loseInLog(1);
		const result = await run(veoWorkflow(EACH), { items: itemsOf(1) });
		expect(videosOf(result)).toEqual(bought());
		expect(posts(setup)).toHaveLength(1);
	});

	test('is found among 600 newer rows of other models', async () => {
		Object.assign(setup.api.settings, { oldLogRows: 600, oldLogModel: 'openai/gpt-5' });
		lose({ kind: 'acceptThenReset' }, 0);
		const result = await run(veoWorkflow(EACH), { items: itemsOf(1) });
		expect(videosOf(result)).toEqual(bought());
		const pages = setup.api.log.filter(({ path }) => path.startsWith('/v2/logs'));
		const query = new URL(pages[0]?.path ?? '', 'http://x').searchParams;
		expect(query.getAll('model')).toEqual(['google/veo-3.1-t2v', 'veo-3.1-t2v']);
		expect(query.get('period')).toBe('24h');
	});

	test.each<[string, Action]>([
		['a 502 that names it', { kind: 'acceptThenStatus', status: 502, named: true }],
		['an answer that breaks off', { kind: 'acceptThenBroken' }],
	])('%s: the ID in the header is kept and checked', async (_name, action) => {
		// Not in the log yet.
		setup.api.settings.generationMs = 60_000 / SPEED;
		lose(action, 0);
		const result = await run(veoWorkflow(EACH), { items: itemsOf(1) });
		expect(result.error).toBeUndefined();
		expect(videosOf(result)).toEqual(bought());
		expect(posts(setup)).toHaveLength(1);
	});

	test('two executions of the same number never share a client request ID', async () => {
		await run(veoWorkflow(TEXT), { executionId: '77' });
		await run(veoWorkflow(TEXT), { executionId: '77' });
		const [one, other] = posts(setup).map(({ clientRequestId }) => clientRequestId);
		expect(one).toMatch(/^n8n\.77\.0\.0\./);
		expect(other).toMatch(/^n8n\.77\.0\.0\./);
		expect(one).not.toBe(other);
	});
});

describe('what an answer may look like', () => {
	const answering = async (action: Action, more: IDataObject = {}) => {
		setup.api.fault({ on: 'submit', action });
		return await run(veoWorkflow({ ...TEXT, options: { pollInterval: 2 }, ...more }));
	};

	test('completed and charged, the video 14 s later: waited for, and bought once', async () => {
		const result = await answering({ kind: 'chargedLate', checks: 7 });
		expect(videosOf(result)).toEqual(bought());
		expect(posts(setup)).toHaveLength(1);
	});

	test('the video in a list: the row has its address in the same place', async () => {
		const result = await answering({ kind: 'videoList' });
		expect(videosOf(result)).toEqual(bought());
		expect(result.outputs[0]?.[0]?.json.video).toEqual({ url: expect.stringMatching(/^http/) });
	});

	test('completed at once: no check is needed', async () => {
		const result = await answering({ kind: 'completedAtOnce' });
		expect(videosOf(result)).toEqual(bought());
		expect(setup.api.log.filter(({ path }) => path.includes('generation_id='))).toEqual([]);
	});

	test.each(['create', 'createAndWait'])('failed at once: %s says why', async (operation) => {
		const action: Action = { kind: 'failedAtOnce', error: { message: 'Too dark' } };
		const result = await answering(action, { operation });
		expect(result.error?.message).toBe('The video could not be generated [item 0]');
		expect(textOf(result)).toContain('Too dark');
		expect(JSON.stringify(result.context)).not.toContain('"req"');
	});

	test('another form of the ID: the row keeps the one that was asked with', async () => {
		const result = await answering({ kind: 'otherId' });
		expect(videosOf(result)).toEqual(bought());
	});

	test.each<[string, Action, string, string]>([
		[
			'200 with a code of its own',
			{ kind: 'json', body: { code: 402, msg: 'Credits insufficient' } },
			'The AI/ML API account has no credits left [item 0]',
			'Credits insufficient',
		],
		[
			'413 in HTML',
			{ kind: 'html', status: 413 },
			'The request is too large for the server or for a proxy in between [item 0]',
			'Nothing was charged',
		],
		[
			"403 that is not the API's own",
			{ kind: 'html', status: 403 },
			'A proxy or firewall between n8n and the AI/ML API refused the request [item 0]',
			'Allow requests to the API in the proxy or firewall',
		],
	])('%s', async (_name, action, message, words) => {
		const result = await answering(action);
		expect(result.error?.message).toBe(message);
		expect(textOf(result)).toContain(words);
		expect(JSON.stringify(result.context)).not.toContain('"req"');
	});

	test("a check that a firewall refuses is ridden out: 403 that is not the API's own", async () => {
		setup.api.fault({ on: 'fetch', action: { kind: 'html', status: 403 }, times: 3 });
		const result = await run(veoWorkflow({ ...TEXT, options: { pollInterval: 2 } }));
		expect(videosOf(result)).toEqual(bought());
	});
});
