/** What 'Get Many Videos' is asked to list; reads the node's parameters as `plan.ts` does. */
import { tryToParseDateTime } from 'n8n-workflow';
import type { IExecuteFunctions } from 'n8n-workflow';
import { shownValue } from '../shared/errors';
import { modelQuery } from '../api/usageLog';
import type { LogQuery } from '../api/usageLog';
import { MODELS } from '../catalogue/models';
import { FILTERS, MAX_LIST_DAYS, PARAMETERS } from '../catalogue/parameters';
import { readChoice, readFlag, readNumber } from './parameters';
import { readName } from './text';
import { asObject, isUnset, unquoted } from '../shared/values';
import {
	dateNotUnderstood,
	optionOutOfRange,
	periodReversed,
	periodTooLong,
} from '../shared/messages';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export interface ManyPlan {
	/** Rows to return at most. */
	readonly limit: number;
	/** Names and values of the query, without the page. */
	readonly query: ReadonlyArray<readonly [name: string, value: string]>;
	/** What the reference of each row must start with; the API has no filter for it. */
	readonly reference?: string;
}

function readDateMs(value: unknown, label: string, zone: string): number | undefined {
	if (isUnset(value)) return undefined;
	try {
		return tryToParseDateTime(value, zone).toMillis();
	} catch {
		throw dateNotUnderstood(label, shownValue(value));
	}
}

function readPeriod(value: unknown): string {
	const text = isUnset(value) ? FILTERS.period.fallback : unquoted(shownValue(value)).toLowerCase();
	const [, count = '', unit] = /^([1-9]\d{0,3})([hd])$/.exec(text) ?? [];
	if (Number(count) * (unit === 'd' ? DAY_MS : HOUR_MS) <= MAX_LIST_DAYS * DAY_MS && unit)
		return text;
	throw optionOutOfRange(
		FILTERS.period.label,
		text,
		`hours or days such as 24h or 7d, up to ${MAX_LIST_DAYS}d`,
	);
}

const lengthMs = (period: string) =>
	parseInt(period, 10) * (period.endsWith('d') ? DAY_MS : HOUR_MS);

/** The API accepts either a period up to now, or start and end. */
function readWindow(
	filters: Record<string, unknown>,
	zone: string,
	nowMs: number,
): ManyPlan['query'] {
	const period = readPeriod(filters.period);
	const afterMs = readDateMs(filters.after, FILTERS.after.label, zone);
	const beforeMs = readDateMs(filters.before, FILTERS.before.label, zone);
	if (afterMs === undefined && beforeMs === undefined) return [['period', period]];
	const endMs = beforeMs ?? Math.max(nowMs, afterMs ?? 0);
	const startMs = afterMs ?? endMs - lengthMs(period);
	if (startMs > endMs) throw periodReversed();
	if (endMs - startMs > MAX_LIST_DAYS * DAY_MS) {
		throw periodTooLong(Math.ceil((endMs - startMs) / DAY_MS), MAX_LIST_DAYS);
	}
	return [
		['start', new Date(startMs).toISOString()],
		['end', new Date(endMs).toISOString()],
	];
}

/** The models that were chosen. */
export function readModels(value: unknown): string[] {
	const given: unknown[] = typeof value === 'string' ? value.split(/[,\r\n]/) : [value].flat();
	return given
		.map((name) => readName(name, FILTERS.model.label))
		.filter((name) => name !== undefined);
}

/** The names to search for: those chosen, or all of the table with and without their vendor. */
export const queryOf = (models: readonly string[]): LogQuery =>
	modelQuery(models.length > 0 ? models : MODELS.map(({ id }) => id));

function readStatus(value: unknown): ManyPlan['query'] {
	const status = readChoice(value, FILTERS.status, 'Get Many Videos');
	return status ? [['status', status]] : [];
}

/** @throws ItemError when the limit or a filter cannot be used */
export async function planMany(ctx: IExecuteFunctions, itemIndex: number): Promise<ManyPlan> {
	const all = readFlag(ctx.getNodeParameter('returnAll', itemIndex, ''), PARAMETERS.returnAll);
	const limit: unknown = ctx.getNodeParameter('limit', itemIndex, '');
	const filters = asObject(ctx.getNodeParameter('filters', itemIndex, {})) ?? {};
	return {
		limit: all ? Infinity : (readNumber(limit, PARAMETERS.limit) ?? PARAMETERS.limit.fallback),
		reference: readName(filters.reference, FILTERS.reference.label),
		query: [
			...readWindow(filters, ctx.getTimezone(), Date.now()),
			...readStatus(filters.status),
			...queryOf(readModels(filters.model)),
		],
	};
}
