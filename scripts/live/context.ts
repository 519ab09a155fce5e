/** What the parts of a live run share: the connection, the clock, the notes they take, and what was bought. */
import type { Answer, Ask, Asked } from '../exchange';
import type { Notes } from './notes';
import { MICRO_USD, formatUsd } from '../../nodes/AimlVeo/shared/money';

export interface Clock {
	/** Ms since the epoch. */
	now: () => number;
	sleep: (ms: number) => Promise<void>;
}

export interface Context {
	ask: Ask;
	key: string;
	clock: Clock;
	notes: Notes;
	print: (line: string) => void;
}

export interface Bought {
	id: string;
	model: string;
	clientRequestId: string;
	sentAtMs: number;
	acceptedAtMs: number;
	/** The last time it was seen under way. */
	lastRunningAtMs: number;
	endedAtMs: number;
	/** Absent when it ended without a video. */
	url?: string;
	/** What the answer says, in USD. */
	chargedUsd?: number;
}

export const GENERATIONS = '/v2/video/generations';

/** With the key. */
export const askWithKey = async ({ ask, key }: Context, asked: Asked): Promise<Answer> =>
	await ask({ key, ...asked });

export const checkPath = (id: string) =>
	`${GENERATIONS}?${new URLSearchParams({ generation_id: id }).toString()}`;

export const inSeconds = (ms: number) => `${Math.round(ms / 1_000)} s`;

/** For what is asked again anyway: no answer is no answer, not the end of the run. */
export const ifAnswered = async <T>(work: Promise<T>): Promise<T | undefined> =>
	await work.catch(() => undefined);

export const inUsd = (usd: number | undefined) =>
	usd === undefined ? 'not said' : formatUsd(Math.round(usd * MICRO_USD));
