/** What n8n asks of a verified community package, beyond what its scan sees. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { AimlapiApi } from '../../credentials/AimlapiApi.credentials';
import manifest from '../../package.json';

const ROOT = join(__dirname, '..', '..');
const sources = ['nodes', 'credentials'].flatMap((folder) =>
	readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
		.filter((name) => name.endsWith('.ts'))
		.map((name) => `${folder}/${name}`),
);

const parse = (text: string, name = 'x.ts') =>
	ts.createSourceFile(name, text, ts.ScriptTarget.ES2022, true);

function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
	visit(node);
	node.forEachChild((child) => walk(child, visit));
}

/** `import`, `export … from`, `import()`, `require()` and `import x = require()`. */
function importsOf(source: ts.SourceFile): string[] {
	const found: string[] = [];
	walk(source, (node) => {
		const isCall =
			ts.isCallExpression(node) &&
			(node.expression.kind === ts.SyntaxKind.ImportKeyword ||
				node.expression.getText() === 'require');
		const target = isCall
			? node.arguments[0]
			: ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
				? node.moduleSpecifier
				: ts.isExternalModuleReference(node)
					? node.expression
					: undefined;
		if (target) found.push(ts.isStringLiteral(target) ? target.text : target.getText());
	});
	return found;
}

const FORBIDDEN_NAMES = new Set(
	(
		'process global globalThis __dirname __filename console require eval Function fetch ' +
		'setTimeout setInterval setImmediate clearTimeout clearInterval clearImmediate queueMicrotask'
	).split(' '),
);

/** Identifiers that stand for a global, not for a property or a key. */
function forbiddenIn(source: ts.SourceFile): string[] {
	const found: string[] = [];
	walk(source, (node) => {
		if (!ts.isIdentifier(node) || !FORBIDDEN_NAMES.has(node.text)) return;
		const { parent } = node;
		const isProperty =
			(ts.isPropertyAccessExpression(parent) && parent.name === node) ||
			(ts.isPropertyAssignment(parent) && parent.name === node);
		if (!isProperty) found.push(node.text);
	});
	return found;
}

/** Of Node only `crypto`, which the scan lets through; the ledger hashes with it. */
const isAllowed = (specifier: string) =>
	/^\.\.?\//.test(specifier) || ['n8n-workflow', 'crypto'].includes(specifier);

describe('the checks below see what they are to see', () => {
	test.each([
		"import axios from 'axios';",
		"import 'n8n-core';",
		"import type { X } from 'node:fs';",
		"export * from 'fs';",
		"const a = await import('axios');",
		"const a = require('axios');",
		"import a = require('axios');",
		'const a = await import(name);',
	])('%s', (text) => {
		expect(importsOf(parse(text)).filter((name) => !isAllowed(name))).toHaveLength(1);
	});

	test.each(['setTimeout(f, 1)', 'globalThis.x', 'process.env.X', 'const t = { a: console }'])(
		'%s',
		(text) => {
			expect(forbiddenIn(parse(text))).toHaveLength(1);
		},
	);

	test('a property of that name is none', () => {
		expect(forbiddenIn(parse('a.process; ({ global: 1 });'))).toEqual([]);
	});

	test('the sources are found', () => {
		expect(sources).toContain('nodes/AimlVeo/AimlVeo.node.ts');
		expect(sources).toContain('credentials/AimlapiApi.credentials.ts');
	});
});

describe.each(sources)('%s', (name) => {
	const text = readFileSync(join(ROOT, name), 'utf8');
	const source = parse(text, name);

	test("imports only its neighbours, n8n-workflow and what n8n's scan allows", () => {
		expect(importsOf(source).filter((specifier) => !isAllowed(specifier))).toEqual([]);
	});

	test('does not leave its folder', () => {
		const [top] = name.split('/');
		const outside = importsOf(source)
			.filter((specifier) => specifier.startsWith('.'))
			.filter((specifier) => !join(name, '..', specifier).startsWith(`${top}/`));
		expect(outside).toEqual([]);
	});

	test('uses no timers, process, console or other globals', () => {
		expect(forbiddenIn(source)).toEqual([]);
	});

	test('disables no rule', () => {
		expect(text).not.toMatch(/eslint-disable|@ts-ignore|@ts-expect-error|@ts-nocheck/);
	});
});

