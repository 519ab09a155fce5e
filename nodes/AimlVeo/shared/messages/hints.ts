/**
 * The sentences of the hint above the output of a run. n8n renders it as HTML: no prompt, no name and no
 * words of the API are in it.
 */
import { spanned } from './phrases';

const videos = (count: number) => (count === 1 ? '1 video' : `${count} videos`);
const items = (indices: readonly number[]) =>
	`${indices.length === 1 ? 'item' : 'items'} ${spanned(indices)}`;
const Items = (indices: readonly number[]) => items(indices).replace('i', 'I');
const be = (count: number) => (count === 1 ? 'was' : 'were');

/** `3 of 10 videos were`, `The video was` */
const share = (count: number, total: number) =>
	total === 1
		? 'The video was'
		: count === total
			? `All ${total} videos were`
			: `${count} of ${total} videos ${be(count)}`;

/** @param told how many of them the API named a charge for */
export const delivered = (count: number, charged: string, told: number, seconds: number) =>
	`${videos(count)}, ${charged} charged${told < count ? ` for ${told} of them` : ''}, ${seconds} s.`;

export const requested = (count: number, price: string) =>
	`${videos(count)} requested, ${price} according to the catalog.`;

export const foundInLedger = (count: number, total: number) =>
	`${share(count, total)} bought in the earlier try and ${be(total === 1 ? 1 : count)} not paid for again.`;

export const foundAtApi = (count: number, total: number) =>
	`${share(count, total)} found in the API's records and ${be(total === 1 ? 1 : count)} not paid for again.`;

export const requestedOtherwise = (indices: readonly number[]) =>
	`${Items(indices)} ${be(indices.length)} requested with other values before the crash: check the video.`;

export const endedWithoutVideo = (indices: readonly number[]) =>
	`The safety filter most likely held back ${items(indices)}. Not charged.`;

export const couldNotBeGenerated = (indices: readonly number[]) =>
	`${Items(indices)} could not be generated. Not charged.`;

/** @param settings display names, each with the items where it was filled in */
export function settingsLeftOut(settings: ReadonlyMap<string, readonly number[]>): string {
	const named = [...settings].map(([label, indices]) => `'${label}' (${items(indices)})`);
	return `Left out, because the model does not have it: ${named.join(', ')}.`;
}

/** @param unpriced how many more have no known price */
export const wouldCost = (count: number, price: string, unpriced: number) =>
	`${videos(count)} would cost ${price}.${unpriced > 0 ? ` The price of ${unpriced} more is not known in advance.` : ''}`;

export const wouldBeLeft = (balance: string, left: string) =>
	`The account's balance is ${balance}: ${left} would be left.`;

export const wouldBeMissing = (balance: string, missing: string) =>
	`The account's balance is ${balance}: ${missing} too little.`;
