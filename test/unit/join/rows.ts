/** Mixes of clips, and what their film must be: frames, frames of sound, times. */

export interface Row {
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

export const ROWS: Record<string, Row> = {
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
	"a clip of FFmpeg's concat, which changes its parameter sets inside the samples": {
		clips: ['sets-inside', 'a', 'b'],
		frames: [96, 48, 48],
		starts: [0, 4, 6],
		seconds: 8,
		sound: [188, 93, 94],
		silent: [188, 0, 0],
		heard: 8,
		entries: 1,
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
	'fragments announced, but none present': {
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
