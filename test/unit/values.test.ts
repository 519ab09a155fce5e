/** The readers of values: one rule for each type, wherever the value comes from. */
import {
	asNumber,
	asObject,
	asText,
	isUnset,
	toFlag,
	toNumber,
	toText,
	unquoted,
	UNITS,
} from '../../nodes/AimlVeo/shared/values';

test('asObject takes objects only', () => {
	expect(asObject({ a: 1 })).toEqual({ a: 1 });
	for (const value of [null, undefined, [], 'x', 1, true]) expect(asObject(value)).toBeUndefined();
});

test('asText takes text that is not blank, trimmed', () => {
	expect(asText(' a ')).toBe('a');
	for (const value of ['', ' \n', 1, null, {}, ['a']]) expect(asText(value)).toBeUndefined();
});

test('asNumber takes numbers that are not negative, also out of a text', () => {
	expect([asNumber(0), asNumber('2.5')]).toEqual([0, 2.5]);
	for (const value of [-1, NaN, Infinity, '', 'x', null, {}])
		expect(asNumber(value)).toBeUndefined();
});

test.each<[unknown, boolean | undefined]>([
	[true, true],
	['TRUE', true],
	['\u00a0"True"\r\n', true],
	['\ufefffalse', false],
	['FALSE', false],
	['truth', undefined],
	['1', undefined],
	[1, undefined],
	[0, undefined],
	['', undefined],
	[null, undefined],
	[['true'], undefined],
])('the flag of %j is %j', (value, flag) => {
	expect(toFlag(value)).toBe(flag);
});

test.each<[unknown, RegExp | undefined, number | undefined]>([
	[8, undefined, 8],
	['8.0', undefined, 8],
	[' "-3" ', undefined, -3],
	['0,5', undefined, 0.5],
	['1,500', undefined, undefined],
	['1,500.20', undefined, undefined],
	['8s', undefined, undefined],
	['8s', UNITS.seconds, 8],
	['8 Seconds', UNITS.seconds, 8],
	['s', UNITS.seconds, undefined],
	['8 m', UNITS.seconds, undefined],
	['US$ 2.50', UNITS.usd, 2.5],
	['2,50 USD', UNITS.usd, 2.5],
	['$', UNITS.usd, undefined],
	[true, undefined, undefined],
	[[8], undefined, undefined],
	['', undefined, undefined],
])('the number of %j with %p is %j', (value, unit, number) => {
	expect(toNumber(value, unit)).toBe(number);
});

test('toText takes what people read as text', () => {
	expect([toText(' a '), toText(7), toText(10n), toText(false)]).toEqual([
		' a ',
		'7',
		'10',
		'false',
	]);
	for (const value of [null, undefined, {}, [], Symbol('s')]) expect(toText(value)).toBeUndefined();
});

test.each([
	['"a"', 'a'],
	["' a '", 'a'],
	['“a”', 'a'],
	['"a', '"a'],
	['"', '"'],
	['', ''],
	['\u200ba\u00a0', 'a'],
])('%j without quotes is %j', (text, plain) => {
	expect(unquoted(text)).toBe(plain);
});

test('isUnset sees through blanks that nobody sees', () => {
	for (const value of [undefined, null, '', ' \t\r\n', '\u00a0', '\u200b\ufeff ']) {
		expect(isUnset(value)).toBe(true);
	}
	for (const value of [0, false, 'a', [], {}]) expect(isUnset(value)).toBe(false);
});
