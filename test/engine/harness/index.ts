/**
 * Runs the built package in n8n's own engine, in a process of its own.
 *
 * @example
 * const engine = await startEngine({ binaryMode: 'filesystem' });
 * const result = await engine.run(veoWorkflow({ operation: 'create', prompt: 'A hill' }), { items: [{}] });
 * expect(result.outputs[0][0].json.id).toBeDefined();
 * await engine.stop();
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IConnections, IDataObject, INode, IWorkflowSettings } from 'n8n-workflow';
import { misfits, previewOf } from './preview';
import type {
	Described,
	FromHost,
	InputItem,
	RunRequest,
	RunResult,
	ToHost,
	TriggerRequest,
	TriggerResult,
} from './protocol';

export type { InputItem, Row, RunResult } from './protocol';

export interface EngineOptions {
	binaryMode?: 'default' | 'filesystem';
	env?: Record<string, string>;
	/** Flags for Node, such as a heap limit. */
	execArgv?: string[];
	/** How many times faster than real the time passes for n8n and the node. */
	speed?: number;
}

export interface WorkflowSpec {
	nodes: INode[];
	connections: IConnections;
	settings?: IWorkflowSettings;
	resultNode: string;
}

export interface RunOptions {
	items?: InputItem[];
	credentials: { apiKey: string; baseUrl: string };
	executionId?: string;
	retryOf?: string;
	/** See `RunRequest`. */
	crashed?: string;
	endedNodes?: string[];
	hidesRetried?: boolean;
	/** Sets the clock of n8n's process ahead first. */
	laterMs?: number;
}

export interface Started {
	done: Promise<RunResult>;
	cancel: () => void;
	executionId: string;
}

const VEO_TYPE = 'n8n-nodes-aimlapi-veo.aimlVeo';

export function node(
	name: string,
	type: string,
	parameters: IDataObject = {},
	settings: Partial<INode> = {},
): INode {
	return {
		id: `id-${name}`,
		name,
		type,
		typeVersion: 1,
		position: [0, 0],
		parameters: parameters as INode['parameters'],
		...settings,
	};
}

export const veoNode = (name: string, parameters: IDataObject, settings: Partial<INode> = {}) =>
	node(name, VEO_TYPE, parameters, {
		credentials: { aimlapiApi: { id: '1', name: 'AI/ML API' } },
		...settings,
	});

/** Connections from "A > B" lines; "A.1 > B" starts at output 1. */
export function connect(...lines: string[]): IConnections {
	const connections: IConnections = {};
	for (const line of lines) {
		const [from = '', to = ''] = line.split('>').map((part) => part.trim());
		const [source = '', output = '0'] = from.split('.');
		const main = ((connections[source] ??= { main: [] }).main ??= []);
		for (let index = 0; index <= Number(output); index++) main[index] ??= [];
		main[Number(output)]?.push({ node: to, type: 'main', index: 0 });
	}
	return connections;
}

/** Items → Veo. */
export function veoWorkflow(parameters: IDataObject, settings: Partial<INode> = {}): WorkflowSpec {
	return {
		nodes: [node('Items', 'n8n-nodes-test.items'), veoNode('Veo', parameters, settings)],
		connections: connect('Items > Veo'),
		resultNode: 'Veo',
	};
}

/**
 * Items → Agent, with Veo as its tool; the agent calls it with each of `calls`.
 * @param version 2 invokes tools itself, as agents before version 3 do; 3 asks the engine to run them
 */
export function agentWorkflow(
	version: 2 | 3,
	calls: IDataObject[],
	parameters: IDataObject,
	settings: { tool?: Partial<INode>; agent?: Partial<INode>; together?: boolean } = {},
): WorkflowSpec {
	const { tool, agent, together = false } = settings;
	return {
		nodes: [
			node('Items', 'n8n-nodes-test.items'),
			node('Agent', 'n8n-nodes-test.agent', { version, together, calls }, agent),
			{ ...veoNode('Veo', parameters, tool), type: `${VEO_TYPE}Tool` },
		],
		connections: {
			...connect('Items > Agent'),
			Veo: { ai_tool: [[{ node: 'Agent', type: 'ai_tool', index: 0 }]] },
		},
		// With n8n's older order the engine would resume the agent before its tool has run.
		settings: { executionOrder: 'v1' },
		resultNode: 'Agent',
	};
}

/** Items → Code → Veo: `code` makes the items, as in n8n's Code node. */
export const codeWorkflow = (code: string, parameters: IDataObject): WorkflowSpec => ({
	nodes: [
		node('Items', 'n8n-nodes-test.items'),
		node('Code', 'n8n-nodes-test.code', { code }),
		veoNode('Veo', parameters),
	],
	connections: connect('Items > Code', 'Code > Veo'),
	resultNode: 'Veo',
});

