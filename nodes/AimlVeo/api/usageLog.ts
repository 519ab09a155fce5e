/** The account's usage log, page by page: the only reader of it. */
import type { IDataObject } from 'n8n-workflow';
import { asNumber, asObject, asObjects, asText, toFlag, toText } from '../shared/values';
import { LOGS } from './aimlapi';
import { readEnd } from './responses';
import { shortName } from '../catalogue/models';
import { MAX_LIST_DAYS } from '../catalogue/parameters';
import { readWithRetry } from './retry';
import type { Patience, Reader } from './retry';

/** The API returns at most 100 rows at once. */
const PAGE_SIZE = 100;
const DAY_MS = 86_400_000;

/** How long a reader waits in all when the API limits its rate, which it counts by the minute. */
const BUSY_MS = 150_000;

/** Names and values of a query, without the page. */
export type LogQuery = ReadonlyArray<readonly [name: string, value: string]>;

/** Rows of the log, each with the generation's ID in `inference_id`; `isLast` when the log has no more. */
export type LogPage = { rows: IDataObject[]; isLast: boolean } | { cause: string };

/** The generation's ID in a row, as text. */
const idOf = (row: IDataObject): string | undefined => asText(toText(row.inference_id));

const isSameId = (given: unknown, id: string) => asText(given)?.toLowerCase() === id.toLowerCase();

/** The filter for these models: the log knows them with and without their vendor. */
export const modelQuery = (ids: readonly string[]): LogQuery =>
	[...new Set(ids.flatMap((id) => [id, shortName(id)]))].map((name) => ['model', name] as const);

/**
 * The pages that the query returns, newest first, each row once: while rows arrive, others move to the next
 * page. Ends after the last page, after one without new rows, or with the cause why one could not be read.
 *
 * @throws ItemError when the API refuses
 */
export async function* readLog(
	reader: Reader,
	query: LogQuery,
	patience: Patience = { busyMs: BUSY_MS },
): AsyncGenerator<LogPage> {
	const seen = new Set<string>();
	for (let offset = 0; ; ) {
		const page = [...query, ['limit', PAGE_SIZE], ['offset', offset]] as const;
		const text = page.map((pair) => pair.map(encodeURIComponent).join('=')).join('&');
		const read = await readWithRetry(reader, `${LOGS}?${text}`, patience);
		if ('cause' in read) return yield read;
		const { data, pagination } = read.answer;
		// A refusal with the status 200, for example: it must not look like an empty log.
		if (!Array.isArray(data)) return yield { cause: 'The answer has no list of videos' };
		const given = asObjects(data);
		// Where the log does not say so, a full page is not the last one.
		const hasMore = toFlag(asObject(pagination)?.has_more) ?? given.length >= PAGE_SIZE;
		const fresh = given.filter((row) => {
			// One generation may have two rows, of which only one has the request's ID.
			const key = JSON.stringify([idOf(row) ?? row.request_id ?? row, row.client_request_id]);
			return !seen.has(key) && seen.add(key);
		});
		// What was refused has no generation.
		yield { rows: fresh.filter((row) => idOf(row)), isLast: !hasMore };
		offset += given.length;
		if (fresh.length === 0 || !hasMore) return;
	}
}

/** Outside these limits, a time is a field that nobody filled in, or has another unit. */
const [EARLIEST_MS, LATEST_MS] = [Date.UTC(2025, 0), Date.UTC(2100, 0)];
/** Up to here, a number counts seconds: as milliseconds, it would be in 1973. */
const MAX_SECONDS = 1e11;
/** JavaScript reads such a time as n8n's local time. But the API does not know where n8n runs. */
const WITHOUT_ZONE = /^\d{4}-\d\d-\d\d[T ][\d:.]+$/;

/** When the row's video was requested, or ended (ms since the epoch); undefined when that cannot be read. */
export function createdMsOf({ created }: IDataObject): number | undefined {
	const text = String(created);
	const number = asNumber(created);
	const ms =
		number === undefined
			? Date.parse(WITHOUT_ZONE.test(text) ? `${text.replace(' ', 'T')}Z` : text)
			: number * (number <= MAX_SECONDS ? 1_000 : 1);
	return ms >= EARLIEST_MS && ms <= LATEST_MS ? ms : undefined;
}

const hasSucceeded = ({ status }: IDataObject) => readEnd(status) === 'succeeded';

/** Two rows about one generation as one: the one that succeeded counts, then the first. */
function merged(first: IDataObject, other: IDataObject): IDataObject {
	const isOther = hasSucceeded(other) && !hasSucceeded(first);
	const [best, rest] = isOther ? [other, first] : [first, other];
	const told = Object.entries(best).filter(([, value]) => value !== null && value !== undefined);
	return { ...rest, ...Object.fromEntries(told) };
}

/** One row for each generation, in the log's order, merged from all rows about it. */
export class Generations {
	private readonly byId = new Map<string, IDataObject>();

	/** The generations that these rows are about, by ID, as far as they are known now. */
	add(rows: readonly IDataObject[]): ReadonlyMap<string, IDataObject> {
		const touched = new Map<string, IDataObject>();
		for (const row of rows) {
			const id = idOf(row) ?? '';
			const known = this.byId.get(id);
			touched.set(id, known ? merged(known, row) : row);
			this.byId.set(id, touched.get(id) ?? row);
		}
		return touched;
	}

	get rows(): IDataObject[] {
		return [...this.byId.values()];
	}
}

/**
 * The period that certainly includes what was sent this long ago. It is counted by the API's clock, not by
 * n8n's.
 */
export const periodSince = (ageMs: number): string =>
	ageMs < DAY_MS / 2 ? '24h' : `${Math.min(Math.ceil(ageMs / DAY_MS) + 1, MAX_LIST_DAYS)}d`;

/** Whether the log shows a cost. */
export function isCharged(row: IDataObject): boolean {
	const cost = asObject(row.cost);
	return [cost?.usd, cost?.credits].some((amount) => Number(amount ?? 0) > 0);
}

export type LogSearch =
	| { kind: 'found'; id: string; status: string; isCharged: boolean }
	/** The log was read to its end, and does not hold it (yet). */
	| { kind: 'absent' }
	| { kind: 'unread' };

/**
 * Searches for the generation of a request whose answer was lost.
 * @param sentAtMs when it was sent (ms since the epoch): the log may show the time of the request or of the
 *   end
 * @throws ItemError when the API refuses
 */
export async function searchLog(
	reader: Reader,
	request: { readonly id: string; readonly model: string; readonly sentAtMs: number },
	nowMs: number,
): Promise<LogSearch> {
	const query: LogQuery = [
		['period', periodSince(nowMs - request.sentAtMs)],
		...(request.model ? modelQuery([request.model]) : []),
	];
	let isRead = false;
	let failed: LogSearch | undefined;
	for await (const page of readLog(reader, query)) {
		if ('cause' in page) return { kind: 'unread' };
		isRead = page.isLast;
		for (const row of page.rows.filter((one) => isSameId(one.client_request_id, request.id))) {
			const [status, charged] = [String(row.status), isCharged(row)];
			const found = { kind: 'found', id: idOf(row) ?? '', status, isCharged: charged } as const;
			if (status !== 'failed' || charged) return found;
			// A proxy may have sent the request twice: another row may have its video.
			failed ??= found;
		}
	}
	if (!isRead) return { kind: 'unread' };
	return failed ?? { kind: 'absent' };
}
