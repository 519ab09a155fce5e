/** How the stand-in API answers: JSON, a refusal in the vendor's shape, or a fault. */
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { FaultAction, FaultRule, Faults } from './faults';
import type { LogEntry } from './state';

export function send(response: ServerResponse, status: number, body: unknown): void {
	response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
	response.end(JSON.stringify(body));
}

/** The vendor's shape of a refusal. */
export function refuse(
	response: ServerResponse,
	entry: LogEntry,
	status: number,
	message: string,
	more: Record<string, unknown> = {},
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

/** Sends the answer of a fault that has one of its own; false when none is due. */
export function applyFault(
	faults: Faults,
	on: FaultRule['on'],
	response: ServerResponse,
	action: FaultAction | null = faults.take(on) ?? null,
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
			response.req.socket.destroy();
			return true;
		case 'hang':
			return true;
		default:
			return false;
	}
}
