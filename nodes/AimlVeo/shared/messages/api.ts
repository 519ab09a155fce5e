/** What the API answers to a request, or that it does not. */
import { ItemError } from '../errors';
import { BILLING_URL, KEYS_URL, RUN_AGAIN, answered, duration } from './phrases';

export const badKey = (apiText: string) =>
	new ItemError('The AI/ML API did not accept the API key', {
		description: `It answered "${apiText}". Check the key in the credential 'AI/ML API', or make a new one at ${KEYS_URL}.`,
		httpCode: 401,
		endsRun: true,
	});

export const noCredits = (apiText: string) =>
	new ItemError('The AI/ML API account has no credits left', {
		description: `It answered "${apiText}". The API key is right: top up at ${BILLING_URL}, then retry this execution. What it has paid for is not bought again.`,
		httpCode: 403,
		endsRun: true,
	});

export const notAllowed = (apiText: string) =>
	new ItemError('The AI/ML API does not allow this with this API key', {
		description: `It answered "${apiText}". Check the plan of the account and the limits of the key at ${KEYS_URL}, or choose another model.`,
		httpCode: 403,
	});

export const requestRefused = (status: number, apiText: string) =>
	new ItemError('The AI/ML API refused the request', {
		description: `${answered(status, apiText)}. Nothing was charged. ${status === 404 ? "Check 'Model', and 'Base URL' in the credential 'AI/ML API'," : 'Correct what it names'} and ${RUN_AGAIN}.`,
		httpCode: status,
	});

export const requestTooLarge = (apiText: string) =>
	new ItemError('The request is too large for the server, or for a proxy on the way', {
		description: `${answered(413, apiText)}. Nothing was charged. Use smaller images, or put them online and enter their URLs, then ${RUN_AGAIN}.`,
		httpCode: 413,
	});

/** The answer is not the API's own: it was HTML or bare text, or a status that only proxies use. */
export const blockedOnTheWay = (status: number, apiText: string) =>
	new ItemError('A proxy or a firewall between n8n and the AI/ML API refused the request', {
		description: `${answered(status, apiText)}, and that is not the API's own answer. Nothing was charged. ${status === 407 ? 'Enter the user name and the password in the proxy settings of this n8n' : 'Let the proxy or the firewall pass requests to the API'}, then ${RUN_AGAIN}.`,
		httpCode: status,
		// A firewall may refuse one prompt; a proxy that wants a password refuses all.
		endsRun: status === 407 || status === 511,
	});

export const redirected = (status: number) =>
	new ItemError('The AI/ML API answered with a redirect to another address', {
		description: `It answered with HTTP ${status}, and the API key is not sent to another address. Enter the final address as 'Base URL' in the credential 'AI/ML API'; the usual one is https://api.aimlapi.com.`,
		httpCode: status,
		endsRun: true,
	});

/** @param isLasting whether trying again cannot help */
export const notReached = (cause: string, isLasting = false) =>
	new ItemError('The AI/ML API could not be reached', {
		description: `${cause}. Nothing was charged. Check the network of this n8n and 'Base URL' in the credential 'AI/ML API', then ${RUN_AGAIN}.`,
		endsRun: isLasting,
	});

export const rateLimited = (seconds: number) =>
	new ItemError('The AI/ML API accepts no more requests for now', {
		description: `It answered "Too Many Requests" ${seconds > 0 ? `for ${duration(seconds)} without a break` : "and asks for a longer pause than 'Timeout' allows"}. Nothing was charged for this item. Lower 'Max Concurrent', set a longer 'Timeout', or ${RUN_AGAIN} later.`,
		httpCode: 429,
	});

/** @param isOld whether an earlier try of the execution sent it */
export const maybeAccepted = (clientRequestId: string, what: string, { isOld = false } = {}) =>
	new ItemError(
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

export const logUnreadable = (cause: string) =>
	new ItemError('The list of videos could not be read', {
		description: `${cause}. Listing costs nothing: run the workflow again in a few minutes, or choose a shorter period.`,
	});
