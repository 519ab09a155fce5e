/**
 * Paid generations, remembered in the execution's data so that a retry finds them instead of buying
 * them again. n8n keeps a node's context across Retry On Fail and Executions → Retry.
 */
import { randomBytes } from 'crypto';
import type { IBinaryData, IDataObject } from 'n8n-workflow';

/** One request as the ledger knows it. Short names: it is stored with every execution. */
export interface LedgerEntry extends IDataObject {
	/** The client request id of the last submission. */
	req: string;
	/** When it was sent and, once it is accepted, when that was; in ms since the epoch. */
	at: number;
	/** Hash of the body that was sent. */
	body?: string;
	/** The generation id; without it, a submission was sent, but its answer is not known. */
	id?: string;
	/** An ID from an answer that did not say whether the request was accepted. */
	maybe?: string;
	/** The status in the answer to the submission, where it was not `queued`. */
	status?: string;
	/** The model, unless the generation id ends with it. */
	model?: string;
	/** The price that a limit approved, in millionths of a dollar. */
	usd?: number;
}

/** An execution that was retried, and that may have paid for more than the ledger holds. */
export interface CrashedExecution extends IDataObject {
	executionId: string;
	/** When it began, in ms since the epoch, if n8n says so. */
	startedAtMs?: number;
}

interface Page extends IDataObject {
	/** Tells executions of the same number apart, on other instances or after a new database; the same for all retries. */
	nonce: string;
	/** Number of submissions that ended at no cost, by key: the next one gets a new client request id. */
	struck: Record<string, number>;
	/** The last generation that ended at no cost, by key. */
	ended: Record<string, string>;
	entries: Record<string, LedgerEntry>;
	/** The last run that began. */
	lastRun?: number;
	/** The last execution that wrote here. */
	execution?: string;
	/** After a crash: the run index of the first run in this execution. */
	firstRun?: number;
	/** The newest last. */
	crashes?: CrashedExecution[];
}

/** An entry as version 0.1.0 wrote it, under a key with the hash of the body. */
interface OldEntry extends IDataObject {
	sent?: string;
}

/** What was paid for, and what may have been. */
export interface Paid {
	readonly ids: readonly string[];
	/** Client request ids of submissions whose answer is not known. */
	readonly unanswered: readonly string[];
}

export class Ledger {
	private readonly page: Page;

	/**
	 * Files that this process downloaded for this execution, by generation and name. Not stored: another
	 * execution must not rely on a file that n8n deletes with this one.
	 */
	readonly files = new Map<string, IBinaryData>();

	/** Purchases under way, by key: a second one of the same key waits for the first. */
	readonly underWay = new Map<string, Promise<unknown>>();

	/** Prices that were approved for what is not sent yet, by key, in millionths of a dollar. */
	readonly reserved = new Map<string, number>();

	/**
	 * @param context the node's context (`getContext('node')`), which n8n stores with the execution
	 * @param nonce of this execution and its retries; at random where n8n does not tell which these are
	 */
	constructor(context: IDataObject, nonce = randomBytes(4).toString('hex')) {
		const page = (context.veoLedger ?? {}) as Partial<Page>;
		this.page = Object.assign(page, {
			nonce: page.nonce ?? nonce,
			struck: page.struck ?? {},
			ended: page.ended ?? {},
			entries: page.entries ?? {},
		});
		context.veoLedger = this.page;
		for (const entry of Object.values(this.page.entries) as OldEntry[]) {
			if (entry.sent === undefined) continue;
			entry.req = entry.sent;
			delete entry.sent;
		}
	}

	get nonce(): string {
		return this.page.nonce;
	}

	/**
	 * Called when a run of the node begins. What n8n kept of the retried execution distinguishes a crash from
	 * an ordinary end: a run that ended, even at once, is written down here.
	 */
	begin(runIndex: number, executionId: string, retried?: CrashedExecution): void {
		const { lastRun, execution, entries } = this.page;
		Object.assign(this.page, { lastRun: runIndex, execution: executionId });
		if (!retried || execution === executionId) return;
		const isFresh = lastRun === undefined && Object.keys(entries).length === 0;
		if (isFresh) this.page.firstRun = runIndex;
		// Of a retry that crashed n8n has only what it began with, and an execution before it wrote that.
		const isOlder = execution !== undefined && execution !== retried.executionId;
		// A later run than the last one that is known: the retried execution may have crashed in it.
		const isLost = isFresh || isOlder || (lastRun !== undefined && lastRun < runIndex);
		// An earlier one stays: a retry of it may have ended before it used everything that was paid for.
		if (isLost) this.page.crashes = [...this.crashes, { ...retried }];
	}

	/** The number of a run, counted from the first run in this execution. */
	ordinalOf(runIndex: number): number {
		return runIndex - (this.page.firstRun ?? 0);
	}

