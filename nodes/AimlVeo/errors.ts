/**
 * Every message a user can meet, in one place. The message says what happened, with the field's display
 * name; the description says how to go on. `toNodeError` adds the item and makes n8n's own error of it.
 */
import { NodeApiError, NodeOperationError } from 'n8n-workflow';
import type { INode, JsonObject } from 'n8n-workflow';
import { asObject, asText } from './values';

/** What is known when an item cannot go on; it becomes n8n's error, or the row of Continue On Fail. */
export interface VeoErrorDetails {
	readonly description: string;
	readonly generationId?: string;
	readonly status?: string;
	readonly url?: string;
	/** The item that stands for the whole run, where the run is refused; else the first one does. */
	readonly itemIndex?: number;
	/** The HTTP status, when the API's answer was the cause. */
	readonly httpCode?: number;
	/** Whether every further item would meet the same (bad key, no credits): nothing more is submitted. */
	readonly endsRun?: boolean;
	/** Whether the generation ended at no cost, so that a retry may submit it again. */
	readonly notCharged?: boolean;
	/** Whether the generation goes on, and may be asked for again. */
	readonly isRunning?: boolean;
	/** Whether an earlier try sent the request, and it is not known what became of it. */
	readonly isOldRequest?: boolean;
}

/** An item that cannot go on, with a message for people. */
export class VeoError extends Error {
	constructor(
		message: string,
		readonly details: VeoErrorDetails,
	) {
		super(message);
		this.name = 'VeoError';
	}
}

/** `message` or, from an error of n8n or Node, the most telling text it holds. Never "[object Object]". */
export function textOf(cause: unknown): string {
	const text = cause instanceof Error ? cause.message : cause;
	return typeof text === 'string' && text !== '' ? text : 'unknown cause';
}

/** Any value out of an expression as a message can show it. Never "[object Object]". */
export function shownValue(value: unknown): string {
	if (typeof value !== 'object') return String(value);
	try {
		return JSON.stringify(value) ?? 'an object';
	} catch {
		return 'an object';
	}
}

/** The error itself when it is one of ours, else one that names the cause. */
export const asVeoError = (cause: unknown, generationId?: string): VeoError =>
	cause instanceof VeoError ? cause : unforeseen(cause, generationId);

/** The same error with the generation it struck, so that a paid video can be found again. */
export function withGeneration(error: VeoError, generationId: string): VeoError {
	if (error.details.generationId !== undefined) return error;
	return new VeoError(error.message, {
		...error.details,
		generationId,
		description: `${error.details.description} The generation goes on and stays yours: use 'Get Video' with the generation ID ${generationId}.`,
	});
}

/**
 * n8n's error for one item: NodeApiError where an HTTP status was the cause, else NodeOperationError
 * (a failed generation answers with HTTP 200, which NodeApiError would misread).
 */
export function toNodeError(node: INode, error: VeoError, itemIndex?: number) {
	const message = error.message + (itemIndex === undefined ? '' : ` [item ${itemIndex}]`);
	const { description, httpCode } = error.details;
	return httpCode === undefined
		? new NodeOperationError(node, message, { description, itemIndex })
		: new NodeApiError(node, { message } satisfies JsonObject, {
				message,
				description,
				httpCode: String(httpCode),
				itemIndex,
			});
}

const KEYS_URL = 'https://aimlapi.com/app/keys';
const BILLING_URL = 'https://aimlapi.com/app/billing';
const NOTHING_SPENT = 'Nothing was submitted for this item.';

/** Where nothing is paid for yet; `withPaid` puts a retry in its place. */
const RUN_AGAIN = 'run the workflow again';

const quoted = (values: ReadonlyArray<string | number>) => values.join(', ');
const MAX_LISTED = 50;
/** The first of many ids; n8n's log has all. */
const listed = (ids: readonly string[]) =>
	quoted(ids.slice(0, MAX_LISTED)) +
	(ids.length > MAX_LISTED ? ` and ${ids.length - MAX_LISTED} more, see n8n's log` : '');
const duration = (seconds: number) => (seconds === 1 ? '1 second' : `${seconds} seconds`);
const shortened = (text: string) => (text.length > 80 ? `${text.slice(0, 77)}…` : text);
const fieldsOf = (fields: readonly string[]) =>
	fields.length > 0
		? `The item has these binary fields: ${quoted(fields)}.`
		: 'The item has no binary fields.';

