/** Finds a free port, or checks that a given one is free. */
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { Advice } from './step';

export async function freePort(): Promise<number> {
	return await new Promise((resolve, reject) => {
		const server = createServer();
		server.once('error', reject);
		server.listen(0, '127.0.0.1', () => {
			const { port } = server.address() as AddressInfo;
			server.close(() => resolve(port));
		});
	});
}

/** @throws Advice when somebody else listens there */
export async function assertPortFree(port: number): Promise<void> {
	await new Promise<void>((resolve, reject) => {
		const server = createServer();
		server.once('error', () =>
			reject(
				new Advice(
					`Port ${port} is taken. End what listens there, or choose another port: PORT=${port + 10} npm start`,
				),
			),
		);
		server.listen(port, '127.0.0.1', () => server.close(() => resolve()));
	});
}
