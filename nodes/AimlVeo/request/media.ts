/** Turns a URL, a data URI or a binary field into what the API accepts, by the file's first bytes. */
import type { IBinaryData } from 'n8n-workflow';
import { isPrivate, lacksScheme, sharePageOf } from './addresses';
import { textOf, ItemError } from '../shared/errors';
import type { BinaryFile, BinarySource } from './files';
import { isField } from './mediaList';
import { formatOf } from './sniff';
import { readText } from './text';
import { asObject, asText, unquoted } from '../shared/values';
import {
	dataUriNotUsable,
	fileOfWrongKind,
	fileTooLarge,
	fileUnreadable,
	formatNotTaken,
	mediaNotUnderstood,
	mediaNotUsable,
	privateAddress,
	sharePage,
	urlNotUsable,
	urlWithoutScheme,
} from '../shared/messages';

export type MediaKind = 'image' | 'video';

/**
 * A file that n8n stores outside the execution, and that becomes a data URI only when it is sent: a
 * hundred checked images do not wait in memory, and a retry that finds its generation reads none.
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

	/** What distinguishes this file from others, in whatever execution n8n stored it. */
	get fingerprint(): string {
		return `${this.length} ${toDataUri(this.mimeType, this.file.head)}`;
	}

	/**
	 * What distinguishes this file from others when a request is hashed: the last part of n8n's id, since n8n
	 * may move a file to another folder when the execution ends.
	 */
	toJSON(): string {
		return this.file.storedId.split(/[/:]/).pop() ?? '';
	}
}

const headOf = (mimeType: string) => `data:${mimeType};base64,`;
const toDataUri = (mimeType: string, bytes: Buffer) => headOf(mimeType) + bytes.toString('base64');

/** Google accepts images of up to 20 MB inside a request; the video limit keeps a request sendable. */
const LIMIT_MB: Record<MediaKind, number> = { image: 20, video: 100 };
const BYTES_PER_MB = 1_000_000;
/** The first 255 bytes, which show the type, in Base64 characters (a multiple of 4). */
const HEAD_BASE64_LENGTH = 340;
const SHORTEST_BASE64 = 64;
/** Servers do not accept longer URLs. */
const LONGEST_URL = 10_000;

function assertKind(bytes: Buffer, kind: MediaKind, label: string, source: string): string {
	const format = formatOf(bytes);
	if (format?.mimeType?.startsWith(`${kind}/`)) return format.mimeType;
	if (format?.wayOut && format.kind === kind) {
		throw formatNotTaken(label, kind, source, format.name, format.wayOut);
	}
	throw fileOfWrongKind(label, kind, source, format?.name ?? 'a file of another type');
}

function assertSize(byteLength: number, kind: MediaKind, label: string): void {
	const limit = LIMIT_MB[kind];
	if (byteLength > limit * BYTES_PER_MB) {
		throw fileTooLarge(label, Math.ceil(byteLength / BYTES_PER_MB), limit);
	}
}

/** Base64 as the API accepts it: in one line, in the usual alphabet; undefined for everything else. */
function cleanBase64(text: string): string | undefined {
	const joined = (text.includes('%') ? decoded(text) : text).replace(/\s+/g, '');
	const digits = joined.replace(/-/g, '+').replace(/_/g, '/').replace(/=+$/, '');
	if (!/^[a-z\d+/]+$/i.test(digits) || digits.length % 4 === 1) return undefined;
	return digits.padEnd(Math.ceil(digits.length / 4) * 4, '=');
}

function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}

function fromBase64(base64: string, kind: MediaKind, label: string, source: string): string {
	const head = Buffer.from(base64.slice(0, HEAD_BASE64_LENGTH), 'base64');
	const mimeType = assertKind(head, kind, label, source);
	assertSize(Buffer.byteLength(base64, 'base64'), kind, label);
	return headOf(mimeType) + base64;
}

