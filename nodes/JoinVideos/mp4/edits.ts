/** The edit list of a track (ISO/IEC 14496-12, 8.6.6): when it begins, and which part of it plays. */
import { childOf } from './boxes';
import type { Box } from './boxes';
import { Refused } from './refusal';

/** Of normal speed, in 16.16 fixed point. */
const NORMAL_RATE = 0x10000;
/** A media time that stands for "nothing plays". */
const EMPTY = -1;

export interface Edit {
	/** Seconds before the track begins. */
	readonly delay: number;
	/** Time in the track, in its ticks, with which it begins. */
	readonly mediaTime: number;
	/** Seconds that play; Infinity for all there are. */
	readonly duration: number;
}

interface Entry {
	duration: number;
	mediaTime: number;
	rate: number;
}

function* entriesOf(elst: Box): Generator<Entry> {
	const isLong = elst.version === 1;
	const entryBytes = isLong ? 20 : 12;
	const count = elst.entryCount(4, entryBytes);
	for (let entry = 0; entry < count; entry++) {
		const at = 8 + entryBytes * entry;
		yield isLong
			? { duration: elst.u64(at), mediaTime: elst.i64(at + 8), rate: elst.i32(at + 16) }
			: { duration: elst.u32(at), mediaTime: elst.i32(at + 4), rate: elst.i32(at + 8) };
	}
}

/**
 * The one edit of a track; undefined when it plays as it is.
 * @param movieTimescale ticks a second of the edit's duration
 * @throws Refused for several edits and for any speed but the normal one
 */
export function readEdit(trak: Box, movieTimescale: number): Edit | undefined {
	const edts = childOf(trak, 'edts');
	const elst = edts && childOf(edts, 'elst');
	let before = 0;
	let playing: Entry | undefined;
	for (const entry of elst ? entriesOf(elst) : []) {
		if (entry.mediaTime === EMPTY) {
			if (!playing) before += entry.duration;
		} else if (playing) throw new Refused({ reason: 'edited', what: 'several edits' });
		else playing = entry;
	}
	if (!playing) return undefined;
	if (playing.rate !== NORMAL_RATE) throw new Refused({ reason: 'edited', what: 'another speed' });
	return {
		delay: before / movieTimescale,
		mediaTime: playing.mediaTime,
		// Zero is what writers of streams enter: to the end.
		duration: playing.duration === 0 ? Infinity : playing.duration / movieTimescale,
	};
}
