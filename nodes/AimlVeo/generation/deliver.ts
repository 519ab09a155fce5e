/**
 * Downloads a finished video into n8n: streamed, complete, with the right name and type, and without the API
 * key.
 */
import type {
	IBinaryData,
	IDataObject,
	IExecuteFunctions,
	IN8nHttpFullResponse,
} from 'n8n-workflow';
import { isWebUrl } from '../api/responses';
import { textOf } from '../shared/errors';
import { causeOf } from '../api/connectionFailure';
import { shortName } from '../catalogue/models';
import { pause, unlessAborted } from '../shared/pause';
import { formatOf } from '../request/sniff';
import { asText } from '../shared/values';
import { downloadGivenUp, storeRefused, videoUrlUnusable } from '../shared/messages';

const ATTEMPTS = 4;
/** Pause before the second attempt; it doubles after each. */
const FIRST_PAUSE_MS = 1_000;
/** Until the CDN begins to answer. */
const ANSWER_TIMEOUT_MS = 60_000;
/** A download that receives fewer bytes in this time is started again: at 500 a second it would never end. */
const STALL_MS = 20_000;
const STALL_BYTES = 10_000;
const STALLED = 'The download stalled';
const MAX_NAME_LENGTH = 120;

/** The parts of Node's Readable that are used here. */
interface Body extends NodeJS.ReadableStream {
	readonly readableLength: number;
	unshift(chunk: Buffer): void;
	push(chunk: Buffer | null, encoding?: BufferEncoding): boolean;
}

/** The part of n8n's context that is used. Executing and polling nodes both have it. */
export interface DeliverContext {
	readonly helpers: Pick<IExecuteFunctions['helpers'], 'httpRequest' | 'prepareBinaryData'>;
}

export interface Delivery {
	readonly generationId: string;
	readonly status: string;
	readonly url: string;
	readonly fileName: string;
	/** Requests a new URL from the API, for when the CDN no longer knows this one. */
	readonly freshUrl: () => Promise<string | undefined>;
	readonly signal: AbortSignal;
}

