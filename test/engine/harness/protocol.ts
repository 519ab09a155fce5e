/** What the tests and the host of n8n's engine say to each other. */
import type {
	IConnections,
	IDataObject,
	INode,
	INodeExecutionData,
	IWorkflowSettings,
	WorkflowActivateMode,
} from 'n8n-workflow';

export interface InputFile {
	base64: string;
	mimeType: string;
	fileName?: string;
}

export interface InputItem {
	json?: IDataObject;
	binary?: Record<string, InputFile>;
}

export interface RunRequest {
	nodes: INode[];
	connections: IConnections;
	settings?: IWorkflowSettings;
	/** Pinned to the start node. */
	items: InputItem[];
	credentials: IDataObject;
	executionId: string;
	/** The execution to retry, as *Executions → Retry* does it. */
	retryOf?: string;
	/**
	 * The execution to retry after n8n crashed in it: n8n knows nothing of what its nodes did. It starts anew with
	 * the same data; where it was a retry itself, it starts with what that one started with.
	 */
	crashed?: string;
	/** Nodes that had ended before the crash: their next run is counted as the second one. */
	endedNodes?: string[];
	/** n8n 1.x tells no node what an execution retries. */
	hidesRetried?: boolean;
	/** Before the run begins, the clock of n8n's process is set ahead by this. */
	laterMs?: number;
	/** The name of the node whose rows are the result. */
	resultNode: string;
}

export interface FileInfo {
	fileName?: string;
	mimeType: string;
	bytes: number;
	sha256: string;
	/** `filesystem-v2`, or the content itself in memory mode (shortened). */
	data: string;
}

export interface Row {
	json: IDataObject;
	pairedItem: INodeExecutionData['pairedItem'];
	files: Record<string, FileInfo>;
}

export interface RunError {
	name: string;
	message: string;
	description?: string | null;
	httpCode?: string | null;
	itemIndex?: number;
	stack?: string;
}

export interface RunResult {
	status: string;
	/** The rows of the result node's outputs, last run. */
	outputs: Row[][];
	/** Number of runs of the result node. */
	runs: number;
	error?: RunError;
	/** All that n8n would store of the execution, as JSON. */
	stored: string;
	/** The context of the result node, where the ledger is. */
	context: IDataObject;
	tookMs: number;
	/** From cancel to the end of the execution. */
	cancelTookMs?: number;
	/** HTTP requests that the execution began, and those of them after it was stopped. */
	requests: number;
	requestsAfterCancel: number;
	/** Timers that are still there a moment after the end. */
	timersLeft: number;
	unhandled: string[];
	maxRssBytes: number;
	rssBeforeBytes: number;
}

/** What n8n does with a trigger. */
export interface TriggerRequest {
	/** `activate` is the poll that each activation begins with, `manual` is Fetch Test Event. */
	action: 'activate' | 'poll' | 'manual';
	activation?: WorkflowActivateMode;
	workflowId: string;
	node: INode;
	/** The workflow's static data as n8n's database holds it. */
	stored?: string;
	/** By n8n's durable scheduler. */
	durable?: boolean;
	credentials: IDataObject;
	/** Before, the clock of n8n's process is set ahead by this. */
	laterMs?: number;
}

export interface TriggerResult {
	/** What left the activation or the test. */
	thrown?: RunError;
	/** Executions with an error. */
	errors: RunError[];
	/** Other executions, each with its rows. */
	executions: Row[][];
	/** The static data as n8n stored it, if it did. */
	saved?: string;
	/** The static data as it is in memory. */
	state: string;
}

export type ToHost =
	| { kind: 'trigger'; call: number; request: TriggerRequest }
	| { kind: 'run'; call: number; request: RunRequest }
	| { kind: 'cancel'; call: number }
	| { kind: 'describe'; call: number };

export interface Described {
	nodes: string[];
	credentials: string[];
	icons: IDataObject;
	/** Of each node, by its name. */
	nodeIcons: Record<string, IDataObject>;
	properties: IDataObject[];
}

export interface FromHost {
	call: number;
	result?: unknown;
	failure?: string;
}
