/** Clips that are refused: each cause by itself, with the values that the message needs. */
import { checkFit } from '../../../nodes/JoinVideos/mp4/fit';
import { boxesIn } from './readMp4';
import { box, replaced, takeApart, together, u32 } from './surgery';
import { clipBytes, joined, joinedClips, parsed, refusalOf } from './support';

const source = clipBytes('a');
const parts = takeApart(source);

/** The clip with a change in its index. */
const changed = (type: string, change: (content: Buffer) => Buffer[] | undefined) =>
	together({ ...parts, moov: replaced(parts.moov, type, change) }, (index) => [
		parts.ftyp,
		index,
		box('mdat', parts.data),
	]);

/** Only the first track's box of this type. */
function first(change: (content: Buffer) => Buffer[] | undefined) {
	let seen = 0;
	return (content: Buffer) => (seen++ === 0 ? change(content) : undefined);
}

const edited = (content: Buffer, edits: number[][]) =>
	box('elst', Buffer.from(content.subarray(0, 4)), u32(edits.length, ...edits.flat()));
const NORMAL = 0x10000;
const EMPTY = 0xffffffff;

describe('one clip', () => {
	test.each([
		['an empty file', Buffer.alloc(0), { reason: 'empty' }],
		['text', Buffer.from('Not a video at all'), { reason: 'notMp4', found: 'text' }],
		['a web page', Buffer.from('<!DOCTYPE html><p>404'), { reason: 'notMp4', found: 'a web page' }],
		[
			'a PNG',
			Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1'),
			{ reason: 'notMp4', found: 'an image' },
		],
		[
			'a JPEG',
			Buffer.from('\xff\xd8\xff\xe0\0\x10JFIF\0\0', 'latin1'),
			{ reason: 'notMp4', found: 'an image' },
		],
		[
			'a HEIC',
			box('ftyp', Buffer.from('heic\0\0\0\0mif1')),
			{ reason: 'notMp4', found: 'an image' },
		],
		[
			'a WebM',
			Buffer.from('\x1a\x45\xdf\xa3\x01\0\0\0\0\0\0\x1f', 'latin1'),
			{ reason: 'notMp4', found: 'a WebM or Matroska video' },
		],
		['an AVI', Buffer.from('RIFF\0\0\0\0AVI LIST'), { reason: 'notMp4', found: 'an AVI video' }],
		['a WAV', Buffer.from('RIFF\0\0\0\0WAVEfmt '), { reason: 'notMp4', found: 'a sound file' }],
		[
			'noise',
			Buffer.from('00112233445566778899aabbccddeeff', 'hex'),
			{ reason: 'notMp4', found: 'a file of another type' },
		],
		[
			'less than a header',
			Buffer.from('\0\0'),
			{ reason: 'notMp4', found: 'a file of another type' },
		],
		[
			'no index',
			Buffer.concat([parts.ftyp, box('mdat', parts.data)]),
			{ reason: 'cutBeforeIndex' },
		],
		['an index that is cut off', source.subarray(0, 1_000), { reason: 'cutBeforeIndex' }],
		[
			'an index of 65 MB',
			Buffer.concat([parts.ftyp, u32(65 * 2 ** 20), Buffer.from('moov')]),
			{ reason: 'indexTooLarge', bytes: 65 * 2 ** 20 - 8, limit: 64 * 2 ** 20 },
		],
		['a compressed index', box('moov', box('cmov')), { reason: 'compressedIndex' }],
		['data cut off', source.subarray(0, source.length - 10), { reason: 'dataMissing', bytes: 10 }],
		['fragments', clipBytes('fragmented'), { reason: 'fragmented' }],
		['fragments behind a filled index', clipBytes('two-fragments'), { reason: 'fragmented' }],
		['encryption', clipBytes('protected'), { reason: 'encrypted', format: 'encv' }],
		['sound alone', clipBytes('sound-only'), { reason: 'noPicture' }],
	])('%s', async (_name, file, refusal) => {
		expect(await refusalOf(parsed(file))).toEqual(refusal);
	});

	test('fragments announced, with an empty index', async () => {
		const fragmented = clipBytes('fragmented');
		const boxes = boxesIn(fragmented).filter(({ type }) => type === 'ftyp' || type === 'moov');
		const file = Buffer.concat(boxes.map(({ type, content }) => box(type, content)));
		expect(await refusalOf(parsed(file))).toEqual({ reason: 'fragmented' });
	});

	test('trimmed at the start, by how much', async () => {
		expect(await refusalOf(parsed(clipBytes('trimmed')))).toEqual({
			reason: 'trimmed',
			atStart: expect.closeTo(0.3, 3),
			atEnd: 0,
		});
	});

	const withEdits = (edits: number[][]) =>
		parsed(
			changed(
				'elst',
				first((content) => [edited(content, edits)]),
			),
		);

	test.each([
		['trimmed at the end', [[1_500, 1024, NORMAL]], { reason: 'trimmed', atStart: 0, atEnd: 0.5 }],
		[
			'several edits',
			[
				[1_000, 1024, NORMAL],
				[1_000, 13_312, NORMAL],
			],
			{ reason: 'edited', what: 'several edits' },
		],
		['another speed', [[2_000, 1024, NORMAL / 2]], { reason: 'edited', what: 'another speed' }],
		[
			'a late picture',
			[
				[500, EMPTY, NORMAL],
				[2_000, 1024, NORMAL],
			],
			{ reason: 'edited', what: 'late picture' },
		],
	])('%s', async (_name, edits, refusal) => {
		expect(await refusalOf(withEdits(edits))).toEqual(refusal);
	});

	test.each([
		['one frame at the start', [[1_958, 1536, NORMAL]]],
		['a frame at the end', [[1_958, 1024, NORMAL]]],
		[
			'a picture that is late by a frame',
			[
				[40, EMPTY, NORMAL],
				[2_000, 1024, NORMAL],
			],
		],
		['an edit to the end', [[0, 1024, NORMAL]]],
		[
			'an empty edit at the end',
			[
				[2_000, 1024, NORMAL],
				[500, EMPTY, NORMAL],
			],
		],
		['nothing but an empty edit', [[500, EMPTY, NORMAL]]],
		['no edit in the list', []],
	])('%s is let pass', async (_name, edits) => {
		expect((await withEdits(edits)).picture.samples.count).toBe(48);
	});

	test('a frame more than one is too much', async () => {
		expect(await refusalOf(withEdits([[1_900, 1024 + 512 + 13, NORMAL]]))).toMatchObject({
			reason: 'trimmed',
		});
	});

	test('encrypted sound', async () => {
		const file = changed('stsd', (content) =>
			content.includes('mp4a')
				? [box('stsd', Buffer.from(content.toString('latin1').replace('mp4a', 'enca'), 'latin1'))]
				: undefined,
		);
		expect(await refusalOf(parsed(file))).toEqual({ reason: 'encrypted', format: 'enca' });
		expect((await joined([file, source], false)).film.duration).toBe(4);
	});

	test('an unknown sound whose frames differ in length', async () => {
		let track = 0;
		const file = together(
			{
				...takeApart(clipBytes('mp3')),
				moov: replaced(takeApart(clipBytes('mp3')).moov, 'stts', (content) => {
					if (track++ === 0) return undefined;
					const count = content.readUInt32BE(8);
					return [box('stts', u32(0, 2, 1, 576, count, 1152))];
				}),
			},
			(index) => [
				takeApart(clipBytes('mp3')).ftyp,
				index,
				box('mdat', takeApart(clipBytes('mp3')).data),
			],
		);
		expect(await refusalOf(parsed(file))).toEqual({ reason: 'soundVaries' });
		expect((await joined([file, source], false)).film.duration).toBe(4);
	});

	test('a file size that is too small for a sample is told with the missing bytes', async () => {
		const file = changed(
			'stco',
			first((content) => {
				const copy = Buffer.from(content);
				copy.writeUInt32BE(4_000_000_000, 8 + 4 * (copy.readUInt32BE(4) - 1));
				return [box('stco', copy)];
			}),
		);
		const refusal = await refusalOf(parsed(file));
		expect(refusal).toMatchObject({ reason: 'dataMissing' });
		expect((refusal as { bytes: number }).bytes).toBeGreaterThan(3_999_000_000);
	});

	test('uncompressed sound, which has a frame for each of its samples', async () => {
		let seen = 0;
		const file = changed('stsz', () =>
			seen++ === 0 ? undefined : [box('stsz', u32(0, 4, 1_440_000))],
		);
		expect(await refusalOf(parsed(file))).toEqual({
			reason: 'tooManySoundFrames',
			count: 1_440_000,
			limit: 2 ** 20,
		});
		expect((await parsed(file, false)).sound).toBeUndefined();
	});

	test('samples that share bytes', async () => {
		const file = changed(
			'stco',
			first((content) => {
				const copy = Buffer.from(content);
				copy.copy(copy, 12, 8, 12);
				return [box('stco', copy)];
			}),
		);
		expect(await refusalOf(joined([source, file]))).toMatchObject({
			reason: 'damagedIndex',
			box: 'stco',
		});
	});
});

