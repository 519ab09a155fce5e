/** What a release is made of: who publishes it, in one place, and its notes from the changelog. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import manifest from '../../package.json';
import { ownerOf, withPublisher } from '../../scripts/owner';
import { releaseNotes } from '../../scripts/release-notes';

const ROOT = join(__dirname, '..', '..');
const NOT_OURS = new Set('.git node_modules dist coverage .sandbox package-lock.json'.split(' '));

function filesIn(folder: string): string[] {
	return readdirSync(folder, { withFileTypes: true })
		.filter(({ name }) => !NOT_OURS.has(name))
		.flatMap((entry) => {
			const path = join(folder, entry.name);
			return entry.isDirectory() ? filesIn(path) : [path];
		});
}

describe('who publishes', () => {
	const text = readFileSync(join(ROOT, 'package.json'), 'utf8');
	const publisher = { owner: 'octo-org', name: 'Ann Example', email: 'ann@example.com' };
	const filled = withPublisher(text, publisher);

	test('stands in package.json and in no other file', () => {
		const owner = ownerOf(manifest);
		const traces = [`github.com/${owner}/`, `${owner}@users`, `/${manifest.name}/issues`];
		if (!manifest.author.email.includes(owner)) traces.push(manifest.author.email);
		const second = filesIn(ROOT)
			.filter((path) => statSync(path).size < 1_000_000)
			.filter((path) => {
				const content = readFileSync(path, 'utf8');
				return traces.some((trace) => content.includes(trace));
			})
			.map((path) => relative(ROOT, path));
		expect(second).toEqual(['package.json']);
	});

	test('is filled in by one command, which leaves nothing of the one before', () => {
		expect(JSON.parse(filled)).toEqual({
			...manifest,
			homepage: `https://github.com/octo-org/${manifest.name}`,
			bugs: `https://github.com/octo-org/${manifest.name}/issues`,
			repository: { type: 'git', url: `git+https://github.com/octo-org/${manifest.name}.git` },
			author: { name: 'Ann Example', email: 'ann@example.com' },
		});
		expect(filled).not.toContain(ownerOf(manifest));
	});

	test('changes these lines only', () => {
		const lines = (all: string) => all.split('\n');
		const changed = lines(text).filter((line, index) => line !== lines(filled)[index]);
		expect(lines(filled)).toHaveLength(lines(text).length);
		expect(changed).toHaveLength(5);
	});

	test.each([
		{ ...publisher, owner: '' },
		{ ...publisher, owner: 'a/b' },
		{ ...publisher, name: ' ' },
		{ ...publisher, email: 'ann' },
	])('%j is refused', (wrong) => {
		expect(() => withPublisher(text, wrong)).toThrow(/\S/);
	});
});

describe('release notes', () => {
	const CHANGELOG =
		'# Changelog\n\n## [Unreleased]\n\n## [1.1.0] - 2026-02-01\n\n### Added\n\n- B\n\n## [1.0.0] - 2026-01-01\n\n- A\n';

	test.each([
		['1.1.0', '### Added\n\n- B'],
		['v1.0.0', '- A'],
	])('of %s', (version, notes) => {
		expect(releaseNotes(CHANGELOG, version)).toBe(notes);
	});

	test('are missed, not made up', () => {
		expect(() => releaseNotes(CHANGELOG, '1.0')).toThrow('no entry for 1.0');
		expect(() => releaseNotes(CHANGELOG, 'Unreleased')).toThrow('is empty');
	});

	test('are there for the version in package.json', () => {
		const changelog = readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8');
		expect(releaseNotes(changelog, manifest.version)).toMatch(/^- \S/m);
	});

	test('belong to the tag', () => {
		const run = (tag: string) =>
			execFileSync(process.execPath, ['--import', 'tsx', 'scripts/release-notes.ts', tag], {
				cwd: ROOT,
				encoding: 'utf8',
				stdio: ['ignore', 'pipe', 'pipe'],
			});
		expect(run(`v${manifest.version}`)).toMatch(/^### /);
		expect(() => run('v99.0.0')).toThrow(/is not the version in package.json/);
	});
});
