/** The trigger with unexpected logs, filters and memories: no finished video is lost or handed over twice. */
import type { IDataObject } from 'n8n-workflow';
import type { Generation } from '../../sandbox/stand-ins/api';
import { makeVideo, makeVideos } from './harness/videos';
import { idsOf, startTrigger } from './harness/trigger';
import { startEngine } from './harness';
import type { Engine } from './harness';
import { useEngine } from './setup';

const setup = useEngine();
const start = async (parameters = {}) => await startTrigger(setup.engine, setup.api, parameters);
const named = (reference: string) => ({
	clientRequestId: `n8n.12.0.3.0123abcd-01234567:${reference}`,
});
const logReads = () => setup.api.log.filter(({ path }) => path.startsWith('/v2/logs')).length;
const rowOf = ({ id, model }: Pick<Generation, 'id' | 'model'>, more: IDataObject = {}) => ({
	inference_id: id,
	created: new Date().toISOString(),
	status: 'succeeded',
	model,
	...more,
});
/** The next answer of the log. */
const tell = (data: unknown[], pagination: IDataObject = { has_more: false }) =>
	setup.api.fault({ on: 'logs', action: { kind: 'json', body: { data, pagination } } });

/** n8n's next process, for one test. */
async function withNext(run: (next: Engine) => Promise<void>): Promise<void> {
	const next = await startEngine();
	try {
		await run(next);
	} finally {
		await next.stop();
	}
}

describe('a row whose time is written in another way', () => {
	test.each<[string, () => unknown]>([
		['seconds', () => Math.floor(Date.now() / 1_000)],
		['seconds as text', () => String(Math.floor(Date.now() / 1_000))],
		['zero', () => 0],
		['the zero time of some languages', () => '0001-01-01T00:00:00Z'],
		['before the epoch', () => '1969-12-31T23:59:59Z'],
		['microseconds', () => Date.now() * 1_000],
		['days ahead', () => new Date(Date.now() + 5 * 86_400_000).toISOString()],
	])('%s: it comes once, and so does the next one', async (_name, created) => {
		const trigger = await start();
		const first = await makeVideo(setup.api);
		tell([{ ...rowOf(first), created: created() }]);
		expect(idsOf((await trigger.poll()).rows)).toEqual([first.id]);
		const second = await makeVideo(setup.api);
		expect(idsOf((await trigger.poll()).rows)).toEqual([second.id]);
	});

	describe('without a zone, where n8n is hours ahead of UTC', () => {
		const tokyo = useEngine({ env: { TZ: 'Asia/Tokyo' } });

		test.each([
			['T', ''],
			[' ', ''],
			['T', '.123456'],
		])('%j between date and time, %j at its end', async (between, end) => {
			const { api, engine } = tokyo;
			// The log is down at the activation: only the time tells old videos from new ones.
			api.fault({ on: 'logs', action: { kind: 'status', status: 503 }, times: 2 });
			const trigger = await startTrigger(engine, api);
			const one = await makeVideo(api);
			const created = `${new Date().toISOString().slice(0, 19).replace('T', between)}${end}`;
			const body = { data: [rowOf(one, { created })] };
			api.fault({ on: 'logs', action: { kind: 'json', body } });
			expect(idsOf((await trigger.poll()).rows)).toEqual([one.id]);
		});
	});
});

test('a video that the log first calls failed, then succeeded, comes again', async () => {
	const trigger = await start({ status: 'any' });
	const one = await makeVideo(setup.api);
	tell([rowOf(one, { status: 'failed' })]);
	const told = [];
	for (let polls = 0; polls < 4; polls++) told.push(await trigger.poll());
	expect(told.map(({ rows }) => rows.map(({ json }) => json.status))).toEqual([
		['failed'],
		['succeeded'],
		[],
		[],
	]);
});

test.each<[string, IDataObject, IDataObject]>([
	['is missing', { total: 130 }, { total: 130 }],
	['is text', { has_more: 'true' }, { has_more: 'false' }],
])('all pages are read where has_more %s', async (_name, first, last) => {
	const trigger = await start();
	const made = await makeVideos(setup.api, 130);
	const rows = made.map((one) => rowOf(one)).reverse();
	tell(rows.slice(0, 100), first);
	tell(rows.slice(100), last);
	expect((await trigger.poll()).rows).toHaveLength(130);
	expect((await trigger.poll()).rows).toEqual([]);
});

