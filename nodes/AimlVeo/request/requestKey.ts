/**
 * What the user entered for a request: it distinguishes a retry, whose expressions may return other values,
 * from a new request.
 */
import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { asText } from '../shared/values';
import { StoredMedia } from './media';
import { createHash } from 'crypto';

const HASH_LENGTH = 16;

/** A request is built once and hashed in several places. */
const hashes = new WeakMap<object, string>();

/**
 * A short hash of a request, the same for the same request whatever the order of its fields.
 * @param body not changed afterwards: its hash is kept
 */
export function hashRequest(body: Readonly<Record<string, unknown>>): string {
	const known = hashes.get(body) ?? hashOf(body);
	hashes.set(body, known);
	return known;
}

function hashOf(body: Readonly<Record<string, unknown>>): string {
	const hash = createHash('sha256');
	for (const field of Object.keys(body).sort()) {
		const value = body[field];
		// A data URI of many megabytes is hashed as it is, without a copy.
		hash
			.update(`\0${field}\0`)
			.update(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
	}
	return hash.digest('hex').slice(0, HASH_LENGTH);
}

const contentOf = (value: unknown) => (value instanceof StoredMedia ? value.fingerprint : value);

/** The same for the same files, too, where n8n has stored them anew. */
export function hashContent(body: Readonly<Record<string, unknown>>): string {
	// Without such files it is the same hash: data URIs of many megabytes are not hashed again.
	if (
		!Object.values(body)
			.flat()
			.some((value) => value instanceof StoredMedia)
	) {
		return hashRequest(body);
	}
	return hashRequest(
		Object.fromEntries(
			Object.entries(body).map(([field, value]) => [
				field,
				Array.isArray(value) ? value.map(contentOf) : contentOf(value),
			]),
		),
	);
}

/** The key of a request in the ledger: a new loop round or another request is a new key. */
export const ledgerKey = (runIndex: number, itemIndex: number, hash: string) =>
	`${runIndex}.${itemIndex}.${hash}`;

/** The same for a tool, whose run index rises with each try: the request alone counts. */
export const toolKey = (hash: string) => `tool.0.${hash}`;

/** The hash in a key. */
export const hashInKey = (key: string): string => key.slice(key.lastIndexOf('.') + 1);

/** The parameters that make the request. How it is waited for and delivered is no part of it. */
const REQUEST_PARAMETERS = [
	'model',
	'prompt',
	'firstFrame',
	'lastFrame',
	'referenceImages',
	'sourceVideo',
	'videoSettings',
] as const;

/** Names in an expression that stay the same in a call, or differ by clock or chance only. */
const WITHOUT_DATA =
	/\$(?:now|today|execution\.(?:id|mode)|workflow|vars|env|secrets|runIndex|itemIndex|jmespath|ifEmpty|min|max|average)\b/g;
/** What the model provides: `$fromAI('name', …)`. */
const ARGUMENT = /\$from(?:AI|Ai|ai)\s*\(\s*(['"`])(.*?)\1/g;

/** Whether an expression reads data other than the model's arguments; the rest is clock or chance. */
function readsData(expression: string): boolean {
	const inside = [...expression.matchAll(/\{\{(.*?)\}\}/gs)]
		.map(([, part = '']) => part)
		.join('\n');
	return /\$[\w(]/.test(inside.replace(ARGUMENT, '').replace(WITHOUT_DATA, ''));
}

/** How a call is read: the model's arguments by their names, and what an expression returns. */
interface Call {
	argument: (name: string) => unknown;
	evaluate: (expression: string) => unknown;
}

const trimmed = (value: unknown) => (typeof value === 'string' ? value.trim() : value);

/**
 * Each part of a text with expressions: those that read data by their value, the others as they are written.
 */
function partsOf(entered: string, { argument, evaluate }: Call): unknown[] {
	return entered.split(/(\{\{.*?\}\})/s).map((part) => {
		if (!part.startsWith('{{')) return part;
		if (readsData(part)) return evaluate(part);
		return [
			part,
			...[...part.matchAll(ARGUMENT)].map(([, , name = '']) => trimmed(argument(name))),
		];
	});
}

/** A parameter of a tool call: what the model or the data provided, but not the time or a random number. */
function argument(entered: unknown, value: unknown, call: Call): unknown {
	if (typeof entered === 'string') {
		return entered.startsWith('=') ? partsOf(entered, call).map(trimmed) : trimmed(value);
	}
	const values = (typeof value === 'object' && value !== null ? value : {}) as IDataObject;
	if (typeof entered !== 'object' || entered === null) return value;
	return Object.fromEntries(
		Object.entries(entered).map(([name, part]) => [name, argument(part, values[name], call)]),
	);
}

/**
 * The key of an item's request in the ledger: run, item and a hash of the raw parameters. A retry has the
 * same parameters and the same input, whatever the expressions return this time.
 */
export function keyOfItem(ctx: IExecuteFunctions, runIndex: number, itemIndex: number): string {
	const { parameters } = ctx.getNode();
	const entered = REQUEST_PARAMETERS.map((name) => [name, parameters[name] ?? '']);
	return ledgerKey(runIndex, itemIndex, hashRequest(Object.fromEntries(entered)));
}

/**
 * The same for a tool of an agent: its run index rises with each try, so that the arguments alone count.
 * @throws n8n's error for an expression that cannot be resolved
 */
export function keyOfToolCall(ctx: IExecuteFunctions, itemIndex: number): string {
	const { parameters } = ctx.getNode();
	const { $fromAI } = ctx.getWorkflowDataProxy(itemIndex) as unknown as {
		$fromAI: (name: string, description: string, type: string, fallback: string) => unknown;
	};
	const call: Call = {
		argument: (name) => $fromAI(name, '', 'string', ''),
		evaluate: (expression) => ctx.evaluateExpression(expression, itemIndex),
	};
	const given = REQUEST_PARAMETERS.map((name) => [
		name,
		argument(parameters[name] ?? '', ctx.getNodeParameter(name, itemIndex, ''), call),
	]);
	return toolKey(hashRequest(Object.fromEntries(given)));
}

/**
 * Whether an AI Agent calls the node. Agents before version 3 say so; newer ones, and n8n 1.x, only by the
 * name of the node's type.
 */
export const isToolCall = (ctx: IExecuteFunctions): boolean =>
	ctx.isToolExecution?.() === true || (asText(ctx.getNode().type)?.endsWith('Tool') ?? false);
