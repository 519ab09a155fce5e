/** The head of a film: `ftyp`, the index `moov` and the header of `mdat` (ISO/IEC 14496-12, 4.3, 8.1, 8.2). */
import type { Clip } from './clip';
import type { Chunks, Layout } from './layout';
import type { PictureTrack } from './pictureTrack';
import type { SoundTrack } from './soundTrack';
import { box, fullBox, isLong, runs, table, u16, u32, u64 } from './write';

export interface Parts {
	readonly clips: readonly Clip[];
	readonly picture: PictureTrack;
	readonly sound?: SoundTrack;
	readonly layout: Layout;
}

const NO_ROTATION = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);
const PICTURE_ID = 1;
const SOUND_ID = 2;
/** The track plays, and belongs to the film (8.3.2). */
const ENABLED_IN_MOVIE = 3;
const HEADER_BYTES = 8;
const LONG_HEADER_BYTES = 16;

/** Times of creation and change, which stay 0 so that equal clips become equal bytes, and what lies between. */
function timesAnd(between: Buffer, duration: number): [version: number, content: Buffer[]] {
	return isLong(duration)
		? [1, [u64(0), u64(0), between, u64(duration)]]
		: [0, [u32(0, 0), between, u32(duration)]];
}

function mvhd(timescale: number, duration: number): Buffer {
	const [version, times] = timesAnd(u32(timescale), duration);
	// Speed and volume 1, ten reserved bytes, no rotation, six predefined fields, the next track's number.
	const rest = [u32(0x10000), u16(0x100), Buffer.alloc(10), NO_ROTATION, Buffer.alloc(24)];
	return fullBox('mvhd', version, 0, ...times, ...rest, u32(SOUND_ID + 1));
}

function tkhd(id: number, duration: number, isSound: boolean, shape: Buffer): Buffer {
	const [version, times] = timesAnd(u32(id, 0), duration);
	// Eight reserved bytes, layer, alternate group, volume, two reserved bytes, then matrix and size.
	const place = [Buffer.alloc(8), u16(0, isSound ? 1 : 0, isSound ? 0x100 : 0, 0)];
	return fullBox('tkhd', version, ENABLED_IN_MOVIE, ...times, ...place, shape);
}

/** One edit that begins at `mediaTime`; none where it would begin at 0. */
function edts(mediaTime: number, duration: number): Buffer[] {
	if (mediaTime === 0) return [];
	const isLongEdit = isLong(duration) || isLong(mediaTime * 2);
	const times = isLongEdit ? [u64(duration), u64(mediaTime)] : [u32(duration, mediaTime)];
	return [box('edts', fullBox('elst', isLongEdit ? 1 : 0, 0, u32(1), ...times, u32(0x10000)))];
}

function mdhd(timescale: number, duration: number, language: number): Buffer {
	const [version, times] = timesAnd(u32(timescale), duration);
	return fullBox('mdhd', version, 0, ...times, u16(language, 0));
}

const hdlr = (handler: string, name: string) =>
	fullBox('hdlr', 0, 0, u32(0), Buffer.from(`${handler}${'\0'.repeat(12)}${name}\0`, 'latin1'));

/** The data lies in this file (8.7.2). */
const dinf = () => box('dinf', fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, 1)));

function chunkTables({ offsets, counts, entries }: Chunks, base: number, hasLongOffsets: boolean) {
	const runsOfChunks: number[] = [];
	for (const [chunk, count] of counts.entries()) {
		const entry = (entries[chunk] ?? 0) + 1;
		if (chunk > 0 && count === counts[chunk - 1] && entry === (entries[chunk - 1] ?? 0) + 1)
			continue;
		runsOfChunks.push(chunk + 1, count, entry);
	}
	const stsc = table(runsOfChunks.length, (index) => runsOfChunks[index] ?? 0);
	stsc.writeUInt32BE(runsOfChunks.length / 3);
	const places = Buffer.alloc(4 + offsets.length * (hasLongOffsets ? 8 : 4));
	places.writeUInt32BE(offsets.length);
	for (const [chunk, offset] of offsets.entries()) {
		if (hasLongOffsets) places.writeBigUInt64BE(BigInt(base + offset), 4 + 8 * chunk);
		else places.writeUInt32BE(base + offset, 4 + 4 * chunk);
	}
	return [fullBox('stsc', 0, 0, stsc), fullBox(hasLongOffsets ? 'co64' : 'stco', 0, 0, places)];
}

