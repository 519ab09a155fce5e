/**
 * A whole live run: checks what is free, says what it will spend, asks, buys, and compares.
 * It knows neither the terminal nor the environment; the clock and the question are arguments.
 */
import { asObject, asText } from '../../nodes/AimlVeo/shared/values';
import { priceOf, readCatalogue } from '../../nodes/AimlVeo/cost/prices';
import { askAt } from '../exchange';
import { buy } from './buy';
import { checkFile } from './file';
import { checkCatalogue, checkCredential, checkLog, checkRefusals } from './free';
import { checkLedgers } from './log';
import { Notes } from './notes';
import type { Row } from './notes';
import { purchasesOf } from './purchases';
import type { Made, Options, Purchase } from './purchases';
import { withoutSecrets } from './report';
import { askWithKey, inSeconds, checkPath } from './context';
import type { Clock, Context } from './context';
import { MICRO_USD, formatUsd } from '../../nodes/AimlVeo/shared/money';

export interface LiveRun {
	baseUrl: string;
	key: string;
	options: Options;
	/** How long after its end the first video is checked again. */
	againAfterMs: number;
	clock: Clock;
	print: (line: string) => void;
	/** Whether this may be spent. `isKnown`: the price is known ahead. */
	confirm: (question: string, isKnown: boolean) => Promise<boolean>;
}

export interface LiveResult {
	rows: Row[];
	bought: string[];
	/** The first video. */
	bytes?: Buffer;
}

interface Quote {
	purchase: Purchase;
	microUsd?: number;
	text: string;
}

function quoteOf(purchase: Purchase, catalogue: unknown): Quote {
	const price = priceOf(purchase.body, readCatalogue(asObject(catalogue) ?? {}));
	const what = `${purchase.name}: ${purchase.body.model}`;
	return price.kind === 'known'
		? { purchase, microUsd: price.microUsd, text: `${what}, ${formatUsd(price.microUsd)}` }
		: { purchase, text: `${what}, at a price that is not known ahead (${price.reason})` };
}

function notePrices({ notes }: Context, quotes: readonly Quote[]): void {
	for (const { purchase, microUsd } of quotes) {
		notes.check(
			`${purchase.name}: price in the catalogue`,
			'known ahead',
			microUsd === undefined ? 'not known ahead' : formatUsd(microUsd),
			microUsd !== undefined,
		);
	}
}

async function mayBuy(
	{ confirm, print }: LiveRun,
	quotes: readonly Quote[],
	balanceUsd: number | undefined,
): Promise<boolean> {
	print('This would be bought:');
	for (const { text } of quotes) print(`  ${text}`);
	const known = quotes.flatMap(({ microUsd }) => microUsd ?? []);
	const sum = known.reduce((total, microUsd) => total + microUsd, 0);
	const isKnown = known.length === quotes.length;
	if (balanceUsd !== undefined && balanceUsd * MICRO_USD < sum) {
		print(`The balance is too low: ${formatUsd(Math.round(balanceUsd * MICRO_USD))}`);
		return false;
	}
	return await confirm(`Spend ${formatUsd(sum)}${isKnown ? '' : ' or more'}?`, isKnown);
}

async function makePurchase(context: Context, { purchase, microUsd }: Quote, made: Made) {
	const { notes, print } = context;
	const media = purchase.media(made);
	print(`${purchase.name} …`);
	if (!media) {
		notes.note(purchase.name, 'not tried: the video it goes on from is missing');
		return undefined;
	}
	const bought = await buy(context, purchase, media);
	if (bought?.chargedUsd !== undefined && microUsd !== undefined) {
		notes.check(
			`${purchase.name}: charged`,
			`the price in the catalogue (${formatUsd(microUsd)})`,
			formatUsd(Math.round(bought.chargedUsd * MICRO_USD)),
			Math.round(bought.chargedUsd * MICRO_USD) === microUsd,
		);
	}
	return bought;
}

async function checkAgain(context: Context, made: Made, afterMs: number): Promise<void> {
	const { first } = made;
	if (!first?.url) return;
	const { clock, notes, print } = context;
	const restMs = first.endedAtMs + afterMs - clock.now();
	if (restMs > 0) {
		print(`Checking the first video again in ${inSeconds(restMs)} …`);
		await clock.sleep(restMs);
	}
	const part = notes.under(`${inSeconds(clock.now() - first.endedAtMs)} after the end`);
	const answer = await askWithKey(context, { path: checkPath(first.id) });
	const { status, video } = asObject(answer.body) ?? {};
	const seen = `HTTP ${answer.status}, ${asText(status) ?? 'no status'}`;
	part.check('state', 'HTTP 200, completed', seen, seen === 'HTTP 200, completed');
	const old = await context.ask({ path: first.url });
	part.check('old address', 'HTTP 200', `HTTP ${old.status}`, old.status === 200);
	const text = JSON.stringify(video ?? null);
	part.note('address in the answer', text.includes(first.url) ? 'the same' : 'another, or none');
}

/** @throws Error when the key is not accepted, or nothing answers before anything is bought */
export async function runLive(run: LiveRun): Promise<LiveResult> {
	const { baseUrl, key, clock } = run;
	const print = (line: string) => run.print(line.replaceAll(key, '[hidden]'));
	const notes = new Notes(print);
	const context: Context = { ask: askAt(baseUrl), key, clock, notes, print };
	const result: LiveResult = { rows: notes.rows, bought: [] };
	const purchases = purchasesOf(run.options);

	print('Checking what is free (some requests are wrong on purpose, and must be refused) …');
	const account = await checkCredential(context);
	await checkLog(context);
	const models = [...new Set(purchases.map(({ body }) => body.model))];
	await checkRefusals(context, purchases[0]?.body.model ?? '');
	const catalogue = await checkCatalogue(context, models);
	const quotes = purchases.map((purchase) => quoteOf(purchase, catalogue));
	notePrices(context, quotes);
	if (!(await mayBuy({ ...run, print }, quotes, account.balanceUsd))) return result;

	/** What was found out before is worth its report. */
	const failed = (what: string, cause: unknown) =>
		notes.check(what, 'an answer', withoutSecrets((cause as Error).message, [key]), false);
	const made: Made = {};
	for (const quote of quotes) {
		const { name, seconds } = quote.purchase;
		try {
			const bought = await makePurchase(context, quote, made);
			made.last = bought;
			if (!bought) continue;
			result.bought.push(quote.text);
			const isFirst = made.first === undefined;
			made.first ??= bought;
			const bytes = bought.url ? await checkFile(context, name, bought.url, seconds) : undefined;
			if (!isFirst) continue;
			made.first = { ...bought, bytes };
			result.bytes = bytes;
			if (bought.url) await checkLedgers(context, bought, account);
		} catch (cause) {
			failed(name, cause);
		}
	}
	await checkAgain(context, made, run.againAfterMs).catch((cause) => failed('Again', cause));
	return result;
}
