/** Writes boxes (ISO/IEC 14496-12, 4.2) and the numbers in them. */

const U32_LIMIT = 2 ** 32;

export function u16(...values: number[]): Buffer {
	const bytes = Buffer.alloc(2 * values.length);
	values.forEach((value, index) => bytes.writeUInt16BE(value, 2 * index));
	return bytes;
}

export function u32(...values: number[]): Buffer {
	const bytes = Buffer.alloc(4 * values.length);
	values.forEach((value, index) => bytes.writeUInt32BE(value, 4 * index));
	return bytes;
}

export function u64(value: number): Buffer {
	const bytes = Buffer.alloc(8);
	bytes.writeBigUInt64BE(BigInt(value));
	return bytes;
}

export function box(type: string, ...content: Buffer[]): Buffer {
	const length = content.reduce((sum, part) => sum + part.length, 8);
	return Buffer.concat([u32(length), Buffer.from(type, 'latin1'), ...content], length);
}

export const fullBox = (type: string, version: number, flags: number, ...content: Buffer[]) =>
	box(type, u32(version * 2 ** 24 + flags), ...content);

/** Whether a number needs the 64-bit fields of version 1. */
export const isLong = (value: number): boolean => value >= U32_LIMIT;

/** A table of numbers with its entry count in front. */
export function table(length: number, valueAt: (index: number) => number): Buffer {
	const bytes = Buffer.alloc(4 + 4 * length);
	bytes.writeUInt32BE(length);
	for (let index = 0; index < length; index++) bytes.writeUInt32BE(valueAt(index), 4 + 4 * index);
	return bytes;
}

/** Runs of equal values as `stts` and `ctts` hold them: how many, and what (8.6.1). */
export function runs(values: Uint32Array): Buffer {
	const found: number[] = [];
	let start = 0;
	for (let at = 1; at <= values.length; at++) {
		if (at < values.length && values[at] === values[start]) continue;
		found.push(at - start, values[start] ?? 0);
		start = at;
	}
	const values32 = table(found.length, (index) => found[index] ?? 0);
	values32.writeUInt32BE(found.length / 2);
	return values32;
}
