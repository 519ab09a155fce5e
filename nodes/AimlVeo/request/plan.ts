/** One item becomes a plan, before anything is paid; the only reader of the node's parameters. */
import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { isPrivateAddress } from './addresses';
import { CREDENTIAL } from '../api/client';
import { buildBody, settingsNotTaken } from './body';
import type { RequestBody } from './body';
import { referenceLengths } from '../api/clientRequestId';
import { keyOfItem, keyOfToolCall, hashRequest } from './requestKey';
import { binariesOf, withFiles } from './files';
import { readName } from './text';
import { asObject } from '../shared/values';
import { OPTIONS, PARAMETERS } from '../catalogue/parameters';
import { readFlag, readGuard, readNumber } from './parameters';
import { MICRO_USD } from '../shared/money';
import {
	generationIdMissing,
	maxCostEmpty,
	parameterUnreadable,
	referenceTooLong,
} from '../shared/messages';

/** How long and how an item is waited for, and what comes out. */
export interface OutputPlan {
	readonly itemIndex: number;
	readonly timeoutMs: number;
	readonly pollIntervalMs?: number;
	readonly download: boolean;
	readonly binaryField: string;
	readonly fileName?: string;
}

/** An item that wants a new video. */
export interface RequestPlan extends OutputPlan {
	/** Where the request stands in the ledger. */
	readonly key: string;
	/** What would be sent; not worked out where the generation is in the ledger already. */
	readonly request?: RequestBody;
	/**
	 * The same, worked out now if it was not before.
	 * @throws ItemError for the first thing that is missing or cannot be sent
	 */
	readonly body: () => Promise<RequestBody>;
	/** The settings that are not sent, because the model does not have them. */
	readonly leftOut?: readonly string[];
	/** What the whole run may cost, in millionths of a dollar. */
	readonly maxCostMicroUsd?: number;
	/** The user's own text, which travels with the request. */
	readonly reference?: string;
	/** Only the price is wanted; nothing is submitted. */
	readonly estimateOnly: boolean;
}

/** The requests that this execution has submitted before; the ledger knows them. */
export interface KnownRequests {
	find(key: string): object | undefined;
	/** The key of the same item's request with a body of this hash. */
	keyOfBody(key: string, bodyHash: string): string | undefined;
}

/** What a request is planned in, and what tells this run from others. */
export interface PlanContext {
	readonly ctx: IExecuteFunctions;
	readonly ledger: KnownRequests;
	readonly runIndex: number;
	readonly isTool: boolean;
}

/** An item that asks for a generation by its id. */
export interface GetPlan extends OutputPlan {
	readonly generationId: string;
	readonly wait: boolean;
}

const readOptions = (ctx: IExecuteFunctions, itemIndex: number): IDataObject =>
	asObject(ctx.getNodeParameter('options', itemIndex, {})) ?? {};

/** How many items may be under way at once; read from the first item. */
export const readMaxConcurrent = (ctx: IExecuteFunctions): number =>
	readNumber(readOptions(ctx, 0).maxConcurrent, OPTIONS.maxConcurrent) ??
	OPTIONS.maxConcurrent.fallback;

function readOutput(ctx: IExecuteFunctions, itemIndex: number): OutputPlan {
	const options = readOptions(ctx, itemIndex);
	const { binaryField, fileName, pollInterval, timeout } = OPTIONS;
	const { download } = PARAMETERS;
	const pollIntervalS = readNumber(options.pollInterval, pollInterval);
	return {
		itemIndex,
		timeoutMs: (readNumber(options.timeout, timeout) ?? timeout.fallback) * 1_000,
		pollIntervalMs: pollIntervalS === undefined ? undefined : pollIntervalS * 1_000,
		download: readFlag(ctx.getNodeParameter('download', itemIndex, ''), download),
		binaryField: readName(options.binaryField, binaryField.label) ?? binaryField.fallback,
		fileName: readName(options.fileName, fileName.label),
	};
}

/** An option that guards money is refused when it was added without a value: it must not be ignored. */
function readSpending(options: IDataObject) {
	const maxCost = readNumber(options.maxCost, OPTIONS.maxCost);
	if ('maxCost' in options && maxCost === undefined) throw maxCostEmpty();
	return {
		maxCostMicroUsd: maxCost === undefined ? undefined : Math.round(maxCost * MICRO_USD),
		estimateOnly:
			'estimateOnly' in options && readGuard(options.estimateOnly, OPTIONS.estimateOnly),
	};
}

