/**
 * One poll of the trigger: reads the usage log, separates new videos from old ones, and hands the new ones
 * over. Temporary trouble is never thrown: n8n would end the trigger, or show a failed execution.
 */
import type { IDataObject, INodeExecutionData, IPollFunctions } from 'n8n-workflow';
import { apiOf } from '../api/aimlapi';
import type { Api } from '../api/aimlapi';
import { connect } from '../api/client';
import { CheckPace } from '../generation/checkPace';
import type { Row } from '../generation/generation';
import { planTrigger } from '../request/planTrigger';
import type { TriggerPlan } from '../request/planTrigger';
import type { ItemError } from '../shared/errors';
import { toNodeError } from '../shared/errors';
import { asItemError, logUnreadable, noRecentVideo } from '../shared/messages';
import { forEachItem, forOneItem } from '../shared/concurrency';
import { pause, steady } from '../shared/pause';
import { budgetOf, isFirstPoll, isPassing, knownOf } from './known';
import type { Known } from './known';
import {
	HORIZON_MS,
	firstMemory,
	lateMs,
	memoryAfter,
	memoryFor,
	memoryOfOld,
	readMemory,
	unseen,
	withLate,
} from './memory';
import type { Finished, Memory, Reading } from './memory';
import { bareRow, findNewest, readFinished, rowOf } from './search';
import type { SearchContext } from './search';
import { changedFrom, toSought } from './sought';

/** How far back Fetch Test Event searches. */
const TEST_DAYS = 7;
/** A second attempt rides out a blip. Everything else is left to the next poll, a minute later. */
const PATIENCE = { attempts: 2 };
const AT_ONCE = 10;
/** After this many faults in a row, the rest is left to the next poll: the API is down, or limits the rate. */
const MAX_FAULTS = 3;
/**
 * Shares of the time that n8n allows for a poll: when the log must be read, when the last video may be begun,
 * and when the poll ends. n8n may drop a poll that takes longer, with all its rows.
 */
const SHARES = { read: 0.5, begin: 0.7, end: 0.9 };
/**
 * A video that the log shows but the API does not return yet is kept back, so that nobody gets half a row.
 * But it is paid for: after this time it is handed over as it is, and its ID is enough for Get Video.
 */
export const LATE_MS = 3_600_000;

interface Poll extends SearchContext {
	readonly plan: TriggerPlan;
	/** No video is begun after this time (ms). */
	readonly beginUntilMs: number;
}

/** The memory that n8n stores for this node. */
const storeOf = (ctx: IPollFunctions): IDataObject => ctx.getWorkflowStaticData('node');

type Opened = Reading & { memory: Memory; cause?: string };

/** The first poll: sets the mark, and takes all that has finished as old. */
async function setMark(run: Poll, store: IDataObject, sought: string): Promise<Opened> {
	const startMs = run.now();
	// Even if the API refuses: what finishes from now on is new.
	store.memory = firstMemory(startMs, sought);
	const reading = await readFinished(run, run.plan.search, startMs - HORIZON_MS, PATIENCE);
	return { ...reading, memory: memoryOfOld(reading, startMs, sought) };
}

/** Reads the log. After a change of the filters, only what the old filters would have found, too, is new. */
async function readNew(run: Poll, before: Memory, sought: string): Promise<Opened> {
	const { since } = before;
	const reading = await readFinished(run, run.plan.search, since, PATIENCE);
	const old = changedFrom(before.sought, sought);
	if (!old) return { ...reading, memory: { ...before, sought } };
	if (reading.cause) return { ...reading, videos: [], memory: before };
	// Read second: what finishes in between is in this reading alone, and stays new.
	const known = await readFinished(run, old, since, PATIENCE);
	if (known.cause) return { ...known, videos: [], memory: before };
	const fresh = new Set(unseen(before, known.videos).map(({ print }) => print));
	const others = reading.videos.filter(({ print }) => !fresh.has(print));
	return { ...reading, memory: memoryFor(before, sought, others, run.now()) };
}

interface Brought {
	readonly rows: Map<string, Row>;
	memory: Memory;
	/** Why some of them could not be fetched. */
	cause?: string;
	/** The API refuses everything. */
	refusal?: ItemError;
}

/** Fetches as many of these videos as possible. Those that could not be fetched before come last. */
async function bring(run: Poll, memory: Memory, videos: readonly Finished[]): Promise<Brought> {
	const brought: Brought = { rows: new Map(), memory };
	const isLate = ({ print }: Finished) => memory.late[print] !== undefined;
	const queue = [...videos.filter((one) => !isLate(one)), ...videos.filter(isLate)];
	let faults = 0;

	async function bringOne(video: Finished): Promise<void> {
		const { print } = video;
		try {
			brought.rows.set(print, await rowOf(forOneItem(run), run.plan, video));
			faults = 0;
		} catch (cause) {
			if (run.signal.aborted) return;
			const error = asItemError(cause);
			if (error.details.endsRun) brought.refusal = error;
			faults += 1;
			brought.cause = `${error.message}: ${error.details.description}`.replace(/\.$/, '');
			brought.memory = withLate(brought.memory, video, run.now());
			if (lateMs(brought.memory, video, run.now()) >= LATE_MS)
				brought.rows.set(print, bareRow(video));
		}
	}

	await forEachItem(queue.length, AT_ONCE, run.signal, async (index) => {
		const video = queue[index];
		const isOver = brought.refusal ?? (faults >= MAX_FAULTS || run.now() > run.beginUntilMs);
		if (video && !isOver) await bringOne(video);
	});
	return brought;
}

