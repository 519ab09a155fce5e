/** Get Many Videos: pages, filters, the content of a row, and a lost video found again. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IConnections, INode } from 'n8n-workflow';
import { MODELS } from '../../nodes/AimlVeo/catalogue/models';
import { node, veoWorkflow } from './harness';
import { itemsOf, posts, TEXT, useEngine } from './setup';

const setup = useEngine();
const list = async (parameters: object = {}, items = itemsOf(1), settings = {}) => {
	const workflow = veoWorkflow({ operation: 'getMany', ...parameters }, settings);
	return await setup.engine.run(workflow, { items, credentials: setup.api });
};
const reads = () => setup.api.log.filter(({ path }) => path.startsWith('/v2/logs'));
const queryOf = (read = reads()[0]) => new URL(read?.path ?? '', 'http://x').searchParams;
const make = async (parameters: object = {}, items = itemsOf(1)) => {
	const workflow = veoWorkflow({ ...TEXT, ...parameters } as never);
	return await setup.engine.run(workflow, { items, credentials: setup.api });
};
const DAY_MS = 86_400_000;

describe('a row', () => {
	test('tells id, model, time, status, cost, and who asked for it', async () => {
		const workflow = veoWorkflow({ ...TEXT, operation: 'create' });
		await setup.engine.run(workflow, {
			items: itemsOf(2),
			credentials: setup.api,
			executionId: '4711',
		});
		const generations = setup.api.settled();
		const result = await list();
		expect(result.outputs[0]?.map(({ json }) => json)).toEqual(
			[1, 0].map((itemIndex) => ({
				id: generations[itemIndex]?.id,
				model: TEXT.model,
				created: new Date(generations[itemIndex]!.createdAt).toISOString(),
				status: 'succeeded',
				cost: { usd: 4, credits: 8_000_000 },
				clientRequestId: generations[itemIndex]?.clientRequestId,
				n8n: { executionId: '4711', runIndex: 0, itemIndex, attempt: 1 },
			})),
		);
		expect(result.outputs[0]?.map(({ pairedItem }) => pairedItem)).toEqual([
			{ item: 0 },
			{ item: 0 },
		]);
	});

	test('is one for each video: of two about the same, the one that succeeded, and who asked for it', async () => {
		const more = { inference_id: 'a', model: TEXT.model };
		const data = [
			{ ...more, status: 'failed', client_request_id: 'n8n.1.0.0.0123abcd', cost: null },
			{ ...more, status: 'succeeded', client_request_id: null, cost: { usd: 4, credits: 8 } },
			{ ...more, status: 'failed', client_request_id: null },
		];
		setup.api.fault({ on: 'logs', action: { kind: 'json', body: { data } } });
		const rows = (await list()).outputs[0]?.map(({ json }) => json);
		expect(rows).toMatchObject([
			{ id: 'a', status: 'succeeded', cost: { usd: 4 }, n8n: { executionId: '1' } },
		]);
	});

	test('comes in order of time, however the log writes it', async () => {
		const at = Date.now();
		const seconds = Math.floor(at / 1_000) - 2;
		const times = [at - 3_000, seconds, new Date(at).toISOString(), '0001-01-01T00:00:00Z'];
		const data = times.map((created, id) => ({ inference_id: `g${id}`, created }));
		setup.api.fault({ on: 'logs', action: { kind: 'json', body: { data } } });
		const rows = (await list()).outputs[0]?.map(({ json }) => json) ?? [];
		expect(rows.map(({ id }) => id)).toEqual(['g2', 'g1', 'g0', 'g3']);
		expect(rows[1]?.created).toBe(new Date(seconds * 1_000).toISOString());
	});

	test.each<[string, unknown, unknown]>([
		['ours, second attempt', 'n8n.a-1.2.3.0123abcd.2', ['a-1', 2, 3, 2]],
		['of someone else', 'my-request', undefined],
		['nearly ours', 'n8n.1.2.3.xyz', undefined],
		['none', null, undefined],
	])('a client request id: %s', async (_name, clientRequestId, parts) => {
		const row = { inference_id: 'a', model: TEXT.model, client_request_id: clientRequestId };
		const body = { data: [row, { status: 'succeeded' }, null], pagination: { has_more: false } };
		setup.api.fault({ on: 'logs', action: { kind: 'json', body } });
		const rows = (await list()).outputs[0] ?? [];
		expect(rows).toHaveLength(1);
		expect(rows[0]?.json.clientRequestId).toBe(clientRequestId);
		expect(rows[0]?.json.cost).toEqual({ usd: null, credits: null });
		const n8n = rows[0]?.json.n8n as Record<string, unknown> | undefined;
		expect(n8n && Object.values(n8n)).toEqual(parts);
	});
});

describe('pages', () => {
	test('Return All over 250 rows', async () => {
		setup.api.settings.oldLogRows = 250;
		const result = await list({ returnAll: true });
		const rows = result.outputs[0] ?? [];
		expect(rows.map(({ json }) => json.id)).toEqual(
			Array.from({ length: 250 }, (_, index) => `old-${index}`),
		);
		expect(
			reads().map((read) => [queryOf(read).get('limit'), queryOf(read).get('offset')]),
		).toEqual([
			['100', '0'],
			['100', '100'],
			['100', '200'],
		]);
	});

	test.each([
		[undefined, 50, 1],
		[1, 1, 1],
		[100, 100, 1],
		[101, 101, 2],
		[500, 250, 3],
	])('Limit %p', async (limit, count, pages) => {
		setup.api.settings.oldLogRows = 250;
		const result = await list(limit === undefined ? {} : { limit });
		expect(result.outputs[0]).toHaveLength(count);
		expect(reads()).toHaveLength(pages);
	});

	test('a row that moves to the next page meanwhile is given once', async () => {
		const rows = (from: number) =>
			Array.from({ length: 100 }, (_, index) => ({
				inference_id: `g-${from + index}`,
				created: new Date(Date.now() - (from + index) * 1_000).toISOString(),
			}));
		for (const from of [0, 99]) {
			const body = { data: rows(from), pagination: { has_more: from === 0 } };
			setup.api.fault({ on: 'logs', action: { kind: 'json', body } });
		}
		const ids = (await list({ returnAll: true })).outputs[0]?.map(({ json }) => json.id);
		expect(ids).toEqual(Array.from({ length: 199 }, (_, index) => `g-${index}`));
	});

	test('the next page begins after the rows that came, however many were asked for', async () => {
		Object.assign(setup.api.settings, { oldLogRows: 120, logPageRows: 50 });
		const result = await list({ returnAll: true });
		expect(result.outputs[0]).toHaveLength(120);
		expect(reads().map((read) => queryOf(read).get('offset'))).toEqual(['0', '50', '100']);
	});

	test('a page that brings nothing new ends the list, whatever it says of more', async () => {
		Object.assign(setup.api.settings, { oldLogRows: 130, logEndless: true });
		const result = await list({ returnAll: true });
		expect(result.outputs[0]).toHaveLength(130);
		expect(reads().length).toBeLessThanOrEqual(3);
	});

	test('an empty page ends the list, whatever it says of more', async () => {
		const body = { data: [], pagination: { has_more: true } };
		setup.api.fault({ on: 'logs', times: 99, action: { kind: 'json', body } });
		expect((await list({ returnAll: true })).outputs[0]).toEqual([]);
		expect(reads()).toHaveLength(1);
	});

	test('a page that fails is asked for again', async () => {
		setup.api.settings.oldLogRows = 150;
		setup.api.fault({ on: 'logs', after: 1, action: { kind: 'reset' } });
		const action = { kind: 'status', status: 429, headers: { 'retry-after': '0' } } as const;
		setup.api.fault({ on: 'logs', after: 1, action });
		const result = await list({ returnAll: true });
		expect(result.outputs[0]).toHaveLength(150);
	});

	test('an answer without a list is not an empty log', async () => {
		const body = { error: { message: 'The account is suspended' } };
		setup.api.fault({ on: 'logs', action: { kind: 'json', body } });
		const result = await list();
		expect(result.error?.message).toBe('The list of videos could not be read [item 0]');
		expect(result.error?.description).toContain('has no list of videos');
	});

	test('given up: no half list', async () => {
		setup.api.settings.oldLogRows = 150;
		setup.api.fault({ on: 'logs', after: 1, times: 9, action: { kind: 'status', status: 503 } });
		const result = await list({ returnAll: true });
		expect(result.error?.message).toBe('The list of videos could not be read [item 0]');
		expect(result.error?.description).toContain('HTTP 503');
	});
});

describe('filters', () => {
	test('without any: all models, the last 7 days', async () => {
		await list();
		expect(queryOf().get('period')).toBe('7d');
		expect(queryOf().getAll('status')).toEqual([]);
		for (const { id } of MODELS) expect(queryOf().getAll('model')).toContain(id);
		expect(queryOf().getAll('model').length).toBeLessThanOrEqual(50);
	});

	test('status and models', async () => {
		setup.api.settings.oldLogRows = 110;
		const result = await list({
			returnAll: true,
			filters: { status: 'failed', model: ['google/veo-3.1-i2v', 'veo-3.1-lite-generate-001'] },
		});
		const rows = result.outputs[0]?.map(({ json }) => json) ?? [];
		expect(rows.length).toBeGreaterThan(0);
		for (const row of rows) {
			expect(row.status).toBe('failed');
			expect(['google/veo-3.1-i2v', 'veo-3.1-lite-generate-001']).toContain(row.model);
			expect(row.cost).toEqual({ usd: 0, credits: 0 });
		}
	});

	test('a newer model, by expression', async () => {
		await list({ filters: { model: '={{ "google/veo-9" }}' } });
		expect(queryOf().getAll('model')).toEqual(['google/veo-9', 'veo-9']);
	});

	test('period', async () => {
		setup.api.settings.oldLogRows = 250;
		await list({ filters: { period: '24h' } });
		expect(queryOf().get('period')).toBe('24h');
		await list({ filters: { period: '={{ "2h" }}' } });
		expect(queryOf(reads()[1]).get('period')).toBe('2h');
	});

	test('after and before, as the editor, a date and an expression give them', async () => {
		const at = (ms: number) => new Date(Date.now() - ms).toISOString();
		const after = at(2 * DAY_MS);
		const before = at(DAY_MS);
		await list({ filters: { after, before } });
		await list({ filters: { after: `={{ DateTime.fromISO("${after}") }}`, before } });
		await list({ filters: { after: `={{ new Date("${after}") }}`, before } });
		for (const read of reads()) {
			expect(queryOf(read).get('start')).toBe(after);
			expect(queryOf(read).get('end')).toBe(before);
			expect(queryOf(read).has('period')).toBe(false);
		}
		expect(reads()).toHaveLength(3);
	});

	test.each([
		['Asia/Tokyo', '2026-01-09T15:00:00.000Z'],
		['America/New_York', '2026-01-10T05:00:00.000Z'],
		['UTC', '2026-01-10T00:00:00.000Z'],
	])("a time without a zone is the workflow's: %s", async (timezone, start) => {
		const filters = { after: '2026-01-10T00:00:00', before: '2026-01-11T00:00:00' };
		const workflow = {
			...veoWorkflow({ operation: 'getMany', filters }),
			settings: { timezone },
		};
		await setup.engine.run(workflow, { credentials: setup.api });
		expect(queryOf().get('start')).toBe(start);
		expect(Date.parse(queryOf().get('end') ?? '') - Date.parse(start)).toBe(DAY_MS);
	});

	test('after alone reaches up to now; before alone reaches back by the period', async () => {
		const day = (ago: number) => new Date(Date.now() - ago * DAY_MS).toISOString();
		await list({ filters: { after: day(3) } });
		expect(Math.abs(Date.parse(queryOf().get('end') ?? '') - Date.now())).toBeLessThan(60_000);
		const before = day(10);
		await list({ filters: { before, period: '30d' } });
		const query = queryOf(reads()[1]);
		expect(Date.parse(before) - Date.parse(query.get('start') ?? '')).toBe(30 * DAY_MS);
	});

	test.each([
		[
			'too long',
			{ after: '2026-01-01', before: '2026-06-01' },
			"'After' and 'Before' are too far apart",
		],
		['reversed', { after: '2026-01-02', before: '2026-01-01' }, "'After' is later than 'Before'"],
		['no date', { after: 'soon' }, "'After' cannot be 'soon'"],
		['no period', { period: '={{ "ever" }}' }, "'Period' cannot be 'ever'"],
		['long period', { period: '={{ "93d" }}' }, "'Period' cannot be '93d'"],
		['no status', { status: '={{ "done" }}' }, "'Status' cannot be 'done'"],
	])('%s is refused before anything is asked', async (_name, filters, message) => {
		const result = await list({ filters });
		expect(result.error?.message).toBe(`${message} [item 0]`);
		expect(setup.api.log).toEqual([]);
	});
});

test.each([0, -1, '={{ 1.5 }}', '={{ "x" }}'])('Limit %p is refused', async (limit) => {
	const result = await list({ limit });
	expect(result.error?.message).toMatch(/^'Limit' cannot be/);
	expect(setup.api.log).toEqual([]);
});

test('each input item has its own list', async () => {
	setup.api.settings.oldLogRows = 10;
	const result = await list({ limit: '={{ $json.index + 1 }}' }, itemsOf(3));
	expect(result.outputs[0]?.map(({ pairedItem }) => pairedItem)).toEqual(
		[0, 1, 1, 2, 2, 2].map((item) => ({ item })),
	);
});

test('a wrong key', async () => {
	const result = await setup.engine.run(veoWorkflow({ operation: 'getMany' }), {
		credentials: { ...setup.api, apiKey: 'wrong' },
	});
	expect(result.error?.message).toBe('The AI/ML API did not accept the API key [item 0]');
});

test('under Continue On Fail', async () => {
	const result = await list({ limit: '={{ $json.index }}' }, itemsOf(2), {
		onError: 'continueRegularOutput',
	});
	expect(result.outputs[0]?.map(({ json }) => json.error)).toEqual([
		expect.stringContaining("'Limit' cannot be '0'"),
	]);
});

test('a video whose answer was lost is found, and fetched without paying again', async () => {
	setup.api.fault({ on: 'submit', action: { kind: 'acceptThenReset' } });
	setup.api.fault({ on: 'logs', times: 4, action: { kind: 'status', status: 503 } });
	setup.api.settings.generationMs = 500;
	const lost = await make({}, itemsOf(1));
	expect(lost.error?.message).toContain('may have been accepted and charged');
	const [generation] = setup.api.generations;
	await new Promise((resolve) => setTimeout(resolve, 600));

	const found = (await list({ filters: { status: 'succeeded' } })).outputs[0]?.[0]?.json;
	expect(lost.error?.message).toContain(String(found?.clientRequestId));
	expect(found?.id).toBe(generation?.id);
	const got = await setup.engine.run(
		veoWorkflow({ operation: 'get', generationId: '={{ $json.id }}' }),
		{ items: [{ json: found }], credentials: setup.api },
	);
	expect(got.outputs[0]?.[0]?.files.data?.bytes).toBeGreaterThan(0);
	expect(posts(setup)).toHaveLength(1);
});

describe('the example', () => {
	const text = readFileSync(
		join(__dirname, '..', '..', 'examples', 'recover-undelivered.json'),
		'utf8',
	);
	const example = JSON.parse(text) as { nodes: INode[]; connections: IConnections };

	test("fetches yesterday's paid videos", async () => {
		await make({ operation: 'create', prompt: 'yesterday {{ $json.index }}' }, itemsOf(3));
		await make({ operation: 'create', prompt: 'today' });
		setup.api
			.settled()
			.slice(0, 3)
			.forEach((generation) => {
				generation.createdAt -= DAY_MS;
			});
		const nodes = example.nodes
			.filter(({ type }) => !type.endsWith('.stickyNote'))
			.map((each) =>
				each.type.endsWith('.manualTrigger') ? node(each.name, 'n8n-nodes-test.items') : each,
			);
		setup.api.log.length = 0;
		const result = await setup.engine.run(
			{ nodes, connections: example.connections, resultNode: 'Get Video' },
			{ credentials: setup.api },
		);
		expect(result.error).toBeUndefined();
		expect(result.outputs[0]?.map(({ json }) => json.id).sort()).toEqual(
			setup.api.generations
				.slice(0, 3)
				.map(({ id }) => id)
				.sort(),
		);
		for (const { files } of result.outputs[0] ?? []) expect(files.data?.bytes).toBeGreaterThan(0);
		expect(posts(setup)).toEqual([]);
	});
});