// Input, checked before anything is paid

/** Parameters are read through n8n, which resolves their expressions and throws its own errors. */
export function parameterUnreadable(cause: unknown): VeoError {
	if (cause instanceof VeoError) return cause;
	const parameter = asText(asObject(asObject(cause)?.context)?.parameter);
	return new VeoError('An expression of this node could not be resolved', {
		description: `n8n says${parameter ? ` about '${parameter}'` : ''}: "${textOf(cause)}". Correct the expression, and check that the nodes it refers to are connected and have run.`,
	});
}

export const modelMissing = () =>
	new VeoError("'Model' is empty", {
		description: 'Choose a model from the list, or check the expression that should give its ID.',
	});

export const operationUnknown = (value: string) =>
	new VeoError(`'Operation' has no value '${shortened(value)}'`, {
		description: 'Choose one of the operations in the list.',
	});

export const promptMissing = () =>
	new VeoError("'Prompt' is empty", {
		description:
			"Describe the video in 'Prompt'. If it is an expression, check that the incoming item holds the value it refers to.",
	});

export const notText = (label: string) =>
	new VeoError(`'${label}' is not text`, {
		description: `Let the expression in '${label}' give text, not an object or a list.`,
	});

export const mediaMissing = (label: string, model: string, fields: readonly string[]) =>
	new VeoError(`'${label}' is empty`, {
		description: `'${model}' needs it. Enter a URL, a data URI, or the name of a binary field of the incoming item. ${fieldsOf(fields)}`,
	});

export const tooManyImages = (label: string, count: number, max: number) =>
	new VeoError(`'${label}' holds ${count} pictures`, {
		description: `The API takes at most ${max}. Remove ${count - max} of them.`,
	});

export const mediaNotUnderstood = (label: string, value: string, fields: readonly string[]) =>
	new VeoError(`'${label}' is neither a URL nor a binary field of the item`, {
		description: `It says '${shortened(value)}'. Enter a URL that begins with https://, a data URI, or the name of a binary field. ${fieldsOf(fields)}`,
	});

export const mediaNotUsable = (label: string) =>
	new VeoError(`'${label}' is not a URL, a data URI or a binary field`, {
		description: `Let the expression in '${label}' give text, or a binary object such as {{ $binary.data }}.`,
	});

export const urlNotUsable = (label: string, value: string) =>
	new VeoError(`'${label}' is not a URL that the API can open`, {
		description: `It says '${shortened(value)}'. Enter the whole address of the file, beginning with https:// and without user name and password.`,
	});

export const dataUriNotUsable = (label: string) =>
	new VeoError(`'${label}' holds a data URI that cannot be read`, {
		description:
			'Enter it as data:image/png;base64,iVBORw0… with Base64 after the comma, or use a URL or a binary field.',
	});

export const fileUnreadable = (label: string, field: string, cause: string) =>
	new VeoError(`The file of '${label}' could not be read`, {
		description: `n8n could not open the binary field '${field}': ${cause}. Run the node that makes the file again.`,
	});

export const fileOfWrongKind = (
	label: string,
	kind: 'image' | 'video',
	source: string,
	found: string,
) =>
	new VeoError(`The file of '${label}' is not ${kind === 'image' ? 'a picture' : 'a video'}`, {
		description: `By its first bytes, ${source} is ${found}. Use ${kind === 'image' ? 'a PNG, JPEG or WebP picture' : 'an MP4, WebM or MOV video'}.`,
	});

export const fileTooLarge = (label: string, megabytes: number, limit: number) =>
	new VeoError(`The file of '${label}' is too large`, {
		description: `It has ${megabytes} MB; at most ${limit} MB can be sent inside the request. Make it smaller, or put it online and enter its URL.`,
	});

export const textHoldsObject = (label: string) =>
	new VeoError(`'${label}' holds an object in the middle of its text`, {
		description: `An expression in '${label}' gave a whole object, which n8n cannot write as text. Use one of its fields, or JSON.stringify(…) around it, such as {{ JSON.stringify($json.scene) }}.`,
	});

