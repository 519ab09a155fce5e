/**
 * `npm run bench`: measures what the package promises about time, memory and weight, and writes
 * `docs/performance.md`. `npm run bench -- schedule weight` measures parts, and writes their sections anew.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { PROJECT } from '../sandbox/n8n/runtime';
import { Advice } from '../sandbox/processes/step';
import { describeMachine } from './machine';
import { downloadPart } from './parts/download';
import { joinPart } from './parts/joining';
import { limitPart } from './parts/limit';
import { loopPart } from './parts/loop';
import { scalePart } from './parts/scale';
import { schedulePart } from './parts/schedule';
import { weightPart } from './parts/weight';
import type { Part } from './part';
import { holds, measuredText, reportText, sectionsIn, sectionText } from './report';
import type { Section } from './report';

const PARTS: Part[] = [
	loopPart,
	schedulePart,
	limitPart,
	scalePart,
	downloadPart,
	joinPart,
	weightPart,
];
const DOCS = join(PROJECT, 'docs');
const RUNS = 3;

async function measure(part: Part, quick: boolean): Promise<Section> {
	console.log(`▸ ${part.title} (${part.name})`);
	const startedAt = Date.now();
	const finding = await part.run({ quick, runs: quick ? 1 : RUNS });
	const section = {
		name: part.name,
		title: part.title,
		tookMs: Date.now() - startedAt,
		...finding,
	};
	console.log(`\n${sectionText(section)}\n`);
	return section;
}

function write(path: string, text: string): void {
	mkdirSync(dirname(path), { recursive: true });
	writeFileSync(path, text);
	console.log(`Wrote ${path}`);
}

async function main(): Promise<void> {
	// Through the door that also ends each n8n and clears its folder.
	for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
	const { values, positionals } = parseArgs({
		allowPositionals: true,
		options: { quick: { type: 'boolean', default: false } },
	});
	const unknown = positionals.filter((name) => !PARTS.some((part) => part.name === name));
	if (unknown.length > 0) {
		const names = PARTS.map(({ name }) => name).join(', ');
		throw new Advice(`There is no part "${unknown.join('", "')}". There are: ${names}.`);
	}
	const chosen = PARTS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
	const machine = describeMachine();
	const sections: Section[] = [];
	for (const part of chosen) sections.push(await measure(part, values.quick));

	if (values.quick)
		console.log('docs/performance.md stays as it is: a quick run measures too little.');
	else {
		const path = join(DOCS, 'performance.md');
		const texts = sectionsIn(existsSync(path) ? readFileSync(path, 'utf8') : '');
		for (const section of sections) texts.set(section.title, measuredText(section, machine));
		write(path, reportText(machine, PARTS, texts));
		for (const { chart } of sections) {
			if (chart) write(join(DOCS, chart.path), chart.svg);
		}
	}
	const broken = sections.flatMap(({ limits }) => limits).filter((limit) => !holds(limit));
	for (const { what } of broken) console.error(`Does not hold: ${what}`);
	process.exit(broken.length === 0 ? 0 : 1);
}

main().catch((cause: Error) => {
	console.error(`\n${cause instanceof Advice ? cause.message : cause.stack}`);
	process.exit(1);
});
