/** Files made to break a reader: always one of our refusals, in little time, with little memory. */
import fc from 'fast-check';
import { readClip } from '../../../nodes/JoinVideos/mp4/clip';
import { SetsChange } from '../../../nodes/JoinVideos/mp4/copy';
import { planFilm } from '../../../nodes/JoinVideos/mp4/film';
import { Refused } from '../../../nodes/JoinVideos/mp4/refusal';
import type { Refusal } from '../../../nodes/JoinVideos/mp4/refusal';
import { scan } from '../../../nodes/JoinVideos/mp4/scan';
import { boxesIn } from './readMp4';
import { box, replaced, takeApart, together, u32 } from './surgery';
import { clipBytes, copied, joined, parsed, pieces, refusalOf } from './support';

/** What a clip of a few kB may take; the slowest test machine is meant. */
const TIME_LIMIT_MS = 5_000;
const MEMORY_LIMIT_BYTES = 200_000_000;

const names = ['a', 'main', 'silent', 'late-sound', 'quicktime.mov', 'mp3', 'hevc', 'subtitles'];
const files = names.map(clipBytes);
const good = clipBytes('a');

/** Reads, plans and copies; true when it came to a film. Anything but a refusal is thrown on. */
async function survives(file: Buffer): Promise<boolean> {
	try {
		const known = readClip(await scan(pieces(file), file.length));
		const unknown = readClip(await scan(pieces(file)));
		const clips = [known, await parsed(good), unknown];
		const make = async (needsSetsInside: boolean) => {
			const film = planFilm(clips, true, needsSetsInside);
			const bytes = await copied(film, [file, good, file]);
			expect(bytes.length).toBe(film.bytes);
		};
		await make(false).catch(async (cause: unknown) => {
			// As the node does: damaged bytes may look like other parameter sets inside the samples.
			if (!(cause instanceof SetsChange)) throw cause;
			await make(true);
		});
		return true;
	} catch (cause) {
		if (cause instanceof Refused) return false;
		throw cause;
	}
}

/** Where the index of a file lies, so that changes hit it more often than the data. */
const indexOf = (file: Buffer) => boxesIn(file).find(({ type }) => type === 'moov')!;

const nasty = fc.constantFrom(
	0,
	1,
	2,
	7,
	8,
	0x7f,
	0x80,
	0xff,
	0xffff,
	0x10000,
	0x7fffffff,
	0x80000000,
	0xfffffffe,
	0xffffffff,
);

describe('property', () => {
	test('numbers changed anywhere in the index', async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.nat(files.length - 1),
				fc.array(fc.tuple(fc.nat(), fc.oneof(nasty, fc.nat(0xffffffff))), {
					minLength: 1,
					maxLength: 4,
				}),
				async (which, changes) => {
					const file = Buffer.from(files[which]!);
					const { at, content } = indexOf(file);
					for (const [where, value] of changes) {
						file.writeUInt32BE(value, at + (where % (content.length + 4)));
					}
					await survives(file);
				},
			),
			{ numRuns: 2_000 },
		);
	}, 300_000);

	test('the fields of boxes changed, one at a time', async () => {
		// Every 32-bit field of the index, with the values that hurt most.
		let films = 0;
		for (const file of files.slice(0, 2)) {
			const { at, content } = indexOf(file);
			for (let field = at; field < at + content.length; field += 4) {
				for (const value of [0, 0xffffffff]) {
					const copy = Buffer.from(file);
					copy.writeUInt32BE(value, field);
					if (await survives(copy)) films += 1;
				}
			}
		}
		// Some fields do not matter; were there no film at all, the test would try nothing.
		expect(films).toBeGreaterThan(50);
	}, 300_000);

	test('bytes dropped, doubled and swapped', async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.nat(files.length - 1),
				fc.nat(),
				fc.nat(200),
				fc.constantFrom('drop', 'double', 'zero'),
				async (which, where, length, how) => {
					const file = files[which]!;
					const at = where % file.length;
					const [head, piece, rest] = [
						file.subarray(0, at),
						file.subarray(at, at + length),
						file.subarray(at + length),
					];
					const middle = { drop: [], double: [piece, piece], zero: [Buffer.alloc(piece.length)] }[
						how
					];
					await survives(Buffer.concat([head, ...middle, rest]));
				},
			),
			{ numRuns: 1_000, examples: [[2, 1_730_812_153, 174, 'double']] },
		);
	}, 300_000);

	test('anything behind a good beginning', async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.array(
					fc.tuple(
						fc.constantFrom('moov', 'trak', 'mdat', 'free', 'uuid', 'moof', 'ftyp', 'mdia'),
						fc.oneof(nasty, fc.nat(100)),
						fc.uint8Array({ maxLength: 60 }),
					),
					{ maxLength: 8 },
				),
				async (boxes) => {
					const bytes = boxes.map(([type, size, content]) =>
						Buffer.concat([u32(size), Buffer.from(type), content]),
					);
					expect(await survives(Buffer.concat(bytes))).toBe(false);
				},
			),
			{ numRuns: 1_000 },
		);
	});
});

