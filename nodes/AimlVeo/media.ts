/** A URL, a data URI or a binary field becomes what the API takes, told by the file's first bytes. */
import type { IBinaryData } from 'n8n-workflow';
import { asText, isUnset } from './values';
import {
	dataUriNotUsable,
	fileOfWrongKind,
	fileTooLarge,
	mediaNotUnderstood,
	mediaNotUsable,
	textOf,
	fileUnreadable,
	urlNotUsable,
} from './errors';
import type { BinaryFile, BinarySource } from './files';

export type MediaKind = 'image' | 'video';

/**
 * A file that n8n stores outside the execution, and that becomes a data URI only when it is sent: a
 * hundred checked pictures do not wait in memory, and a retry that finds its generation reads none.
 */
export class StoredMedia {
	/** Characters of the data URI. */
	readonly length: number;

	constructor(
		private readonly mimeType: string,
		private readonly file: BinaryFile & { storedId: string },
		private readonly read: () => Promise<Buffer>,
	) {
		this.length = headOf(mimeType).length + 4 * Math.ceil(file.byteLength / 3);
	}

	/** The data URI that is sent. */
	async load(): Promise<string> {
		return toDataUri(this.mimeType, await this.read());
	}

	/** The beginning of the data URI, to be shown. */
	preview(length: number): string {
		return toDataUri(this.mimeType, this.file.head).slice(0, length);
	}

	/**
	 * What tells this file from others when a request is hashed: the last part of n8n's id, since n8n may
	 * move a file to another folder when the execution ends.
	 */
	toJSON(): string {
		return this.file.storedId.split(/[/:]/).pop() ?? '';
	}
}

const headOf = (mimeType: string) => `data:${mimeType};base64,`;
const toDataUri = (mimeType: string, bytes: Buffer) => headOf(mimeType) + bytes.toString('base64');

/** Google takes pictures of up to 20 MB inside a request; the video limit keeps a request sendable. */
const LIMIT_MB: Record<MediaKind, number> = { image: 20, video: 100 };
const BYTES_PER_MB = 1_000_000;
/** Longer than any signature read below, in Base64 characters (a multiple of 4). */
const HEAD_BASE64_LENGTH = 88;

const latin = (bytes: Buffer, from: number, to: number) => bytes.toString('latin1', from, to);

/**
 * The media type told by a file's first 64 bytes: PNG, JPEG, WebP, MP4, MOV, WebM; else undefined.
 * @see https://en.wikipedia.org/wiki/List_of_file_signatures
 */
export function sniffMimeType(bytes: Buffer): string | undefined {
	if (latin(bytes, 0, 8) === '\x89PNG\r\n\x1a\n') return 'image/png';
	if (latin(bytes, 0, 3) === '\xff\xd8\xff') return 'image/jpeg';
	if (latin(bytes, 0, 4) === 'RIFF' && latin(bytes, 8, 12) === 'WEBP') return 'image/webp';
	if (latin(bytes, 4, 8) === 'ftyp') {
		const brand = latin(bytes, 8, 12);
		if (brand === 'qt  ') return 'video/quicktime';
		return /^(avif|avis|heic|heix|mif1|msf1|M4A )$/.test(brand) ? undefined : 'video/mp4';
	}
	if (latin(bytes, 0, 4) === '\x1a\x45\xdf\xa3' && latin(bytes, 0, 64).includes('webm')) {
		return 'video/webm';
	}
	return undefined;
}

function describe(bytes: Buffer): string {
	if (bytes.length === 0) return 'empty';
	const mimeType = sniffMimeType(bytes);
	if (mimeType) return mimeType;
	const head = bytes.toString('utf8', 0, 200);
	if (/^\s*<(!doctype html|html)/i.test(head)) return 'a web page';
	const isText = !/[^\P{Cc}\s]|\ufffd/u.test(head);
	return isText ? 'text' : 'a file of another type';
}

function assertKind(bytes: Buffer, kind: MediaKind, label: string, source: string): string {
	const mimeType = sniffMimeType(bytes);
	if (mimeType?.startsWith(`${kind}/`)) return mimeType;
	throw fileOfWrongKind(label, kind, source, describe(bytes));
}

function assertSize(byteLength: number, kind: MediaKind, label: string): void {
	const limit = LIMIT_MB[kind];
	if (byteLength > limit * BYTES_PER_MB) {
		throw fileTooLarge(label, Math.ceil(byteLength / BYTES_PER_MB), limit);
	}
}

