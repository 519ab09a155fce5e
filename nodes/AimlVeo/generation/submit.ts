/** Buys one generation, once: checks the ledger, waits for its turn, sends the request, writes down the ID. */
import type { IDataObject } from 'n8n-workflow';
import { modelInId, readOutcome } from '../api/responses';
import { isEnd } from '../api/aimlapi';
import type { Api, Submission } from '../api/aimlapi';
import { loadBody } from '../request/body';
import type { RequestBody } from '../request/body';
import { textOf, ItemError } from '../shared/errors';
import type { SubmitQueue, TurnResult } from './submitQueue';
import { clientRequestId } from '../api/clientRequestId';
import type { RequestOrigin } from '../api/clientRequestId';
import type { Ledger } from './ledger';
import { asPurchase } from './purchase';
import type { Purchase } from './purchase';
import { unlessAborted } from '../shared/pause';
import { searchLog } from '../api/usageLog';
import { hashContent, hashInKey, hashRequest } from '../request/requestKey';
import {
	asItemError,
	generationFailed,
	maybeAccepted,
	notReached,
	rateLimited,
} from '../shared/messages';

/** First pause after a refusal without `Retry-After`; it doubles up to the longest. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/**
 * What the usage log does not hold by then was never accepted: the longest generation takes some minutes, the
 * vendor's own samples give up after 17, and a row may be late.
 */
export const LOG_COMPLETE_MS = 3_600_000;
/** An ID may not be known in the first seconds. */
const CONFIRM_CHECKS = 3;
const CONFIRM_PAUSE_MS = 2_000;
const CONFIRM_TIMEOUT_MS = 10_000;

export interface SubmitContext {
	readonly api: Api;
	readonly queue: SubmitQueue;
	readonly ledger: Ledger;
	readonly origin: Omit<RequestOrigin, 'itemIndex'>;
	readonly now: () => number;
	/** Rejects when the run ends. */
	readonly sleep: (ms: number) => Promise<void>;
	readonly signal: AbortSignal;
	/** Reports to n8n's log which generation is paid for, the moment it is accepted. */
	readonly onAccepted: (itemIndex: number, generationId: string, clientRequestId: string) => void;
}

export interface SubmitPlan {
	readonly itemIndex: number;
	/** The request's key in the ledger. */
	readonly key: string;
	/**
	 * The request; called only when something is really sent.
	 * @throws ItemError when the item cannot be sent
	 */
	readonly body: () => Promise<RequestBody>;
	readonly timeoutMs: number;
	/** The reference travels in the client request ID. */
	readonly options?: { readonly reference?: string };
}

/** Writes down a generation in the ledger and reports it. */
function accept(
	{ ledger, now, onAccepted }: SubmitContext,
	{ itemIndex, key }: SubmitPlan,
	model: string,
	answer: IDataObject,
): Purchase {
	const id = String(answer.id);
	// An end is not kept: a retry asks the API, which says what it charged.
	const status = isEnd(answer) ? 'queued' : String(answer.status ?? 'queued');
	ledger.accepted(key, id, status, model, now());
	const entry = ledger.find(key) ?? { req: '', at: now() };
	onAccepted(itemIndex, id, entry.req);
	return { ...asPurchase(key, entry, id, answer), model };
}

/** The generation behind an ID in an answer that did not accept the request; undefined when there is none. */
async function confirmId(
	{ api, sleep }: SubmitContext,
	id: string,
): Promise<IDataObject | undefined> {
	for (let checks = 1; ; checks++) {
		const check = await api.check(id, CONFIRM_TIMEOUT_MS);
		if (check.kind === 'answer') return check.answer;
		if (checks >= CONFIRM_CHECKS) return undefined;
		await sleep(CONFIRM_PAUSE_MS);
	}
}

/** A refused read says nothing about the submission. The end of the run is passed on. */
function unread(cause: unknown): undefined {
	if (!(cause instanceof ItemError)) throw cause;
}

type Finding =
	| { kind: 'found'; purchase: Purchase }
	/** With the ID where it was accepted and failed. */
	| { kind: 'notCharged'; id?: string }
	| { kind: 'unknown' };

