/** A request that takes long to send gets the time it needs, and is really ended when the time is over. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { mediaBytes, TEXT, useEngine } from './setup';
import { veoWorkflow } from './harness';

const SPEED = 20;
const setup = useEngine({ speed: SPEED });

/** An API that takes the body at its own pace, and a count of connections that were cut. */
async function slowApi(take: (request: IncomingMessage, response: ServerResponse) => void) {
	const sockets = new Set<Socket>();
	const seen = { requests: 0, cut: 0 };
	const server = createServer((request, response) => {
		if (request.method !== 'POST') {
			response.end(JSON.stringify({ data: [], pagination: { has_more: false } }));
			return;
		}
		seen.requests += 1;
		response.on('close', () => (seen.cut += response.writableFinished ? 0 : 1));
		take(request, response);
	});
	server.on('connection', (socket) => sockets.add(socket));
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const stop = async () => {
		for (const socket of sockets) socket.destroy();
		await new Promise((resolve) => server.close(resolve));
	};
	const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	return { seen, stop, credentials: { apiKey: 'sandbox-key', baseUrl } };
}

const MEGABYTE = 1_000_000;
/** More than the system holds in its own buffers. */
const image = Buffer.concat([mediaBytes('first-frame.png'), Buffer.alloc(12 * MEGABYTE)]);
const workflow = veoWorkflow({
	operation: 'create',
	model: 'google/veo-3.1-i2v',
	prompt: 'A hill',
	firstFrame: 'photo',
});
const items = [{ binary: { photo: { base64: image.toString('base64'), mimeType: 'image/png' } } }];

test('an upload that takes longer than an answer may is accepted', async () => {
	// 16 MB in some 240 s, as the node lives them: twice the 120 s that an answer may take.
	const lengthS = 240;
	const api = await slowApi((request, response) => {
		void (async () => {
			let bytes = 0;
			const startedMs = Date.now();
			for await (const chunk of request) {
				bytes += (chunk as Buffer).length;
				const dueMs = (bytes / (16 * MEGABYTE)) * ((lengthS * 1_000) / SPEED);
				await sleep(Math.max(0, startedMs + dueMs - Date.now()));
			}
			response.writeHead(201, { 'content-type': 'application/json' });
			response.end(JSON.stringify({ id: 'gen-slow', status: 'queued' }));
		})().catch(() => {});
	});
	const result = await setup.engine.run(workflow, { items, credentials: api.credentials });
	await api.stop();
	expect(result.error).toBeUndefined();
	expect(result.outputs[0]?.[0]?.json.id).toBe('gen-slow');
	expect((result.tookMs * SPEED) / 1_000).toBeGreaterThan(lengthS * 0.8);
	expect(api.seen).toEqual({ requests: 1, cut: 0 });
});

test('a line that falls silent is cut, and not only given up', async () => {
	const api = await slowApi((request) => request.resume());
	const short = veoWorkflow({ ...TEXT, operation: 'create' });
	const result = await setup.engine.run(short, { credentials: api.credentials });
	expect(result.error?.message).toContain('may have been accepted and charged');
	expect(api.seen).toEqual({ requests: 1, cut: 1 });
	await api.stop();
});