const stsz = (sizes: Uint32Array) =>
	fullBox(
		'stsz',
		0,
		0,
		u32(0),
		table(sizes.length, (sample) => sizes[sample] ?? 0),
	);

const stsd = (entries: readonly Buffer[]) => fullBox('stsd', 0, 0, u32(entries.length), ...entries);

function pictureTables(track: PictureTrack): Buffer[] {
	const { formats, durations, shifts, isSync, sizes } = track;
	const tables = [stsd(formats.map(({ entry }) => entry)), fullBox('stts', 0, 0, runs(durations))];
	if (shifts.some((shift) => shift !== 0)) tables.push(fullBox('ctts', 0, 0, runs(shifts)));
	if (isSync.includes(0)) {
		const sync: number[] = [];
		isSync.forEach((is, sample) => {
			if (is) sync.push(sample + 1);
		});
		tables.push(
			fullBox(
				'stss',
				0,
				0,
				table(sync.length, (index) => sync[index] ?? 0),
			),
		);
	}
	return [...tables, stsz(sizes)];
}

/** `esds` (ISO/IEC 14496-14, 6.7) around an AudioSpecificConfig; bit rates are unknown and stay 0. */
function esds(config: Buffer, indication: number): Buffer {
	const descriptor = (tag: number, ...content: Buffer[]) => {
		const bytes = Buffer.concat(content);
		// Lengths of up to 28 bits, in four bytes (ISO/IEC 14496-1, 8.3.3).
		const length = [21, 14, 7, 0].map((shift, index) => {
			const bits = (bytes.length >> shift) & 0x7f;
			return index < 3 ? bits | 0x80 : bits;
		});
		return Buffer.concat([Buffer.from([tag, ...length]), bytes]);
	};
	const specific = descriptor(5, config);
	// An audio stream (type 5), upstream bit 0, reserved bit 1; buffer size and bit rates in 11 bytes.
	const decoder = descriptor(4, Buffer.from([indication, 0x15]), Buffer.alloc(11), specific);
	const sync = descriptor(6, Buffer.from([2]));
	return fullBox('esds', 0, 0, descriptor(3, u16(SOUND_ID), Buffer.alloc(1), decoder, sync));
}

/** A plain AudioSampleEntry (12.2.3) for AAC, whatever variant the clip had; else the clip's own. */
function soundEntry({ model }: SoundTrack): Buffer {
	const { aac, channels, sampleRate, entry } = model.format;
	if (!aac) return entry;
	const rate = sampleRate < 2 ** 16 ? sampleRate * 2 ** 16 : 0;
	const fields = [Buffer.alloc(6), u16(1), Buffer.alloc(8), u16(channels, 16, 0, 0), u32(rate)];
	return box('mp4a', ...fields, esds(aac.config, aac.indication));
}

function soundSizes(clips: readonly Clip[], { model, parts, frames }: SoundTrack): Uint32Array {
	const sizes = new Uint32Array(frames);
	const silence = model.format.silence?.length ?? 0;
	let at = 0;
	for (const [position, { silenceBefore, from, to, silenceAfter }] of parts.entries()) {
		sizes.fill(silence, at, at + silenceBefore);
		at += silenceBefore;
		const own = clips[position]?.sound?.samples.sizes.subarray(from, to);
		if (own) sizes.set(own, at);
		at += to - from;
		sizes.fill(silence, at, at + silenceAfter);
		at += silenceAfter;
	}
	return sizes;
}

function soundTables(clips: readonly Clip[], track: SoundTrack): Buffer[] {
	const durations = new Uint32Array(track.frames).fill(track.model.frameTicks);
	return [
		stsd([soundEntry(track)]),
		fullBox('stts', 0, 0, runs(durations)),
		stsz(soundSizes(clips, track)),
	];
}