/** Finds out about a submission whose answer was lost: by the ID that came with it, or in the usage log. */
async function findLost(context: SubmitContext, plan: SubmitPlan): Promise<Finding> {
	const entry = context.ledger.find(plan.key);
	if (!entry) return { kind: 'unknown' };
	const { model = '' } = entry;
	const known = entry.maybe ? await confirmId(context, entry.maybe).catch(unread) : undefined;
	if (known) return { kind: 'found', purchase: accept(context, plan, model, known) };
	const nowMs = context.now();
	const request = { id: entry.req, model, sentAtMs: entry.at };
	const found = (await searchLog(context, request, nowMs).catch(unread)) ?? { kind: 'unread' };
	if (found.kind === 'found') {
		// A failed request is not charged, unless the log says so.
		if (found.status === 'failed' && !found.isCharged) return { kind: 'notCharged', id: found.id };
		const answer = { id: found.id, status: 'queued' };
		return { kind: 'found', purchase: accept(context, plan, model, answer) };
	}
	const isOver = found.kind === 'absent' && nowMs - entry.at > LOG_COMPLETE_MS;
	return { kind: isOver ? 'notCharged' : 'unknown' };
}

/**
 * The generation that was discarded because it ended at no cost, if it has a video or a charge after all: one
 * free check, before it is bought again.
 */
async function checkDiscarded(
	context: SubmitContext,
	plan: SubmitPlan,
): Promise<Purchase | undefined> {
	const id = context.ledger.discardedId(plan.key);
	if (!id) return undefined;
	const check = await context.api.check(id, CONFIRM_TIMEOUT_MS).catch(unread);
	if (check?.kind !== 'answer') return undefined;
	const outcome = readOutcome(check.answer);
	const isFree = outcome.kind === 'failed' || outcome.kind === 'withoutVideo';
	if (isFree && !outcome.charged) return undefined;
	return accept(context, plan, modelInId(id) ?? '', check.answer);
}

/**
 * The generation that an earlier try of this execution paid for.
 * @throws ItemError when it is not known whether there is one: then it must not be bought
 */
async function findPaid(context: SubmitContext, plan: SubmitPlan): Promise<Purchase | undefined> {
	const { ledger } = context;
	const entry = ledger.find(plan.key);
	if (!entry) return await checkDiscarded(context, plan);
	if (entry.id) return asPurchase(plan.key, entry, entry.id);
	const finding = await findLost(context, plan);
	if (finding.kind === 'found') return finding.purchase;
	if (finding.kind === 'unknown') {
		const cause = 'An earlier try of this execution has already sent it';
		throw maybeAccepted(entry.req, cause, { isOld: true });
	}
	// It may be sent again, under a new id.
	ledger.discard(plan.key);
	return undefined;
}

type Sent = { purchase: Purchase } | { notTaken: Extract<Submission, { kind: 'notTaken' }> };

/** One submission, for an item whose turn it is. */
async function send(
	context: SubmitContext,
	plan: SubmitPlan,
	request: RequestBody,
	body: IDataObject,
): Promise<Sent> {
	const { queue, ledger, now, origin, signal } = context;
	const { itemIndex, key, options } = plan;
	// Stop, or a refusal that concerns every item, may have come while the files were read.
	signal.throwIfAborted();
	queue.assertOpen();
	const bodyHash = hashRequest(request);
	const part = {
		hash: hashInKey(key),
		nonce: ledger.nonce,
		body: hashContent(request),
		attempt: ledger.nextAttempt(key),
		reference: options?.reference,
	};
	const req = clientRequestId({ ...origin, itemIndex }, part);
	ledger.sending(key, { req, model: request.model, body: bodyHash, at: now() });
	const answered = await submitOrForget(context, key, body, req);
	const submission = aboutThis(ledger, key, bodyHash, answered);
	if (submission.kind === 'accepted') {
		return { purchase: accept(context, plan, request.model, submission.answer) };
	}
	if (submission.kind === 'notTaken') {
		ledger.forget(key);
		return { notTaken: submission };
	}
	if (submission.id) ledger.maybe(key, submission.id);
	const finding = signal.aborted ? undefined : await findLost(context, plan);
	if (finding?.kind === 'notCharged' && finding.id) {
		ledger.discard(key);
		throw generationFailed(finding.id, 'failed');
	}
	if (finding?.kind !== 'found') throw maybeAccepted(req, submission.cause);
	return { purchase: { ...finding.purchase, source: 'api' } };
}