describe('package.json', () => {
	test('brings nothing along: no dependencies, one peer', () => {
		for (const key of [
			'dependencies',
			'optionalDependencies',
			'bundledDependencies',
			'bundleDependencies',
			'overrides',
			'peerDependenciesMeta',
		]) {
			expect(manifest).not.toHaveProperty(key);
		}
		expect(manifest.peerDependencies).toEqual({ 'n8n-workflow': '*' });
	});

	test('runs nothing on installation', () => {
		const onInstall = /^(pre|post)?install$|^(pre|post)?prepare$|^dependencies$/;
		expect(Object.keys(manifest.scripts).filter((name) => onInstall.test(name))).toEqual([]);
	});

	test('has an empty main', () => {
		expect(manifest.main).toBe('index.js');
		const main = readFileSync(join(ROOT, manifest.main), 'utf8').replace(
			/\/\/.*|\/\*[\s\S]*?\*\//g,
			'',
		);
		expect(main.replace(/module\.exports = \{\};/, '').trim()).toBe('');
	});

	test('says who, what and under which licence', () => {
		expect(manifest.name).toMatch(/^n8n-nodes-[a-z\d-]+$/);
		expect(manifest.license).toBe('MIT');
		expect(readFileSync(join(ROOT, 'LICENSE'), 'utf8')).toMatch(/^MIT License/i);
		expect(manifest.keywords).toContain('n8n-community-node-package');
		expect(manifest.author.name).not.toBe('');
		expect(manifest.author.email).toMatch(/^\S+@\S+\.\S+$/);
		expect(manifest.homepage).toMatch(/^https:\/\//);
		expect(manifest.description.length).toBeGreaterThan(20);
		expect(manifest.repository.url).toContain(manifest.name);
	});

	test('names each node and credential under its built path', () => {
		expect(manifest.n8n.n8nNodesApiVersion).toBe(1);
		expect(manifest.n8n.strict).toBe(true);
		const built = sources
			.filter((name) => /\.(node|credentials)\.ts$/.test(name))
			.map((name) => `dist/${name.replace(/ts$/, 'js')}`);
		expect([...manifest.n8n.credentials, ...manifest.n8n.nodes].sort()).toEqual(built.sort());
	});

	test('pins what it is built with', () => {
		for (const version of Object.values(manifest.devDependencies)) {
			expect(version).toMatch(/^\d+\.\d+\.\d+$/);
		}
	});
});

/** What the nodes of one folder have in common: all of both. */
const SHARED = 'dist/nodes/AimlVeo/nodes.js';

describe('the packed package', () => {
	interface Packed {
		files: Array<{ path: string }>;
		size: number;
	}
	const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
		cwd: ROOT,
		encoding: 'utf8',
		stdio: ['ignore', 'pipe', 'ignore'],
	});
	const [packed] = JSON.parse(output) as [Packed];
	const paths = packed.files.map(({ path }) => path);

	test('holds what n8n loads, and for people README, LICENSE and CHANGELOG; nothing else', () => {
		const built = [...manifest.n8n.nodes, ...manifest.n8n.credentials, SHARED];
		const copied = ['nodes', 'credentials'].flatMap((folder) =>
			readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
				.filter((name) => /\.(svg|json)$/.test(name))
				.map((name) => `dist/${folder}/${name}`),
		);
		const top = ['CHANGELOG.md', 'LICENSE', 'README.md', 'index.js', 'package.json'];
		expect(paths.sort()).toEqual([...top, ...built, ...copied].sort());
	});

	// The maps point to sources that are not in the package, and weigh much.
	test('leaves the source maps at home', () => {
		expect(existsSync(join(ROOT, `${SHARED}.map`))).toBe(true);
		expect(paths.filter((path) => path.endsWith('.map'))).toEqual([]);
	});

	test('can be read: it is not minified', () => {
		for (const path of paths.filter((one) => one.endsWith('.js'))) {
			const lines = readFileSync(join(ROOT, path), 'utf8').split('\n');
			expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(400);
		}
	});

	test('nodes of one folder share their code', () => {
		const together = manifest.n8n.nodes.filter((path) => path.startsWith('dist/nodes/AimlVeo/'));
		expect(together).toHaveLength(2);
		for (const path of together) {
			expect(readFileSync(join(ROOT, path), 'utf8')).toBe(
				"module.exports = require('./nodes.js');\n",
			);
		}
	});

	test('weighs at most 96 kB', () => {
		expect(packed.size).toBeLessThanOrEqual(96_000);
	});
});

