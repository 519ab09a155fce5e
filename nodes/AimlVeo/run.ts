/** Carries out all items of one node run: checks all, then many at once, and gives rows in input order. */
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { connect } from './api';
import { checkBudget } from './budget';
import {
	asVeoError,
	operationUnknown,
	parameterUnreadable,
	shownValue,
	stopped,
	toNodeError,
	withOthersInFlight,
} from './errors';
import type { VeoError } from './errors';
import { SubmitGate } from './gate';
import { Ledger } from './ledger';
import { findOperation } from './operations';
import type { Run, Task } from './operations';
import { pause } from './pause';
import { readMaxConcurrent } from './plan';
import type { RequestPlan } from './plan';

type Planned = { task: Task } | { refusal: VeoError };

/** All items are read and checked before the first one is paid for. */
async function planAll(ctx: IExecuteFunctions): Promise<Planned[]> {
	const name: unknown = ctx.getNodeParameter('operation', 0, '');
	const operation = findOperation(name);
	const planned: Planned[] = [];
	for (let itemIndex = 0; itemIndex < ctx.getInputData().length; itemIndex++) {
		try {
			if (!operation) throw operationUnknown(shownValue(name));
			planned.push({ task: await operation.plan(ctx, itemIndex) });
		} catch (cause) {
			planned.push({ refusal: parameterUnreadable(cause) });
		}
	}
	return planned;
}

/** The row of Continue On Fail. */
function errorRow(ctx: IExecuteFunctions, error: VeoError, itemIndex: number): INodeExecutionData {
	const nodeError = toNodeError(ctx.getNode(), error, itemIndex);
	const { generationId, status, url } = error.details;
	const known = Object.entries({ generationId, status, url }).filter(([, value]) => value);
	const row: INodeExecutionData = {
		json: { error: nodeError.message, ...Object.fromEntries(known) },
		pairedItem: { item: itemIndex },
	};
	// n8n sends a row to the error output only by its `error`, but then cuts the JSON down to the
	// message. It copies the row in between, and a copy does not take along what is not enumerable.
	if (ctx.getNode().onError === 'continueErrorOutput') {
		Object.defineProperty(row, 'error', { value: nodeError, enumerable: false });
	}
	return row;
}

/** Tells a node called by an AI Agent; before n8n 2.x only the name of the node's type does. */
const isTool = (ctx: IExecuteFunctions): boolean =>
	ctx.isToolExecution?.() ?? ctx.getNode().type.endsWith('Tool');

const runIndexOf = (ctx: IExecuteFunctions) => ctx.getWorkflowDataProxy(0).$runIndex as number;

/** Finished items count too: their rows are gone. And so do those of an earlier try of the node. */
function stoppedWith(ctx: IExecuteFunctions, inFlight: ReadonlyMap<number, string>): VeoError {
	const { ids, unanswered } = new Ledger(ctx.getContext('node')).summaryOf(runIndexOf(ctx));
	return stopped([...new Set([...inFlight.values(), ...ids])], unanswered);
}

/**
 * The rows for all input items.
 * @throws NodeOperationError or NodeApiError for the first item that fails, unless Continue On Fail is set
 */
