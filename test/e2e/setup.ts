/** One real n8n with the packed package, the sandbox API and the examples. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axios from 'axios';
import { NodeConnectionTypes } from 'n8n-workflow';
import type { IDataObject, INode, IWorkflowBase } from 'n8n-workflow';
import { startSandboxApi } from '../../sandbox/stand-ins/api';
import type { Generation, LogEntry, SandboxApi } from '../../sandbox/stand-ins/api';
import { videoFileOf } from '../../sandbox/stand-ins/api/cdn';
import { ensureCredential, readExample, withCredential } from '../../sandbox/n8n/examples';
import { N8nClient } from '../../sandbox/n8n/restClient';
import type { Execution, WorkflowFile } from '../../sandbox/n8n/restClient';
import { installPackage, startN8n } from '../../sandbox/n8n/instance';
import type { InstanceOptions, N8nInstance } from '../../sandbox/n8n/instance';
import { ensureN8n } from '../../sandbox/n8n/runtime';
import type { Runtime } from '../../sandbox/n8n/runtime';
import { record } from './facts';

declare const N8N_VERSION: string;

export const TARBALL = process.env.VEO_TARBALL ?? '';
export const VERSION = N8N_VERSION;
/** Long enough for an interruption, short enough to wait for. */
const GENERATION_MS = 3_000;

export interface Stage {
	api: SandboxApi;
	runtime: Runtime;
	userFolder: string;
	instance: N8nInstance;
	n8n: N8nClient;
	credentialId: string;
	/** Starts n8n again in the same folder, after it was ended. */
	restart(): Promise<void>;
}

export interface StageOptions {
	env?: Record<string, string>;
	/** How the package gets into n8n's nodes folder; default: the packed tarball. */
	install?: (userFolder: string) => Promise<void>;
}

/** Filled in before the tests of the file run; all is ended and deleted after them. */
export function useN8n({ env, install }: StageOptions = {}): Stage {
	const stage = {} as Stage;
	beforeAll(async () => {
		stage.api = await startSandboxApi({ generationMs: GENERATION_MS });
		stage.runtime = await ensureN8n(VERSION);
		stage.userFolder = mkdtempSync(join(tmpdir(), 'n8n-e2e-'));
		await (install ?? (async (folder) => await installPackage(folder, TARBALL)))(stage.userFolder);
		const options: InstanceOptions = { runtime: stage.runtime, userFolder: stage.userFolder, env };
		stage.restart = async () => {
			stage.instance = await startN8n(options);
			stage.n8n = await new N8nClient(stage.instance.url).connect();
		};
		await stage.restart();
		const node = execFileSync(stage.runtime.node, ['--version'], { encoding: 'utf8' });
		record('versions', `n8n ${VERSION} on Node ${node.trim().slice(1)}`);
		stage.credentialId = await ensureCredential(stage.n8n, accountOf(stage.api));
	});
	afterAll(async () => {
		await stage.instance?.stop();
		await stage.api?.stop();
		if (stage.userFolder) rmSync(stage.userFolder, { recursive: true, force: true });
	});
	return stage;
}

export const accountOf = ({ apiKey, baseUrl }: SandboxApi) => ({ apiKey, baseUrl });

/** The workflow as saved in this n8n, with the credential chosen. */
export async function save(stage: Stage, workflow: WorkflowFile): Promise<IWorkflowBase> {
	return await stage.n8n.createWorkflow(withCredential(workflow, stage.credentialId));
}

/** The workflow with some parameters of a node set to others; options are added to those that are there. */
export function changed(
	workflow: WorkflowFile,
	name: string,
	parameters: IDataObject,
): WorkflowFile {
	const change = (node: INode): INode => {
		if (node.name !== name) return node;
		const options = {
			...(node.parameters.options as IDataObject),
			...(parameters.options as IDataObject),
		};
		return {
			...node,
			parameters: { ...node.parameters, ...parameters, options } as INode['parameters'],
		};
	};
	return { ...workflow, nodes: workflow.nodes.map(change) };
}

/** What the sandbox's CDN serves for this generation. */
export const bytesOf = (generation: Generation): Buffer => readFileSync(videoFileOf(generation));

