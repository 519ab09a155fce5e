/**
 * The film's sound track. Players do not place AAC frames by their time stamps, but play them one after the
 * other, so only their number counts: each clip gets as many as keep the sound within half a frame of the
 * picture, and what is missing is filled with frames of silence.
 */
import type { Clip, Sound } from './clip';
import type { PictureTrack } from './pictureTrack';
import { Refused } from './refusal';

/** Room for the inexactness of floating point, in frames. */
const EPSILON = 1e-6;
/** A decoder needs the frame before the first one that is heard; encoders put in up to two and a half. */
const PRIMING_FRAMES = 3;

/** The frames of one clip, in order: silence, its own frames `from` to `to`, silence. */
export interface SoundPart {
	readonly silenceBefore: number;
	readonly from: number;
	readonly to: number;
	readonly silenceAfter: number;
}

export interface SoundTrack {
	/** The clip's sound whose format is the film's. */
	readonly model: Sound;
	readonly parts: readonly SoundPart[];
	/** Ticks that a decoder discards at the film's beginning. */
	readonly priming: number;
	readonly frames: number;
}

interface Span {
	/** In ticks of the sound, as `end`. */
	start: number;
	end: number;
	isLast: boolean;
}

/** @param written ticks that the film's sound has before this clip, its priming taken off */
function planPart(sound: Sound | undefined, model: Sound, span: Span, written: number): SoundPart {
	const { frameTicks } = model;
	// At the very end round down, so that the sound does not outlast the picture.
	const wanted = (span.end - written) / frameTicks;
	const count = Math.max(0, span.isLast ? Math.floor(wanted + EPSILON) : Math.round(wanted));
	if (!sound) return { silenceBefore: count, from: 0, to: 0, silenceAfter: 0 };
	const first = Math.round((written - span.start + sound.priming + sound.lead) / frameTicks);
	const silenceBefore = Math.min(count, Math.max(0, -first));
	const from = Math.min(sound.frames, Math.max(0, first));
	const to = Math.min(sound.frames, from + count - silenceBefore);
	return { silenceBefore, from, to, silenceAfter: count - silenceBefore - (to - from) };
}

/** Without a frame of silence the film may only end before its picture does. */
function withoutSilence(part: SoundPart, model: Sound, isLast: boolean): SoundPart {
	const { silenceBefore, from, to, silenceAfter } = part;
	const lacking = silenceBefore + silenceAfter;
	if (lacking === 0) return part;
	if (isLast && silenceBefore === 0 && to > from) return { ...part, silenceAfter: 0 };
	throw new Refused({
		reason: 'noSilence',
		format: `${model.format.name} with ${model.format.channels} channels`,
		seconds: (lacking * model.frameTicks) / model.timescale,
	});
}

/**
 * The sound of all clips; undefined when none has any.
 * @throws Refused when silence is needed that cannot be made
 */
export function planSound(clips: readonly Clip[], picture: PictureTrack): SoundTrack | undefined {
	const model = clips.find(({ sound }) => sound)?.sound;
	if (!model) return undefined;
	const { frameTicks } = model;
	const own = clips[0]?.sound?.priming ?? 0;
	const priming = own - frameTicks * Math.max(0, Math.floor(own / frameTicks) - PRIMING_FRAMES);
	const ticks = (position: number) =>
		((picture.starts[position] ?? 0) * model.timescale) / picture.timescale;
	let written = -priming;
	const parts = clips.map(({ sound }, position) => {
		const isLast = position === clips.length - 1;
		const span = { start: ticks(position), end: ticks(position + 1), isLast };
		let part = planPart(sound, model, span, written);
		try {
			if (!model.format.silence) part = withoutSilence(part, model, isLast);
		} catch (cause) {
			throw cause instanceof Refused ? cause.of(position) : cause;
		}
		written += frameTicks * (part.silenceBefore + part.to - part.from + part.silenceAfter);
		return part;
	});
	const frames = (written + priming) / frameTicks;
	return written > 0 ? { model, parts, priming, frames } : undefined;
}
