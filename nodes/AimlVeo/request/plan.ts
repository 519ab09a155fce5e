/** One item becomes a plan, before anything is paid; the only reader of the node's parameters. */
import type { IExecuteFunctions } from 'n8n-workflow';
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
import type { OperationName } from '../catalogue/parameters';
import { readFlag, readOptions } from './parameters';
import type { OptionValues } from './parameters';
import { toMicroUsd } from '../shared/money';
import { generationIdMissing, parameterUnreadable, referenceTooLong } from '../shared/messages';

/** The options of an item, by their names in the table. */
export type Options = OptionValues<typeof OPTIONS>;

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
	/** The request's key in the ledger. */
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
	/** All options, in the units of the editor: what uses one reads it here. */
	readonly options: Options;
}

/** The requests that this execution has submitted before; the ledger knows them. */
export interface KnownRequests {
	find(key: string): object | undefined;
	/** The key of the same item's request with a body of this hash. */
	keyOfBody(key: string, bodyHash: string): string | undefined;
}

/** What a request is planned in, and what distinguishes this run from others. */
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

const enteredOptions = (ctx: IExecuteFunctions, itemIndex: number) =>
	asObject(ctx.getNodeParameter('options', itemIndex, {})) ?? {};

function optionsOf(ctx: IExecuteFunctions, itemIndex: number): Options {
	const operation = ctx.getNodeParameter('operation', 0, '') as OperationName;
	return readOptions(enteredOptions(ctx, itemIndex), OPTIONS, operation);
}

/** How many items may be under way at once; read from the first item. */
export function readMaxConcurrent(ctx: IExecuteFunctions): number {
	const { maxConcurrent } = OPTIONS;
	return readOptions(enteredOptions(ctx, 0), { maxConcurrent }).maxConcurrent;
}

function outputOf(ctx: IExecuteFunctions, options: Options, itemIndex: number): OutputPlan {
	const { timeout, pollInterval, binaryField, fileName } = options;
	const download: unknown = ctx.getNodeParameter('download', itemIndex, '');
	return {
		itemIndex,
		timeoutMs: timeout * 1_000,
		pollIntervalMs: pollInterval === undefined ? undefined : pollInterval * 1_000,
		download: readFlag(download, PARAMETERS.download),
		binaryField,
		fileName,
	};
}

/** Checked before payment: the API drops a client request ID that is too long. */
function assertFits({ ctx, runIndex }: PlanContext, itemIndex: number, reference: string): void {
	const executionId = ctx.getExecutionId() ?? '';
	const { length, max } = referenceLengths({ executionId, runIndex, itemIndex }, reference);
	if (length > max) throw referenceTooLong(OPTIONS.reference.label, length, max);
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
 * What was submitted is not worked out again: its expressions may return other values now, and its files may
 * be gone.
 * @throws ItemError for the first thing that is missing or cannot be sent
 */
export async function planRequest(context: PlanContext, itemIndex: number): Promise<RequestPlan> {
	const { ctx, ledger, runIndex, isTool } = context;
	const options = optionsOf(ctx, itemIndex);
	const { estimateOnly, maxCost, reference } = options;
	const key = isTool ? keyOfToolCall(ctx, itemIndex) : keyOfItem(ctx, runIndex, itemIndex);
	const plan = {
		...outputOf(ctx, options, itemIndex),
		maxCostMicroUsd: maxCost === undefined ? undefined : toMicroUsd(maxCost),
		options,
		key,
	};
	let built: Promise<RequestBody> | undefined;
	const body = async () =>
		await (built ??= readBody(ctx, itemIndex).catch((cause: unknown) => {
			throw parameterUnreadable(cause);
		}));
	if (ledger.find(key) && !estimateOnly) return { ...plan, body };
	if (reference !== undefined) assertFits(context, itemIndex, reference);
	const request = await body();
	// An edited expression that returns what it returned before.
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
		...outputOf(ctx, optionsOf(ctx, itemIndex), itemIndex),
		generationId,
		wait: readFlag(
			ctx.getNodeParameter('waitForCompletion', itemIndex, ''),
			PARAMETERS.waitForCompletion,
		),
	};
}
