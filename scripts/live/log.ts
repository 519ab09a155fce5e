/** Checks the usage log and the balance after a video: when they show it, and what they say. */
import { asNumber, asObject, asObjects, asText } from '../../nodes/AimlVeo/shared/values';
import { shortName } from '../../nodes/AimlVeo/catalogue/models';
import type { Account } from './free';
import type { Part } from './notes';
import { askWithKey, ifAnswered, inSeconds, inUsd } from './context';
import type { Bought, Context } from './context';

type Row = Readonly<Record<string, unknown>>;

/** The row of this generation, by its ID or else by the ID that we gave the request. */
export async function logRowOf(
	context: Context,
	id: string,
	clientRequestId: string,
): Promise<Row | undefined> {
	const answer = await askWithKey(context, { path: '/v2/logs?period=24h&limit=100' });
	const rows = asObjects(asObject(answer.body)?.data);
	return (
		rows.find((row) => row.inference_id === id) ??
		rows.find((row) => row.client_request_id === clientRequestId)
	);
}

export async function balanceOf(context: Context): Promise<number | undefined> {
	const answer = await askWithKey(context, { path: '/v2/billing' });
	return asNumber(asObject(answer.body)?.current_balance);
}

const POLL_EVERY_MS = 15_000;
const GIVE_UP_MS = 600_000;
/** Who searches the log for a lost answer must know how long to search. */
const SOON_MS = 60_000;
/** Clocks and the time that an answer is under way. */
const TOLERANCE_MS = 5_000;

/** Whether `created` is the time of the request or that of the end. */
function createdIs(row: Row, bought: Bought, skewMs: number): string {
	const at = Date.parse(String(row.created)) - skewMs;
	const isNear = (from: number, to: number) => at >= from - TOLERANCE_MS && at <= to + TOLERANCE_MS;
	const isRequest = isNear(bought.sentAtMs, bought.acceptedAtMs);
	const isEnd = isNear(bought.lastRunningAtMs, bought.endedAtMs);
	if (isRequest && isEnd) return 'too quick to tell';
	if (isRequest) return 'the time of the request';
	if (isEnd) return 'the time of the end';
	return `${inSeconds(at - bought.sentAtMs)} after the request, ${inSeconds(bought.endedAtMs - at)} before the end`;
}

function noteRow(part: Part, row: Row, bought: Bought, skewMs: number): void {
	const { id, clientRequestId, model, chargedUsd } = bought;
	const cost = asNumber(asObject(row.cost)?.usd);
	const created = createdIs(row, bought, skewMs);
	part.check('created', 'the time of the request', created, /request$|^too quick/.test(created));
	part.check(
		'inference_id',
		'the generation ID',
		row.inference_id === id ? 'the generation ID' : 'another ID',
		row.inference_id === id,
	);
	part.check(
		'client_request_id',
		'what was sent',
		row.client_request_id === clientRequestId ? 'what was sent' : shapeOfId(row.client_request_id),
		row.client_request_id === clientRequestId,
	);
	part.check(
		'model',
		`${shortName(model)}, with or without its vendor`,
		String(row.model),
		shortName(String(row.model)) === shortName(model),
	);
	part.check('status', 'succeeded', String(row.status), row.status === 'succeeded');
	part.check(
		'cost',
		'what the answer says was charged',
		`${inUsd(cost)}; the answer: ${inUsd(chargedUsd)}`,
		chargedUsd === undefined || cost === chargedUsd,
	);
}

const shapeOfId = (value: unknown) => (asText(value) ? 'something else' : String(value));

/** Waits until both tell of the video, or have had time enough. */
export async function checkLedgers(
	context: Context,
	bought: Bought,
	account: Account,
): Promise<void> {
	const { clock, notes, print } = context;
	const { endedAtMs, chargedUsd } = bought;
	let row: Row | undefined;
	let rowAfterMs = 0;
	let spentUsd = 0;
	print('Waiting for the usage log and the balance …');
	for (let waits = false; ; waits = true) {
		if (waits) await clock.sleep(POLL_EVERY_MS);
		const ageMs = clock.now() - endedAtMs;
		if (!row) {
			row = await ifAnswered(logRowOf(context, bought.id, bought.clientRequestId));
			rowAfterMs = ageMs;
		}
		const balanceUsd = await ifAnswered(balanceOf(context));
		if (account.balanceUsd !== undefined && balanceUsd !== undefined) {
			spentUsd = Math.round((account.balanceUsd - balanceUsd) * 1e6) / 1e6;
		}
		if ((row && spentUsd > 0) || ageMs >= GIVE_UP_MS) break;
	}
	notes.check(
		'Balance: after the video',
		'falls by what the answer says was charged',
		`falls by ${inUsd(spentUsd)}; the answer: ${inUsd(chargedUsd)}`,
		chargedUsd === undefined ? spentUsd > 0 : spentUsd === chargedUsd,
	);
	const part = notes.under('Usage log');
	part.check(
		'when',
		`a row within ${inSeconds(SOON_MS)} of the end`,
		row ? `${inSeconds(rowAfterMs)} after the end` : `no row after ${inSeconds(GIVE_UP_MS)}`,
		row !== undefined && rowAfterMs <= SOON_MS,
	);
	if (row) noteRow(part, row, bought, account.skewMs);
}
