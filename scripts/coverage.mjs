// Puts the coverage of the unit tests (by Jest, over the sources) and of the engine tests (by V8, over the
// built package in n8n's engine) into one table of lines. In CI a file with too few of them fails.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const FLOOR_PERCENT = 90;
const MESSAGES = 'nodes/AimlVeo/shared/messages/';
const project = fileURLToPath(new URL('..', import.meta.url));
const folder = join(project, 'coverage');

if (existsSync(join(folder, 'v8'))) {
	const c8 = createRequire(import.meta.url).resolve('c8/bin/c8.js');
	const reports = ['--temp-directory', join(folder, 'v8'), '--reports-dir', join(folder, 'engine')];
	execFileSync(
		process.execPath,
		[c8, 'report', ...reports, '--include', 'dist/**', '--reporter', 'json'],
		{ cwd: project, stdio: 'inherit' },
	);
}

/** Hits by file and line, out of Istanbul's format. */
function linesOf(kind) {
	const path = join(folder, kind, 'coverage-final.json');
	if (!existsSync(path)) return {};
	// Built files without a map only lead to others.
	const files = Object.entries(JSON.parse(readFileSync(path, 'utf8'))).filter(
		([file]) => !relative(project, file).startsWith('dist/'),
	);
	return Object.fromEntries(
		files.map(([file, { statementMap, s }]) => [
			relative(project, file),
			new Map(Object.entries(statementMap).map(([key, { start }]) => [start.line, s[key]])),
		]),
	);
}

/** 3, 4, 5, 9 → "3-5, 9". */
function ranges(lines) {
	const found = [];
	for (const line of lines) {
		const last = found.at(-1);
		if (last && line === last[1] + 1) last[1] = line;
		else found.push([line, line]);
	}
	return found.map(([from, to]) => (from === to ? from : `${from}-${to}`)).join(', ');
}

const unit = linesOf('unit');
const engine = linesOf('engine');
const rows = {};
for (const file of [...new Set([...Object.keys(unit), ...Object.keys(engine)])].sort()) {
	const lines = [...(engine[file] ?? unit[file]).keys()].sort((a, b) => a - b);
	const share = (isHit) => Math.floor((100 * lines.filter(isHit).length) / lines.length);
	const inUnit = (line) => unit[file]?.get(line) > 0;
	const inEngine = (line) => engine[file]?.get(line) > 0;
	const together = share((line) => inUnit(line) || inEngine(line));
	rows[file] = {
		'unit %': share(inUnit),
		'engine %': share(inEngine),
		'together %': together,
		'lines in neither': ranges(lines.filter((line) => !inUnit(line) && !inEngine(line))),
	};
	if (process.env.CI && together < FLOOR_PERCENT) process.exitCode = 1;
}
console.table(rows);

// Each message comes about in n8n's engine; a unit test that builds them all proves nothing of the kind.
const messages = join(folder, 'engine', 'coverage-final.json');
if (existsSync(messages)) {
	const files = Object.entries(JSON.parse(readFileSync(messages, 'utf8'))).filter(([file]) =>
		file.startsWith(join(project, MESSAGES)),
	);
	const all = files.flatMap(([, { f, fnMap }]) =>
		Object.entries(fnMap).map(([key, { name }]) => ({ name, hits: f[key] })),
	);
	const unmet = all.filter(({ hits }) => hits === 0).map(({ name }) => name);
	console.log(
		`${MESSAGES}: ${all.length - unmet.length} of ${all.length} functions met in the engine`,
	);
	if (unmet.length > 0) console.log(`Not met: ${unmet.join(', ')}`);
	if (process.env.CI && (unmet.length > 0 || all.length === 0)) process.exitCode = 1;
}
