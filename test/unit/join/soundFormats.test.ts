/** Sound other than AAC: the decoder's configuration decides, not what an encoder notes beside it. */
import { box, replaced, takeApart, together, u32 } from './surgery';
import { clipBytes, joined, refusalOf } from './support';

const parts = takeApart(clipBytes('a'));

/** The clip with another sound entry in place of its own. */
const withSound = (entry: Buffer) =>
	together(
		{
			...parts,
			moov: replaced(parts.moov, 'stsd', (content) =>
				content.includes('mp4a') ? [box('stsd', u32(0, 1), entry)] : undefined,
			),
		},
		(index) => [parts.ftyp, index, box('mdat', parts.data)],
	);

/** SampleEntry with two channels at 48 kHz (ISO/IEC 14496-12, 12.2.3). */
const entry = (type: string, version: number, bits: number, ...more: Buffer[]) => {
	const fields = Buffer.alloc(28);
	fields.writeUInt16BE(1, 6);
	fields.writeUInt16BE(version, 8);
	fields.writeUInt16BE(2, 16);
	fields.writeUInt16BE(bits, 18);
	fields.writeUInt32BE(48_000 * 2 ** 16, 24);
	return box(type, fields, ...more);
};

/** QuickTime's second version: bits and kind of number stand behind the usual fields. */
const lpcm = (bits: number, flags: number) => {
	const more = Buffer.alloc(36);
	more.writeUInt32BE(72, 0);
	more.writeDoubleBE(48_000, 4);
	more.writeUInt32BE(2, 12);
	more.writeUInt32BE(bits, 20);
	more.writeUInt32BE(flags, 24);
	return entry('lpcm', 2, 16, more);
};

/** `esds` of MP3 with this bit rate. */
const mp3 = (bitRate: number) => {
	const decoder = Buffer.concat([Buffer.from([0x6b, 0x15, 0, 0, 0]), u32(bitRate, bitRate)]);
	const es = Buffer.concat([Buffer.from([0, 2, 0, 4, decoder.length]), decoder]);
	return entry('mp4a', 0, 16, box('esds', u32(0), Buffer.from([3, es.length]), es));
};

const btrt = (rate: number) => box('btrt', u32(0, rate, rate));
const opus = (rate: number) =>
	entry('Opus', 0, 16, box('dOps', Buffer.from('000201380000bb80000000', 'hex')), btrt(rate));
const flac = (sum: number) => entry('fLaC', 0, 16, box('dfLa', u32(0, sum)));

test.each([
	['MP3', mp3(64_000), mp3(128_000)],
	['Opus', opus(64_000), opus(96_000)],
])('%s with another bit rate is joined', async (_name, one, other) => {
	const { film } = await joined([withSound(one), withSound(other)]);
	expect(film.duration).toBe(4);
	expect(film.sound?.frames).toBe(188);
});

test.each([
	['bits a sample', lpcm(16, 12), lpcm(24, 12)],
	['order of bytes', lpcm(16, 12), lpcm(16, 14)],
	['bits a sample, in the usual fields', entry('twos', 0, 8), entry('twos', 0, 16)],
	['configuration', flac(1), flac(2)],
])('other %s: refused as another configuration of the same format', async (_name, one, other) => {
	const refusal = await refusalOf(joined([withSound(one), withSound(other)]));
	expect(refusal).toMatchObject({
		reason: 'differ',
		trait: 'sound configuration',
		clips: [0, 1],
	});
});
