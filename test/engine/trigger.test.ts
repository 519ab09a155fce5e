/** The trigger in n8n's engine: what starts the workflow, with which rows. */
import { makeVideo, makeVideos } from './harness/videos';
import { idsOf, startTrigger, TriggerWorkflow } from './harness/trigger';
import { checks, useEngine } from './setup';

const setup = useEngine();
const start = async (parameters = {}) => await startTrigger(setup.engine, setup.api, parameters);
const logReads = () => setup.api.log.filter(({ path }) => path.startsWith('/v2/logs'));

test('an activation sets the mark and starts nothing', async () => {
	const trigger = await start();
	expect(trigger.rows).toEqual([]);
	expect(trigger.stored).toMatch(/"since":\d+/);
});

test('a finished video comes once, with its URL, its cost and who asked for it', async () => {
	await makeVideo(setup.api);
	const trigger = await start();
	const clientRequestId = 'n8n.12.0.3.0123abcd-01234567:row-7';
	const { id, model, costUsd } = await makeVideo(setup.api, { clientRequestId });
	const { rows, executions } = await trigger.poll();
	expect(executions).toHaveLength(1);
	expect(rows).toEqual([
		expect.objectContaining({
			json: expect.objectContaining({
				id,
				model,
				status: 'succeeded',
				created: expect.stringMatching(/^20/),
				cost: { usd: costUsd, credits: expect.any(Number) },
				clientRequestId,
				n8n: { executionId: '12', runIndex: 0, itemIndex: 3, attempt: 1, reference: 'row-7' },
				video: { url: expect.stringContaining('.mp4') },
			}),
			files: {},
		}),
	]);
	expect(rows[0]?.json).not.toHaveProperty('error');
	expect((await trigger.poll()).executions).toEqual([]);
	// The log is read three times, the video checked once.
	expect([logReads().length, checks(setup).length]).toEqual([3, 1]);
});

test('what was running at the activation comes when it is finished', async () => {
	const running = await makeVideo(setup.api, { agoMs: 600_000, takesMs: 86_400_000 });
	const trigger = await start();
	expect((await trigger.poll()).rows).toEqual([]);
	running.readyAt = Date.now();
	expect(idsOf((await trigger.poll()).rows)).toEqual([running.id]);
});

test('several come in one execution, the oldest first', async () => {
	const trigger = await start();
	const made = [];
	for (const agoMs of [3_000, 1_000, 2_000]) made.push(await makeVideo(setup.api, { agoMs }));
	const { executions } = await trigger.poll();
	expect(executions).toHaveLength(1);
	const [first, third, second] = made.map(({ id }) => id);
	expect(idsOf(executions[0] ?? [])).toEqual([first, second, third]);
});

test('with Download Video the file comes along', async () => {
	const trigger = await start({ download: true, options: { binaryField: 'clip', fileName: 'a' } });
	await makeVideos(setup.api, 2);
	const { rows } = await trigger.poll();
	expect(rows).toHaveLength(2);
	for (const { files } of rows) {
		expect(files.clip).toMatchObject({ fileName: 'a.mp4', mimeType: 'video/mp4' });
		expect(files.clip?.bytes).toBeGreaterThan(10_000);
	}
});

