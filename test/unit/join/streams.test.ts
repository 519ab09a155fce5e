/** Clips as streams: any size of pieces, cut off at any byte, broken midway. */
import { copyFilm } from '../../../nodes/JoinVideos/mp4/copy';
import { planFilm } from '../../../nodes/JoinVideos/mp4/film';
import { readClip } from '../../../nodes/JoinVideos/mp4/clip';
import { Refused } from '../../../nodes/JoinVideos/mp4/refusal';
import { scan } from '../../../nodes/JoinVideos/mp4/scan';
import { boxesIn } from './readMp4';
import { clipBytes, copied, joined, parsed, pieces, refusalOf } from './support';

const files = ['a', 'main', 'silent'].map(clipBytes);

test.each([1, 3, 1000, 2 ** 20])('pieces of %i bytes give the same film', async (size) => {
	const expected = await joined(files);
	const clips = [];
	for (const file of files) clips.push(readClip(await scan(pieces(file, size), file.length)));
	expect((await copied(planFilm(clips, true), files, size)).equals(expected.bytes)).toBe(true);
});

test('pieces that are no buffers, and empty ones', async () => {
	const [file] = files;
	async function* odd() {
		yield new Uint8Array(0);
		yield new Uint8Array(file!.subarray(0, 100));
		yield new Uint8Array(0);
		yield new Uint8Array(file!.subarray(100));
	}
	expect((await scan(odd())).index.bytes).toEqual((await scan(pieces(file!))).index.bytes);
});

test.each(['a', 'silent'])('%s, cut off at any byte, is refused in our words', async (name) => {
	const file = clipBytes(name);
	const reasons = new Set<string>();
	for (let length = 0; length < file.length; length += 1) {
		const cut = file.subarray(0, length);
		reasons.add((await refusalOf(parsed(cut))).reason);
	}
	expect([...reasons].sort()).toEqual(['cutBeforeIndex', 'dataMissing', 'empty', 'notMp4']);
});

test('cut off where the size is unknown: refused while it is copied, with the missing bytes', async () => {
	const [file = Buffer.alloc(0)] = files;
	const cut = file.subarray(0, file.length - 100);
	const clip = readClip(await scan(pieces(cut)));
	const film = planFilm([clip], true);
	const work = copied(film, [cut]);
	await expect(work).rejects.toMatchObject({ clip: 0 });
	expect(await refusalOf(work)).toEqual({ reason: 'dataMissing', bytes: expect.any(Number) });
});

test('a clip that changed between the passes is refused, not padded', async () => {
	const film = planFilm([await parsed(files[0]!), await parsed(files[1]!)], true);
	const work = copied(film, [files[0]!, files[1]!.subarray(0, 3_000)]);
	expect(await refusalOf(work)).toMatchObject({ reason: 'dataMissing' });
	await expect(work).rejects.toMatchObject({ clip: 1 });
});

test('an error of the stream comes through as it is, and the stream is closed', async () => {
	const film = planFilm([await parsed(files[0]!)], true);
	let closed = 0;
	async function* broken() {
		try {
			yield files[0]!.subarray(0, 3_500);
			throw new Error('the disk is gone');
		} finally {
			closed += 1;
		}
	}
	const parts: Buffer[] = [];
	const work = (async () => {
		for await (const part of copyFilm(film, async () => broken())) parts.push(part);
	})();
	await expect(work).rejects.toThrow('the disk is gone');
	await expect(work).rejects.not.toBeInstanceOf(Refused);
	expect(closed).toBe(1);
	expect(Buffer.concat(parts).length).toBeLessThan(film.bytes);
});

test('never more than one clip is open, and none stays open', async () => {
	const clips = [];
	let open = 0;
	let most = 0;
	async function* counted(file: Buffer) {
		open += 1;
		most = Math.max(most, open);
		try {
			yield* pieces(file, 500);
		} finally {
			open -= 1;
		}
	}
	for (const file of files) clips.push(readClip(await scan(counted(file), file.length)));
	expect(open).toBe(0);
	const film = planFilm(clips, true);
	let bytes = 0;
	for await (const part of copyFilm(film, async (clip) => counted(files[clip]!))) {
		bytes += part.length;
		expect(open).toBeLessThanOrEqual(1);
	}
	expect(bytes).toBe(film.bytes);
	expect([open, most]).toEqual([0, 1]);
});

test('who stops taking the film closes the clip', async () => {
	let closed = false;
	async function* watched() {
		try {
			yield* pieces(files[0]!, 500);
		} finally {
			closed = true;
		}
	}
	const film = planFilm([await parsed(files[0]!)], true);
	const stream = copyFilm(film, async () => watched());
	for (let taken = 0; taken < 3; taken++) expect((await stream.next()).done).toBe(false);
	await stream.return(undefined);
	expect(closed).toBe(true);
});

test('with the index first, the data is not read in the first pass', async () => {
	const file = clipBytes('long');
	const dataAt = boxesIn(file).find(({ type }) => type === 'mdat')!.at;
	let read = 0;
	async function* counted() {
		for (const piece of [file.subarray(0, dataAt), file.subarray(dataAt)]) {
			read += piece.length;
			yield piece;
		}
	}
	await scan(counted(), file.length);
	expect(read).toBe(dataAt);
});
