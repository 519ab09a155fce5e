/** Processes all items of one node run: checks all, then performs many at once, and returns rows in input order. */
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { apiOf } from '../api/aimlapi';
import { checkBudget } from '../cost/budget';
import { connect } from '../api/client';
import { isToolCall } from '../request/requestKey';
import { shownValue } from '../shared/errors';
import type { ItemError } from '../shared/errors';
import { SubmitQueue } from '../generation/submitQueue';
import { ledgerOf } from '../generation/ledger';
import type { Paid } from '../generation/ledger';
import { findOperation } from './operations';
import type { Run, RunContext, Task } from './operations';
import { keepIds } from './customData';
import { errorRow, nodeErrorOf } from './failures';
import type { Failure } from './failures';
import { hintOf, startFacts } from './hint';
import { nonceFor, retriedExecution } from './retried';
import type { RecoverContext } from '../generation/recover';
import { recover } from '../generation/recover';
import { CheckPace } from '../generation/checkPace';
import { forEachItem, forOneItem } from '../shared/concurrency';
import { pause, steady } from '../shared/pause';
import { readMaxConcurrent } from '../request/plan';
import type { RequestPlan } from '../request/plan';
import {
	asItemError,
	operationUnknown,
	parameterUnreadable,
	stopped,
	withPaid,
} from '../shared/messages';

type Planned = { task: Task } | { refusal: ItemError };

const executionIdOf = (ctx: IExecuteFunctions) => ctx.getExecutionId() ?? 'none';

function contextOf(ctx: IExecuteFunctions): RunContext {
	const ledger = ledgerOf(ctx.getContext('node'), nonceFor(ctx));
	const runIndex = ctx.getWorkflowDataProxy(0).$runIndex as number;
	const isTool = isToolCall(ctx);
	ledger.begin(runIndex, executionIdOf(ctx), retriedExecution(ctx));
	return { ctx, ledger, runIndex, isTool, facts: startFacts(Date.now()) };
}

/** All items are read and checked before the first one is paid for. */
async function planAll(context: RunContext): Promise<Planned[]> {
	const { ctx } = context;
	const name: unknown = ctx.getNodeParameter('operation', 0, '');
	const operation = findOperation(name);
	const planned: Planned[] = [];
	for (let itemIndex = 0; itemIndex < ctx.getInputData().length; itemIndex++) {
		try {
			if (!operation) throw operationUnknown(shownValue(name));
			planned.push({ task: await operation.plan(context, itemIndex) });
		} catch (cause) {
			planned.push({ refusal: parameterUnreadable(cause) });
		}
	}
	return planned;
}

/** What this run and its earlier tries paid for. When the node fails, the rows are lost; the IDs must not be. */
function paidIn({ ledger, runIndex, isTool }: RunContext, inFlight: readonly string[]): Paid {
	const { ids, unanswered } = ledger.summaryOf(isTool ? 'tool' : runIndex);
	return { ids: [...new Set([...inFlight, ...ids])], unanswered };
}

/** Aborted by Stop, or when an item ends the node. */
function endOf(ctx: IExecuteFunctions) {
	const end = new AbortController();
	const stop = ctx.getExecutionCancelSignal();
	const onStop = () => end.abort(new Error('stopped'));
	stop?.addEventListener('abort', onStop, { once: true });
	if (stop?.aborted) onStop();
	return {
		signal: end.signal,
		// Not the item's own reason: it would be reported for every other item, too.
		abort: () => end.abort(new Error('ended by another item')),
		isStopped: () => stop?.aborted === true,
		release: () => stop?.removeEventListener('abort', onStop),
	};
}

type End = ReturnType<typeof endOf>;

type OpenRun = Run & RecoverContext & { readonly maxConcurrent: number };

/**
 * Connects to the API.
 * @throws ItemError when no item can be processed
 */
async function openRun(
	context: RunContext,
	{ signal }: End,
	inFlight: Map<number, string>,
): Promise<OpenRun> {
	const { ctx, runIndex } = context;
	const maxConcurrent = readMaxConcurrent(ctx);
	const api = apiOf(await connect(ctx));
	const now = steady(Date.now);
	const sleep = async (ms: number) => await pause(ms, signal);
	return {
		...context,
		api,
		now,
		sleep,
		signal,
		maxConcurrent,
		prices: new Map(),
		queue: new SubmitQueue({ now, sleep, maxConcurrent }),
		pace: new CheckPace(now),
		origin: {
			instanceId: ctx.getInstanceId(),
			executionId: executionIdOf(ctx),
			runIndex: context.ledger.ordinalOf(runIndex),
			nodeId: ctx.getNode().id,
		},
		onRecovered: (found, executionId) => {
			const count = found.length;
			context.facts.recovered += count;
			const others = found.filter(({ isOther }) => isOther);
			context.facts.requestedOtherwise.push(...others.map(({ itemIndex }) => itemIndex));
			ctx.logger.info(
				`AI/ML API Veo: videos of the crashed execution ${executionId} that were found in the usage log: ${count}. They are not paid for again.`,
			);
		},
		onGeneration: (itemIndex, generationId) => inFlight.set(itemIndex, generationId),
		onAccepted: (itemIndex, generationId, clientRequestId) => {
			inFlight.set(itemIndex, generationId);
			// In the text itself: n8n's plain log leaves out the metadata.
			ctx.logger.info(
				`AI/ML API Veo: item ${itemIndex} is generation ${generationId} (client request ID ${clientRequestId})`,
				{ itemIndex, generationId, clientRequestId },
			);
		},
	};
}

