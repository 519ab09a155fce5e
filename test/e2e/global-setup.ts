/** Once before all end-to-end tests: the n8n versions and the packed package. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureN8n, packProject, PROJECT, step } from '../../sandbox/n8n/runtime';

declare global {
	var packing: Promise<string> | undefined;
}

async function pack(): Promise<string> {
	await step('Building the package', 'npm', ['run', 'build'], { cwd: PROJECT });
	return await packProject(mkdtempSync(join(tmpdir(), 'veo-packed-')));
}

/** Jest calls it for each project in turn. */
export default async function globalSetup(
	_all: unknown,
	{ globals }: { globals: { N8N_VERSION: string } },
): Promise<void> {
	await ensureN8n(globals.N8N_VERSION);
	globalThis.packing ??= pack();
	process.env.VEO_TARBALL = await globalThis.packing;
}
