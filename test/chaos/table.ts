/** The rows of all files of the matrix, kept in a folder until they are printed as tables. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Line {
	fault: string;
	operation: string;
	items: number;
	'on error': string;
	/** The first, and those that retried it. */
	executions: number;
	'POSTs sent': number;
	'videos paid': number;
	'videos delivered': number;
	'ids lost': number;
	'paid twice': number;
	'requests after Stop': number;
}

/** The same for a trouble that strikes the trigger. */
export interface TriggerLine {
	trouble: string;
	'run by': string;
	polls: number;
	'videos due': number;
	missed: number;
	twice: number;
	old: number;
	requests: number;
	'without need': number;
	'error executions': number;
	alive: string;
}

type AnyLine = Readonly<Record<string, string | number>>;

const FOLDER = 'CHAOS_LINES';

/** Jest's workers, which start later, inherit the folder's name. */
export function openTable(): void {
	process.env[FOLDER] = mkdtempSync(join(tmpdir(), 'veo-chaos-'));
}

/** @param name decides where the lines stand in the table */
export function writeLines(name: string, lines: ReadonlyArray<Line | TriggerLine>): void {
	writeFileSync(join(process.env[FOLDER] ?? '', `${name}.json`), JSON.stringify(lines));
}

/** One list for each kind of line. */
function readTables(folder: string): AnyLine[][] {
	const files = readdirSync(folder).sort();
	const lines = files.flatMap(
		(file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as AnyLine[],
	);
	const kinds = [...new Set(lines.map((line) => Object.keys(line).join()))];
	return kinds.map((kind) => lines.filter((line) => Object.keys(line).join() === kind));
}

const sumOf = (lines: readonly AnyLine[], key: string) =>
	lines.reduce((sum, line) => sum + Number(line[key]), 0);

/** Numbers to the right, texts to the left, and the sum of the numbers at the end. */
function format(lines: readonly AnyLine[]): string {
	const [first] = lines;
	if (!first) return '';
	const keys = Object.keys(first);
	const [what = ''] = keys;
	const isNumber = (key: string) => typeof first[key] === 'number';
	const cells = lines.map((line) => keys.map((key) => String(line[key])));
	const sums = keys.map((key) => (isNumber(key) ? String(sumOf(lines, key)) : ''));
	sums[0] = `${lines.length} cells, ${new Set(lines.map((line) => line[what])).size} ${what}s`;
	const widths = keys.map((key, column) =>
		Math.max(...[keys, ...cells, sums].map((row) => (row[column] ?? key).length)),
	);
	const text = (row: readonly string[]) =>
		row
			.map((cell, column) => {
				const width = widths[column] ?? 0;
				return isNumber(keys[column] ?? what) ? cell.padStart(width) : cell.padEnd(width);
			})
			.join('  ');
	const rule = widths.map((width) => '-'.repeat(width)).join('  ');
	return [text(keys), rule, ...cells.map(text), rule, text(sums)].join('\n');
}

export function printTable(): void {
	const folder = process.env[FOLDER] ?? '';
	const tables = readTables(folder);
	const texts = tables.length > 0 ? tables.map(format) : ['No cell has run.'];
	process.stdout.write(`\n${texts.join('\n\n')}\n`);
	rmSync(folder, { recursive: true });
}
