/**
 * A process that holds n8n-core's engine: its loader, WorkflowExecute, request helpers and binary data
 * store, all real. Apart from Jest, because n8n-core is slow to load and brings its own class loading.
 */
// First, so that everything after it lives by this clock.
import { setAhead } from './speed';
import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import { subscribe } from 'node:diagnostics_channel';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import {
	BinaryDataService,
	ExecutionLifecycleHooks,
	PackageDirectoryLoader,
	PollTriggerExecutor,
	WorkflowExecute,
} from 'n8n-core';
import {
	createRunExecutionData,
	deepCopy,
	ICredentialsHelper,
	NodeHelpers,
	Workflow,
} from 'n8n-workflow';
import type {
	IBinaryData,
	ICredentialDataDecryptedObject,
	ICredentialType,
	IDataObject,
	IHttpRequestOptions,
	INode,
	INodeExecutionData,
	INodeTypes,
	IRequestOptionsSimplified,
	IRun,
	IRunExecutionData,
	IVersionedNodeType,
	INodeType,
	IWorkflowBase,
	IWorkflowExecuteAdditionalData,
	WorkflowExecuteMode,
} from 'n8n-workflow';
import type { FromHost, Row, RunRequest, RunResult, ToHost, TriggerRequest } from './protocol';
import { runTrigger } from './triggerHost';

// n8n-core's own dependency container: another copy of the package would know none of its services.
const { Container } = createRequire(require.resolve('n8n-core'))('@n8n/di') as {
	Container: { get<T>(type: abstract new (...args: never[]) => T): T };
};

const PROJECT = join(__dirname, '..', '..', '..');
const loaders: PackageDirectoryLoader[] = [];
const executions = new Map<string, string>();
/** What n8n stored of a retry when it began: all that is left of it after a crash. */
const begun = new Map<string, string>();
interface Running {
	cancel: () => void;
	/** By the clock that `speed` leaves alone, in ms. */
	cancelledAt?: number;
	requests: number;
	requestsAfterCancel: number;
}
const running = new Map<number, Running>();
const current = new AsyncLocalStorage<Running>();
subscribe('http.client.request.start', () => {
	const state = current.getStore();
	if (!state) return;
	state.requests += 1;
	if (state.cancelledAt !== undefined) state.requestsAfterCancel += 1;
});
const unhandled: string[] = [];
process.on('unhandledRejection', (reason) => unhandled.push(String(reason)));

/** A usable node as the tool that n8n's server derives from it. */
function asTool(node: INodeType): INodeType {
	const description = {
		...node.description,
		name: `${node.description.name}Tool`,
		inputs: [],
		outputs: ['ai_tool' as const],
	};
	return Object.assign(Object.create(node) as INodeType, { description });
}

const tools = new Map<string, INodeType>();

function loadedNode(type: string): INodeType | IVersionedNodeType {
	const [packageName, name = ''] = type.split('.');
	const loader = loaders.find((candidate) => candidate.packageName === packageName);
	const loaded = loader?.nodeTypes[name];
	if (loaded) return loaded.type;
	const base = loader?.nodeTypes[name.replace(/Tool$/, '')]?.type;
	if (!base || !('description' in base) || !name.endsWith('Tool')) {
		throw new Error(`Unknown node type ${type}`);
	}
	const tool = tools.get(type) ?? asTool(base as INodeType);
	tools.set(type, tool);
	return tool;
}

const nodeTypes: INodeTypes = {
	getByName: loadedNode,
	getByNameAndVersion: (type, version) =>
		NodeHelpers.getVersionedNodeType(loadedNode(type), version),
	getKnownTypes: () => ({}),
};

function credentialType(name: string): ICredentialType {
	const loaded = loaders.map((loader) => loader.credentialTypes[name]).find(Boolean);
	if (!loaded) throw new Error(`Unknown credential type ${name}`);
	return loaded.type;
}

