/** Clips and films of the join tests. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readClip } from '../../../nodes/JoinVideos/mp4/clip';
import type { Clip } from '../../../nodes/JoinVideos/mp4/clip';
import { copyFilm, SetsChange } from '../../../nodes/JoinVideos/mp4/copy';
import { planFilm } from '../../../nodes/JoinVideos/mp4/film';
import type { Film } from '../../../nodes/JoinVideos/mp4/film';
import { Refused } from '../../../nodes/JoinVideos/mp4/refusal';
import type { Refusal } from '../../../nodes/JoinVideos/mp4/refusal';
import { scan } from '../../../nodes/JoinVideos/mp4/scan';

const ROOT = join(__dirname, '..', '..', '..');
const CLIPS = join(ROOT, 'test', 'fixtures', 'clips');
const MEDIA = join(ROOT, 'sandbox', 'media');

/** Where a clip lies; `landscape-8s` and the like are the sandbox's. */
export const clipPath = (name: string): string => {
	const file = name.includes('.') ? name : `${name}.mp4`;
	return join(/^(landscape|portrait)-/.test(name) ? MEDIA : CLIPS, file);
};

export const clipBytes = (name: string): Buffer => readFileSync(clipPath(name));

/** The bytes as a stream of pieces of this size. */
export async function* pieces(bytes: Buffer, size = 65_536): AsyncGenerator<Buffer> {
	for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export const parsed = async (bytes: Buffer, withSound = true): Promise<Clip> =>
	readClip(await scan(pieces(bytes), bytes.length), withSound);

export interface Joined {
	film: Film;
	bytes: Buffer;
}

/** The film out of these files, as the node makes it. */
export async function joined(files: readonly Buffer[], withSound = true): Promise<Joined> {
	const clips: Clip[] = [];
	for (const file of files) clips.push(await parsed(file, withSound));
	const made = async (film: Film): Promise<Joined> => ({ film, bytes: await copied(film, files) });
	return await made(planFilm(clips, withSound)).catch(async (cause: unknown) => {
		if (!(cause instanceof SetsChange)) throw cause;
		return await made(planFilm(clips, withSound, true));
	});
}

export async function copied(film: Film, files: readonly Buffer[], size?: number): Promise<Buffer> {
	const parts: Buffer[] = [];
	for await (const part of copyFilm(film, async (clip) => pieces(files[clip]!, size))) {
		parts.push(part);
	}
	return Buffer.concat(parts);
}

export const joinedClips = async (...names: string[]) => await joined(names.map(clipBytes));

/** The refusal that the work ends with; any other end fails the test. */
export async function refusalOf(work: Promise<unknown>): Promise<Refusal> {
	const end: unknown = await work.then(
		() => 'nothing was refused',
		(cause: unknown) => cause,
	);
	if (!(end instanceof Refused)) throw end instanceof Error ? end : new Error(String(end));
	return end.refusal;
}
