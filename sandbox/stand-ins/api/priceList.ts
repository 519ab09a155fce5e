/** Made-up prices, of every kind that the vendor's catalogue has. */
import { SCHEMAS, secondsOf, usedValue } from './schema';

export const CREDITS_PER_USD = 2_000_000;

interface Price {
	price: number;
	unit: 'second' | 'request';
	per: number;
}

export type Pricing =
	| { kind: 'fixed'; currency: 'USD'; units: Price[] }
	| {
			kind: 'variants';
			currency: 'USD';
			dimensions: string[];
			variants: Array<Price & { when: Record<string, string | boolean> }>;
	  }
	| { kind: 'variable'; currency: 'USD' };

const perSecond = (price: number): Price => ({ price, unit: 'second', per: 1 });

const perSecondFrom = (cents: number): Pricing => ({
	kind: 'fixed',
	currency: 'USD',
	units: [perSecond(cents / 100)],
});

/** Each higher resolution costs more, and a video without sound less. */
const byResolutionAndSound = (cents: number, resolutions: readonly string[]): Pricing => ({
	kind: 'variants',
	currency: 'USD',
	dimensions: ['resolution', 'generate_audio'],
	variants: resolutions.flatMap((resolution, index) =>
		[true, false].map((sound) => ({
			when: { resolution, generate_audio: sound },
			...perSecond((cents + 10 * index - (sound ? 0 : 5)) / 100),
		})),
	),
});

/** A price by what the model takes: only settings that have a value when the body leaves them out. */
function usualPrice(model: string, cents: number): Pricing {
	const isKnown = ['resolution', 'generate_audio'].every(
		(name) => usedValue({ model }, name) !== undefined,
	);
	const resolutions = SCHEMAS[model]?.resolution?.enum?.map(String);
	return isKnown && resolutions ? byResolutionAndSound(cents, resolutions) : perSecondFrom(cents);
}

const FAST = [
	'google/veo-3.1-first-last-image-to-video-fast',
	'google/veo-3.1-i2v-fast',
	'google/veo-3.1-t2v-fast',
];

/** Prices by model id; the ids without their vendor are aliases. */
export const PRICES: Record<string, Pricing> = {
	...Object.fromEntries(Object.keys(SCHEMAS).map((id) => [id, usualPrice(id, 40)])),
	...Object.fromEntries(FAST.map((id) => [id, usualPrice(id, 15)])),
	'google/veo-3.1-reference-to-video': { kind: 'variable', currency: 'USD' },
	'google/veo3-1-extend-video': {
		kind: 'fixed',
		currency: 'USD',
		units: [{ price: 200, unit: 'request', per: 100 }],
	},
	'google/veo3-1-fast-extend-video': {
		kind: 'fixed',
		currency: 'USD',
		units: [{ price: 1, unit: 'request', per: 1 }],
	},
	'google/veo-3-1-lite-generate-preview': {
		kind: 'fixed',
		currency: 'USD',
		units: [{ price: 0.5, unit: 'second', per: 10 }],
	},
	'veo-3.1-lite-generate-001': {
		kind: 'variants',
		currency: 'USD',
		dimensions: ['resolution'],
		variants: [
			{ when: { resolution: '720P' }, ...perSecond(0.05) },
			{ when: { resolution: '1080P' }, ...perSecond(0.08) },
		],
	},
};

/** USD for one job, with the vendor's defaults for what the body leaves out. */
export function priceOf(body: Record<string, unknown>): number {
	const model = String(body.model);
	const pricing = PRICES[model];
	const seconds = secondsOf(body);
	if (!pricing || pricing.kind === 'variable') return 0.4 * seconds;
	const price =
		pricing.kind === 'fixed'
			? pricing.units[0]
			: pricing.variants.find(({ when }) =>
					Object.entries(when).every(([name, value]) => usedValue(body, name) === value),
				);
	if (!price) return 0.4 * seconds;
	const usd = (price.price / price.per) * (price.unit === 'second' ? seconds : 1);
	return Math.round(usd * 1e6) / 1e6;
}