/** Credentials as plain values, applied through the credential type's own generic block. */
class PlainCredentials extends ICredentialsHelper {
	constructor(private readonly values: IDataObject) {
		super();
	}
	getParentTypes = () => [];
	isCredentialUsableByNode = () => true;
	preAuthentication = async () => undefined;
	runPreAuthentication = async () => undefined;
	updateCredentials = async () => {};
	updateCredentialsOauthTokenData = async () => {};
	getCredentialsProperties = (type: string) => credentialType(type).properties;
	getCredentials = async (): Promise<never> => {
		throw new Error('Not stored');
	};
	getDecrypted = async () => this.values as ICredentialDataDecryptedObject;
	async authenticate(
		credentials: ICredentialDataDecryptedObject,
		typeName: string,
		requestOptions: IHttpRequestOptions | IRequestOptionsSimplified,
		workflow?: Workflow,
		node?: INode,
	): Promise<IHttpRequestOptions> {
		const options = requestOptions as IHttpRequestOptions;
		const { authenticate } = credentialType(typeName);
		if (!authenticate || typeof authenticate === 'function' || !workflow || !node) return options;
		for (const [name, value] of Object.entries(authenticate.properties.headers ?? {})) {
			const resolved = workflow.expression.getSimpleParameterValue(
				node,
				String(value),
				'internal',
				{ $credentials: credentials },
				undefined,
				'',
			);
			options.headers = { ...options.headers, [name]: resolved as string };
		}
		return options;
	}
}

function additionalDataFor(
	request: Pick<RunRequest, 'credentials' | 'executionId'> & Partial<RunRequest>,
	workflowData: IWorkflowBase,
	mode: WorkflowExecuteMode,
): IWorkflowExecuteAdditionalData {
	const base = 'http://127.0.0.1:1';
	return {
		credentialsHelper: new PlainCredentials(request.credentials),
		hooks: new ExecutionLifecycleHooks(
			mode,
			request.executionId,
			workflowData,
			request.hidesRetried ? undefined : (request.retryOf ?? request.crashed),
		),
		executionId: request.executionId,
		currentNodeExecutionIndex: 0,
		restApiUrl: base,
		instanceBaseUrl: base,
		formWaitingBaseUrl: base,
		webhookBaseUrl: base,
		webhookWaitingBaseUrl: base,
		webhookTestBaseUrl: base,
		variables: {},
		getRunExecutionData: async () => undefined,
		getRuntimeCredential: async () => undefined,
		logAiEvent: () => {},
	} as unknown as IWorkflowExecuteAdditionalData;
}

/** Input files go into n8n's real store first, as a previous node would have put them. */
async function storeItems(request: RunRequest, workflowId: string): Promise<INodeExecutionData[]> {
	const store = Container.get(BinaryDataService);
	const items: INodeExecutionData[] = [];
	for (const item of request.items) {
		const binary: Record<string, IBinaryData> = {};
		for (const [name, file] of Object.entries(item.binary ?? {})) {
			const location = {
				type: 'execution' as const,
				workflowId,
				executionId: request.executionId,
			};
			binary[name] = await store.store(location, Buffer.from(file.base64, 'base64'), {
				mimeType: file.mimeType,
				fileName: file.fileName,
				data: '',
			});
		}
		items.push({ json: item.json ?? {}, ...(item.binary && { binary }) });
	}
	return items;
}

async function rowOf(item: INodeExecutionData): Promise<Row> {
	const store = Container.get(BinaryDataService);
	const files: Row['files'] = {};
	for (const [name, file] of Object.entries(item.binary ?? {})) {
		const hash = createHash('sha256');
		let bytes = 0;
		if (file.id) {
			for await (const chunk of await store.getAsStream(file.id)) {
				hash.update(chunk as Buffer);
				bytes += (chunk as Buffer).length;
			}
		} else {
			const content = Buffer.from(file.data, 'base64');
			hash.update(content);
			bytes = content.length;
		}
		files[name] = {
			fileName: file.fileName,
			mimeType: file.mimeType,
			bytes,
			sha256: hash.digest('hex'),
			data: file.data.slice(0, 40),
		};
	}
	return { json: item.json, pairedItem: item.pairedItem, files };
}