	/** The executions whose purchases the ledger may not hold, the newest last. */
	get crashes(): readonly CrashedExecution[] {
		return this.page.crashes ?? [];
	}

	/** Where the requests that are held stand, and their client request IDs. */
	get places(): Array<{ runIndex: number; itemIndex: number; req: string }> {
		return Object.entries(this.page.entries).map(([key, { req }]) => {
			const [run, item] = key.split('.').map(Number);
			return { runIndex: this.ordinalOf(run ?? NaN), itemIndex: item ?? NaN, req };
		});
	}

	/** The generations that are held, and those that ended at no cost. */
	get knownIds(): string[] {
		const held = Object.values(this.page.entries).flatMap(({ id }) => id ?? []);
		return [...held, ...Object.values(this.page.ended)];
	}

	/** Whether this generation is held for a request with another body. */
	isOfOther(key: string, id: string, bodyHash: string): boolean {
		return Object.entries(this.page.entries).some(
			([other, entry]) => other !== key && entry.id === id && entry.body !== bodyHash,
		);
	}

	/** Writes down what a crashed execution paid for. */
	enter(key: string, purchase: LedgerEntry): void {
		this.page.entries[key] = purchase;
	}

	find(key: string): LedgerEntry | undefined {
		return this.page.entries[key];
	}

	/**
	 * The key of the same item's request with this body: an edited expression that still returns the same is
	 * the same request.
	 */
	keyOfBody(key: string, bodyHash: string): string | undefined {
		const place = key.slice(0, key.lastIndexOf('.') + 1);
		// Version 0.1.0 had the hash of the body in the key.
		if (this.find(place + bodyHash)) return place + bodyHash;
		return Object.keys(this.page.entries).find(
			(other) => other.startsWith(place) && this.find(other)?.body === bodyHash,
		);
	}

	/** What one node run paid for (a tool: all runs), and what it sent without having seen the answer. */
	summaryOf(runIndex: number | 'tool'): Paid {
		const ids: string[] = [];
		const unanswered: string[] = [];
		for (const [key, { id, req }] of Object.entries(this.page.entries)) {
			if (!key.startsWith(`${runIndex}.`)) continue;
			if (id) ids.push(id);
			else unanswered.push(req);
		}
		return { ids, unanswered };
	}

	/** The approved cost of all requests except these, in millionths of a dollar. */
	spentBeside(own: ReadonlySet<string>): number {
		let sum = 0;
		for (const [key, { usd = 0 }] of Object.entries(this.page.entries)) {
			if (!own.has(key)) sum += usd;
		}
		for (const [key, usd] of this.reserved) {
			if (!own.has(key) && !this.find(key)) sum += usd;
		}
		return sum;
	}

	/** The last generation of this request that ended at no cost. */
	discardedId(key: string): string | undefined {
		return this.page.ended[key];
	}

	/** What an item of a run has paid for, whatever its request was. */
	idAt(runIndex: number, itemIndex: number): string | undefined {
		const place = `${runIndex}.${itemIndex}.`;
		const entries = Object.entries(this.page.entries);
		return entries.find(([key, { id }]) => id && key.startsWith(place))?.[1].id;
	}

	/** Which submission of this request the next one is, counted from 1. */
	nextAttempt(key: string): number {
		return (this.page.struck[key] ?? 0) + 1;
	}

	/** To be called before the request is sent: from here on it may be paid for. */
	sending(key: string, entry: LedgerEntry): void {
		const usd = this.reserved.get(key);
		this.page.entries[key] = usd === undefined ? entry : { ...entry, usd };
	}

	/** An answer had an ID, but did not say that the request was accepted. */
	maybe(key: string, id: string): void {
		const entry = this.find(key);
		if (entry) entry.maybe = id;
	}

	accepted(key: string, id: string, status: string, model: string, atMs: number): void {
		const { req = '', body, usd } = this.find(key) ?? {};
		this.page.entries[key] = {
			req,
			at: atMs,
			id,
			...(body !== undefined && { body }),
			...(usd !== undefined && { usd }),
			...(status !== 'queued' && { status }),
			...(!id.endsWith(`:${model}`) && { model }),
		};
	}

	/** The API certainly did not accept it. */
	forget(key: string): void {
		delete this.page.entries[key];
	}

	/** It ended without a video and was not charged: the next try submits again, under a new id. */
	discard(key: string): void {
		const id = this.find(key)?.id;
		if (id) this.page.ended[key] = id;
		this.forget(key);
		this.page.struck[key] = this.nextAttempt(key);
	}
}

const ledgers = new WeakMap<IDataObject, Ledger>();

/** The one ledger of a node in an execution, for all its runs in this process. */
export function ledgerOf(context: IDataObject, nonce?: string): Ledger {
	const known = ledgers.get(context);
	if (known) return known;
	const ledger = new Ledger(context, nonce);
	ledgers.set(context, ledger);
	return ledger;
}
