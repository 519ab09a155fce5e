/** One clip, written in every way that the standard allows: always the same film. */
import { SetsChange } from '../../../nodes/JoinVideos/mp4/copy';
import { planFilm } from '../../../nodes/JoinVideos/mp4/film';
import { readClip } from '../../../nodes/JoinVideos/mp4/clip';
import { readSamples } from '../../../nodes/JoinVideos/mp4/samples';
import { Box } from '../../../nodes/JoinVideos/mp4/boxes';
import { scan } from '../../../nodes/JoinVideos/mp4/scan';
import { readMp4, trackOf } from './readMp4';
import {
	box,
	endlessBox,
	longBox,
	replaced,
	takeApart,
	together,
	u32,
	withOffsets,
} from './surgery';
import type { Parts } from './surgery';
import { clipBytes, copied, joined, parsed, pieces } from './support';

const other = clipBytes('b');
const source = clipBytes('a');
const parts = takeApart(source);
const { ftyp, moov, data } = parts;
const inTwo = Math.floor(data.length / 2);

/** Data in two boxes, cut between two chunks. */
function twoDataBoxes(): Buffer {
	const offsets: number[] = [];
	withOffsets(moov, (offset) => {
		offsets.push(offset);
		return offset;
	});
	const cut = Math.min(...offsets.filter((offset) => offset - parts.dataAt > inTwo));
	const [first, second] = [data.subarray(0, cut - parts.dataAt), data.subarray(cut - parts.dataAt)];
	const arrange = (index: Buffer) => [
		ftyp,
		index,
		box('mdat', first),
		box('free'),
		box('mdat', second),
	];
	const shift = Buffer.concat(arrange(moov)).indexOf(first) - parts.dataAt;
	return Buffer.concat(
		arrange(withOffsets(moov, (offset) => offset + shift + (offset < cut ? 0 : 16))),
	);
}

/** Every sample in a chunk of its own. */
function ownChunks(): Buffer {
	const tracks = readMp4(source).tracks;
	let track = 0;
	const places = replaced(moov, 'stco', () => {
		const { samples } = tracks[track++]!;
		return [box('stco', u32(0, samples.length, ...samples.map(({ offset }) => offset)))];
	});
	const index = replaced(places, 'stsc', () => [box('stsc', u32(0, 1, 1, 1, 1))]);
	return together({ ...parts, moov: index }, (whole) => [ftyp, whole, box('mdat', data)]);
}

/** Sizes of 16 bits each (8.7.3.3). */
function shortSizes(): Parts {
	const index = replaced(moov, 'stsz', (content) => {
		const count = content.readUInt32BE(8);
		const sizes = Buffer.alloc(2 * count);
		for (let sample = 0; sample < count; sample++) {
			sizes.writeUInt16BE(content.readUInt32BE(12 + 4 * sample), 2 * sample);
		}
		return [box('stz2', u32(0, 16, count), sizes)];
	});
	return { ...parts, moov: index };
}

const free = box('free', Buffer.alloc(100));
const VARIANTS: Record<string, () => Buffer> = {
	'index last': () => together(parts, (index) => [ftyp, box('mdat', data), index]),
	'index behind free space': () =>
		together(parts, (index) => [ftyp, free, index, box('mdat', data)]),
	'no ftyp, as old QuickTime files': () =>
		together(parts, (index) => [box('wide'), box('mdat', data), index]),
	'64-bit offsets': () => together(parts, (index) => [ftyp, index, box('mdat', data)], true),
	'64-bit box sizes': () =>
		together(parts, (index) => [ftyp, longBox('moov', index.subarray(8)), longBox('mdat', data)]),
	'data to the end of the file': () =>
		together(parts, (index) => [ftyp, index, endlessBox('mdat', data)]),
	'index to the end of the file': () =>
		together(parts, (index) => [ftyp, box('mdat', data), endlessBox('moov', index.subarray(8))]),
	'two boxes of data': twoDataBoxes,
	'short sizes': () => together(shortSizes(), (index) => [ftyp, index, box('mdat', data)]),
	'a chunk for each sample': ownChunks,
	'something behind the end': () => Buffer.concat([source, Buffer.from('\0\0\0\0')]),
	'four zero bytes at the end of lists': () =>
		together(
			{ ...parts, moov: replaced(moov, 'udta', () => [box('udta', Buffer.alloc(4))]) },
			(index) => [ftyp, index, box('mdat', data)],
		),
};

test.each(Object.entries(VARIANTS))('%s', async (_name, make) => {
	const variant = make();
	const expected = await joined([source, other]);
	expect((await joined([variant, other])).bytes.equals(expected.bytes)).toBe(true);
	expect((await joined([other, variant])).film.head).toEqual(
		(await joined([other, source])).film.head,
	);
});

test('sample sizes in four bits, and one size for all', () => {
	const tables = (sizes: Buffer, chunkSamples: number) =>
		new Box(
			'stbl',
			Buffer.concat([
				sizes,
				box('stts', u32(0, 1, 4, 10)),
				box('stsc', u32(0, 1, 1, chunkSamples, 1)),
				box('stco', u32(0, 2, 100, 200)),
			]),
		);
	const four = readSamples(tables(box('stz2', u32(0, 4, 4), Buffer.from([0x12, 0x3f])), 2));
	expect([...four.sizes]).toEqual([1, 2, 3, 15]);
	expect([...four.offsets]).toEqual([100, 101, 200, 203]);
	expect([...four.isSync]).toEqual([1, 1, 1, 1]);
	const eight = readSamples(tables(box('stz2', u32(0, 8, 4), Buffer.from([1, 2, 3, 250])), 2));
	expect([...eight.sizes]).toEqual([1, 2, 3, 250]);
	const constant = readSamples(tables(box('stsz', u32(0, 7, 4)), 3));
	expect([...constant.sizes]).toEqual([7, 7, 7, 7]);
	expect([...constant.offsets]).toEqual([100, 107, 114, 200]);
	expect(() => readSamples(tables(box('stz2', u32(0, 5, 4), Buffer.alloc(4)), 2))).toThrow();
});

