/** The check-decide-sleep loop that waits for one generation, and its schedule. Knows nothing of n8n. */
import type { StatusCheck } from '../api/aimlapi';
import type { IDataObject } from 'n8n-workflow';
import { readOutcome } from '../api/responses';
import type { Outcome } from '../api/responses';
import type { ItemError } from '../shared/errors';
import { LONGEST_RETRY_AFTER_MS } from './checkPace';
import {
	answerUnreadable,
	generationFailed,
	generationUnknown,
	noVideo,
	timedOut,
} from '../shared/messages';

/** Google says that Veo takes at least 11 s; a check before this finds next to nothing. */
const FIRST_CHECK_MS = 18_000;
/** The shortest spacing, around the usual 80–100 s and later, when each second is as likely as the next. */
const DENSEST_MS = 2_400;
/** Spacing times age: 10 s apart at 18 s, 4.5 s at 40 s, then the densest. */
const SPACING_BY_AGE_MS2 = 180_000 * 1_000;
/** After six minutes, the longest that Google names: 4 s apart at ten minutes. */
const LATE_SPACING_PER_AGE = 1 / 150;
/** Checks of many items drift apart by up to this share of the spacing, and so do not fire together. */
const STAGGER = 0.1;

/** One check has its own limit, so that a hanging connection costs no more than this. */
export const CHECK_TIMEOUT_MS = 30_000;
const SHORTEST_CHECK_MS = 1_000;
/** `completed` may come a moment before its `video`; after this the video counts as held back. */
export const LATE_VIDEO_GRACE_MS = 30_000;
const LATE_VIDEO_CHECK_MS = 2_000;
/** An id that was entered may be mistyped, or of another account: the API knows its own within seconds. */
export const UNKNOWN_ID_GRACE_MS = 60_000;
const SETTLED_MS = 600_000;
/** Long enough to distinguish a video that is held back from one that is late. */
export const LATE_VIDEO_TIMEOUT_MS = LATE_VIDEO_GRACE_MS + LATE_VIDEO_CHECK_MS;

/**
 * How long to sleep before the next check, in milliseconds, when the generation is `ageMs` old: nothing
 * before 18 s; then every 180 s² ÷ age; every 2.4 s from 75 s on; after six minutes every age ÷ 150.
 * `stagger` (0 to 1) spreads items that wait at the same time.
 */
export function adaptiveIntervalMs(ageMs: number, stagger: number): number {
	if (ageMs < FIRST_CHECK_MS) return FIRST_CHECK_MS - ageMs;
	const interval = Math.max(SPACING_BY_AGE_MS2 / ageMs, DENSEST_MS, ageMs * LATE_SPACING_PER_AGE);
	return interval * (1 + (stagger - 0.5) * STAGGER);
}

/** Golden-ratio steps: neighbours get far-apart fractions, so that their checks do not coincide. */
export const staggerOf = (itemIndex: number) => (itemIndex * 0.618) % 1;

export interface WaitOptions {
	readonly generationId: string;
	/** When the generation was submitted (ms since the epoch); unknown for an ID that was entered. */
	readonly submittedAtMs?: number;
	/** What is known of it without a check: the answer to its submission. */
	readonly answer?: IDataObject;
	/** How long to wait at most, counted from now. */
	readonly timeoutMs: number;
	/** A fixed spacing instead of the adaptive one. */
	readonly pollIntervalMs?: number;
	/** 0 to 1, different for items that wait at the same time. */
	readonly stagger: number;
	/** Throws an ItemError when no further check can help (bad key, refused). */
	readonly check: (timeoutMs: number) => Promise<StatusCheck>;
	/** Rejects when the execution is stopped. */
	readonly sleep: (ms: number) => Promise<void>;
	readonly now: () => number;
}

/** A finished generation: the API's answer and where the video is. */
export interface Finished {
	readonly answer: IDataObject;
	readonly outcome: Extract<Outcome, { kind: 'completed' }>;
}

