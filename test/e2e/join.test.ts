/**
 * Joined films, decoded by FFmpeg and compared bit for bit, and as a browser shows and plays them. Two
 * methods that look right and are wrong must fail the same checks.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyFilm } from '../../nodes/JoinVideos/mp4/copy';
import type { Film } from '../../nodes/JoinVideos/mp4/film';
import { layOut } from '../../nodes/JoinVideos/mp4/layout';
import { writeHead } from '../../nodes/JoinVideos/mp4/moov';
import { programPath } from '../../sandbox/processes/programs';
import { ROWS } from '../unit/join/rows';
import type { Row } from '../unit/join/rows';
import { clipBytes, clipPath, joined, pieces } from '../unit/join/support';
import { inChromium, inFirefox } from './player';
import type { Browser } from './player';

let folder: string;
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), 'veo-join-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What FFmpeg prints; whatever it complains of is part of the answer. */
function ffmpeg(...args: string[]): { stdout: Buffer; complaints: string } {
	const complaints = join(folder, 'complaints.txt');
	const quoted = args.map((arg) => `'${arg}'`).join(' ');
	const command = `${programPath('ffmpeg')} -v warning -nostdin -y ${quoted} 2> ${complaints}`;
	const stdout = execFileSync('sh', ['-c', command], { maxBuffer: 1e9 });
	return { stdout, complaints: execFileSync('cat', [complaints], { encoding: 'utf8' }) };
}

/** A hash of each decoded frame, in order of presentation. */
function pictureHashes(path: string): string[] {
	const passed = ['-map', '0:v:0', '-fps_mode', 'passthrough', '-f', 'framemd5', '-'];
	return ffmpeg('-i', path, ...passed)
		.stdout.toString()
		.split('\n')
		.filter((line) => line !== '' && !line.startsWith('#'))
		.map((line) => line.split(',')[5]!.trim());
}

/** Decoded samples of all frames of sound, the priming ones too. */
function soundSamples(path: string): Buffer {
	return ffmpeg('-ignore_editlist', '1', '-i', path, '-map', '0:a:0', '-f', 's16le', '-').stdout;
}

/** A decoder makes up the noise that AAC only describes (ISO/IEC 14496-3, 4.6.13): twice never the same. */
const hasNoise = (clip: string) => /^(landscape|portrait)-/.test(clip);
/** In steps of 16 bits; sound of another place differs by thousands. */
const NOISE_LIMIT = 50;

function meanDifference(a: Buffer, b: Buffer): number {
	if (a.equals(b)) return 0;
	let sum = 0;
	for (let at = 0; at < a.length; at += 2) sum += Math.abs(a.readInt16LE(at) - b.readInt16LE(at));
	return sum / (a.length / 2);
}

const stored = (name: string, bytes: Buffer): string => {
	const path = join(folder, name);
	writeFileSync(path, bytes);
	return path;
};

describe.each(Object.entries(ROWS))('FFmpeg on %s', (_name, row) => {
	let path: string;
	let film: Film;

	beforeAll(async () => {
		const made = await joined(row.clips.map(clipBytes));
		film = made.film;
		path = stored('film.mp4', made.bytes);
	});

	const sources = row.clips.map(clipPath);
	const expected = () => sources.flatMap(pictureHashes);

	test('each picture frame is that of the clip, bit for bit', () => {
		const hashes = pictureHashes(path);
		expect(hashes).toEqual(expected());
		expect(hashes).toHaveLength(row.frames.reduce((sum, count) => sum + count));
	});

	test('when FFmpeg rewrites the film, nothing is lost', () => {
		const again = join(folder, 'again.mp4');
		ffmpeg('-i', path, '-c', 'copy', again);
		expect(pictureHashes(again)).toEqual(pictureHashes(path));
		if (row.sound) expect(soundSamples(again)).toHaveLength(soundSamples(path).length);
	});

	if (!row.sound) return;
	test('each sound frame is that of the clip, except the one at the join', () => {
		const { parts, model } = film.sound!;
		const frameBytes = 1024 * 2 * model.format.channels;
		const samples = soundSamples(path);
		expect(samples).toHaveLength(film.sound!.frames * frameBytes);
		const frame = (all: Buffer, index: number) =>
			all.subarray(index * frameBytes, (index + 1) * frameBytes);
		let at = 0;
		for (const [position, { silenceBefore, from, to, silenceAfter }] of parts.entries()) {
			const own = to > from ? soundSamples(sources[position]!) : Buffer.alloc(0);
			// The windows of neighbouring frames overlap: the first one still has the other clip's in it.
			for (let index = from + 1; index < to; index++) {
				const heard = frame(samples, at + silenceBefore + index - from);
				const off = meanDifference(heard, frame(own, index));
				if (off > (hasNoise(row.clips[position]!) ? NOISE_LIMIT : 0)) {
					throw new Error(`frame ${index} of clip ${position} is off by ${off}`);
				}
			}
			const silent = [silenceBefore, silenceAfter].reduce((sum, count) => sum + count);
			if (silent > 2) {
				const middle = silenceBefore > 0 ? at + 1 : at + to - from + 1;
				expect(frame(samples, middle).every((byte) => byte === 0)).toBe(true);
			}
			at += silenceBefore + to - from + silenceAfter;
		}
	});
});