/** An answer about what was bought for another request says nothing about this one. */
function aboutThis(ledger: Ledger, key: string, body: string, submission: Submission): Submission {
	const id = 'id' in submission ? submission.id : undefined;
	if (id === undefined || !ledger.isOfOther(key, id, body)) return submission;
	return { kind: 'lost', cause: 'The answer was about another request' };
}

async function submitOrForget(
	{ api, queue, ledger }: SubmitContext,
	key: string,
	body: IDataObject,
	req: string,
): Promise<Submission> {
	try {
		return await api.submit(body, req);
	} catch (refusal) {
		// Only the API's own refusal is known to cost nothing.
		if (!(refusal instanceof ItemError)) return { kind: 'lost', cause: textOf(refusal) };
		ledger.forget(key);
		if (refusal.details.endsRun) queue.close(refusal);
		throw asItemError(refusal);
	}
}

/**
 * How long to pause before the next try.
 * @throws ItemError when the time is over
 */
function pauseAfter(
	{ queue, now }: SubmitContext,
	{ timeoutMs }: SubmitPlan,
	{ busy, cause, retryAfterMs, withinMs = timeoutMs }: Extract<Submission, { kind: 'notTaken' }>,
	startedMs: number,
	tries: number,
): number {
	const backOffMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tries);
	// Even a `Retry-After` of 0 must not become a loop without a pause.
	const pauseMs = retryAfterMs || backOffMs;
	// A 429 counts against the time limit only while no other item is accepted either.
	const sinceMs = Math.max(startedMs, busy ? queue.lastAcceptedMs : 0);
	if (now() + pauseMs - sinceMs <= Math.min(timeoutMs, withinMs)) return pauseMs;
	if (!busy) throw notReached(cause);
	const refusal = rateLimited(Math.round((now() - sinceMs) / 1_000));
	// The API said when it accepts requests again: that applies to all items.
	if (pauseMs > timeoutMs) queue.close(refusal);
	throw refusal;
}

async function buyOnce(context: SubmitContext, plan: SubmitPlan): Promise<Purchase> {
	const known = await findPaid(context, plan);
	if (known) return known.source === 'bought' ? { ...known, source: 'api' } : known;
	const startedMs = context.now();
	let body: IDataObject | undefined;
	for (let tries = 0; ; tries++) {
		const purchase = await context.queue.withTurn(plan.itemIndex, async () => {
			const request = await plan.body();
			// Only those whose turn it is hold their files in memory.
			body ??= await loadBody(request);
			const sent = await send(context, plan, request, body);
			if ('purchase' in sent) return { result: 'accepted' as TurnResult, value: sent.purchase };
			const pauseMs = pauseAfter(context, plan, sent.notTaken, startedMs, tries);
			return { result: { pauseMs }, value: undefined };
		});
		if (purchase) return purchase;
	}
}

/**
 * The generation for this request, submitted now or by an earlier try of the same execution. Sent again only
 * when the server certainly did not accept it (429, no connection), for as long as `timeoutMs`. A second one
 * with the same request waits for the first.
 *
 * @throws ItemError when refused, never reached, or when the answer was lost (it may be charged)
 */
export async function buy(context: SubmitContext, plan: SubmitPlan): Promise<Purchase> {
	const { underWay } = context.ledger;
	const other = underWay.get(plan.key) as Promise<Purchase> | undefined;
	if (other) return await unlessAborted(other, context.signal);
	const purchase = buyOnce(context, plan).finally(() => underWay.delete(plan.key));
	underWay.set(plan.key, purchase);
	return await purchase;
}
