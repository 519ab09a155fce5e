/**
 * Finds in the usage log what a crashed execution bought, so that a retry does not buy it again: the crash
 * loses the ledger.
 */
import type { IDataObject } from 'n8n-workflow';
import { isOfExecution, readRequest, shortHash, sourceHash } from '../api/clientRequestId';
import type { KnownRequest, RequestOrigin } from '../api/clientRequestId';
import { modelInId } from '../api/responses';
import type { Reader } from '../api/retry';
import {
	createdMsOf,
	Generations,
	isCharged,
	modelQuery,
	periodSince,
	readLog,
} from '../api/usageLog';
import type { LogQuery } from '../api/usageLog';
import { MODELS } from '../catalogue/models';
import type { RequestPlan } from '../request/plan';
import { hashContent, hashInKey, hashRequest } from '../request/requestKey';
import { ItemError } from '../shared/errors';
import { crashUnclear } from '../shared/messages';
import { toMicroUsd } from '../shared/money';
import { asNumber, asObject, asText, toText } from '../shared/values';
import type { CrashedExecution, Ledger } from './ledger';
import { LOG_COMPLETE_MS } from './submit';

/** n8n deletes executions after this time, unless it is configured otherwise. */
const KEPT_BY_N8N_MS = 14 * 86_400_000;
/** How much the clocks of n8n and the API may differ. */
const CLOCK_MS = 86_400_000;
/** A later run reads the log again after this time. */
const READ_AGAIN_MS = 60_000;
/** The API accepts at most this many models in one query. */
const MAX_MODELS = 50;

/** An item whose video was found. */
export interface Claim {
	readonly itemIndex: number;
	/** Whether the crashed execution requested it with other values. */
	readonly isOther: boolean;
}

export interface RecoverContext extends Reader {
	readonly ledger: Ledger;
	readonly origin: Omit<RequestOrigin, 'itemIndex'>;
	readonly isTool: boolean;
	readonly now: () => number;
	/** Told which videos of the crashed execution were found. */
	readonly onRecovered: (found: readonly Claim[], executionId: string) => void;
}

/** A paid request of a crashed execution. */
interface LostPurchase {
	readonly id: string;
	/** The client request ID. */
	readonly req: string;
	/** The same, read. */
	readonly request: KnownRequest;
	/** When it was logged, in ms since the epoch. */
	readonly at: number;
	/** The model, unless the generation ID ends with it. */
	readonly model?: string;
	/** What it cost, in millionths of a dollar. */
	readonly usd?: number;
}

/** A row of the log as one of these purchases; undefined for all other rows. */
function asLost(
	row: IDataObject,
	isOurs: (request: KnownRequest) => boolean,
	nowMs: number,
): LostPurchase | undefined {
	const req = asText(row.client_request_id) ?? '';
	const request = readRequest(req);
	if (!request || !isOurs(request) || (row.status === 'failed' && !isCharged(row)))
		return undefined;
	const usd = asNumber(asObject(row.cost)?.usd);
	const id = toText(row.inference_id) ?? '';
	const model = modelInId(id) === undefined ? asText(row.model) : undefined;
	return {
		id,
		req,
		request,
		at: createdMsOf(row) ?? nowMs,
		...(model !== undefined && { model }),
		...(usd !== undefined && { usd: toMicroUsd(usd) }),
	};
}

/**
 * What the crashed execution paid for, and those of which it was a retry, as far as the log shows it: what is
 * still being generated has no row.
 * @throws ItemError when the log cannot be read to the start of that execution
 */
async function readLost(
	context: RecoverContext,
	{ executionId, startedAtMs }: CrashedExecution,
	models: readonly string[],
): Promise<LostPurchase[]> {
	const nowMs = context.now();
	const sinceMs = (startedAtMs ?? nowMs - KEPT_BY_N8N_MS) - CLOCK_MS;
	// A row without a readable time is not too old.
	const isTooOld = (row: IDataObject) => (createdMsOf(row) ?? Infinity) < sinceMs;
	const names = modelQuery(models);
	const query: LogQuery = [
		['period', periodSince(nowMs - sinceMs)],
		...(names.length <= MAX_MODELS ? names : []),
	];
	const generations = new Generations();
	let isRead = false;
	for await (const page of readLog(context, query)) {
		if ('cause' in page) throw crashUnclear(executionId, page.cause);
		generations.add(page.rows);
		isRead = page.isLast || page.rows.slice(-1).some(isTooOld);
		if (isRead) break;
	}
	if (!isRead) throw crashUnclear(executionId, 'The usage log was cut short');
	const { ledger, origin } = context;
	const isOurs = (request: KnownRequest) =>
		isOfExecution(request, executionId) ||
		(request.nonce === ledger.nonce && !isOfExecution(request, origin.executionId));
	const lost = generations.rows
		.filter((row) => !isTooOld(row))
		.flatMap((row) => asLost(row, isOurs, nowMs) ?? []);
	// Another execution that began in the same millisecond has the same nonce: its own video comes first.
	const isOwn = ({ request }: LostPurchase) => Number(isOfExecution(request, executionId));
	return lost.sort((a, b) => isOwn(b) - isOwn(a));
}

/** What the log showed this execution. Not stored: a retry reads it anew, and more may be finished by then. */
interface Reading {
	readonly models: readonly string[];
	readonly lost: ReadonlyMap<CrashedExecution, readonly LostPurchase[]>;
	/** When the log was read for the first time, and for the last. */
	readonly firstMs: number;
	readonly lastMs: number;
}