function fromDataUri(uri: string, kind: MediaKind, label: string): string {
	const comma = uri.indexOf(',');
	const isBase64 = comma >= 0 && /;\s*base64\s*$/i.test(uri.slice(0, comma));
	const base64 = isBase64 ? cleanBase64(uri.slice(comma + 1)) : undefined;
	if (base64 === undefined) throw dataUriNotUsable(label);
	return fromBase64(base64, kind, label, 'the data URI');
}

/** Base64 without the head of a data URI, as some APIs return images; undefined for every other text. */
function fromBareBase64(text: string, kind: MediaKind, label: string): string | undefined {
	// No image is shorter. Most other texts are ruled out by their beginning, however long they are.
	if (text.length < SHORTEST_BASE64 || /[^\w+/=\s-]/.test(text.slice(0, 100))) return undefined;
	const base64 = cleanBase64(text);
	if (base64 === undefined) return undefined;
	const format = formatOf(Buffer.from(base64.slice(0, HEAD_BASE64_LENGTH), 'base64'));
	if (!format?.mimeType && !format?.kind) return undefined;
	return fromBase64(base64, kind, label, 'the Base64');
}

function fromUrl(text: string, label: string, apiIsPrivate: boolean): string {
	let url: URL;
	try {
		url = new URL(text);
	} catch {
		throw urlNotUsable(label, text);
	}
	const isOpen = url.username === '' && url.password === '';
	if (!/^https?:\/\//i.test(text) || !isOpen || /[\t\r\n]/.test(text))
		throw urlNotUsable(label, text);
	const page = sharePageOf(url);
	if (page) throw sharePage(label, page.name, page.wayOut);
	if (isPrivate(url) && !apiIsPrivate) throw privateAddress(label, url.hostname);
	// Unchanged where possible: a signed address must keep every letter.
	return /[^\x21-\x7e]/.test(text) ? url.href : text;
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
			throw cause instanceof ItemError ? cause : fileUnreadable(label, name, textOf(cause));
		});
	const file = await readable(binaries.open(source, label));
	const mimeType = assertKind(file.head, kind, label, `'${name}'`);
	assertSize(file.byteLength, kind, label);
	const read = async () => await readable(file.read());
	return hasStore(file) ? new StoredMedia(mimeType, file, read) : toDataUri(mimeType, await read());
}

const hasStore = (file: BinaryFile): file is BinaryFile & { storedId: string } =>
	file.storedId !== undefined;

/** A file of n8n, which may lack its content if it comes from an expression. */
const isDescribed = (value: unknown): value is IBinaryData =>
	typeof asObject(value)?.mimeType === 'string';

/**
 * What the API accepts for one image or video: the URL, or a data URI (of a stored file, later).
 *
 * @param value what the user entered, or what an expression returned
 * @param apiIsPrivate whether the API itself is in a private network, and so reaches addresses there
 * @throws ItemError when it is none of URL, data URI and binary field, or not of this kind
 */
export async function toApiMedia(
	value: unknown,
	kind: MediaKind,
	label: string,
	binaries: BinarySource,
	apiIsPrivate = false,
): Promise<string | StoredMedia> {
	if (isDescribed(value)) return await fromFile(value, kind, label, binaries);
	if (typeof value !== 'string') throw mediaNotUsable(label);
	// The exact name first: it may hold what is cleaned away below.
	for (const name of [value.trim(), unquoted(value)]) {
		if (isField(name, binaries)) return await fromFile(name, kind, label, binaries);
	}
	const text = unquoted(value).replace(/^<(.*)>$/s, '$1');
	if (/^data:/i.test(text)) return fromDataUri(text, kind, label);
	readText(text.slice(0, LONGEST_URL), label);
	if (lacksScheme(text)) throw urlWithoutScheme(label, text);
	if (/^[a-z][a-z\d+.-]*:/i.test(text)) return fromUrl(text, label, apiIsPrivate);
	const media = fromBareBase64(text, kind, label);
	if (media === undefined) throw mediaNotUnderstood(label, text, binaries.fields);
	return media;
}
