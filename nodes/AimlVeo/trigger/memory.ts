/**
 * What the trigger remembers between two polls: which finished videos it has handed over, and from when on it
 * searches. Plain values in, plain values out. n8n stores it only with an activation and with an execution,
 * so a poll may find an older memory than the previous poll left. Nothing relies on what a poll without a
 * video wrote.
 */
import { createHash, randomBytes } from 'crypto';
import type { IDataObject } from 'n8n-workflow';
import { asNumber, asObject, asText } from '../shared/values';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/**
 * How long after its request a video may show up in the log. Google says that a generation takes up to six
 * minutes. Queues and the log itself add minutes. A day is well beyond that, and costs one page of the log
 * for each hundred videos a day.
 */
export const HORIZON_MS = DAY_MS;
/**
 * If the log could not be read, this separates old videos from new ones. It covers the longest generation
 * that Google names, and clocks that differ by some minutes.
 */
const GRACE_MS = 15 * MINUTE_MS;
/** How much clocks may differ when a period of the log is chosen. */
const CLOCKS_MS = HOUR_MS;
/**
 * About 500 kB in n8n's database. Beyond this, the oldest are forgotten, and videos older than those are
 * ignored.
 */
const MAX_SEEN = 20_000;

/** Short names: n8n loads it with every execution of the workflow. */
export interface Memory extends IDataObject {
	/** Videos requested before this time are not handed over (ms since the epoch). */
	since: number;
	/** Fingerprints of generations that were handed over or are old, with the minute of their request. */
	seen: Record<string, number>;
	/** What was searched for, as JSON. */
	sought: string;
	/** Shows whether n8n kept what a poll handed over. */
	turn?: string;
	/** Videos that could not be fetched yet, with the minute of the first try. */
	late: Record<string, number>;
}

/** A finished video in the log. */
export interface Finished {
	readonly id: string;
	/**
	 * 60 bits of a hash of the ID and the end: the chance that any two of a million IDs are alike is one in two
	 * million.
	 */
	readonly print: string;
	/** When it was requested, or ended, by the API's clock; unknown in a row of another shape. */
	readonly createdMs?: number;
	readonly row: IDataObject;
}

/** What one poll has read of the log. */
export interface Reading {
	readonly videos: readonly Finished[];
	/** Whether all that may be new was read, and none of it is left for a later poll. */
	readonly isComplete: boolean;
}

export const printOf = (id: string): string =>
	createHash('sha256').update(id).digest('base64url').slice(0, 10);

const minuteOf = (ms: number) => Math.floor(ms / MINUTE_MS);

const numbersIn = (value: unknown): Record<string, number> =>
	Object.fromEntries(
		Object.entries(asObject(value) ?? {}).flatMap(([key, given]) => {
			const number = asNumber(given);
			return number === undefined ? [] : [[key, number] as const];
		}),
	);

/** The memory as it was stored; undefined when there is none, or one that cannot be read. */
export function readMemory(stored: unknown): Memory | undefined {
	const given = asObject(stored);
	const since = asNumber(given?.since);
	if (!given || since === undefined) return undefined;
	const turn = asText(given.turn);
	return {
		since,
		seen: numbersIn(given.seen),
		sought: asText(given.sought) ?? '',
		late: numbersIn(given.late),
		...(turn && { turn }),
	};
}

/** The mark alone: nothing is known of what has finished. */
export const firstMemory = (nowMs: number, sought: string): Memory => ({
	since: nowMs - GRACE_MS,
	seen: {},
	sought,
	late: {},
});

/** The period of the log that holds all that may be new. It is counted by the API's clock. */
export const daysSince = (sinceMs: number, nowMs: number, maxDays: number): number =>
	Math.min(maxDays, Math.max(0, Math.floor((nowMs - sinceMs + CLOCKS_MS) / DAY_MS)) + 1);

/** The videos that were neither handed over nor old. */
export const unseen = ({ since, seen }: Memory, videos: readonly Finished[]): Finished[] =>
	videos.filter(
		({ print, createdMs = Infinity }) => seen[print] === undefined && createdMs >= since,
	);

/**
 * The mark stays a horizon behind the newest video, not only behind n8n's clock: a clock that is ahead for a
 * while must not hide videos.
 */
