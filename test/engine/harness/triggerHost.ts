/**
 * Runs the trigger's polls by n8n-core's own PollTriggerExecutor and PollContext, on the static data of a
 * real Workflow. What n8n's server does around them stands here: what it stores and when, by default and
 * with its durable scheduler (which works on a copy for each poll).
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { PollContext, PollTriggerExecutor } from 'n8n-core';
import { deepCopy, Workflow } from 'n8n-workflow';
import type {
	IDataObject,
	INode,
	INodeExecutionData,
	INodeTypes,
	IWorkflowExecuteAdditionalData,
	WorkflowExecuteMode,
} from 'n8n-workflow';
import type { Row, RunError, TriggerRequest, TriggerResult } from './protocol';

export interface TriggerHostParts {
	nodeTypes: INodeTypes;
	executor: PollTriggerExecutor;
	additionalData: (
		request: TriggerRequest,
		mode: WorkflowExecuteMode,
	) => IWorkflowExecuteAdditionalData;
	rowOf: (item: INodeExecutionData) => Promise<Row>;
}

/** What one poll did, as n8n's server would note it. */
interface Noted {
	emitted: INodeExecutionData[][];
	errors: Error[];
	saved?: string;
}

interface Live {
	workflow: Workflow;
	context: PollContext;
	noted: AsyncLocalStorage<Noted>;
}

/** By the ID of the workflow. */
const active = new Map<string, Live>();

const errorOf = (error: unknown): RunError => {
	const { name, message, description, httpCode } = error as RunError;
	return { name, message, description, httpCode };
};

function workflowOf({ nodeTypes }: TriggerHostParts, request: TriggerRequest): Workflow {
	return new Workflow({
		id: request.workflowId,
		name: request.workflowId,
		active: true,
		nodes: deepCopy([request.node]),
		connections: {},
		nodeTypes,
		settings: {},
		staticData: request.stored ? (JSON.parse(request.stored) as IDataObject) : undefined,
	});
}

const nodeOf = (workflow: Workflow, { node }: TriggerRequest): INode => {
	const found = workflow.getNode(node.name);
	if (!found) throw new Error('The trigger is not there');
	return found;
};

function live(parts: TriggerHostParts, request: TriggerRequest): Live {
	const { durable = false } = request;
	const workflow = workflowOf(parts, request);
	const node = nodeOf(workflow, request);
	const noted = new AsyncLocalStorage<Noted>();
	const mode = request.action === 'manual' ? 'manual' : 'trigger';
	const additionalData = parts.additionalData(request, mode);
	const store = () => {
		const note = noted.getStore();
		if (note) note.saved = JSON.stringify(workflow.staticData);
	};
	const emit = (data: INodeExecutionData[][]) => {
		noted.getStore()?.emitted.push(...data);
		store();
	};
	const emitError = (error: Error) => void noted.getStore()?.errors.push(error);
	// The durable scheduler makes a context for each poll, with a copy of the state and a shorter time.
	const isRegular = durable && request.action === 'poll';
	const context = new PollContext(
		workflow,
		node,
		additionalData,
		mode,
		request.activation ?? 'activate',
		emit,
		emitError,
		isRegular ? async () => store() : undefined,
		undefined,
		undefined,
		isRegular ? () => 36_000 : undefined,
	);
	return { workflow, context, noted };
}

async function pollOf(
	parts: TriggerHostParts,
	request: TriggerRequest,
	{ workflow, context, noted }: Live,
	isActivation: boolean,
): Promise<Noted & { thrown?: Error }> {
	const node = nodeOf(workflow, request);
	const poll = parts.executor.create(workflow, node, context, () => true);
	const note: Noted = { emitted: [], errors: [] };
	try {
		await noted.run(note, async () => await poll(isActivation));
		return note;
	} catch (thrown) {
		return { ...note, thrown: thrown as Error };
	}
}

/** One activation, poll or test of the trigger. */
export async function runTrigger(
	parts: TriggerHostParts,
	request: TriggerRequest,
): Promise<TriggerResult> {
	const { action, durable = false, workflowId } = request;
	const isActivation = action !== 'poll';
	const known = active.get(workflowId);
	const trigger = isActivation || durable ? live(parts, request) : (known ?? live(parts, request));
	if (action === 'activate') active.set(workflowId, trigger);
	const { thrown, errors, emitted, saved } = await pollOf(parts, request, trigger, isActivation);
	// By default an activation stores the state, whatever it gave.
	const kept =
		action === 'activate' && !durable && !thrown
			? JSON.stringify(trigger.workflow.staticData)
			: saved;
	return {
		thrown: thrown && errorOf(thrown),
		errors: errors.map(errorOf),
		executions: await Promise.all(
			emitted.map(async (items) => await Promise.all(items.map(parts.rowOf))),
		),
		saved: kept,
		state: JSON.stringify(trigger.workflow.staticData),
	};
}