export const expressionNotResolved = (label: string, found: string) =>
	new VeoError(`'${label}' holds an expression that n8n did not resolve`, {
		description: `It says '${shortened(found)}' as plain text. Change '${label}' from Fixed to Expression, so that n8n puts the value in its place.`,
	});

export const mediaNotTaken = (label: string, model: string, others: readonly string[]) =>
	new VeoError(`'${model}' takes no '${label}'`, {
		description: `The video would be made without it. Remove '${label}', or choose a model that takes it: ${quoted(others)}.`,
	});

export const severalFiles = (label: string, count: number) =>
	new VeoError(`'${label}' holds ${count} files`, {
		description: `It takes one. Let the expression in '${label}' choose, for example with [0] at its end for the first.`,
	});

export const fileUndecided = (label: string, fields: readonly string[]) =>
	new VeoError(`'${label}' could be more than one file of the item`, {
		description: `n8n gives the expression a file without its content, and these binary fields have the same name, type and size: ${quoted(fields)}. Enter the name of the field instead of the expression.`,
	});

export const fileWithoutContent = (label: string) =>
	new VeoError(`'${label}' is a file without its content`, {
		description: `The expression gives the description of a file that is no binary field of this item. Enter the name of a binary field, or use an expression such as {{ $('Form').item.binary.photo }}, with the name of the node that made the file.`,
	});

export const fileNotKept = (label: string, field: string, fields: readonly string[]) =>
	new VeoError(`The binary field of '${label}' holds no file`, {
		description: `'${shortened(field)}' is there, but not as n8n keeps a file (an object with mimeType and data). Let the Code node that makes it use this.helpers.prepareBinaryData(). ${fieldsOf(fields)}`,
	});

export const formatNotTaken = (
	label: string,
	kind: 'image' | 'video',
	source: string,
	format: string,
	wayOut: string,
) =>
	new VeoError(`The file of '${label}' has a format that the API does not take`, {
		description: `By its first bytes, ${source} is ${format}. ${wayOut}. Use ${kind === 'image' ? 'a PNG, JPEG or WebP image' : 'an MP4, WebM or MOV video'}.`,
	});

export const urlWithoutScheme = (label: string, value: string) =>
	new VeoError(`'${label}' is a web address without its beginning`, {
		description: `It says '${shortened(value)}'. Enter the whole address, with https:// in front: 'https://${shortened(value.replace(/^\/+/, ''))}'.`,
	});

export const sharePage = (label: string, service: string, wayOut: string) =>
	new VeoError(`'${label}' is a page of ${service}, not a file`, {
		description: `The link opens a page that shows the file, and the API cannot fetch the file from there. ${wayOut}.`,
	});

export const privateAddress = (label: string, host: string) =>
	new VeoError(`'${label}' is at an address that the API cannot reach`, {
		description: `'${shortened(host)}' belongs to a private network, and the API fetches the file over the internet. Use an HTTP Request node to get the file, and enter the name of its binary field.`,
	});

export const settingNotTaken = (
	label: string,
	value: string,
	allowed: ReadonlyArray<string | number>,
	model: string,
) =>
	new VeoError(`'${label}' cannot be '${shortened(value)}'`, {
		description: `'${model}' takes ${quoted(allowed)}. Choose one of these, or remove '${label}' to use the API's default.`,
	});

export const settingOfWrongType = (
	label: string,
	value: string,
	type: 'boolean' | 'integer' | 'string',
) =>
	new VeoError(`'${label}' cannot be '${shortened(value)}'`, {
		description: {
			boolean: `Choose true or false, or let the expression in '${label}' give one of them.`,
			integer: `Enter a whole number without decimals, or let the expression in '${label}' give one.`,
			string: `Let the expression in '${label}' give text, not an object or a list.`,
		}[type],
	});

export const optionOutOfRange = (label: string, value: string, rule: string) =>
	new VeoError(`'${label}' cannot be '${shortened(value)}'`, {
		description: `Enter ${rule}, or remove the option to use its default.`,
	});

export const generationIdMissing = () =>
	new VeoError("'Generation ID' is empty", {
		description:
			"Enter the 'id' that 'Create Video' gave. If it is an expression, check that the incoming item holds it.",
	});

export const credentialUnusable = (what: string) =>
	new VeoError(what, {
		description: `Open the credential 'AI/ML API' and correct it. ${NOTHING_SPENT}`,
		endsRun: true,
	});

