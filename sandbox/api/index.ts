/**
 * A local stand-in for the AI/ML API: its video, billing, log and catalogue routes, as strict as the
 * vendor's schema, jobs that take time, a CDN on another port, faults on demand, and a log of all asked.
 *
 * @example const api = await startSandboxApi({ generationMs: 2_000 }); … await api.stop();
 */
import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { serveCdn } from './cdn';
import { Faults } from './faults';
import type { FaultAction, FaultRule } from './faults';
import { PRICES, priceOf } from './prices';
import { bodyFaults } from './schema';

export type { FaultRule } from './faults';

const MAX_BODY_BYTES = 256_000_000;
const CREDITS_PER_USD = 2_000_000;

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

type Row = Record<string, unknown>;

export class SandboxApi extends EventEmitter {
	baseUrl = '';
	cdnUrl = '';
	readonly log: LogEntry[] = [];
	readonly generations: Generation[] = [];
	readonly faults = new Faults();
	readonly settings: Settings;
	readonly apiKey: string;
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

	/** Forgets jobs, faults and the log. */
	reset(): void {
		this.log.length = 0;
		this.generations.length = 0;
		this.faults.clear();
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

	private settle(generation: Generation): void {
		if (generation.status === 'completed' || generation.status === 'error') return;
		if (Date.now() < generation.readyAt) {
			if (generation.looks > 0) generation.status = 'generating';
			return;
		}
		generation.status = generation.fate?.kind === 'fail' ? 'error' : 'completed';
		generation.paid = !['fail', 'noVideo'].includes(generation.fate?.kind ?? '');
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
			if (!this.strike('models', response)) this.sendModels(url, response);
			return;
		}
		if (entry.headers.authorization !== `Bearer ${this.apiKey}`) {
			return this.refuse(
				response,
				entry,
				401,
				'Unauthorized: the key is missing, wrong or expired',
			);
		}
		switch (route) {
			case 'POST /v2/video/generations':
				return this.submit(entry, response);
			case 'GET /v2/video/generations':
				return this.look(url, entry, response);
			case 'GET /v2/billing':
				this.settled();
				if (this.strike('billing', response)) return;
				return send(response, 200, { current_balance: this.settings.balanceUsd, currency: 'USD' });
			case 'GET /v2/logs':
				if (this.strike('logs', response)) return;
				return this.sendLogs(url, entry, response);
			default:
				return this.refuse(response, entry, 404, `Cannot ${entry.method} ${url.pathname}`);
		}
	}

	/** The vendor's shape of a refusal. */
	private refuse(
		response: ServerResponse,
		entry: LogEntry,
		status: number,
		message: string,
		more: Row = {},
	): void {
		send(response, status, {
			message,
			path: entry.path,
			requestId: randomUUID(),
			statusCode: status,
			timestamp: new Date().toISOString(),
			...more,
		});
	}

	/** Carries out a fault that answers by itself; false when none is due. */
	private strike(
		on: FaultRule['on'],
		response: ServerResponse,
		action: FaultAction | null = this.faults.take(on) ?? null,
	): boolean {
		switch (action?.kind) {
			case 'status':
				response.writeHead(action.status, {
					'content-type': typeof action.body === 'string' ? 'text/plain' : 'application/json',
					...action.headers,
				});
				response.end(
					typeof action.body === 'string'
						? action.body
						: JSON.stringify(action.body ?? { message: `Status ${action.status} on demand` }),
				);
				return true;
			case 'json':
				send(response, 200, action.body);
				return true;
			case 'html':
				response.writeHead(action.status ?? 200, { 'content-type': 'text/html' });
				response.end('<!doctype html><html><body><h1>Gateway</h1></body></html>');
				return true;
			case 'brokenJson':
				response.writeHead(200, { 'content-type': 'application/json' });
				response.end('{"id": "abc", "status": "gener');
				return true;
			case 'emptyBody':
				response.writeHead(200, { 'content-type': 'application/json' });
				response.end();
				return true;
			case 'reset':
				response.socket?.destroy();
				return true;
			case 'hang':
				return true;
			default:
				return false;
		}
	}

