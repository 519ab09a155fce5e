/** The sandbox API and n8n's engine for one test file, reset before each test. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startSandboxApi } from '../../sandbox/stand-ins/api';
import { DEFAULT_SETTINGS } from '../../sandbox/stand-ins/api/state';
import type { SandboxApi, SandboxOptions } from '../../sandbox/stand-ins/api';
import { startEngine } from './harness';
import type { Engine, EngineOptions, InputItem, RunOptions, WorkflowSpec } from './harness';

export interface Setup {
	api: SandboxApi;
	engine: Engine;
}

/** Filled in before the tests run. */
export function useEngine(options: EngineOptions & SandboxOptions = {}): Setup {
	const setup = {} as Setup;
	beforeAll(async () => {
		setup.api = await startSandboxApi(options);
		setup.engine = await startEngine(options);
	});
	beforeEach(() => {
		setup.api.reset();
		Object.assign(setup.api.settings, DEFAULT_SETTINGS, options);
	});
	afterAll(async () => {
		await setup.engine?.stop();
		await setup.api?.stop();
	});
	return setup;
}

const MEDIA = join(__dirname, '..', '..', 'sandbox', 'media');
export const mediaBytes = (name: string) => readFileSync(join(MEDIA, name));

const base64Of = (name: string) => mediaBytes(name).toString('base64');

/** An item's binary field out of a file of the sandbox. */
export const fileOf = (name: string, mimeType = 'application/octet-stream') => ({
	base64: base64Of(name),
	mimeType,
	fileName: name,
});

export const dataUriOf = (name: string, mimeType: string) =>
	`data:${mimeType};base64,${base64Of(name)}`;

export const itemsOf = (count: number): InputItem[] =>
	Array.from({ length: count }, (_, index) => ({ json: { index } }));

/** A request that any text-to-video test can use. */
export const TEXT = { model: 'google/veo-3.1-t2v', prompt: 'A lighthouse at dusk' };
export const posts = ({ api }: Setup) => api.log.filter(({ method }) => method === 'POST');
export const checks = ({ api }: Setup) =>
	api.log.filter(({ method, path }) => method === 'GET' && path.includes('generation_id='));

/** No name server is asked for a label of more than 63 characters: the answer is at once, and the same. */
export const UNKNOWN_HOST = `${'unknown-'.repeat(9)}.invalid`;

/** Items that each have a prompt of their own, and the request that uses it. */
export const scenes = (...prompts: string[]) => prompts.map((prompt) => ({ json: { prompt } }));
export const PER_ITEM = {
	...TEXT,
	operation: 'createAndWait',
	prompt: '={{ $json.prompt }}',
};

/** One execution of a workflow, by default with two scenes; its rows and their IDs are of the result node. */
export async function execute(
	{ api, engine }: Setup,
	workflow: WorkflowSpec,
	executionId: string,
	options: Partial<RunOptions> = {},
) {
	const result = await engine.run(workflow, {
		items: scenes('A hill', 'A lake'),
		credentials: api,
		executionId,
		...options,
	});
	const rows = (result.outputs[0] ?? []).map(({ json }) => json);
	return { ...result, rows, ids: rows.map(({ id }) => id) };
}
