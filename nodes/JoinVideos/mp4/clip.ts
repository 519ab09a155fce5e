/** One clip as it is joined: what its index (`moov`) says of its picture and sound. */
import { Box, childOf, childrenOf, inside } from './boxes';
import { readEdit } from './edits';
import type { Edit } from './edits';
import { readPictureFormats } from './pictureFormat';
import type { PictureFormat } from './pictureFormat';
import { damaged, Refused } from './refusal';
import { readSamples, sampleCountOf } from './samples';
import type { SampleTable } from './samples';
import type { Scanned } from './scan';
import { readSoundFormat } from './soundFormat';
import type { SoundFormat } from './soundFormat';
import { timesOf } from './times';
import type { PictureTimes } from './times';

/** Editors and FFmpeg round edits to milliseconds. */
const ROUNDING_S = 0.001;
const MATRIX_BYTES = 36;

export interface Picture {
	readonly timescale: number;
	readonly samples: SampleTable;
	readonly times: PictureTimes;
	/** By sample entry; only those that are in use. */
	readonly formats: readonly PictureFormat[];
	/** As a player shows it, from `tkhd`, in pixels, before any rotation. */
	readonly shownWidth: number;
	readonly shownHeight: number;
	readonly matrix: Buffer;
	readonly language: number;
}

export interface Sound {
	readonly samples: SampleTable;
	readonly format: SoundFormat;
	/** Ticks a second; the sample rate with AAC. */
	readonly timescale: number;
	/** Ticks a frame. */
	readonly frameTicks: number;
	/** Ticks that a decoder discards at the beginning. */
	readonly priming: number;
	/** Ticks from the beginning of the sound to that of the picture; negative for a late sound. */
	readonly lead: number;
	/** Frames that play, the priming ones among them. */
	readonly frames: number;
	readonly language: number;
}

export interface Clip {
	readonly picture: Picture;
	readonly sound?: Sound;
	/** Types of the tracks that are left out, such as `text`. */
	readonly leftOut: readonly string[];
	readonly hasManifest: boolean;
}

interface Track {
	trak: Box;
	stbl: Box;
	/** Handler type (8.4.3): `vide`, `soun`, `text` and so on. */
	handler: string;
	isEnabled: boolean;
	samples: number;
}

function readTrack(trak: Box): Track {
	const stbl = inside(trak, 'mdia', 'minf', 'stbl');
	return {
		trak,
		stbl,
		handler: inside(trak, 'mdia', 'hdlr').text(8, 4),
		isEnabled: (inside(trak, 'tkhd').u32(0) & 1) === 1,
		samples: sampleCountOf(stbl),
	};
}

/** Ticks a second and language of a track (`mdhd`, 8.4.2), or of the movie (`mvhd`, 8.2.2). */
function readMediaHeader(header: Box): { timescale: number; language: number } {
	const isLong = header.version === 1;
	const timescale = header.u32(isLong ? 20 : 12);
	if (timescale === 0) throw damaged(header.type);
	return { timescale, language: header.u16(isLong ? 32 : 20) };
}

const usedEntries = ({ entries }: SampleTable): Set<number> => new Set(entries);

/**
 * Seconds from the movie's beginning to that of the picture. Without an edit list a picture that is delayed
 * by the order of decoding counts as beginning at 0: its writer has left that to the player.
 * @throws Refused when more is hidden than a rounding: in a film it would show
 */
function pictureStartOf({ longest, length, first }: PictureTimes, timescale: number, edit?: Edit) {
	if (!edit) return 0;
	const frame = longest / timescale + ROUNDING_S;
	const atStart = (edit.mediaTime - first) / timescale;
	const atEnd = (first + length - edit.mediaTime) / timescale - edit.duration;
	if (atStart > frame || atEnd > frame) {
		const visible = (hidden: number) => (hidden > ROUNDING_S ? hidden : 0);
		throw new Refused({ reason: 'trimmed', atStart: visible(atStart), atEnd: visible(atEnd) });
	}
	if (edit.delay > frame) throw new Refused({ reason: 'edited', what: 'late picture' });
	return edit.delay - atStart;
}

