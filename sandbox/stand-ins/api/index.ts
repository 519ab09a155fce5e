/**
 * A local stand-in for the AI/ML API: its video, billing, log and catalogue routes, as strict as the
 * vendor's schema, jobs that take time, a CDN on another port, faults on demand, and a log of all requests.
 *
 * @example const api = await startSandboxApi({ generationMs: 2_000 }); … await api.stop();
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { serveCdn } from './cdn';
import { sendDescription } from './openApi';
import { deviate } from './deviate';
import type { Deviation } from './deviations';
import type { FaultRule } from './faults';
import { checkJob, submitJob } from './jobs';
import { sendLogs, sendModels } from './logs';
import { applyFault, refuse, send } from './respond';
import { SandboxState } from './state';
import type { LogEntry, Settings } from './state';

export type { FaultRule } from './faults';
export type { Generation, LogEntry, Settings } from './state';

const MAX_BODY_BYTES = 256_000_000;

export interface SandboxOptions extends Partial<Settings> {
	port?: number;
	cdnPort?: number;
	host?: string;
	apiKey?: string;
}

export class SandboxApi extends SandboxState {
	baseUrl = '';
	readonly apiKey: string;
	/** How it differs from what the package assumes of the live API; empty: not at all. */
	readonly deviations = new Set<Deviation>();
	private servers: Server[] = [];
	private readonly sockets = new Set<Socket>();

	constructor(private readonly options: SandboxOptions) {
		super(options);
		this.apiKey = options.apiKey ?? 'sandbox-key';
	}

	async start(): Promise<this> {
		const { host = '127.0.0.1', port = 0, cdnPort = 0 } = this.options;
		this.baseUrl = await this.listen('api', host, port);
		this.cdnUrl = await this.listen('cdn', host, cdnPort);
		return this;
	}

	/** And the vendor is what the package takes it for again. */
	override reset(): void {
		super.reset();
		this.deviations.clear();
	}

	/** Ends all connections at once. */
	async stop(): Promise<void> {
		const closed = this.servers.map(
			async (server) => await new Promise((resolve) => server.close(resolve)),
		);
		for (const socket of this.sockets) socket.destroy();
		await Promise.all(closed);
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
			if (!isControl) deviate(this, this.deviations, entry, response);
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
			if (!applyFault(this.faults, 'models', response)) sendModels(this, url, response);
			return;
		}
		if (route === 'GET /docs-json') return sendDescription(this, url, entry, response);
		if (entry.headers.authorization !== `Bearer ${this.apiKey}`) {
			return refuse(response, entry, 401, 'Unauthorized: the key is missing, wrong or expired');
		}
		switch (route) {
			case 'POST /v2/video/generations':
				return submitJob(this, entry, response);
			case 'GET /v2/video/generations':
				if (this.isOverLimit(isStatusCheck, this.settings.checksPerMinute)) {
					return refuse(response, entry, 429, 'Too Many Requests');
				}
				return checkJob(this, url, entry, response);
			case 'GET /v2/billing':
				this.settled();
				if (applyFault(this.faults, 'billing', response)) return;
				return send(response, 200, { current_balance: this.settings.balanceUsd, currency: 'USD' });
			case 'GET /v2/logs':
				if (
					this.isOverLimit(({ path }) => path.startsWith('/v2/logs'), this.settings.logsPerMinute)
				) {
					return refuse(response, entry, 429, 'Too Many Requests');
				}
				if (applyFault(this.faults, 'logs', response)) return;
				return sendLogs(this, url, entry, response);
			default:
				return refuse(response, entry, 404, `Cannot ${entry.method} ${url.pathname}`);
		}
	}
}

const isStatusCheck = ({ method, path }: LogEntry) =>
	method === 'GET' && path.includes('generation_id=');

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