/** A name that stays in its folder and breaks no header: no separators, quotes or control characters. */
export function safeFileName(name: string): string {
	const safe = name.replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '').replace(/[\\/:*?"<>|;%]/g, '_');
	// Cut between characters, not in the middle of one; the end holds the extension.
	const end = Array.from(safe).slice(-MAX_NAME_LENGTH).join('');
	return end.replace(/^[.\s]+|[.\s]+$/g, '');
}

/** Any other ending is part of the name: "Promo 25.11.2026", "Scene 1.10", "clip.final". */
const VIDEO_EXTENSION =
	/\.(3g2|3gp|avi|f4v|flv|m2ts|m4v|mkv|mov|mp4|mpe?g|mts|mxf|ogv|ts|webm|wmv)$/i;

/** `<model>-<first 8 of the id>`, or what the user chose; with a video's extension in any case. */
export function fileNameFor(
	chosen: string | undefined,
	model: string | undefined,
	generationId: string,
): string {
	const own = safeFileName(`${shortName(model ?? 'veo')}-${generationId.slice(0, 8)}`);
	const name = (chosen && safeFileName(chosen)) || own;
	return VIDEO_EXTENSION.test(name) && name !== own ? name : `${name}.mp4`;
}

/** The video type of a `Content-Type` header, or undefined when it names something else. */
export function videoType(contentType: unknown): string | undefined {
	const type = (asText(contentType)?.split(';')[0] ?? '').trim().toLowerCase();
	if (type.startsWith('video/')) return /^video\/[\w.+-]+/.exec(type)?.[0] ?? 'video/mp4';
	return ['', 'application/octet-stream', 'binary/octet-stream', 'application/mp4'].includes(type)
		? 'video/mp4'
		: undefined;
}

/** Enough to tell a video from a page or a message. */
const HEAD_BYTES = 64;

/**
 * The first bytes of a stream, which are put back: whoever reads it next gets all of it. Fewer than 64
 * only when there are no more.
 */
async function peek(body: Body, signal: AbortSignal): Promise<Buffer> {
	const taken: Buffer[] = [];
	let byteLength = 0;
	let onReadable = () => {};
	let onError: (cause: Error) => void = () => {};
	const ready = new Promise<void>((resolve, reject) => {
		onError = reject;
		onReadable = () => {
			for (let chunk = body.read() as Buffer | null; chunk; chunk = body.read() as Buffer | null) {
				taken.push(chunk);
				byteLength += chunk.length;
				if (byteLength < HEAD_BYTES) continue;
				body.removeListener('readable', onReadable);
				// At once: one turn later, a stream that was read to its end accepts nothing back.
				body.unshift(Buffer.concat(taken));
				return resolve();
			}
		};
		body.on('error', onError).once('end', resolve).on('readable', onReadable);
	});
	try {
		await unlessAborted(ready, signal);
	} finally {
		body.removeListener('readable', onReadable);
		// Left without a listener, an error of the stream would end the process.
		body.on('error', () => {}).removeListener('error', onError);
	}
	return Buffer.concat(taken);
}

/** What the server sent: the media type by its content, or by its header if the content is of no known kind. */
function receivedType(head: Buffer, contentType: unknown): { type: string } | { found: string } {
	const format = formatOf(head);
	const isCut = head.length < HEAD_BYTES;
	if (!isCut && format?.mimeType?.startsWith('video/')) return { type: format.mimeType };
	const announced = videoType(contentType);
	if (!announced) return { found: String(contentType) };
	if (isCut) return { found: `${head.length} bytes` };
	// A format that is not known here may still be a video.
	return !format || format.kind === 'video' ? { type: announced } : { found: format.name };
}

/** Counts what arrives, and ends the request when next to nothing does. */
function watch(body: Body, cut: AbortController) {
	const done = new AbortController();
	// Counted at the entrance of the stream: a listener for its data would change how n8n's store reads it.
	let bytes = body.readableLength;
	const push = body.push.bind(body);
	body.push = (chunk, encoding) => {
		bytes += chunk?.length ?? 0;
		// Everything has arrived: n8n's store may take its time.
		if (chunk === null) done.abort();
		return push(chunk, encoding);
	};

	async function cutWhenStalled(): Promise<void> {
		for (let before = -STALL_BYTES; bytes - before >= STALL_BYTES; ) {
			before = bytes;
			await pause(STALL_MS, done.signal);
		}
		cut.abort(STALLED);
	}
	cutWhenStalled().catch(() => {
		// Ended by `release`.
	});
	return { release: () => done.abort() };
}

type Attempt = { binary: IBinaryData } | { cause: string; gone?: boolean };

/**
 * @param cut ends the request itself: n8n may have wrapped its answer in a stream whose `destroy` waits
 *   for more to come
 */
async function attempt(
	ctx: DeliverContext,
	url: string,
	delivery: Delivery,
	cut: AbortController,
): Promise<Attempt> {
	const response = (await ctx.helpers.httpRequest({
		method: 'GET',
		url,
		encoding: 'stream',
		returnFullResponse: true,
		ignoreHttpStatusErrors: true,
		timeout: ANSWER_TIMEOUT_MS,
		abortSignal: AbortSignal.any([delivery.signal, cut.signal]),
	})) as IN8nHttpFullResponse & { body: Body; headers: IDataObject };
	const { body, headers, statusCode } = response;
	if (statusCode !== 200) {
		body.on('error', () => {});
		cut.abort();
		const gone = [403, 404, 410].includes(statusCode);
		return { cause: `The server answered with HTTP ${statusCode}`, gone };
	}

	const watched = watch(body, cut);
	try {
		const head = await peek(body, AbortSignal.any([delivery.signal, cut.signal]));
		if (head.length === 0) return { cause: 'The server sent an empty file' };
		const received = receivedType(head, headers['content-type']);
		if ('found' in received) {
			cut.abort();
			return { cause: `The server sent ${received.found} instead of a video` };
		}
		const binary = await ctx.helpers.prepareBinaryData(
			body as unknown as Parameters<typeof ctx.helpers.prepareBinaryData>[0],
			delivery.fileName,
			received.type,
		);
		// Node itself rejects a body that is shorter than its announced length.
		return { binary };
	} finally {
		watched.release();
	}
}

const STORE_FAILURE =
	/ENOSPC|EDQUOT|EFBIG|EROFS|EACCES|EPERM|EMFILE|ENOTDIR|EIO\b|too large|exceeds|quota/i;

/**
 * The video as n8n binary data. Tries again when the download is cut off, stalls, or is no video. Requests a
 * new URL when the CDN answers 403, 404 or 410.
 *
 * @throws ItemError with ID and URL when it gives up: the video stays paid for and reachable
 */
export async function deliver(ctx: DeliverContext, delivery: Delivery): Promise<IBinaryData> {
	const { generationId, status, signal } = delivery;
	let { url } = delivery;
	let cause = '';
	for (let tries = 0; tries < ATTEMPTS; tries++) {
		if (tries > 0) await pause(FIRST_PAUSE_MS * 2 ** (tries - 1), signal);
		if (!isWebUrl(url)) throw videoUrlUnusable(generationId, status);
		const cut = new AbortController();
		try {
			const result = await attempt(ctx, url, delivery, cut);
			if ('binary' in result) return result.binary;
			cause = result.cause;
			if (result.gone) url = (await delivery.freshUrl()) ?? url;
		} catch (error) {
			signal.throwIfAborted();
			const text = textOf(error);
			if (STORE_FAILURE.test(text)) throw storeRefused(generationId, status, url, text);
			cause = cut.signal.reason === STALLED ? STALLED : causeOf(error);
		}
	}
	throw downloadGivenUp(generationId, status, url, ATTEMPTS, cause);
}