function fromDataUri(uri: string, kind: MediaKind, label: string): string {
	const comma = uri.indexOf(',');
	const base64 = uri.slice(comma + 1).trim();
	if (comma < 0 || !/;\s*base64\s*$/i.test(uri.slice(0, comma)) || !/^[\w+/-]+=*$/.test(base64)) {
		throw dataUriNotUsable(label);
	}
	const head = Buffer.from(base64.slice(0, HEAD_BASE64_LENGTH), 'base64');
	const mimeType = assertKind(head, kind, label, 'the data URI');
	assertSize(Buffer.byteLength(base64, 'base64'), kind, label);
	return `data:${mimeType};base64,${base64}`;
}

async function fromFile(
	source: string | IBinaryData,
	kind: MediaKind,
	label: string,
	binaries: BinarySource,
): Promise<string | StoredMedia> {
	const name = asText(typeof source === 'string' ? source : source.fileName) ?? 'the binary object';
	const readable = async <T>(work: Promise<T>): Promise<T> =>
		await work.catch((cause: unknown) => {
			throw fileUnreadable(label, name, textOf(cause));
		});
	const file = await readable(binaries.open(source));
	const mimeType = assertKind(file.head, kind, label, `'${name}'`);
	assertSize(file.byteLength, kind, label);
	const read = async () => await readable(file.read());
	return hasStore(file) ? new StoredMedia(mimeType, file, read) : toDataUri(mimeType, await read());
}

const hasStore = (file: BinaryFile): file is BinaryFile & { storedId: string } =>
	file.storedId !== undefined;

/** A file of n8n; out of an expression it comes without its content. */
function isBinaryObject(value: unknown): value is IBinaryData {
	return (
		typeof value === 'object' &&
		value !== null &&
		typeof (value as Partial<IBinaryData>).mimeType === 'string'
	);
}

/**
 * What the API takes for one picture or video: the URL as it is, or a data URI (of a stored file, later).
 *
 * @param value what the user entered, or what an expression gave
 * @throws VeoError when it is none of URL, data URI and binary field, or not of this kind
 */
export async function toApiMedia(
	value: unknown,
	kind: MediaKind,
	label: string,
	binaries: BinarySource,
): Promise<string | StoredMedia> {
	if (isBinaryObject(value)) return await fromFile(value, kind, label, binaries);
	if (typeof value !== 'string') throw mediaNotUsable(label);
	const text = value.trim();
	if (binaries.fields.includes(text)) return await fromFile(text, kind, label, binaries);
	if (/^data:/i.test(text)) return fromDataUri(text, kind, label);
	if (!/^[a-z][a-z\d+.-]*:/i.test(text)) throw mediaNotUnderstood(label, text, binaries.fields);
	try {
		const url = new URL(text);
		const usable = /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
		if (usable && !/\s/.test(text)) return text;
	} catch {
		// Not a URL at all: the same message.
	}
	throw urlNotUsable(label, text);
}

/**
 * The pictures in a multi-value field: a list, one value, a JSON list as text, or values separated by
 * commas (a comma inside a URL or a data URI does not separate).
 */
export function splitMediaList(value: unknown, depth = 0): unknown[] {
	// A list that holds itself comes to an end too; what is left of it is refused as no media.
	if (depth > 5) return [value];
	if (Array.isArray(value)) return value.flatMap((part) => splitMediaList(part, depth + 1));
	if (isUnset(value)) return [];
	if (typeof value !== 'string') return [value];
	const text = value.trim();
	if (text.startsWith('[')) {
		try {
			return splitMediaList(JSON.parse(text), depth + 1);
		} catch {
			// A text that only begins like a list: taken as it is.
		}
	}
	const pieces = text.split(',');
	while (pieces[pieces.length - 1]?.trim() === '') pieces.pop();
	const parts: string[] = [];
	for (const part of pieces) {
		const begins = /^\s*(https?:|data:|[a-z_][\w-]*\s*$)/i.test(part);
		const afterDataHead = /^\s*data:[^,]*$/i.test(parts[parts.length - 1] ?? '');
		if (parts.length === 0 || (begins && !afterDataHead)) parts.push(part);
		else parts[parts.length - 1] += `,${part}`;
	}
	return parts.map((part) => part.trim()).filter((part) => part !== '');
}