/** What n8n's server does to a failed execution before it runs it again. */
function prepareRetry(stored: string, workflow: Workflow): IRunExecutionData {
	const data = JSON.parse(stored) as IRunExecutionData;
	const { lastNodeExecuted, runData } = data.resultData;
	delete data.resultData.error;
	const runs = lastNodeExecuted ? runData[lastNodeExecuted] : undefined;
	if (runs?.length && runs[runs.length - 1]?.error !== undefined) runs.pop();
	for (const stack of data.executionData?.nodeExecutionStack ?? []) {
		const node = workflow.getNode(stack.node.name);
		if (!node) throw new Error(`The node "${stack.node.name}" could not be found`);
		stack.node = node;
	}
	return data;
}

type Execution = Promise<IRun> & { cancel: () => void };

const timersIn = (resources: string[]) => resources.filter((name) => name === 'Timeout').length;

async function run(call: number, request: RunRequest): Promise<RunResult> {
	const workflow = new Workflow({
		id: 'test',
		name: 'test',
		active: false,
		nodes: deepCopy(request.nodes),
		connections: request.connections,
		nodeTypes,
		settings: request.settings ?? {},
	});
	const workflowData = {
		id: 'test',
		name: 'test',
		active: false,
		nodes: request.nodes,
		connections: request.connections,
	} as unknown as IWorkflowBase;
	if (request.laterMs) setAhead(request.laterMs);
	const retried = request.retryOf ? executions.get(request.retryOf) : undefined;
	if (request.retryOf && !retried) throw new Error(`No execution ${request.retryOf} to retry`);
	const mode = retried || request.crashed ? 'retry' : 'manual';
	const additionalData = additionalDataFor(request, workflowData, mode);
	const rssBeforeBytes = process.memoryUsage.rss();
	let maxRssBytes = rssBeforeBytes;
	const watch = setInterval(() => {
		maxRssBytes = Math.max(maxRssBytes, process.memoryUsage.rss());
	}, 50);
	const timersBefore = timersIn(process.getActiveResourcesInfo());
	const startedAt = performance.now();
	let cancelExecution = () => {};
	const state: Running = {
		cancel: () => {
			state.cancelledAt = performance.now();
			cancelExecution();
		},
		requests: 0,
		requestsAfterCancel: 0,
	};
	running.set(call, state);
	const data = retried ? prepareRetry(retried, workflow) : await freshData(request, workflow);
	if (retried) begun.set(request.executionId, JSON.stringify(data));
	const execution = current.run(state, () =>
		new WorkflowExecute(additionalData, mode, data).processRunExecutionData(workflow),
	) as Execution;
	cancelExecution = () => execution.cancel();
	if (state.cancelledAt !== undefined) cancelExecution();
	const ended: IRun = await execution;
	const endedAt = performance.now();
	clearInterval(watch);
	running.delete(call);
	// What n8n cancels goes down in the next turns of the event loop.
	for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);

	const { resultData, executionData } = ended.data;
	const runs = resultData.runData[request.resultNode] ?? [];
	const outputs = runs[runs.length - 1]?.data?.main ?? [];
	const error = resultData.error as (Error & Record<string, unknown>) | undefined;
	const stored = JSON.stringify(ended.data);
	executions.set(request.executionId, stored);
	return {
		status: ended.status,
		outputs: await Promise.all(
			outputs.map(async (items) => await Promise.all((items ?? []).map(rowOf))),
		),
		runs: runs.length,
		error: error && {
			name: error.name,
			message: error.message,
			description: error.description as string | undefined,
			httpCode: error.httpCode as string | undefined,
			itemIndex: (error.context as IDataObject | undefined)?.itemIndex as number | undefined,
			stack: error.stack,
		},
		stored,
		context: (executionData?.contextData[`node:${request.resultNode}`] ?? {}) as IDataObject,
		tookMs: endedAt - startedAt,
		cancelTookMs: state.cancelledAt === undefined ? undefined : endedAt - state.cancelledAt,
		requests: state.requests,
		requestsAfterCancel: state.requestsAfterCancel,
		timersLeft: timersIn(process.getActiveResourcesInfo()) - timersBefore,
		unhandled: [...unhandled],
		maxRssBytes,
		rssBeforeBytes,
	};
}

