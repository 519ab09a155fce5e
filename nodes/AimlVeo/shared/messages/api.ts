/** What the API answers to a request, or that it does not answer. */
import { ItemError } from '../errors';
import { BILLING_URL, KEYS_URL, RUN_AGAIN, answered, duration } from './phrases';

export const badKey = (apiText: string) =>
	new ItemError('The AI/ML API did not accept the API key', {
		description: `The API answered: "${apiText}". Check the key in the credential 'AI/ML API', or create a new one at ${KEYS_URL}.`,
		httpCode: 401,
		endsRun: true,
	});

export const noCredits = (apiText: string) =>
	new ItemError('The AI/ML API account has no credits left', {
		description: `The API answered: "${apiText}". The API key is valid. Top up at ${BILLING_URL}, then retry this execution. It does not buy again what is already paid for.`,
		httpCode: 403,
		endsRun: true,
	});

export const notAllowed = (apiText: string) =>
	new ItemError('The API key is not allowed to make this request', {
		description: `The API answered: "${apiText}". Check the plan of the account and the limits of the key at ${KEYS_URL}, or choose another model.`,
		httpCode: 403,
	});

export const requestRefused = (status: number, apiText: string) =>
	new ItemError('The AI/ML API refused the request', {
		description: `${answered(status, apiText)}. Nothing was charged. ${status === 404 ? "Check 'Model', and 'Base URL' in the credential 'AI/ML API'" : 'Correct the value that the answer names'}, then ${RUN_AGAIN}.`,
		httpCode: status,
	});

export const requestTooLarge = (apiText: string) =>
	new ItemError('The request is too large for the server or for a proxy in between', {
		description: `${answered(413, apiText)}. Nothing was charged. Use smaller images, or host them online and enter their URLs, then ${RUN_AGAIN}.`,
		httpCode: 413,
	});

/** The answer is not the API's own: it was HTML or bare text, or a status that only proxies use. */
export const blockedOnTheWay = (status: number, apiText: string) =>
	new ItemError('A proxy or firewall between n8n and the AI/ML API refused the request', {
		description: `${answered(status, apiText)}. It did not come from the API. Nothing was charged. ${status === 407 ? "Enter the user name and password in n8n's proxy settings, such as HTTPS_PROXY" : 'Allow requests to the API in the proxy or firewall'}, then ${RUN_AGAIN}.`,
		httpCode: status,
		// A firewall may refuse one prompt; a proxy that wants a password refuses all.
		endsRun: status === 407 || status === 511,
		isOnTheWay: true,
	});

export const redirected = (status: number) =>
	new ItemError('The AI/ML API redirected the request to another address', {
		description: `The answer was HTTP ${status}. The API key is not sent to another address. Enter the final address as 'Base URL' in the credential 'AI/ML API'. The default is https://api.aimlapi.com.`,
		httpCode: status,
		endsRun: true,
	});

/** @param isLasting whether trying again cannot help */
export const notReached = (cause: string, isLasting = false) =>
	new ItemError('The AI/ML API could not be reached', {
		description: `${cause}. Nothing was charged. Check n8n's network connection and 'Base URL' in the credential 'AI/ML API', then ${RUN_AGAIN}.`,
		endsRun: isLasting,
	});

export const rateLimited = (seconds: number) =>
	new ItemError('The AI/ML API is rate limiting requests', {
		description: `It ${seconds > 0 ? `kept answering "Too Many Requests" for ${duration(seconds)}` : `answered "Too Many Requests" and asked for a longer pause than 'Timeout' allows`}. Nothing was charged for this item. Lower 'Max Concurrent', set a longer 'Timeout', or ${RUN_AGAIN} later.`,
		httpCode: 429,
	});

/** @param isOld whether an earlier try of the execution sent it */
export const maybeAccepted = (clientRequestId: string, what: string, { isOld = false } = {}) =>
	new ItemError(
		`The request may have been accepted and charged, but its answer was lost (client request ID ${clientRequestId})`,
		{
			description: [
				`${what}. To make sure that you pay only once, the node does not send it again yet.`,
				"Retry this execution in a few minutes. If the account's usage log shows the request by then, the retry uses its video.",
				'If the log does not show it after an hour, a retry sends it again.',
				`To find it yourself, use 'Get Many Videos' and the client request ID ${clientRequestId}.`,
				'A new execution submits the request again.',
			].join(' '),
			isOldRequest: isOld,
		},
	);

export const crashUnclear = (executionId: string, cause: string) =>
	new ItemError(
		`Execution ${executionId} may have paid for videos already, and the usage log could not be read`,
		{
			description: `${cause}. To make sure that you pay only once, nothing was submitted. Retry the execution in a few minutes. A new execution submits all requests again.`,
		},
	);

export const logUnreadable = (cause: string) =>
	new ItemError('The list of videos could not be read', {
		description: `${cause}. Listing is free. Run the workflow again in a few minutes, or choose a shorter period.`,
	});

/** What Fetch Test Event says where it has nothing to show. */
export const noRecentVideo = (days: number) =>
	new ItemError(`No finished video in the last ${days} days`, {
		description:
			'Generate a video with AI/ML API Veo first, or change the filters, then fetch the test event again. The active workflow starts with the next finished video.',
	});
