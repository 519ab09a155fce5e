/** The usage log, read page by page, and the search in it for a request whose answer was lost. */
import type { IDataObject } from 'n8n-workflow';
import type { Reading } from '../../nodes/AimlVeo/api/aimlapi';
import { modelQuery, readLog, searchLog } from '../../nodes/AimlVeo/api/usageLog';
import { MAX_LIST_DAYS } from '../../nodes/AimlVeo/catalogue/parameters';
import type { LogQuery } from '../../nodes/AimlVeo/api/usageLog';
import { readerOf } from './support';
import { badKey } from '../../nodes/AimlVeo/shared/messages';

const row = (number: number, more: IDataObject = {}): IDataObject => ({
	inference_id: `gen-${number}`,
	client_request_id: `n8n.${number}`,
	status: 'succeeded',
	...more,
});
const rows = (from: number, count: number) =>
	Array.from({ length: count }, (_, index) => row(from + index));
const page = (data: unknown, hasMore = false): Reading => ({
	kind: 'answer',
	answer: { data, pagination: { has_more: hasMore } } as IDataObject,
});
const noAnswer: Reading = { kind: 'noAnswer', cause: 'The server answered with HTTP 503' };

const queryOf = (path: string) => new URL(path, 'https://api.example').searchParams;
const offsets = (paths: string[]) => paths.map((path) => Number(queryOf(path).get('offset')));

async function readAll(readings: Parameters<typeof readerOf>[0], query: LogQuery = []) {
	const { reader, paths, clock } = readerOf(readings);
	const ids: unknown[] = [];
	const causes: string[] = [];
	for await (const part of readLog(reader, query)) {
		if ('cause' in part) causes.push(part.cause);
		else ids.push(...part.rows.map(({ inference_id }) => inference_id));
	}
	return { ids, causes, paths, clock };
}

test('the log knows a model with and without its vendor', () => {
	expect(modelQuery(['google/veo-3.1-t2v', 'veo-3.1'])).toEqual([
		['model', 'google/veo-3.1-t2v'],
		['model', 'veo-3.1-t2v'],
		['model', 'veo-3.1'],
	]);
});

describe('readLog', () => {
	test('asks for full pages, with the query', async () => {
		const { paths } = await readAll(
			[page(rows(0, 2))],
			[
				['model', 'google/veo-3.1-t2v'],
				['model', 'a b&c'],
			],
		);
		expect(paths).toHaveLength(1);
		expect(paths[0]).toMatch(/^\/v2\/logs\?/);
		const query = queryOf(paths[0]!);
		expect(query.getAll('model')).toEqual(['google/veo-3.1-t2v', 'a b&c']);
		expect(query.get('limit')).toBe('100');
		expect(query.get('offset')).toBe('0');
	});

	test('page after page, until the API says that there is no more', async () => {
		const { ids, paths } = await readAll([
			page(rows(0, 100), true),
			page(rows(100, 100), true),
			page(rows(200, 7)),
		]);
		expect(ids).toHaveLength(207);
		expect(offsets(paths)).toEqual([0, 100, 200]);
	});

	test('the next page begins after the rows that came, however few', async () => {
		const { ids, paths } = await readAll([
			page(rows(0, 40), true),
			page(rows(40, 25), true),
			page(rows(65, 5)),
		]);
		expect(ids).toHaveLength(70);
		expect(offsets(paths)).toEqual([0, 40, 65]);
	});

	test('a row that moves to the next page while others arrive comes once', async () => {
		const { ids } = await readAll([
			page(rows(0, 3), true),
			page([row(1), row(2), row(3)], true),
			page([row(3), row(4)]),
		]);
		expect(ids).toEqual(['gen-0', 'gen-1', 'gen-2', 'gen-3', 'gen-4']);
	});

	test.each<[string, Reading]>([
		['the same rows', page(rows(0, 100), true)],
		['no row', page([], true)],
	])(
		'ends after a page that brings %s, though the API says that there is more',
		async (_name, last) => {
			const { ids, paths } = await readAll([page(rows(0, 100), true), last]);
			expect(ids).toHaveLength(100);
			expect(paths).toHaveLength(2);
		},
	);

	test('a page of refused requests alone is no end', async () => {
		const refused = Array.from({ length: 3 }, (_, index) => ({
			...{ inference_id: null, request_id: `r${index}`, status: 'failed' },
		}));
		const { ids } = await readAll([page(refused, true), page(rows(0, 2))]);
		expect(ids).toEqual(['gen-0', 'gen-1']);
	});

	test('nor is one of rows that have no ID at all, unless they are the same', async () => {
		const { ids, paths } = await readAll([
			page([{ status: 'failed', created: 'a' }], true),
			page([{ status: 'failed', created: 'b' }], true),
			page([{ status: 'failed', created: 'b' }], true),
			page(rows(0, 1)),
		]);
		expect(ids).toEqual([]);
		expect(paths).toHaveLength(3);
	});

	test('what is no row is passed over, and does not move the next page', async () => {
		const { ids } = await readAll([page([null, 'x', row(1), [row(2)], {}])]);
		expect(ids).toEqual(['gen-1']);
	});

	test.each([{}, { data: null }, { data: {} }, { data: 'x', pagination: 5 }])(
		'%j has no list of rows: that is no empty log',
		async (answer) => {
			const { ids, causes } = await readAll([{ kind: 'answer', answer: answer as IDataObject }]);
			expect(ids).toEqual([]);
			expect(causes).toEqual(['The answer has no list of videos']);
		},
	);

	test('a page that cannot be read ends it with the cause, after what came', async () => {
		const { ids, causes, paths } = await readAll([page(rows(0, 100), true), noAnswer]);
		expect(ids).toHaveLength(100);
		expect(causes).toEqual(['The server answered with HTTP 503']);
		expect(paths).toHaveLength(5);
	});

	test('25,000 rows at 200 pages a minute: a 429 is waited out', async () => {
		let asked = 0;
		let sinceMs = -Infinity;
		const { reader, paths, clock } = readerOf((path) => {
			if (clock.now() - sinceMs >= 60_000) {
				asked = 0;
				sinceMs = clock.now();
			}
			if (++asked > 200) return { kind: 'noAnswer', cause: 'HTTP 429', busy: true };
			const offset = Number(queryOf(path).get('offset'));
			return page(rows(offset, 100), offset + 100 < 25_000);
		});
		let count = 0;
		for await (const part of readLog(reader, [])) count += 'rows' in part ? part.rows.length : 0;
		expect(count).toBe(25_000);
		expect(new Set(paths).size).toBe(250);
	});

	test('Retry-After is honoured', async () => {
		const busy: Reading = { kind: 'noAnswer', cause: 'HTTP 429', busy: true, retryAfterMs: 31_000 };
		const { ids, clock } = await readAll([busy, page(rows(0, 1))]);
		expect(ids).toEqual(['gen-0']);
		expect(clock.sleeps).toEqual([31_000]);
	});

	test('whoever has enough asks for no further page', async () => {
		const { reader, paths } = readerOf([page(rows(0, 100), true)]);
		for await (const part of readLog(reader, [])) {
			expect(part).toHaveProperty('rows');
			break;
		}
		expect(paths).toHaveLength(1);
	});
});