interface TrackBoxes {
	tkhd: Buffer;
	edts: Buffer[];
	mdhd: Buffer;
	hdlr: Buffer;
	/** `vmhd` or `smhd` (12.1.2, 12.2.2). */
	header: Buffer;
	tables: Buffer[];
}

function trak({ tkhd: head, edts: edits, mdhd: media, hdlr: handler, header, tables }: TrackBoxes) {
	const minf = box('minf', header, dinf(), box('stbl', ...tables));
	return box('trak', head, ...edits, box('mdia', media, handler, minf));
}

function pictureTrak(clips: readonly Clip[], track: PictureTrack, chunkBoxes: Buffer[]): Buffer {
	const duration = Math.round(track.starts.at(-1) ?? 0);
	const first = clips[0]?.picture;
	const size = u32((first?.shownWidth ?? 0) * 2 ** 16, (first?.shownHeight ?? 0) * 2 ** 16);
	const shape = Buffer.concat([first?.matrix ?? NO_ROTATION, size]);
	return trak({
		tkhd: tkhd(PICTURE_ID, duration, false, shape),
		edts: edts(track.mediaTime, duration),
		mdhd: mdhd(track.timescale, duration, first?.language ?? 0),
		hdlr: hdlr('vide', 'VideoHandler'),
		header: fullBox('vmhd', 0, 1, Buffer.alloc(8)),
		tables: [...pictureTables(track), ...chunkBoxes],
	});
}

function soundTrak(
	clips: readonly Clip[],
	track: SoundTrack,
	timescale: number,
	chunkBoxes: Buffer[],
): Buffer {
	const { model, frames, priming } = track;
	const ticks = frames * model.frameTicks;
	const duration = Math.round(((ticks - priming) * timescale) / model.timescale);
	return trak({
		tkhd: tkhd(SOUND_ID, duration, true, Buffer.concat([NO_ROTATION, u32(0, 0)])),
		edts: edts(priming, duration),
		mdhd: mdhd(model.timescale, ticks, model.language),
		hdlr: hdlr('soun', 'SoundHandler'),
		header: fullBox('smhd', 0, 0, Buffer.alloc(4)),
		tables: [...soundTables(clips, track), ...chunkBoxes],
	});
}

function moov({ clips, picture, sound, layout }: Parts, base: number, hasLongOffsets: boolean) {
	const duration = Math.round(picture.starts.at(-1) ?? 0);
	const chunkBoxes = (chunks: Chunks) => chunkTables(chunks, base, hasLongOffsets);
	const traks = [pictureTrak(clips, picture, chunkBoxes(layout.picture))];
	if (sound) traks.push(soundTrak(clips, sound, picture.timescale, chunkBoxes(layout.sound)));
	return box('moov', mvhd(picture.timescale, duration), ...traks);
}

function ftyp({ formats }: PictureTrack): Buffer {
	const isAvc = formats.every(({ avc }) => avc);
	const brands = ['isom', 'iso2', ...(isAvc ? ['avc1'] : []), 'mp41'];
	return box('ftyp', Buffer.from('isom'), u32(512), Buffer.from(brands.join('')));
}

/** All bytes in front of the film's data. Offsets in `moov` depend on its length, but not the reverse. */
export function writeHead(parts: Parts): Buffer {
	const type = ftyp(parts.picture);
	const { bytes } = parts.layout;
	const hasLongData = isLong(bytes + HEADER_BYTES);
	const dataHeader = hasLongData
		? Buffer.concat([u32(1), Buffer.from('mdat'), u64(bytes + LONG_HEADER_BYTES)])
		: Buffer.concat([u32(bytes + HEADER_BYTES), Buffer.from('mdat')]);
	const baseOf = (index: Buffer) => type.length + index.length + dataHeader.length;
	// First with offsets of any value, to learn the length.
	let hasLongOffsets = isLong(bytes);
	let index = moov(parts, 0, hasLongOffsets);
	if (!hasLongOffsets && isLong(baseOf(index) + bytes)) {
		hasLongOffsets = true;
		index = moov(parts, 0, true);
	}
	return Buffer.concat([type, moov(parts, baseOf(index), hasLongOffsets), dataHeader]);
}
