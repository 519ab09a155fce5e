/** The incoming items' videos, each as a stream that can be opened again and that Stop ends. */
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { clipUnreadable, fieldMissing, fieldNotText, JoinError, stopped } from './errors';
import type { Slot } from './errors';
import type { ByteStream } from './mp4/forward';

/** How much is read from n8n's store at a time: large enough to be fast, small enough for memory. */
const CHUNK_BYTES = 512 * 1024;

/** n8n's streams; nodes may not import Node's own type of them. */
export type StoredStream = Awaited<ReturnType<IExecuteFunctions['helpers']['getBinaryStream']>>;

/** The part of Node's class of readable streams that makes one out of bytes. */
export interface StreamClass {
	from(bytes: AsyncIterable<Uint8Array>, options: { objectMode: boolean }): StoredStream;
}

export interface Source extends Slot {
	/** Size of the file, if the store knows it. */
	size(): Promise<number | undefined>;
	/** The file from its beginning. */
	open(): Promise<ByteStream>;
	/** What n8n's streams are made of, once such a file was opened; none for a file in the item itself. */
	streamClass?: StreamClass;
}

/** Nodes may not import Node's class of readable streams, but every stream of n8n is made of it. */
function classOf(stream: StoredStream): StreamClass | undefined {
	for (let type: unknown = stream; type; type = Object.getPrototypeOf(type)) {
		const { constructor: candidate } = type as { constructor: Partial<StreamClass> };
		if (typeof candidate.from === 'function') return candidate as StreamClass;
	}
	return undefined;
}

/** The work's result, or a rejection as soon as the execution is stopped, whatever the work does then. */
export async function unlessStopped<T>(work: Promise<T>, stop?: AbortSignal): Promise<T> {
	if (!stop) return await work;
	let onStop = () => {};
	const ended = new Promise<never>((_resolve, reject) => {
		onStop = () => reject(stopped());
		stop.addEventListener('abort', onStop, { once: true });
		if (stop.aborted) onStop();
	});
	try {
		return await Promise.race([work, ended]);
	} finally {
		stop.removeEventListener('abort', onStop);
	}
}

/** The bytes of a stream, until Stop ends it; an error of the store says which clip it concerns. */
async function* read(
	stream: StoredStream,
	slot: Slot,
	stop?: AbortSignal,
): AsyncGenerator<Uint8Array> {
	const end = () => stream.destroy(stopped());
	stop?.addEventListener('abort', end, { once: true });
	if (stop?.aborted) end();
	try {
		for await (const chunk of stream) yield chunk as Uint8Array;
	} catch (cause) {
		throw asJoinError(cause, slot);
	} finally {
		stop?.removeEventListener('abort', end);
		stream.destroy();
	}
}

const asJoinError = (cause: unknown, slot: Slot) =>
	cause instanceof JoinError ? cause : clipUnreadable(slot, cause);

/** A file that n8n keeps in its store. */
function storedSource(ctx: IExecuteFunctions, slot: Slot, id: string, stop?: AbortSignal): Source {
	const source: Source = {
		...slot,
		size: async () => {
			try {
				return (await unlessStopped(ctx.helpers.getBinaryMetadata(id), stop)).fileSize;
			} catch (cause) {
				throw asJoinError(cause, slot);
			}
		},
		open: async () => {
			const opening = ctx.helpers.getBinaryStream(id, CHUNK_BYTES);
			try {
				const stream = await unlessStopped(opening, stop);
				source.streamClass ??= classOf(stream);
				return read(stream, slot, stop);
			} catch (cause) {
				// What opens after Stop is closed at once.
				opening.then(
					(stream) => stream.destroy(),
					() => {},
				);
				throw asJoinError(cause, slot);
			}
		},
	};
	return source;
}

async function* once(bytes: Buffer): AsyncGenerator<Uint8Array> {
	yield bytes;
}

/** A file in the item itself, as in memory mode. */
function itemSource(ctx: IExecuteFunctions, slot: Slot, path: string): Source {
	const bytes = async () => {
		try {
			return await ctx.helpers.getBinaryDataBuffer(slot.item, path);
		} catch (cause) {
			throw clipUnreadable(slot, cause);
		}
	};
	return {
		...slot,
		size: async () => (await bytes()).length,
		open: async () => once(await bytes()),
	};
}

/** Where n8n's combined binary mode puts the files among the JSON fields. */
const COMBINED_FIELD = '_files';

/** The file in this field, in separate and in combined binary mode; undefined when there is none. */
function sourceOf(ctx: IExecuteFunctions, slot: Slot, stop?: AbortSignal): Source | undefined {
	const { item, field } = slot;
	for (const path of [field, `${COMBINED_FIELD}.${field}`]) {
		try {
			const { id, data } = ctx.helpers.assertBinaryData(item, path);
			if (id) return storedSource(ctx, slot, id, stop);
			// What every object inherits, such as `constructor`, is no file.
			if (typeof data === 'string') return itemSource(ctx, slot, path);
		} catch {
			// Not there: n8n has no way to ask first.
		}
	}
	return undefined;
}

/** The names in the field: a list, or a text with commas; a number from an expression is a name, too. */
function fieldNames(ctx: IExecuteFunctions, item: number): string[] {
	const entered: unknown = ctx.getNodeParameter('inputBinaryField', item, '');
	const names = (Array.isArray(entered) ? entered : [entered]).flatMap((name: unknown) => {
		if (typeof name === 'object' && name !== null) throw fieldNotText(item);
		return String(name ?? '').split(',');
	});
	return names.map((name) => name.trim()).filter((name) => name !== '');
}

const hasFiles = ({ binary, json }: INodeExecutionData) =>
	[binary, json[COMBINED_FIELD]].some((files) => Object.keys(files ?? {}).length > 0);

/**
 * The videos of all items in their order, and what has none.
 * @param skips whether an item without any file may go without a name, as an expression leaves it there
 * @throws JoinError for an item without a name
 */
export function collectClips(ctx: IExecuteFunctions, skips: boolean, stop?: AbortSignal) {
	const sources: Source[] = [];
	const missing: Slot[] = [];
	let unnamed: number | undefined;
	for (const [item, data] of ctx.getInputData().entries()) {
		const fields = fieldNames(ctx, item);
		if (fields.length === 0) {
			if (!skips || hasFiles(data)) throw fieldMissing(item);
			unnamed ??= item;
		}
		for (const field of fields) {
			const slot = { item, field };
			const source = sourceOf(ctx, slot, stop);
			if (source) sources.push(source);
			else missing.push(slot);
		}
	}
	if (unnamed !== undefined && sources.length + missing.length === 0) throw fieldMissing(unnamed);
	return { sources, missing };
}