	private submit(entry: LogEntry, response: ServerResponse): void {
		const body = (entry.body ?? {}) as Row;
		const action = this.faults.take('submit', String(body.prompt));
		if (this.strike('submit', response, action ?? null)) return;
		const faults = bodyFaults(entry.body);
		if (faults.length > 0) {
			return this.refuse(response, entry, 400, `Body validation error: ${faults.join('; ')}`, {
				meta: faults,
			});
		}
		const running = this.settled().filter(({ status }) => /queued|generating/.test(status));
		if (running.length >= this.settings.concurrency) {
			response.setHeader('Retry-After', String(this.settings.retryAfterS));
			return this.refuse(response, entry, 429, 'Too Many Requests');
		}
		const costUsd = priceOf(body);
		const reserved = running.reduce((sum, { costUsd: cost }) => sum + cost, 0);
		if (this.settings.balanceUsd - reserved < costUsd) {
			return this.refuse(
				response,
				entry,
				403,
				"You've run out of credits. Please top up your balance or update your payment method to continue.",
			);
		}
		const generation: Generation = {
			id: `${randomUUID()}:${String(body.model)}`,
			model: String(body.model),
			body,
			createdAt: Date.now(),
			readyAt: Date.now() + this.settings.generationMs,
			status: 'queued',
			paid: false,
			costUsd,
			deliveredTimes: 0,
			clientRequestId: entry.clientRequestId,
			fate: action,
			looks: 0,
			urlVersion: 1,
			expiredVersion: 0,
		};
		this.generations.push(generation);
		entry.generationId = generation.id;
		this.emit('generation', generation);
		if (action?.kind === 'acceptThenReset') return void response.socket?.destroy();
		if (action?.kind === 'acceptThenHang') return;
		if (action?.kind === 'acceptThenStatus') {
			return this.refuse(response, entry, action.status, 'Bad gateway on demand');
		}
		if (action?.kind === 'acceptThenJson') return send(response, 200, action.body);
		response.setHeader('x-inference-id', generation.id);
		const accept = () => send(response, 201, { id: generation.id, status: 'queued', meta: null });
		if (action?.kind === 'acceptSlowly') setTimeout(accept, action.ms);
		else accept();
	}

	private look(url: URL, entry: LogEntry, response: ServerResponse): void {
		const id = url.searchParams.get('generation_id') ?? '';
		entry.generationId = id;
		const generation = this.find(id);
		const prompt = String(generation?.body.prompt ?? '');
		if (this.strike('fetch', response, this.faults.take('fetch', prompt, id) ?? null)) return;
		if (!generation) return this.refuse(response, entry, 404, 'Generation not found');
		generation.looks += 1;
		this.settle(generation);
		send(response, 200, this.answerOf(generation, response));
	}

	private answerOf(generation: Generation, response: ServerResponse): Row {
		const { id, fate, looks, costUsd } = generation;
		if (fate?.kind === 'unknownStatus' && looks <= fate.looks) return { id, status: fate.status };
		if (generation.status === 'error') {
			return { id, status: 'error', error: fate?.kind === 'fail' ? fate.error : null };
		}
		if (generation.status !== 'completed') return { id, status: generation.status };
		const late = fate?.kind === 'lateVideo' && looks <= fate.looks;
		if (fate?.kind === 'noVideo' || late) return { id, status: 'completed', error: null };
		const credits = Math.round(costUsd * CREDITS_PER_USD);
		response.setHeader('x-aimlapi-credits-used', String(credits));
		response.setHeader('x-aimlapi-usd-spent', String(costUsd));
		return {
			id,
			status: 'completed',
			video: { url: fate?.kind === 'videoUrl' ? fate.url : this.videoUrl(generation) },
			error: null,
			meta: { usage: { credits_used: credits, usd_spent: costUsd } },
		};
	}