describe('two clips', () => {
	test.each([
		['size', 'wide', ['128 × 96', '192 × 96']],
		['shape', 'squeezed', ['128 × 96', '171 × 96']],
		['rotation', 'rotated', ['not rotated', 'rotated by 270°']],
		['codec', 'hevc', ['H.264 (avc1)', 'HEVC (hvc1)']],
		['sample rate', 'rate44100', ['48000 Hz', '44100 Hz']],
		['channel count', 'mono', ['2', '1']],
		['sound format', 'mp3', ['AAC-LC', 'MP3']],
		['sound format', 'ac3', ['AAC-LC', 'ac-3']],
	])('other %s (%s)', async (trait, name, values) => {
		const refusal = { reason: 'differ', trait, values };
		expect(await refusalOf(joinedClips('a', name))).toEqual({ ...refusal, clips: [0, 1] });
		expect(await refusalOf(joinedClips(name, 'a'))).toEqual({
			...refusal,
			clips: [0, 1],
			values: [...values].reverse(),
		});
		expect(await refusalOf(joinedClips('a', 'b', name, 'c'))).toEqual({
			...refusal,
			clips: [0, 2],
		});
	});

	test('the same size for a viewer, one of them rotated: the rotation is named', async () => {
		const clip = await parsed(source);
		const { picture } = clip;
		const matrix = Buffer.from(picture.matrix);
		[0, NORMAL, 0, -NORMAL, 0].forEach((value, at) => matrix.writeInt32BE(value, 4 * at));
		const [format] = picture.formats;
		if (!format) throw new Error('The clip has no format');
		const upright = {
			...picture,
			matrix,
			formats: [{ ...format, width: format.height, height: format.width }],
			shownWidth: picture.shownHeight,
			shownHeight: picture.shownWidth,
		};
		const fit = async () => checkFit([clip, { ...clip, picture: upright }], true);
		expect(await refusalOf(fit())).toEqual({
			reason: 'differ',
			trait: 'rotation',
			clips: [0, 1],
			values: ['not rotated', 'rotated by 90°'],
		});
	});

	test('sound of the same format whose frames have another length', async () => {
		const clip = await parsed(source);
		const { sound } = clip;
		if (!sound) throw new Error('The clip has no sound');
		const other = { ...clip, sound: { ...sound, timescale: sound.timescale * 2 } };
		await expect(refusalOf((async () => checkFit([clip, other], true))())).resolves.toEqual({
			reason: 'differ',
			trait: 'frame length',
			clips: [0, 1],
			values: [
				`${sound.frameTicks} of ${sound.timescale} a second`,
				`${sound.frameTicks} of ${sound.timescale * 2} a second`,
			],
		});
		expect(() => checkFit([clip, other], false)).not.toThrow();
	});

	test('the sound is compared with the first clip that has one', async () => {
		expect(await refusalOf(joinedClips('silent', 'a', 'mono'))).toMatchObject({
			trait: 'channel count',
			clips: [1, 2],
		});
	});

	test('other HEVC', async () => {
		expect(await refusalOf(joinedClips('hevc', 'hevc-other'))).toMatchObject({
			reason: 'differ',
			trait: 'decoder configuration',
		});
	});

	test('another size of NAL lengths', async () => {
		const file = changed('stsd', (content) => {
			const at = content.indexOf('avcC');
			if (at < 0) return undefined;
			const copy = Buffer.from(content);
			copy[at + 8] = 0xfd;
			return [box('stsd', copy)];
		});
		expect(await refusalOf(joined([source, file]))).toMatchObject({
			trait: 'NAL length size',
			values: ['4 bytes', '2 bytes'],
		});
	});

	test('another frame length', async () => {
		const file = changed('stsd', (content) => {
			// AudioSpecificConfig of AAC-LC, 48 kHz, stereo: 11 90; with the flag for 960 samples 11 94.
			const at = content.indexOf(Buffer.from('1190', 'hex'));
			if (at < 0) return undefined;
			const copy = Buffer.from(content);
			copy[at + 1] = 0x94;
			return [box('stsd', copy)];
		});
		expect(await refusalOf(joined([source, file]))).toMatchObject({
			trait: 'frame length',
			values: ['1024', '960'],
		});
		expect((await joined([file])).film.sound?.model.frameTicks).toBe(960);
		expect(await refusalOf(joined([file, clipBytes('silent')]))).toMatchObject({
			reason: 'noSilence',
		});
	});

	test('silence beside a format for which there is none', async () => {
		expect(await refusalOf(joinedClips('mp3', 'silent'))).toEqual({
			reason: 'noSilence',
			format: 'MP3 with 2 channels',
			seconds: expect.closeTo(2, 1),
		});
	});

	test.each(['mp3', 'ac3'])('equal %s is joined', async (name) => {
		const { film } = await joinedClips(name, name);
		expect(film.duration).toBe(4);
		expect(film.sound?.frames).toBeGreaterThan(100);
	});
});
