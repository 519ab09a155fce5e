/** What the package weighs: packed, and when n8n loads it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packProject, PROJECT } from '../../sandbox/n8n/runtime';
import { median, range } from '../numbers';
import type { Effort, Part } from '../part';
import { amount } from '../report';

const LOADS = 15;
const KB = 1_000;

interface Loaded {
	ms: number;
	types: string[];
}

function load(folder: string): Loaded {
	const env = { ...process.env, N8N_USER_FOLDER: tmpdir(), N8N_ENCRYPTION_KEY: 'bench' };
	const printed = execFileSync(process.execPath, [join(__dirname, '..', 'loading.mjs'), folder], {
		encoding: 'utf8',
		env,
		stdio: ['ignore', 'pipe', 'ignore'],
	});
	return JSON.parse(printed) as Loaded;
}

async function run({ quick }: Effort) {
	// Inside the project, so that the package finds n8n-workflow as it does inside n8n.
	const folder = join(PROJECT, '.sandbox', `bench-${process.pid}`);
	const empty = join(folder, 'empty');
	try {
		const tarball = await packProject(folder);
		execFileSync('tar', ['-xzf', tarball, '-C', folder]);
		mkdirSync(empty);
		writeFileSync(
			join(empty, 'package.json'),
			JSON.stringify({ name: 'n8n-nodes-empty', version: '1.0.0', n8n: {} }),
		);
		const own: number[] = [];
		const none: number[] = [];
		for (let round = 0; round < (quick ? 3 : LOADS); round++) {
			const loaded = load(join(folder, 'package'));
			if (loaded.types.length !== 4) throw new Error(`Loaded: ${loaded.types.join(', ')}`);
			own.push(loaded.ms);
			none.push(load(empty).ms);
		}
		const more = median(own) - median(none);
		const ms = (values: number[]) => `${amount(median(values))} ms (${range(values, amount)})`;
		const bytes = statSync(tarball).size;
		return {
			method:
				`The tarball as npm packs it; node and credential loaded out of it by n8n-core's own loader, ` +
				`and an empty package likewise: medians of ${own.length} fresh processes each, in turn.`,
			limits: [
				{
					what: 'packed tarball',
					measured: bytes / KB,
					bound: 'at most' as const,
					limit: 96,
					unit: 'kB',
				},
				{
					what: 'loading node and credential, over an empty package',
					measured: more,
					bound: 'at most' as const,
					limit: 15,
					unit: 'ms',
				},
			],
			tables: [
				{
					columns: ['loaded', 'time (range)'],
					rows: [
						['node and credential', ms(own)],
						['an empty package', ms(none)],
					],
				},
			],
		};
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

export const weightPart: Part = { name: 'weight', title: 'The weight of the package', run };