const readings = new WeakMap<Ledger, Reading>();

/** A video that was being generated when n8n crashed may have got its row since then. */
const mayHaveMore = ({ firstMs, lastMs }: Reading, nowMs: number): boolean =>
	nowMs - lastMs > READ_AGAIN_MS && lastMs - firstMs < LOG_COMPLETE_MS;

/** What the log shows of all crashed executions, the newest first. */
async function read(
	context: RecoverContext,
	wanted: readonly string[],
	known?: Reading,
): Promise<Reading> {
	const lastMs = context.now();
	const before = known?.models ?? MODELS.map(({ id }) => id);
	const models = [...new Set([...before, ...wanted])];
	const lost = new Map<CrashedExecution, LostPurchase[]>();
	for (const crash of [...context.ledger.crashes].reverse()) {
		lost.set(crash, await readLost(context, crash, models));
	}
	return { models, lost, firstMs: known?.firstMs ?? lastMs, lastMs };
}

/** The purchases of all crashed executions; read for a later run only where the log may show it more. */
async function lostFor(
	context: RecoverContext,
	plans: readonly RequestPlan[],
): Promise<Reading['lost']> {
	const known = readings.get(context.ledger);
	const wanted = plans.flatMap(({ request }) => request?.model ?? []);
	const answers = wanted.every((model) => known?.models.includes(model));
	if (known && answers && !mayHaveMore(known, context.now())) return known.lost;
	const reading = await read(context, wanted, known).catch((cause: unknown) => {
		// What an earlier run has read still holds.
		if (known && answers && cause instanceof ItemError) return known;
		throw cause;
	});
	readings.set(context.ledger, reading);
	return reading.lost;
}

/** An item that nothing is known of yet. */
interface Wanted {
	readonly plan: RequestPlan;
	/** Hash of what the user entered, with this node. */
	readonly source: string;
	/** Hash of what would be sent. */
	readonly body?: string;
}

type Match = (request: KnownRequest, wanted: Wanted) => boolean;

const all =
	(...matches: Match[]): Match =>
	(request, wanted) =>
		matches.every((isMatch) => isMatch(request, wanted));

const isSameBody: Match = ({ body }, wanted) => body !== undefined && body === wanted.body;
const isSameReference: Match = ({ reference }, { plan }) => reference === plan.options.reference;

/** Whether a video was found for another place than the one it was requested for. */
const hasMoved = ({ ledger, isTool }: RecoverContext): boolean =>
	!isTool &&
	ledger.places.some(({ runIndex, itemIndex, req }) => {
		const request = readRequest(req);
		return request && (request.runIndex !== runIndex || request.itemIndex !== itemIndex);
	});

/** Enters into the ledger what each match finds, the most certain match first. */
function claimAll(
	context: RecoverContext,
	executionId: string,
	lost: readonly LostPurchase[],
	wanted: readonly Wanted[],
): Claim[] {
	const { ledger, origin, isTool } = context;
	const isSamePlace: Match = ({ runIndex, itemIndex }, { plan }) =>
		isTool || (runIndex === origin.runIndex && itemIndex === plan.itemIndex);
	const isOfCrash: Match = (request) => isOfExecution(request, executionId);
	const taken = new Set(ledger.knownIds);
	const found: Claim[] = [];
	const claim = (isMatch: Match) => {
		for (const one of wanted.filter(({ plan }) => !ledger.find(plan.key))) {
			const purchase = lost.find(
				({ id, request }) =>
					!taken.has(id) && request.source === one.source && isMatch(request, one),
			);
			if (!purchase) continue;
			const { request, ...entry } = purchase;
			const body = one.plan.request && hashRequest(one.plan.request);
			ledger.enter(one.plan.key, { ...entry, ...(body !== undefined && { body }) });
			taken.add(entry.id);
			found.push({ itemIndex: one.plan.itemIndex, isOther: !isSameBody(request, one) });
		}
	};
	claim(all(isSameBody, isSamePlace, isSameReference));
	// Rows of a sheet may have moved since the crash.
	claim(all(isSameBody, isSameReference));
	claim(all(isSameBody, isSamePlace));
	claim(isSameBody);
	// Expressions may return other values now. A different reference means a different row. If rows have moved, in
	// this run or in an earlier one, the place means nothing; nor if another execution of the same moment may be meant.
	if (!hasMoved(context)) claim(all(isOfCrash, isSamePlace, isSameReference));
	return found;
}

/**
 * Enters into the ledger what the crashed executions bought for these items. The usage log is read only in a
 * retry of an execution that may have bought more than the ledger holds.
 *
 * @throws ItemError when the log cannot be read: then nobody knows what is paid for
 */
export async function recover(
	context: RecoverContext,
	plans: readonly RequestPlan[],
): Promise<void> {
	const { ledger, origin } = context;
	const open = plans.filter(({ key, options }) => !options.estimateOnly && !ledger.find(key));
	if (ledger.crashes.length === 0 || open.length === 0) return;
	const lost = await lostFor(context, open);
	const wanted = open.map(
		(plan): Wanted => ({
			plan,
			source: sourceHash(origin.instanceId, origin.nodeId, hashInKey(plan.key)),
			body: plan.request && shortHash(hashContent(plan.request)),
		}),
	);
	for (const [{ executionId }, purchases] of lost) {
		const found = claimAll(context, executionId, purchases, wanted);
		if (found.length > 0) context.onRecovered(found, executionId);
	}
}