// Prices, worked out before anything is paid

const REMOVE_LIMIT = "Remove 'Max Cost (USD)' from the options to go on without a limit";

export const overMaxCost = (sum: string, limit: string, perItem: string, spent?: string) =>
	new VeoError(
		`The run would cost ${sum}, more than 'Max Cost (USD)' allows (${limit}): ${perItem}`,
		{
			description: `Nothing was submitted.${spent ? ` The sum holds ${spent} that earlier rounds of this execution have spent.` : ''} Raise 'Max Cost (USD)', send fewer items, or choose shorter or cheaper videos.`,
		},
	);

export const priceUnknown = (model: string, reason: string, itemIndex: number) =>
	new VeoError("The price cannot be known ahead, so 'Max Cost (USD)' cannot be kept", {
		description: `${reason} (${model}). Nothing was submitted. ${REMOVE_LIMIT}, or choose another model or other settings.`,
		itemIndex,
	});

export const maxCostEmpty = () =>
	new VeoError("'Max Cost (USD)' is empty", {
		description: `Enter a number of dollars, or check the expression that should give it. ${REMOVE_LIMIT}.`,
	});

// Answers of the API

/** An answer without a text of its own comes as its status alone. */
const answered = (status: number, apiText: string) =>
	`It answered with HTTP ${status}${apiText === `HTTP ${status}` ? '' : `: "${apiText}"`}`;

export const badKey = (apiText: string) =>
	new VeoError('The AI/ML API did not accept the API key', {
		description: `It answered "${apiText}". Check the key in the credential 'AI/ML API', or make a new one at ${KEYS_URL}.`,
		httpCode: 401,
		endsRun: true,
	});

export const noCredits = (apiText: string) =>
	new VeoError('The AI/ML API account has no credits left', {
		description: `It answered "${apiText}". The API key is right: top up at ${BILLING_URL}, then retry this execution. What it has paid for is not bought again.`,
		httpCode: 403,
		endsRun: true,
	});

export const notAllowed = (apiText: string) =>
	new VeoError('The AI/ML API does not allow this with this API key', {
		description: `It answered "${apiText}". Check the plan of the account and the limits of the key at ${KEYS_URL}, or choose another model.`,
		httpCode: 403,
	});

export const requestRefused = (status: number, apiText: string) =>
	new VeoError('The AI/ML API refused the request', {
		description: `${answered(status, apiText)}. Nothing was charged. ${status === 404 ? "Check 'Model', and 'Base URL' in the credential 'AI/ML API'," : 'Correct what it names'} and ${RUN_AGAIN}.`,
		httpCode: status,
	});

export const requestTooLarge = (apiText: string) =>
	new VeoError('The request is too large for the server, or for a proxy on the way', {
		description: `${answered(413, apiText)}. Nothing was charged. Use smaller images, or put them online and enter their URLs, then ${RUN_AGAIN}.`,
		httpCode: 413,
	});

/** The answer is not the API's own: it was HTML or bare text, or a status that only proxies use. */
export const blockedOnTheWay = (status: number, apiText: string) =>
	new VeoError('A proxy or a firewall between n8n and the AI/ML API refused the request', {
		description: `${answered(status, apiText)}, and that is not the API's own answer. Nothing was charged. ${status === 407 ? 'Enter the user name and the password in the proxy settings of this n8n' : 'Let the proxy or the firewall pass requests to the API'}, then ${RUN_AGAIN}.`,
		httpCode: status,
		endsRun: true,
	});

export const redirected = (status: number) =>
	new VeoError('The AI/ML API answered with a redirect to another address', {
		description: `It answered with HTTP ${status}, and the API key is not sent to another address. Enter the final address as 'Base URL' in the credential 'AI/ML API'; the usual one is https://api.aimlapi.com.`,
		httpCode: status,
		endsRun: true,
	});

/** @param isLasting whether trying again cannot help */
export const notReached = (cause: string, isLasting = false) =>
	new VeoError('The AI/ML API could not be reached', {
		description: `${cause}. Nothing was charged. Check the network of this n8n and 'Base URL' in the credential 'AI/ML API', then ${RUN_AGAIN}.`,
		endsRun: isLasting,
	});

