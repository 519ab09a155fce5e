/** The account's recent videos out of the API's usage log, newest first, page by page. */
import type { IDataObject } from 'n8n-workflow';
import { LOGS } from './api';
import { logUnreadable } from './errors';
import { readClientRequestId } from './ledger';
import { readPatiently } from './patience';
import type { Reader } from './patience';
import type { ManyPlan } from './planMany';
import { asNumber, asObject, asObjects, asText } from './values';

/** The API gives at most 100 rows at once. */
const PAGE_SIZE = 100;

/**
 * One row of the log as output: what is needed to find and fetch a video whose answer was lost, and,
 * where our client request id tells, which item of which execution asked for it.
 */
function asVideo(row: IDataObject): IDataObject {
	const clientRequestId = asText(row.client_request_id);
	const cost = asObject(row.cost);
	const askedBy = clientRequestId && readClientRequestId(clientRequestId);
	return {
		id: row.inference_id,
		model: row.model,
		created: row.created,
		status: row.status,
		cost: { usd: asNumber(cost?.usd) ?? null, credits: asNumber(cost?.credits) ?? null },
		clientRequestId: clientRequestId ?? null,
		...(askedBy && { n8n: askedBy }),
	};
}

const createdMs = (row: IDataObject) => Date.parse(String(row.created)) || 0;

/**
 * The videos that the plan asks for. A row that moves to the next page because a newer one came
 * meanwhile is given once.
 *
 * @throws VeoError when the API refuses, or a page cannot be read in several attempts
 */
export async function listVideos(reader: Reader, plan: ManyPlan): Promise<IDataObject[]> {
	const found = new Map<string, IDataObject>();
	for (let offset = 0; found.size < plan.limit; ) {
		const limit = Math.min(PAGE_SIZE, plan.limit - found.size);
		const page = [...plan.query, ['limit', limit], ['offset', offset]];
		const query = page.map((pair) => pair.map(encodeURIComponent).join('=')).join('&');
		const read = await readPatiently(reader, `${LOGS}?${query}`);
		if ('cause' in read) throw logUnreadable(read.cause);
		const { data, pagination } = read.answer;
		const rows = asObjects(data);
		for (const row of rows) {
			const id = asText(row.inference_id);
			if (id && !found.has(id)) found.set(id, row);
		}
		offset += rows.length;
		if (rows.length === 0 || asObject(pagination)?.has_more !== true) break;
	}
	return [...found.values()].sort((a, b) => createdMs(b) - createdMs(a)).map(asVideo);
}
