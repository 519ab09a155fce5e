/**
 * A local address to post files to, in place of a social network: it keeps what it receives, and returns an
 * address.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Uploads {
	readonly url: string;
	/** All files so far, in order. */
	readonly received: Array<{ type: string; bytes: Buffer }>;
	stop(): Promise<void>;
}

export async function startUploads(): Promise<Uploads> {
	const received: Uploads['received'] = [];
	const server = createServer((request, response) => {
		const chunks: Buffer[] = [];
		request.on('data', (chunk: Buffer) => chunks.push(chunk));
		request.on('end', () => {
			const type = String(request.headers['content-type']);
			received.push({ type, bytes: Buffer.concat(chunks) });
			response.writeHead(201, { 'content-type': 'application/json' });
			response.end(JSON.stringify({ url: `https://example.com/posts/${received.length}` }));
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/posts`,
		received,
		stop: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}
