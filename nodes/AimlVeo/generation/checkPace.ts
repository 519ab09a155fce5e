/**
 * The pace of all status checks of a run together. It has no limit until the API refuses a check for the
 * rate. Then it falls below the rate at which that happened, and recovers slowly with each answer.
 */
import { steady } from '../shared/pause';

/** Rate limits are counted by the minute. */
const WINDOW_MS = 60_000;
/** As a share of the rate that was refused. */
const RATE_AFTER_REFUSAL = 0.8;
/** Each answer shrinks the spacing by this share. */
const RECOVERY_PER_ANSWER = 0.0004;
/** A wide spacing is due to a busy server, not to a limit, and is given up sooner. */
const WIDE_SPACING_MS = 1_000;
const RECOVERY_PER_ANSWER_WIDE = 0.02;
const LONGEST_SPACING_MS = 3_000;
/** A spacing below this is dropped. */
const SHORTEST_SPACING_MS = 50;
/** The pause after a refusal; it doubles while none is answered. */
const FIRST_PAUSE_MS = 2_000;
/** A check is free, and the video may be ready: no `Retry-After` keeps it waiting longer than this. */
export const LONGEST_RETRY_AFTER_MS = 30_000;

export class CheckPace {
	private readonly now: () => number;
	private spacingMs = 0;
	/** When the next check may begin, and when the pause after a refusal is over. */
	private nextMs = 0;
	private pausedUntilMs = 0;
	private pauseMs = FIRST_PAUSE_MS;
	private slowedAtMs = -Infinity;
	private recentMs: number[] = [];

	/** @param now the time in ms */
	constructor(now: () => number) {
		this.now = steady(now);
	}

	/**
	 * Resolves when the next check may begin, with the time at which it does; at once with undefined when
	 * that would be later than `limitMs` from now.
	 * @param sleep rejects when the run ends
	 */
	async turn(limitMs: number, sleep: (ms: number) => Promise<void>): Promise<number | undefined> {
		const askedMs = this.now();
		do {
			const nowMs = this.now();
			const slotMs = Math.max(nowMs, this.nextMs, this.pausedUntilMs);
			if (slotMs - askedMs > limitMs) return undefined;
			this.nextMs = slotMs + this.spacingMs;
			if (slotMs > nowMs) await sleep(slotMs - nowMs);
			// A pause that began meanwhile also applies to checks that wait for their turn.
		} while (this.pausedUntilMs > this.now());
		const beginMs = this.now();
		this.recentMs = this.recentMs.filter((ms) => beginMs - ms < WINDOW_MS);
		this.recentMs.push(beginMs);
		return beginMs;
	}

	/** The check that began at `beginMs` was refused because of the rate. */
	refused(beginMs: number, retryAfterMs?: number): void {
		const nowMs = this.now();
		// Checks that were already under way say nothing new about the rate.
		const isNew = beginMs > this.slowedAtMs;
		if (!isNew && !retryAfterMs) return;
		const pauseMs = Math.min(retryAfterMs || this.pauseMs, LONGEST_RETRY_AFTER_MS);
		this.pausedUntilMs = Math.max(this.pausedUntilMs, nowMs + pauseMs);
		if (!isNew) return;
		const spacingMs = WINDOW_MS / (this.recentMs.length * RATE_AFTER_REFUSAL);
		this.spacingMs = Math.min(LONGEST_SPACING_MS, Math.max(spacingMs, this.spacingMs));
		this.pauseMs = Math.min(this.pauseMs * 2, LONGEST_RETRY_AFTER_MS);
		this.slowedAtMs = nowMs;
	}

	/** A check was answered. */
	answered(): void {
		this.pauseMs = FIRST_PAUSE_MS;
		const isWide = this.spacingMs > WIDE_SPACING_MS;
		this.spacingMs *= 1 - (isWide ? RECOVERY_PER_ANSWER_WIDE : RECOVERY_PER_ANSWER);
		if (this.spacingMs < SHORTEST_SPACING_MS) this.spacingMs = 0;
	}
}
