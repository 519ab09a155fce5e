/** A clip whose sound is announced as something other than it is. */
import { box, replaced, takeApart, together, u32 } from './surgery';
import { clipBytes } from './support';

const parts = takeApart(clipBytes('a'));

/** The clip with another sound entry in place of its own. */
export const withSound = (entry: Buffer) =>
	together(
		{
			...parts,
			moov: replaced(parts.moov, 'stsd', (content) =>
				content.includes('mp4a') ? [box('stsd', u32(0, 1), entry)] : undefined,
			),
		},
		(index) => [parts.ftyp, index, box('mdat', parts.data)],
	);

/** A sample entry at 48 kHz (ISO/IEC 14496-12, 12.2.3). */
export const entry = (
	type: string,
	version: number,
	bits: number,
	more = Buffer.alloc(0),
	channels = 2,
) => {
	const fields = Buffer.alloc(28);
	fields.writeUInt16BE(1, 6);
	fields.writeUInt16BE(version, 8);
	fields.writeUInt16BE(channels, 16);
	fields.writeUInt16BE(bits, 18);
	fields.writeUInt32BE(48_000 * 2 ** 16, 24);
	return box(type, fields, more);
};

/** QuickTime's second version: bits and kind of number stand behind the usual fields. */
export const lpcm = (bits: number, flags: number) => {
	const more = Buffer.alloc(36);
	more.writeUInt32BE(72, 0);
	more.writeDoubleBE(48_000, 4);
	more.writeUInt32BE(2, 12);
	more.writeUInt32BE(bits, 20);
	more.writeUInt32BE(flags, 24);
	return entry('lpcm', 2, 16, more);
};

/** The clip with this sound, whose frames all have this size. */
export function withSizes(size: number, count: number, sound: Buffer): Buffer {
	const file = takeApart(withSound(sound));
	let seen = 0;
	const moov = replaced(file.moov, 'stsz', () =>
		seen++ === 0 ? undefined : [box('stsz', u32(0, size, count))],
	);
	return together({ ...file, moov }, (index) => [file.ftyp, index, box('mdat', file.data)]);
}