const parts = takeApart(good);
const withIndex = (moov: Buffer) =>
	together({ ...parts, moov }, (index) => [parts.ftyp, index, box('mdat', parts.data)]);
/** The index as it is; no offsets are moved. */
const withRawIndex = (moov: Buffer) => Buffer.concat([parts.ftyp, moov, box('mdat', parts.data)]);
const withTable = (type: string, content: Buffer) =>
	withIndex(replaced(parts.moov, type, () => [box(type, content)]));
const nested = (depth: number, type: string): Buffer =>
	Array.from({ length: depth }).reduce<Buffer>((inner) => box(type, inner), box('free'));
const sized = (type: string, size: number, content = Buffer.alloc(0)) =>
	Buffer.concat([u32(size), Buffer.from(type), content]);
const count = 48;

/** Broken, but not where it matters: the runs cover all samples, nothing plays in the edits. */
const HARMLESS = [
	'mdhd of an unknown version',
	'stts with a huge run',
	'elst with a million empty edits',
];

const CORPUS: Record<string, () => Buffer> = {
	'box size 0 in the index': () => withRawIndex(box('moov', sized('trak', 0, Buffer.alloc(50)))),
	'box size 1 without a long size': () => withRawIndex(box('moov', sized('trak', 1))),
	'box size 2 to 7': () => withRawIndex(box('moov', sized('trak', 7, Buffer.alloc(50)))),
	'huge box size': () => withRawIndex(box('moov', sized('trak', 0xffffffff, Buffer.alloc(50)))),
	'long size 0': () => withRawIndex(box('moov', sized('trak', 1, Buffer.alloc(50)))),
	'long size that is negative': () =>
		withRawIndex(box('moov', sized('trak', 1, Buffer.from('ffffffffffffffff', 'hex')))),
	'top-level size 3': () =>
		Buffer.concat([parts.ftyp, sized('free', 3, Buffer.alloc(50)), parts.moov]),
	'top-level long size 0': () => Buffer.concat([parts.ftyp, sized('mdat', 1, Buffer.alloc(50))]),
	'top-level long size that is negative': () =>
		Buffer.concat([parts.ftyp, sized('mdat', 1, Buffer.from('ffffffffffffffff', 'hex'))]),
	'deep nesting': () => withRawIndex(nested(5_000, 'moov')),
	'deep nesting of tracks': () => withRawIndex(box('moov', nested(5_000, 'trak'))),
	'half a million empty boxes': () =>
		withRawIndex(box('moov', Buffer.alloc(4_000_000, box('free')))),
	'half a million empty tracks': () =>
		withRawIndex(box('moov', Buffer.alloc(4_000_000, box('trak')))),
	'an index in the index': () => withRawIndex(box('moov', parts.moov, parts.moov)),
	'no time scale': () => withTable('mdhd', Buffer.alloc(24)),
	'mdhd of an unknown version': () => withTable('mdhd', Buffer.alloc(24, 0x7f)),
	'stts with no entry': () => withTable('stts', u32(0, 0)),
	'stts that promises entries': () => withTable('stts', u32(0, 0x10000000, count, 512)),
	'stts with a huge run': () => withTable('stts', u32(0, 1, 0xffffffff, 512)),
	'stts with negative durations': () => withTable('stts', u32(0, 1, count, 0xffffffff)),
	'stts with durations of nothing': () => withTable('stts', u32(0, 1, 200, 0)),
	'stts with durations of years': () => withTable('stts', u32(0, 1, 200, 0x7fffffff)),
	'ctts that promises entries': () => withTable('ctts', u32(0, 0xffffffff, count, 512)),
	'ctts with huge runs': () => withTable('ctts', u32(0, 2, 0xffffffff, 5, 0xffffffff, 5)),
	'ctts with huge offsets': () => withTable('ctts', u32(0, 2, 1, 0x7fffffff, 47, 0x80000000)),
	'stss beyond the samples': () => withTable('stss', u32(0, 1, 4_000_000)),
	'stss with sample 0': () => withTable('stss', u32(0, 1, 0)),
	'stss that promises entries': () => withTable('stss', u32(0, 0xffffffff, 1)),
	'stsz that promises samples': () => withTable('stsz', u32(0, 0, 0xffffffff)),
	'stsz with one size for four billion samples': () => withTable('stsz', u32(0, 1, 0xffffffff)),
	'stsz with one size for a million samples': () => withTable('stsz', u32(0, 1, 2 ** 20)),
	'stsz with huge sizes': () => withTable('stsz', u32(0, 0xffffffff, count)),
	'stz2 of no width': () =>
		withIndex(replaced(parts.moov, 'stsz', () => [box('stz2', u32(0, 0, count))])),
	'no sample sizes': () => withIndex(replaced(parts.moov, 'stsz', () => [])),
	'stsc with no entry': () => withTable('stsc', u32(0, 0)),
	'stsc that ends early': () => withTable('stsc', u32(0, 1, 1, 1, 1)),
	'stsc that begins late': () => withTable('stsc', u32(0, 1, 5, 1, 1)),
	'stsc in a loop': () => withTable('stsc', u32(0, 3, 1, 1, 1, 2, 1, 1, 1, 1, 1)),
	'stsc with empty chunks': () => withTable('stsc', u32(0, 1, 1, 0, 1)),
	'stsc with huge chunks': () => withTable('stsc', u32(0, 1, 1, 0xffffffff, 1)),
	'stsc with huge steps': () => withTable('stsc', u32(0, 2, 1, 0, 1, 0xffffffff, 1, 1)),
	'stsc with sample entry 0': () => withTable('stsc', u32(0, 1, 1, 1000, 0)),
	'stsc with a sample entry that is not there': () => withTable('stsc', u32(0, 1, 1, 1000, 77)),
	'stco that promises entries': () =>
		withRawIndex(replaced(parts.moov, 'stco', () => [box('stco', u32(0, 0xffffffff, 1))])),
	'co64 beyond the file': () =>
		withIndex(replaced(parts.moov, 'stco', () => [box('co64', u32(0, 1, 1, 0))])),
	'co64 beyond any file': () =>
		withIndex(replaced(parts.moov, 'stco', () => [box('co64', u32(0, 1, 0xffffffff, 0))])),
	'no chunk offsets': () => withIndex(replaced(parts.moov, 'stco', () => [])),
	'elst that promises entries': () => withTable('elst', u32(0, 0xffffffff, 0, 0)),
	'elst with a million empty edits': () =>
		withTable(
			'elst',
			Buffer.concat([u32(0, 10 ** 6), Buffer.alloc(12 * 10 ** 6, u32(9, 0xffffffff, 1))]),
		),
	'elst with a huge media time': () => withTable('elst', u32(0, 1, 2_000, 0x7fffffff, 0x10000)),
	'elst with a negative media time': () => withTable('elst', u32(0, 1, 2_000, 0x80000000, 0x10000)),
	'stsd without entries': () => withTable('stsd', u32(0, 0)),
	'stsd with a short entry': () =>
		withTable('stsd', Buffer.concat([u32(0, 1), box('avc1', u32(1))])),
	'stsd with a long entry': () =>
		withTable('stsd', Buffer.concat([u32(0, 1), box('avc1', Buffer.alloc(70_000))])),
	'avcC that promises sets': () =>
		withTable(
			'stsd',
			Buffer.concat([u32(0, 1), box('avc1', Buffer.alloc(78), box('avcC', Buffer.alloc(7, 0xff)))]),
		),
	'avcC with sets of 60 kB': () =>
		withTable(
			'stsd',
			Buffer.concat([
				u32(0, 1),
				box(
					'avc1',
					Buffer.alloc(78),
					box('avcC', Buffer.from('0164001effe1ea60', 'hex'), Buffer.alloc(60_001)),
				),
			]),
		),
	'esds that promises descriptors': () =>
		withTable(
			'stsd',
			Buffer.concat([u32(0, 1), box('mp4a', Buffer.alloc(28), box('esds', Buffer.alloc(9, 0xff)))]),
		),
	'esds of zeros': () =>
		withTable(
			'stsd',
			Buffer.concat([u32(0, 1), box('mp4a', Buffer.alloc(28), box('esds', Buffer.alloc(30)))]),
		),
	'hdlr that is cut off': () => withTable('hdlr', u32(0)),
	'tkhd that is cut off': () => withTable('tkhd', u32(3, 0, 0)),
};

