/** When the frames of a clip are decoded and shown, in ticks of its track. */
import { damaged } from './refusal';
import type { SampleTable } from './samples';

export interface PictureTimes {
	/** Decode time of each sample, the first at 0; never decreasing, all before `length`. */
	readonly decode: Float64Array;
	/** Composition time of each sample; the earliest is `first`. */
	readonly show: Float64Array;
	readonly first: number;
	/**
	 * From the earliest frame's beginning to the latest frame's end. Not the sum of the decode durations:
	 * that differs for variable frame rates and for clips that were cut without encoding.
	 */
	readonly length: number;
	/** The longest frame. */
	readonly longest: number;
}

/**
 * @throws Refused when the time stamps leave no room for the frames
 * @see ISO/IEC 14496-12, 8.6.1
 */
export function timesOf({ count, durations, shifts }: SampleTable): PictureTimes {
	const decode = new Float64Array(count);
	const show = new Float64Array(count);
	let time = 0;
	let first = Infinity;
	let end = -Infinity;
	let longest = 0;
	for (let sample = 0; sample < count; sample++) {
		const duration = durations[sample] ?? 0;
		const shown = time + (shifts[sample] ?? 0);
		decode[sample] = time;
		show[sample] = shown;
		first = Math.min(first, shown);
		end = Math.max(end, shown + duration);
		longest = Math.max(longest, duration);
		time += duration;
	}
	const length = end - first;
	// The next clip begins at `length`, so each sample must be decoded before; the last takes what is left.
	let before = length;
	for (let sample = count - 1; sample >= 0 && (decode[sample] ?? 0) >= before; sample--) {
		before -= 1;
		decode[sample] = before;
	}
	if (!(length > 0) || (decode[0] ?? 0) < 0) throw damaged('stts');
	return { decode, show, first, length, longest };
}
