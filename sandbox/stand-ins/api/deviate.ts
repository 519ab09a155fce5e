/** Holds an answer back until it is complete, so that deviations can change it. */
import type { ServerResponse } from 'node:http';
import { CDN, DEVIATIONS } from './deviations';
import type { Change, Deviation, Reply } from './deviations';
import type { LogEntry, SandboxState } from './state';

function textHeaders(headers: Readonly<Record<string, unknown>>): Record<string, string> {
	const entries = Object.entries(headers).filter(([, value]) => value !== undefined);
	return Object.fromEntries(
		entries.map(([name, value]) => [name.toLowerCase(), String(value)] as const),
	);
}

/** From now on the response gives what the deviations that are switched on make of it. */
export function deviate(
	api: SandboxState,
	deviations: ReadonlySet<Deviation>,
	entry: LogEntry,
	response: ServerResponse,
): void {
	if (deviations.size === 0) return;
	const { writeHead, end } = response;
	const reply: Reply = { status: 200, headers: {}, body: Buffer.alloc(0) };
	const chunks: Buffer[] = [];

	response.writeHead = ((status: number, headers: Record<string, unknown> = {}) => {
		reply.status = status;
		reply.headers = textHeaders(headers);
		return response;
	}) as typeof response.writeHead;
	response.write = ((chunk: Uint8Array) => {
		chunks.push(Buffer.from(chunk));
		return true;
	}) as typeof response.write;
	response.end = ((chunk?: string | Uint8Array) => {
		if (chunk !== undefined) chunks.push(Buffer.from(chunk as Uint8Array));
		reply.body = Buffer.concat(chunks);
		// Those set one by one have no place in writeHead's.
		reply.headers = { ...textHeaders(response.getHeaders()), ...reply.headers };
		for (const name of response.getHeaderNames()) response.removeHeader(name);
		const route =
			entry.server === 'cdn' ? CDN : `${entry.method} ${entry.path.replace(/\?.*/, '')}`;
		const generation = api.generations.find(({ id }) => id === entry.generationId);
		const hadLength = reply.headers['content-length'] !== undefined;
		for (const name of deviations) {
			(DEVIATIONS[name] as Change)(reply, { api, entry, route, generation });
		}
		if (hadLength && reply.headers['content-length'] !== undefined) {
			reply.headers['content-length'] = String(reply.body.length);
		}
		writeHead.call(response, reply.status, reply.headers);
		return end.call(response, reply.body, 'utf8');
	}) as typeof response.end;
}
