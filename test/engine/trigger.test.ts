/** The trigger in n8n's engine: what starts the workflow, with which rows. */
import { makeVideo, makeVideos } from './harness/videos';
import { TriggerWorkflow } from './harness/trigger';
import { looks, useEngine } from './setup';

const setup = useEngine();
const start = async (parameters = {}) => {
	const trigger = new TriggerWorkflow(setup.engine, setup.api, parameters);
	await trigger.activate();
	return trigger;
};
const idsOf = (rows: Array<{ json: { id?: unknown } }>) => rows.map(({ json }) => json.id);
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
	// Three looks at the log, one at the video.
	expect([logReads().length, looks(setup).length]).toEqual([3, 1]);
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
