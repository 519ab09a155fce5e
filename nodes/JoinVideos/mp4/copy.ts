/** The second pass: the film as a forward stream, each clip read once more, one after the other. */
import type { Clip } from './clip';
import type { Film } from './film';
import { ForwardReader } from './forward';
import type { ByteStream } from './forward';
import { copyOrderOf } from './layout';
import type { PictureFormat } from './pictureFormat';
import { Refused } from './refusal';
import type { SoundPart } from './soundTrack';

/** NAL unit types (ISO/IEC 14496-10, table 7-1). */
const SLICES = [1, 2, 3, 4, 5];
const SETS = [7, 8];
const DELIMITER = 9;
/** What precedes the first slice of a picture is short; more is not read. */
const HEAD_LIMIT_BYTES = 2 ** 16;

/** Thrown when a clip changes its parameter sets inside the samples: then every clip must contain its own. */
export class SetsChange extends Error {}

/** A stretch of the clip's bytes, copied in one go. */
interface Stretch {
	from: number;
	to: number;
	/** Where it begins with a sync sample of H.264. */
	avc?: NonNullable<PictureFormat['avc']>;
}

/** @param mindsSync whether something is to be done at each sync sample of H.264 */
function* stretchesOf(
	clip: Clip,
	part: SoundPart | undefined,
	mindsSync: boolean,
): Generator<Stretch> {
	const { order, offsetOf, sizeOf } = copyOrderOf(clip, part);
	const { samples, formats } = clip.picture;
	let current: Stretch | undefined;
	for (const sample of order) {
		const from = offsetOf(sample);
		const to = from + sizeOf(sample);
		const isSync = sample < samples.count && samples.isSync[sample] === 1;
		const avc = mindsSync && isSync ? formats[samples.entries[sample] ?? 0]?.avc : undefined;
		if (current && !avc && from === current.to) {
			current.to = to;
			continue;
		}
		if (current) yield current;
		current = { from, to, avc };
	}
	if (current) yield current;
}

interface Head {
	/** All that was read. */
	bytes: Buffer;
	/** Length of the access unit delimiter, which comes first where there is one (14496-10, 7.4.1.2.3). */
	delimiterBytes: number;
	/** The parameter sets, each behind its length. */
	sets: Buffer[];
}

/** Reads the NAL units before a picture's first slice, and the beginning of that. */
async function readHead(reader: ForwardReader, to: number, lengthBytes: number): Promise<Head> {
	const parts: Buffer[] = [];
	const start = reader.position;
	const end = Math.min(to, start + HEAD_LIMIT_BYTES);
	const head: Head = { bytes: Buffer.alloc(0), delimiterBytes: 0, sets: [] };
	while (reader.position + lengthBytes < end) {
		const prefix = await reader.read(lengthBytes + 1);
		parts.push(prefix);
		if (prefix.length <= lengthBytes) break;
		const type = (prefix[lengthBytes] ?? 0) & 31;
		const left = prefix.readUIntBE(0, lengthBytes) - 1;
		if (SLICES.includes(type) || left < 0 || reader.position + left > end) break;
		const body = await reader.read(left);
		parts.push(body);
		if (SETS.includes(type)) head.sets.push(Buffer.concat([prefix, body]));
		if (type === DELIMITER && parts.length === 2) head.delimiterBytes = reader.position - start;
	}
	return { ...head, bytes: Buffer.concat(parts) };
}

/** The beginning of a sync sample, with its parameter sets in it where they are wanted. */
async function syncHead(
	reader: ForwardReader,
	to: number,
	{ sets, lengthBytes }: NonNullable<PictureFormat['avc']>,
	hasSetsInside: boolean,
): Promise<Buffer> {
	const { bytes, delimiterBytes, sets: own } = await readHead(reader, to, lengthBytes);
	if (hasSetsInside) {
		return Buffer.concat([bytes.subarray(0, delimiterBytes), sets, bytes.subarray(delimiterBytes)]);
	}
	if (own.some((set) => !sets.includes(set))) throw new SetsChange();
	return bytes;
}

async function* copyClip(
	film: Film,
	position: number,
	reader: ForwardReader,
): AsyncGenerator<Buffer> {
	const { clips, picture, sound } = film;
	const clip = clips[position];
	if (!clip) return;
	const { hasSetsInside } = picture;
	// Alone, a clip may change its sets as it likes: there is nothing after it.
	const mindsSync = hasSetsInside || clips.length > 1;
	for (const { from, to, avc } of stretchesOf(clip, sound?.parts[position], mindsSync)) {
		await reader.skip(from - reader.position);
		if (avc) yield await syncHead(reader, to, avc, hasSetsInside);
		yield* reader.pass(to - reader.position);
		if (reader.position < to) {
			throw new Refused({ reason: 'dataMissing', bytes: to - reader.position });
		}
	}
}

/**
 * All bytes of the film, in order.
 * @param open begins to read a clip anew; only one is open at a time
 * @throws Refused when a clip has fewer bytes than its index promised
 * @throws SetsChange when the film is to be planned with parameter sets inside the samples
 */
export async function* copyFilm(
	film: Film,
	open: (clip: number) => Promise<ByteStream>,
): AsyncGenerator<Buffer> {
	const { sound, layout } = film;
	yield film.head;
	const silence = sound?.model.format.silence ?? Buffer.alloc(0);
	const silent = (count = 0) => Buffer.alloc(count * silence.length, silence);
	for (const position of film.clips.keys()) {
		const part = sound?.parts[position];
		let left = layout.clipBytes[position] ?? 0;
		const counted = (bytes: Buffer) => {
			left -= bytes.length;
			return bytes;
		};
		if (part?.silenceBefore) yield counted(silent(part.silenceBefore));
		const reader = new ForwardReader(await open(position));
		try {
			for await (const bytes of copyClip(film, position, reader)) {
				yield counted(bytes);
			}
		} catch (cause) {
			throw cause instanceof Refused ? cause.of(position) : cause;
		} finally {
			await reader.close();
		}
		if (part?.silenceAfter) yield counted(silent(part.silenceAfter));
		// The index is written already: a film of another length would be broken.
		if (left !== 0) throw new Error(`${left} bytes of a clip were not planned for`);
	}
}