async function freshData(request: RunRequest, workflow: Workflow): Promise<IRunExecutionData> {
	const startNode = workflow.getNode(request.nodes[0]?.name ?? '');
	if (!startNode) throw new Error('The workflow has no nodes');
	const kept = begun.get(request.crashed ?? '');
	if (kept) return prepareRetry(kept, workflow);
	const crashed = request.crashed ? executions.get(request.crashed) : undefined;
	if (request.crashed && !crashed) throw new Error(`No execution ${request.crashed} to retry`);
	const established = crashed && (JSON.parse(crashed) as IRunExecutionData).executionData;
	const ended = { startTime: 0, executionTime: 0, executionIndex: 0, source: [] };
	return createRunExecutionData({
		executionData: {
			...(established && { runtimeData: established.runtimeData }),
			contextData: {},
			nodeExecutionStack: [{ node: startNode, data: { main: [[{ json: {} }]] }, source: null }],
			metadata: {},
			waitingExecution: {},
			waitingExecutionSource: {},
		},
		resultData: {
			runData: Object.fromEntries(
				(request.endedNodes ?? []).map((name) => [name, [{ ...ended, data: { main: [[]] } }]]),
			),
			pinData: { [startNode.name]: await storeItems(request, 'test') },
		},
	});
}

async function trigger(request: TriggerRequest) {
	if (request.laterMs) setAhead(request.laterMs);
	const { workflowId: id, node } = request;
	const workflowData = { id, name: id, active: true, nodes: [node], connections: {} };
	return await runTrigger(
		{
			nodeTypes,
			executor: Container.get(PollTriggerExecutor),
			additionalData: ({ credentials }, mode) =>
				additionalDataFor(
					{ credentials, executionId: mode === 'manual' ? '1' : '' },
					workflowData as unknown as IWorkflowBase,
					mode,
				),
			rowOf,
		},
		request,
	);
}

function describe() {
	const own = loaders[0];
	const node = own?.nodeTypes.aimlVeo?.type as INodeType | undefined;
	const credential = own?.credentialTypes.aimlapiApi?.type;
	return {
		nodes: Object.keys(own?.nodeTypes ?? {}),
		credentials: Object.keys(own?.credentialTypes ?? {}),
		icons: { node: node?.description.iconUrl, credential: credential?.iconUrl },
		nodeIcons: Object.fromEntries(
			Object.entries(own?.nodeTypes ?? {}).map(([name, { type }]) => [
				name,
				(type as INodeType).description.iconUrl as IDataObject,
			]),
		),
		properties: node?.description.properties ?? [],
	};
}

async function main(): Promise<void> {
	for (const folder of [PROJECT, join(__dirname, 'test-nodes')]) {
		const loader = new PackageDirectoryLoader(folder);
		await loader.loadAll();
		loaders.push(loader);
	}
	await Container.get(BinaryDataService).init();
	const reply = (message: FromHost) => process.send?.(message);
	process.on('message', (message: ToHost) => {
		if (message.kind === 'cancel') return running.get(message.call)?.cancel();
		const work =
			message.kind === 'run'
				? run(message.call, message.request)
				: message.kind === 'trigger'
					? trigger(message.request)
					: describe();
		Promise.resolve(work)
			.then((result) => reply({ call: message.call, result }))
			.catch((cause: Error) => reply({ call: message.call, failure: cause.stack }));
	});
	process.on('disconnect', () => process.exit(0));
	reply({ call: 0, result: 'ready' });
}

main().catch((cause: Error) => {
	process.stderr.write(`${cause.stack}\n`);
	process.exit(1);
});