/** What the checks said so far. */
interface Seen {
	status: string;
	/** What the API said with it. */
	reason?: string;
	/** Whether the last check with an answer did not know the ID. */
	isUnknown: boolean;
	/** When it was first `completed` without its video. */
	completedAtMs?: number;
}

/**
 * The video, if the answer has it; notes what else it says.
 * @throws ItemError when the generation ended without one
 */
function readEnd(
	seen: Seen,
	answer: IDataObject,
	generationId: string,
	nowMs: number,
): Finished | undefined {
	const outcome = readOutcome(answer);
	if (outcome.kind === 'completed') return { answer, outcome };
	const { kind, status, reason } = outcome;
	Object.assign(seen, { status, reason, isUnknown: false });
	if (kind === 'failed') throw generationFailed(generationId, status, reason, outcome.charged);
	if (kind !== 'withoutVideo') return undefined;
	seen.completedAtMs ??= nowMs;
	// What was charged has a video: it is late, however long.
	if (!outcome.charged && nowMs - seen.completedAtMs >= LATE_VIDEO_GRACE_MS) {
		throw noVideo(generationId, status, reason);
	}
	return undefined;
}

const isNeverKnown = ({ isUnknown, status }: Seen) => isUnknown && status === 'unknown';

/** The message when the time is over. */
function overdue(
	{ generationId, timeoutMs }: WaitOptions,
	seen: Seen,
	last: StatusCheck,
): ItemError {
	if (isNeverKnown(seen)) return generationUnknown(generationId);
	if (last.kind === 'noAnswer' && timeoutMs === 0)
		return answerUnreadable(generationId, last.cause);
	return timedOut(Math.round(timeoutMs / 1_000), generationId, seen.status, seen.reason);
}

/**
 * Checks at once, then decides, then sleeps, until the generation has a video. The deadline holds: the last
 * check happens right at it and has at most one second.
 *
 * @throws ItemError when the generation failed, ended without a video, or the time is over
 */
export async function waitForVideo(options: WaitOptions): Promise<Finished> {
	const { generationId, check, now, sleep } = options;
	const startedMs = now();
	const deadlineMs = startedMs + options.timeoutMs;
	// The age of an ID that was entered is unknown: the video may be ready any moment.
	const bornMs = options.submittedAtMs ?? startedMs - 90_000;
	const seen: Seen = { status: 'unknown', isUnknown: false };
	const first = options.answer && readEnd(seen, options.answer, generationId, startedMs);
	if (first) return first;
	// Items that begin together are spread over one shortest spacing, and drift from there.
	let staggerMs = options.stagger * DENSEST_MS;

	for (;;) {
		const limitMs = Math.min(CHECK_TIMEOUT_MS, Math.max(SHORTEST_CHECK_MS, deadlineMs - now()));
		const last = await check(limitMs);
		let intervalMs =
			options.pollIntervalMs ??
			adaptiveIntervalMs(Math.max(0, now() - bornMs), options.stagger) + staggerMs;
		staggerMs = 0;

		if (last.kind === 'answer') {
			const finished = readEnd(seen, last.answer, generationId, now());
			if (finished) return finished;
			if (seen.completedAtMs !== undefined) intervalMs = Math.min(intervalMs, LATE_VIDEO_CHECK_MS);
		} else if (last.kind === 'unknownId') {
			seen.isUnknown = true;
		} else {
			const retryAfterMs = Math.min(last.retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS);
			intervalMs = Math.max(intervalMs, retryAfterMs);
		}

		// An ID that was entered and that the API never knew is given up sooner. So is one of another account: by
		// now, the API knows what it accepted a while ago.
		const isSettled = startedMs - (options.submittedAtMs ?? 0) > SETTLED_MS;
		const isForeign = isNeverKnown(seen) && isSettled;
		const endMs = isForeign ? Math.min(deadlineMs, startedMs + UNKNOWN_ID_GRACE_MS) : deadlineMs;
		const leftMs = endMs - now();
		if (leftMs <= 0) throw overdue(options, seen, last);
		await sleep(Math.min(intervalMs, leftMs));
	}
}
