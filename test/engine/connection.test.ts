/**
 * A request that ends before the API can see it costs nothing: the message says so, the ledger forgets it,
 * and a retry submits it. What cannot mend itself is told at once, not after the time is over.
 */
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createNetServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { join } from 'node:path';
import { startSandboxApi } from '../../sandbox/stand-ins/api';
import { startEngine, veoWorkflow } from './harness';
import type { Engine } from './harness';
import { posts, TEXT, UNKNOWN_HOST, useEngine } from './setup';

const SPEED = 20;
const setup = useEngine({ speed: SPEED });
/** Long before Timeout (1,000 s), and long enough for a busy machine. */
const SOON_S = 300;
// Made with `openssl req -x509 -newkey rsa:2048 -nodes -days 36500 -subj /CN=localhost`.
const pem = readFileSync(join(__dirname, 'fixtures', 'self-signed.pem'));

const servers: Server[] = [];
const sockets = new Set<Socket>();
const engines: Engine[] = [];
afterEach(async () => {
	for (const socket of sockets) socket.destroy();
	await Promise.all(
		servers.splice(0).map(async (server) => await new Promise((resolve) => server.close(resolve))),
	);
	await Promise.all(engines.splice(0).map(async (engine) => await engine.stop()));
});

/** The port of the server, which is listening now and closed after the test. */
async function portOf(server: Server): Promise<number> {
	servers.push(server);
	server.on('connection', (socket: Socket) => {
		sockets.add(socket);
		socket.on('error', () => {});
		socket.on('close', () => sockets.delete(socket));
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return (server.address() as AddressInfo).port;
}

/** A port at which nobody listens. */
async function closedPort(): Promise<number> {
	const gone = await startSandboxApi();
	await gone.stop();
	return Number(new URL(gone.baseUrl).port);
}

const selfSigned = async () => {
	const server = createHttpsServer({ key: pem, cert: pem }, (_request, response) => response.end());
	return `https://127.0.0.1:${await portOf(server)}`;
};
const resetting = async () => {
	const server = createNetServer((socket) => socket.resetAndDestroy());
	return `https://127.0.0.1:${await portOf(server)}`;
};
/** A proxy that answers each CONNECT, and each plain request, with this and nothing more. */
const proxyAnswering = async (answer: string) => {
	const server = createNetServer((socket) => {
		socket.once('data', () => (answer ? socket.end(answer) : socket.destroy()));
	});
	return `http://127.0.0.1:${await portOf(server)}`;
};
const wantsPassword = 'HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n';

interface Case {
	baseUrl: () => Promise<string>;
	/** Settings of n8n, out of its environment. */
	env?: () => Promise<Record<string, string>>;
	cause: RegExp;
	/** Whether trying again may help: then it goes on until Timeout. */
	isPassing?: boolean;
	message?: string;
}

const REACHED = 'The AI/ML API could not be reached [item 0]';
const API = async () => 'https://api.aimlapi.invalid';

const cases: Array<[string, Case]> = [
	['a certificate that nobody signed', { baseUrl: selfSigned, cause: /certificate/ }],
	[
		'https:// to a port that speaks http',
		{
			baseUrl: async () => setup.api.baseUrl.replace('http:', 'https:'),
			cause: /does not use TLS/,
		},
	],
	[
		'a port that cannot be',
		{ baseUrl: async () => 'http://127.0.0.1:99999', cause: /address is not valid/ },
	],
	[
		'a name that does not exist',
		{ baseUrl: async () => `http://${UNKNOWN_HOST}`, cause: /server name was not found/ },
	],
	[
		"n8n's protection against internal requests",
		{
			baseUrl: async () => setup.api.baseUrl,
			env: async () => ({ N8N_SSRF_PROTECTION_ENABLED: 'true' }),
			cause: /blocks this address/,
		},
	],
	[
		'a proxy that wants a password, for https',
		{
			baseUrl: API,
			env: async () => ({ HTTPS_PROXY: await proxyAnswering(wantsPassword) }),
			cause: /HTTP 407/,
			message: 'A proxy or firewall between n8n and the AI/ML API refused the request [item 0]',
		},
	],
	[
		'a proxy that wants a password, for http',
		{
			baseUrl: async () => 'http://api.aimlapi.invalid',
			env: async () => ({ HTTP_PROXY: await proxyAnswering(wantsPassword) }),
			cause: /HTTP 407/,
			message: 'A proxy or firewall between n8n and the AI/ML API refused the request [item 0]',
		},
	],
	[
		'a connection that is reset before it is secured',
		{ baseUrl: resetting, cause: /lost before it was encrypted/, isPassing: true },
	],
	[
		'a proxy that is not there',
		{
			baseUrl: API,
			env: async () => ({ HTTPS_PROXY: `http://127.0.0.1:${await closedPort()}` }),
			cause: /connection was refused/,
			isPassing: true,
		},
	],
	[
		'a proxy that hangs up before the tunnel is open',
		{
			baseUrl: API,
			env: async () => ({ HTTPS_PROXY: await proxyAnswering('') }),
			cause: /proxy closed the connection/,
			isPassing: true,
		},
	],
	[
		'a network that cannot be reached',
		{ baseUrl: async () => 'http://[100::1]', cause: /cannot be reached|refused/, isPassing: true },
	],
];

test.each(cases)('%s', async (_name, { baseUrl, env, cause, isPassing, message = REACHED }) => {
	let { engine } = setup;
	if (env) {
		engine = await startEngine({ speed: SPEED, env: await env() });
		engines.push(engine);
	}
	const options = isPassing ? { timeout: 30 } : { timeout: 1_000 };
	const workflow = veoWorkflow({ ...TEXT, options });
	const credentials = { apiKey: setup.api.apiKey, baseUrl: await baseUrl() };
	const failed = engine.start(workflow, { credentials });
	const result = await failed.done;
	expect(result.error?.message).toBe(message);
	expect(result.error?.description).toMatch(cause);
	expect(result.error?.description).toContain('Nothing was charged');
	expect((result.tookMs * SPEED) / 1_000).toBeLessThan(SOON_S);
	expect(JSON.stringify(result.context)).not.toContain('"req"');
	expect(posts(setup)).toEqual([]);
	if (env) return;
	const retried = await engine.run(workflow, {
		credentials: setup.api,
		retryOf: failed.executionId,
	});
	expect(retried.error).toBeUndefined();
	expect(posts(setup)).toHaveLength(1);
});

test('Get Video tells at once what cannot mend itself', async () => {
	const get = { operation: 'get', generationId: 'gen-1', waitForCompletion: true };
	const credentials = { apiKey: setup.api.apiKey, baseUrl: await selfSigned() };
	const result = await setup.engine.run(veoWorkflow(get), { credentials });
	expect(result.error?.message).toBe(REACHED);
	expect(result.error?.description).toContain('gen-1');
	expect((result.tookMs * SPEED) / 1_000).toBeLessThan(SOON_S);
});

test('a connection that breaks after the request was sent may have been taken', async () => {
	const server = createHttpServer((request) => {
		request.resume().on('end', () => request.socket.resetAndDestroy());
	});
	const credentials = { ...setup.api, baseUrl: `http://127.0.0.1:${await portOf(server)}` };
	const result = await setup.engine.run(veoWorkflow(TEXT), { credentials });
	expect(result.error?.message).toContain('may have been accepted and charged');
});
