/** Films of every mix of clips: each frame's bytes, each time stamp and the number of frames of sound. */
import { ROWS } from './rows';
import type { Row } from './rows';
import { readMp4, trackOf } from './readMp4';
import type { Mp4 } from './readMp4';
import { clipBytes, joined } from './support';

const AAC_FRAME = 1024;
const SILENCE = {
	stereo: Buffer.from('21000000001c', 'hex'),
	mono: Buffer.from('00000007', 'hex'),
};

/** The same number, but for the seventh digit: seconds are divided here and there in another order. */
const close = (seconds: number) => expect.closeTo(seconds, 6) as number;

/** Samples of the film, clip by clip. */
function split<T>(all: readonly T[], counts: readonly number[]): T[][] {
	let at = 0;
	return counts.map((count) => all.slice(at, (at += count)));
}

/** A sync sample without the parameter sets in front of it. */
function withoutSets(bytes: Buffer): Buffer {
	const kept: Buffer[] = [];
	for (let at = 0; at < bytes.length; ) {
		const end = at + 4 + bytes.readUInt32BE(at);
		if (![7, 8].includes(bytes[at + 4]! & 31)) kept.push(bytes.subarray(at, end));
		at = end;
	}
	return Buffer.concat(kept);
}

function expectPictures(film: Mp4, sources: readonly Mp4[], row: Row): void {
	const track = trackOf(film, 'vide');
	expect(track.timescale).toBe(row.timescale ?? 12_288);
	expect(track.entries).toHaveLength(row.entries ?? 1);
	const parts = split(track.samples, row.frames);
	expect(track.samples).toHaveLength(row.frames.reduce((sum, count) => sum + count));
	for (const [position, source] of sources.entries()) {
		const { samples } = trackOf(source, 'vide');
		const earliest = Math.min(...samples.map(({ start }) => start));
		const strip = row.entries ? withoutSets : (bytes: Buffer) => bytes;
		const texts = (all: readonly Buffer[]) => all.map((bytes) => bytes.toString('latin1'));
		expect(texts(parts[position]!.map(({ bytes }) => strip(bytes)))).toEqual(
			texts(samples.map(({ bytes }) => strip(bytes))),
		);
		expect(parts[position]!.map(({ isSync }) => isSync)).toEqual(
			samples.map(({ isSync }) => isSync),
		);
		expect(parts[position]!.map(({ start }) => start)).toEqual(
			samples.map(({ start }) => close(start - earliest + row.starts[position]!)),
		);
	}
}

function expectSound(film: Mp4, sources: readonly Mp4[], row: Row): void {
	const track = trackOf(film, 'soun');
	const { sound = [], silent = [] } = row;
	expect(track.samples).toHaveLength(sound.reduce((sum, count) => sum + count));
	expect(new Set(track.samples.map(({ ticks }) => ticks))).toEqual(new Set([AAC_FRAME]));
	const priming = track.edit?.mediaTime ?? 0;
	expect((track.samples.length * AAC_FRAME - priming) / track.timescale).toBeCloseTo(row.heard!, 4);
	const isSilence = (bytes: Buffer) => Object.values(SILENCE).some((frame) => frame.equals(bytes));
	let before = 0;
	for (const [position, part] of split(track.samples, sound).entries()) {
		const filled = part.map(({ bytes }) => !isSilence(bytes));
		expect(filled.filter((is) => !is)).toHaveLength(silent[position] ?? 0);
		const first = filled.indexOf(true);
		if (first >= 0) {
			// One stretch of the clip's frames, none left out or twice, and in step with the picture.
			const ours = part.slice(first, filled.lastIndexOf(true) + 1);
			const source = trackOf(sources[position]!, 'soun');
			const own = source.samples.map(({ bytes }) => bytes.toString('latin1'));
			const hashes = ours.map(({ bytes }) => bytes.toString('latin1'));
			const at = own.findIndex((_, index) =>
				hashes.every((bytes, offset) => own[index + offset] === bytes),
			);
			expect(at).toBeGreaterThanOrEqual(0);
			const heard = ((before + first) * AAC_FRAME - priming) / track.timescale;
			const due = (at * AAC_FRAME - (source.edit?.mediaTime ?? 0)) / track.timescale;
			const late = row.late?.[position] ?? 0;
			const drift = heard - row.starts[position]! - due - late;
			expect(Math.abs(drift)).toBeLessThanOrEqual(AAC_FRAME / 2 / track.timescale + 1e-6);
		}
		before += part.length;
	}
}

describe.each(Object.entries(ROWS))('%s', (_name, row) => {
	let made: { film: Awaited<ReturnType<typeof joined>>['film']; bytes: Buffer };
	let film: Mp4;
	let sources: Mp4[];

	beforeAll(async () => {
		const files = row.clips.map(clipBytes);
		made = await joined(files);
		film = readMp4(made.bytes);
		sources = files.map(readMp4Leniently);
	});

	test('has the planned size and shape', () => {
		expect(made.bytes).toHaveLength(made.film.bytes);
		expect(film.boxes).toEqual(['ftyp', 'moov', 'mdat']);
		expect(film.tracks.map(({ handler }) => handler)).toEqual(
			row.sound ? ['vide', 'soun'] : ['vide'],
		);
	});

	test('says when each clip begins', () => {
		expect(made.film.starts).toEqual(row.starts.map(close));
		expect(made.film.duration).toBeCloseTo(row.seconds, 6);
		expect(film.seconds).toBeCloseTo(row.seconds, 6);
		const ends = [...row.starts.slice(1), row.seconds];
		expect(made.film.durations).toEqual(
			ends.map((end, position) => close(end - row.starts[position]!)),
		);
	});

	test('has all frames of picture, unchanged and on time', () => {
		expectPictures(film, sources, row);
	});

	test('has the right frames of sound', () => {
		if (row.sound) expectSound(film, sources, row);
		else expect(film.tracks).toHaveLength(1);
	});

	test('is the same at each joining', async () => {
		expect((await joined(row.clips.map(clipBytes))).bytes.equals(made.bytes)).toBe(true);
	});
});

/** Clips may have a leading empty edit, which the plain reader does not apply. */
function readMp4Leniently(file: Buffer): Mp4 {
	const copy = Buffer.from(file);
	for (
		let at = copy.indexOf('elst', 0, 'latin1');
		at >= 0;
		at = copy.indexOf('elst', at + 4, 'latin1')
	) {
		if (copy.readUInt32BE(at + 8) === 2) {
			copy.copy(copy, at + 12, at + 24, at + 36);
			copy.writeUInt32BE(1, at + 8);
		}
	}
	return readMp4(copy);
}
