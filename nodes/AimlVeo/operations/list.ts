/** The account's recent videos out of the API's usage log, newest first. */
import type { IDataObject } from 'n8n-workflow';
import { readClientRequestId } from '../api/clientRequestId';
import type { Reader } from '../api/retry';
import type { ManyPlan } from '../request/planMany';
import { readLog } from '../api/usageLog';
import { asNumber, asObject, asText } from '../shared/values';
import { logUnreadable } from '../shared/messages';

/** Who asked for the video of a row, where our client request ID tells. */
export const askedByOf = (row: IDataObject) =>
	readClientRequestId(asText(row.client_request_id) ?? '');

/**
 * One row of the log as output: what is needed to find and fetch a video whose answer was lost, and,
 * where our client request id tells, which item of which execution asked for it.
 */
export function asVideo(row: IDataObject): IDataObject {
	const clientRequestId = asText(row.client_request_id);
	const cost = asObject(row.cost);
	const askedBy = askedByOf(row);
	return {
		id: row.inference_id,
		model: row.model,
		created: row.created,
		status: row.status,
		cost: { usd: asNumber(cost?.usd) ?? null, credits: asNumber(cost?.credits) ?? null },
		clientRequestId: clientRequestId ?? null,
		...(askedBy && { n8n: { ...askedBy } }),
	};
}

const createdMs = (row: IDataObject) => Date.parse(String(row.created)) || 0;

/**
 * The videos that the plan asks for.
 * @throws ItemError when the API refuses, or a page cannot be read in several attempts
 */
export async function listVideos(reader: Reader, plan: ManyPlan): Promise<IDataObject[]> {
	const { reference } = plan;
	const found = new Map<string, IDataObject>();
	for await (const page of readLog(reader, plan.query)) {
		if ('cause' in page) throw logUnreadable(page.cause);
		for (const row of page.rows) {
			const id = String(row.inference_id);
			if (reference && !askedByOf(row)?.reference?.startsWith(reference)) continue;
			// Of two rows about one generation, the one that tells who asked for it.
			if (!found.has(id) || asText(row.client_request_id)) found.set(id, row);
		}
		if (found.size >= plan.limit) break;
	}
	return [...found.values()]
		.slice(0, plan.limit)
		.sort((a, b) => createdMs(b) - createdMs(a))
		.map(asVideo);
}