/** @throws when a row of the Veo node is not what its field preview says; rows of Continue On Fail are others */
function assertFits({ nodes, resultNode }: WorkflowSpec, { outputs }: RunResult): void {
	const { type, parameters = {} } = nodes.find(({ name }) => name === resultNode) ?? {};
	const preview =
		type === VEO_TYPE ? previewOf(parameters.operation ?? 'createAndWait') : undefined;
	const rows = outputs.flat().filter(({ json }) => !('error' in json));
	const found = preview ? rows.flatMap(({ json }) => misfits(json, preview)) : [];
	if (found.length > 0) throw new Error(`The field preview does not hold: ${found.join(', ')}`);
}

export class Engine {
	private calls = 0;
	private executions = 0;
	private readonly waiting = new Map<
		number,
		{ resolve: (value: never) => void; reject: (cause: Error) => void }
	>();
	/** What n8n's logger wrote. */
	output = '';
	/** Whether every row must be what the field previews say; not where the API answers at random. */
	holdsPreviews = true;

	constructor(
		private readonly host: ChildProcess,
		readonly folder: string,
	) {
		host.stdout?.on('data', (chunk) => (this.output += String(chunk)));
		host.stderr?.on('data', (chunk) => (this.output += String(chunk)));
		host.on('message', ({ call, result, failure }: FromHost) => {
			const waiting = this.waiting.get(call);
			this.waiting.delete(call);
			if (failure) waiting?.reject(new Error(failure));
			else waiting?.resolve(result as never);
		});
		host.on('exit', (code) => {
			const cause = new Error(`The engine's host ended with ${code}\n${this.output}`);
			this.waiting.forEach(({ reject }) => reject(cause));
		});
	}

	/** Answers by the host; call 0 is its readiness. */
	async answer<T>(call: number): Promise<T> {
		return await new Promise<T>((resolve, reject) => {
			this.waiting.set(call, { resolve: resolve as (value: never) => void, reject });
		});
	}

	private send(message: ToHost): void {
		this.host.send(message);
	}

	start(workflow: WorkflowSpec, options: RunOptions): Started {
		const call = ++this.calls;
		const executionId = options.executionId ?? String(1_000 + ++this.executions);
		const request: RunRequest = {
			...workflow,
			items: options.items ?? [{}],
			credentials: options.credentials,
			executionId,
			retryOf: options.retryOf,
			crashed: options.crashed,
			endedNodes: options.endedNodes,
			hidesRetried: options.hidesRetried,
			laterMs: options.laterMs,
		};
		const done = this.answer<RunResult>(call).then((result) => {
			if (this.holdsPreviews) assertFits(workflow, result);
			return result;
		});
		this.send({ kind: 'run', call, request });
		return { done, executionId, cancel: () => this.send({ kind: 'cancel', call }) };
	}

	async run(workflow: WorkflowSpec, options: RunOptions): Promise<RunResult> {
		return await this.start(workflow, options).done;
	}

	async trigger(request: TriggerRequest): Promise<TriggerResult> {
		const call = ++this.calls;
		const done = this.answer<TriggerResult>(call);
		this.send({ kind: 'trigger', call, request });
		return await done;
	}

	async describe(): Promise<Described> {
		const call = ++this.calls;
		const described = this.answer<Described>(call);
		this.send({ kind: 'describe', call });
		return await described;
	}

	async stop(): Promise<void> {
		this.host.removeAllListeners('exit');
		const exited = new Promise((resolve) => this.host.once('exit', resolve));
		if (this.host.exitCode === null && this.host.signalCode === null) {
			this.host.disconnect();
			await exited;
		}
		rmSync(this.folder, { recursive: true, force: true });
	}
}

export async function startEngine(options: EngineOptions = {}): Promise<Engine> {
	const folder = mkdtempSync(join(tmpdir(), 'veo-engine-'));
	const host = fork(join(__dirname, 'host.ts'), [], {
		execArgv: ['--import', 'tsx', ...(options.execArgv ?? [])],
		stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
		env: {
			...process.env,
			NODE_OPTIONS: '',
			N8N_USER_FOLDER: folder,
			N8N_ENCRYPTION_KEY: 'engine-tests',
			N8N_DEFAULT_BINARY_DATA_MODE: options.binaryMode ?? 'default',
			N8N_LOG_LEVEL: 'info',
			N8N_BLOCK_ENV_ACCESS_IN_NODE: 'false',
			VEO_TEST_SPEED: String(options.speed ?? 1),
			...options.env,
		},
	});
	const engine = new Engine(host, folder);
	await engine.answer(0);
	return engine;
}