describe.each([
	['Chromium', inChromium],
	['Firefox', inFirefox],
] as const)('%s', (name, open) => {
	let browser: Browser;
	const isFirefox = name === 'Firefox';

	beforeAll(async () => {
		browser = await open();
	});
	afterAll(async () => await browser?.close());

	const ask: Browser['ask'] = async (method, argument) => await browser.ask(method, argument);
	const load = async (bytes: Buffer) => await ask('load', bytes.toString('base64'));

	/** The largest difference of any colour value, in each clip at several places and in mixed order. */
	async function seekDifference(film: Buffer, row: Row): Promise<number> {
		const clips = row.clips.map((_, position) => position);
		const order = [
			...clips.filter((one) => one % 2 === 1),
			...clips.filter((one) => one % 2 === 0).reverse(),
		];
		const places = order.flatMap((clip) => [0.1, 0.75, 0.5].map((share) => ({ clip, share })));
		const timeIn = ({ clip, share }: { clip: number; share: number }) => {
			const length = (row.starts[clip + 1] ?? row.seconds) - row.starts[clip]!;
			const frame = Math.floor(share * row.frames[clip]!);
			return ((frame + 0.5) * length) / row.frames[clip]!;
		};
		await load(film);
		const seen: Buffer[] = [];
		for (const place of places) {
			const picture = await ask<string>('seek', row.starts[place.clip]! + timeIn(place));
			seen.push(Buffer.from(picture, 'base64'));
		}
		let worst = 0;
		for (const [index, place] of places.entries()) {
			await load(clipBytes(row.clips[place.clip]!));
			const own = Buffer.from(await ask<string>('seek', timeIn(place)), 'base64');
			const found = seen[index]!;
			expect(found).toHaveLength(own.length);
			for (const [at, value] of own.entries())
				worst = Math.max(worst, Math.abs(value - found[at]!));
		}
		return worst;
	}

	/** Plays to the end; which clips were seen, and how many frames were not the right ones. */
	async function playThrough(film: Buffer, row: Row) {
		await load(film);
		const seen = await ask<Array<{ number: number; seconds: number }>>('play');
		const clipAt = (seconds: number) =>
			row.starts.findLastIndex((start) => start <= seconds + 0.001);
		const expectedAt = (seconds: number) => {
			const clip = clipAt(seconds);
			const length = (row.starts[clip + 1] ?? row.seconds) - row.starts[clip]!;
			return Math.round((seconds - row.starts[clip]!) * (row.frames[clip]! / length));
		};
		// A busy browser tells of a frame when the next one is drawn already.
		const off = seen.map(({ number, seconds }) => number - expectedAt(seconds));
		return {
			clips: new Set(seen.map(({ seconds }) => clipAt(seconds))),
			wrong: off.filter((frames) => frames !== 0 && frames !== 1),
			late: off.filter((frames) => frames === 1).length,
			seen: seen.length,
		};
	}

	/** By how many seconds each clip's burst is away from where it is in the clip. */
	async function burstDrifts(film: Buffer, row: Row): Promise<number[]> {
		const found = await ask<number[]>('bursts', film.toString('base64'));
		const due: number[] = [];
		for (const [position, name] of row.clips.entries()) {
			if ((row.silent?.[position] ?? 0) === row.sound![position]) continue;
			const [own = NaN] = await ask<number[]>('bursts', clipBytes(name).toString('base64'));
			due.push(row.starts[position]! + own);
		}
		expect(found).toHaveLength(due.length);
		return found.map((seconds, index) => seconds - due[index]!);
	}

	/** Half a frame of AAC. */
	const TOLERANCE_S = 0.0107;
	/** Longer films are not played to their end. */
	const PLAYED_S = 20;
	const chosen = [
		'three equal clips',
		'ten clips of 8 s at 48 kHz',
		'five clips with four configurations',
		'24, 30, 24 and 23.976 frames a second',
		'sound, none, sound',
		'none, sound, sound',
		'sound of 1.1 s, of 2.9 s, normal',
	];

	describe.each(chosen)('%s', (mix) => {
		const row = ROWS[mix]!;
		let film: Buffer;
		beforeAll(async () => {
			film = (await joined(row.clips.map(clipBytes))).bytes;
		});

		test('a seek shows the frame of the clip', async () => {
			expect(await seekDifference(film, row)).toBe(0);
		});

		test("each clip's sound starts on time", async () => {
			for (const drift of await burstDrifts(film, row)) {
				expect(Math.abs(drift)).toBeLessThanOrEqual(TOLERANCE_S);
			}
		});

		if (row.seconds > PLAYED_S) return;
		test('it plays through the joins', async () => {
			const { clips, wrong, late, seen } = await playThrough(film, row);
			expect([...clips].sort()).toEqual(row.clips.map((_, position) => position));
			// Headless Firefox tells of one frame and shows another: there the seeks are the evidence.
			if (isFirefox) return;
			expect(wrong).toEqual([]);
			expect(late).toBeLessThan(seen / 10);
			// A busy machine drops frames; it must not drop most of them.
			expect(seen).toBeGreaterThan(row.frames.reduce((sum, count) => sum + count) / 4);
		});
	});

	test('clips that change their parameter sets inside the samples: a seek shows the frame', async () => {
		const row =
			ROWS["a clip of FFmpeg's concat, which changes its parameter sets inside the samples"]!;
		const { film, bytes } = await joined(row.clips.map(clipBytes));
		expect(await seekDifference(bytes, row)).toBe(0);
		// Without sets of their own, what follows such a clip is decoded with its last ones.
		expect(film.picture.hasSetsInside).toBe(true);
	});

	/** The film with another plan of pictures or sound. */
	async function filmOf({ film, row }: { film: Film; row: Row }, change: Partial<Film>) {
		const changed = { ...film, ...change };
		const layout = layOut(film.clips, changed.picture, changed.sound);
		const head = writeHead({ ...changed, layout });
		const files = row.clips.map(clipBytes);
		const parts: Buffer[] = [];
		for await (const part of copyFilm({ ...changed, layout, head }, async (clip) =>
			pieces(files[clip]!),
		)) {
			parts.push(part);
		}
		return Buffer.concat(parts);
	}

	test('wrong method: several sample entries alone do not play', async () => {
		const row = ROWS['five clips with four configurations']!;
		const { film } = await joined(row.clips.map(clipBytes));
		const sizes = film.clips.flatMap(({ picture }) => [...picture.samples.sizes]);
		const picture = { ...film.picture, hasSetsInside: false, sizes: Uint32Array.from(sizes) };
		const wrong = await filmOf({ film, row }, { picture });
		// FFmpeg sees nothing amiss.
		expect(pictureHashes(stored('wrong.mp4', wrong))).toEqual(
			row.clips.map(clipPath).flatMap(pictureHashes),
		);
		await expect(seekDifference(wrong, row)).rejects.toThrow(/decode/i);
		await expect(playThrough(wrong, row)).rejects.toThrow(/decode/i);
	});

	test('wrong method: with all frames of sound kept, the sound falls behind', async () => {
		const row = ROWS['three equal clips']!;
		const { film } = await joined(row.clips.map(clipBytes));
		const parts = film.clips.map(({ sound }) => ({
			silenceBefore: 0,
			from: 0,
			to: sound!.samples.count,
			silenceAfter: 0,
		}));
		const frames = parts.reduce((sum, { to }) => sum + to, 0);
		const wrong = await filmOf({ film, row }, { sound: { ...film.sound!, parts, frames } });
		const drifts = await burstDrifts(wrong, row);
		expect(drifts[1]).toBeCloseTo(0.0267, 3);
		expect(drifts[2]).toBeCloseTo(0.0533, 3);
	});
});
