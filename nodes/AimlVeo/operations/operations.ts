/** What the node can do, as values: the editor's list, the plan of an item, and how it is performed. */
import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { readClientRequestId } from '../api/clientRequestId';
import { asRow, modelInId, readOutcome } from '../api/responses';
import type { OperationName } from '../catalogue/parameters';
import { estimateRow } from '../cost/budget';
import type { Quote } from '../cost/budget';
import { answerOf, toRow, waitFor } from '../generation/generation';
import type { GenerationContext, Row } from '../generation/generation';
import type { Ledger } from '../generation/ledger';
import { buy } from '../generation/submit';
import type { Purchase } from '../generation/purchase';
import type { SubmitContext } from '../generation/submit';
import { LATE_VIDEO_TIMEOUT_MS } from '../generation/wait';
import { planGet, planRequest } from '../request/plan';
import type { GetPlan, PlanContext, RequestPlan } from '../request/plan';
import { planMany } from '../request/planMany';
import { ItemError } from '../shared/errors';
import { asItemError, generationFailed, notReadyYet } from '../shared/messages';
import type { RunFacts } from './hint';
import { listVideos } from './list';

/** What is known of a run before it is connected to the API. */
export interface RunContext extends PlanContext {
	readonly ledger: Ledger;
	/** What it notes on its way, for the hint above its output. */
	readonly facts: RunFacts;
}

/** What all items of one run share. */
export interface Run extends GenerationContext, SubmitContext, Quote {
	readonly facts: RunFacts;
	readonly ctx: IExecuteFunctions;
	readonly api: SubmitContext['api'];
	readonly ledger: SubmitContext['ledger'];
	readonly runIndex: number;
	/** Called with the id as soon as an item's generation is known. */
	readonly onGeneration: (itemIndex: number, generationId: string) => void;
}

/** An item's plan, together with what performs it. */
export interface Task {
	/** What it would submit, so that all items can be priced first. */
	readonly requestPlan?: RequestPlan;
	readonly perform: (run: Run) => Promise<Row | Row[]>;
}

export interface Operation {
	readonly name: string;
	readonly action: string;
	readonly description: string;
	/**
	 * Reads and checks one item.
	 * @throws ItemError when the item cannot be processed; nothing is paid yet
	 */
	plan(context: PlanContext, itemIndex: number): Promise<Task>;
}

/** A generation that ended at no cost is discarded: the next try submits again. */
async function discardIfFree<T>(
	run: Run,
	{ key, id }: Purchase,
	work: () => Promise<T>,
): Promise<T> {
	try {
		return await work();
	} catch (cause) {
		const own = cause instanceof ItemError && cause.details.generationId === id;
		// Another call with the same arguments may have bought another one meanwhile.
		const isHeld = run.ledger.find(key)?.id === id;
		if (own && isHeld && cause.details.notCharged) run.ledger.discard(key);
		throw asItemError(cause, id);
	}
}

async function buyFor(run: Run, plan: RequestPlan): Promise<Purchase> {
	const purchase = await buy(run, plan);
	run.onGeneration(plan.itemIndex, purchase.id);
	run.facts.sources.set(plan.itemIndex, purchase.source);
	return purchase;
}

/** The row of a request with a reference has that reference, and where in n8n the request came from. */
function withReference(row: Row, { clientRequestId }: Purchase): Row {
	const askedBy = readClientRequestId(clientRequestId);
	if (askedBy?.reference === undefined) return row;
	return { ...row, json: { ...row.json, n8n: { ...askedBy } } };
}

async function create(run: Run, plan: RequestPlan): Promise<Row> {
	const purchase = await buyFor(run, plan);
	return await discardIfFree(run, purchase, async () => {
		const { answer, id, model } = purchase;
		const outcome = readOutcome(answer);
		if (outcome.kind === 'failed') {
			throw generationFailed(id, outcome.status, outcome.reason, outcome.charged);
		}
		return withReference({ json: asRow(answer, model) }, purchase);
	});
}

