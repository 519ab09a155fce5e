/** Buys one generation, once: looks into the ledger, waits for its turn, sends, writes down the id. */
import type { IDataObject } from 'n8n-workflow';
import type { Api, Submission } from './api';
import { loadBody } from './body';
import type { RequestBody } from './body';
import { asVeoError, maybeAccepted, notReached, rateLimited, textOf, VeoError } from './errors';
import type { SubmitGate } from './gate';
import { clientRequestId, ledgerKey } from './ledger';
import type { Ledger, LedgerEntry } from './ledger';

/** First pause after a refusal without `Retry-After`; it doubles up to the longest. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

export interface SubmitContext {
	readonly api: Api;
	readonly gate: SubmitGate;
	readonly ledger: Ledger;
	readonly executionId: string;
	readonly runIndex: number;
	readonly nodeId: string;
	readonly now: () => number;
	readonly signal: AbortSignal;
	/** Set by the first refusal that every item would meet; nothing is submitted after it. */
	verdict?: VeoError;
	/** Tells n8n's log which generation is paid for, the moment it is. */
	readonly onAccepted: (itemIndex: number, generationId: string, clientRequestId: string) => void;
}

export interface SubmitOrder {
	readonly itemIndex: number;
	readonly body: RequestBody;
	readonly hash: string;
	readonly timeoutMs: number;
}

/** A generation that is paid for, or will be when it completes. */
export interface Purchase {
	readonly key: string;
	readonly entry: LedgerEntry & { id: string };
	/** The API's answer to this submission; a generation out of the ledger has only what was kept. */
	readonly answer: Submission & { kind: 'accepted' };
}

function asPurchase(key: string, entry: LedgerEntry, id: string): Purchase {
	const status = entry.status ?? 'queued';
	return {
		key,
		entry: { ...entry, id },
		answer: { kind: 'accepted', id, status, answer: { id, status } },
	};
}

/** What the usage log says of a submission whose answer was lost. */
async function lookUp(
	context: SubmitContext,
	key: string,
): Promise<Purchase | 'failed' | undefined> {
	const entry = context.ledger.find(key);
	if (!entry) return undefined;
	const row = await context.api.findInLog(entry.sent);
	if (!row) return undefined;
	if (row.status === 'failed') return 'failed';
	context.ledger.accepted(key, row.inference_id, 'queued', context.now());
	return asPurchase(key, entry, row.inference_id);
}

/** The generation that an earlier try of this execution paid for. */
async function recall(context: SubmitContext, key: string): Promise<Purchase | undefined> {
	const entry = context.ledger.find(key);
	if (!entry) return undefined;
	if (entry.id) return asPurchase(key, entry, entry.id);
	const found = await lookUp(context, key);
	if (!found) throw maybeAccepted(entry.sent, 'An earlier try of this execution sent it already');
	if (found !== 'failed') return found;
	// A failed request is not charged: it may be sent again.
	context.ledger.strike(key);
	return undefined;
}

/** @throws what ended the run, or the refusal that every further item would meet */
function assertOpen({ signal, verdict }: SubmitContext): void {
	signal.throwIfAborted();
	if (verdict) throw verdict;
}

/**
 * The generation for this request, submitted now or by an earlier try of the same execution.
 * Sent again only when the server surely did not take it (429, connection refused, name not found), for
 * as long as `timeoutMs`; a 429 counts as standstill only while no other item is accepted either.
 *
 * @throws VeoError when refused, never reached, or when the answer was lost (it may be charged)
 */
export async function obtain(context: SubmitContext, order: SubmitOrder): Promise<Purchase> {
	const { gate, ledger, now } = context;
	const key = ledgerKey(context.runIndex, order.itemIndex, order.hash);
	const known = await recall(context, key);
	if (known) return known;

	const startedMs = now();
	let body: IDataObject | undefined;
	for (let tries = 0; ; tries++) {
		await gate.enter(order.itemIndex);
		let result: Parameters<SubmitGate['leave']>[0] = 'refused';
		try {
			assertOpen(context);
			// Only those whose turn it is hold their files in memory.
			body ??= await loadBody(order.body);
			assertOpen(context);
			const sent = clientRequestId(
				context.executionId,
				context.runIndex,
				order.itemIndex,
				context.nodeId,
				order.hash,
				ledger.nextAttempt(key),
			);
			ledger.sending(key, sent);
			const submission = await submitOrForget(context, body, key, sent);
			if (submission.kind === 'accepted') {
				result = 'accepted';
				ledger.accepted(key, submission.id, submission.status, now());
				context.onAccepted(order.itemIndex, submission.id, sent);
				const entry = ledger.find(key) ?? { sent };
				return { key, entry: { ...entry, id: submission.id }, answer: submission };
			}
			if (submission.kind === 'lost') {
				const found = context.signal.aborted ? undefined : await lookUp(context, key);
				if (!found || found === 'failed') throw maybeAccepted(sent, submission.cause);
				result = 'accepted';
				context.onAccepted(order.itemIndex, found.entry.id, sent);
				return found;
			}
			ledger.forget(key);
			const backOffMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tries);
			// A `Retry-After` of 0, too, must not become a loop without a pause.
			const pauseMs = submission.retryAfterMs || backOffMs;
			const sinceMs = Math.max(startedMs, submission.busy ? gate.lastAcceptedMs : 0);
			if (now() + pauseMs - sinceMs > order.timeoutMs) {
				throw submission.busy
					? rateLimited(Math.round((now() - sinceMs) / 1_000))
					: notReached(submission.cause);
			}
			result = { pauseMs };
		} finally {
			gate.leave(result);
		}
	}
}

async function submitOrForget(
	context: SubmitContext,
	body: IDataObject,
	key: string,
	sent: string,
): Promise<Submission> {
	try {
		return await context.api.submit(body, sent);
	} catch (refusal) {
		// Only the API's own refusal is known to cost nothing.
		if (!(refusal instanceof VeoError)) return { kind: 'lost', cause: textOf(refusal) };
		context.ledger.forget(key);
		if (refusal.details.endsRun) context.verdict = refusal;
		throw asVeoError(refusal);
	}
}
