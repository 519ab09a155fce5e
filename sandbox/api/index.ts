/**
 * A local stand-in for the AI/ML API: its video, billing, log and catalogue routes, as strict as the
 * vendor's schema, jobs that take time, a CDN on another port, faults on demand, and a log of all asked.
 *
 * @example const api = await startSandboxApi({ generationMs: 2_000 }); … await api.stop();
 */
import { EventEmitter } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { refuse, send, strike } from './respond';
import { serveCdn } from './cdn';
import { sendDescription } from './described';
import { deviate } from './deviate';
import type { Deviation } from './deviations';
import { Faults } from './faults';
import type { FaultAction, FaultRule } from './faults';
import { look, submit } from './generations';
import { sendLogs, sendModels } from './logs';
import { SCHEMAS } from './schema';
import type { Schemas } from './schema';

export type { FaultRule } from './faults';

const MAX_BODY_BYTES = 256_000_000;

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
	/** Every page of the log says that there is more. */
	logEndless: boolean;
	/** Looks that are answered in each minute (refused ones count too); one more is answered with 429. */
	looksPerMinute: number;
	/** The same for the usage log. */
	logsPerMinute: number;
	/** How much faster than real the minutes of these limits pass. */
	speed: number;
}

export interface SandboxOptions extends Partial<Settings> {
	port?: number;
	cdnPort?: number;
	host?: string;
	apiKey?: string;
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
	looks: number;
	/** Version of its address on the CDN; older ones may have expired. */
	urlVersion: number;
	expiredVersion: number;
}

export class SandboxApi extends EventEmitter {
	baseUrl = '';
	cdnUrl = '';
	readonly log: LogEntry[] = [];
	readonly generations: Generation[] = [];
	readonly faults = new Faults();
	readonly settings: Settings;
	readonly apiKey: string;
	/** The models of the catalogue, and what each takes: a test may change them. */
	schemas: Schemas = structuredClone(SCHEMAS);
	/** How it differs from what the package assumes of the live API; empty: not at all. */
	readonly deviations = new Set<Deviation>();
	private servers: Server[] = [];
	private readonly sockets = new Set<Socket>();

	constructor(private readonly options: SandboxOptions) {
		super();
		this.apiKey = options.apiKey ?? 'sandbox-key';
		this.settings = {
			generationMs: 0,
			balanceUsd: 1_000,
			concurrency: Infinity,
			retryAfterS: 1,
			oldLogRows: 0,
			logPageRows: Infinity,
			logEndless: false,
			looksPerMinute: Infinity,
			logsPerMinute: Infinity,
			speed: 1,
			...options,
		};
	}

