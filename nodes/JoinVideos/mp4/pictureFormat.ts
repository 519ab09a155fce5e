/** How the pictures of a track are encoded: its visual sample entries (ISO/IEC 14496-12, 12.1.3). */
import { childOf, childrenOf } from './boxes';
import type { Box } from './boxes';
import { configurationOf } from './decoderConfig';
import { damaged, Refused } from './refusal';

/** Fields of a VisualSampleEntry before its boxes. */
const FIELDS_BYTES = 78;
const WIDTH_AT = 24;
/** No decoder's configuration comes near. */
const ENTRY_LIMIT_BYTES = 2 ** 16;
/** Parameter sets have some 40 bytes, with scaling matrices a few hundred. */
const SETS_LIMIT_BYTES = 2 ** 12;

const CODECS: Record<string, string> = {
	avc1: 'H.264',
	avc3: 'H.264',
	hvc1: 'HEVC',
	hev1: 'HEVC',
	av01: 'AV1',
	vp08: 'VP8',
	vp09: 'VP9',
	mp4v: 'MPEG-4 Visual',
};

export interface PictureFormat {
	/** Type of the sample entry, such as `avc1`. */
	readonly type: string;
	/** The codec's name for people. */
	readonly codec: string;
	readonly width: number;
	readonly height: number;
	/** Equal for equal decoder configurations. */
	readonly configuration: string;
	/** The whole sample entry, header included. */
	readonly entry: Buffer;
	/** Of H.264 alone: bytes of a NAL unit's length, and all parameter sets, each behind its length. */
	readonly avc?: { readonly lengthBytes: number; readonly sets: Buffer };
}

/** SPS and PPS from `avcC` (ISO/IEC 14496-15, 5.3.3.1), as they are written in a sample. */
function readAvc(avcC: Box): { lengthBytes: number; sets: Buffer } {
	const lengthBytes = (avcC.u8(4) & 3) + 1;
	const parts: Buffer[] = [];
	let at = 5;
	for (const mask of [0x1f, 0xff]) {
		const count = avcC.u8(at) & mask;
		at += 1;
		for (let set = 0; set < count; set++) {
			const length = avcC.u16(at);
			if (length >= 256 ** lengthBytes) throw damaged(avcC.type);
			const prefix = Buffer.alloc(4);
			prefix.writeUInt32BE(length);
			parts.push(prefix.subarray(4 - lengthBytes), avcC.slice(at + 2, at + 2 + length));
			at += 2 + length;
		}
	}
	const sets = Buffer.concat(parts);
	if (sets.length > SETS_LIMIT_BYTES) throw damaged(avcC.type);
	return { lengthBytes, sets };
}

/** A sample entry with its header, as it will be in a film: its data reference is the only one. */
export function ownEntry(box: Box): Buffer {
	const bytes = Buffer.alloc(8 + box.length);
	bytes.writeUInt32BE(bytes.length);
	bytes.write(box.type, 4, 'latin1');
	box.bytes.copy(bytes, 8);
	bytes.writeUInt16BE(1, 8 + 6);
	return bytes;
}

function readEntry(box: Box): PictureFormat {
	if (box.length > ENTRY_LIMIT_BYTES || box.length < FIELDS_BYTES) throw damaged('stsd');
	if (box.type === 'encv' || childOf(box, 'sinf', FIELDS_BYTES)) {
		throw new Refused({ reason: 'encrypted', format: box.type });
	}
	const avcC = box.type === 'avc1' ? childOf(box, 'avcC', FIELDS_BYTES) : undefined;
	const avc = avcC && readAvc(avcC);
	return {
		type: box.type,
		codec: `${CODECS[box.type] ?? 'codec'} (${box.type.trim()})`,
		width: box.u16(WIDTH_AT),
		height: box.u16(WIDTH_AT + 2),
		configuration: avc ? avc.sets.toString('hex') : configurationOf(box, FIELDS_BYTES),
		entry: ownEntry(box),
		avc,
	};
}

/**
 * The sample entries of a picture track.
 * @param used which of them samples refer to
 */
export function readPictureFormats(stsd: Box, used: ReadonlySet<number>): PictureFormat[] {
	const formats: PictureFormat[] = [];
	let entry = 0;
	for (const box of childrenOf(stsd, 8)) {
		if (used.has(entry)) formats[entry] = readEntry(box);
		entry += 1;
	}
	for (const index of used) if (!formats[index]) throw damaged('stsd');
	return formats;
}