	private sendModels(url: URL, response: ServerResponse): void {
		const wanted = url.searchParams.getAll('id').flatMap((value) => value.split(','));
		const withPrices = /pricing|all/.test(url.searchParams.get('include') ?? '');
		const data = Object.entries(PRICES)
			.map(([id, pricing]) => ({
				id,
				aliases: id.includes('/') ? [id.slice(id.indexOf('/') + 1)] : [`google/${id}`],
				type: 'video',
				info: { name: id, developer: 'Google' },
				tags: [],
				...(withPrices && { pricing }),
			}))
			.filter(({ id, aliases }) =>
				wanted.length === 0 ? true : wanted.some((name) => name === id || aliases.includes(name)),
			);
		send(response, 200, { object: 'list', data });
	}

	private sendLogs(url: URL, entry: LogEntry, response: ServerResponse): void {
		const query = url.searchParams;
		const period = /^([1-9]\d*)([hd])$/.exec(query.get('period') ?? '');
		const bounded = query.has('start') && query.has('end');
		const limit = Number(query.get('limit') ?? 50);
		const offset = Number(query.get('offset') ?? 0);
		const statuses = query.getAll('status');
		const models = query.getAll('model');
		if ((period !== null) === bounded || (query.has('period') && !period)) {
			return this.refuse(response, entry, 400, 'Provide either period or both start and end');
		}
		if (!Number.isInteger(limit) || limit < 1 || limit > 100 || !(offset >= 0)) {
			return this.refuse(response, entry, 400, 'limit: Expected 1 to 100');
		}
		if (statuses.some((status) => !['succeeded', 'failed'].includes(status))) {
			return this.refuse(response, entry, 400, 'status: Invalid enum value');
		}
		const unitMs = period?.[2] === 'd' ? 86_400_000 : 3_600_000;
		const from = period
			? Date.now() - Number(period[1]) * unitMs
			: Date.parse(query.get('start') ?? '');
		const to = period ? Infinity : Date.parse(query.get('end') ?? '');
		if (!(from <= to) || (bounded && to - from > 92 * 86_400_000)) {
			return this.refuse(response, entry, 400, 'The window must be at most 92 days');
		}
		// `source/alias` or a bare alias, matched exactly.
		const isWanted = (model: string) =>
			models.includes(model) || models.includes(model.slice(model.indexOf('/') + 1));
		const rows = this.logRows().filter((row) => {
			const at = Date.parse(String(row.created));
			return (
				at >= from &&
				at <= to &&
				(models.length === 0 || isWanted(String(row.model))) &&
				(statuses.length === 0 || statuses.includes(String(row.status)))
			);
		});
		send(response, 200, {
			data: rows.slice(offset, offset + limit),
			pagination: { limit, offset, total: rows.length, has_more: offset + limit < rows.length },
		});
	}

	/** One row per finished job, newest first: the charge appears only when a job has ended. */
	private logRows(): Row[] {
		const row = (generation: Partial<Generation> & { paid: boolean }, created: number): Row => ({
			created: new Date(created).toISOString(),
			status: generation.paid ? 'succeeded' : 'failed',
			origin: 'api',
			model: generation.model,
			cost: generation.paid
				? {
						usd: generation.costUsd,
						credits: Math.round((generation.costUsd ?? 0) * CREDITS_PER_USD),
					}
				: { usd: 0, credits: 0 },
			tokens: { input: 0, output: 0, total: 0 },
			request_id: randomUUID(),
			inference_id: generation.id,
			client_request_id: generation.clientRequestId ?? null,
		});
		const ended = this.settled()
			.filter(({ status }) => status === 'completed' || status === 'error')
			.map((generation) => row(generation, generation.createdAt))
			.reverse();
		const models = Object.keys(PRICES);
		const old = Array.from({ length: this.settings.oldLogRows }, (_, index) =>
			row(
				{
					id: `old-${index}`,
					model: models[index % models.length],
					paid: index % 5 !== 0,
					costUsd: 1,
				},
				Date.now() - 60_000 * (index + 1),
			),
		);
		return [...ended, ...old];
	}
}

export function send(response: ServerResponse, status: number, body: unknown): void {
	response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
	response.end(JSON.stringify(body));
}

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
