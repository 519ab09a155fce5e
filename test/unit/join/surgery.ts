/** Takes an MP4 apart and puts it together in another way; the frames stay the same. */
import { boxesIn, contentOf } from './readMp4';

export function box(type: string, ...content: Buffer[]): Buffer {
	const bytes = Buffer.concat(content);
	const head = Buffer.alloc(8);
	head.writeUInt32BE(8 + bytes.length);
	head.write(type, 4, 'latin1');
	return Buffer.concat([head, bytes]);
}

/** A box whose size stands in 64 bits behind its type. */
export function longBox(type: string, content: Buffer): Buffer {
	const head = Buffer.alloc(16);
	head.writeUInt32BE(1);
	head.write(type, 4, 'latin1');
	head.writeBigUInt64BE(BigInt(16 + content.length), 8);
	return Buffer.concat([head, content]);
}

/** A box that reaches to the end of the file. */
export function endlessBox(type: string, content: Buffer): Buffer {
	const bytes = box(type, content);
	bytes.writeUInt32BE(0);
	return bytes;
}

export const u32 = (...values: number[]): Buffer => {
	const bytes = Buffer.alloc(4 * values.length);
	values.forEach((value, index) => bytes.writeUInt32BE(value, 4 * index));
	return bytes;
};

const CONTAINERS = ['moov', 'trak', 'mdia', 'minf', 'stbl', 'edts'];
type Change = (content: Buffer, type: string) => Buffer[] | undefined;

/** The box with every inner box of this type replaced by what `change` makes of its content. */
export function replaced(container: Buffer, type: string, change: Change): Buffer {
	const [{ type: own = '', content = container } = {}] = boxesIn(container);
	const inner = boxesIn(content).flatMap((child) => {
		const whole = box(child.type, child.content);
		if (child.type === type) return change(child.content, type) ?? [whole];
		return CONTAINERS.includes(child.type) ? [replaced(whole, type, change)] : [whole];
	});
	return box(own, ...inner);
}

export interface Parts {
	ftyp: Buffer;
	moov: Buffer;
	/** Content of `mdat`, and where it was. */
	data: Buffer;
	dataAt: number;
}

export function takeApart(file: Buffer): Parts {
	const whole = (type: string) => box(type, contentOf(file, type));
	const data = contentOf(file, 'mdat');
	return { ftyp: whole('ftyp'), moov: whole('moov'), data, dataAt: file.indexOf(data) };
}

/** The index with each chunk offset changed; in 64 bits when wanted. */
export const withOffsets = (moov: Buffer, move: (offset: number) => number, isLong = false) =>
	replaced(moov, 'stco', (content) => {
		const count = content.readUInt32BE(4);
		const places = Array.from({ length: count }, (_, index) =>
			move(content.readUInt32BE(8 + 4 * index)),
		);
		if (!isLong) return [box('stco', u32(0, count, ...places))];
		const long = Buffer.alloc(8 * count);
		places.forEach((place, index) => long.writeBigUInt64BE(BigInt(place), 8 * index));
		return [box('co64', u32(0, count), long)];
	});

/** A file of these boxes; the index's offsets follow the data to its new place. */
export function together(
	{ moov, data, dataAt }: Parts,
	arrange: (moov: Buffer) => Buffer[],
	isLong = false,
): Buffer {
	const draft = Buffer.concat(arrange(withOffsets(moov, (offset) => offset, isLong)));
	const shift = draft.indexOf(data) - dataAt;
	return Buffer.concat(arrange(withOffsets(moov, (offset) => offset + shift, isLong)));
}
