/** What is refused before anything is paid: what the user entered, or what an expression returned. */
import { ItemError, textOf } from '../errors';
import { NOTHING_SPENT, fieldsOf, quoted, shortened } from './phrases';
import { asObject, asText } from '../values';

/** Parameters are read through n8n, which resolves their expressions and throws its own errors. */
export function parameterUnreadable(cause: unknown): ItemError {
	if (cause instanceof ItemError) return cause;
	const parameter = asText(asObject(asObject(cause)?.context)?.parameter);
	return new ItemError('An expression in this node could not be resolved', {
		description: `n8n says${parameter ? ` about '${parameter}'` : ''}: "${textOf(cause)}". Correct the expression, and check that the nodes it refers to are connected and have run.`,
	});
}

export const modelMissing = () =>
	new ItemError("'Model' is empty", {
		description: 'Choose a model from the list, or check the expression that should return its ID.',
	});

export const operationUnknown = (value: string) =>
	new ItemError(`'Operation' cannot be '${shortened(value)}'`, {
		description: 'Choose one of the operations in the list.',
	});

export const promptMissing = () =>
	new ItemError("'Prompt' is empty", {
		description:
			"Describe the video in 'Prompt'. If it is an expression, check that the incoming item has the value it refers to.",
	});

export const notText = (label: string) =>
	new ItemError(`'${label}' is not text`, {
		description: `Make sure that the expression in '${label}' returns text, not an object or a list.`,
	});

export const mediaMissing = (label: string, model: string, fields: readonly string[]) =>
	new ItemError(`'${label}' is empty`, {
		description: `'${model}' needs it. Enter a URL, a data URI, or the name of a binary field of the incoming item, or choose another model. ${fieldsOf(fields)}`,
	});

export const referenceTooLong = (label: string, length: number, max: number) =>
	new ItemError(`'${label}' is too long`, {
		description: `It takes ${length} characters in the client request ID, which has room for ${max}. A space takes 3 characters, and a letter other than A to Z at least 6. Use a shorter text, such as a row number. ${NOTHING_SPENT}`,
	});

export const tooManyImages = (label: string, count: number, max: number) =>
	new ItemError(`'${label}' has ${count} images`, {
		description: `The API accepts at most ${max}. Remove ${count - max} of them.`,
	});

export const mediaNotUnderstood = (label: string, value: string, fields: readonly string[]) =>
	new ItemError(`'${label}' is neither a URL nor a binary field of the item`, {
		description: `Its value is '${shortened(value)}'. Enter a URL that starts with https://, a data URI, or the name of a binary field (case-sensitive). ${fieldsOf(fields)}`,
	});

export const mediaNotUsable = (label: string) =>
	new ItemError(`'${label}' is not a URL, a data URI, or a binary field`, {
		description: `Make sure that the expression in '${label}' returns text, or a binary object such as {{ $binary.data }}.`,
	});

export const urlNotUsable = (label: string, value: string) =>
	new ItemError(`'${label}' is not a URL that the API can open`, {
		description: `Its value is '${shortened(value)}'. Enter the full URL of the file. It must start with https:// and must not contain a user name or password.`,
	});

export const dataUriNotUsable = (label: string) =>
	new ItemError(`'${label}' has a data URI that cannot be read`, {
		description:
			'Enter it in the form data:image/png;base64,iVBORw0… with Base64 after the comma, or use a URL or a binary field.',
	});

export const fileUnreadable = (label: string, field: string, cause: string) =>
	new ItemError(`The file in '${label}' could not be read`, {
		description: `n8n could not open the binary field '${field}': ${cause}. Run the node that creates the file again.`,
	});

export const fileOfWrongKind = (
	label: string,
	kind: 'image' | 'video',
	source: string,
	found: string,
) =>
	new ItemError(`The file in '${label}' is not ${kind === 'image' ? 'an image' : 'a video'}`, {
		description: `Judging by its content, ${source} is ${found}. Use ${kind === 'image' ? 'a PNG, JPEG, or WebP image' : 'an MP4, WebM, or MOV video'}.`,
	});

export const fileTooLarge = (label: string, megabytes: number, limit: number) =>
	new ItemError(`The file in '${label}' is too large`, {
		description: `It is ${megabytes} MB, but at most ${limit} MB can be sent in a request. Make the file smaller, or host it online and enter its URL.`,
	});

export const textHoldsObject = (label: string) =>
	new ItemError(`'${label}' contains an object in the middle of its text`, {
		description: `An expression in '${label}' returned an object, which n8n cannot convert to text. Use one of the object's fields, or JSON.stringify(…), such as {{ JSON.stringify($json.scene) }}.`,
	});

export const expressionNotResolved = (label: string, found: string) =>
	new ItemError(`'${label}' contains an expression that n8n did not resolve`, {
		description: `The text contains '${shortened(found)}'. Change '${label}' from Fixed to Expression. If the text comes from an earlier node, correct it there.`,
	});

