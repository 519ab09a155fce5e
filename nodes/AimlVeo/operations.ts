/** What the node can do, as values: the editor's list, the plan of an item, and how it is carried out. */
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { asRow, modelInId, readOutcome } from './answers';
import { estimateRow } from './budget';
import type { Prices } from './budget';
import { deliver, fileNameFor } from './deliver';
import {
	answerUnreadable,
	asVeoError,
	generationFailed,
	generationUnknown,
	VeoError,
	withGeneration,
} from './errors';
import { listVideos } from './list';
import { pause, unlessAborted } from './pause';
import { planGet, planRequest } from './plan';
import type { GetPlan, OutputPlan, RequestPlan } from './plan';
import { planMany } from './planMany';
import { obtain } from './submit';
import type { SubmitContext } from './submit';
import { LATE_VIDEO_TIMEOUT_MS, LOOK_TIMEOUT_MS, spreadOf, waitForVideo } from './wait';
import type { Finished, Look } from './wait';

/** What all items of one run share. */
export interface Run {
	readonly ctx: IExecuteFunctions;
	readonly buying: SubmitContext;
	/** Aborted when the execution is stopped or another item ended the node. */
	readonly signal: AbortSignal;
	/** Called with the id as soon as an item's generation is known. */
	readonly onGeneration: (itemIndex: number, generationId: string) => void;
	/** What the items would cost, where a limit or an estimate asks for it. */
	readonly prices: Prices;
	/** An AI Agent's tool must not return files. */
	readonly isTool: boolean;
}

type Row = Pick<INodeExecutionData, 'json' | 'binary'>;

/** An item's plan, bound to how it is carried out. */
export interface Task {
	/** What it would submit, so that all items can be priced first. */
	readonly order?: RequestPlan;
	readonly carryOut: (run: Run) => Promise<Row | Row[]>;
}

export interface Operation {
	readonly name: string;
	readonly action: string;
	readonly description: string;
	/**
	 * Reads and checks one item.
	 * @throws VeoError when the item cannot be carried out; nothing is paid yet
	 */
	plan(ctx: IExecuteFunctions, itemIndex: number): Promise<Task>;
}

/** One look at a generation; none when the run has ended meanwhile. */
async function lookAt(run: Run, generationId: string, timeoutMs: number): Promise<Look> {
	run.signal.throwIfAborted();
	try {
		return await unlessAborted(run.buying.api.look(generationId, timeoutMs), run.signal);
	} catch (cause) {
		throw withGeneration(asVeoError(cause, generationId), generationId);
	}
}

async function waitFor(
	run: Run,
	plan: OutputPlan,
	generationId: string,
	submittedAtMs?: number,
): Promise<Finished> {
	return await waitForVideo({
		generationId,
		submittedAtMs,
		timeoutMs: plan.timeoutMs,
		pollIntervalMs: plan.pollIntervalMs,
		spread: spreadOf(plan.itemIndex),
		look: async (timeoutMs) => await lookAt(run, generationId, timeoutMs),
		sleep: async (ms) => await pause(ms, run.signal),
		now: Date.now,
	});
}

async function toRow(
	run: Run,
	plan: OutputPlan,
	{ answer, outcome }: Finished,
	model: string | undefined,
): Promise<Row> {
	if (!plan.download || run.isTool) return { json: asRow(answer, model) };
	let latest = answer;
	const generationId = String(answer.id);
	const binary = await deliver(run.ctx, {
		generationId,
		status: outcome.status,
		url: outcome.url,
		fileName: fileNameFor(plan.fileName, model, generationId),
		signal: run.signal,
		freshUrl: async () => {
			const look = await lookAt(run, generationId, LOOK_TIMEOUT_MS);
			const fresh = look.kind === 'answer' ? readOutcome(look.answer) : undefined;
			if (look.kind !== 'answer' || fresh?.kind !== 'completed') return undefined;
			// The row, too, tells the address that is good.
			latest = look.answer;
			return fresh.url;
		},
	});
	return { json: asRow(latest, model), binary: { [plan.binaryField]: binary } };
}

