/** The incoming item's files: their first bytes when they are checked, their content when it is sent. */
import type { IBinaryData, IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { asObject } from './values';

/** Enough to tell a file's type, and a text from other bytes. */
const HEAD_BYTES = 256;

export interface BinaryFile {
	/** The first 256 bytes, or all when there are fewer. */
	readonly head: Buffer;
	readonly byteLength: number;
	/** n8n's id of a file that is stored outside the execution; undefined when it is in memory anyway. */
	readonly storedId?: string;
	/** The whole content. */
	read(): Promise<Buffer>;
}

/** How to reach the incoming item's files. */
export interface BinarySource {
	/** Names of the item's binary fields. */
	readonly fields: readonly string[];
	/** The file behind a field name or a binary object. */
	open(source: string | IBinaryData): Promise<BinaryFile>;
}

/** Reads no further than needed: a file of the filesystem mode may be as large as a video. */
async function readHead(ctx: IExecuteFunctions, storedId: string): Promise<Buffer> {
	const chunks: Buffer[] = [];
	let byteLength = 0;
	for await (const chunk of await ctx.helpers.getBinaryStream(storedId, HEAD_BYTES)) {
		chunks.push(chunk as Buffer);
		byteLength += (chunk as Buffer).length;
		if (byteLength >= HEAD_BYTES) break;
	}
	return Buffer.concat(chunks).subarray(0, HEAD_BYTES);
}

/** The files of one input item, as n8n's helpers give them in every binary data mode. */
export function binariesOf(
	ctx: IExecuteFunctions,
	item: INodeExecutionData,
	itemIndex: number,
): BinarySource {
	// Workflows in n8n's combined binary mode hold their files among the JSON fields.
	const inJson = Object.keys(item.json).filter((name) => {
		const value = asObject(item.json[name]);
		return typeof value?.mimeType === 'string' && typeof value.data === 'string';
	});
	// An expression gives a binary object without its content: in memory mode only the item has that.
	const sameFile = (source: IBinaryData, own: IDataObject) =>
		Object.entries(source).every(([name, value]) => name === 'data' || own[name] === value);
	const fieldOf = (source: IBinaryData) =>
		Object.entries(item.binary ?? {}).find(([, own]) =>
			sameFile(source, own as unknown as IDataObject),
		)?.[0];
	return {
		fields: [...Object.keys(item.binary ?? {}), ...inJson],
		open: async (named) => {
			const source = typeof named === 'string' ? named : (fieldOf(named) ?? named);
			const { id } = ctx.helpers.assertBinaryData(itemIndex, source);
			const read = async () => await ctx.helpers.getBinaryDataBuffer(itemIndex, source);
			if (id) {
				const { fileSize } = await ctx.helpers.getBinaryMetadata(id);
				const head = await readHead(ctx, id);
				return { head, byteLength: fileSize, storedId: id, read };
			}
			const bytes = await read();
			return {
				head: bytes.subarray(0, HEAD_BYTES),
				byteLength: bytes.length,
				read: async () => bytes,
			};
		},
	};
}
