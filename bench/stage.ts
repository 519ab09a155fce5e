/** A real n8n with the packed package, the sandbox API and the credential. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandboxApi } from '../sandbox/stand-ins/api';
import type { SandboxApi, SandboxOptions } from '../sandbox/stand-ins/api';
import { ensureCredential } from '../sandbox/n8n/examples';
import { N8nClient } from '../sandbox/n8n/restClient';
import { installPackage, startN8n } from '../sandbox/n8n/instance';
import type { N8nInstance } from '../sandbox/n8n/instance';
import { ensureN8n, packProject } from '../sandbox/n8n/runtime';

export interface Stage {
	api: SandboxApi;
	instance: N8nInstance;
	n8n: N8nClient;
	credentialId: string;
	/** Where this n8n keeps files. */
	files: string;
}

/** Runs `work` with a fresh n8n, and leaves nothing behind. */
export async function withStage<T>(
	options: SandboxOptions,
	work: (stage: Stage) => Promise<T>,
): Promise<T> {
	const folder = mkdtempSync(join(tmpdir(), 'veo-bench-'));
	const files = join(folder, 'files');
	const clear = () => rmSync(folder, { recursive: true, force: true });
	// An interrupted bench, too, must not leave gigabytes behind.
	process.once('exit', clear);
	const ends: Array<() => Promise<void>> = [];
	try {
		const runtime = await ensureN8n();
		await installPackage(folder, await packProject(join(folder, 'packed')));
		const api = await startSandboxApi(options);
		ends.push(async () => await api.stop());
		const instance = await startN8n({
			runtime,
			userFolder: folder,
			env: {
				N8N_DEFAULT_BINARY_DATA_MODE: 'filesystem',
				N8N_BINARY_DATA_STORAGE_PATH: files,
				N8N_STORAGE_PATH: files,
			},
		});
		ends.push(async () => await instance.stop());
		const n8n = await new N8nClient(instance.url).connect();
		const { apiKey, baseUrl } = api;
		const credentialId = await ensureCredential(n8n, { apiKey, baseUrl });
		return await work({ api, instance, n8n, credentialId, files });
	} finally {
		for (const end of ends.reverse()) await end();
		process.off('exit', clear);
		clear();
	}
}
