/** Reads one value by its row in the table of parameters: its bounds, its unit, its name in messages. */
import type { ChoiceInfo, FlagInfo, NumberInfo } from '../catalogue/parameters';
import { shownValue } from '../shared/errors';
import { optionOutOfRange, settingNotTaken, settingOfWrongType } from '../shared/messages';
import { isUnset, toFlag, toNumber, toText, UNITS, unquoted } from '../shared/values';

/**
 * The number, or undefined when there is none.
 * @throws ItemError when it is none, or out of its bounds
 */
export function readNumber(value: unknown, info: NumberInfo): number | undefined {
	if (isUnset(value)) return undefined;
	const number = toNumber(value, info.unit && UNITS[info.unit]);
	const fits =
		number !== undefined &&
		number >= info.min &&
		number <= info.max &&
		(!info.integer || Number.isInteger(number));
	if (fits) return number;
	const kind = info.integer ? 'a whole number' : 'a number';
	throw optionOutOfRange(info.label, shownValue(value), `${kind} from ${info.min} to ${info.max}`);
}

/**
 * The switch; one that guards money must not be empty.
 * @throws ItemError when it is neither true nor false
 */
export function readGuard(value: unknown, { label }: FlagInfo): boolean {
	const flag = toFlag(value);
	if (flag === undefined) throw settingOfWrongType(label, shownValue(value), 'boolean');
	return flag;
}

/**
 * The switch, or what it is when nobody set it.
 * @throws ItemError when it is neither true nor false
 */
export const readFlag = (value: unknown, info: FlagInfo): boolean =>
	isUnset(value) ? info.fallback === true : readGuard(value, info);

/**
 * One of the values that the table names, or undefined when there is none.
 * @param where what takes the parameter, for the message
 * @throws ItemError when it is none of them
 */
export function readChoice(
	value: unknown,
	{ label, values }: Pick<ChoiceInfo, 'label' | 'values'>,
	where: string,
): string | undefined {
	if (isUnset(value)) return undefined;
	const all = Object.keys(values);
	const match = all.find((one) => one === unquoted(toText(value) ?? '').toLowerCase());
	if (match) return match;
	throw settingNotTaken(label, shownValue(value), all, where);
}
