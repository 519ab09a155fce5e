/**
 * Lets submissions through in the order of their items: one at first (so that a wrong key costs one
 * request, not ten), one more at a time after each that is accepted, and one again after a 429.
 */
export interface GateOptions {
	readonly now: () => number;
	/** Rejects when the run ends. */
	readonly sleep: (ms: number) => Promise<void>;
	readonly maxWidth: number;
}

export class SubmitGate {
	private readonly queue: Array<{ order: number; enter: () => void }> = [];
	private active = 0;
	private width = 1;
	private notBeforeMs = 0;
	/** When a submission was last accepted, in ms; tells a busy API from one that takes nothing. */
	lastAcceptedMs: number;

	constructor(private readonly options: GateOptions) {
		this.lastAcceptedMs = options.now();
	}

	/** Resolves when it is this item's turn; each `enter` is followed by one `leave`. */
	async enter(order: number): Promise<void> {
		const turn = new Promise<void>((resolve) => {
			const after = this.queue.findIndex((waiting) => waiting.order > order);
			this.queue.splice(after < 0 ? this.queue.length : after, 0, { order, enter: resolve });
		});
		this.admit();
		await turn;
		const pauseMs = this.notBeforeMs - this.options.now();
		if (pauseMs <= 0) return;
		let slept = false;
		try {
			await this.options.sleep(pauseMs);
			slept = true;
		} finally {
			if (!slept) this.leave();
		}
	}

	/** To be called with what became of the submission. */
	leave(result: 'accepted' | 'refused' | { pauseMs: number } = 'refused'): void {
		this.active -= 1;
		if (result === 'accepted') {
			this.lastAcceptedMs = this.options.now();
			this.width = Math.min(this.width + 1, this.options.maxWidth);
		} else if (result !== 'refused') {
			this.width = 1;
			this.notBeforeMs = Math.max(this.notBeforeMs, this.options.now() + result.pauseMs);
		} else {
			// A turn later: what was refused may end the run, and then nothing more must be bought.
			const admit = () => this.admit();
			this.options.sleep(0).then(admit, admit);
			return;
		}
		this.admit();
	}

	private admit(): void {
		while (this.active < this.width) {
			const next = this.queue.shift();
			if (!next) return;
			this.active += 1;
			next.enter();
		}
	}
}