test('a C2PA manifest is noticed, and not copied', async () => {
	const user = Buffer.from('d8fec3d61b0e483c92975828877ec481', 'hex');
	const manifest = box('uuid', user, Buffer.from('claims'));
	const file = together(parts, (index) => [ftyp, manifest, index, box('mdat', data)]);
	expect(readClip(await scan(pieces(file))).hasManifest).toBe(true);
	expect(readClip(await scan(pieces(source))).hasManifest).toBe(false);
	const { bytes } = await joined([file, other]);
	expect(bytes.includes('claims')).toBe(false);
	expect(bytes.equals((await joined([source, other])).bytes)).toBe(true);
});

test('a joined film can be joined again', async () => {
	const clips = ['a', 'main', 'refs'].map(clipBytes);
	const once = await joined(clips);
	const again = await joined([once.bytes, clipBytes('b')]);
	const [before, after] = [readMp4(once.bytes), readMp4(again.bytes)];
	expect(again.film.duration).toBe(8);
	expect(trackOf(after, 'vide').entries).toHaveLength(3);
	const pictures = (film: typeof after) => trackOf(film, 'vide').samples;
	expect(pictures(after)).toHaveLength(192);
	for (const [position, { bytes, start }] of pictures(before).entries()) {
		expect(pictures(after)[position]!.bytes.includes(bytes)).toBe(true);
		expect(pictures(after)[position]!.start).toBeCloseTo(start, 9);
	}
	expect(trackOf(after, 'soun').samples).toHaveLength(376);
});

test('parameter sets stand in front of every sync sample, behind a delimiter where there is one', async () => {
	const { bytes } = await joined(['delimiters', 'a', 'delimiters'].map(clipBytes));
	const types = (sample: Buffer) => {
		const found: number[] = [];
		for (let at = 0; at < sample.length; at += 4 + sample.readUInt32BE(at)) {
			found.push(sample[at + 4]! & 31);
		}
		return found;
	};
	const pictures = trackOf(readMp4(bytes), 'vide').samples;
	const sync = pictures.flatMap(({ bytes: sample, isSync }) => (isSync ? [types(sample)] : []));
	expect(sync.length).toBeGreaterThan(5);
	for (const found of sync) {
		expect(found.slice(found[0] === 9 ? 1 : 0).slice(0, 2)).toEqual([7, 8]);
	}
	expect(sync[0]?.[0]).toBe(9);
	expect(sync.some(([first]) => first === 7)).toBe(true);
	const others = pictures.filter(({ isSync }) => !isSync);
	expect(others.some(({ bytes: sample }) => types(sample).includes(7))).toBe(false);
});

test('with equal configurations nothing is put into the samples', async () => {
	const { film, bytes } = await joined(['a', 'b'].map(clipBytes));
	expect(film.picture.hasSetsInside).toBe(false);
	expect(trackOf(readMp4(bytes), 'vide').entries).toHaveLength(1);
});

test('sets that change inside the samples are noticed, unless nothing comes after them', async () => {
	const [changing, plain] = [clipBytes('sets-inside'), source];
	const clips = [await parsed(changing), await parsed(plain)];
	await expect(copied(planFilm(clips, true), [changing, plain])).rejects.toThrow(SetsChange);
	await expect(copied(planFilm(clips.slice(0, 1), true), [changing])).resolves.toBeDefined();
	// The same sets again and again, as some encoders write them, do no harm.
	const first = planFilm([await parsed(clipBytes('a'))], true, true);
	const repeated = await copied(first, [clipBytes('a')]);
	const { film } = await joined([repeated, plain]);
	expect(film.picture.hasSetsInside).toBe(false);
	expect(repeated.length).toBeGreaterThan((await joined([plain])).bytes.length);
});

test('sound is left out where that is wanted', async () => {
	const { film, bytes } = await joined(['a', 'rate44100', 'mp3'].map(clipBytes), false);
	expect(film.sound).toBeUndefined();
	expect(readMp4(bytes).tracks).toHaveLength(1);
	expect(film.duration).toBe(6);
});

test('brands and entries are those of FFmpeg files', async () => {
	const avc = readMp4((await joined([source])).bytes);
	expect(avc.brands).toBe('isom\0\0\x02\0isomiso2avc1mp41');
	const hevc = readMp4((await joined([clipBytes('hevc')])).bytes);
	expect(hevc.brands).toBe('isom\0\0\x02\0isomiso2mp41');
	const quicktime = readMp4((await joined([clipBytes('quicktime.mov')])).bytes);
	expect(quicktime.brands).toBe(avc.brands);
	// A plain entry of version 0, whatever the clip had.
	const [entry] = trackOf(quicktime, 'soun').entries;
	expect(entry?.readUInt16BE(8)).toBe(0);
	expect(entry?.toString('latin1', 32, 36)).toBe('esds');
});
