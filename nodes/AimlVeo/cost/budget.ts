/** Holds a run to its spending limit, and says what it would cost, before anything is submitted. */
import type { IDataObject } from 'n8n-workflow';
import { CATALOGUE } from '../api/aimlapi';
import type { RequestBody } from '../request/body';
import { ItemError } from '../shared/errors';
import type { Ledger } from '../generation/ledger';
import { StoredMedia } from '../request/media';
import { readWithRetry } from '../api/retry';
import type { Reader } from '../api/retry';
import type { RequestPlan } from '../request/plan';
import { costOf, readBalance } from './balance';
import type { Balance } from './balance';
import { priceOf, readCatalogue } from './prices';
import type { Price } from './prices';
import { asText } from '../shared/values';
import { MICRO_USD, formatUsd, sumOf } from '../shared/money';
import { overBalance, overMaxCost, priceUnknown } from '../shared/messages';
import { spanned } from '../shared/messages/phrases';

export interface BudgetContext extends Reader {
	/** Stored with the execution: earlier rounds count too. */
	readonly ledger: Ledger;
}

/** Item indices with the prices of what they would submit. */
export type Prices = ReadonlyMap<number, Price>;

/** What a run would cost, and what the account holds, as far as an option asks for it. */
export interface Quote {
	readonly prices: Prices;
	readonly balance?: Balance;
}

const FREE: Price = { kind: 'known', microUsd: 0 };

/** `items 0-3, 7: $3.20 each; item 4: $1.60` */
function perItem(prices: ReadonlyMap<number, number>): string {
	const groups = new Map<number, number[]>();
	for (const [index, microUsd] of prices) {
		const group = groups.get(microUsd);
		if (group) group.push(index);
		else groups.set(microUsd, [index]);
	}
	return [...groups]
		.map(([microUsd, indices]) =>
			indices.length > 1
				? `items ${spanned(indices)}: ${formatUsd(microUsd)} each`
				: `item ${indices.join('')}: ${formatUsd(microUsd)}`,
		)
		.join('; ');
}

async function readPrices(context: BudgetContext, requests: readonly RequestBody[]) {
	const models = [...new Set(requests.map(({ model }) => model))];
	const query = models.map((model) => `id=${encodeURIComponent(model)}`).join('&');
	const read = await readWithRetry(context, `${CATALOGUE}?${query}&include=pricing`).catch(
		(refusal: unknown) => {
			if (!(refusal instanceof ItemError)) throw refusal;
			return { cause: `${refusal.message}. ${refusal.details.description}` };
		},
	);
	if ('answer' in read) {
		const catalogue = readCatalogue(read.answer);
		return (body: RequestBody) => priceOf(body, catalogue);
	}
	const reason = `The prices of the AI/ML API could not be read. ${read.cause.replace(/\.$/, '')}`;
	return (): Price => ({ kind: 'unknown', reason });
}

/** Of these plans, the prices that are known, by item. */
export const knownOf = (plans: readonly RequestPlan[], prices: Prices) =>
	new Map(
		plans.flatMap(({ itemIndex }) => {
			const price = prices.get(itemIndex);
			return price?.kind === 'known' ? [[itemIndex, price.microUsd] as const] : [];
		}),
	);

const isHeld = (ledger: Ledger, { key }: RequestPlan) => ledger.find(key)?.id !== undefined;

/** What the plans would submit, where it is not in the ledger. */
async function requestsOf(ledger: Ledger, plans: readonly RequestPlan[]) {
	const requests = new Map<RequestPlan, RequestBody>();
	for (const plan of plans.filter((one) => !isHeld(ledger, one))) {
		// An item whose answer was lost may have to be sent again; without its files it cannot be.
		const request = plan.request ?? (await plan.body().catch(() => undefined));
		if (request) requests.set(plan, request);
	}
	return requests;
}

/**
 * Reserves the prices of the plans if they and what was spent before are within the limit. No other call
 * of a tool may come in between, so nothing is waited for here.
 * @throws ItemError when the sum is above the limit, or a price is not certain
 */