/** All but those that are about something else, such as sound or another codec. */
const REASONS: Array<Refusal['reason']> = [
	'cutBeforeIndex',
	'damagedIndex',
	'dataMissing',
	'edited',
	'noPicture',
	'tooLong',
	'tooManySamples',
	'trimmed',
];

test.each(Object.entries(CORPUS))('%s', async (name, make) => {
	const file = make();
	const before = process.memoryUsage();
	const startedAt = performance.now();
	const work = joined([file, good]);
	const refusal = HARMLESS.includes(name) ? (await work) && undefined : await refusalOf(work);
	expect(performance.now() - startedAt).toBeLessThan(TIME_LIMIT_MS);
	const { arrayBuffers, heapUsed } = process.memoryUsage();
	expect(arrayBuffers + heapUsed - before.arrayBuffers - before.heapUsed).toBeLessThan(
		MEMORY_LIMIT_BYTES,
	);
	if (refusal) expect(REASONS).toContain(refusal.reason);
});

test('a day is the limit', async () => {
	const without = replaced(parts.moov, 'elst', () => []);
	const long = withIndex(
		replaced(without, 'stts', () => [box('stts', u32(0, 1, 200, 12_288 * 100))]),
	);
	const { film } = await joined([long, good]);
	expect(film.duration).toBeGreaterThan(4_800);
	const clips = Array<Buffer>(20).fill(long);
	expect(await refusalOf(joined(clips))).toEqual({
		reason: 'tooLong',
		seconds: expect.any(Number),
		limit: 86_400,
	});
});
