/** What a request costs by the catalogue: every kind of price, and every reason why it is not known. */
import type { RequestBody } from '../../nodes/AimlVeo/request/body';
import { MODELS } from '../../nodes/AimlVeo/catalogue/models';
import { priceOf } from '../../nodes/AimlVeo/cost/prices';
import { PRICES, priceOf as sandboxPriceOf } from '../../sandbox/stand-ins/api/priceList';
import { formatUsd } from '../../nodes/AimlVeo/shared/money';

const MODEL = 'google/veo-3.1-t2v';
const body = (more: object = {}): RequestBody => ({ model: MODEL, prompt: 'x', ...more });
const catalogue = (pricing: object, id = MODEL, aliases: unknown = []) => [
	{ id, aliases, pricing: { currency: 'USD', ...pricing } } as never,
];
const fixed = (...units: object[]) => catalogue({ kind: 'fixed', units });
const variants = (...list: object[]) =>
	catalogue({
		kind: 'variants',
		variants: list.map((variant) => ({ unit: 'request', per: 1, ...variant })),
	});
const usd = (amount: number) => ({ kind: 'known', microUsd: Math.round(amount * 1e6) });
const unknown = (reason: string) => ({ kind: 'unknown', reason: expect.stringContaining(reason) });

test.each<[string, never[], object, object]>([
	['per request', fixed({ price: 2, unit: 'request', per: 1 }), {}, usd(2)],
	['per 100 requests', fixed({ price: 200, unit: 'request', per: 100 }), {}, usd(2)],
	['per second, default length', fixed({ price: 0.39, unit: 'second', per: 1 }), {}, usd(3.12)],
	['per second, 4 s', fixed({ price: 0.39, unit: 'second', per: 1 }), { duration: 4 }, usd(1.56)],
	['per 10 seconds', fixed({ price: 0.5, unit: 'seconds', per: 10 }), { duration: 6 }, usd(0.3)],
	['as text', fixed({ price: '0.1', unit: 'second', per: '1' }), { duration: 6 }, usd(0.6)],
	['free', fixed({ price: 0, unit: 'request', per: 1 }), {}, usd(0)],
	[
		'two rates add up',
		fixed({ price: 1, unit: 'request', per: 1 }, { price: 0.1, unit: 'second', per: 1 }),
		{},
		usd(1.8),
	],
	[
		'variant by what is sent',
		variants(
			{ when: { resolution: '720p' }, price: 1 },
			{ when: { resolution: '1080p' }, price: 2 },
		),
		{ resolution: '720p' },
		usd(1),
	],
	[
		"variant by the API's defaults",
		variants(
			{ when: { resolution: '1080P', generate_audio: 'true' }, price: 3 },
			{ when: { resolution: '1080p', generate_audio: false }, price: 2 },
		),
		{},
		usd(3),
	],
	[
		'false is sent, not unset',
		variants(
			{ when: { generate_audio: true }, price: 3 },
			{ when: { generate_audio: false }, price: 2 },
		),
		{ generate_audio: false },
		usd(2),
	],
	[
		'variant by length, as number or text',
		variants({ when: { duration: '4' }, price: 1 }, { when: { duration: 8 }, price: 2 }),
		{ duration: 4 },
		usd(1),
	],
	[
		'any of several values',
		variants({ when: { duration: [4, 6] }, price: 1 }, { when: { duration: [8] }, price: 2 }),
		{ duration: 6 },
		usd(1),
	],
	[
		'the closest variant',
		variants({ when: {}, price: 5 }, { when: { resolution: '1080p' }, price: 2 }),
		{},
		usd(2),
	],
	[
		'an unset setting that changes nothing',
		variants(
			{ when: { aspect_ratio: '16:9' }, price: 2 },
			{ when: { aspect_ratio: '9:16' }, price: 2 },
		),
		{},
		usd(2),
	],
	[
		'an unset setting that matters',
		variants(
			{ when: { aspect_ratio: '16:9' }, price: 2 },
			{ when: { aspect_ratio: '9:16' }, price: 3 },
		),
		{},
		unknown("It depends on 'Aspect Ratio', which is not set"),
	],
	[
		'an unknown dimension',
		variants({ when: { tier: 'gold' }, price: 2 }, { when: { tier: 'tin' }, price: 3 }),
		{},
		unknown("'tier'"),
	],
	[
		'a condition nobody can read',
		variants(
			{ when: { duration: { gte: 5 } }, price: 2 },
			{ when: { duration: { lt: 5 } }, price: 3 },
		),
		{},
		unknown('Duration'),
	],
	[
		'no variant fits',
		variants({ when: { resolution: '4k' }, price: 9 }),
		{},
		unknown('no price for these settings'),
	],
	[
		'two variants fit',
		variants(
			{ when: { resolution: '1080p' }, price: 2 },
			{ when: { resolution: '1080p' }, price: 3 },
		),
		{},
		unknown('more than one price'),
	],
	['variable', catalogue({ kind: 'variable' }), {}, unknown('price varies')],
	['other kind', catalogue({ kind: 'auction' }), {}, unknown('unknown kind')],
	['no rates', fixed(), {}, unknown('cannot be read')],
	['without per', fixed({ price: 1, unit: 'request' }), {}, unknown('cannot be read')],
	['per zero', fixed({ price: 1, unit: 'request', per: 0 }), {}, unknown('cannot be read')],
	['below zero', fixed({ price: -1, unit: 'request', per: 1 }), {}, unknown('cannot be read')],
	['no price', fixed({ unit: 'request', per: 1 }), {}, unknown('cannot be read')],
	['tokens', fixed({ price: 1, unit: 'token', per: 1e6 }), {}, unknown("charged per 'token'")],
	[
		'other currency',
		catalogue({ kind: 'fixed', currency: 'EUR', units: [{ price: 1, unit: 'request', per: 1 }] }),
		{},
		unknown('no price in USD'),
	],
	['no pricing', [{ id: MODEL, aliases: [] }] as never, {}, unknown('no price in USD')],
	['another model', catalogue({ kind: 'variable' }, 'openai/sora'), {}, unknown('not list this')],
	['an empty catalogue', [], {}, unknown('does not list this model')],
])('%s', (_name, rows, more, price) => {
	expect(priceOf(body(more), rows)).toEqual(price);
});

