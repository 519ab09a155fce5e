/** The incoming item's files: their first bytes when they are checked, their content when it is sent. */
import type { IBinaryData, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { asObject } from '../shared/values';
import { fileNotKept, fileUndecided, fileWithoutContent } from '../shared/messages';

/** A file as n8n keeps it: with its content, or with the id under which that is stored. */
export function isFileObject(value: unknown): value is IBinaryData {
	const { mimeType, data, id } = asObject(value) ?? {};
	if (typeof mimeType !== 'string') return false;
	// n8n's ids begin with the mode of its store; those of a drive do not.
	return typeof data === 'string' || (typeof id === 'string' && id.includes(':'));
}

/** Enough to recognize a file's type, and text among other bytes. */
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
	/** Other names of the same fields, such as their whole path in the JSON. */
	readonly aliases?: ReadonlySet<string>;
	/** Fields that hold several files. */
	readonly lists?: ReadonlyMap<string, readonly unknown[]>;
	/**
	 * The file behind a field name or a binary object.
	 * @param label the parameter that names it, for the message
	 * @throws ItemError when it is not clear which file is meant, or there is none
	 */
	open(source: string | IBinaryData, label: string): Promise<BinaryFile>;
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

async function openFile(
	ctx: IExecuteFunctions,
	itemIndex: number,
	source: IBinaryData,
): Promise<BinaryFile> {
	const { id } = ctx.helpers.assertBinaryData(itemIndex, source);
	const read = async () => await ctx.helpers.getBinaryDataBuffer(itemIndex, source);
	if (id) {
		const { fileSize } = await ctx.helpers.getBinaryMetadata(id);
		const head = await readHead(ctx, id);
		return { head, byteLength: fileSize, storedId: id, read };
	}
	const bytes = await read();
	return { head: bytes.subarray(0, HEAD_BYTES), byteLength: bytes.length, read: async () => bytes };
}

/** In n8n's combined binary mode files lie among the JSON fields, most of them here. */
const FILES_IN_JSON = '_files';
/** No deeper than people nest files, and no longer than a large item allows. */
const MAX_DEPTH = 4;
const MAX_VISITS = 2_000;

/** The files among the JSON fields, by their path: `_files.photo`, `images[0]`. */
function filesInJson(json: unknown): Map<string, unknown> {
	const found = new Map<string, unknown>();
	let visits = 0;
	const visit = (value: unknown, path: string, depth: number): void => {
		if (typeof value !== 'object' || value === null || visits++ > MAX_VISITS) return;
		const isList = Array.isArray(value);
		if (isList && value.length > MAX_VISITS) return;
		if (isFileObject(value)) found.set(path, value);
		else if (isList && value.length > 0 && value.every(isFileObject)) found.set(path, value);
		else if (depth > 0) {
			for (const [name, part] of Object.entries(value)) {
				visit(part, isList ? `${path}[${name}]` : path ? `${path}.${name}` : name, depth - 1);
			}
		}
	};
	visit(json, '', MAX_DEPTH);
	found.delete('');
	return found;
}

/** All that the item keeps under names: its binary fields, then those among its JSON fields. */
function namesOf(item: INodeExecutionData) {
	const binary: unknown = item.binary;
	// A file in place of the binary fields: it becomes the field that n8n itself would have made.
	const own = isFileObject(binary) ? { data: binary } : { ...asObject(binary) };
	const named = new Map<string, unknown>(Object.entries(own));
	const aliases = new Map<string, unknown>();
	for (const [path, file] of filesInJson(item.json)) {
		const short = path.startsWith(`${FILES_IN_JSON}.`)
			? path.slice(FILES_IN_JSON.length + 1)
			: path;
		if (!named.has(short)) named.set(short, file);
		aliases.set(path, file);
	}
	return { named, aliases };
}

/** Whether two descriptions are of files that n8n describes alike. */
const isAlike = (bare: IBinaryData, own: unknown): boolean =>
	isFileObject(own) &&
	Object.entries(bare).every(([name, value]) => name === 'data' || asObject(own)?.[name] === value);

/** The files of one input item, as n8n's helpers return them in every binary data mode. */
export function binariesOf(
	ctx: IExecuteFunctions,
	item: INodeExecutionData,
	itemIndex: number,
): BinarySource {
	const { named, aliases } = namesOf(item);
	const fields = [...named.keys()];
	const lists = new Map<string, readonly unknown[]>();
	for (const [name, value] of [...aliases, ...named])
		if (Array.isArray(value)) lists.set(name, value);

	function fileOf(source: string | IBinaryData, label: string): IBinaryData {
		if (typeof source === 'string') {
			const file = named.get(source) ?? aliases.get(source);
			if (isFileObject(file)) return file as IBinaryData;
			throw fileNotKept(label, source, fields);
		}
		if (isFileObject(source)) return source;
		const alike = [...named].filter(([, own]) => isAlike(source, own));
		if (alike.length > 1)
			throw fileUndecided(
				label,
				alike.map(([name]) => name),
			);
		const [match] = alike;
		if (!match) throw fileWithoutContent(label);
		return match[1] as IBinaryData;
	}

	return {
		fields,
		aliases: new Set(aliases.keys()),
		lists,
		open: async (source, label) => await openFile(ctx, itemIndex, fileOf(source, label)),
	};
}

const isBare = (value: unknown): boolean =>
	Array.isArray(value)
		? value.some(isBare)
		: typeof asObject(value)?.mimeType === 'string' && !isFileObject(value);

/** What a value says of its files, without their content. */
const described = (value: unknown): string =>
	JSON.stringify(value, (name, part: unknown) => (name === 'data' ? undefined : part));

/** The same expression in forms for which n8n returns files with their content. */
const withContent = (expression: string): string =>
	expression
		.replace(/\$binary\b/g, '$input.item.binary')
		.replace(/\$node\[(["'`])(.+?)\1\]\.binary\b/g, '$($1$2$1).all()[$itemIndex].binary');

function resolveAgain(ctx: IExecuteFunctions, raw: unknown, value: unknown, itemIndex: number) {
	if (typeof raw !== 'string' || !raw.startsWith('=') || !isBare(value)) return value;
	try {
		const again: unknown = ctx.evaluateExpression(withContent(raw).slice(1), itemIndex);
		return !isBare(again) && described(again) === described(value) ? again : value;
	} catch {
		// The expression cannot be read this way: the file is found by its description.
		return value;
	}
}

/**
 * A media parameter with its files whole. In memory mode, `$binary.photo` has no content, and two files may
 * be described alike (phones name all `image.jpg`): only the expression says which is meant.
 */
export function withFiles(
	ctx: IExecuteFunctions,
	name: string,
	value: unknown,
	itemIndex: number,
): unknown {
	if (!isBare(value)) return value;
	const raw: unknown = ctx.getNode().parameters[name];
	return Array.isArray(raw) && Array.isArray(value)
		? value.map((part, index) => resolveAgain(ctx, raw[index], part, itemIndex))
		: resolveAgain(ctx, raw, value, itemIndex);
}
