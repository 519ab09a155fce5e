/** The table of a run, and the report that can be pasted into an issue: without the key and without addresses. */
import { table } from '../docs/markdown';
import type { Row, Verdict } from './notes';

/** Network and e-mail addresses. */
const ADDRESSES = [
	/\b[a-z][a-z\d+.-]*:\/\/[^\s'"`|)>\]]+/gi,
	/[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g,
	/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g,
	/(?<!\w)\[?[\da-f]{0,4}(?::[\da-f]{0,4}){2,}\]?(?::\d+)?/gi,
];

/** The text without these secrets and without any address; a name of a host must be given as a secret. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
	const hidden = ADDRESSES.reduce((shown, pattern) => shown.replace(pattern, '[address]'), text);
	return secrets
		.filter((secret) => secret !== '')
		.reduce((shown, secret) => shown.replaceAll(secret, '[hidden]'), hidden);
}

const ORDER: readonly Verdict[] = ['differs', 'as assumed', 'noted'];

/** What differs stands first. */
export function tableOf(rows: readonly Row[]): string {
	const sorted = ORDER.flatMap((verdict) => rows.filter((row) => row.verdict === verdict));
	return table(
		['', 'What', 'What we assume', 'What the API did'],
		sorted.map(({ topic, assumed, seen, verdict }) => [
			verdict === 'differs' ? '**differs**' : verdict === 'noted' ? 'noted' : 'ok',
			topic,
			assumed,
			seen,
		]),
	);
}

export interface About {
	package: string;
	date: string;
	bought: readonly string[];
}

export function reportOf(about: About, rows: readonly Row[], secrets: readonly string[]): string {
	const differing = rows.filter(({ verdict }) => verdict === 'differs').length;
	const text = [
		`## The live API, seen by \`npm run live\` of ${about.package}`,
		'',
		`${about.date}, Node ${process.versions.node}. Bought: ${about.bought.join('; ') || 'nothing'}. ${differing} of ${rows.length} rows differ.`,
		'',
		tableOf(rows),
		'',
	].join('\n');
	return withoutSecrets(text, secrets);
}
