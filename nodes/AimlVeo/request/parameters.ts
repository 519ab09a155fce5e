/** Reads one value by its row in the table of parameters: its bounds, its unit, its name in messages. */
import type { IDataObject } from 'n8n-workflow';
import type {
	ChoiceInfo,
	FlagInfo,
	NumberInfo,
	OperationName,
	TextInfo,
} from '../catalogue/parameters';
import { shownValue } from '../shared/errors';
import {
	optionEmpty,
	optionOutOfRange,
	settingNotTaken,
	settingOfWrongType,
} from '../shared/messages';
import { readName } from './text';
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
function readGuard(value: unknown, { label }: FlagInfo): boolean {
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

type OptionInfo = NumberInfo | FlagInfo | TextInfo;

type Filled<I extends OptionInfo, T> = I extends { fallback: T } ? T : T | undefined;

/** What an option returns: in the unit that the editor shows. */
type OptionValue<I extends OptionInfo> = I extends NumberInfo
	? Filled<I, number>
	: I extends FlagInfo
		? boolean
		: Filled<I, string>;

export type OptionValues<T extends Record<string, OptionInfo>> = {
	readonly [Name in keyof T]: OptionValue<T[Name]>;
};

function readOption(value: unknown, info: OptionInfo): string | number | boolean | undefined {
	if (info.type === 'flag') return info.isGuard ? readGuard(value, info) : readFlag(value, info);
	const read = info.type === 'number' ? readNumber(value, info) : readName(value, info.label);
	if (read === undefined && info.isGuard) throw optionEmpty(info.label);
	return read ?? info.fallback;
}

/**
 * All options of a collection, each with its fallback where it was not added. Those of other operations,
 * which a saved workflow may still hold, are not read.
 * @throws ItemError for the first one that cannot be used
 */
export function readOptions<T extends Record<string, OptionInfo>>(
	given: IDataObject,
	table: T,
	operation?: OperationName,
): OptionValues<T> {
	const values = Object.entries(table).map(([name, info]) => {
		const isShown = operation === undefined || info.operations.includes(operation);
		return [name, isShown && name in given ? readOption(given[name], info) : info.fallback];
	});
	return Object.fromEntries(values) as OptionValues<T>;
}

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