describe('what is sought', () => {
	const named = (reference: string) => ({
		clientRequestId: `n8n.12.0.3.0123abcd-01234567:${reference}`,
	});

	test('models, our own requests, and the beginning of the reference', async () => {
		const { api } = setup;
		const fast = 'google/veo-3.1-t2v-fast';
		const triggers = {
			all: await start(),
			fast: await start({ filters: { model: [fast] } }),
			own: await start({ filters: { ownOnly: true } }),
			order: await start({ filters: { reference: 'order-1' } }),
			none: await start({ filters: { model: [fast], reference: 'order-1' } }),
		};
		const foreign = await makeVideo(api, { clientRequestId: 'somebody' });
		const unnamed = await makeVideo(api, { model: fast });
		const first = await makeVideo(api, named('order-12'));
		const second = await makeVideo(api, named('order-2'));
		const found: Record<string, unknown[]> = {};
		for (const [name, trigger] of Object.entries(triggers)) {
			found[name] = idsOf((await trigger.poll()).rows);
		}
		const ids = (...made: Array<{ id: string }>) => made.map(({ id }) => id);
		expect(found).toEqual({
			all: ids(foreign, unnamed, first, second),
			fast: ids(unnamed),
			own: ids(first, second),
			order: ids(first),
			none: [],
		});
	});

	test.each([
		['succeeded', ['succeeded']],
		['failed', ['failed']],
		['any', ['succeeded', 'failed']],
	])('%s: %j', async (status, ends) => {
		const trigger = await start({ status });
		await makeVideo(setup.api);
		setup.api.fault({ on: 'submit', action: { kind: 'fail', error: 'Too dark' } });
		await makeVideo(setup.api);
		const { rows } = await trigger.poll();
		expect(rows.map(({ json }) => json.status)).toEqual(ends);
		// Nothing is asked about a failed one.
		expect(checks(setup)).toHaveLength(ends.includes('succeeded') ? 1 : 0);
	});

	test('a parameter that cannot be used is told at the activation', async () => {
		const trigger = new TriggerWorkflow(setup.engine, setup.api, { status: 'soon' });
		const { thrown } = await trigger.activate();
		expect(thrown?.message).toBe("'Trigger On' cannot be 'soon'");
		expect(logReads()).toEqual([]);
	});

	test('a credential without a key is told at the activation', async () => {
		const credentials = { apiKey: '', baseUrl: setup.api.baseUrl };
		const { thrown } = await new TriggerWorkflow(setup.engine, credentials).activate();
		expect(thrown?.message).toMatch(/'API Key' in the credential is empty/);
	});
});

test('of two rows about one video, the one that succeeded and tells who asked counts', async () => {
	const trigger = await start({ status: 'any' });
	const [made] = await makeVideos(setup.api, 1);
	const row = (status: string, client_request_id: string | null) => ({
		inference_id: made?.id,
		created: new Date().toISOString(),
		status,
		client_request_id,
	});
	const own = 'n8n.12.0.3.0123abcd-01234567';
	const data = [row('succeeded', null), row('succeeded', own), row('failed', own)];
	setup.api.fault({ on: 'logs', action: { kind: 'json', body: { data } } });
	const { rows } = await trigger.poll();
	expect(rows.map(({ json }) => [json.status, json.clientRequestId])).toEqual([['succeeded', own]]);
	expect((await trigger.poll()).rows).toEqual([]);
});

describe('Fetch Test Event', () => {
	const test7Days = async (parameters = {}) =>
		await new TriggerWorkflow(setup.engine, setup.api, parameters).test();

	test('gives the newest finished video that fits', async () => {
		await makeVideo(setup.api, { agoMs: 1_000 });
		const newest = await makeVideo(setup.api, { agoMs: 500 });
		setup.api.fault({ on: 'submit', action: { kind: 'fail', error: 'Too dark' } });
		await makeVideo(setup.api);
		const { rows, thrown } = await test7Days();
		expect(thrown).toBeUndefined();
		expect(idsOf(rows)).toEqual([newest.id]);
		expect(rows[0]?.json).toMatchObject({ video: { url: expect.stringContaining('.mp4') } });
	});

	test('with its file', async () => {
		await makeVideo(setup.api);
		const { rows } = await test7Days({ download: true });
		expect(rows[0]?.files.data?.mimeType).toBe('video/mp4');
	});

	test('looks through all pages', async () => {
		const clientRequestId = 'n8n.12.0.3.0123abcd-01234567:row-7';
		const oldest = await makeVideo(setup.api, { clientRequestId, agoMs: 60_000 });
		for (let count = 0; count < 120; count++) await makeVideo(setup.api);
		const { rows } = await test7Days({ filters: { reference: 'row' } });
		expect(idsOf(rows)).toEqual([oldest.id]);
	});

	test('says that there is none, and what to do', async () => {
		const { rows, thrown } = await test7Days();
		expect(rows).toEqual([]);
		expect(thrown?.message).toBe('No finished video in the last 7 days');
		expect(thrown?.description).toMatch(/fetch the test event again/);
	});

	test.each([
		[503, 'The list of videos could not be read'],
		[401, 'The AI/ML API did not accept the API key'],
	])('says what the log answers: %i', async (status, message) => {
		setup.api.fault({ on: 'logs', action: { kind: 'status', status }, times: 9 });
		expect((await test7Days()).thrown?.message).toBe(message);
	});
});

