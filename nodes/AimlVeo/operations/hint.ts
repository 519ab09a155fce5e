/**
 * The one hint that n8n shows above the output of a run: what its rows do not say. Plain values in, text out.
 */
import type { INodeExecutionData, NodeExecutionHint } from 'n8n-workflow';
import { knownOf } from '../cost/budget';
import type { Quote } from '../cost/budget';
import type { Purchase } from '../generation/purchase';
import type { RequestPlan } from '../request/plan';
import type { ItemError } from '../shared/errors';
import * as say from '../shared/messages/hints';
import { formatUsd, sumOf, toMicroUsd } from '../shared/money';
import { asNumber, asObject } from '../shared/values';

/** What a run notes on its way; by item. */
export interface RunFacts {
	/** Ms since the epoch. */
	readonly beginMs: number;
	/** How items got their generations. */
	readonly sources: Map<number, Purchase['source']>;
	/** How many of those in the ledger were found in the API's records, after a crash of n8n. */
	recovered: number;
	/** Of these, the items whose request was different before the crash. */
	readonly requestedOtherwise: number[];
	/** Why items could not go on. */
	readonly failures: Map<number, ItemError>;
	quote?: Quote;
}

export const startFacts = (beginMs: number): RunFacts => ({
	beginMs,
	sources: new Map(),
	recovered: 0,
	requestedOtherwise: [],
	failures: new Map(),
});

/** A sentence, and whether it is a warning. */
type Sentence = readonly [text: string, isWarning?: boolean];

/** The rows of each item. */
type Rows = ReadonlyArray<readonly INodeExecutionData[]>;

/** A single row shows its own charge. */
function aboutDelivery(facts: RunFacts, rows: Rows, nowMs: number): Sentence[] {
	const items = [...facts.sources.keys()];
	const delivered = items.flatMap((index) => rows[index] ?? []).filter(({ json }) => json.video);
	const charges = delivered.flatMap(({ json }) => asNumber(asObject(json.usage)?.usdSpent) ?? []);
	if (delivered.length < 2 || charges.length === 0) return [];
	const charged = sumOf(charges.map(toMicroUsd));
	const seconds = Math.max(0, Math.round((nowMs - facts.beginMs) / 1_000));
	return [[say.delivered(delivered.length, formatUsd(charged), charges.length, seconds)]];
}

/** Rows of videos that are not ready when the run ends show no charge. With a limit, their prices are known. */
function aboutRequests({ sources, quote }: RunFacts, rows: Rows): Sentence[] {
	const requested = [...sources].flatMap(([index, source]) => {
		const json = rows[index]?.[0]?.json;
		const price = quote?.prices.get(index);
		const isOpen = source === 'bought' && json && !json.error && !json.video;
		return isOpen && price?.kind === 'known' ? [price.microUsd] : [];
	});
	if (requested.length < 2) return [];
	return [[say.requested(requested.length, formatUsd(sumOf(requested)))]];
}

function aboutSources({ sources, recovered, requestedOtherwise }: RunFacts): Sentence[] {
	const countOf = (wanted: Purchase['source']) =>
		[...sources.values()].filter((source) => source === wanted).length;
	const inLedger = Math.max(0, countOf('ledger') - recovered);
	const atApi = countOf('ledger') - inLedger + countOf('api');
	return [
		...(inLedger > 0 ? [[say.foundInLedger(inLedger, sources.size)] as const] : []),
		...(atApi > 0 ? [[say.foundAtApi(atApi, sources.size)] as const] : []),
		...(requestedOtherwise.length > 0
			? [[say.requestedOtherwise([...requestedOtherwise].sort((a, b) => a - b)), true] as const]
			: []),
	];
}

/** The row of Continue On Fail has the message alone, without the reason and the charge. */
function aboutFailures({ failures }: RunFacts): Sentence[] {
	const free = [...failures]
		.filter(([, { details }]) => details.notCharged)
		.sort(([a], [b]) => a - b);
	const blocked = free.filter(([, { details }]) => details.withoutVideo).map(([index]) => index);
	const failed = free.filter(([, { details }]) => !details.withoutVideo).map(([index]) => index);
	return [
		...(blocked.length > 0 ? [[say.endedWithoutVideo(blocked), true] as const] : []),
		...(failed.length > 0 ? [[say.couldNotBeGenerated(failed), true] as const] : []),
	];
}

function aboutSettings(plans: readonly RequestPlan[], rows: Rows): Sentence[] {
	const settings = new Map<string, number[]>();
	for (const { itemIndex, leftOut = [] } of plans) {
		if (rows[itemIndex]?.[0]?.json.error) continue;
		for (const label of leftOut) {
			settings.set(label, [...(settings.get(label) ?? []), itemIndex]);
		}
	}
	return settings.size > 0 ? [[say.settingsLeftOut(settings), true]] : [];
}

/** A single row of Estimate Only says it all. */
function aboutEstimate({ quote }: RunFacts, plans: readonly RequestPlan[]): Sentence[] {
	const estimates = plans.filter(({ options }) => options.estimateOnly);
	if (!quote || estimates.length < 2) return [];
	const known = knownOf(estimates, quote.prices);
	if (known.size === 0) return [];
	const unpriced = estimates.length - known.size;
	const cost: Sentence = [say.wouldCost(known.size, formatUsd(sumOf(known.values())), unpriced)];
	const { microUsd = 0, afterMicroUsd } = quote.balance ?? {};
	if (afterMicroUsd === undefined) return [cost];
	const balance = formatUsd(microUsd);
	return afterMicroUsd < 0
		? [cost, [say.wouldBeMissing(balance, formatUsd(-afterMicroUsd)), true]]
		: [cost, [say.wouldBeLeft(balance, formatUsd(afterMicroUsd))]];
}

/** What the rows of a run do not say; undefined when they say it all. */
export function hintOf(
	facts: RunFacts,
	plans: readonly RequestPlan[],
	rows: Rows,
	nowMs: number,
): NodeExecutionHint | undefined {
	const sentences = [
		...aboutDelivery(facts, rows, nowMs),
		...aboutRequests(facts, rows),
		...aboutEstimate(facts, plans),
		...aboutSources(facts),
		...aboutFailures(facts),
		...aboutSettings(plans, rows),
	];
	if (sentences.length === 0) return undefined;
	return {
		message: sentences.map(([text]) => text).join(' '),
		type: sentences.some(([, isWarning]) => isWarning) ? 'warning' : 'info',
		location: 'outputPane',
	};
}
