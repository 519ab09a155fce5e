/**
 * The first pass over a clip: finds its index (`moov`) in one forward read, or says what the file is instead.
 */
import { Box, childOf } from './boxes';
import { ForwardReader } from './forward';
import type { ByteStream } from './forward';
import { Refused } from './refusal';

/** The index of eight seconds has about 6 kB; this one would describe days. */
const INDEX_LIMIT_BYTES = 64 * 1024 * 1024;
/** User type of the `uuid` box in which C2PA keeps a manifest (C2PA specification, A.5). */
const C2PA = 'd8fec3d61b0e483c92975828877ec481';
/** Top-level boxes with which files of this family begin, old QuickTime files among them. */
const FIRST_BOXES = 'ftyp moov mdat free skip wide pnot uuid styp sidx moof'.split(' ');
const HEADER_BYTES = 8;

export interface Scanned {
	/** The content of `moov`. */
	readonly index: Box;
	/** Size of the file, where it is known. */
	readonly fileBytes?: number;
	/** Whether a C2PA manifest was found on the way; what follows the index is not read. */
	readonly hasManifest: boolean;
}

/** What the first bytes of a file look like, with its article. */
function appearanceOf(head: Buffer): string {
	const begins = (text: string, at = 0) => head.toString('latin1', at, at + text.length) === text;
	if (begins('\x1a\x45\xdf\xa3')) return 'a WebM or Matroska video';
	if (begins('RIFF') && begins('AVI ', 8)) return 'an AVI video';
	if (begins('\x89PNG') || begins('\xff\xd8\xff') || begins('GIF8') || begins('WEBP', 8)) {
		return 'an image';
	}
	if (begins('OggS') || begins('ID3') || begins('WAVE', 8)) return 'a sound file';
	if (/^\s*<(!doctype html|html)/i.test(head.toString('utf8'))) return 'a web page';
	const isText = !/[^\P{Cc}\s]|\ufffd/u.test(head.toString('utf8', 0, 32));
	return isText ? 'text' : 'a file of another type';
}

/** Pictures share the first box with videos (ISO/IEC 23008-12, 10). */
const isPictureBrand = (brand: string) => /^(avif|avis|heic|heix|mif1)$/.test(brand);

interface Header {
	type: string;
	/** Bytes after the header; Infinity for "to the end of the file". */
	contentBytes: number;
}

/** The next box header (4.2), or undefined at the end of the boxes. */
async function nextHeader(reader: ForwardReader): Promise<Header | undefined> {
	const isFirst = reader.position === 0;
	const head = await reader.read(HEADER_BYTES);
	if (isFirst && head.length === 0) throw new Refused({ reason: 'empty' });
	const type = head.toString('latin1', 4, 8);
	if (isFirst && !FIRST_BOXES.includes(type)) {
		const more = Buffer.concat([head, await reader.read(64)]);
		throw new Refused({ reason: 'notMp4', found: appearanceOf(more) });
	}
	if (head.length < HEADER_BYTES) return undefined;
	const size = head.readUInt32BE(0);
	if (size === 0) return { type, contentBytes: Infinity };
	if (size !== 1) return size < HEADER_BYTES ? undefined : { type, contentBytes: size - 8 };
	const long = await reader.read(8);
	const longSize = long.length < 8 ? 0 : Number(long.readBigUInt64BE(0));
	return longSize < 16 ? undefined : { type, contentBytes: longSize - 16 };
}

async function readIndex(reader: ForwardReader, contentBytes: number): Promise<Box> {
	const isToTheEnd = contentBytes === Infinity;
	const refuseSize = (bytes: number) =>
		new Refused({ reason: 'indexTooLarge', bytes, limit: INDEX_LIMIT_BYTES });
	if (!isToTheEnd && contentBytes > INDEX_LIMIT_BYTES) throw refuseSize(contentBytes);
	const bytes = await reader.read(Math.min(contentBytes, INDEX_LIMIT_BYTES + 1));
	if (bytes.length > INDEX_LIMIT_BYTES) throw refuseSize(bytes.length);
	if (!isToTheEnd && bytes.length < contentBytes) throw new Refused({ reason: 'cutBeforeIndex' });
	const index = new Box('moov', bytes);
	if (childOf(index, 'cmov')) throw new Refused({ reason: 'compressedIndex' });
	return index;
}

/**
 * Reads the beginning of a box that its content identifies; returns what it read, to be left out of the skip.
 */
async function peek(reader: ForwardReader, { type, contentBytes }: Header): Promise<Buffer> {
	const wanted = type === 'uuid' ? 16 : type === 'ftyp' ? 4 : 0;
	const bytes = await reader.read(Math.min(wanted, contentBytes));
	if (type === 'ftyp' && isPictureBrand(bytes.toString('latin1'))) {
		throw new Refused({ reason: 'notMp4', found: 'an image' });
	}
	return bytes;
}

/**
 * @param knownBytes the size of the file, if the store knows it
 * @throws Refused when it is no MP4 with an index, or its frames lie in fragments (`moof`)
 */
export async function scan(stream: ByteStream, knownBytes?: number): Promise<Scanned> {
	const reader = new ForwardReader(stream);
	try {
		let index: Box | undefined;
		let hasManifest = false;
		let fileBytes = knownBytes;
		for (;;) {
			const header = await nextHeader(reader);
			if (!header) break;
			// Further frames lie outside the index (8.8.4).
			if (header.type === 'moof') throw new Refused({ reason: 'fragmented' });
			if (header.type === 'moov' && !index) {
				index = await readIndex(reader, header.contentBytes);
				// Without `mvex` (8.8.1) no fragment may follow: nothing else is of interest.
				if (!childOf(index, 'mvex')) break;
				continue;
			}
			const begin = await peek(reader, header);
			if (begin.toString('hex') === C2PA) hasManifest = true;
			if (!(await reader.skip(header.contentBytes - begin.length))) {
				fileBytes ??= reader.position;
				break;
			}
		}
		if (!index) throw new Refused({ reason: 'cutBeforeIndex' });
		return { index, fileBytes, hasManifest };
	} finally {
		await reader.close();
	}
}
