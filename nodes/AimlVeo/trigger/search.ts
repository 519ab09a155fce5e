/** The finished videos in the usage log that a trigger searches for, with what Get Video returns for each. */
import type { IDataObject } from 'n8n-workflow';
import type { Api } from '../api/aimlapi';
import { modelInId, readEnd, readOutcome } from '../api/responses';
import { createdMsOf, Generations, readLog } from '../api/usageLog';
import type { Patience } from '../api/retry';
import { MAX_LIST_DAYS } from '../catalogue/parameters';
import { answerOf, toRow } from '../generation/generation';
import type { GenerationContext, Row } from '../generation/generation';
import { askedByOf, asVideo } from '../operations/list';
import { logQueryOf } from '../request/planTrigger';
import type { Search, TriggerPlan } from '../request/planTrigger';
import { videoUrlUnusable } from '../shared/messages';
import { daysSince, printOf } from './memory';
import type { Finished, Reading } from './memory';

export interface SearchContext extends GenerationContext {
	readonly api: Pick<Api, 'check' | 'read'>;
}

/** Whether the row is about a video that has finished, and is one of those that are searched for. */
function isSought(row: IDataObject, { status, ownOnly, reference }: Search): boolean {
	const end = readEnd(row.status);
	if (end === undefined || (status !== 'any' && end !== status)) return false;
	const askedBy = askedByOf(row);
	if (ownOnly && !askedBy) return false;
	return reference === undefined || askedBy?.reference?.startsWith(reference) === true;
}

/** Whether all further rows are older than the mark: the page is in order, and ends below the mark. */
function isBelow(rows: readonly IDataObject[], sinceMs: number): boolean {
	const times = rows.map((row) => createdMsOf(row) ?? Infinity);
	const inOrder = times.every((ms, index) => index === 0 || ms <= (times[index - 1] ?? Infinity));
	return inOrder && (times[times.length - 1] ?? Infinity) < sinceMs;
}

function asFinished(row: IDataObject): Finished {
	const id = String(row.inference_id).trim();
	// The log may correct itself, and a paid video must not be lost behind an earlier "failed".
	const print = printOf(readEnd(row.status) === 'failed' ? `failed ${id}` : id);
	return { id, print, createdMs: createdMsOf(row), row };
}

/**
 * Those that are searched for, oldest first. The log begins with the newest, also among rows of the same
 * time.
 */
const finishedOf = (rows: readonly IDataObject[], search: Search): Finished[] =>
	rows
		.filter((row) => isSought(row, search))
		.map(asFinished)
		.reverse()
		.sort((a, b) => (a.createdMs ?? Infinity) - (b.createdMs ?? Infinity));

/**
 * What the log has shown since then, and why it could not be read to its end.
 * @throws ItemError when the API refuses
 */
export async function readFinished(
	run: SearchContext,
	search: Search,
	sinceMs: number,
	patience: Patience,
): Promise<Reading & { readonly cause?: string }> {
	const days = daysSince(sinceMs, run.now(), MAX_LIST_DAYS);
	const query = [['period', `${days}d`] as const, ...logQueryOf(search)];
	const generations = new Generations();
	const videos = () => finishedOf(generations.rows, search);
	let isComplete = false;
	for await (const page of readLog(run, query, patience)) {
		if ('cause' in page) return { videos: videos(), isComplete: false, cause: page.cause };
		generations.add(page.rows);
		isComplete = page.isLast || isBelow(page.rows, sinceMs);
		if (isComplete) break;
	}
	return { videos: videos(), isComplete };
}

/** The newest one of the last days; undefined when there is none, or the cause if the log could not be read. */
export async function findNewest(
	run: SearchContext,
	search: Search,
	days: number,
): Promise<Finished | undefined | { readonly cause: string }> {
	const query = [['period', `${days}d`] as const, ...logQueryOf(search)];
	const generations = new Generations();
	for await (const page of readLog(run, query)) {
		if ('cause' in page) return page;
		const touched = generations.add(page.rows);
		const newest = finishedOf([...touched.values()], search).pop();
		if (newest) return newest;
	}
	return undefined;
}

/** A video without what Get Video would return: all there is of a failed one. */
export const bareRow = ({ row }: Finished): Row => ({ json: asVideo(row) });

/**
 * The video as a row, with its URL and, if asked for, its file.
 * @throws ItemError when these cannot be fetched now
 */
export async function rowOf(run: SearchContext, plan: TriggerPlan, video: Finished): Promise<Row> {
	const { id, row } = video;
	if (readEnd(row.status) === 'failed') return bareRow(video);
	const answer = await answerOf(run, id);
	const outcome = readOutcome(answer);
	if (outcome.kind !== 'completed') throw videoUrlUnusable(id, outcome.status);
	const { json, binary } = await toRow(run, plan, { answer, outcome }, modelInId(id));
	const told = { ...asVideo(row), id, model: row.model ?? json.model };
	return { json: { ...json, ...told }, ...(binary && { binary }) };
}