	async start(): Promise<this> {
		const { host = '127.0.0.1', port = 0, cdnPort = 0 } = this.options;
		this.baseUrl = await this.listen('api', host, port);
		this.cdnUrl = await this.listen('cdn', host, cdnPort);
		return this;
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
		// And the vendor is what the package takes it for again.
		this.deviations.clear();
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

	/** Ends all connections at once. */
	async stop(): Promise<void> {
		const closed = this.servers.map(
			async (server) => await new Promise((resolve) => server.close(resolve)),
		);
		for (const socket of this.sockets) socket.destroy();
		await Promise.all(closed);
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
			if (generation.looks > 0) generation.status = 'generating';
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

	private async listen(kind: 'api' | 'cdn', host: string, port: number): Promise<string> {
		const server = createServer((request, response) => {
			void this.receive(kind, request, response);
		});
		server.on('connection', (socket) => {
			this.sockets.add(socket);
			socket.on('close', () => this.sockets.delete(socket));
		});
		await new Promise<void>((resolve, reject) => {
			server.once('error', reject);
			server.listen(port, host, resolve);
		});
		this.servers.push(server);
		return `http://${host}:${(server.address() as AddressInfo).port}`;
	}

	private async receive(kind: 'api' | 'cdn', request: IncomingMessage, response: ServerResponse) {
		const url = new URL(request.url ?? '/', 'http://sandbox');
		const isControl = url.pathname.startsWith('/_sandbox/');
		const clientRequestId = String(request.headers['x-client-request-id'] ?? '');
		const entry: LogEntry = {
			at: Date.now(),
			server: kind,
			method: request.method ?? 'GET',
			path: request.url ?? '/',
			headers: { ...request.headers },
			...(/^[A-Za-z0-9._:-]{1,128}$/.test(clientRequestId) && { clientRequestId }),
		};
		if (!isControl) this.log.push(entry);
		response.on('close', () => {
			entry.aborted = !response.writableFinished;
			entry.status = response.statusCode;
			this.emit('response', entry);
		});
		try {
			const raw = await readBody(request);
			if (raw.length > 0) entry.body = parseJson(raw);
			if (entry.clientRequestId) response.setHeader('X-Client-Request-Id', clientRequestId);
			if (!isControl) this.emit('request', entry);
			if (!isControl && this.deviations.size > 0) deviate(this, entry, response);
			if (isControl) this.control(url, entry, response);
			else if (kind === 'cdn') serveCdn(this, url, entry, request, response);
			else this.route(url, entry, response);
		} catch {
			request.destroy();
		}
	}

	private control(url: URL, entry: LogEntry, response: ServerResponse): void {
		const action = `${entry.method} ${url.pathname.slice('/_sandbox/'.length)}`;
		if (action === 'POST faults') this.fault(entry.body as FaultRule);
		else if (action === 'POST settings') Object.assign(this.settings, entry.body);
		else if (action === 'POST reset') this.reset();
		else if (action === 'GET log') return send(response, 200, this.log);
		else if (action === 'GET generations') return send(response, 200, this.settled());
		else return send(response, 404, { message: 'No such control' });
		send(response, 200, { ok: true });
	}

	private route(url: URL, entry: LogEntry, response: ServerResponse): void {
		const route = `${entry.method} ${url.pathname}`;
		if (route === 'GET /v1/models') {
			if (!strike(this.faults, 'models', response)) sendModels(this, url, response);
			return;
		}
		if (route === 'GET /docs-json') return sendDescription(this, url, entry, response);
		if (entry.headers.authorization !== `Bearer ${this.apiKey}`) {
			return refuse(response, entry, 401, 'Unauthorized: the key is missing, wrong or expired');
		}
		switch (route) {
			case 'POST /v2/video/generations':
				return submit(this, entry, response);
			case 'GET /v2/video/generations':
				if (this.isOverLimit(isLook, this.settings.looksPerMinute)) {
					return refuse(response, entry, 429, 'Too Many Requests');
				}
				return look(this, url, entry, response);
			case 'GET /v2/billing':
				this.settled();
				if (strike(this.faults, 'billing', response)) return;
				return send(response, 200, { current_balance: this.settings.balanceUsd, currency: 'USD' });
			case 'GET /v2/logs':
				if (
					this.isOverLimit(({ path }) => path.startsWith('/v2/logs'), this.settings.logsPerMinute)
				) {
					return refuse(response, entry, 429, 'Too Many Requests');
				}
				if (strike(this.faults, 'logs', response)) return;
				return sendLogs(this, url, entry, response);
			default:
				return refuse(response, entry, 404, `Cannot ${entry.method} ${url.pathname}`);
		}
	}
}

const isLook = ({ method, path }: LogEntry) => method === 'GET' && path.includes('generation_id=');

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}

async function readBody(request: IncomingMessage): Promise<string> {
	const chunks: Buffer[] = [];
	let size = 0;
	for await (const chunk of request) {
		chunks.push(chunk as Buffer);
		size += (chunk as Buffer).length;
		if (size > MAX_BODY_BYTES) throw new Error('Body too large');
	}
	return Buffer.concat(chunks).toString('utf8');
}

/** Starts the API and its CDN on two ports (0: free ones). */
export async function startSandboxApi(options: SandboxOptions = {}): Promise<SandboxApi> {
	return await new SandboxApi(options).start();
}
