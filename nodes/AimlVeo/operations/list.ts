/** The account's recent videos from the API's usage log, newest first. */
import type { IDataObject } from 'n8n-workflow';
import { readClientRequestId } from '../api/clientRequestId';
import type { Reader } from '../api/retry';
import type { ManyPlan } from '../request/planMany';
import { createdMsOf, Generations, readLog } from '../api/usageLog';
import { asNumber, asObject, asText } from '../shared/values';
import { logUnreadable } from '../shared/messages';

/** Who requested the video of a row, if our client request ID says so. */
export const askedByOf = (row: IDataObject) =>
	readClientRequestId(asText(row.client_request_id) ?? '');

const toIso = (ms?: number) => (ms === undefined ? null : new Date(ms).toISOString());

/**
 * One row of the log as output: what is needed to find and fetch a video whose answer was lost, and, if our
 * client request ID says so, which item of which execution requested it.
 */
export function asVideo(row: IDataObject): IDataObject {
	const clientRequestId = asText(row.client_request_id);
	const cost = asObject(row.cost);
	const askedBy = askedByOf(row);
	return {
		id: row.inference_id,
		model: row.model,
		created: typeof row.created === 'number' ? toIso(createdMsOf(row)) : row.created,
		status: row.status,
		cost: { usd: asNumber(cost?.usd) ?? null, credits: asNumber(cost?.credits) ?? null },
		clientRequestId: clientRequestId ?? null,
		...(askedBy && { n8n: { ...askedBy } }),
	};
}

/**
 * The videos that the plan asks for.
 * @throws ItemError when the API refuses, or a page cannot be read in several attempts
 */
export async function listVideos(reader: Reader, plan: ManyPlan): Promise<IDataObject[]> {
	const { reference } = plan;
	const isWanted = (row: IDataObject) =>
		!reference || askedByOf(row)?.reference?.startsWith(reference) === true;
	const generations = new Generations();
	const found = new Map<string, IDataObject>();
	for await (const page of readLog(reader, plan.query)) {
		if ('cause' in page) throw logUnreadable(page.cause);
		for (const [id, row] of generations.add(page.rows)) {
			if (isWanted(row)) found.set(id, row);
			else found.delete(id);
		}
		if (found.size >= plan.limit) break;
	}
	return [...found.values()]
		.slice(0, plan.limit)
		.sort((a, b) => (createdMsOf(b) ?? 0) - (createdMsOf(a) ?? 0))
		.map(asVideo);
}