export const rateLimited = (seconds: number) =>
	new VeoError('The AI/ML API accepts no more requests for now', {
		description: `It answered "Too Many Requests" ${seconds > 0 ? `for ${duration(seconds)} without a break` : "and asks for a longer pause than 'Timeout' allows"}. Nothing was charged for this item. Lower 'Max Concurrent', set a longer 'Timeout', or ${RUN_AGAIN} later.`,
		httpCode: 429,
	});

/** @param isOld whether an earlier try of the execution sent it */
export const maybeAccepted = (clientRequestId: string, what: string, { isOld = false } = {}) =>
	new VeoError(
		`The request may have been accepted and charged, but its answer was lost (client request ID ${clientRequestId})`,
		{
			description: [
				`${what}. So that you pay only once, it is not sent again for now.`,
				'Retry this execution in a few minutes: if the usage log of the account shows the request by then, its video is used.',
				'After an hour, a retry sends it again if the log does not show it.',
				`To look for it yourself, use 'Get Many Videos' and the client request ID ${clientRequestId}.`,
				'A new execution submits again.',
			].join(' '),
			isOldRequest: isOld,
		},
	);

// Waiting

/** @param reason what the API said with the last status */
export const timedOut = (seconds: number, generationId: string, status: string, reason?: string) =>
	new VeoError(`The video was not ready after ${duration(seconds)}`, {
		description: `Its last status was '${shortened(status)}'${reason ? `, and the AI/ML API said: "${reason}"` : ''}. The generation goes on and stays yours. Use 'Get Video' with the generation ID ${generationId}, or set a longer 'Timeout'. A retry of this execution goes on waiting for it.`,
		generationId,
		status,
		isRunning: true,
	});

/** What a model is told of a video that is still in the making. */
export const notReadyYet = (generationId: string) =>
	`The video is not ready yet. It is paid for: do not change the arguments. Call this tool again with the same arguments, or get the video with the generation ID ${generationId}.`;

export const generationUnknown = (generationId: string) =>
	new VeoError('The AI/ML API does not know this generation ID', {
		description: `Check the generation ID ${generationId}, and that the credential belongs to the account that made it.`,
		generationId,
		httpCode: 404,
	});

export const lookRefused = (generationId: string, status: number, apiText: string) =>
	new VeoError('The AI/ML API refused to say how the video stands', {
		description: `${answered(status, apiText)}. The generation is not affected and stays yours: use 'Get Video' with the generation ID ${generationId}.`,
		generationId,
		httpCode: status,
	});

export const answerUnreadable = (generationId: string, cause: string) =>
	new VeoError('The AI/ML API gave no readable answer', {
		description: `${cause}. The generation is not affected: use 'Get Video' with the generation ID ${generationId} again in a few minutes.`,
		generationId,
	});

function reasonOf(status: string, reason?: string): string {
	if (reason) return `The AI/ML API says: "${reason}"`;
	const only = /^(error|failed)$/.test(status) ? '' : `, only the status '${shortened(status)}'`;
	return `The AI/ML API gives no reason${only}`;
}

/** @param charged whether the API names a charge all the same */
export const generationFailed = (
	generationId: string,
	status: string,
	reason?: string,
	charged = false,
) =>
	new VeoError('The video could not be generated', {
		description: [
			`${reasonOf(status, reason)}.`,
			charged
				? `It names a charge all the same: ask its support about the generation ID ${generationId}. To try again, which pays again, change the prompt or the media and ${RUN_AGAIN}.`
				: `It is not charged. Change the prompt or the media and ${RUN_AGAIN} (generation ID ${generationId}).`,
		].join(' '),
		generationId,
		status,
		notCharged: !charged,
	});

export const noVideo = (generationId: string, status: string, reason?: string) =>
	new VeoError('The generation ended without a video', {
		description: `${reason ? `The AI/ML API says: "${reason}"` : 'Most often the safety filter held it back'}. It is not charged. Change the prompt or the images and ${RUN_AGAIN} (generation ID ${generationId}).`,
		generationId,
		status,
		notCharged: true,
	});

// The list of videos

export const periodTooLong = (days: number) =>
	new VeoError("'After' and 'Before' are too far apart", {
		description: `They span ${days} days; the API lists at most 92 at once. Choose a later 'After' or an earlier 'Before'.`,
	});

