/** Prepares all end-to-end tests once: n8n versions, the programs around them, the packed package. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureN8n, packProject, PROJECT } from '../../sandbox/n8n/runtime';
import { step } from '../../sandbox/processes/step';
import { ensurePrograms, programPath } from '../../sandbox/processes/programs';
import type { ProgramName } from '../../sandbox/processes/programs';
import { ensureVerdaccio } from '../../sandbox/stand-ins/registry';
import { record } from './facts';

const AROUND = join(PROJECT, 'test', 'e2e');
const EACH_VERSION = join(AROUND, 'each-version');

/** What a test file needs besides n8n. */
const NEEDS: Record<string, ProgramName[]> = {
	'editor.test.ts': ['chromium'],
	'join.test.ts': ['chromium', 'ffmpeg', 'firefox'],
	'queue.test.ts': ['redis-server', 'postgres'],
};

/** The part of Jest's settings that tells what is to be run. */
interface Wanted {
	testPathPatterns: { patterns: string[] };
}

/** A part of the suite needs only a part of the machine. */
export default async function globalSetup({
	testPathPatterns: { patterns },
}: Wanted): Promise<void> {
	const wanted = (folder: string) =>
		readdirSync(folder).filter(
			(file) =>
				file.endsWith('.test.ts') &&
				(patterns.length === 0 || patterns.some((one) => new RegExp(one).test(join(folder, file)))),
		);
	const around = wanted(AROUND);
	await ensurePrograms(around.flatMap((file) => NEEDS[file] ?? []));
	if (around.includes('registry.test.ts')) await ensureVerdaccio();
	const [first = '', ...others] = (process.env.VEO_VERSIONS ?? '').split(',');
	const versions = wanted(EACH_VERSION).length > 0 ? [first, ...others] : [first];
	for (const version of versions) await ensureN8n(version);

	const folder = mkdtempSync(join(tmpdir(), 'veo-e2e-'));
	process.env.VEO_FOLDER = folder;
	process.env.VEO_FACTS = join(folder, 'facts.jsonl');
	if (around.includes('editor.test.ts')) {
		const said = execFileSync(programPath('chromium'), ['--version'], { encoding: 'utf8' });
		record('versions', `Chromium ${/[\d.]+/.exec(said)?.[0]}`);
	}
	await step('Building the package', 'npm', ['run', 'build'], { cwd: PROJECT });
	process.env.VEO_TARBALL = await packProject(folder);
}
