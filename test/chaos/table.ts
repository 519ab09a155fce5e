/** The rows of all files of the matrix, kept in a folder until they are printed as one table. */
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

const FOLDER = 'CHAOS_LINES';

/** Jest's workers, which start later, inherit the folder's name. */
export function openTable(): void {
	process.env[FOLDER] = mkdtempSync(join(tmpdir(), 'veo-chaos-'));
}

/** @param name decides where the lines stand in the table */
export function writeLines(name: string, lines: readonly Line[]): void {
	writeFileSync(join(process.env[FOLDER] ?? '', `${name}.json`), JSON.stringify(lines));
}

function readLines(folder: string): Line[] {
	const files = readdirSync(folder).sort();
	return files.flatMap((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Line[]);
}

const sumOf = (lines: readonly Line[], key: keyof Line) =>
	lines.reduce((sum, line) => sum + Number(line[key]), 0);

/** Numbers to the right, texts to the left, and the sum of the numbers at the end. */
function format(lines: readonly Line[]): string {
	const [first] = lines;
	if (!first) return 'No cell has run.';
	const keys = Object.keys(first) as Array<keyof Line>;
	const isNumber = (key: keyof Line) => typeof first[key] === 'number';
	const cells = lines.map((line) => keys.map((key) => String(line[key])));
	const sums = keys.map((key) => (isNumber(key) ? String(sumOf(lines, key)) : ''));
	sums[0] = `${lines.length} cells, ${new Set(lines.map(({ fault }) => fault)).size} faults`;
	const widths = keys.map((key, column) =>
		Math.max(...[keys, ...cells, sums].map((row) => (row[column] ?? key).length)),
	);
	const text = (row: readonly string[]) =>
		row
			.map((cell, column) => {
				const width = widths[column] ?? 0;
				return isNumber(keys[column] ?? 'fault') ? cell.padStart(width) : cell.padEnd(width);
			})
			.join('  ');
	const rule = widths.map((width) => '-'.repeat(width)).join('  ');
	return [text(keys), rule, ...cells.map(text), rule, text(sums)].join('\n');
}

export function printTable(): void {
	const folder = process.env[FOLDER] ?? '';
	process.stdout.write(`\n${format(readLines(folder))}\n`);
	rmSync(folder, { recursive: true });
}