function advanced(since: number, { videos, isComplete }: Reading, nowMs: number): number {
	const times = videos.flatMap(({ createdMs }) => createdMs ?? []);
	if (!isComplete || times.length === 0) return since;
	const newest = times.reduce((latest, ms) => Math.max(latest, ms), -Infinity);
	return Math.max(since, Math.min(nowMs, newest) - HORIZON_MS);
}

/** What is worth remembering. A video that the log still shows always is. */
function pruned(memory: Memory, { videos }: Reading): Memory {
	const shown = new Set(videos.map(({ print }) => print));
	const entries = Object.entries(memory.seen).filter(
		([print, minute]) => shown.has(print) || (minute + 1) * MINUTE_MS >= memory.since,
	);
	const late = Object.fromEntries(
		Object.entries(memory.late).filter(([print]) => memory.seen[print] === undefined),
	);
	if (entries.length <= MAX_SEEN) return { ...memory, seen: Object.fromEntries(entries), late };
	const kept = entries.sort(([, a], [, b]) => b - a).slice(0, MAX_SEEN);
	const oldest = kept[kept.length - 1]?.[1] ?? 0;
	const since = Math.max(memory.since, (oldest + 1) * MINUTE_MS);
	return { ...memory, since, seen: Object.fromEntries(kept), late };
}

const entriesOf = (videos: readonly Finished[], nowMs: number): Record<string, number> =>
	Object.fromEntries(
		videos.map(({ print, createdMs = nowMs }) => [print, minuteOf(createdMs)] as const),
	);

/**
 * The memory that an activation sets: all that has finished is old. What was running then and finishes later
 * is new, whenever it was requested. If the log could not be read to its end, only the mark decides.
 */
export function memoryOfOld(reading: Reading, nowMs: number, sought: string): Memory {
	const marked = firstMemory(nowMs, sought);
	const since = reading.isComplete ? advanced(nowMs - HORIZON_MS, reading, nowMs) : marked.since;
	return pruned({ ...marked, since, seen: entriesOf(reading.videos, nowMs) }, reading);
}

/** The memory after a poll that hands these over. */
export function memoryAfter(
	before: Memory,
	reading: Reading,
	handed: readonly Finished[],
	nowMs: number,
): Memory {
	const memory: Memory = {
		...before,
		since: advanced(before.since, reading, nowMs),
		seen: { ...before.seen, ...entriesOf(handed, nowMs) },
		...(handed.length > 0 && { turn: randomBytes(4).toString('hex') }),
	};
	return pruned(memory, reading);
}

/** The memory after a change of the search: what only the new search finds is old. */
export const memoryFor = (
	before: Memory,
	sought: string,
	old: readonly Finished[],
	nowMs: number,
): Memory => ({ ...before, sought, seen: { ...before.seen, ...entriesOf(old, nowMs) } });

/** The same memory with the time when this video could not be fetched for the first time. */
export function withLate(memory: Memory, { print }: Finished, nowMs: number): Memory {
	if (memory.late[print] !== undefined) return memory;
	return { ...memory, late: { ...memory.late, [print]: minuteOf(nowMs) } };
}

/** For how long this video could not be fetched. */
export const lateMs = ({ late }: Memory, { print }: Finished, nowMs: number): number =>
	nowMs - (late[print] ?? minuteOf(nowMs)) * MINUTE_MS;

/**
 * What this process knows of one trigger in addition to the stored memory, which another node of the workflow
 * may roll back, or which may be missing although the trigger was activated. What a poll handed over counts
 * only when the next poll finds it in the stored memory: n8n may drop the rows of a poll together with what
 * it stored.
 */
export class Recollection {
	private sure?: Memory;
	private handed?: Memory;

	/** The memory with which a poll begins. */
	recall(stored: Memory | undefined): Memory | undefined {
		if (this.handed && stored?.turn === this.handed.turn) this.sure = this.handed;
		this.handed = undefined;
		const { sure } = this;
		if (!stored || !sure) return stored ?? sure;
		return {
			...stored,
			since: Math.max(sure.since, stored.since),
			seen: { ...sure.seen, ...stored.seen },
		};
	}

	/** What a poll leaves. */
	keep(before: Memory | undefined, after: Memory): void {
		if (!before || before.turn === after.turn) this.sure = after;
		else this.handed = after;
	}
}
