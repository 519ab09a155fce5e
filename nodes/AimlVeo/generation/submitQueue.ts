/**
 * Lets submissions through in the order of their items: one at first (so that a wrong key costs one
 * request, not ten), one more at a time after each that is accepted, and one again after a 429.
 */
import { steady } from '../shared/pause';

export interface SubmitQueueOptions {
	readonly now: () => number;
	/** Rejects when the run ends. */
	readonly sleep: (ms: number) => Promise<void>;
	readonly maxConcurrent: number;
}

/** What became of a turn. With a pause, the next turn waits for it. */
export type TurnResult = 'accepted' | 'refused' | { pauseMs: number };

export class SubmitQueue {
	private readonly queue: Array<{ itemIndex: number; enter: () => void }> = [];
	private active = 0;
	private maxActive = 1;
	private readonly now: () => number;
	private pausedUntilMs = 0;
	private closed: Error | undefined;
	/** When a submission was last accepted, in ms: a busy API still accepts some, a blocked one none. */
	lastAcceptedMs: number;

	constructor(private readonly options: SubmitQueueOptions) {
		this.now = steady(options.now);
		this.lastAcceptedMs = this.now();
	}

	/**
	 * Does `work` when it is this item's turn.
	 * @throws the reason why the queue was closed, or what `work` throws
	 */
	async withTurn<T>(
		itemIndex: number,
		work: () => Promise<{ result: TurnResult; value: T }>,
	): Promise<T> {
		await this.enter(itemIndex);
		let result: TurnResult = 'refused';
		try {
			this.assertOpen();
			const done = await work();
			result = done.result;
			return done.value;
		} finally {
			this.leave(result);
		}
	}

	/** Nothing more is submitted: every turn that waits, or comes later, is rejected with this reason. */
	close(reason: Error): void {
		this.closed ??= reason;
	}

	/** @throws the reason why the queue was closed */
	assertOpen(): void {
		if (this.closed) throw this.closed;
	}

	private async enter(itemIndex: number): Promise<void> {
		const turn = new Promise<void>((resolve) => {
			const after = this.queue.findIndex((waiting) => waiting.itemIndex > itemIndex);
			this.queue.splice(after < 0 ? this.queue.length : after, 0, { itemIndex, enter: resolve });
		});
		this.admit();
		await turn;
		const leftMs = this.pausedUntilMs - this.now();
		if (leftMs <= 0 || this.closed) return;
		let slept = false;
		try {
			await this.options.sleep(leftMs);
			slept = true;
		} finally {
			if (!slept) this.leave('refused');
		}
	}

	private leave(result: TurnResult): void {
		this.active -= 1;
		const nowMs = this.now();
		if (result === 'accepted') {
			this.lastAcceptedMs = nowMs;
			this.maxActive = Math.min(this.maxActive + 1, this.options.maxConcurrent);
		} else if (result !== 'refused') {
			this.maxActive = 1;
			this.pausedUntilMs = Math.max(this.pausedUntilMs, nowMs + result.pauseMs);
		} else {
			// One turn of the event loop later: the refusal may end the run, and then nothing more must be bought.
			const admit = () => this.admit();
			this.options.sleep(0).then(admit, admit);
			return;
		}
		this.admit();
	}

	private admit(): void {
		while (this.active < this.maxActive) {
			const next = this.queue.shift();
			if (!next) return;
			this.active += 1;
			next.enter();
		}
	}
}
