/** What a part of the bench finds, and how it becomes Markdown: limits and tables. */
import type { Machine } from './machine';

export interface Limit {
	/** What is measured, as a noun. */
	what: string;
	measured: number;
	bound: 'at most' | 'at least';
	limit: number;
	/** "s", "kB"; empty for a ratio, which is shown as "1.02 ×". */
	unit: string;
}

export interface Table {
	columns: string[];
	rows: string[][];
}

export interface Finding {
	/** How it was measured, in one or two sentences. */
	method: string;
	limits: Limit[];
	tables: Table[];
	/** Written beside the report, where it is shown. */
	chart?: { path: string; alt: string; svg: string };
}

export interface Section extends Finding {
	name: string;
	title: string;
	tookMs: number;
}

export const holds = ({ measured, bound, limit }: Limit): boolean =>
	bound === 'at most' ? measured <= limit : measured >= limit;

/** Three digits that matter, or all before the point: 0.0123, 1.23, 12.3, 1,234. */
export function amount(value: number): string {
	if (!Number.isFinite(value)) return String(value);
	const maximumFractionDigits =
		value === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
	return value.toLocaleString('en-US', { maximumFractionDigits });
}

export const ratio = (value: number): string => `${value.toFixed(2)} ×`;

const quantity = (value: number, unit: string) =>
	unit === '' ? ratio(value) : `${amount(value)} ${unit}`;

function markdown({ columns, rows }: Table): string {
	const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
	return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n');
}

const limitTable = (limits: Limit[]): Table => ({
	columns: ['what', 'measured', 'limit', ''],
	rows: limits.map((limit) => [
		limit.what,
		quantity(limit.measured, limit.unit),
		`${limit.bound} ${quantity(limit.limit, limit.unit)}`,
		holds(limit) ? 'holds' : '**does not hold**',
	]),
});

/** A section as it is printed and as it stands in the report. */
export function sectionText({ title, method, limits, tables, chart }: Section): string {
	const shown = chart ? [`![${chart.alt}](${chart.path})`] : [];
	return [
		`## ${title}`,
		method,
		...shown,
		...(limits.length > 0 ? [markdown(limitTable(limits))] : []),
		...tables.map(markdown),
	].join('\n\n');
}

/** A section as it stands in the report, with when it was measured. */
export const measuredText = (section: Section, machine: Machine): string =>
	`${sectionText(section)}\n\nMeasured on ${machine.Date}, package ${machine.Package}.`;

/** The sections of a report, by their titles. */
export const sectionsIn = (report: string): Map<string, string> =>
	new Map(
		report
			.split(/^(?=## )/m)
			.slice(1)
			.map((text) => [text.slice('## '.length, text.indexOf('\n')), text.trim()]),
	);

/**
 * The whole of `docs/performance.md`.
 * @param machine the one of the last run
 * @param parts in the order of the report
 * @param texts of the parts that were measured, by their titles
 */
export function reportText(
	machine: Machine,
	parts: ReadonlyArray<{ name: string; title: string }>,
	texts: ReadonlyMap<string, string>,
): string {
	const sections = parts.flatMap(({ title }) => texts.get(title) ?? []);
	const counted = (pattern: RegExp) => sections.join('\n').match(pattern)?.length ?? 0;
	const held = counted(/\| holds +\|$/gm);
	const broken = counted(/\| \*\*does not hold\*\* +\|$/gm);
	return [
		'# Performance',
		'`npm run bench` measured and wrote all of this; no figure is typed in by hand. ' +
			'Where a figure is noisy it is the median of several runs. ' +
			"The API is the sandbox's, on the same machine; n8n is a real one with the packed package in it.",
		`**${held} of ${held + broken} limits hold.**`,
		...sections,
		'## Where and when',
		markdown({ columns: ['', ''], rows: Object.entries(machine) }),
		'`npm run bench` measures all parts, `npm run bench -- ' +
			`${parts[1]?.name ?? 'schedule'}\` one of them and its section here. ` +
			`Parts: ${parts.map(({ name }) => `\`${name}\``).join(', ')}.`,
	]
		.join('\n\n')
		.concat('\n');
}
