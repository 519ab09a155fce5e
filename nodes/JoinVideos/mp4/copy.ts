/** The second pass: the film as a forward stream, each clip read once more, one after the other. */
import type { Clip } from './clip';
import type { Film } from './film';
import { ForwardReader } from './forward';
import type { ByteStream } from './forward';
import { copyOrderOf } from './layout';
import { Refused } from './refusal';
import type { SoundPart } from './soundTrack';

/** NAL unit type of an access unit delimiter (ISO/IEC 14496-10, table 7-1). */
const DELIMITER = 9;
/** A delimiter has two bytes; what claims to be longer is none. */
const DELIMITER_LIMIT_BYTES = 8;

/** A stretch of the clip's bytes, copied in one go. */
interface Stretch {
	from: number;
	to: number;
	/** Goes in front of it, for a sync sample. */
	sets?: Buffer;
	lengthBytes: number;
}

/** @param parameterSets of a sync sample's entry, where they are to stand inside the samples */
function* stretchesOf(
	clip: Clip,
	part: SoundPart | undefined,
	hasSetsInside: boolean,
): Generator<Stretch> {
	const { order, offsetOf, sizeOf } = copyOrderOf(clip, part);
	const { samples, formats } = clip.picture;
	let current: Stretch | undefined;
	for (const sample of order) {
		const from = offsetOf(sample);
		const to = from + sizeOf(sample);
		const isSync = sample < samples.count && samples.isSync[sample] === 1;
		const avc = hasSetsInside && isSync ? formats[samples.entries[sample] ?? 0]?.avc : undefined;
		if (current && !avc && from === current.to) {
			current.to = to;
			continue;
		}
		if (current) yield current;
		current = { from, to, sets: avc?.sets, lengthBytes: avc?.lengthBytes ?? 4 };
	}
	if (current) yield current;
}

/** An access unit delimiter comes first in its access unit (ISO/IEC 14496-10, 7.4.1.2.3). */
async function readDelimiter(reader: ForwardReader, { from, to, lengthBytes }: Stretch) {
	const head = await reader.read(Math.min(lengthBytes + 1, to - from));
	if (head.length <= lengthBytes) return { before: head, after: Buffer.alloc(0) };
	const isDelimiter = ((head[lengthBytes] ?? 0) & 31) === DELIMITER;
	const length = head.readUIntBE(0, lengthBytes);
	const left = Math.min(length - 1, to - reader.position);
	if (!isDelimiter || length > DELIMITER_LIMIT_BYTES)
		return { before: Buffer.alloc(0), after: head };
	return { before: Buffer.concat([head, await reader.read(left)]), after: Buffer.alloc(0) };
}

async function* copyClip(
	clip: Clip,
	part: SoundPart | undefined,
	hasSetsInside: boolean,
	reader: ForwardReader,
): AsyncGenerator<Buffer> {
	for (const stretch of stretchesOf(clip, part, hasSetsInside)) {
		await reader.skip(stretch.from - reader.position);
		if (stretch.sets) {
			const { before, after } = await readDelimiter(reader, stretch);
			yield Buffer.concat([before, stretch.sets, after]);
		}
		yield* reader.pass(stretch.to - reader.position);
		if (reader.position < stretch.to) {
			throw new Refused({ reason: 'dataMissing', bytes: stretch.to - reader.position });
		}
	}
}

/**
 * All bytes of the film, in order.
 * @param open begins to read a clip anew; only one is open at a time
 * @throws Refused when a clip has fewer bytes than its index promised
 */
export async function* copyFilm(
	film: Film,
	open: (clip: number) => Promise<ByteStream>,
): AsyncGenerator<Buffer> {
	const { picture, sound, layout } = film;
	yield film.head;
	const silence = sound?.model.format.silence ?? Buffer.alloc(0);
	const silent = (count = 0) => Buffer.alloc(count * silence.length, silence);
	for (const [position, clip] of film.clips.entries()) {
		const part = sound?.parts[position];
		let left = layout.clipBytes[position] ?? 0;
		const counted = (bytes: Buffer) => {
			left -= bytes.length;
			return bytes;
		};
		if (part?.silenceBefore) yield counted(silent(part.silenceBefore));
		const reader = new ForwardReader(await open(position));
		try {
			for await (const bytes of copyClip(clip, part, picture.hasSetsInside, reader)) {
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