interface Codex {
	node: string;
	nodeVersion: string;
	codexVersion: string;
	categories: string[];
	subcategories?: Record<string, string[]>;
	alias: string[];
	resources: Record<string, Array<{ url: string }>>;
}

/** What people look for, and the links of each node's codex. */
const CODEXES = {
	AimlVeo: {
		name: 'aimlVeo',
		links: 2,
		alias: [
			'veo',
			'video',
			'aiml',
			'ai video',
			'text to video',
			'image to video',
			'first last frame',
		],
	},
	AimlVeoTrigger: {
		name: 'aimlVeoTrigger',
		folder: 'AimlVeo',
		links: 2,
		alias: ['veo', 'video', 'aiml', 'video finished'],
	},
	JoinVideos: {
		name: 'joinVideos',
		links: 1,
		alias: ['join', 'merge', 'concatenate', 'combine videos', 'stitch'],
	},
};

describe.each(
	Object.entries<{ name: string; folder?: string; links: number; alias: string[] }>(CODEXES),
)('the codex of %s', (title, { name, folder = title, links, alias }) => {
	const file = join(ROOT, 'nodes', folder, `${title}.node.json`);
	const codex = JSON.parse(readFileSync(file, 'utf8')) as Codex;

	test('belongs to the node', () => {
		expect(codex.node).toBe(`${manifest.name}.${name}`);
		expect(codex.nodeVersion).toBe('1.0');
		expect(codex.codexVersion).toBe('1.0');
		// Without it the editor's node panel hides all nodes of the category AI.
		if (codex.categories.includes('AI')) expect(codex.subcategories?.AI).toContain('Root Nodes');
	});

	test('names categories that n8n has', () => {
		// Those of n8n's documentation of codex files, and "AI", which n8n's own AI nodes have.
		const known =
			'AI|Analytics|Communication|Data & Storage|Development|Finance & Accounting|' +
			'Marketing & Content|Miscellaneous|Productivity|Sales|Utility';
		expect(codex.categories.length).toBeGreaterThan(0);
		expect(codex.categories.filter((category) => !known.split('|').includes(category))).toEqual([]);
	});

	test('is found by what people call it', () => {
		expect(codex.alias).toEqual(expect.arrayContaining(alias));
		expect(new Set(codex.alias).size).toBe(codex.alias.length);
		for (const one of codex.alias) expect(one).toMatch(/^[a-z\d][a-z\d. ]*[a-z\d]$/);
	});

	test('leads to parts of the README that are there', () => {
		const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
		const urls = [
			...Object.values(codex.resources).flatMap((all) => all.map(({ url }) => url)),
			new AimlapiApi().documentationUrl,
		];
		expect(urls).toHaveLength(links + 1);
		for (const url of urls) {
			const [page, part = ''] = url.split('#');
			expect(page).toBe(`https://www.npmjs.com/package/${manifest.name}`);
			expect(readme.toLowerCase()).toMatch(new RegExp(`\n##+ ${part.replaceAll('-', ' ')}\n`));
		}
	});
});