/** The rows of one item, paired with it. */
async function rowsOf(run: Run, plan: Planned, itemIndex: number): Promise<INodeExecutionData[]> {
	if ('refusal' in plan) throw plan.refusal;
	const rows = [await plan.task.perform(forOneItem(run))].flat();
	return rows.map((row) => ({ ...row, pairedItem: { item: itemIndex } }));
}

/** The rows of all items, or the failure that ends the node. */
type Result = INodeExecutionData[][] | Failure;

async function performAll(
	run: OpenRun,
	planned: readonly Planned[],
	end: End,
	inFlight: Map<number, string>,
): Promise<Result> {
	const proceed = run.ctx.continueOnFail();
	const rows: INodeExecutionData[][] = [];
	let failure: Failure | undefined;

	function fail(error: ItemError, itemIndex: number): void {
		if (proceed) {
			run.facts.failures.set(itemIndex, error);
			rows[itemIndex] = [errorRow(run, error, itemIndex)];
			return;
		}
		failure ??= { error, itemIndex };
		// Nothing more is bought. But a doubt about an old request ends the node only after everything that is
		// paid for is delivered.
		run.queue.close(error);
		if (!error.details.isOldRequest) end.abort();
	}

	await forEachItem(planned.length, run.maxConcurrent, end.signal, async (itemIndex) => {
		const plan = planned[itemIndex];
		if (!plan) return;
		try {
			rows[itemIndex] = await rowsOf(run, plan, itemIndex);
		} catch (cause) {
			if (end.signal.aborted) return;
			fail(asItemError(cause, inFlight.get(itemIndex)), itemIndex);
		}
		inFlight.delete(itemIndex);
	});
	return failure ?? rows;
}

const requestPlansOf = (planned: readonly Planned[]) =>
	planned.flatMap((plan) => ('task' in plan ? (plan.task.requestPlan ?? []) : []));

const isPaid = ({ ledger }: Run, plan: Planned) =>
	requestPlansOf([plan]).some(({ key }) => ledger.find(key)?.id !== undefined);

const refusedBy = (plan: Planned, refusal: ItemError): Planned =>
	'refusal' in plan ? plan : { refusal };

/** The same, also for a run that cannot begin. */
async function resultOf(
	context: RunContext,
	planned: readonly Planned[],
	end: End,
	inFlight: Map<number, string>,
): Promise<Result> {
	const proceed = context.ctx.continueOnFail();
	let run: OpenRun;
	try {
		run = await openRun(context, end, inFlight);
	} catch (cause) {
		// The credential or an option of the node: no item can be processed.
		const error = asItemError(cause);
		if (!proceed) return { error, itemIndex: 0 };
		return planned.map((plan, itemIndex) => [
			errorRow(context, 'refusal' in plan ? plan.refusal : error, itemIndex),
		]);
	}
	try {
		await recover(run, requestPlansOf(planned));
		const quote = await checkBudget(run, requestPlansOf(planned));
		context.facts.quote = quote;
		return await performAll({ ...run, ...quote }, planned, end, inFlight);
	} catch (cause) {
		// Over the limit or the balance, or a price is not known: nothing is bought, but what is paid for is delivered.
		const error = asItemError(cause);
		if (!proceed) return { error, itemIndex: error.details.itemIndex ?? 0 };
		const unpaid = planned.map((plan) => (isPaid(run, plan) ? plan : refusedBy(plan, error)));
		return await performAll(run, unpaid, end, inFlight);
	}
}

/** At most one hint, and none for an agent. The first versions of n8n have no hints. */
function showHint(
	{ ctx, facts, isTool }: RunContext,
	plans: readonly RequestPlan[],
	rows: INodeExecutionData[][],
): void {
	if (isTool || !('addExecutionHints' in ctx)) return;
	try {
		const hint = hintOf(facts, plans, rows, Date.now());
		if (hint) ctx.addExecutionHints(hint);
	} catch {
		// A hint that cannot be shown must not cost the rows.
	}
}

/** Forgets approved prices of requests that were not sent. */
function releaseReserved({ ledger }: RunContext, planned: readonly Planned[]): void {
	for (const { key } of requestPlansOf(planned)) ledger.reserved.delete(key);
}

/**
 * The rows for all input items.
 * @throws NodeOperationError or NodeApiError for the first item that fails, unless Continue On Fail is set
 */
export async function runItems(ctx: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const context = contextOf(ctx);
	const planned = await planAll(context);
	const refused = planned.findIndex((plan) => 'refusal' in plan);
	const first = planned[refused];
	if (first && 'refusal' in first && !ctx.continueOnFail()) {
		const paid = paidIn(context, []);
		keepIds(ctx, paid.ids);
		const error = withPaid(first.refusal, paid);
		throw nodeErrorOf(context, { error, itemIndex: refused });
	}

	const end = endOf(ctx);
	/** Generations under way, by item; those of Get Video are in no ledger. */
	const inFlight = new Map<number, string>();
	const result = await resultOf(context, planned, end, inFlight);
	end.release();
	releaseReserved(context, planned);
	const paid = paidIn(context, [...inFlight.values()]);
	keepIds(ctx, paid.ids);
	if (end.isStopped()) throw nodeErrorOf(context, { error: stopped(paid) });
	if (Array.isArray(result)) {
		showHint(context, requestPlansOf(planned), result);
		return result.flat();
	}
	throw nodeErrorOf(context, { ...result, error: withPaid(result.error, paid) });
}
