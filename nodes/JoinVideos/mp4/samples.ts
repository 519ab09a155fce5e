/** The sample tables of a track (ISO/IEC 14496-12, 8.5 to 8.7) as one typed array for each property. */
import type { Box } from './boxes';
import { childOf, inside } from './boxes';
import { damaged, Refused } from './refusal';

/** Nine hours of picture, six of sound: an index that promises more is not believed. */
const SAMPLE_LIMIT = 2 ** 20;
/** Durations and offsets beyond are negative numbers in disguise. */
const TICK_LIMIT = 2 ** 31;

type TooMany = 'tooManySamples' | 'tooManySoundFrames';

export interface SampleTable {
	readonly count: number;
	/** Place in the file. */
	readonly offsets: Float64Array;
	readonly sizes: Uint32Array;
	/** Decode durations in ticks of the track (`stts`). */
	readonly durations: Uint32Array;
	/** Composition time less decode time (`ctts`); signed in both versions, as writers use them. */
	readonly shifts: Int32Array;
	/** 1 for a sync sample. */
	readonly isSync: Uint8Array;
	/** Which sample entry of `stsd` describes it, from 0 on. */
	readonly entries: Uint32Array;
}

/** Sizes from `stsz` or `stz2` (8.7.3). */
function readSizes(stbl: Box, reason: TooMany): Uint32Array {
	const stsz = childOf(stbl, 'stsz');
	const box = stsz ?? inside(stbl, 'stz2');
	const constantSize = stsz ? stsz.u32(4) : 0;
	const fieldBits = stsz ? 32 : box.u8(7);
	if (![4, 8, 16, 32].includes(fieldBits)) throw damaged(box.type);
	const count = constantSize === 0 ? box.entryCount(8, fieldBits / 8) : box.u32(8);
	if (count > SAMPLE_LIMIT) throw new Refused({ reason, count, limit: SAMPLE_LIMIT });
	if (constantSize !== 0) return new Uint32Array(count).fill(constantSize);
	const sizes = new Uint32Array(count);
	for (let sample = 0; sample < count; sample++) {
		if (fieldBits === 32) sizes[sample] = box.u32(12 + 4 * sample);
		else if (fieldBits === 16) sizes[sample] = box.u16(12 + 2 * sample);
		else if (fieldBits === 8) sizes[sample] = box.u8(12 + sample);
		else {
			const pair = box.u8(12 + (sample >> 1));
			sizes[sample] = sample % 2 === 0 ? pair >> 4 : pair & 15;
		}
	}
	return sizes;
}

/** Calls `set` with each sample's value from a run-length table with 8 bytes an entry. */
function eachRun(box: Box, count: number, set: (sample: number, at: number) => void): number {
	const runs = box.entryCount(4, 8);
	let sample = 0;
	for (let run = 0; run < runs && sample < count; run++) {
		const at = 8 + 8 * run;
		const end = Math.min(count, sample + box.u32(at));
		for (; sample < end; sample++) set(sample, at + 4);
	}
	return sample;
}

/** Decode durations (`stts`, 8.6.1.2). */
function readDurations(stbl: Box, count: number): Uint32Array {
	const stts = inside(stbl, 'stts');
	const durations = new Uint32Array(count);
	const covered = eachRun(stts, count, (sample, at) => {
		durations[sample] = stts.u32(at);
	});
	if (covered < count || durations.some((ticks) => ticks >= TICK_LIMIT)) throw damaged('stts');
	return durations;
}

/** Composition offsets (`ctts`, 8.6.1.3). */
function readShifts(stbl: Box, count: number): Int32Array {
	const shifts = new Int32Array(count);
	const ctts = childOf(stbl, 'ctts');
	if (ctts) {
		eachRun(ctts, count, (sample, at) => {
			shifts[sample] = ctts.i32(at);
		});
	}
	return shifts;
}

/** Sync samples (`stss`, 8.6.2); without the box all are. */
function readSync(stbl: Box, count: number): Uint8Array {
	const stss = childOf(stbl, 'stss');
	if (!stss) return new Uint8Array(count).fill(1);
	const isSync = new Uint8Array(count);
	const entries = stss.entryCount(4, 4);
	for (let entry = 0; entry < entries; entry++) {
		const sample = stss.u32(8 + 4 * entry) - 1;
		if (sample < 0 || sample >= count) throw damaged('stss');
		isSync[sample] = 1;
	}
	return isSync;
}

/** Places of the chunks (`stco` or `co64`, 8.7.5). */
function readChunkOffsets(stbl: Box): (chunk: number) => number | undefined {
	const stco = childOf(stbl, 'stco');
	const box = stco ?? inside(stbl, 'co64');
	const chunks = box.entryCount(4, stco ? 4 : 8);
	return (chunk) => {
		if (chunk >= chunks) return undefined;
		return stco ? box.u32(8 + 4 * chunk) : box.u64(8 + 8 * chunk);
	};
}

/** The places and entries of all samples from `stsc` (8.7.4) and the chunk offsets. */
function placeSamples(stbl: Box, sizes: Uint32Array) {
	const stsc = inside(stbl, 'stsc');
	const runs = stsc.entryCount(4, 12);
	const chunkOffset = readChunkOffsets(stbl);
	const count = sizes.length;
	const offsets = new Float64Array(count);
	const entries = new Uint32Array(count);
	let sample = 0;
	for (let run = 0; run < runs && sample < count; run++) {
		const at = 8 + 12 * run;
		const first = stsc.u32(at);
		// The last run holds for all chunks to the end.
		const next = run + 1 < runs ? stsc.u32(at + 12) : Infinity;
		if (run === 0 ? first !== 1 : next <= first) throw damaged('stsc');
		const perChunk = stsc.u32(at + 4);
		const entry = stsc.u32(at + 8) - 1;
		for (let chunk = first; chunk < next && sample < count; chunk++) {
			let offset = chunkOffset(chunk - 1);
			if (offset === undefined) break;
			for (const end = Math.min(count, sample + perChunk); sample < end; sample++) {
				offsets[sample] = offset;
				entries[sample] = entry;
				offset += sizes[sample] ?? 0;
			}
		}
	}
	if (sample < count) throw damaged('stsc');
	return { offsets, entries };
}

/**
 * All samples of a track.
 * @param stbl the sample table box
 * @param tooMany the reason to refuse more samples than are read
 * @throws Refused when the tables contradict each other
 */
export function readSamples(stbl: Box, tooMany: TooMany = 'tooManySamples'): SampleTable {
	const sizes = readSizes(stbl, tooMany);
	const count = sizes.length;
	return {
		count,
		sizes,
		...placeSamples(stbl, sizes),
		durations: readDurations(stbl, count),
		shifts: readShifts(stbl, count),
		isSync: readSync(stbl, count),
	};
}

/** Number of samples, without reading their tables. */
export function sampleCountOf(stbl: Box): number {
	const box = childOf(stbl, 'stsz') ?? childOf(stbl, 'stz2');
	return box ? box.u32(8) : 0;
}