/** All files that the node gave out, as n8n hands them out. */
export async function filesOf(stage: Stage, execution: Execution, node: string): Promise<Buffer[]> {
	const runs = execution.data.resultData.runData[node] ?? [];
	const rows = runs.flatMap((run) => run.data?.main?.[0] ?? []);
	const files = rows.flatMap(({ binary }) => Object.values(binary ?? {}));
	return await Promise.all(files.map(async (file) => await stage.n8n.download(file)));
}

/** The generations whose prompt holds `text`, in the order of their submission. */
export const generationsOf = (api: SandboxApi, text: string): Generation[] =>
	api.settled().filter(({ body }) => String(body.prompt).includes(text));

/** Submissions whose prompt holds `text`, accepted or not. */
export const postsOf = (api: SandboxApi, text: string) =>
	api.log.filter(({ method, body }) => method === 'POST' && JSON.stringify(body).includes(text));

/** Resolves when a request with this prompt has been sent. */
export async function submitted(api: SandboxApi, prompt: string): Promise<void> {
	await api.waitFor(
		({ method, body }) => method === 'POST' && JSON.stringify(body ?? '').includes(prompt),
	);
}

/** Resolves when n8n fetches the file of the video with this prompt. */
export async function fetching(api: SandboxApi, prompt: string): Promise<void> {
	await api.waitFor(({ server, path }) => {
		const [generation] = generationsOf(api, prompt);
		return server === 'cdn' && generation !== undefined && api.videoUrl(generation).endsWith(path);
	});
}

/** The recovery example of today's videos, cut down to those that one execution asked for. */
export function recoveryOf(executionId: string): WorkflowFile {
	const example = changed(readExample('recover-undelivered'), 'Get Many Videos', {
		filters: { period: '24h' },
	});
	const filter: INode = {
		id: 'd0c40af1-6a5f-4d0c-9a0d-5f5b0f6f3c11',
		name: 'Of This Execution',
		type: 'n8n-nodes-base.filter',
		typeVersion: 2.2,
		position: [0, 0],
		parameters: {
			conditions: {
				options: { caseSensitive: true, leftValue: '', typeValidation: 'strict', version: 2 },
				conditions: [
					{
						id: '0b3c3b0c-4b0e-4b8b-8a39-0f3a3c2f7a55',
						leftValue: '={{ $json.n8n?.executionId }}',
						rightValue: executionId,
						operator: { type: 'string', operation: 'equals' },
					},
				],
				combinator: 'and',
			},
			options: {},
		},
	};
	const to = (node: string) => ({ main: [[{ node, type: NodeConnectionTypes.Main, index: 0 }]] });
	return {
		...example,
		nodes: [...example.nodes, filter],
		connections: {
			...example.connections,
			'Get Many Videos': to(filter.name),
			[filter.name]: to('Get Video'),
		},
	};
}

/** Checks of the generation with this prompt. */
export function checksOf(api: SandboxApi, prompt: string): LogEntry[] {
	const ids = api.generations.filter(({ body }) => body.prompt === prompt).map(({ id }) => id);
	return api.log.filter(
		({ method, generationId = '' }) => method === 'GET' && ids.includes(generationId),
	);
}

/** Resolves when n8n has its first answer on how the generation goes. */
export async function firstCheck(api: SandboxApi, prompt: string): Promise<void> {
	if (checksOf(api, prompt).some(({ status }) => status === 200)) return;
	await new Promise<void>((resolve) => {
		const listener = () => {
			if (checksOf(api, prompt).length === 0) return;
			api.off('response', listener);
			resolve();
		};
		api.on('response', listener);
	});
}

/** n8n 2.x opens the address of an activated workflow a moment later; until then it says 404 and starts nothing. */
export async function onceOpen<T>(request: () => Promise<T>): Promise<T> {
	for (;;) {
		try {
			return await request();
		} catch (cause) {
			if (!axios.isAxiosError(cause) || cause.response?.status !== 404) throw cause;
			await new Promise((resolve) => setTimeout(resolve, 250));
		}
	}
}