/**
 * The rows of all new videos, the oldest first.
 * @throws ItemError when the API refuses everything, or a parameter cannot be used
 */
async function rowsOf(ctx: IPollFunctions, known: Known, run: Poll): Promise<Row[]> {
	const store = storeOf(ctx);
	const sought = toSought(ctx.getNode(), run.plan.search);
	const before = known.recollection.recall(readMemory(store.memory));
	if (before) store.memory = before;
	const opened = before ? await readNew(run, before, sought) : await setMark(run, store, sought);
	const open = before ? unseen(opened.memory, opened.videos) : [];
	const { rows, memory, ...trouble } = await bring(run, opened.memory, open);
	const handed = open.filter(({ print }) => rows.has(print));
	const isComplete = opened.isComplete && handed.length === open.length;
	const after = memoryAfter(memory, { ...opened, isComplete }, handed, run.now());
	known.recollection.keep(before, after);
	// Before the return: n8n stores it with the execution.
	store.memory = after;
	if (trouble.refusal && handed.length === 0) throw asItemError(trouble.refusal);
	known.note(ctx, opened.cause ?? trouble.cause);
	return handed.flatMap(({ print }) => rows.get(print) ?? []);
}

/** The API, with a limit: after this time, its log is no longer read. */
function limited({ check, read }: Api, untilMs: number, now: () => number): Poll['api'] {
	return {
		check,
		read: async (path, timeoutMs) => {
			const leftMs = untilMs - now();
			if (leftMs > 0) return await read(path, Math.min(timeoutMs, leftMs));
			return { kind: 'noAnswer', cause: 'Reading the usage log took too long' };
		},
	};
}

/** The connection and the limits of a poll. */
async function openPoll(ctx: IPollFunctions, signal: AbortSignal): Promise<Poll> {
	const now = steady(Date.now);
	const startMs = now();
	const budgetMs = budgetOf(ctx);
	return {
		ctx,
		plan: planTrigger(ctx),
		api: limited(apiOf(await connect(ctx)), startMs + budgetMs * SHARES.read, now),
		now,
		signal,
		sleep: async (ms) => await pause(ms, signal),
		pace: new CheckPace(now),
		ledger: { files: new Map() },
		isTool: false,
		beginUntilMs: startMs + budgetMs * SHARES.begin,
	};
}

/** The work's result. The work is cut off when the time of the poll is over. */
async function withinBudget<T>(
	ctx: IPollFunctions,
	work: (run: Poll) => Promise<T>,
): Promise<{ result: T } | { failed: ItemError; isOver: boolean }> {
	const end = new AbortController();
	const done = new AbortController();
	pause(budgetOf(ctx) * SHARES.end, done.signal).then(
		() => end.abort(new Error('The time of the poll is over')),
		() => {},
	);
	try {
		return { result: await work(await openPoll(ctx, end.signal)) };
	} catch (cause) {
		return { failed: asItemError(cause), isOver: end.signal.aborted };
	} finally {
		done.abort();
	}
}

/** The newest video that matches, for Fetch Test Event. */
async function newestRow(run: Poll): Promise<Row> {
	const newest = await findNewest(run, run.plan.search, TEST_DAYS);
	if (!newest) throw noRecentVideo(TEST_DAYS);
	if ('cause' in newest) throw logUnreadable(newest.cause);
	return await rowOf(run, run.plan, newest);
}

async function pollOnce(ctx: IPollFunctions, known: Known): Promise<Row[]> {
	const isFirst = isFirstPoll(ctx);
	const polled = await withinBudget(ctx, async (run) => await rowsOf(ctx, known, run));
	if ('result' in polled) return polled.result;
	const { failed, isOver } = polled;
	known.note(ctx, failed.message);
	if (isOver || isPassing(failed) || !known.mayTell(ctx, isFirst, Date.now())) return [];
	throw toNodeError(ctx.getNode(), failed);
}

/**
 * The new videos as one execution, or null.
 * @throws NodeApiError or NodeOperationError for what a person must fix, at most once an hour
 */
export async function pollVideos(ctx: IPollFunctions): Promise<INodeExecutionData[][] | null> {
	if (ctx.getMode() === 'manual') {
		const tested = await withinBudget(ctx, newestRow);
		if ('failed' in tested) throw toNodeError(ctx.getNode(), tested.failed);
		return [[tested.result]];
	}
	const known = knownOf(ctx);
	if (known.isPolling) return null;
	known.isPolling = true;
	try {
		const rows = await pollOnce(ctx, known);
		return rows.length > 0 ? [rows] : null;
	} finally {
		known.isPolling = false;
	}
}