export async function runItems(ctx: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const proceed = ctx.continueOnFail();
	const planned = await planAll(ctx);
	const refused = planned.findIndex((plan) => 'refusal' in plan);
	const first = planned[refused];
	if (first && 'refusal' in first && !proceed)
		throw toNodeError(ctx.getNode(), first.refusal, refused);

	const end = new AbortController();
	const { signal } = end;
	const stop = ctx.getExecutionCancelSignal();
	const onStop = () => end.abort(new Error('stopped'));
	stop?.addEventListener('abort', onStop, { once: true });
	if (stop?.aborted) onStop();

	const rows: INodeExecutionData[][] = [];
	const inFlight = new Map<number, string>();
	let failure: { error: VeoError; itemIndex: number } | undefined;

	async function carryOut(run: Run, itemIndex: number): Promise<void> {
		const plan = planned[itemIndex];
		if (!plan) return;
		try {
			if ('refusal' in plan) throw plan.refusal;
			// A signal for each item: Node warns of a leak where more than ten listen to the same one.
			const own = { ...run, signal: AbortSignal.any([signal]) };
			const brought = [await plan.task.carryOut(own)].flat();
			rows[itemIndex] = brought.map((row) => ({ ...row, pairedItem: { item: itemIndex } }));
			inFlight.delete(itemIndex);
		} catch (cause) {
			if (signal.aborted) return;
			const error = asVeoError(cause, inFlight.get(itemIndex));
			inFlight.delete(itemIndex);
			if (proceed) {
				rows[itemIndex] = [errorRow(ctx, error, itemIndex)];
			} else {
				failure = { error, itemIndex };
				// Not the item's own reason: that would tell of every other item what is true of this one.
				end.abort(new Error('ended by another item'));
			}
		}
	}

	try {
		const maxConcurrent = readMaxConcurrent(ctx);
		const orders = planned.flatMap((plan) => ('task' in plan ? (plan.task.order ?? []) : []));
		const run = await prepare(ctx, signal, maxConcurrent, inFlight, orders);
		let next = 0;
		const worker = async () => {
			while (next < planned.length && !signal.aborted) await carryOut(run, next++);
		};
		// Requests on the line are waited for even when another item has failed: their ids must not be lost.
		await Promise.all(Array.from({ length: Math.min(maxConcurrent, planned.length) }, worker));
	} catch (cause) {
		// The credential, the price or an option of the node: no item can be carried out.
		if (stop?.aborted) throw toNodeError(ctx.getNode(), stoppedWith(ctx, inFlight));
		const error = asVeoError(cause);
		if (!proceed) throw toNodeError(ctx.getNode(), error, error.details.itemIndex ?? 0);
		return planned.map((plan, itemIndex) =>
			errorRow(ctx, 'refusal' in plan ? plan.refusal : error, itemIndex),
		);
	} finally {
		stop?.removeEventListener('abort', onStop);
	}

	if (stop?.aborted) throw toNodeError(ctx.getNode(), stoppedWith(ctx, inFlight));
	if (failure) {
		const error = withOthersInFlight(failure.error, [...inFlight.values()]);
		throw toNodeError(ctx.getNode(), error, failure.itemIndex);
	}
	return rows.flat();
}

async function prepare(
	ctx: IExecuteFunctions,
	signal: AbortSignal,
	maxConcurrent: number,
	inFlight: Map<number, string>,
	orders: readonly RequestPlan[],
): Promise<Run> {
	const api = await connect(ctx);
	const sleep = async (ms: number) => await pause(ms, signal);
	const memory = ctx.getContext('node');
	const ledger = new Ledger(memory);
	const runIndex = runIndexOf(ctx);
	return {
		ctx,
		signal,
		isTool: isTool(ctx),
		prices: await checkBudget({ api, ledger, memory, runIndex, sleep }, orders),
		onGeneration: (itemIndex, generationId) => inFlight.set(itemIndex, generationId),
		buying: {
			api,
			gate: new SubmitGate({ now: Date.now, sleep, maxWidth: maxConcurrent }),
			ledger,
			executionId: ctx.getExecutionId() ?? 'none',
			runIndex,
			nodeId: ctx.getNode().id,
			now: Date.now,
			signal,
			onAccepted: (itemIndex, generationId, clientRequestId) => {
				inFlight.set(itemIndex, generationId);
				// In the text itself: n8n's plain log leaves out what comes with it.
				ctx.logger.info(
					`AI/ML API Veo: item ${itemIndex} is generation ${generationId} (client request ID ${clientRequestId})`,
					{ itemIndex, generationId, clientRequestId },
				);
			},
		},
	};
}
