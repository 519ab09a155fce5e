/** Reads a stream forward only: takes some bytes, takes all bytes up to a position, or skips them. */

/** Any stream of bytes; a `Readable` is one. */
export type ByteStream = AsyncIterable<Uint8Array>;

const NOTHING = Buffer.alloc(0);

const asBuffer = (chunk: Uint8Array): Buffer =>
	Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);

export class ForwardReader {
	/** Bytes read or skipped so far. */
	position = 0;
	private readonly chunks: AsyncIterator<Uint8Array>;
	private rest: Buffer = NOTHING;
	private isBegun = false;

	constructor(stream: ByteStream) {
		this.chunks = stream[Symbol.asyncIterator]();
	}

	/** Up to `most` bytes of what has arrived; an empty buffer only at the end. */
	private async some(most: number): Promise<Buffer> {
		while (this.rest.length === 0) {
			this.isBegun = true;
			const { done, value } = await this.chunks.next();
			if (done) return NOTHING;
			this.rest = asBuffer(value);
		}
		const part = this.rest.subarray(0, most);
		this.rest = this.rest.subarray(part.length);
		this.position += part.length;
		return part;
	}

	/** The next `length` bytes, piece by piece as they arrive; fewer only where the stream ends. */
	async *pass(length: number): AsyncGenerator<Buffer> {
		for (let left = length; left > 0; ) {
			const part = await this.some(left);
			if (part.length === 0) return;
			left -= part.length;
			yield part;
		}
	}

	/** The next `length` bytes in one piece; fewer only where the stream ends. */
	async read(length: number): Promise<Buffer> {
		const parts: Buffer[] = [];
		for await (const part of this.pass(length)) parts.push(part);
		return parts.length === 1 ? (parts[0] ?? NOTHING) : Buffer.concat(parts);
	}

	/** Passes over `length` bytes; false where the stream ends before. */
	async skip(length: number): Promise<boolean> {
		const end = this.position + length;
		while (this.position < end) {
			if ((await this.some(end - this.position)).length === 0) return false;
		}
		return true;
	}

	/** Ends the stream; nothing of it stays open. */
	async close(): Promise<void> {
		this.rest = NOTHING;
		// An iterator that was never asked for anything would leave its stream open.
		if (!this.isBegun) await this.chunks.next();
		await this.chunks.return?.();
	}
}
