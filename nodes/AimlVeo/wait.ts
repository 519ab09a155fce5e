/** The look-decide-sleep loop that waits for one generation, and its schedule. Knows nothing of n8n. */
import type { IDataObject } from 'n8n-workflow';
import { readOutcome } from './answers';
import type { Outcome } from './answers';
import { answerUnreadable, generationFailed, generationUnknown, noVideo, timedOut } from './errors';

/** Google says that Veo takes 11 s at the least; a look before this finds next to nothing. */
const FIRST_LOOK_MS = 18_000;
/** Densest spacing, around the usual 80–100 s and later: by then each second is as likely as the next. */
const DENSEST_MS = 2_400;
/** Spacing times age: 10 s apart at 18 s, 4.5 s at 40 s, then the densest. */
const SPACING_BY_AGE_MS2 = 180_000 * 1_000;
/** After six minutes, the longest that Google names: 4 s apart at ten minutes. */
const LATE_SPACING_PER_AGE = 1 / 150;
/** Looks of many items drift apart by up to this share of the spacing, and so do not fire together. */
const SPREAD = 0.1;

/** One look has its own limit, so that a hanging connection costs no more than this. */
export const LOOK_TIMEOUT_MS = 30_000;
const SHORTEST_LOOK_MS = 1_000;
/** `completed` may come a moment before its `video`; after this it is taken as "held back". */
export const LATE_VIDEO_GRACE_MS = 10_000;
const LATE_VIDEO_LOOK_MS = 2_000;
/** Long enough to tell "held back" from "late". */
export const LATE_VIDEO_TIMEOUT_MS = LATE_VIDEO_GRACE_MS + LATE_VIDEO_LOOK_MS;

/**
 * How long to sleep before the next look, in milliseconds, when the generation is `ageMs` old:
 * nothing before 18 s; then every 180 s² ÷ age; every 2.4 s from 75 s on; after six minutes every age ÷ 150.
 * `spread` (0 to 1) tells apart items that wait at the same time.
 */
export function adaptiveIntervalMs(ageMs: number, spread: number): number {
	if (ageMs < FIRST_LOOK_MS) return FIRST_LOOK_MS - ageMs;
	const interval = Math.max(SPACING_BY_AGE_MS2 / ageMs, DENSEST_MS, ageMs * LATE_SPACING_PER_AGE);
	return interval * (1 + (spread - 0.5) * SPREAD);
}

/** Golden-ratio steps: neighbours get far-apart fractions, so that their looks do not coincide. */
export const spreadOf = (itemIndex: number) => (itemIndex * 0.618) % 1;

/** What one look brought: an answer, or a passing fault that is ridden out. */
export type Look =
	| { kind: 'answer'; answer: IDataObject }
	| { kind: 'unknownId' }
	| { kind: 'fault'; cause: string; retryAfterMs?: number };

export interface WaitOptions {
	readonly generationId: string;
	/** When the generation was submitted (ms since the epoch); unknown for an id out of nowhere. */
	readonly submittedAtMs?: number;
	/** How long to wait at most, counted from now. */
	readonly timeoutMs: number;
	/** A fixed spacing instead of the adaptive one. */
	readonly pollIntervalMs?: number;
	/** 0 to 1, different for items that wait at the same time. */
	readonly spread: number;
	/** Throws a VeoError when no further look can help (bad key, refused). */
	readonly look: (timeoutMs: number) => Promise<Look>;
	/** Rejects when the execution is stopped. */
	readonly sleep: (ms: number) => Promise<void>;
	readonly now: () => number;
}

/** A finished generation: the API's answer and where the video is. */
export interface Finished {
	readonly answer: IDataObject;
	readonly outcome: Extract<Outcome, { kind: 'completed' }>;
}

/**
 * Looks at once, then decides, then sleeps, until the generation has a video. The deadline holds: the
 * last look happens right at it and has one second at the most.
 *
 * @throws VeoError when the generation failed, ended without a video, or the time is over
 */
export async function waitForVideo(options: WaitOptions): Promise<Finished> {
	const { generationId, look, now, sleep } = options;
	const startedMs = now();
	const deadlineMs = startedMs + options.timeoutMs;
	// For an id out of nowhere the age is unknown: take it as due any moment.
	const bornMs = options.submittedAtMs ?? startedMs - 90_000;
	let completedAtMs: number | undefined;
	let last: Look = { kind: 'fault', cause: 'No look was made' };
	let lastStatus = 'unknown';
	// What the last look said that said anything: a fault at the end does not undo it.
	let isUnknown = false;
	// Items that begin together go on up to one densest spacing apart, and drift from there.
	let apartMs = options.spread * DENSEST_MS;

	for (;;) {
		const limitMs = Math.min(LOOK_TIMEOUT_MS, Math.max(SHORTEST_LOOK_MS, deadlineMs - now()));
		last = await look(limitMs);
		if (last.kind !== 'fault') isUnknown = last.kind === 'unknownId';
		let intervalMs =
			options.pollIntervalMs ??
			adaptiveIntervalMs(Math.max(0, now() - bornMs), options.spread) + apartMs;
		apartMs = 0;

		if (last.kind === 'answer') {
			const outcome = readOutcome(last.answer);
			lastStatus = outcome.status;
			if (outcome.kind === 'completed') return { answer: last.answer, outcome };
			if (outcome.kind === 'failed') {
				throw generationFailed(generationId, outcome.status, outcome.reason);
			}
			if (outcome.kind === 'withoutVideo') {
				completedAtMs ??= now();
				if (now() - completedAtMs >= LATE_VIDEO_GRACE_MS) {
					throw noVideo(generationId, outcome.status);
				}
				intervalMs = Math.min(intervalMs, LATE_VIDEO_LOOK_MS);
			}
		} else if (last.kind === 'fault') {
			intervalMs = Math.max(intervalMs, last.retryAfterMs ?? 0);
		}

		const leftMs = deadlineMs - now();
		if (leftMs <= 0) break;
		await sleep(Math.min(intervalMs, leftMs));
	}

	if (isUnknown && lastStatus === 'unknown') throw generationUnknown(generationId);
	if (last.kind === 'fault' && options.timeoutMs === 0) {
		throw answerUnreadable(generationId, last.cause);
	}
	throw timedOut(Math.round(options.timeoutMs / 1_000), generationId, lastStatus);
}