export const periodReversed = () =>
	new VeoError("'After' is later than 'Before'", {
		description: "Swap them, or remove 'Before' to list up to now.",
	});

export const dateNotUnderstood = (label: string, value: string) =>
	new VeoError(`'${label}' cannot be '${shortened(value)}'`, {
		description: `Enter a date and time such as 2026-08-01T09:00:00, or let the expression in '${label}' give one.`,
	});

export const logUnreadable = (cause: string) =>
	new VeoError('The list of videos could not be read', {
		description: `${cause}. Listing costs nothing: run the workflow again in a few minutes, or choose a shorter period.`,
	});

// Delivery

export const videoUrlUnusable = (generationId: string, status: string) =>
	new VeoError('The AI/ML API gave an address for the video that is not a web address', {
		description: `The video is paid for and stays yours. Use 'Get Video' with the generation ID ${generationId} to ask for its address again.`,
		generationId,
		status,
	});

export const downloadGivenUp = (
	generationId: string,
	status: string,
	url: string,
	attempts: number,
	cause: string,
) =>
	new VeoError(`The video is ready, but could not be downloaded in ${attempts} attempts`, {
		description: `${cause}. It is paid for and stays yours: use 'Get Video' with the generation ID ${generationId}, or open ${url}`,
		generationId,
		status,
		url,
	});

export const storeRefused = (generationId: string, status: string, url: string, cause: string) =>
	new VeoError('The video is ready, but n8n could not store the file', {
		description: `${cause}. It is paid for and stays yours: check that n8n's binary data storage has room and can be written to, then use 'Get Video' with the generation ID ${generationId}, or open ${url}`,
		generationId,
		status,
		url,
	});

// The run as a whole

/** What was paid for, and what may have been, when the node ends without its rows. */
interface Paid {
	readonly ids: readonly string[];
	/** Client request IDs of submissions whose answer is not known. */
	readonly unanswered: readonly string[];
}

/**
 * n8n tells a stopped execution from a failed one by the word "canceled", or it runs the error workflow.
 * Its editor offers no retry of a canceled one.
 */
export function stopped({ ids, unanswered }: Paid) {
	const facts: string[] = [];
	if (ids.length > 0) {
		facts.push(
			`The API cannot cancel a generation: these go on and stay yours. Use 'Get Video' to fetch them: ${listed(ids)}.`,
		);
	}
	if (unanswered.length > 0) {
		facts.push(
			`These requests may have been accepted and charged before their answer came. In a few minutes, use 'Get Many Videos' to look for their client request IDs: ${listed(unanswered)}.`,
		);
	}
	return new VeoError('The execution was canceled', {
		description: facts.join(' ') || 'Nothing was submitted.',
	});
}

/**
 * The same error, naming all else that the run paid for or may have paid for. With any of it, a new run
 * would pay again; a retry does not.
 */
export function withPaid(error: VeoError, { ids, unanswered }: Paid): VeoError {
	const { description, generationId } = error.details;
	const others = ids.filter((id) => id !== generationId);
	const doubtful = unanswered.filter((id) => !error.message.includes(id));
	const facts: string[] = [];
	if (others.length > 0) {
		facts.push(
			`Other items are paid for and stay yours; a retry of this execution finds them, and so does 'Get Video': ${listed(others)}.`,
		);
	}
	if (doubtful.length > 0) {
		facts.push(
			`Other requests may have been accepted and charged; a retry of this execution looks for them, and 'Get Many Videos' shows their client request IDs: ${listed(doubtful)}.`,
		);
	}
	if (facts.length === 0) return error;
	return new VeoError(error.message, {
		...error.details,
		description: [description.replaceAll(RUN_AGAIN, 'retry this execution'), ...facts].join(' '),
	});
}

/** The same error for a model, which reads nothing but the message. */
export const forAgents = ({ message, details }: VeoError) =>
	new VeoError(`${message}. ${details.description}`, details);

/** What nobody foresaw, still with a way out. */
export const unforeseen = (cause: unknown, generationId?: string) =>
	new VeoError(`The node could not go on: ${textOf(cause)}`, {
		description: generationId
			? `Use 'Get Video' with the generation ID ${generationId}, and report this with the steps that led here.`
			: 'Please report this with the steps that led here.',
		generationId,
	});
