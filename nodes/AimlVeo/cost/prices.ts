/**
 * What a request will cost, by the API's live catalogue. Pure: a body and the catalogue in, micro-dollars out
 * (integers, so that a sum of prices stays exact). What is not certain is never guessed.
 *
 * @see https://docs.aimlapi.com : `GET /v1/models?id=…&include=pricing`
 */
import type { IDataObject } from 'n8n-workflow';
import type { RequestBody } from '../request/body';
import { findModel, SETTINGS } from '../catalogue/models';
import type { Model, SettingName, SettingSpec } from '../catalogue/models';
import { asNumber, asObject, asObjects, asText } from '../shared/values';
import { MICRO_USD } from '../shared/money';

export type Price = { kind: 'known'; microUsd: number } | { kind: 'unknown'; reason: string };

const unknown = (reason: string): Price => ({ kind: 'unknown', reason });

/** The rows of the catalogue's answer. */
export const readCatalogue = (answer: IDataObject): IDataObject[] => asObjects(answer.data);

const aliasesOf = (row: IDataObject): unknown[] => (Array.isArray(row.aliases) ? row.aliases : []);

const findRow = (catalogue: readonly IDataObject[], id: string) =>
	catalogue.find((row) => row.id === id) ?? catalogue.find((row) => aliasesOf(row).includes(id));

type Values = Readonly<Record<string, unknown>>;

/** The settings that the price may depend on: what is sent, else what the API then uses. */
function effective(body: RequestBody, row: IDataObject): Values {
	const names = [body.model, row.id, ...aliasesOf(row)].map(String);
	const model: Model | undefined = names.map(findModel).find(Boolean);
	const settings = Object.entries(model?.settings ?? {}) as Array<[SettingName, SettingSpec]>;
	const defaults = settings.map(([name, { apiDefault }]) => [SETTINGS[name].field, apiDefault]);
	return { ...Object.fromEntries(defaults), ...body };
}

/** How many of its unit one request uses; undefined when that is known only afterwards. */
function quantityOf(unit: unknown, values: Values): number | undefined {
	const name = asText(unit)?.toLowerCase() ?? '';
	if (/^(request|generation|video)s?$/.test(name)) return 1;
	return /^seconds?$/.test(name) ? asNumber(values.duration) || undefined : undefined;
}

/** One rate, as `{ price, unit, per }`: the price of `per` units. */
function priceByRate(rate: IDataObject | undefined, values: Values): Price {
	const price = asNumber(rate?.price);
	const per = asNumber(rate?.per);
	if (price === undefined || !per) return unknown('Its price in the catalog cannot be read');
	const quantity = quantityOf(rate?.unit, values);
	if (quantity === undefined) {
		return unknown(`It is charged per '${String(rate?.unit)}', which is not known in advance`);
	}
	return { kind: 'known', microUsd: Math.round((price * MICRO_USD * quantity) / per) };
}

/** A price that is the sum of several. */
function totalOf(prices: readonly Price[]): Price {
	let microUsd = 0;
	for (const price of prices) {
		if (price.kind === 'unknown') return price;
		microUsd += price.microUsd;
	}
	return prices.length > 0
		? { kind: 'known', microUsd }
		: unknown('Its price in the catalog cannot be read');
}

const spelled = (value: unknown) => String(value).toLowerCase();

/** Whether a condition of a variant holds: yes, no, or undefined when that is not known. */
function holds(wanted: unknown, given: unknown): boolean | undefined {
	if (given === undefined || given === null) return undefined;
	const allowed = Array.isArray(wanted) ? wanted : [wanted];
	if (allowed.some((value) => typeof value === 'object')) return undefined;
	return allowed.some((value) => spelled(value) === spelled(given));
}

/**
 * The variant whose conditions all hold; the one with most conditions where several do. Conditions
 * that cannot be told matter only when they would change the price.
 */
function priceByVariant(variants: readonly IDataObject[], values: Values): Price {
	const candidates = variants.flatMap((variant) => {
		const conditions = Object.entries(asObject(variant.when) ?? {});
		const matches = conditions.map(([name, wanted]) => holds(wanted, values[name]));
		if (matches.includes(false)) return [];
		const open = conditions.filter((_condition, index) => matches[index] === undefined);
		return [{ variant, size: conditions.length, open: open.map(([name]) => name) }];
	});
	const size = Math.max(...candidates.filter(({ open }) => open.length === 0).map((c) => c.size));
	const chosen = candidates.filter((c) => c.open.length > 0 || c.size === size);
	const prices = chosen.map(({ variant }) => priceByRate(variant, values));
	const [first] = prices;
	if (!first) return unknown('The catalog has no price for these settings');
	const other = prices.find((price) => JSON.stringify(price) !== JSON.stringify(first));
	if (!other) return first;
	const open = [...new Set(chosen.flatMap((c) => c.open))].map((field) => `'${labelOf(field)}'`);
	return unknown(
		open.length > 0
			? `It depends on ${open.join(', ')}, which is not set`
			: 'The catalog has more than one price for these settings',
	);
}

const labelOf = (field: string) =>
	Object.values(SETTINGS).find((setting) => setting.field === field)?.label ?? field;

/** What this request will cost, or why that cannot be known ahead. */
export function priceOf(body: RequestBody, catalogue: readonly IDataObject[]): Price {
	const row = findRow(catalogue, body.model);
	if (!row) return unknown('The catalog of the AI/ML API does not list this model');
	const pricing = asObject(row.pricing);
	if (pricing?.kind === 'variable') return unknown('The catalog says that its price varies');
	if (spelled(pricing?.currency) !== 'usd')
		return unknown('The catalog has no price in USD for it');
	const values = effective(body, row);
	switch (pricing?.kind) {
		case 'fixed':
			return totalOf(asObjects(pricing.units).map((rate) => priceByRate(rate, values)));
		case 'variants':
			return priceByVariant(asObjects(pricing.variants), values);
		default:
			return unknown('The catalog has a price of an unknown kind for it');
	}
}