const perSecond = { kind: 'fixed', units: [{ price: 0.5, unit: 'second', per: 1 }] };

test('a model is found by its alias, and by its id before the alias of another', () => {
	const aliased = catalogue(perSecond, 'google/veo-3.1-t2v', ['veo-3.1-t2v']);
	expect(priceOf({ ...body(), model: 'veo-3.1-t2v' }, aliased)).toEqual(usd(4));
	const other = catalogue({ kind: 'variable' }, 'other/model', [MODEL]);
	expect(priceOf(body(), [...other, ...catalogue(perSecond)])).toEqual(usd(4));
	expect(priceOf(body(), catalogue(perSecond, MODEL, null))).toEqual(usd(4));
});

test('a model that the table does not hold has no defaults', () => {
	const rows = catalogue(perSecond, 'google/veo-9');
	const newer = { ...body(), model: 'google/veo-9' };
	expect(priceOf(newer, rows)).toEqual(unknown('not known in advance'));
	expect(priceOf({ ...newer, duration: 10 }, rows)).toEqual(usd(5));
});

test('every model of the table, as the sandbox charges it', () => {
	const rows = Object.entries(PRICES).map(([id, pricing]) => ({ id, aliases: [], pricing }));
	for (const { id } of MODELS) {
		const price = priceOf({ model: id, prompt: 'x' }, rows as never);
		if (PRICES[id]?.kind === 'variable') expect(price.kind).toBe('unknown');
		else expect(price).toEqual(usd(sandboxPriceOf({ model: id })));
	}
});

test.each([
	[0, '$0.00'],
	[10_000, '$0.01'],
	[3_200_000, '$3.20'],
	[5_000, '$0.005'],
	[1, '$0.000001'],
	[-1_250_000, '-$1.25'],
	[1_234_567_890_000, '$1234567.89'],
])('%d millionths are shown as %s', (microUsd, shown) => {
	expect(formatUsd(microUsd)).toBe(shown);
});

test('many prices add up without drift', () => {
	const price = priceOf(body({ duration: 4 }), fixed({ price: 0.1, unit: 'second', per: 4 }));
	expect(price).toEqual(usd(0.1));
	const sum = Array.from({ length: 1_000 }).reduce<number>(
		(total) => total + (price.kind === 'known' ? price.microUsd : NaN),
		0,
	);
	expect(sum).toBe(100_000_000);
});
