/** One video setting as the API accepts it, from what people, sheets and templates write. */
import { shownValue } from '../shared/errors';
import { SETTINGS, VALUE_NAMES } from '../catalogue/models';
import type { SettingName, SettingSpec } from '../catalogue/models';
import { readText } from './text';
import { toFlag, toNumber, unquoted, UNITS } from '../shared/values';
import { settingNotTaken, settingOfWrongType } from '../shared/messages';

function coerce(name: SettingName, value: unknown): string | number | boolean {
	const { type, label } = SETTINGS[name];
	if (type === 'boolean') {
		const flag = toFlag(value);
		if (flag !== undefined) return flag;
	} else if (type === 'integer') {
		const number = toNumber(value, name === 'duration' ? UNITS.seconds : undefined);
		if (Number.isSafeInteger(number)) return number as number;
	} else {
		const text = readText(value, label);
		if (text !== undefined) return name === 'negativePrompt' ? text.trim() : unquoted(text);
	}
	throw settingOfWrongType(label, shownValue(value), type);
}

/** Words that people use for the API's values. */
const WORDS: Readonly<Record<string, string>> = {
	fhd: '1080p',
	fullhd: '1080p',
	hd: '720p',
	horizontal: '16:9',
	landscape: '16:9',
	portrait: '9:16',
	vertical: '9:16',
	widescreen: '16:9',
};

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));

/** Two numbers, as in `16 : 9`, `16x9`, `1920×1080` and the `16:09:00` that a sheet makes of `16:9`. */
function readPair(text: string): [number, number] | undefined {
	const [, a, b] = /^0*(\d{1,5})(?:px)?[:x×*/∶_-]0*(\d{1,5})(?:px)?(?::00)?$/.exec(text) ?? [];
	return a && b && Number(a) > 0 && Number(b) > 0 ? [Number(a), Number(b)] : undefined;
}

/** The ways to read one text: as it is, as a word, as a ratio, and as a number of lines. */
function spellings(name: SettingName, given: string): string[] {
	const text = given.toLowerCase().replace(/\s+/g, '');
	const plain = text.replace(/[_-]/g, '');
	const pair = readPair(text);
	const found = [text, WORDS[plain] ?? ''];
	if (name === 'aspectRatio' && pair) {
		const by = divisor(...pair);
		found.push(`${pair[0] / by}:${pair[1] / by}`);
	} else if (name === 'resolution') {
		found.push(`${pair ? Math.min(...pair) : plain.replace(/(p|px|lines)$/, '')}p`);
	}
	return [...found, plain];
}

const key = (value: string | number) => String(value).toLowerCase();

/**
 * One setting as the API accepts it: "8 seconds" becomes 8, "1080" and "1080P" the model's own spelling,
 * "portrait" 9:16, and a name of the editor the value behind it.
 * @throws ItemError with the setting's display name when the model does not accept the value
 */
export function readSetting(name: SettingName, value: unknown, spec: SettingSpec, model: string) {
	const given = coerce(name, value);
	const { values } = spec;
	if (!values) return given;
	const texts = spellings(name, String(given));
	const match =
		values.find((allowed) => texts.includes(key(allowed))) ??
		values.find((allowed) => {
			const plain = key(allowed).replace(/[_-]/g, '');
			return texts.includes(plain) || texts.includes(key(VALUE_NAMES[String(allowed)] ?? plain));
		});
	if (match !== undefined) return match;
	throw settingNotTaken(SETTINGS[name].label, String(given), values, model);
}