async function buy(run: Run, plan: RequestPlan) {
	const purchase = await obtain(run.buying, plan);
	run.onGeneration(plan.itemIndex, purchase.entry.id);
	return purchase;
}

async function create(run: Run, plan: RequestPlan): Promise<Row> {
	const { answer } = await buy(run, plan);
	return { json: asRow(answer.answer, plan.body.model) };
}

async function createAndWait(run: Run, plan: RequestPlan): Promise<Row> {
	const { key, entry } = await buy(run, plan);
	try {
		const finished = await waitFor(run, plan, entry.id, entry.at);
		return await toRow(run, plan, finished, plan.body.model);
	} catch (cause) {
		const own = cause instanceof VeoError && cause.details.generationId === entry.id;
		if (own && cause.details.notCharged) run.buying.ledger.strike(key);
		throw asVeoError(cause, entry.id);
	}
}

async function get(run: Run, plan: GetPlan): Promise<Row> {
	const { generationId } = plan;
	const model = modelInId(generationId);
	run.onGeneration(plan.itemIndex, generationId);
	if (plan.wait) return await toRow(run, plan, await waitFor(run, plan, generationId), model);

	const look = await lookAt(run, generationId, LOOK_TIMEOUT_MS);
	if (look.kind === 'unknownId') throw generationUnknown(generationId);
	if (look.kind === 'fault') throw answerUnreadable(generationId, look.cause);
	const outcome = readOutcome(look.answer);
	if (outcome.kind === 'failed')
		throw generationFailed(generationId, outcome.status, outcome.reason);
	if (outcome.kind === 'running') return { json: asRow(look.answer, model) };
	const finished =
		outcome.kind === 'completed'
			? { answer: look.answer, outcome }
			: await waitFor(run, { ...plan, timeoutMs: LATE_VIDEO_TIMEOUT_MS }, generationId);
	return await toRow(run, plan, finished, model);
}

/** Binds an operation's own plan to its own way of carrying it out; nobody else needs to know the type. */
const bind =
	<P>(
		plan: (ctx: IExecuteFunctions, itemIndex: number) => Promise<P>,
		carryOut: (run: Run, plan: P) => Promise<Row | Row[]>,
	): Operation['plan'] =>
	async (ctx, itemIndex) => {
		const planned = await plan(ctx, itemIndex);
		return { carryOut: async (run) => await carryOut(run, planned) };
	};

/** The same for what spends credits: its order can be priced, and an estimate stands in for it. */
const bindRequest =
	(carryOut: (run: Run, plan: RequestPlan) => Promise<Row>): Operation['plan'] =>
	async (ctx, itemIndex) => {
		const order = await planRequest(ctx, itemIndex);
		const estimate = async (run: Run) => ({
			json: estimateRow(order.body, run.prices.get(itemIndex)),
		});
		return {
			order,
			carryOut: order.estimateOnly ? estimate : async (run) => await carryOut(run, order),
		};
	};

export const OPERATIONS = {
	create: {
		name: 'Create Video',
		action: 'Create video',
		description: 'Submit a video and return its generation ID at once (spends credits)',
		plan: bindRequest(create),
	},
	createAndWait: {
		name: 'Create Video and Wait',
		action: 'Create video and wait',
		description: 'Submit a video, wait until it is ready and return the file (spends credits)',
		plan: bindRequest(createAndWait),
	},
	get: {
		name: 'Get Video',
		action: 'Get video',
		description: 'Return the state of a video and, when it is ready, the file',
		plan: bind(planGet, get),
	},
	getMany: {
		name: 'Get Many Videos',
		action: 'Get many videos',
		description: 'List recent videos of the account, also those whose ID was lost',
		plan: bind(planMany, async ({ buying, signal }, plan) => {
			const sleep = async (ms: number) => await pause(ms, signal);
			const videos = await listVideos({ api: buying.api, sleep }, plan);
			return videos.map((json) => ({ json }));
		}),
	},
} as const satisfies Record<string, Operation>;

export type OperationName = keyof typeof OPERATIONS;

export const findOperation = (name: unknown): Operation | undefined =>
	typeof name === 'string' && Object.hasOwn(OPERATIONS, name)
		? OPERATIONS[name as OperationName]
		: undefined;
