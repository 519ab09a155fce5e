/** The number of frames of sound: in step at every join, for any mix of lengths. */
import fc from 'fast-check';
import { planSound } from '../../../nodes/JoinVideos/mp4/soundTrack';
import type { Clip, Sound } from '../../../nodes/JoinVideos/mp4/clip';
import type { PictureTrack } from '../../../nodes/JoinVideos/mp4/pictureTrack';
import { readAacConfig } from '../../../nodes/JoinVideos/mp4/soundFormat';

const FRAME = 1024;
const TIMESCALE = 90_000;

const soundOf = (rate: number, more: Partial<Sound> = {}): Sound => ({
	samples: undefined as never,
	format: {
		name: 'AAC-LC',
		sampleRate: rate,
		channels: 2,
		isByteWide: false,
		frameLength: FRAME,
		configuration: '',
		entry: Buffer.alloc(0),
		silence: Buffer.alloc(6),
	},
	timescale: rate,
	frameTicks: FRAME,
	priming: FRAME,
	lead: 0,
	frames: 400,
	language: 0,
	...more,
});

function planned(rate: number, ticks: number[], sounds: Array<Sound | undefined>) {
	const starts = ticks.reduce((all, length) => [...all, all.at(-1)! + length], [0]);
	const clips = sounds.map((sound) => ({ sound }) as unknown as Clip);
	const plan = planSound(clips, { starts, timescale: TIMESCALE } as unknown as PictureTrack);
	return { plan, starts: starts.map((start) => (start / TIMESCALE) * rate) };
}

const lengths = fc.array(
	fc.record({
		ticks: fc.integer({ min: TIMESCALE / 10, max: 20 * TIMESCALE }),
		hasSound: fc.boolean(),
		frames: fc.integer({ min: 1, max: 1_200 }),
		priming: fc.constantFrom(0, 1024, 2112),
		lead: fc.integer({ min: -50_000, max: 5_000 }),
	}),
	{ minLength: 1, maxLength: 100 },
);

test('the sound stays within half a frame of the picture, and never outlasts it', () => {
	fc.assert(
		fc.property(lengths, fc.constantFrom(48_000, 44_100, 24_000), (clips, rate) => {
			const sounds = clips.map(({ hasSound, frames, priming, lead }) =>
				hasSound ? soundOf(rate, { frames, priming, lead }) : undefined,
			);
			const { plan, starts } = planned(
				rate,
				clips.map(({ ticks }) => ticks),
				sounds,
			);
			if (!sounds.some(Boolean)) return expect(plan).toBeUndefined();
			if (!plan) return;
			let written = -plan.priming;
			for (const [position, part] of plan.parts.entries()) {
				const { silenceBefore, from, to, silenceAfter } = part;
				// Before the first clip there are its priming frames.
				const drift = position === 0 ? 0 : written - starts[position]!;
				expect(Math.abs(drift)).toBeLessThanOrEqual(FRAME / 2 + 0.01);
				const sound = sounds[position];
				if (sound && to > from) {
					// Where the clip's own sound would stand, if frames had any length.
					const due = starts[position]! - sound.priming - sound.lead + from * FRAME;
					expect(Math.abs(written + silenceBefore * FRAME - due)).toBeLessThanOrEqual(
						FRAME / 2 + 0.01,
					);
				}
				expect(Math.min(silenceBefore, from, to - from, silenceAfter)).toBeGreaterThanOrEqual(0);
				written += FRAME * (silenceBefore + to - from + silenceAfter);
			}
			expect(written).toBeLessThanOrEqual(starts.at(-1)! + 0.01);
			expect(starts.at(-1)! - written).toBeLessThanOrEqual(FRAME + 0.01);
			expect(plan.frames * FRAME - plan.priming).toBe(written);
		}),
	);
});

test('8 s at 48 kHz are exactly 375 frames: no drift at any join', () => {
	const clips = Array.from({ length: 100 }, () => soundOf(48_000));
	const { plan } = planned(48_000, Array<number>(100).fill(8 * TIMESCALE), clips);
	expect(plan?.parts.map(({ from, to }) => [from, to])).toEqual([
		[0, 376],
		...Array.from({ length: 99 }, () => [1, 376]),
	]);
});

test('a long cut at the beginning of the first sound leaves a few frames to warm up', () => {
	const { plan } = planned(48_000, [2 * TIMESCALE], [soundOf(48_000, { priming: 48_000 })]);
	expect(plan).toMatchObject({ priming: 48_000 - 43 * FRAME, parts: [{ from: 43 }] });
});

test('a film shorter than a frame of sound has none', () => {
	const { plan } = planned(48_000, [900], [soundOf(48_000, { priming: 0 })]);
	expect(plan).toBeUndefined();
});

test('without silence, the very end alone may lack sound', () => {
	const other = soundOf(48_000, { frames: 180 });
	const dumb = { ...other, format: { ...other.format, silence: undefined } };
	const { plan } = planned(48_000, [4 * TIMESCALE], [dumb]);
	expect(plan?.parts).toEqual([{ silenceBefore: 0, from: 0, to: 180, silenceAfter: 0 }]);
	expect(() => planned(48_000, [4 * TIMESCALE, TIMESCALE], [dumb, dumb])).toThrow('noSilence');
});

test.each([
	['1190', { kind: 2, sampleRate: 48_000, channels: 2, frameLength: 1024 }],
	['119056e500', { kind: 2, sampleRate: 48_000, channels: 2, frameLength: 1024 }],
	['139056e580', { kind: 5, sampleRate: 22_050, channels: 2, frameLength: 1024 }],
	['1194', { kind: 2, sampleRate: 48_000, channels: 2, frameLength: 960 }],
	['1208', { kind: 2, sampleRate: 44_100, channels: 1, frameLength: 1024 }],
	['2b92', { kind: 5, sampleRate: 22_050, channels: 2 }],
	['eb098800', { kind: 29, sampleRate: 24_000, channels: 1 }],
	['17805dc010', { kind: 2, sampleRate: 48_000, channels: 2 }],
	['', { kind: 0, channels: 0 }],
	['f94000', { kind: 42 }],
])('AudioSpecificConfig %s', (hex, expected) => {
	expect(readAacConfig(Buffer.from(hex, 'hex'))).toMatchObject(expected);
});
