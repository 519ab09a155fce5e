/** The CDN of the stand-in API: real MP4 files with range requests, images, and the faults of a download. */
import { createReadStream, readdirSync, readFileSync, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import type { Generation, LogEntry, SandboxState } from './state';
import { secondsOf } from './schema';

const MEDIA_FOLDER = join(__dirname, '..', '..', 'media');
const TYPES: Record<string, string> = {
	'.mp4': 'video/mp4',
	'.jpg': 'image/jpeg',
	'.png': 'image/png',
};
const PADDING_CHUNK = Buffer.alloc(1_048_576);

/** What a trickle begins with, so that it is a video by its first bytes. */
const TRICKLE_HEAD = 5_000;

/** Seconds of the videos that there are in both shapes. */
const LENGTHS = readdirSync(MEDIA_FOLDER).flatMap((name) => {
	const [, seconds] = /^landscape-(\d+)s\.mp4$/.exec(name) ?? [];
	return seconds === undefined ? [] : [Number(seconds)];
});

/** The file that fits a job's shape, and its length as nearly as there is one. */
export function videoFileOf({ body }: Pick<Generation, 'body'>): string {
	const wanted = secondsOf(body);
	const nearest = (best: number, seconds: number) =>
		Math.abs(seconds - wanted) < Math.abs(best - wanted) ? seconds : best;
	const shape = body.aspect_ratio === '9:16' ? 'portrait' : 'landscape';
	return join(MEDIA_FOLDER, `${shape}-${LENGTHS.reduce(nearest)}s.mp4`);
}

/** The file, padded to `size` with an MP4 `free` box that players skip; nothing is held in memory. */
function paddedVideo(file: string, size: number): Readable {
	const video = readFileSync(file);
	async function* chunks() {
		yield video;
		const padding = size - video.length;
		const header = Buffer.alloc(16);
		// A box of 64-bit size: 1, 'free', size.
		header.writeUInt32BE(1, 0);
		header.write('free', 4, 'latin1');
		header.writeBigUInt64BE(BigInt(padding), 8);
		yield header;
		for (let left = padding - header.length; left > 0; left -= PADDING_CHUNK.length) {
			yield left < PADDING_CHUNK.length ? PADDING_CHUNK.subarray(0, left) : PADDING_CHUNK;
		}
	}
	return Readable.from(chunks());
}

function* padded(content: Buffer, size: number) {
	yield content;
	for (let sent = content.length; sent < size; sent += PADDING_CHUNK.length) yield PADDING_CHUNK;
}

function plain(response: ServerResponse, status: number, text: string): void {
	response.writeHead(status, { 'content-type': 'text/plain' });
	response.end(text);
}

function rangeOf(header: string | undefined, size: number): [number, number] | undefined {
	const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
	if (!match || (match[1] === '' && match[2] === '')) return undefined;
	if (match[1] === '') return [Math.max(0, size - Number(match[2])), size - 1];
	return [Number(match[1]), match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1)];
}

export function serveCdn(
	api: SandboxState,
	url: URL,
	entry: LogEntry,
	request: IncomingMessage,
	response: ServerResponse,
): void {
	const name = decodeURIComponent(basename(url.pathname));
	const generation = url.pathname.startsWith('/generations/')
		? api.settled().find(({ id }) => `${id.split(':')[0]}.mp4` === name)
		: undefined;
	entry.generationId = generation?.id;
	const action = api.faults.take('cdn', String(generation?.body.prompt ?? ''), generation?.id);
	if (action?.kind === 'expire' && generation) {
		generation.expiredVersion = generation.urlVersion;
		generation.urlVersion += 1;
	}
	if (generation && Number(url.searchParams.get('v')) <= generation.expiredVersion) {
		return plain(response, action?.kind === 'expire' ? (action.status ?? 403) : 403, 'Expired');
	}
	if (action?.kind === 'status') return plain(response, action.status, 'On demand');
	if (action?.kind === 'html') {
		response.writeHead(200, { 'content-type': 'text/html' });
		return void response.end('<!doctype html><html><body>Sign in</body></html>');
	}
	if (action?.kind === 'content') {
		response.writeHead(200, { 'content-type': action.contentType });
		return void Readable.from(padded(action.content, action.padTo ?? 0)).pipe(response);
	}
	if (action?.kind === 'reset') return void response.req.socket.destroy();
	if (action?.kind === 'hang') return;
	if (action?.kind === 'redirect') {
		response.writeHead(302, { location: action.to });
		return void response.end();
	}

	const isMedia = url.pathname === `/media/${name}`;
	const file = generation
		? videoFileOf(generation)
		: isMedia
			? join(MEDIA_FOLDER, name)
			: undefined;
	if (!file || !statSync(file, { throwIfNoEntry: false })) return plain(response, 404, 'Not found');
	const padTo = generation ? api.settings.videoBytes : undefined;
	const size = padTo ?? statSync(file).size;
	const headers: Record<string, string | number> = {
		'content-type':
			action?.kind === 'wrongType'
				? action.contentType
				: (TYPES[/\.\w+$/.exec(file)?.[0] ?? ''] ?? 'application/octet-stream'),
		'accept-ranges': 'bytes',
	};
	if (action?.kind === 'emptyBody') {
		response.writeHead(200, { ...headers, 'content-length': 0 });
		return void response.end();
	}
	const range = padTo === undefined ? rangeOf(request.headers.range, size) : undefined;
	if (range && range[0] >= size) return plain(response, 416, 'Range not satisfiable');
	if (range) headers['content-range'] = `bytes ${range[0]}-${range[1]}/${size}`;
	const length = range ? range[1] - range[0] + 1 : size;
	headers['content-length'] = action?.kind === 'wrongLength' ? length + action.missing : length;
	response.writeHead(range ? 206 : 200, headers);
	if (request.method === 'HEAD') return void response.end();

	if (action?.kind === 'trickle') {
		const bytes = readFileSync(file);
		const first = Math.min(bytes.length, TRICKLE_HEAD);
		response.write(bytes.subarray(0, first));
		let sent = first;
		const next = setInterval(() => {
			response.write(bytes.subarray(sent, ++sent));
		}, action.everyMs);
		response.on('close', () => clearInterval(next));
		return;
	}
	if (action?.kind === 'cutOff' || action?.kind === 'stall' || action?.kind === 'wrongLength') {
		const bytes = readFileSync(file);
		const part = action.kind === 'wrongLength' ? bytes : bytes.subarray(0, action.afterBytes);
		response.write(part, () => {
			if (action.kind !== 'stall') response.req.socket.destroy();
		});
		return;
	}
	const stream =
		padTo === undefined
			? createReadStream(file, range ? { start: range[0], end: range[1] } : {})
			: paddedVideo(file, padTo);
	response.on('close', () => stream.destroy());
	let given = 0;
	// Counted before the last byte leaves: whoever has received all of it finds it counted.
	stream.on('data', (chunk: Buffer) => {
		given += chunk.length;
		if (generation && given === length) generation.deliveredTimes += 1;
	});
	stream.pipe(response);
}