describe('what n8n hears of it', () => {
	const linesOf = (text: string) =>
		setup.engine.output.split('\n').filter((line) => line.includes(text));
	const down = (times: number) =>
		setup.api.fault({ on: 'logs', action: { kind: 'status', status: 503 }, times });

	test('passing trouble is in the log once, and so is its end', async () => {
		const trigger = await start();
		const [begun, ended] = ['finished videos cannot be read', 'answers again'].map(
			(text) => () => linesOf(text).length,
		);
		const before = [begun?.(), ended?.()];
		down(6);
		for (let polls = 0; polls < 5; polls++) await trigger.poll();
		// The last line may still be on its way through the pipe.
		while (ended?.() === before[1]) await new Promise(setImmediate);
		expect([begun?.(), ended?.()]).toEqual(before.map((count = 0) => count + 1));
		expect(trigger.errors).toEqual([]);
	});

	test('a wrong key is an execution with the message and the way out', async () => {
		const trigger = await start();
		setup.api.fault({ on: 'logs', action: { kind: 'status', status: 401 }, times: 3 });
		for (let polls = 0; polls < 3; polls++) await trigger.poll();
		expect(trigger.errors).toHaveLength(1);
		expect(trigger.errors[0]?.message).toBe('The AI/ML API did not accept the API key');
		expect(trigger.errors[0]?.message).not.toMatch(/authorization/i);
	});

	test('a key that is revoked between the log and the video loses nothing', async () => {
		const trigger = await start();
		const made = await makeVideos(setup.api, 2);
		setup.api.fault({ on: 'fetch', action: { kind: 'status', status: 401 }, times: 2 });
		expect((await trigger.poll()).rows).toEqual([]);
		expect(trigger.errors).toHaveLength(1);
		expect(idsOf((await trigger.poll()).rows)).toEqual(made.map(({ id }) => id));
	});
});

describe('a poll that could take too long', () => {
	// Minutes pass in seconds.
	const quick = useEngine({ speed: 20 });

	test('ends in time with what it has, and leaves the rest to the next one', async () => {
		const { api, engine } = quick;
		const trigger = await startTrigger(engine, api, { download: true }, true);
		await trigger.poll();
		const made = await makeVideos(api, 14);
		// Never answered by the CDN: the download waits a minute for it.
		api.fault({ on: 'cdn', action: { kind: 'hang' }, times: 4 });
		const startedMs = Date.now();
		const first = await trigger.poll();
		// n8n's durable scheduler gives 36 s; the downloads alone would take four minutes.
		expect((Date.now() - startedMs) * 20).toBeLessThan(120_000);
		expect(first.rows).toHaveLength(10);
		expect(idsOf((await trigger.poll()).rows)).toHaveLength(4);
		expect(new Set(idsOf(trigger.rows))).toEqual(new Set(idsOf(made.map((json) => ({ json })))));
	});

	test('gives up a log that does not answer', async () => {
		const { api, engine } = quick;
		const trigger = await startTrigger(engine, api, {}, true);
		await trigger.poll();
		const [one] = await makeVideos(api, 1);
		api.fault({ on: 'logs', action: { kind: 'hang' }, times: 3 });
		expect((await trigger.poll()).rows).toEqual([]);
		api.faults.clear();
		expect(idsOf((await trigger.poll()).rows)).toEqual([one?.id]);
	});
});