function readPicture({ trak, stbl }: Track): Picture {
	const { timescale, language } = readMediaHeader(inside(trak, 'mdia', 'mdhd'));
	const samples = readSamples(stbl);
	const formats = readPictureFormats(inside(stbl, 'stsd'), usedEntries(samples));
	const [first] = Object.values(formats);
	const tkhd = inside(trak, 'tkhd');
	// Behind the times come layer, group, volume and the matrix (8.3.2).
	const matrixAt = tkhd.version === 1 ? 52 : 40;
	return {
		timescale,
		samples,
		times: timesOf(samples),
		formats,
		// Some writers leave the size of the track at 0.
		shownWidth: tkhd.u32(matrixAt + MATRIX_BYTES) / 2 ** 16 || (first?.width ?? 0),
		shownHeight: tkhd.u32(matrixAt + MATRIX_BYTES + 4) / 2 ** 16 || (first?.height ?? 0),
		matrix: Buffer.from(tkhd.slice(matrixAt, matrixAt + MATRIX_BYTES)),
		language,
	};
}

/** Duration of a frame if only the tables show it: the same for all but the last. */
function constantDuration({ durations, count }: SampleTable): number {
	const [first = 0] = durations;
	if (first === 0 || durations.subarray(0, count - 1).some((ticks) => ticks !== first)) {
		throw new Refused({ reason: 'soundVaries' });
	}
	return first;
}

/** @param pictureStart seconds from the movie's beginning to the first picture's */
function readSound({ trak, stbl }: Track, movieTimescale: number, pictureStart: number): Sound {
	const header = readMediaHeader(inside(trak, 'mdia', 'mdhd'));
	const samples = readSamples(stbl, 'tooManySoundFrames');
	const format = readSoundFormat(inside(stbl, 'stsd'), usedEntries(samples));
	if (!format.isByteWide && samples.sizes.every((bytes) => bytes === 1)) {
		throw new Refused({ reason: 'unmeasuredSound' });
	}
	const isKnown = format.frameLength !== undefined;
	const timescale = isKnown ? format.sampleRate : header.timescale;
	const frameTicks = format.frameLength ?? constantDuration(samples);
	const edit = readEdit(trak, movieTimescale);
	const mediaTime = Math.max(0, edit?.mediaTime ?? 0);
	const priming = Math.round((mediaTime * timescale) / header.timescale);
	const playing = Math.ceil((priming + (edit?.duration ?? Infinity) * timescale) / frameTicks);
	return {
		samples,
		format,
		timescale,
		frameTicks,
		priming,
		lead: (pictureStart - (edit?.delay ?? 0)) * timescale,
		frames: Math.min(samples.count, playing),
		language: header.language,
	};
}

/** The track to be joined: the first that is enabled and has samples. */
function choose(tracks: readonly Track[], handler: string): Track | undefined {
	const filled = tracks.filter((track) => track.handler === handler && track.samples > 0);
	return filled.find(({ isEnabled }) => isEnabled) ?? filled[0];
}

/** @throws Refused when a sample lies beyond the end of the file */
function checkData(tables: readonly SampleTable[], fileBytes: number | undefined): void {
	let end = 0;
	for (const { count, offsets, sizes } of tables) {
		for (let sample = 0; sample < count; sample++) {
			end = Math.max(end, (offsets[sample] ?? 0) + (sizes[sample] ?? 0));
		}
	}
	if (fileBytes !== undefined && end > fileBytes) {
		throw new Refused({ reason: 'dataMissing', bytes: end - fileBytes });
	}
}

/**
 * Reads the index of a clip.
 * @param withSound whether its sound is wanted; else it may be of any kind
 * @throws Refused when the clip cannot be joined with any other
 */
export function readClip({ index, fileBytes, hasManifest }: Scanned, withSound = true): Clip {
	const { timescale: movieTimescale } = readMediaHeader(inside(index, 'mvhd'));
	const tracks: Track[] = [];
	for (const child of childrenOf(index)) if (child.type === 'trak') tracks.push(readTrack(child));
	const pictureTrack = choose(tracks, 'vide');
	if (!pictureTrack) {
		const isFragmented = childOf(index, 'mvex') && tracks.some(({ handler }) => handler === 'vide');
		throw new Refused({ reason: isFragmented ? 'fragmented' : 'noPicture' });
	}
	const picture = readPicture(pictureTrack);
	const edit = readEdit(pictureTrack.trak, movieTimescale);
	const pictureStart = pictureStartOf(picture.times, picture.timescale, edit);
	const soundTrack = choose(tracks, 'soun');
	const sound =
		withSound && soundTrack ? readSound(soundTrack, movieTimescale, pictureStart) : undefined;
	checkData([picture.samples, ...(sound ? [sound.samples] : [])], fileBytes);
	const others = tracks.filter((track) => track !== pictureTrack && track !== soundTrack);
	const leftOut = others.filter(({ samples }) => samples > 0).map(({ handler }) => handler);
	return { picture, sound, leftOut, hasManifest };
}
