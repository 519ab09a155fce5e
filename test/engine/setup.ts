/** The sandbox API and n8n's engine for one test file, reset before each test. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startSandboxApi } from '../../sandbox/stand-ins/api';
import type { SandboxApi, SandboxOptions } from '../../sandbox/stand-ins/api';
import { startEngine } from './harness';
import type { Engine, EngineOptions, InputItem } from './harness';

export interface Setup {
	api: SandboxApi;
	engine: Engine;
}

/** Filled in before the tests run. */
export function useEngine(options: EngineOptions & SandboxOptions = {}): Setup {
	const setup = {} as Setup;
	const settings: SandboxOptions = { generationMs: 0, ...options };
	beforeAll(async () => {
		setup.api = await startSandboxApi(settings);
		setup.engine = await startEngine(options);
	});
	beforeEach(() => {
		setup.api.reset();
		Object.assign(setup.api.settings, {
			generationMs: 0,
			balanceUsd: 1_000,
			concurrency: Infinity,
			oldLogRows: 0,
			oldLogModel: undefined,
			logPageRows: Infinity,
			logDelayMs: 0,
			logClockMs: 0,
			logStrangeRows: false,
			logEndless: false,
			checksPerMinute: Infinity,
			logsPerMinute: Infinity,
			videoBytes: undefined,
			...settings,
		});
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