async function createAndWait(run: Run, plan: RequestPlan): Promise<Row> {
	const purchase = await buyFor(run, plan);
	const { id, model } = purchase;
	return await discardIfFree(run, purchase, async () => {
		const finished = await waitFor(run, plan, id, purchase);
		return withReference(await toRow(run, plan, finished, model), purchase);
	});
}

async function get(run: Run, plan: GetPlan): Promise<Row> {
	const { generationId } = plan;
	const model = modelInId(generationId);
	run.onGeneration(plan.itemIndex, generationId);
	if (plan.wait) return await toRow(run, plan, await waitFor(run, plan, generationId), model);

	const answer = await answerOf(run, generationId);
	const outcome = readOutcome(answer);
	if (outcome.kind === 'failed') {
		throw generationFailed(generationId, outcome.status, outcome.reason, outcome.charged);
	}
	if (outcome.kind === 'running') return { json: asRow(answer, model) };
	const finished =
		outcome.kind === 'completed'
			? { answer, outcome }
			: await waitFor(run, { ...plan, timeoutMs: LATE_VIDEO_TIMEOUT_MS }, generationId);
	return await toRow(run, plan, finished, model);
}

/**
 * An agent's model sees rows, but only the message of a failure. While a video is still being generated,
 * it gets a row with the ID and what to do next.
 */
function forAgent<P>(
	perform: (run: Run, plan: P) => Promise<Row | Row[]>,
): (run: Run, plan: P) => Promise<Row | Row[]> {
	return async (run, plan) => {
		try {
			return await perform(run, plan);
		} catch (cause) {
			if (!run.isTool || !(cause instanceof ItemError) || !cause.details.isRunning) {
				throw asItemError(cause);
			}
			const { generationId = '', status } = cause.details;
			const json: IDataObject = { id: generationId, status, note: notReadyYet(generationId) };
			return { json };
		}
	};
}

/** Binds a plan to what performs it, so that nobody else needs to know the type of the plan. */
const bind =
	<P>(
		plan: (ctx: IExecuteFunctions, itemIndex: number) => Promise<P>,
		perform: (run: Run, plan: P) => Promise<Row | Row[]>,
	): Operation['plan'] =>
	async ({ ctx }, itemIndex) => {
		const planned = await plan(ctx, itemIndex);
		return { perform: async (run) => await forAgent(perform)(run, planned) };
	};

/** The same for what spends credits: its request can be priced, and an estimate can take its place. */
const bindRequest =
	(perform: (run: Run, plan: RequestPlan) => Promise<Row>): Operation['plan'] =>
	async (context, itemIndex) => {
		const requestPlan = await planRequest(context, itemIndex);
		const estimate = async (run: Run) => ({
			json: estimateRow(await requestPlan.body(), run.prices.get(itemIndex), run.balance),
		});
		const request = async (run: Run) => await forAgent(perform)(run, requestPlan);
		return { requestPlan, perform: requestPlan.options.estimateOnly ? estimate : request };
	};

export const OPERATIONS = {
	create: {
		name: 'Create Video',
		action: 'Create video',
		description: 'Request a video and return its generation ID immediately (spends credits)',
		plan: bindRequest(create),
	},
	createAndWait: {
		name: 'Create Video and Wait',
		action: 'Create video and wait',
		description: 'Request a video, wait until it is ready, and return the file (spends credits)',
		plan: bindRequest(createAndWait),
	},
	get: {
		name: 'Get Video',
		action: 'Get video',
		description: 'Return the status of a video and, once it is ready, the file',
		plan: bind(planGet, get),
	},
	getMany: {
		name: 'Get Many Videos',
		action: 'Get many videos',
		description: 'List recent videos of the account, including those whose ID you lost',
		plan: bind(planMany, async (run, plan) =>
			(await listVideos(run, plan)).map((json) => ({ json })),
		),
	},
} as const satisfies Record<OperationName, Operation>;

export const findOperation = (name: unknown): Operation | undefined =>
	typeof name === 'string' && Object.hasOwn(OPERATIONS, name)
		? OPERATIONS[name as OperationName]
		: undefined;
