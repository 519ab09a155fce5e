/** The rules of docs/architecture.md: which floor may use which, no import cycle, nothing too long. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import ts from 'typescript';

const ROOT = join(__dirname, '..', '..');
const files = execFileSync(
	'git',
	['ls-files', '--cached', '--others', '--exclude-standard', '*.ts'],
	{
		cwd: ROOT,
		encoding: 'utf8',
	},
)
	.split('\n')
	.filter((file) => file !== '' && existsSync(join(ROOT, file)));

const sourceOf = (file: string) =>
	ts.createSourceFile(file, readFileSync(join(ROOT, file), 'utf8'), ts.ScriptTarget.ES2022, true);

/** Files that this one imports or re-exports, types too. */
function importsOf(file: string): string[] {
	const found: string[] = [];
	sourceOf(file).forEachChild((node) => {
		if (!ts.isImportDeclaration(node) && !ts.isExportDeclaration(node)) return;
		const specifier = node.moduleSpecifier;
		if (!specifier || !ts.isStringLiteral(specifier) || !specifier.text.startsWith('.')) return;
		const path = normalize(join(dirname(file), specifier.text));
		const target = [`${path}.ts`, join(path, 'index.ts'), path].find((one) => files.includes(one));
		if (target) found.push(target);
	});
	return found;
}

const graph = new Map(files.map((file) => [file, importsOf(file)]));

/** Floors of the node, each of which uses only itself and those after it. */
const FLOORS = [
	['AimlVeo.node.ts', 'AimlVeoTrigger.node.ts'],
	['description'],
	['trigger'],
	['operations'],
	['cost', 'generation'],
	['request'],
	['api'],
	['catalogue', 'shared'],
];
const HOUSE = 'nodes/AimlVeo/';

function floorOf(file: string): number | undefined {
	if (!file.startsWith(HOUSE)) return undefined;
	const [room = ''] = file.slice(HOUSE.length).split('/');
	return FLOORS.findIndex((rooms) => rooms.includes(room));
}

/** Files on a circle of imports, each circle once, as "a > b > a". */
function circlesIn(arrows: ReadonlyMap<string, readonly string[]>): string[] {
	const done = new Set<string>();
	const circles: string[] = [];
	const visit = (file: string, path: readonly string[]): void => {
		const at = path.indexOf(file);
		if (at >= 0) {
			circles.push([...path.slice(at), file].join(' > '));
			return;
		}
		if (done.has(file)) return;
		for (const next of arrows.get(file) ?? []) visit(next, [...path, file]);
		done.add(file);
	};
	for (const file of arrows.keys()) visit(file, []);
	return circles;
}

test('the checks below see what they are to see', () => {
	const arrows = new Map([
		['a', ['b']],
		['b', ['c']],
		['c', ['a']],
	]);
	expect(circlesIn(arrows)).toEqual(['a > b > c > a']);
	expect(graph.size).toBeGreaterThan(100);
	expect(graph.get('nodes/AimlVeo/AimlVeo.node.ts')?.length).toBeGreaterThan(0);
});

test('no circle of imports anywhere', () => {
	expect(circlesIn(graph)).toEqual([]);
});

test('every file of the node is on a floor', () => {
	expect(files.filter((file) => floorOf(file) === -1)).toEqual([]);
});

test('no floor uses one above it', () => {
	const upward = [...graph].flatMap(([file, targets]) =>
		targets
			.filter((target) => {
				const [from, to] = [floorOf(file), floorOf(target)];
				return from !== undefined && to !== undefined && to < from;
			})
			.map((target) => `${file} > ${target}`),
	);
	expect(upward).toEqual([]);
});

test('the product uses nothing but the product', () => {
	const outward = [...graph].flatMap(([file, targets]) =>
		targets
			.filter((target) => file.startsWith('nodes/') && !target.startsWith('nodes/'))
			.map((target) => `${file} > ${target}`),
	);
	expect(outward).toEqual([]);
});

test('product, sandbox and bench share no file name', () => {
	const namesIn = (...folders: string[]) => {
		const inside = files.filter((file) => folders.includes(file.split('/')[0] ?? ''));
		return new Set(inside.map((file) => basename(file)).filter((name) => name !== 'index.ts'));
	};
	const all = [namesIn('nodes', 'credentials'), namesIn('sandbox'), namesIn('bench')];
	const names = all.flatMap((some) => [...some]);
	expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

const MAX_LINES = 300;
const MAX_FUNCTION_LINES = 50;
const product = files.filter((file) => /^(nodes|credentials)\//.test(file));

test.each(product)('%s is short enough to be read at once', (file) => {
	const source = sourceOf(file);
	const lineOf = (position: number) => source.getLineAndCharacterOfPosition(position).line;
	expect(lineOf(source.end)).toBeLessThanOrEqual(MAX_LINES);
	const long: string[] = [];
	const visit = (node: ts.Node): void => {
		const lines = lineOf(node.end) - lineOf(node.getStart()) + 1;
		if (ts.isFunctionLike(node) && lines > MAX_FUNCTION_LINES) {
			long.push(`line ${lineOf(node.getStart()) + 1}: ${lines} lines`);
		}
		node.forEachChild(visit);
	};
	visit(source);
	expect(long).toEqual([]);
});
