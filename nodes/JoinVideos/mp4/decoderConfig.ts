/** What a sample entry tells a decoder, apart from what it notes for people and players. */
import { childrenOf } from './boxes';
import type { Box } from './boxes';
import { damaged } from './refusal';

/** Boxes that describe frames to a player, but not to a decoder. */
const DESCRIPTIVE = 'btrt pasp colr fiel gama clap clli mdcv uuid'.split(' ');
const DECODER = 4;
const SPECIFIC = 5;
/** Indication, stream type, buffer size and bit rates (ISO/IEC 14496-1, 7.2.6.6). */
const DECODER_FIELDS_BYTES = 13;

/** The content of the first descriptor with this tag (ISO/IEC 14496-1, 7.2.6). */
function descriptor(box: Box, from: number, end: number, wanted: number): [number, number] {
	let at = from;
	while (at < end) {
		const tag = box.u8(at);
		let length = 0;
		let more = true;
		at += 1;
		for (let byte = 0; more && byte < 4; byte++, at++) {
			length = (length << 7) | (box.u8(at) & 0x7f);
			more = box.u8(at) >= 0x80;
		}
		if (at + length > end) throw damaged(box.type);
		if (tag === wanted) return [at, at + length];
		at += length;
	}
	throw damaged(box.type);
}

/** The decoder's descriptor in `esds` (ISO/IEC 14496-14, 6.7): where it begins and ends. */
function decoderIn(esds: Box): [number, number] {
	const [es, esEnd] = descriptor(esds, 4, esds.length, 3);
	const flags = esds.u8(es + 2);
	let at = es + 3 + (flags & 0x80 ? 2 : 0) + (flags & 0x20 ? 2 : 0);
	if (flags & 0x40) at += 1 + esds.u8(at);
	return descriptor(esds, at, esEnd, DECODER);
}

/** Object type indication of an `esds`: which codec it is. */
export const indicationOf = (esds: Box): number => esds.u8(decoderIn(esds)[0]);

/**
 * The decoder specific info of an `esds`, an AudioSpecificConfig with AAC.
 * @throws Refused when there is none
 */
export function specificInfoOf(esds: Box): Buffer {
	const [decoder, end] = decoderIn(esds);
	const [from, to] = descriptor(esds, decoder + DECODER_FIELDS_BYTES, end, SPECIFIC);
	return Buffer.from(esds.slice(from, to));
}

/** An `esds` without the bit rates, which differ from clip to clip. */
function essenceOf(esds: Box): string {
	const [decoder, end] = decoderIn(esds);
	const info = esds.slice(Math.min(decoder + DECODER_FIELDS_BYTES, end), end);
	return `${esds.u8(decoder)}:${info.toString('hex')}`;
}

/** The codec's own boxes of a sample entry, from `from` on: all that a decoder is given. */
export function configurationOf(entry: Box, from: number): string {
	return [...childrenOf(entry, from)]
		.filter(({ type }) => !DESCRIPTIVE.includes(type))
		.map((box) => `${box.type}:${box.type === 'esds' ? essenceOf(box) : box.bytes.toString('hex')}`)
		.join(' ');
}
