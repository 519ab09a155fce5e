/** How many files a media field names: one value or a list of them, in the shapes that services return. */
import { isFileObject } from './files';
import type { BinarySource } from './files';
import { asObject, isUnset, unquoted } from '../shared/values';

/** Whether the item has a binary field of this name. */
export const isField = (name: string, { fields, aliases }: BinarySource): boolean =>
	fields.includes(name) || aliases?.has(name) === true;

/** Deeper than any list that a node returns. */
const MAX_DEPTH = 5;

/**
 * The address in an object of a service: Airtable's attachments, Notion's files, Slack's and others'
 * `url`. An object without one stays as it is.
 */
function addressIn(value: unknown): unknown {
	const object = asObject(value);
	if (!object || isFileObject(object)) return value;
	const holders = [object, asObject(object.external), asObject(object.file)];
	return (
		holders.map((holder) => holder?.url).find((url) => typeof url === 'string' && !isUnset(url)) ??
		value
	);
}

/** A list or an object in the form of JSON text; undefined for every other text. */
function parsed(text: string): unknown {
	if (!/^(\[|\{(?!\{))/.test(text)) return undefined;
	try {
		return JSON.parse(text) as unknown;
	} catch {
		return undefined;
	}
}

/**
 * The media that one value names: lists are opened, objects with an address become it, and the name of
 * a binary field that holds several files becomes these.
 */
export function mediaIn(value: unknown, binaries: BinarySource, depth = 0): unknown[] {
	// A list that contains itself ends, too; what is left of it is refused because it is no media.
	if (depth > MAX_DEPTH) return [value];
	if (Array.isArray(value)) return value.flatMap((part) => mediaIn(part, binaries, depth + 1));
	if (isUnset(value)) return [];
	if (typeof value !== 'string') return [addressIn(value)];
	const files = binaries.lists?.get(value.trim());
	if (files) return [...files];
	const list = isField(value.trim(), binaries) ? undefined : parsed(value.trim());
	return list === undefined ? [value.trim()] : mediaIn(list, binaries, depth + 1);
}

/** Where in a line a new value can begin: after a comma, a semicolon or a blank. */
const BEGINNINGS = /(?<=[\s,;])(?=[^\s,;])/g;

/** Without the blanks, commas and semicolons at its ends. */
function trimmed(text: string): string {
	let [from, to] = [0, text.length];
	while (from < to && /[\s,;]/.test(text.charAt(from))) from++;
	while (to > from && /[\s,;]/.test(text.charAt(to - 1))) to--;
	return text.slice(from, to);
}

/** One line of a lone text: `photo, https://…/a.jpg,https://…/w_300,h_200/b.jpg` holds three values. */
function valuesIn(line: string, names: ReadonlySet<string>): string[] {
	const isName = (from: number) => {
		// Up to the next comma: a name with a comma of its own is found only as the whole text.
		const end = line.indexOf(',', from);
		return names.has(line.slice(from, end < 0 ? undefined : end).trim());
	};
	const starts = [0];
	for (const { index } of line.matchAll(BEGINNINGS)) {
		// The comma inside a data URI is followed by its content, whatever that looks like.
		const start = starts[starts.length - 1] ?? 0;
		if (line.indexOf(',', start) === index - 1 && /^\s*data:/i.test(line.slice(start, index))) {
			continue;
		}
		const afterComma = /,\s*$/.test(line.slice(Math.max(0, index - 9), index));
		const isAddress = /^(https?:\/\/|data:)/i.test(line.slice(index, index + 8));
		if (isAddress || (afterComma && isName(index))) starts.push(index);
	}
	const parts = starts.map((start, index) => trimmed(line.slice(start, starts[index + 1])));
	return parts.filter((part) => part !== '');
}

/** Whether the last value of a line is a data URI, whose Base64 may go on in the next line. */
function endsInData(line: string): boolean {
	const comma = line.lastIndexOf(',');
	const head = line.slice(line.lastIndexOf(',', comma - 1) + 1, Math.max(0, comma));
	return /(^|\s)data:/i.test(head) && /^[\w+/=-]*\s*$/.test(line.slice(comma + 1));
}

/** The lines of a text; those that go on with the Base64 of a data URI belong to it. */
function linesIn(text: string, names: ReadonlySet<string>): string[] {
	const lines: string[] = [];
	let inData = false;
	for (const line of text.split(/[\r\n\u2028\u2029]+/)) {
		const goesOn: boolean = inData && /^\s*[\w+/=-]+\s*$/.test(line) && !names.has(line.trim());
		if (goesOn) lines.push(`${lines.pop() ?? ''}${line.trim()}`);
		else lines.push(line);
		inData = goesOn || endsInData(line);
	}
	return lines;
}

/**
 * The images in a multi-value field. A row or a list element is one value, commas and all; a lone text
 * is split at line breaks, and at commas only where an address, a data URI or a binary field of this
 * item begins.
 */
export function splitMediaList(value: unknown, binaries: BinarySource): unknown[] {
	const whole = mediaIn(value, binaries);
	const isText = typeof value === 'string' && whole.length === 1 && whole[0] === value.trim();
	if (!isText || isField(value.trim(), binaries)) return whole;
	const names = new Set([...binaries.fields, ...(binaries.aliases ?? [])]);
	return linesIn(unquoted(value), names)
		.flatMap((line) => valuesIn(line, names))
		.flatMap((part) => mediaIn(part, binaries));
}
