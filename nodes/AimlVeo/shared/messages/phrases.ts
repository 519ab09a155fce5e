/** What several messages have in common. */

export const KEYS_URL = 'https://aimlapi.com/app/keys';
export const BILLING_URL = 'https://aimlapi.com/app/billing';
export const NOTHING_SPENT = 'Nothing was submitted for this item.';

/** Where nothing is paid for yet; `withPaid` puts a retry in its place. */
export const RUN_AGAIN = 'run the workflow again';

export const quoted = (values: ReadonlyArray<string | number>) => values.join(', ');
export const MAX_LISTED = 50;
/** The first of many ids; n8n's log has all. */
export const listed = (ids: readonly string[]) =>
	quoted(ids.slice(0, MAX_LISTED)) +
	(ids.length > MAX_LISTED ? ` and ${ids.length - MAX_LISTED} more, see n8n's log` : '');
export const duration = (seconds: number) => (seconds === 1 ? '1 second' : `${seconds} seconds`);
export const shortened = (text: string) => (text.length > 80 ? `${text.slice(0, 77)}…` : text);
export const fieldsOf = (fields: readonly string[]) =>
	fields.length > 0
		? `The item has these binary fields: ${quoted(fields)}.`
		: 'The item has no binary fields.';

/** An answer without a text of its own is shown as its status alone. */
export const answered = (status: number, apiText: string) =>
	`The answer was HTTP ${status}${apiText === `HTTP ${status}` ? '' : `: "${apiText}"`}`;

/** A message stays readable when the prices of hundreds of items alternate. */
const MAX_SPANS = 20;

/** `0-3, 7` */
export function spanned(indices: readonly number[]): string {
	const spans: Array<[number, number]> = [];
	for (const index of indices) {
		const last = spans[spans.length - 1];
		if (last && last[1] === index - 1) last[1] = index;
		else spans.push([index, index]);
	}
	const texts = spans.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`));
	const rest = texts.splice(MAX_SPANS).length > 0 ? ' and others' : '';
	return texts.join(', ') + rest;
}
