/**
 * Any value from an expression, a sheet or an answer, read by one rule for each type; nothing here can throw.
 */
import type { IDataObject } from 'n8n-workflow';

/** A JSON object, or undefined for everything else (arrays and null too). */
export function asObject(value: unknown): IDataObject | undefined {
	return typeof value === 'object' && value !== null && !Array.isArray(value)
		? (value as IDataObject)
		: undefined;
}

/** The JSON objects of a list; none when it is no list. */
export const asObjects = (value: unknown): IDataObject[] =>
	Array.isArray(value) ? value.map(asObject).filter((entry) => entry !== undefined) : [];

/** A non-empty string, or undefined. */
export function asText(value: unknown): string | undefined {
	return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

/** A number that is not negative, also from a header or a text; otherwise undefined. */
export function asNumber(value: unknown): number | undefined {
	const number = typeof value === 'number' ? value : Number(asText(value) ?? NaN);
	return Number.isFinite(number) && number >= 0 ? number : undefined;
}

/** Invisible characters that are copied with text from a web page or a chat. */
const UNSEEN = '\\u00ad\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u2064\\ufeff';
const EACH_UNSEEN = new RegExp(`[${UNSEEN}]`, 'g');
const ANY_SEEN = new RegExp(`[^\\s${UNSEEN}]`);

/** The text as a person sees it: without invisible characters, and without blanks at its ends. */
export const visible = (text: string): string => text.replace(EACH_UNSEEN, '').trim();

/** The visible text without one pair of quotes around it, as sheets and JSON write it. */
export function unquoted(text: string): string {
	const seen = visible(text);
	const quoted = /^(["'`])(.*)\1$/s.exec(seen) ?? /^[“„](.*)[”“]$/s.exec(seen);
	return quoted ? visible(quoted[quoted.length - 1] ?? '') : seen;
}

/** Whether a parameter holds nothing. */
export const isUnset = (value: unknown): boolean =>
	value === undefined || value === null || (typeof value === 'string' && !ANY_SEEN.test(value));

/**
 * A switch: true or false, as text in any case (sheets write TRUE and FALSE); else undefined. Not 1, 0,
 * yes or no: a switch may guard money, and other columns hold these too.
 */
export function toFlag(value: unknown): boolean | undefined {
	if (typeof value === 'boolean') return value;
	const text = typeof value === 'string' ? unquoted(value).toLowerCase() : '';
	return text === 'true' ? true : text === 'false' ? false : undefined;
}

/** The units that may follow a number. */
export const UNITS = {
	seconds: /\s*(s|secs?|seconds?)\.?$/i,
	usd: /^(us)?\$\s*|\s*(us\$|\$|usd|us dollars?)$/i,
} as const;

/**
 * A number, also as text and with its unit; else undefined. A comma counts as a decimal point unless
 * three digits follow it: `1,500` is fifteen hundred to some and one and a half to others.
 */
export function toNumber(value: unknown, unit?: RegExp): number | undefined {
	if (typeof value === 'number') return value;
	if (typeof value !== 'string') return undefined;
	const seen = unquoted(value);
	const text = unit ? seen.replace(unit, '') : seen;
	if (text === '' || /,\d{3}$/.test(text)) return undefined;
	const number = Number(text.replace(/^([+-]?\d+),(\d+)$/, '$1.$2'));
	return Number.isNaN(number) ? undefined : number;
}

/** A text, also from a number or a switch; undefined for everything else. */
export function toText(value: unknown): string | undefined {
	if (typeof value === 'string') return value;
	const isPlain = ['number', 'bigint', 'boolean'].includes(typeof value);
	return isPlain ? String(value) : undefined;
}
