/** One item becomes a plan, before anything is paid; the only reader of the node's parameters. */
import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { buildBody } from './body';
import type { RequestBody } from './body';
import {
	generationIdMissing,
	maxCostEmpty,
	optionOutOfRange,
	settingOfWrongType,
	shownValue,
} from './errors';
import { binariesOf } from './files';
import { hashRequest } from './ledger';
import { asObject, asText, isUnset } from './values';
import { MICRO_USD } from './prices';

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
	readonly body: RequestBody;
	readonly hash: string;
	/** What the whole run may cost, in millionths of a dollar. */
	readonly maxCostMicroUsd?: number;
	/** The price is to be told, and nothing submitted. */
	readonly estimateOnly: boolean;
}

/** An item that asks for a generation by its id. */
export interface GetPlan extends OutputPlan {
	readonly generationId: string;
	readonly wait: boolean;
}

export const DEFAULT_TIMEOUT_S = 1_000;
export const DEFAULT_MAX_CONCURRENT = 10;
export const DEFAULT_BINARY_FIELD = 'data';
const DAY_S = 86_400;

interface Range {
	readonly label: string;
	readonly min: number;
	readonly max: number;
	readonly integer?: boolean;
}

const RANGES = {
	pollInterval: { label: 'Poll Interval', min: 1, max: 3_600 },
	timeout: { label: 'Timeout', min: 1, max: DAY_S },
	maxConcurrent: { label: 'Max Concurrent', min: 1, max: 1_000, integer: true },
	maxCost: { label: 'Max Cost (USD)', min: 0, max: 1_000_000 },
	limit: { label: 'Limit', min: 1, max: 1_000_000, integer: true },
} satisfies Record<string, Range>;

export function readNumber(options: IDataObject, name: keyof typeof RANGES): number | undefined {
	const value = options[name];
	if (isUnset(value)) return undefined;
	const range: Range = RANGES[name];
	const number = typeof value === 'string' ? Number(value) : value;
	const fits =
		typeof number === 'number' &&
		number >= range.min &&
		number <= range.max &&
		(!range.integer || Number.isInteger(number));
	if (fits) return number;
	const kind = range.integer ? 'a whole number' : 'a number';
	throw optionOutOfRange(
		range.label,
		shownValue(value),
		`${kind} from ${range.min} to ${range.max}`,
	);
}

export function readFlag(
	ctx: IExecuteFunctions,
	name: string,
	label: string,
	itemIndex: number,
	fallback: boolean,
) {
	const value: unknown = ctx.getNodeParameter(name, itemIndex, fallback);
	return isUnset(value) ? fallback : asFlag(value, label);
}

function asFlag(value: unknown, label: string): boolean {
	if (value === true || value === 'true') return true;
	if (value === false || value === 'false') return false;
	throw settingOfWrongType(label, shownValue(value), 'boolean');
}

const readOptions = (ctx: IExecuteFunctions, itemIndex: number): IDataObject =>
	asObject(ctx.getNodeParameter('options', itemIndex, {})) ?? {};

/** How many items may be under way at once; read from the first item. */
export const readMaxConcurrent = (ctx: IExecuteFunctions): number =>
	readNumber(readOptions(ctx, 0), 'maxConcurrent') ?? DEFAULT_MAX_CONCURRENT;

function readOutput(ctx: IExecuteFunctions, itemIndex: number): OutputPlan {
	const options = readOptions(ctx, itemIndex);
	const pollIntervalS = readNumber(options, 'pollInterval');
	return {
		itemIndex,
		timeoutMs: (readNumber(options, 'timeout') ?? DEFAULT_TIMEOUT_S) * 1_000,
		pollIntervalMs: pollIntervalS === undefined ? undefined : pollIntervalS * 1_000,
		download: readFlag(ctx, 'download', 'Download Video', itemIndex, true),
		binaryField: asText(options.binaryField) ?? DEFAULT_BINARY_FIELD,
		fileName: asText(options.fileName),
	};
}

/** An option that guards money and is there without a value is refused: it must not fall silent. */
function readSpending(options: IDataObject) {
	const maxCost = readNumber(options, 'maxCost');
	if ('maxCost' in options && maxCost === undefined) throw maxCostEmpty();
	return {
		maxCostMicroUsd: maxCost === undefined ? undefined : Math.round(maxCost * MICRO_USD),
		estimateOnly: 'estimateOnly' in options && asFlag(options.estimateOnly, 'Estimate Only'),
	};
}

/** @throws VeoError for the first thing that is missing or cannot be sent */
export async function planRequest(ctx: IExecuteFunctions, itemIndex: number): Promise<RequestPlan> {
	const item = ctx.getInputData()[itemIndex] ?? { json: {} };
	const read = (name: string): unknown => ctx.getNodeParameter(name, itemIndex, '');
	const output = readOutput(ctx, itemIndex);
	const spending = readSpending(readOptions(ctx, itemIndex));
	const body = await buildBody(
		{
			model: read('model'),
			prompt: read('prompt'),
			media: {
				firstFrame: read('firstFrame'),
				lastFrame: read('lastFrame'),
				referenceImages: read('referenceImages'),
				sourceVideo: read('sourceVideo'),
			},
			settings: asObject(read('videoSettings')) ?? {},
		},
		binariesOf(ctx, item, itemIndex),
	);
	return { ...output, ...spending, body, hash: hashRequest(body) };
}

/** @throws VeoError when the generation id is empty or an option is out of range */
export async function planGet(ctx: IExecuteFunctions, itemIndex: number): Promise<GetPlan> {
	const id: unknown = ctx.getNodeParameter('generationId', itemIndex, '');
	const generationId = asText(typeof id === 'number' ? String(id) : id);
	if (!generationId) throw generationIdMissing();
	return {
		...readOutput(ctx, itemIndex),
		generationId,
		wait: readFlag(ctx, 'waitForCompletion', 'Wait for Completion', itemIndex, false),
	};
}