/** Checked before payment: the API drops a client request ID that is too long. */
function readReference({ ctx, runIndex }: PlanContext, itemIndex: number): string | undefined {
	const { label } = OPTIONS.reference;
	const reference = readName(readOptions(ctx, itemIndex).reference, label);
	if (reference === undefined) return undefined;
	const executionId = ctx.getExecutionId() ?? '';
	const { length, max } = referenceLengths({ executionId, runIndex, itemIndex }, reference);
	if (length > max) throw referenceTooLong(label, length, max);
	return reference;
}

/** Read once for all items of a run: n8n decrypts a credential anew each time. */
const apiIsPrivate = new WeakMap<IExecuteFunctions, Promise<boolean>>();

/** Whether the API is in a private network, as the sandbox is. An unreadable credential is reported later. */
async function isApiPrivate(ctx: IExecuteFunctions): Promise<boolean> {
	const known = apiIsPrivate.get(ctx);
	if (known) return await known;
	const read = ctx.getCredentials(CREDENTIAL).then(
		({ baseUrl }) => isPrivateAddress(String(baseUrl)),
		() => false,
	);
	apiIsPrivate.set(ctx, read);
	return await read;
}

async function readBody(ctx: IExecuteFunctions, itemIndex: number): Promise<RequestBody> {
	const item = ctx.getInputData()[itemIndex] ?? { json: {} };
	const read = (name: string): unknown => ctx.getNodeParameter(name, itemIndex, '');
	const readMedia = (name: string) => withFiles(ctx, name, read(name), itemIndex);
	return await buildBody(
		{
			model: read('model'),
			prompt: read('prompt'),
			media: {
				firstFrame: readMedia('firstFrame'),
				lastFrame: readMedia('lastFrame'),
				referenceImages: readMedia('referenceImages'),
				sourceVideo: readMedia('sourceVideo'),
			},
			settings: asObject(read('videoSettings')) ?? {},
		},
		binariesOf(ctx, item, itemIndex),
		await isApiPrivate(ctx),
	);
}

/**
 * What was submitted is not worked out again: its expressions may give other values now, and its files may
 * be gone.
 * @throws ItemError for the first thing that is missing or cannot be sent
 */
export async function planRequest(context: PlanContext, itemIndex: number): Promise<RequestPlan> {
	const { ctx, ledger, runIndex, isTool } = context;
	const output = readOutput(ctx, itemIndex);
	const spending = readSpending(readOptions(ctx, itemIndex));
	const key = isTool ? keyOfToolCall(ctx, itemIndex) : keyOfItem(ctx, runIndex, itemIndex);
	const plan = { ...output, ...spending, reference: readReference(context, itemIndex), key };
	let built: Promise<RequestBody> | undefined;
	const body = async () =>
		await (built ??= readBody(ctx, itemIndex).catch((cause: unknown) => {
			throw parameterUnreadable(cause);
		}));
	if (ledger.find(key) && !spending.estimateOnly) return { ...plan, body };
	const request = await body();
	// An expression that was edited and gives what it gave before.
	const known = ledger.keyOfBody(key, hashRequest(request));
	const settings = asObject(ctx.getNodeParameter('videoSettings', itemIndex, {})) ?? {};
	const leftOut = settingsNotTaken(request.model, settings);
	return { ...plan, key: known ?? key, request, body, leftOut };
}

/** @throws ItemError when the generation id is empty or an option is out of range */
export async function planGet(ctx: IExecuteFunctions, itemIndex: number): Promise<GetPlan> {
	const id: unknown = ctx.getNodeParameter('generationId', itemIndex, '');
	const generationId = readName(id, PARAMETERS.generationId.label);
	if (!generationId) throw generationIdMissing();
	return {
		...readOutput(ctx, itemIndex),
		generationId,
		wait: readFlag(
			ctx.getNodeParameter('waitForCompletion', itemIndex, ''),
			PARAMETERS.waitForCompletion,
		),
	};
}