test('a refusal with the status 200 is told in the log of n8n, and loses nothing', async () => {
	const trigger = await start();
	const one = await makeVideo(setup.api);
	const told = () =>
		setup.engine.output.split('\n').filter((line) => line.includes('has no list of videos')).length;
	const before = told();
	const body = { error: { message: 'The account is suspended' } };
	setup.api.fault({ on: 'logs', action: { kind: 'json', body } });
	expect((await trigger.poll()).rows).toEqual([]);
	expect(idsOf((await trigger.poll()).rows)).toEqual([one.id]);
	// The line may still be on its way through the pipe.
	while (told() === before) await new Promise(setImmediate);
	expect(told()).toBe(before + 1);
});

test('of the same second, what was requested first comes first', async () => {
	const trigger = await start();
	const made = await makeVideos(setup.api, 5);
	for (const one of made) one.createdAt = made[0]?.createdAt ?? 0;
	expect(idsOf((await trigger.poll()).rows)).toEqual(made.map(({ id }) => id));
});

test('what the log leaves out does not hide what the video tells', async () => {
	const trigger = await start();
	const one = await makeVideo(setup.api);
	tell([{ inference_id: one.id, status: 'succeeded', model: null }]);
	const { rows } = await trigger.poll();
	expect(rows[0]?.json).toMatchObject({ id: one.id, model: one.model });
});

describe('a filter by expression', () => {
	const random = "={{ ['google/veo-3.1-t2v', 'x'].sort(() => Math.random() - 0.5) }}";

	test('with a list in another order at each poll reads the log once for each', async () => {
		const trigger = await start({ filters: { model: random } });
		for (let polls = 0; polls < 8; polls++) await trigger.poll();
		const one = await makeVideo(setup.api);
		expect(idsOf((await trigger.poll()).rows)).toEqual([one.id]);
		expect(logReads()).toBe(10);
	});

	test('that gives another text from time to time loses nothing, also after a restart', async () => {
		// Years, so that no test meets the end of a day.
		const current = "={{ 'at-' + $now.toFormat('yyyy') }}";
		const yearMs = 366 * 86_400_000;
		const at = (laterMs: number) => named(`at-${new Date(Date.now() + laterMs).getFullYear()}`);
		await withNext(async (first) => {
			const trigger = await startTrigger(first, setup.api, { filters: { reference: current } });
			const [one, two, three] = [
				await makeVideo(setup.api, at(0)),
				await makeVideo(setup.api, at(yearMs)),
				await makeVideo(setup.api, at(2 * yearMs)),
			];
			expect(idsOf((await trigger.poll()).rows)).toEqual([one.id]);
			expect(idsOf((await trigger.poll(yearMs)).rows)).toEqual([two.id]);
			await withNext(async (next) => {
				expect(idsOf((await trigger.restart(next, 2 * yearMs)).rows)).toEqual([three.id]);
				expect((await trigger.poll()).rows).toEqual([]);
			});
		});
	});
});

test('a change of the filters while the log breaks off starts nothing for old videos', async () => {
	const trigger = await start({ filters: { reference: 'a' } });
	await makeVideos(setup.api, 2);
	trigger.parameters = {};
	const down = { on: 'logs', action: { kind: 'status', status: 503 } } as const;
	setup.api.settings.logPageRows = 1;
	setup.api.fault({ ...down, after: 1, times: 2 });
	expect((await trigger.activate('update')).rows).toEqual([]);
	const fresh = await makeVideo(setup.api, named('a-1'));
	expect(idsOf((await trigger.poll()).rows)).toEqual([fresh.id]);
});

test.each(['', '{}', 'null', '[]', '7', '{"status":"any","models":7}', '{"status":1,"models":[]}'])(
	'a memory of another version, %j, loses nothing and ends nothing',
	async (sought) => {
		const trigger = await start();
		const one = await makeVideo(setup.api);
		const kept = JSON.parse(trigger.stored ?? '') as Record<string, { memory: IDataObject }>;
		for (const node of Object.values(kept)) node.memory.sought = sought;
		await withNext(async (next) => {
			trigger.stored = JSON.stringify(kept);
			expect(idsOf((await trigger.restart(next)).rows)).toEqual([one.id]);
			expect((await trigger.poll()).rows).toEqual([]);
		});
		expect(trigger.errors).toEqual([]);
	},
);
