/**
 * The account's balance, in millionths of a dollar. It is asked for once in a run. Where it is not known,
 * nothing is refused for it.
 *
 * @see https://docs.aimlapi.com : `GET /v2/billing`, free
 */
import type { IDataObject } from 'n8n-workflow';
import { BILLING } from '../api/aimlapi';
import { readWithRetry } from '../api/retry';
import type { Reader } from '../api/retry';
import type { RequestPlan } from '../request/plan';
import { ItemError } from '../shared/errors';
import { sumOf, toMicroUsd } from '../shared/money';
import { asText } from '../shared/values';
import type { Price } from './prices';

export interface Balance {
	readonly microUsd: number;
	/** What would be left after all items of the run; below zero where they cost more. Not known without every price. */
	readonly afterMicroUsd?: number;
}

/** A run can do without it: one more attempt, where the prices get three. */
const ATTEMPTS = 2;

/** An account may be overdrawn. An amount in credits, or in another currency, means nothing here. */
function balanceIn({ current_balance: amount, currency }: IDataObject): number | undefined {
	if (asText(currency)?.toLowerCase() !== 'usd') return undefined;
	const usd = typeof amount === 'number' ? amount : Number(asText(amount) ?? NaN);
	return Number.isFinite(usd) ? toMicroUsd(usd) : undefined;
}

/** What the account holds; undefined when the API does not say. */
export async function readBalance(reader: Reader): Promise<number | undefined> {
	const read = await readWithRetry(reader, BILLING, { attempts: ATTEMPTS }).catch(
		(refusal: unknown) => {
			if (!(refusal instanceof ItemError)) throw refusal;
		},
	);
	return read && 'answer' in read ? balanceIn(read.answer) : undefined;
}

/** What all these plans cost; undefined where a price is not known. */
export function costOf(
	plans: readonly RequestPlan[],
	prices: ReadonlyMap<number, Price>,
): number | undefined {
	// A tool that is called with the same arguments twice makes one video.
	const costs = new Map<string, number>();
	for (const { key, itemIndex } of plans) {
		const price = prices.get(itemIndex);
		if (price?.kind !== 'known') return undefined;
		costs.set(key, price.microUsd);
	}
	return sumOf(costs.values());
}
