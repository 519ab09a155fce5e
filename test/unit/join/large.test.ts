/** Films beyond 32 bits, in bytes and in time: planned, not written. */
import { planFilm } from '../../../nodes/JoinVideos/mp4/film';
import type { Clip } from '../../../nodes/JoinVideos/mp4/clip';
import { commonTimescale } from '../../../nodes/JoinVideos/mp4/pictureTrack';
import { boxesIn, contentOf } from './readMp4';
import { clipBytes, parsed } from './support';

/** The clip with its samples as far apart and as large as wanted. */
async function grown(name: string, bytesPerSample: number): Promise<Clip> {
	const clip = await parsed(clipBytes(name));
	const { samples } = clip.picture;
	const count = samples.count + (clip.sound?.samples.count ?? 0);
	samples.sizes.fill(bytesPerSample);
	for (let sample = 0; sample < samples.count; sample++) {
		samples.offsets[sample] = count * 10_000 + sample * bytesPerSample;
	}
	return clip;
}

const tableOf = (head: Buffer, track: number, type: string) => {
	const traks = boxesIn(contentOf(head, 'moov')).filter((box) => box.type === 'trak');
	return contentOf(traks[track]!.content, 'mdia', 'minf', 'stbl', type);
};

test('above 4 GiB, offsets and the size of the data have 64 bits', async () => {
	const clip = await grown('a', 50_000_000);
	const film = planFilm([clip, clip, clip], true);
	expect(film.bytes).toBeGreaterThan(7_000_000_000);
	const co64 = tableOf(film.head, 0, 'co64');
	const chunks = co64.readUInt32BE(4);
	const last = Number(co64.readBigUInt64BE(8 + 8 * (chunks - 1)));
	expect(last).toBeGreaterThan(2 ** 32);
	const mdatAt = film.head.length - 16;
	expect(film.head.readUInt32BE(mdatAt)).toBe(1);
	expect(film.head.toString('latin1', mdatAt + 4, mdatAt + 8)).toBe('mdat');
	expect(Number(film.head.readBigUInt64BE(mdatAt + 8))).toBe(film.layout.bytes + 16);
	// The offsets count from the beginning of the file, the longer head included.
	expect(Number(co64.readBigUInt64BE(8))).toBe(film.head.length + film.layout.picture.offsets[0]!);
});

test('just below 4 GiB they have 32 bits', async () => {
	const clip = await grown('a', 44_000_000);
	const film = planFilm([clip, clip], true);
	expect(film.bytes).toBeLessThan(2 ** 32);
	expect(film.bytes).toBeGreaterThan(4_200_000_000);
	expect(tableOf(film.head, 0, 'stco').readUInt32BE(8)).toBeGreaterThan(film.head.length - 1);
});

test('lengths beyond 32 bits get version 1 of their boxes', async () => {
	// 46 minutes and more at 1,536,000 ticks a second.
	const clips = [await parsed(clipBytes('a')), await parsed(clipBytes('fps23976'))];
	const many = Array.from({ length: 1_500 }, (_, index) => clips[index % 2]!);
	const film = planFilm(many, true);
	const moov = contentOf(film.head, 'moov');
	expect(film.picture.timescale).toBe(1_536_000);
	expect(contentOf(moov, 'mvhd')[0]).toBe(1);
	expect(contentOf(moov, 'trak', 'tkhd')[0]).toBe(1);
	expect(contentOf(moov, 'trak', 'edts', 'elst')[0]).toBe(1);
	expect(contentOf(moov, 'trak', 'mdia', 'mdhd')[0]).toBe(1);
	const seconds = Number(contentOf(moov, 'mvhd').readBigUInt64BE(24)) / 1_536_000;
	expect(seconds).toBeCloseTo(film.duration, 5);
	expect(film.duration).toBeGreaterThan(46 * 60);
});

test.each([
	[[12_288], 12_288],
	[[12_288, 12_288], 12_288],
	[[12_288, 15_360], 61_440],
	[[12_288, 15_360, 24_000], 1_536_000],
	[[90_000, 12_288], 90_000],
	[[10_000_000, 10_000_000], 10_000_000],
	[[4_294_967_295, 4_294_967_295], 4_294_967_295],
	[[4_294_967_295, 4_294_967_291], 90_000],
	[[], 90_000],
])('time scales %j have %i in common', (timescales, common) => {
	expect(commonTimescale(timescales)).toBe(common);
});

test('in a scale that does not fit, the sum is rounded, not each clip', async () => {
	const clip = await parsed(clipBytes('fps23976'));
	const other = await parsed(clipBytes('a'));
	const odd: Clip = { ...other, picture: { ...other.picture, timescale: 9_999_991 } };
	const film = planFilm([clip, ...Array<Clip>(300).fill(odd)], false);
	expect(film.picture.timescale).toBe(90_000);
	const exact = 2.002 + (300 * 24_576) / 9_999_991;
	expect(film.duration).toBeCloseTo(exact, 4);
	const ticks = film.picture.durations.reduce((sum, duration) => sum + duration, 0);
	expect(ticks).toBe(Math.round(exact * 90_000));
});
