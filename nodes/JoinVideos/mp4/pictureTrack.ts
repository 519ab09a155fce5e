/** The film's picture track: one time scale, one offset, and one sample entry for each configuration. */
import type { Clip } from './clip';
import type { PictureFormat } from './pictureFormat';
import { damaged, Refused } from './refusal';

/** Above it a common multiple of the clips' time scales gives way to this usual one. */
const TIMESCALE_LIMIT = 10_000_000;
const USUAL_TIMESCALE = 90_000;
const U32 = 2 ** 32;

export interface PictureTrack {
	readonly timescale: number;
	/** Each clip's beginning, and at the end that of the film's end, in ticks; whole but for rounding. */
	readonly starts: readonly number[];
	/** Media time of the first frame: the largest delay that the order of decoding asks for. */
	readonly mediaTime: number;
	readonly count: number;
	readonly sizes: Uint32Array;
	readonly durations: Uint32Array;
	readonly shifts: Uint32Array;
	readonly isSync: Uint8Array;
	/** Position in `formats`, for each sample. */
	readonly entries: Uint32Array;
	readonly formats: readonly PictureFormat[];
	/**
	 * Whether parameter sets are put in front of every sync sample. Browsers do not take them from another
	 * sample entry, and after a seek not even from the first one.
	 */
	readonly hasSetsInside: boolean;
}

function gcd(a: number, b: number): number {
	while (b > 0) [a, b] = [b, a % b];
	return a;
}

/** Ticks a second in which each clip's times are whole numbers, where that is possible. */
export function commonTimescale(timescales: readonly number[]): number {
	const [first = USUAL_TIMESCALE] = timescales;
	if (timescales.every((timescale) => timescale === first)) return first;
	let common = 1;
	for (const timescale of timescales) {
		common = (common / gcd(common, timescale)) * timescale;
		if (common > TIMESCALE_LIMIT) return USUAL_TIMESCALE;
	}
	return common;
}

/** One sample entry for each configuration, and which one each clip's entries become. */
function mergeFormats(clips: readonly Clip[]) {
	const formats: PictureFormat[] = [];
	const positions = new Map<string, number>();
	const entriesOf = clips.map(({ picture }) =>
		picture.formats.map((format) => {
			const known = positions.get(format.configuration);
			if (known !== undefined) return known;
			positions.set(format.configuration, formats.length);
			return formats.push(format) - 1;
		}),
	);
	return { formats, entriesOf };
}

/** The offset of the composition times, so that none comes before its decode time (8.6.1.3). */
function mediaTimeOf(clips: readonly Clip[], timescale: number): number {
	let mediaTime = 0;
	for (const { picture } of clips) {
		const { decode, show, first } = picture.times;
		const scale = timescale / picture.timescale;
		let latest = 0;
		for (let sample = 0; sample < decode.length; sample++) {
			latest = Math.max(latest, (decode[sample] ?? 0) - ((show[sample] ?? 0) - first));
		}
		mediaTime = Math.max(mediaTime, Math.ceil(latest * scale));
	}
	return mediaTime;
}

function startsOf(clips: readonly Clip[], timescale: number): number[] {
	const starts = [0];
	for (const { picture } of clips) {
		const length = picture.times.length * (timescale / picture.timescale);
		starts.push((starts.at(-1) ?? 0) + length);
	}
	return starts;
}

/**
 * Fills in the frames of all clips.
 * @throws Refused when a number does not fit into the film's tables
 */
function placeFrames(track: PictureTrack, clips: readonly Clip[], entriesOf: number[][]): void {
	const { count, timescale, starts, mediaTime, formats, hasSetsInside } = track;
	const decodeTimes = new Float64Array(count + 1);
	let at = 0;
	for (const [position, { picture }] of clips.entries()) {
		const { samples, times } = picture;
		const scale = timescale / picture.timescale;
		const start = starts[position] ?? 0;
		track.isSync.set(samples.isSync, at);
		for (let sample = 0; sample < samples.count; sample++, at++) {
			const entry = entriesOf[position]?.[samples.entries[sample] ?? 0] ?? 0;
			const sets = hasSetsInside && samples.isSync[sample] ? formats[entry]?.avc?.sets.length : 0;
			const decode = Math.round(start + (times.decode[sample] ?? 0) * scale);
			const shown = Math.round(start + ((times.show[sample] ?? 0) - times.first) * scale);
			const shift = Math.max(0, shown + mediaTime - decode);
			const size = (samples.sizes[sample] ?? 0) + (sets ?? 0);
			if (size >= U32) throw damaged('stsz').of(position);
			if (shift >= U32) throw damaged('ctts').of(position);
			track.sizes[at] = size;
			track.shifts[at] = shift;
			track.entries[at] = entry;
			decodeTimes[at] = decode;
		}
	}
	decodeTimes[count] = Math.round(starts.at(-1) ?? 0);
	for (let sample = 0; sample < count; sample++) {
		const duration = (decodeTimes[sample + 1] ?? 0) - (decodeTimes[sample] ?? 0);
		if (duration >= U32) throw new Refused({ reason: 'damagedIndex', box: 'stts' });
		track.durations[sample] = duration;
	}
}

/**
 * @param needsSetsInside whether a clip is known to change its parameter sets inside the samples
 * @throws Refused when a time does not fit into the film's tables
 */
export function planPicture(clips: readonly Clip[], needsSetsInside: boolean): PictureTrack {
	const timescale = commonTimescale(clips.map(({ picture }) => picture.timescale));
	const count = clips.reduce((sum, { picture }) => sum + picture.samples.count, 0);
	const starts = startsOf(clips, timescale);
	const mediaTime = mediaTimeOf(clips, timescale);
	const { formats, entriesOf } = mergeFormats(clips);
	const hasSetsInside = needsSetsInside || formats.length > 1;
	const track: PictureTrack = {
		timescale,
		starts,
		mediaTime,
		count,
		sizes: new Uint32Array(count),
		durations: new Uint32Array(count),
		shifts: new Uint32Array(count),
		isSync: new Uint8Array(count),
		entries: new Uint32Array(count),
		formats,
		hasSetsInside,
	};
	placeFrames(track, clips, entriesOf);
	return track;
}
