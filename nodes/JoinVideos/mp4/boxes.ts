/** Reads boxes (ISO/IEC 14496-12, 4.2) from bytes in memory; whatever they contain, nothing outside is read. */
import { damaged } from './refusal';

const HEADER_BYTES = 8;
/** A 64-bit size after the header. */
const LONG_HEADER_BYTES = 16;

/** The content of a box. Every read outside it is refused as damage of this box. */
export class Box {
	constructor(
		readonly type: string,
		readonly bytes: Buffer,
	) {}

	get length(): number {
		return this.bytes.length;
	}

	private checked(at: number, length: number): number {
		if (!(at >= 0 && at + length <= this.bytes.length)) throw damaged(this.type);
		return at;
	}

	u8(at: number): number {
		return this.bytes.readUInt8(this.checked(at, 1));
	}

	u16(at: number): number {
		return this.bytes.readUInt16BE(this.checked(at, 2));
	}

	u32(at: number): number {
		return this.bytes.readUInt32BE(this.checked(at, 4));
	}

	i32(at: number): number {
		return this.bytes.readInt32BE(this.checked(at, 4));
	}

	/** A 64-bit number; one that JavaScript cannot hold exactly is no place or time in a file. */
	u64(at: number): number {
		const value = Number(this.bytes.readBigUInt64BE(this.checked(at, 8)));
		if (!Number.isSafeInteger(value)) throw damaged(this.type);
		return value;
	}

	i64(at: number): number {
		const value = Number(this.bytes.readBigInt64BE(this.checked(at, 8)));
		if (!Number.isSafeInteger(value)) throw damaged(this.type);
		return value;
	}

	text(at: number, length: number): string {
		return this.bytes.toString('latin1', this.checked(at, length), at + length);
	}

	slice(at: number, end = this.bytes.length): Buffer {
		return this.bytes.subarray(this.checked(at, end - at), end);
	}

	/** Version of a full box (4.2); flags follow in three bytes. */
	get version(): number {
		return this.u8(0);
	}

	/**
	 * The number of entries at `at`, with `entryBytes` bytes each behind it.
	 * @throws Refused when it promises more entries than the box holds
	 */
	entryCount(at: number, entryBytes: number): number {
		const count = this.u32(at);
		this.checked(at + 4, count * entryBytes);
		return count;
	}
}

/** The boxes inside a box, from `from` on. */
export function* childrenOf(parent: Box, from = 0): Generator<Box> {
	let at = from;
	while (parent.length - at >= HEADER_BYTES) {
		const size = parent.u32(at);
		const type = parent.text(at + 4, 4);
		// QuickTime ends some lists with four zero bytes (QuickTime File Format, user data atoms).
		if (size === 0) return;
		const isLong = size === 1;
		const length = isLong ? parent.u64(at + HEADER_BYTES) : size;
		const head = isLong ? LONG_HEADER_BYTES : HEADER_BYTES;
		if (length < head || length > parent.length - at) throw damaged(parent.type);
		yield new Box(type, parent.slice(at + head, at + length));
		at += length;
	}
}

/** The first box of this type inside `parent`. */
export function childOf(parent: Box, type: string, from = 0): Box | undefined {
	for (const child of childrenOf(parent, from)) if (child.type === type) return child;
	return undefined;
}

/**
 * The box at the end of this path.
 * @throws Refused when one of them is missing
 */
export function inside(parent: Box, ...path: string[]): Box {
	let box = parent;
	for (const type of path) {
		const child = childOf(box, type);
		if (!child) throw damaged(type);
		box = child;
	}
	return box;
}