function checkLimit(
	ledger: Ledger,
	toBuy: readonly RequestPlan[],
	limit: number,
	prices: Prices,
	requests: ReadonlyMap<RequestPlan, RequestBody>,
): void {
	for (const plan of toBuy) {
		const { itemIndex } = plan;
		const price = prices.get(itemIndex);
		if (price?.kind !== 'unknown') continue;
		throw priceUnknown(requests.get(plan)?.model ?? '', price.reason, itemIndex);
	}
	const known = knownOf(toBuy, prices);
	// What was refused, or ended at no cost, is no longer in the ledger. What is held counts as it was approved.
	const priced = new Set([...requests.keys()].map(({ key }) => key));
	const spent = ledger.spentBeside(priced);
	const sum = spent + sumOf(known.values());
	const isBuying = [...requests.keys()].some(({ options }) => !options.estimateOnly);
	// What is already paid for is delivered, whatever the limit.
	if (isBuying && sum > limit) {
		const before = spent > 0 ? formatUsd(spent) : undefined;
		throw overMaxCost(formatUsd(sum), formatUsd(limit), perItem(known), before);
	}
	for (const plan of requests.keys()) {
		if (!plan.options.estimateOnly) ledger.reserved.set(plan.key, known.get(plan.itemIndex) ?? 0);
	}
}

/**
 * The prices of the plans that have a limit or ask for an estimate, and then the account's balance; no
 * request is sent when none does. What the ledger already holds costs nothing again. The lowest of the
 * items' limits holds for all of them together, and for what earlier rounds of the same execution spent
 * under a limit.
 *
 * @throws ItemError when the sum is above the limit or the balance, or a price is not certain; then nothing
 *   is paid
 */
export async function checkBudget(
	context: BudgetContext,
	plans: readonly RequestPlan[],
): Promise<Quote> {
	const { ledger } = context;
	const toBuy = plans.filter(({ options }) => !options.estimateOnly);
	const limit = Math.min(...toBuy.map(({ maxCostMicroUsd = Infinity }) => maxCostMicroUsd));
	const isLimited = limit < Infinity;
	const asked = plans.filter(({ options }) => options.estimateOnly || isLimited);
	const requests = await requestsOf(ledger, asked);
	const price = requests.size > 0 ? await readPrices(context, [...requests.values()]) : undefined;
	const prices = new Map<number, Price>(
		asked.map((plan) => {
			const request = requests.get(plan);
			return [plan.itemIndex, price && request ? price(request) : FREE];
		}),
	);
	if (isLimited) checkLimit(ledger, toBuy, limit, prices, requests);
	// A request whose answer was lost may be paid for already.
	const isDue = (plan: RequestPlan) => requests.has(plan) && !ledger.find(plan.key);
	const due = isLimited ? toBuy.filter(isDue) : [];
	const sum = costOf(due, prices) ?? 0;
	const isEstimate = toBuy.length < plans.length;
	const microUsd = isEstimate || sum > 0 ? await readBalance(context) : undefined;
	if (microUsd === undefined) return { prices };
	if (sum > 0 && sum > microUsd) {
		throw overBalance(formatUsd(sum), formatUsd(microUsd), perItem(knownOf(due, prices)));
	}
	const cost = costOf(plans, prices);
	const afterMicroUsd = cost === undefined ? undefined : microUsd - cost;
	return { prices, balance: { microUsd, afterMicroUsd } };
}

const SHOWN_MEDIA_LENGTH = 60;

const cut = (beginning: string, length: number) => `${beginning}… (${length} characters)`;

/** A request as it can be shown: data URIs are cut, all else is as it would be sent. */
function shown(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(shown);
	if (value instanceof StoredMedia) return cut(value.preview(SHOWN_MEDIA_LENGTH), value.length);
	const text = asText(value);
	return text?.startsWith('data:') && text.length > SHOWN_MEDIA_LENGTH
		? cut(text.slice(0, SHOWN_MEDIA_LENGTH), text.length)
		: value;
}

/** In dollars, as rows show money. */
const inUsd = (microUsd: number) => microUsd / MICRO_USD;

/** What is not known is left out. */
const asColumns = ({ microUsd, afterMicroUsd }: Balance): IDataObject => ({
	balanceUsd: inUsd(microUsd),
	...(afterMicroUsd !== undefined && { balanceAfterRunUsd: inUsd(afterMicroUsd) }),
});

/**
 * The row of Estimate Only: the price (null when it cannot be known ahead, with the reason), the account's
 * balance now and after all items of the run, and the request.
 */
export function estimateRow(
	body: RequestBody,
	price: Price = FREE,
	balance?: Balance,
): IDataObject {
	return {
		model: body.model,
		estimatedCostUsd: price.kind === 'known' ? inUsd(price.microUsd) : null,
		...(price.kind === 'unknown' && { priceUnknown: price.reason }),
		...(balance && asColumns(balance)),
		request: Object.fromEntries(Object.entries(body).map(([name, value]) => [name, shown(value)])),
	} as IDataObject;
}
