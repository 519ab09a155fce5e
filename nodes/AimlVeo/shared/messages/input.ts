/** What is refused before anything is paid: what the user entered, or an expression gave. */
import { ItemError, textOf } from '../errors';
import { NOTHING_SPENT, fieldsOf, quoted, shortened } from './phrases';
import { asObject, asText } from '../values';

/** Parameters are read through n8n, which resolves their expressions and throws its own errors. */
export function parameterUnreadable(cause: unknown): ItemError {
	if (cause instanceof ItemError) return cause;
	const parameter = asText(asObject(asObject(cause)?.context)?.parameter);
	return new ItemError('An expression of this node could not be resolved', {
		description: `n8n says${parameter ? ` about '${parameter}'` : ''}: "${textOf(cause)}". Correct the expression, and check that the nodes it refers to are connected and have run.`,
	});
}

export const modelMissing = () =>
	new ItemError("'Model' is empty", {
		description: 'Choose a model from the list, or check the expression that should give its ID.',
	});

export const operationUnknown = (value: string) =>
	new ItemError(`'Operation' has no value '${shortened(value)}'`, {
		description: 'Choose one of the operations in the list.',
	});

export const promptMissing = () =>
	new ItemError("'Prompt' is empty", {
		description:
			"Describe the video in 'Prompt'. If it is an expression, check that the incoming item holds the value it refers to.",
	});

export const notText = (label: string) =>
	new ItemError(`'${label}' is not text`, {
		description: `Let the expression in '${label}' give text, not an object or a list.`,
	});

export const mediaMissing = (label: string, model: string, fields: readonly string[]) =>
	new ItemError(`'${label}' is empty`, {
		description: `'${model}' needs it. Enter a URL, a data URI, or the name of a binary field of the incoming item. ${fieldsOf(fields)}`,
	});

export const tooManyImages = (label: string, count: number, max: number) =>
	new ItemError(`'${label}' holds ${count} pictures`, {
		description: `The API takes at most ${max}. Remove ${count - max} of them.`,
	});

export const mediaNotUnderstood = (label: string, value: string, fields: readonly string[]) =>
	new ItemError(`'${label}' is neither a URL nor a binary field of the item`, {
		description: `It says '${shortened(value)}'. Enter a URL that begins with https://, a data URI, or the name of a binary field. ${fieldsOf(fields)}`,
	});

export const mediaNotUsable = (label: string) =>
	new ItemError(`'${label}' is not a URL, a data URI or a binary field`, {
		description: `Let the expression in '${label}' give text, or a binary object such as {{ $binary.data }}.`,
	});

export const urlNotUsable = (label: string, value: string) =>
	new ItemError(`'${label}' is not a URL that the API can open`, {
		description: `It says '${shortened(value)}'. Enter the whole address of the file, beginning with https:// and without user name and password.`,
	});

export const dataUriNotUsable = (label: string) =>
	new ItemError(`'${label}' holds a data URI that cannot be read`, {
		description:
			'Enter it as data:image/png;base64,iVBORw0… with Base64 after the comma, or use a URL or a binary field.',
	});

export const fileUnreadable = (label: string, field: string, cause: string) =>
	new ItemError(`The file of '${label}' could not be read`, {
		description: `n8n could not open the binary field '${field}': ${cause}. Run the node that makes the file again.`,
	});

export const fileOfWrongKind = (
	label: string,
	kind: 'image' | 'video',
	source: string,
	found: string,
) =>
	new ItemError(`The file of '${label}' is not ${kind === 'image' ? 'a picture' : 'a video'}`, {
		description: `By its first bytes, ${source} is ${found}. Use ${kind === 'image' ? 'a PNG, JPEG or WebP picture' : 'an MP4, WebM or MOV video'}.`,
	});

export const fileTooLarge = (label: string, megabytes: number, limit: number) =>
	new ItemError(`The file of '${label}' is too large`, {
		description: `It has ${megabytes} MB; at most ${limit} MB can be sent inside the request. Make it smaller, or put it online and enter its URL.`,
	});

export const textHoldsObject = (label: string) =>
	new ItemError(`'${label}' holds an object in the middle of its text`, {
		description: `An expression in '${label}' gave a whole object, which n8n cannot write as text. Use one of its fields, or JSON.stringify(…) around it, such as {{ JSON.stringify($json.scene) }}.`,
	});

export const expressionNotResolved = (label: string, found: string) =>
	new ItemError(`'${label}' holds an expression that n8n did not resolve`, {
		description: `It says '${shortened(found)}' as plain text. Change '${label}' from Fixed to Expression, so that n8n puts the value in its place.`,
	});

