/** Sound other than AAC: the decoder's configuration decides, not what an encoder notes beside it. */
import { entry, lpcm, withSizes, withSound } from './soundEntries';
import { box, u32 } from './surgery';
import { joined, parsed, refusalOf } from './support';

/** `esds` of MP3 with this bit rate. */
const mp3 = (bitRate: number) => {
	const decoder = Buffer.concat([Buffer.from([0x6b, 0x15, 0, 0, 0]), u32(bitRate, bitRate)]);
	const es = Buffer.concat([Buffer.from([0, 2, 0, 4, decoder.length]), decoder]);
	return entry('mp4a', 0, 16, box('esds', u32(0), Buffer.from([3, es.length]), es));
};

const OPUS = '000201380000bb80000000';
const btrt = (rate: number) => box('btrt', u32(0, rate, rate));
const opus = (rate: number) =>
	entry('Opus', 0, 16, Buffer.concat([box('dOps', Buffer.from(OPUS, 'hex')), btrt(rate)]));
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

test('old QuickTime sound, whose sizes count frames, not bytes', async () => {
	const refusal = { reason: 'unmeasuredSound' };
	for (const sound of [entry('sowt', 0, 16), entry('ima4', 1, 16, Buffer.alloc(16))]) {
		expect(await refusalOf(parsed(withSizes(1, 95, sound)))).toEqual(refusal);
		expect((await parsed(withSizes(1, 95, sound), false)).sound).toBeUndefined();
	}
	// Here a frame is a byte indeed.
	expect((await parsed(withSizes(1, 95, entry('ulaw', 0, 16, undefined, 1)))).sound?.frames).toBe(
		95,
	);
	expect((await parsed(withSizes(1, 95, entry('raw ', 0, 8, undefined, 1)))).sound?.frames).toBe(
		95,
	);
});