export const mediaNotTaken = (label: string, model: string, others: readonly string[]) =>
	new ItemError(`'${model}' does not support '${label}'`, {
		description: `The video would be generated without it. Remove '${label}', or choose a model that supports it: ${quoted(others)}.`,
	});

export const severalFiles = (label: string, count: number) =>
	new ItemError(`'${label}' has ${count} files`, {
		description: `It accepts one. Choose a file in the expression, for example the first with [0] at the end.`,
	});

export const fileUndecided = (label: string, fields: readonly string[]) =>
	new ItemError(`'${label}' matches more than one file of the item`, {
		description: `n8n passes the file to the expression without its content, and these binary fields have the same file name, type, and size: ${quoted(fields)}. Enter the name of the binary field instead of an expression.`,
	});

export const fileWithoutContent = (label: string) =>
	new ItemError(`'${label}' is a file without content`, {
		description: `The expression describes a file that is not in a binary field of this item. Enter the name of a binary field, or use an expression such as {{ $('Form').item.binary.photo }} with the name of the node that has the file.`,
	});

export const fileNotKept = (label: string, field: string, fields: readonly string[]) =>
	new ItemError(`The binary field in '${label}' does not contain a file`, {
		description: `'${shortened(field)}' exists, but not in n8n's format for files (an object with mimeType and data). In the Code node that creates it, use this.helpers.prepareBinaryData(). ${fieldsOf(fields)}`,
	});

export const formatNotTaken = (
	label: string,
	kind: 'image' | 'video',
	source: string,
	format: string,
	wayOut: string,
) =>
	new ItemError(`The file in '${label}' has a format that the API does not accept`, {
		description: `Judging by its content, ${source} is ${format}. ${wayOut}. Use ${kind === 'image' ? 'a PNG, JPEG, or WebP image' : 'an MP4, WebM, or MOV video'}.`,
	});

export const urlWithoutScheme = (label: string, value: string) =>
	new ItemError(`'${label}' is an incomplete URL`, {
		description: `Its value is '${shortened(value)}'. Enter the full URL with https:// in front: 'https://${shortened(value.replace(/^\/+/, ''))}'.`,
	});

export const sharePage = (label: string, service: string, wayOut: string) =>
	new ItemError(`'${label}' is a page on ${service}, not a file`, {
		description: `The link opens a page that shows the file. The API cannot fetch the file from there. ${wayOut}.`,
	});

export const privateAddress = (label: string, host: string) =>
	new ItemError(`'${label}' has an address that the API cannot reach`, {
		description: `'${shortened(host)}' is in a private network, but the API fetches the file over the internet. Use an HTTP Request node to download the file, and enter the name of its binary field.`,
	});

export const settingNotTaken = (
	label: string,
	value: string,
	allowed: ReadonlyArray<string | number>,
	model: string,
) =>
	new ItemError(`'${label}' cannot be '${shortened(value)}'`, {
		description: `'${model}' accepts ${quoted(allowed)}. Choose one of these values, or remove '${label}' to use the API's default.`,
	});

export const settingOfWrongType = (
	label: string,
	value: string,
	type: 'boolean' | 'integer' | 'string',
) =>
	new ItemError(`'${label}' cannot be '${shortened(value)}'`, {
		description: {
			boolean: `Choose true or false, or make sure that the expression in '${label}' returns one of them.`,
			integer: `Enter a whole number, or make sure that the expression in '${label}' returns one.`,
			string: `Make sure that the expression in '${label}' returns text, not an object or a list.`,
		}[type],
	});

export const optionOutOfRange = (label: string, value: string, rule: string) =>
	new ItemError(`'${label}' cannot be '${shortened(value)}'`, {
		description: `Enter ${rule}, or remove the option to use its default.`,
	});

export const generationIdMissing = () =>
	new ItemError("'Generation ID' is empty", {
		description:
			"Enter the 'id' that 'Create Video' returned, such as {{ $json.id }}. If it is an expression, check that the incoming item has this value.",
	});

export const credentialUnusable = (what: string) =>
	new ItemError(what, {
		description: `Open the credential 'AI/ML API' and correct it. ${NOTHING_SPENT}`,
		endsRun: true,
	});

export const periodTooLong = (days: number, most: number) =>
	new ItemError("'After' and 'Before' are too far apart", {
		description: `They span ${days} days, but the API lists at most ${most} days at once. Choose a later 'After' or an earlier 'Before'. For a longer period, use several items.`,
	});

export const periodReversed = () =>
	new ItemError("'After' is later than 'Before'", {
		description: "Swap them, or remove 'Before' to list videos up to now.",
	});

export const dateNotUnderstood = (label: string, value: string) =>
	new ItemError(`'${label}' cannot be '${shortened(value)}'`, {
		description: `Enter a date and time such as 2026-08-01T09:00:00, or an expression such as {{ $today.minus({ days: 1 }) }}.`,
	});