export const mediaNotTaken = (label: string, model: string, others: readonly string[]) =>
	new ItemError(`'${model}' takes no '${label}'`, {
		description: `The video would be made without it. Remove '${label}', or choose a model that takes it: ${quoted(others)}.`,
	});

export const severalFiles = (label: string, count: number) =>
	new ItemError(`'${label}' holds ${count} files`, {
		description: `It takes one. Let the expression in '${label}' choose, for example with [0] at its end for the first.`,
	});

export const fileUndecided = (label: string, fields: readonly string[]) =>
	new ItemError(`'${label}' could be more than one file of the item`, {
		description: `n8n gives the expression a file without its content, and these binary fields have the same name, type and size: ${quoted(fields)}. Enter the name of the field instead of the expression.`,
	});

export const fileWithoutContent = (label: string) =>
	new ItemError(`'${label}' is a file without its content`, {
		description: `The expression gives the description of a file that is no binary field of this item. Enter the name of a binary field, or use an expression such as {{ $('Form').item.binary.photo }}, with the name of the node that made the file.`,
	});

export const fileNotKept = (label: string, field: string, fields: readonly string[]) =>
	new ItemError(`The binary field of '${label}' holds no file`, {
		description: `'${shortened(field)}' is there, but not as n8n keeps a file (an object with mimeType and data). Let the Code node that makes it use this.helpers.prepareBinaryData(). ${fieldsOf(fields)}`,
	});

export const formatNotTaken = (
	label: string,
	kind: 'image' | 'video',
	source: string,
	format: string,
	wayOut: string,
) =>
	new ItemError(`The file of '${label}' has a format that the API does not take`, {
		description: `By its first bytes, ${source} is ${format}. ${wayOut}. Use ${kind === 'image' ? 'a PNG, JPEG or WebP image' : 'an MP4, WebM or MOV video'}.`,
	});

export const urlWithoutScheme = (label: string, value: string) =>
	new ItemError(`'${label}' is a web address without its beginning`, {
		description: `It says '${shortened(value)}'. Enter the whole address, with https:// in front: 'https://${shortened(value.replace(/^\/+/, ''))}'.`,
	});

export const sharePage = (label: string, service: string, wayOut: string) =>
	new ItemError(`'${label}' is a page of ${service}, not a file`, {
		description: `The link opens a page that shows the file, and the API cannot fetch the file from there. ${wayOut}.`,
	});

export const privateAddress = (label: string, host: string) =>
	new ItemError(`'${label}' is at an address that the API cannot reach`, {
		description: `'${shortened(host)}' belongs to a private network, and the API fetches the file over the internet. Use an HTTP Request node to get the file, and enter the name of its binary field.`,
	});

export const settingNotTaken = (
	label: string,
	value: string,
	allowed: ReadonlyArray<string | number>,
	model: string,
) =>
	new ItemError(`'${label}' cannot be '${shortened(value)}'`, {
		description: `'${model}' takes ${quoted(allowed)}. Choose one of these, or remove '${label}' to use the API's default.`,
	});

export const settingOfWrongType = (
	label: string,
	value: string,
	type: 'boolean' | 'integer' | 'string',
) =>
	new ItemError(`'${label}' cannot be '${shortened(value)}'`, {
		description: {
			boolean: `Choose true or false, or let the expression in '${label}' give one of them.`,
			integer: `Enter a whole number without decimals, or let the expression in '${label}' give one.`,
			string: `Let the expression in '${label}' give text, not an object or a list.`,
		}[type],
	});

export const optionOutOfRange = (label: string, value: string, rule: string) =>
	new ItemError(`'${label}' cannot be '${shortened(value)}'`, {
		description: `Enter ${rule}, or remove the option to use its default.`,
	});

export const generationIdMissing = () =>
	new ItemError("'Generation ID' is empty", {
		description:
			"Enter the 'id' that 'Create Video' gave. If it is an expression, check that the incoming item holds it.",
	});

export const credentialUnusable = (what: string) =>
	new ItemError(what, {
		description: `Open the credential 'AI/ML API' and correct it. ${NOTHING_SPENT}`,
		endsRun: true,
	});

export const periodTooLong = (days: number, most: number) =>
	new ItemError("'After' and 'Before' are too far apart", {
		description: `They span ${days} days; the API lists at most ${most} at once. Choose a later 'After' or an earlier 'Before'.`,
	});

export const periodReversed = () =>
	new ItemError("'After' is later than 'Before'", {
		description: "Swap them, or remove 'Before' to list up to now.",
	});

export const dateNotUnderstood = (label: string, value: string) =>
	new ItemError(`'${label}' cannot be '${shortened(value)}'`, {
		description: `Enter a date and time such as 2026-08-01T09:00:00, or let the expression in '${label}' give one.`,
	});
