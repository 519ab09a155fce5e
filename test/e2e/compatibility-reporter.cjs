/** Writes docs/compatibility.md after a run of the whole suite in which everything passed; not in CI. */
const { existsSync, readFileSync, readdirSync, writeFileSync } = require('node:fs');
const { cpus } = require('node:os');
const { basename, join } = require('node:path');
const prettier = require('prettier');

const HERE = __dirname;
const TARGET = join(HERE, '..', '..', 'docs', 'compatibility.md');
const PARTS = {
	'editor.test.ts': 'The editor, in Chromium',
	'join.test.ts': 'Joined films, by FFmpeg and in two browsers',
	'queue.test.ts': 'Queue mode',
	'registry.test.ts': 'Installed from a registry',
	'retry-killed.test.ts': 'A retry after a crash that crashes as well',
	'trigger-durable.test.ts': 'The trigger under n8n’s durable scheduler',
};

const testFiles = (folder) => readdirSync(folder).filter((name) => name.endsWith('.test.ts'));
const titleOf = ({ ancestorTitles, title }) => [...ancestorTitles, title].join(': ');
const cell = (text) => text.replaceAll('|', '\\|');

/** Which versions are pinned, and why: raised by hand in sandbox/n8n/pinned.json. */
function pinnedPart() {
	const { PINNED, REASONS } = require('../../sandbox/n8n/pinned.json');
	return [
		'## Pinned versions',
		'',
		`- n8n ${PINNED.current}: ${REASONS.current}`,
		`- n8n ${PINNED.previousMajor}: ${REASONS.previousMajor}`,
		`- Node ${PINNED.node}: ${REASONS.node}`,
		'- n8n 3.0 runs in Docker only, so this suite does not start it. No example needs what n8n 3.0 removes: binary data in memory, AI Agent 1, sub-workflows that run once for each item.',
		'',
	];
}

/** What the tests wrote down, by topic, each line once. */
function readFacts() {
	const file = process.env.VEO_FACTS ?? '';
	const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
	const facts = {};
	for (const { topic, line } of lines.map((text) => JSON.parse(text))) {
		(facts[topic] ??= new Set()).add(line);
	}
	return {
		list: (topic) => [...(facts[topic] ?? [])].map((line) => `- ${line}`),
		rows: (topic) => [...(facts[topic] ?? [])].sort().reverse(),
	};
}

const MOMENTS = [
	'Before the request',
	'Accepted by the API, the answer not yet received',
	'The first of two requested, the second being sent',
	'While waiting',
	'While downloading',
];

/** What a killed n8n costs, and the way out where that is not nothing. */
function killedPart({ list, rows }) {
	const head = ['Way to wait', 'n8n', ...MOMENTS];
	return [
		'## What a crash leaves behind',
		'',
		'n8n is killed (`kill -9`) and started again. Then a person presses *Retry* where n8n offers it, once the videos are ready at the vendor. Each cell: videos lost / videos paid for twice.',
		'',
		`| ${head.join(' | ')} |`,
		`| ${head.map(() => '---').join(' | ')} |`,
		...rows('kills'),
		'',
		...list('crash'),
		'',
	];
}

class CompatibilityReporter {
	/** Jest's projects are named after the n8n version; the last one holds what is tested once. */
	runs = new Map();

	onTestResult({ context, path }, { testResults }) {
		const key = `${context.config.displayName.name}/${basename(path)}`;
		this.runs.set(key, testResults);
	}

	async onRunComplete(_contexts, results) {
		const versions = (process.env.VEO_VERSIONS ?? '').split(',');
		const { PINNED } = require('../../sandbox/n8n/pinned.json');
		const once = `n8n ${versions[0]} and around`;
		const eachVersion = testFiles(join(HERE, 'each-version'));
		const expected = [
			...versions.flatMap((version) => eachVersion.map((name) => `n8n ${version}/${name}`)),
			...testFiles(HERE).map((name) => `${once}/${name}`),
		];
		const isWhole =
			[PINNED.current, PINNED.previousMajor].every((version) => versions.includes(version)) &&
			expected.every((key) => this.runs.has(key));
		const isGreen =
			results.numPassedTests === results.numTotalTests && results.numRuntimeErrorTestSuites === 0;
		if (!isWhole || !isGreen || process.env.CI) return;
		const text = this.document(versions, once, eachVersion, results);
		writeFileSync(TARGET, await prettier.format(text, { parser: 'markdown' }));
		console.log('docs/compatibility.md is written.');
	}

	document(versions, once, eachVersion, results) {
		const facts = readFacts();
		const seconds = Math.round((Date.now() - results.startTime) / 1_000);
		const rows = new Map();
		for (const version of versions) {
			for (const name of eachVersion) {
				for (const test of this.runs.get(`n8n ${version}/${name}`)) {
					const row = rows.get(titleOf(test)) ?? new Set();
					rows.set(titleOf(test), row.add(version));
				}
			}
		}
		const table = [
			['Test', ...versions.map((version) => `n8n ${version}`)],
			['---', ...versions.map(() => ':-:')],
			...[...rows].map(([title, passedOn]) => [
				cell(title),
				...versions.map((version) => (passedOn.has(version) ? '✓' : '')),
			]),
		].map((cells) => `| ${cells.join(' | ')} |`);
		const parts = testFiles(HERE).flatMap((name) => [
			`### ${PARTS[name] ?? name}`,
			'',
			...this.runs.get(`${once}/${name}`).map((test) => `- ✓ ${titleOf(test)}`),
			'',
		]);
		return [
			'# Compatibility',
			'',
			`Written by \`npm run test:e2e\` on ${new Date().toISOString().slice(0, 10)}, after a run of the whole suite in which all ${results.numPassedTests} tests passed (${Math.floor(seconds / 60)} min ${seconds % 60} s on ${cpus().length} cores). Do not edit it by hand.`,
			'',
			'## Tested with',
			'',
			...facts.list('versions'),
			'',
			...pinnedPart(),
			'## In these modes',
			'',
			...facts.list('modes'),
			'',
			'## On each n8n',
			'',
			...table,
			'',
			'### Examples that n8n 1.x cannot run',
			'',
			...facts.list('examples'),
			'',
			`## Once, on n8n ${versions[0]}`,
			'',
			...parts,
			...killedPart(facts),
			'## Queue mode, measured',
			'',
			...facts.list('queue'),
			'',
		].join('\n');
	}
}

module.exports = CompatibilityReporter;
