/**
 * Paid generations, remembered in the execution's data so that a retry finds them instead of buying
 * them again. n8n keeps a node's context across Retry On Fail and Executions → Retry.
 */
import { createHash } from 'crypto';
import type { IDataObject } from 'n8n-workflow';

/** One request as the ledger knows it. Short names: it is stored with every execution. */
export interface LedgerEntry extends IDataObject {
	/** The client request id that was sent with the last submission. */
	sent: string;
	/** The generation id; without it a submission was sent and its answer is not known. */
	id?: string;
	/** The status in the answer to the submission. */
	status?: string;
	/** When it was accepted, in ms since the epoch. */
	at?: number;
}

interface Page extends IDataObject {
	/** Number of submissions that were struck out, by key: the next one gets a new client request id. */
	struck: Record<string, number>;
	entries: Record<string, LedgerEntry>;
}

const HASH_LENGTH = 16;

/** A short hash of a request, the same for the same request whatever the order of its fields. */
export function hashRequest(body: Readonly<Record<string, unknown>>): string {
	const hash = createHash('sha256');
	for (const field of Object.keys(body).sort()) {
		const value = body[field];
		// A data URI of many megabytes is hashed as it is, without a copy.
		hash.update(`\0${field}\0`).update(typeof value === 'string' ? value : JSON.stringify(value));
	}
	return hash.digest('hex').slice(0, HASH_LENGTH);
}

/** Where a request stands in the ledger: a new loop round or an edited prompt is a new key. */
export const ledgerKey = (runIndex: number, itemIndex: number, hash: string) =>
	`${runIndex}.${itemIndex}.${hash}`;

/**
 * The value of `X-Client-Request-Id`: `n8n.<execution>.<run>.<item>.<hash>`, with the attempt appended
 * from the second on; at most 128 of the characters that the API keeps.
 * @see https://docs.aimlapi.com
 */
export function clientRequestId(
	executionId: string,
	runIndex: number,
	itemIndex: number,
	nodeId: string,
	hash: string,
	attempt: number,
): string {
	const short = createHash('sha256').update(`${nodeId}.${hash}`).digest('hex').slice(0, 8);
	const execution = executionId.replace(/[^\w-]/g, '-').slice(0, 64);
	const suffix = attempt > 1 ? `.${attempt}` : '';
	return `n8n.${execution}.${runIndex}.${itemIndex}.${short}${suffix}`;
}

/** Which run and item of which n8n execution a client request id names; undefined for other ids. */
export function readClientRequestId(id: string): IDataObject | undefined {
	const parts = /^n8n\.([\w-]+)\.(\d+)\.(\d+)\.[0-9a-f]{8}(?:\.(\d+))?$/.exec(id);
	if (!parts) return undefined;
	const [, executionId, runIndex, itemIndex, attempt = 1] = parts;
	return {
		executionId,
		runIndex: Number(runIndex),
		itemIndex: Number(itemIndex),
		attempt: Number(attempt),
	};
}

export class Ledger {
	private readonly page: Page;

	/** @param context the node's context (`getContext('node')`), which n8n stores with the execution */
	constructor(context: IDataObject) {
		context.veoLedger ??= { struck: {}, entries: {} };
		this.page = context.veoLedger as Page;
	}

	find(key: string): LedgerEntry | undefined {
		return this.page.entries[key];
	}

	/** What one node run paid for, and what it sent without having seen the answer. */
	summaryOf(runIndex: number): { ids: string[]; unanswered: string[] } {
		const ids: string[] = [];
		const unanswered: string[] = [];
		for (const [key, { id, sent }] of Object.entries(this.page.entries)) {
			if (!key.startsWith(`${runIndex}.`)) continue;
			if (id) ids.push(id);
			else unanswered.push(sent);
		}
		return { ids, unanswered };
	}

	/** Which submission of this request the next one is, counted from 1. */
	nextAttempt(key: string): number {
		return (this.page.struck[key] ?? 0) + 1;
	}

	/** To be called before the request leaves: from here on it may be paid for. */
	sending(key: string, sent: string): void {
		this.page.entries[key] = { sent };
	}

	accepted(key: string, id: string, status: string, atMs: number): void {
		const sent = this.page.entries[key]?.sent ?? '';
		this.page.entries[key] = { sent, id, status, at: atMs };
	}

	/** The API surely did not take it. */
	forget(key: string): void {
		delete this.page.entries[key];
	}

	/** It ended without a video and was not charged: the next try submits again, under a new id. */
	strike(key: string): void {
		this.forget(key);
		this.page.struck[key] = this.nextAttempt(key);
	}
}
