/**
 * A second reader of MP4, written separately from the node's and much simpler: it trusts the file and makes
 * an object of each sample. The tests compare a film with its clips through it.
 * @see ISO/IEC 14496-12
 */

export interface Sample {
	bytes: Buffer;
	/** Seconds, as presented: the edit list is applied. */
	start: number;
	decodeTicks: number;
	ticks: number;
	offset: number;
	isSync: boolean;
	/** Sample entry, from 1 on. */
	entry: number;
}

export interface Track {
	handler: string;
	timescale: number;
	samples: Sample[];
	/** Media time and seconds of the one edit. */
	edit?: { mediaTime: number; seconds: number };
	entries: Buffer[];
	/** Contents of the boxes of `stbl` by type. */
	tables: Map<string, Buffer>;
	/** Version of `mdhd`. */
	version: number;
}

export interface Mp4 {
	/** Types of the top-level boxes in order. */
	boxes: string[];
	brands: string;
	timescale: number;
	seconds: number;
	tracks: Track[];
}

export interface RawBox {
	type: string;
	content: Buffer;
	at: number;
}

export function boxesIn(bytes: Buffer): RawBox[] {
	const found: RawBox[] = [];
	for (let at = 0; at + 8 <= bytes.length; ) {
		let size = bytes.readUInt32BE(at);
		let head = 8;
		if (size === 1) {
			size = Number(bytes.readBigUInt64BE(at + 8));
			head = 16;
		} else if (size === 0) size = bytes.length - at;
		const type = bytes.toString('latin1', at + 4, at + 8);
		found.push({ type, content: bytes.subarray(at + head, at + size), at });
		at += size;
	}
	return found;
}

export const contentOf = (bytes: Buffer, ...path: string[]): Buffer =>
	path.reduce((content, type) => {
		const box = boxesIn(content).find((candidate) => candidate.type === type);
		if (!box) throw new Error(`no ${type}`);
		return box.content;
	}, bytes);

const numbers = (bytes: Buffer, from: number, count: number) =>
	Array.from({ length: count }, (_, index) => bytes.readUInt32BE(from + 4 * index));

function runs(table: Buffer): number[] {
	const values: number[] = [];
	for (let run = 0; run < table.readUInt32BE(4); run++) {
		const [count = 0, value = 0] = numbers(table, 8 + 8 * run, 2);
		for (let index = 0; index < count; index++) values.push(value);
	}
	return values;
}

function places(tables: Map<string, Buffer>, sizes: number[]) {
	const stsc = tables.get('stsc')!;
	const co64 = tables.get('co64');
	const stco = co64 ?? tables.get('stco')!;
	const runsOfChunks = Array.from({ length: stsc.readUInt32BE(4) }, (_, run) =>
		numbers(stsc, 8 + 12 * run, 3),
	);
	const found: Array<{ offset: number; entry: number }> = [];
	for (let chunk = 0; chunk < stco.readUInt32BE(4); chunk++) {
		let offset = co64
			? Number(co64.readBigUInt64BE(8 + 8 * chunk))
			: stco.readUInt32BE(8 + 4 * chunk);
		const [, count = 0, entry = 1] = runsOfChunks
			.filter(([first = 0]) => first <= chunk + 1)
			.at(-1)!;
		for (let index = 0; index < count; index++) {
			found.push({ offset, entry });
			offset += sizes[found.length - 1]!;
		}
	}
	return found;
}

function readTrack(file: Buffer, trak: Buffer, movieTimescale: number): Track {
	const mdhd = contentOf(trak, 'mdia', 'mdhd');
	const timescale = mdhd.readUInt32BE(mdhd[0] === 1 ? 20 : 12);
	const stbl = contentOf(trak, 'mdia', 'minf', 'stbl');
	const tables = new Map(boxesIn(stbl).map(({ type, content }) => [type, content]));
	const stsz = tables.get('stsz')!;
	const count = stsz.readUInt32BE(8);
	const constant = stsz.readUInt32BE(4);
	const sizes = constant ? Array<number>(count).fill(constant) : numbers(stsz, 12, count);
	const sync = tables.get('stss');
	const syncNumbers = sync && new Set(numbers(sync, 8, sync.readUInt32BE(4)));
	const shifts = tables.has('ctts') ? runs(tables.get('ctts')!) : [];
	const elst = boxesIn(trak).some(({ type }) => type === 'edts')
		? contentOf(trak, 'edts', 'elst')
		: undefined;
	const at = elst && (elst[0] === 1 ? 16 : 12);
	const edit = elst && {
		mediaTime: elst[0] === 1 ? Number(elst.readBigInt64BE(16)) : elst.readInt32BE(12),
		seconds:
			(elst[0] === 1 ? Number(elst.readBigUInt64BE(8)) : elst.readUInt32BE(8)) / movieTimescale,
	};
	if (at !== undefined && elst!.readUInt32BE(4) !== 1) throw new Error('several edits');
	const durations = runs(tables.get('stts')!);
	let time = 0;
	const samples = places(tables, sizes).map(({ offset, entry }, index): Sample => {
		const decodeTicks = time;
		time += durations[index]!;
		return {
			bytes: file.subarray(offset, offset + sizes[index]!),
			start: (decodeTicks + ((shifts[index] ?? 0) | 0) - (edit?.mediaTime ?? 0)) / timescale,
			decodeTicks,
			ticks: durations[index]!,
			offset,
			isSync: syncNumbers?.has(index + 1) ?? true,
			entry,
		};
	});
	const entries = boxesIn(tables.get('stsd')!.subarray(8)).map(({ content }) => content);
	const handler = contentOf(trak, 'mdia', 'hdlr').toString('latin1', 8, 12);
	return { handler, timescale, samples, edit, entries, tables, version: mdhd[0]! };
}

export function readMp4(file: Buffer): Mp4 {
	const moov = contentOf(file, 'moov');
	const mvhd = contentOf(moov, 'mvhd');
	const isLong = mvhd[0] === 1;
	const timescale = mvhd.readUInt32BE(isLong ? 20 : 12);
	const ticks = isLong ? Number(mvhd.readBigUInt64BE(24)) : mvhd.readUInt32BE(16);
	return {
		boxes: boxesIn(file).map(({ type }) => type),
		brands: contentOf(file, 'ftyp').toString('latin1'),
		timescale,
		seconds: ticks / timescale,
		tracks: boxesIn(moov)
			.filter(({ type }) => type === 'trak')
			.map(({ content }) => readTrack(file, content, timescale)),
	};
}

export const trackOf = ({ tracks }: Mp4, handler: 'vide' | 'soun'): Track => {
	const track = tracks.find((candidate) => candidate.handler === handler);
	if (!track) throw new Error(`no ${handler} track`);
	return track;
};
