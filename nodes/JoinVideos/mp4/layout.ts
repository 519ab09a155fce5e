/**
 * Where each sample will lie in the film. Every clip keeps its own order of bytes, so that it can be copied
 * in one forward read; frames of silence come before and after it.
 */
import type { Clip } from './clip';
import type { PictureTrack } from './pictureTrack';
import { damaged } from './refusal';
import type { SoundPart, SoundTrack } from './soundTrack';

/** Neighbouring samples of a track (ISO/IEC 14496-12, 8.7.4), as three lists of equal length. */
export class Chunks {
	readonly offsets: number[] = [];
	readonly counts: number[] = [];
	readonly entries: number[] = [];
	private end = -1;

	/** The track's next `count` samples lie at `offset`, `bytes` together; `entry` describes them. */
	add(offset: number, bytes: number, entry: number, count = 1): void {
		const last = this.offsets.length - 1;
		if (offset === this.end && entry === this.entries[last]) {
			this.counts[last] = (this.counts[last] ?? 0) + count;
		} else {
			this.offsets.push(offset);
			this.counts.push(count);
			this.entries.push(entry);
		}
		this.end = offset + bytes;
	}
}

export interface Layout {
	/** Offsets count from the first byte of the film's data. */
	readonly picture: Chunks;
	readonly sound: Chunks;
	/** Bytes of each clip with its silence. */
	readonly clipBytes: readonly number[];
	readonly bytes: number;
}

/** A sample that is copied: pictures from 0 on, frames of sound after them. */
export interface CopyOrder {
	readonly order: Uint32Array;
	offsetOf(sample: number): number;
	sizeOf(sample: number): number;
}

/** The samples of a clip that go into the film, in the order of their bytes in the clip. */
export function copyOrderOf({ picture, sound }: Clip, part: SoundPart | undefined): CopyOrder {
	const pictures = picture.samples.count;
	const { from, to } = part ?? { from: 0, to: 0 };
	const offsetOf = (sample: number) =>
		(sample < pictures
			? picture.samples.offsets[sample]
			: sound?.samples.offsets[sample - pictures]) ?? 0;
	const sizeOf = (sample: number) =>
		(sample < pictures ? picture.samples.sizes[sample] : sound?.samples.sizes[sample - pictures]) ??
		0;
	const order = new Uint32Array(pictures + to - from);
	for (let at = 0; at < order.length; at++) order[at] = at < pictures ? at : at + from;
	order.sort((a, b) => offsetOf(a) - offsetOf(b) || sizeOf(a) - sizeOf(b) || a - b);
	return { order, offsetOf, sizeOf };
}

/** @param first position of the clip's first sample in the film's picture track */
function placeClip(
	clip: Clip,
	part: SoundPart | undefined,
	track: PictureTrack,
	first: number,
	position: number,
) {
	const { order, offsetOf, sizeOf } = copyOrderOf(clip, part);
	const pictures = clip.picture.samples.count;
	const places = new Float64Array(pictures + (clip.sound?.samples.count ?? 0));
	let at = 0;
	let sourceEnd = 0;
	for (const sample of order) {
		// Bytes that two samples share would have to be read twice; no encoder writes that.
		if (offsetOf(sample) < sourceEnd) throw damaged('stco').of(position);
		sourceEnd = offsetOf(sample) + sizeOf(sample);
		places[sample] = at;
		at += sample < pictures ? (track.sizes[first + sample] ?? 0) : sizeOf(sample);
	}
	return { places, bytes: at };
}

/** @throws Refused when samples of a clip overlap */
export function layOut(
	clips: readonly Clip[],
	picture: PictureTrack,
	sound: SoundTrack | undefined,
): Layout {
	const chunks = { picture: new Chunks(), sound: new Chunks() };
	const silenceBytes = sound?.model.format.silence?.length ?? 0;
	const clipBytes: number[] = [];
	let at = 0;
	let first = 0;
	const addSilence = (count: number) => {
		if (count > 0) chunks.sound.add(at, count * silenceBytes, 0, count);
		at += count * silenceBytes;
	};
	for (const [position, clip] of clips.entries()) {
		const start = at;
		const part = sound?.parts[position];
		addSilence(part?.silenceBefore ?? 0);
		const { places, bytes } = placeClip(clip, part, picture, first, position);
		const pictures = clip.picture.samples.count;
		for (let sample = 0; sample < pictures; sample++) {
			const [size = 0, entry = 0] = [
				picture.sizes[first + sample],
				picture.entries[first + sample],
			];
			chunks.picture.add(at + (places[sample] ?? 0), size, entry);
		}
		for (let frame = part?.from ?? 0; frame < (part?.to ?? 0); frame++) {
			const size = clip.sound?.samples.sizes[frame] ?? 0;
			chunks.sound.add(at + (places[pictures + frame] ?? 0), size, 0);
		}
		at += bytes;
		addSilence(part?.silenceAfter ?? 0);
		clipBytes.push(at - start);
		first += pictures;
	}
	return { ...chunks, clipBytes, bytes: at };
}
