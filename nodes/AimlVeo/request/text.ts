/** Reads texts that people write, and finds expressions that n8n did not resolve, before anything is paid. */
import { shownValue } from '../shared/errors';
import { isUnset, toText, unquoted } from '../shared/values';
import {
	expressionNotResolved,
	notText,
	settingOfWrongType,
	textHoldsObject,
} from '../shared/messages';

/** Refuses what nobody can have meant: an expression that stayed text, and an object that became text. */
function assertFilledIn(text: string, label: string): void {
	const [expression] = /\{\{\s*\$.{0,60}/s.exec(text) ?? [];
	if (expression !== undefined) throw expressionNotResolved(label, expression);
	if (/\[object [A-Z]\w*\]/.test(text)) throw textHoldsObject(label);
}

/**
 * A text as it is; undefined for what is none.
 * @throws ItemError when it holds an expression that n8n did not resolve, or an object that became text
 */
export function readText(value: unknown, label: string): string | undefined {
	const text = toText(value);
	if (text !== undefined) assertFilledIn(text, label);
	return text;
}

/**
 * A name or an ID, without blanks and quotes around it; undefined when the field is empty.
 * @throws ItemError when it is no text
 */
export function readName(value: unknown, label: string): string | undefined {
	if (isUnset(value)) return undefined;
	const text = readText(value, label);
	if (text === undefined) throw settingOfWrongType(label, shownValue(value), 'string');
	return unquoted(text) || undefined;
}

/** Objects and lists as JSON; what JSON writes as a text, such as a date, as that text. */
function jsonOf(value: object): string | undefined {
	try {
		const json: unknown = JSON.stringify(value);
		if (typeof json !== 'string') return undefined;
		const plain: unknown = JSON.parse(json);
		return typeof plain === 'string' ? plain : json;
	} catch {
		return undefined;
	}
}

/**
 * The prompt as it is sent. An object or a list as the whole prompt is sent as JSON: people write
 * prompts for Veo that way. Undefined when it is empty.
 * @throws ItemError when it is no text, or a text that n8n did not fill in
 */
export function readPrompt(value: unknown, label: string): string | undefined {
	if (isUnset(value)) return undefined;
	const isObject = typeof value === 'object' && value !== null;
	const text = isObject ? jsonOf(value) : readText(value, label);
	if (text === undefined) throw notText(label);
	if (isObject) assertFilledIn(text, label);
	return /^(\{\}|\[\]|null)$/.test(text) && isObject ? undefined : text;
}