describe('searchLog', () => {
	const NOW_MS = Date.parse('2026-08-01T12:00:00Z');
	const request = { id: 'n8n.7', model: 'google/veo-3.1-t2v', sentAtMs: NOW_MS - 3_600_000 };

	async function search(readings: Parameters<typeof readerOf>[0], own = request) {
		const { reader, paths } = readerOf(readings);
		return { found: await searchLog(reader, own, NOW_MS), paths };
	}

	test('finds the row of the request by its ID, wherever it is', async () => {
		const { found, paths } = await search([
			page(rows(100, 100), true),
			page([row(6), row(7, { inference_id: 'gen-x', status: 'pending' }), row(8)], true),
		]);
		expect(found).toEqual({ kind: 'found', id: 'gen-x', status: 'pending', isCharged: false });
		expect(paths).toHaveLength(2);
	});

	test('asks for the model in both its names', async () => {
		const { paths } = await search([page([])]);
		const query = queryOf(paths[0]!);
		expect(query.getAll('model')).toEqual(['google/veo-3.1-t2v', 'veo-3.1-t2v']);
		// The API counts the period by its own clock.
		expect([...query.keys()].sort()).toEqual(['limit', 'model', 'model', 'offset', 'period']);
	});

	test('of a request whose model is not known, for all', async () => {
		const { paths } = await search([page([])], { ...request, model: '' });
		expect(queryOf(paths[0]!).has('model')).toBe(false);
	});

	const HOUR_MS = 3_600_000;
	test.each([
		['now', 0, '24h'],
		['an hour ago', HOUR_MS, '24h'],
		// Half a day is left for clocks that differ.
		['half a day ago', 12 * HOUR_MS, '2d'],
		['23 hours ago', 23 * HOUR_MS, '2d'],
		['a week ago', 7 * 24 * HOUR_MS, '8d'],
		['longer ago than the API lists', 400 * 24 * HOUR_MS, `${MAX_LIST_DAYS}d`],
		['in the future, as the clock was set back', -2 * HOUR_MS, '24h'],
	])('of one that was sent %s', async (_name, agoMs, period) => {
		const { paths } = await search([page([])], { ...request, sentAtMs: NOW_MS - agoMs });
		expect(queryOf(paths[0]!).get('period')).toBe(period);
	});

	test('is absent when the log was read to its end without it', async () => {
		const { found, paths } = await search([page(rows(100, 100), true), page(rows(200, 1))]);
		expect(found).toEqual({ kind: 'absent' });
		expect(paths).toHaveLength(2);
	});

	test('a request that was refused has a row without a generation: absent', async () => {
		const { found } = await search([page([row(7, { inference_id: null })])]);
		expect(found).toEqual({ kind: 'absent' });
	});

	test('one 503 of the log does not end the search', async () => {
		const { found } = await search([
			noAnswer,
			page(rows(100, 100), true),
			noAnswer,
			noAnswer,
			page([row(7)]),
		]);
		expect(found).toEqual({ kind: 'found', id: 'gen-7', status: 'succeeded', isCharged: false });
	});

	test('is unread when a page cannot be read, though others could', async () => {
		expect((await search([noAnswer])).found).toEqual({ kind: 'unread' });
		expect((await search([page(rows(100, 100), true), noAnswer])).found).toEqual({
			kind: 'unread',
		});
	});

	test.each<[string, Reading[]]>([
		['an answer without a list is no empty log', [{ kind: 'answer', answer: { ok: true } }]],
		[
			'a list that ends before its end was not read to it',
			[page(rows(100, 100), true), page([], true)],
		],
	])('%s: unread', async (_name, readings) => {
		expect((await search(readings)).found).toEqual({ kind: 'unread' });
	});

	test('the refusal of the API is thrown', async () => {
		const refused = search(() => {
			throw badKey('Unauthorized');
		});
		await expect(refused).rejects.toThrow('did not accept the API key');
	});
});
