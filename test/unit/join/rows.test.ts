/** Films out of every mix of clips: each frame's bytes, each time stamp and the number of frames of sound. */
import { readMp4, trackOf } from './readMp4';
import type { Mp4 } from './readMp4';
import { clipBytes, joined } from './support';

const AAC_FRAME = 1024;
const SILENCE = {
	stereo: Buffer.from('21000000001c', 'hex'),
	mono: Buffer.from('00000007', 'hex'),
};

interface Row {
	clips: string[];
	/** Frames of picture of each clip, and seconds at which each begins; then the film's seconds. */
	frames: number[];
	starts: number[];
	seconds: number;
	/** Frames of sound of each clip, and how many of them are silence; none when there is no sound track. */
	sound?: number[];
	silent?: number[];
	/** Seconds by which a clip's sound begins after its picture. */
	late?: number[];
	/** Seconds of sound that are heard. */
	heard?: number;
	timescale?: number;
	entries?: number;
}

const tenTimes = <T>(value: T): T[] => Array<T>(10).fill(value);
const sandbox = (shape: string): Row => ({
	clips: [8, 4, 6, 7].map((seconds) => `${shape}-${seconds}s`),
	frames: [192, 96, 144, 168],
	starts: [0, 8, 12, 18],
	seconds: 25,
	sound: [346, 172, 258, 301],
	heard: 24.9847,
});

const ROWS: Record<string, Row> = {
	'one clip': { clips: ['a'], frames: [48], starts: [0], seconds: 2, sound: [94], heard: 1.984 },
	'three equal clips': {
		clips: ['a', 'b', 'c'],
		frames: [48, 48, 48],
		starts: [0, 2, 4],
		seconds: 6,
		sound: [95, 94, 93],
		heard: 5.9947,
	},
	'ten clips of 8 s at 48 kHz': {
		clips: tenTimes('long'),
		frames: tenTimes(192),
		starts: tenTimes(0).map((_, position) => 8 * position),
		seconds: 80,
		sound: [376, ...Array<number>(9).fill(375)],
		heard: 80,
	},
	"the sandbox's landscape clips": sandbox('landscape'),
	"the sandbox's portrait clips": sandbox('portrait'),
	'ten clips of 8 s at 44.1 kHz': {
		clips: tenTimes('landscape-8s'),
		frames: tenTimes(192),
		starts: tenTimes(0).map((_, position) => 8 * position),
		seconds: 80,
		sound: [346, 344, 345, 344, 345, 344, 345, 344, 345, 344],
		heard: 79.9927,
	},
	'five clips with four configurations': {
		clips: ['a', 'main', 'refs', 'baseline', 'b'],
		frames: [48, 48, 48, 48, 48],
		starts: [0, 2, 4, 6, 8],
		seconds: 10,
		sound: [95, 94, 93, 94, 93],
		heard: 9.984,
		entries: 4,
	},
	'24, 30, 24 and 23.976 frames a second': {
		clips: ['a', 'fps30', 'b', 'fps23976'],
		frames: [48, 60, 48, 48],
		starts: [0, 2, 4, 6],
		seconds: 8.002,
		sound: [95, 94, 93, 94],
		heard: 8,
		timescale: 1_536_000,
		entries: 3,
	},
	'sound, none, sound': {
		clips: ['a', 'silent', 'b'],
		frames: [48, 48, 48],
		starts: [0, 2, 4],
		seconds: 6,
		sound: [95, 94, 93],
		silent: [0, 94, 0],
		heard: 5.9947,
	},
	'none, sound, sound': {
		clips: ['silent', 'a', 'b'],
		frames: [48, 48, 48],
		starts: [0, 2, 4],
		seconds: 6,
		sound: [94, 94, 93],
		silent: [94, 0, 0],
		heard: 5.9947,
	},
	'sound, sound, none': {
		clips: ['a', 'b', 'silent'],
		frames: [48, 48, 48],
		starts: [0, 2, 4],
		seconds: 6,
		sound: [95, 94, 93],
		silent: [0, 0, 93],
		heard: 5.9947,
	},
	'none, none': { clips: ['silent', 'silent-b'], frames: [48, 48], starts: [0, 2], seconds: 4 },
	'mono, none': {
		clips: ['mono', 'silent'],
		frames: [48, 48],
		starts: [0, 2],
		seconds: 4,
		sound: [95, 93],
		silent: [0, 93],
		heard: 3.9893,
	},
	'sound of 1.1 s, of 2.9 s, normal': {
		clips: ['short-sound', 'long-sound', 'a'],
		frames: [48, 48, 48],
		starts: [0, 2, 4],
		seconds: 6,
		sound: [95, 94, 93],
		silent: [42, 0, 0],
		heard: 5.9947,
	},
	"the middle clip's sound late": {
		clips: ['a', 'late-sound', 'c'],
		frames: [48, 48, 48],
		starts: [0, 2, 4],
		seconds: 6,
		sound: [95, 94, 93],
		silent: [0, 17, 0],
		late: [0, 0.378, 0],
		heard: 5.9947,
	},
	'a variable frame rate in the middle': {
		clips: ['a', 'vfr', 'c'],
		frames: [48, 22, 48],
		starts: [0, 2, 4],
		seconds: 6,
		sound: [95, 94, 93],
		heard: 5.9947,
	},
	'negative composition offsets, then an edit list': {
		clips: ['negative-ctts', 'a'],
		frames: [48, 48],
		starts: [0, 2],
		seconds: 4,
		sound: [95, 93],
		heard: 3.9893,
	},
	'no edit list in the first and the last clip': {
		clips: ['no-edits', 'a', 'no-edits'],
		frames: [48, 48, 48],
		starts: [0, 2, 4],
		seconds: 6,
		sound: [94, 94, 93],
		heard: 5.9947,
	},
	'cut without encoding in the middle': {
		clips: ['a', 'cut', 'b'],
		frames: [48, 34, 48],
		starts: [0, 2, 3.5],
		seconds: 5.5,
		sound: [95, 70, 93],
		silent: [0, 7, 0],
		heard: 5.4827,
	},
	'fragments announced, but none there': {
		clips: ['one-fragment'],
		frames: [48],
		starts: [0],
		seconds: 2,
		sound: [93],
		heard: 1.984,
	},
	'a QuickTime file first': {
		clips: ['quicktime.mov', 'a'],
		frames: [48, 48],
		starts: [0, 2],
		seconds: 4,
		sound: [95, 93],
		heard: 3.9893,
	},
	'equal HEVC': {
		clips: ['hevc', 'hevc-b'],
		frames: [48, 48],
		starts: [0, 2],
		seconds: 4,
		sound: [95, 93],
		heard: 3.9893,
	},
	...Object.fromEntries(
		['time-code', 'subtitles', 'chapters', 'two-pictures'].map((name): [string, Row] => [
			`a clip with more tracks (${name})`,
			{ clips: [name], frames: [48], starts: [0], seconds: 2, sound: [94], heard: 1.984 },
		]),
	),
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
			texts(samples.map(({ bytes }) => bytes)),
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
