/** Reads the length, the size and the codecs of an MP4 from its boxes. */
import { mp4Seconds } from '../../sandbox/media/mp4Seconds';

export interface Mp4Facts {
	seconds: number;
	width: number;
	height: number;
	/** The four letters of the video's format, as `avc1` for H.264. */
	video?: string;
	/** As `mp4a` for AAC; absent without sound. */
	audio?: string;
}

interface Box {
	type: string;
	content: Buffer;
}

/**
 * The boxes that lie one after the other in these bytes. A cut-off one ends the list.
 * @see ISO/IEC 14496-12, 4.2
 */
function* boxesIn(bytes: Buffer): Generator<Box> {
	for (let at = 0; at + 8 <= bytes.length; ) {
		const short = bytes.readUInt32BE(at);
		if (short === 1 && at + 16 > bytes.length) return;
		const header = short === 1 ? 16 : 8;
		// 0: up to the end. 1: the size follows in 64 bits.
		const size =
			short === 0 ? bytes.length - at : short === 1 ? Number(bytes.readBigUInt64BE(at + 8)) : short;
		if (size < header || at + size > bytes.length) return;
		yield {
			type: bytes.toString('latin1', at + 4, at + 8),
			content: bytes.subarray(at + header, at + size),
		};
		at += size;
	}
}

/** The first box on this path. */
function boxAt(bytes: Buffer, ...path: string[]): Buffer | undefined {
	let content: Buffer | undefined = bytes;
	for (const type of path) {
		if (!content) return undefined;
		content = [...boxesIn(content)].find((box) => box.type === type)?.content;
	}
	return content;
}

/** @throws Error when the bytes are no MP4 with a movie header */
export function mp4Facts(bytes: Buffer): Mp4Facts {
	const facts: Mp4Facts = { seconds: mp4Seconds(bytes), width: 0, height: 0 };
	const movie = boxAt(bytes, 'moov') ?? Buffer.alloc(0);
	for (const { type, content } of boxesIn(movie)) {
		if (type !== 'trak') continue;
		const handler = boxAt(content, 'mdia', 'hdlr')?.toString('latin1', 8, 12);
		// Behind version, flags and count lies the first sample entry.
		const format = boxAt(content, 'mdia', 'minf', 'stbl', 'stsd')?.toString('latin1', 12, 16);
		if (handler === 'soun') facts.audio = format;
		const header = boxAt(content, 'tkhd');
		if (handler !== 'vide' || !header) continue;
		facts.video = format;
		// Its last two fields, as 16.16 fixed-point numbers.
		facts.width = header.readUInt32BE(header.length - 8) / 65_536;
		facts.height = header.readUInt32BE(header.length - 4) / 65_536;
	}
	return facts;
}
