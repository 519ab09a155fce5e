/** Prices and limits, worked out before anything is paid. */
import { ItemError } from '../errors';
import { BILLING_URL } from './phrases';

const REMOVE_LIMIT = "Remove 'Max Cost (USD)' from the options to run without a limit";

export const overMaxCost = (sum: string, limit: string, perItem: string, spent?: string) =>
	new ItemError(`The run would cost ${sum}, but 'Max Cost (USD)' is ${limit} (${perItem})`, {
		description: `Nothing was submitted.${spent ? ` The sum includes ${spent} that earlier rounds of this execution have spent.` : ''} Raise 'Max Cost (USD)', send fewer items, or choose shorter or cheaper videos.`,
	});

export const overBalance = (sum: string, balance: string, perItem: string) =>
	new ItemError(`The run would cost ${sum}, but the account's balance is ${balance} (${perItem})`, {
		description: `Nothing was submitted. Top up at ${BILLING_URL}, send fewer items, or choose shorter or cheaper videos. Without 'Max Cost (USD)' in the options, the node does not check the balance.`,
	});

export const priceUnknown = (model: string, reason: string, itemIndex: number) =>
	new ItemError("The price is not known in advance, so 'Max Cost (USD)' cannot be enforced", {
		description: `${reason} (${model}). Nothing was submitted. ${REMOVE_LIMIT}, or choose another model or other settings.`,
		itemIndex,
	});

export const optionEmpty = (label: string) =>
	new ItemError(`'${label}' is empty`, {
		description: `Enter a value, or check the expression that should return it. To do without it, remove '${label}' from the options.`,
	});
