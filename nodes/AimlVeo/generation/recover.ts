/**
 * Finds in the usage log what a crashed execution bought, so that a retry of it does not buy it again: the
 * ledger is gone with the crash.
 */
import type { IDataObject } from 'n8n-workflow';
import { readRequestOf, shortHash, sourceHash } from '../api/clientRequestId';
import type { KnownRequest, RequestOrigin } from '../api/clientRequestId';
import { modelInId } from '../api/responses';
import type { Reader } from '../api/retry';
import { isCharged, modelQuery, periodSince, readLog } from '../api/usageLog';
import { MODELS } from '../catalogue/models';
import type { RequestPlan } from '../request/plan';
import { hashRequest } from '../request/requestKey';
import { crashUnclear } from '../shared/messages';
import { MICRO_USD } from '../shared/money';
import { asNumber, asObject, asText, toText } from '../shared/values';
import type { CrashedExecution, Ledger, LostPurchase } from './ledger';

/** n8n deletes executions after this time, unless it is told otherwise. */
const KEPT_BY_N8N_MS = 14 * 86_400_000;
/** How much the clocks of n8n and the API may differ. */
const CLOCK_MS = 86_400_000;

export interface RecoverContext extends Reader {
	readonly ledger: Ledger;
	readonly origin: Omit<RequestOrigin, 'itemIndex'>;
	readonly isTool: boolean;
	readonly now: () => number;
	/** Told how many videos of the crashed execution were found. */
	readonly onRecovered: (count: number, executionId: string) => void;
}

function asLost(row: IDataObject, nowMs: number): LostPurchase {
	const usd = asNumber(asObject(row.cost)?.usd);
	const id = toText(row.inference_id) ?? '';
	const model = modelInId(id) === undefined ? asText(row.model) : undefined;
	return {
		id,
		req: asText(row.client_request_id) ?? '',
		at: Date.parse(String(row.created)) || nowMs,
		...(model !== undefined && { model }),
		...(usd !== undefined && { usd: Math.round(usd * MICRO_USD) }),
	};
}

/**
 * What the crashed execution paid for, as far as the log shows it: what is still being generated has no row.
 * @throws ItemError when the log cannot be read to the start of that execution
 */
async function readLost(
	context: RecoverContext,
	{ executionId, startedAtMs }: CrashedExecution,
): Promise<LostPurchase[]> {
	const nowMs = context.now();
	const sinceMs = (startedAtMs ?? nowMs - KEPT_BY_N8N_MS) - CLOCK_MS;
	// A row without a readable time is not too old.
	const isTooOld = (row?: IDataObject) => Date.parse(String(row?.created)) < sinceMs;
	const models = modelQuery(MODELS.map(({ id }) => id));
	const lost = new Map<string, LostPurchase>();
	let isRead = false;
	for await (const page of readLog(context, [
		['period', periodSince(nowMs - sinceMs)],
		...models,
	])) {
		if ('cause' in page) throw crashUnclear(executionId, page.cause);
		for (const row of page.rows.filter((one) => !isTooOld(one))) {
			const isOurs = readRequestOf(executionId, asText(row.client_request_id) ?? '');
			if (!isOurs || (row.status === 'failed' && !isCharged(row))) continue;
			const purchase = asLost(row, nowMs);
			lost.set(purchase.id, purchase);
		}
		isRead = page.isLast || isTooOld(page.rows[page.rows.length - 1]);
		if (isRead) break;
	}
	if (!isRead) throw crashUnclear(executionId, 'The usage log was cut short');
	return [...lost.values()];
}

type Match = (request: KnownRequest, plan: RequestPlan) => boolean;

/** What makes a request of the crashed execution the one of an item, the surest first. */
function matchesOf({ origin, isTool }: RecoverContext): Match[] {
	const body: Match = (request, plan) =>
		request.body !== undefined &&
		plan.request !== undefined &&
		request.body === shortHash(hashRequest(plan.request));
	const place: Match = ({ runIndex, itemIndex }, plan) =>
		isTool || (runIndex === origin.runIndex && itemIndex === plan.itemIndex);
	const reference: Match = (request, plan) => request.reference === plan.options.reference;
	const both =
		(one: Match, other: Match): Match =>
		(request, plan) =>
			one(request, plan) && other(request, plan);
	return [
		both(body, place),
		// Rows of a sheet may have moved since the crash.
		both(body, reference),
		body,
		// Its expressions may give other values now; another reference tells that it is another row.
		both(place, reference),
	];
}

/** Writes into the ledger what each match finds; returns how many it found. */
function claim(
	{ ledger, origin }: RecoverContext,
	{ executionId }: CrashedExecution,
	lost: LostPurchase[],
	plans: readonly RequestPlan[],
	isMatch: Match,
): number {
	let count = 0;
	for (const plan of plans.filter(({ key }) => !ledger.find(key))) {
		const hash = plan.key.slice(plan.key.lastIndexOf('.') + 1);
		const source = sourceHash(origin.instanceId, origin.nodeId, hash);
		const found = lost.findIndex(({ req }) => {
			const request = readRequestOf(executionId, req);
			return request?.source === source && isMatch(request, plan);
		});
		const [purchase] = found < 0 ? [] : lost.splice(found, 1);
		if (!purchase) continue;
		const body = plan.request && hashRequest(plan.request);
		ledger.enter(plan.key, { ...purchase, ...(body !== undefined && { body }) });
		count += 1;
	}
	return count;
}

/**
 * Enters into the ledger what the crashed execution bought for these items. The usage log is read once for
 * all runs of an execution, and only in a retry of an execution that left no ledger for the run.
 *
 * @throws ItemError when the log cannot be read: then it is not known what is paid for
 */
export async function recover(
	context: RecoverContext,
	plans: readonly RequestPlan[],
): Promise<void> {
	const { crash } = context.ledger;
	const wanted = plans.filter(
		({ key, estimateOnly }) => !estimateOnly && !context.ledger.find(key),
	);
	if (!crash || wanted.length === 0) return;
	const lost = (crash.lost ??= await readLost(context, crash));
	let count = 0;
	for (const match of matchesOf(context)) count += claim(context, crash, lost, wanted, match);
	if (count > 0) context.onRecovered(count, crash.executionId);
}
