/** What the stand-in API knows: its settings, its jobs, the faults to come, and a log of all requests. */
import { EventEmitter } from 'node:events';
import { Faults } from './faults';
import type { FaultAction, FaultRule } from './faults';
import { SCHEMAS } from './schema';
import type { Schemas } from './schema';

export interface Settings {
	/** From submission to the finished video. */
	generationMs: number;
	balanceUsd: number;
	/** Jobs that may run at the same time; one more is answered with 429. */
	concurrency: number;
	/** `Retry-After` of that 429 in seconds. */
	retryAfterS: number;
	/** Pads every generated video to this size, to try large files. */
	videoBytes?: number;
	/** Rows of the usage log that were there before. */
	oldLogRows: number;
	/** Model of these rows; without it all models in turn. */
	oldLogModel?: string;
	/** Rows of the log that are given at once, however many are asked for. */
	logPageRows: number;
	/** How much later than its end a job appears in the log. */
	logDelayMs: number;
	/** How much the clock of the log is ahead of this machine's; negative: behind. */
	logClockMs: number;
	/** The log also shows requests that got no ID, and fields that nobody knows. */
	logStrangeRows: boolean;
	/** Every page of the log says that there is more. */
	logEndless: boolean;
	/** Checks that are answered in each minute (refused ones count too); one more is answered with 429. */
	checksPerMinute: number;
	/** The same for the usage log. */
	logsPerMinute: number;
	/** How much faster than real the minutes of these limits pass. */
	speed: number;
}

export interface LogEntry {
	/** Ms since the epoch. */
	at: number;
	server: 'api' | 'cdn';
	method: string;
	/** With the query. */
	path: string;
	headers: Record<string, string | string[] | undefined>;
	body?: unknown;
	status?: number;
	clientRequestId?: string;
	generationId?: string;
	/** The client went away before the answer was complete. */
	aborted?: boolean;
}

export interface Generation {
	id: string;
	model: string;
	body: Record<string, unknown>;
	createdAt: number;
	readyAt: number;
	status: 'queued' | 'generating' | 'completed' | 'error';
	/** Whether it is charged: it completed with a video. */
	paid: boolean;
	costUsd: number;
	deliveredTimes: number;
	clientRequestId?: string;
	/** How it is to go on, if not well. */
	fate?: FaultAction;
	checks: number;
	/** Version of its address on the CDN; older ones may have expired. */
	urlVersion: number;
	expiredVersion: number;
}

export const DEFAULT_SETTINGS: Settings = {
	generationMs: 0,
	balanceUsd: 1_000,
	concurrency: Infinity,
	retryAfterS: 1,
	videoBytes: undefined,
	oldLogRows: 0,
	oldLogModel: undefined,
	logPageRows: Infinity,
	logDelayMs: 0,
	logClockMs: 0,
	logStrangeRows: false,
	logEndless: false,
	checksPerMinute: Infinity,
	logsPerMinute: Infinity,
	speed: 1,
};

export class SandboxState extends EventEmitter {
	cdnUrl = '';
	readonly log: LogEntry[] = [];
	readonly generations: Generation[] = [];
	readonly faults = new Faults();
	readonly settings: Settings;
	/** The models of the catalogue, and what each takes: a test may change them. */
	schemas: Schemas = structuredClone(SCHEMAS);

	constructor(settings: Partial<Settings>) {
		super();
		this.settings = { ...DEFAULT_SETTINGS, ...settings };
	}

	fault(rule: FaultRule): void {
		this.faults.add(rule);
	}

	/** Whether one more request like this is over the limit of the last minute. */
	isOverLimit(isAlike: (entry: LogEntry) => boolean, perMinute: number): boolean {
		if (perMinute === Infinity) return false;
		const sinceMs = Date.now() - 60_000 / this.settings.speed;
		return this.log.filter((entry) => entry.at > sinceMs && isAlike(entry)).length > perMinute;
	}

	/** Forgets jobs, faults and the log. */
	reset(): void {
		this.log.length = 0;
		this.generations.length = 0;
		this.faults.clear();
		this.schemas = structuredClone(SCHEMAS);
	}

	/** Resolves with the first request, past or to come, for which `predicate` holds. */
	async waitFor(predicate: (entry: LogEntry) => boolean): Promise<LogEntry> {
		const past = this.log.find(predicate);
		if (past) return past;
		return await new Promise((resolve) => {
			const listener = (entry: LogEntry) => {
				if (!predicate(entry)) return;
				this.off('request', listener);
				resolve(entry);
			};
			this.on('request', listener);
		});
	}

	/** The job with this id, brought up to now. */
	find(id: string): Generation | undefined {
		const generation = this.generations.find((candidate) => candidate.id === id);
		if (generation) this.settle(generation);
		return generation;
	}

	/** All jobs, brought up to now. */
	settled(): Generation[] {
		this.generations.forEach((generation) => this.settle(generation));
		return this.generations;
	}

	/** The address of the job's video; each fresh one after an expiry differs. */
	videoUrl(generation: Generation): string {
		const name = encodeURIComponent(generation.id.split(':')[0] ?? '');
		return `${this.cdnUrl}/generations/${name}.mp4?v=${generation.urlVersion}`;
	}

	/** Brings a job up to now. */
	settle(generation: Generation): void {
		if (generation.status === 'completed' || generation.status === 'error') return;
		if (Date.now() < generation.readyAt) {
			if (generation.checks > 0) generation.status = 'generating';
			return;
		}
		const fate = generation.fate?.kind ?? '';
		generation.status = ['fail', 'failedAtOnce'].includes(fate) ? 'error' : 'completed';
		generation.paid = !['fail', 'failedAtOnce', 'noVideo'].includes(fate);
		if (generation.paid) {
			this.settings.balanceUsd =
				Math.round((this.settings.balanceUsd - generation.costUsd) * 1e6) / 1e6;
		}
		this.emit('generation', generation);
	}
}
