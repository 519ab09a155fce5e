/** What a failed HTTP exchange was, in words, and whether the server can have seen the request. */
import { textOf } from './errors';

/** All texts and codes in an error and its causes, where n8n keeps Node's own code. */
function traces(cause: unknown, depth = 0): string {
	if (depth > 4 || typeof cause !== 'object' || cause === null) return String(cause ?? '');
	const { code, message, messages, cause: inner, errorResponse } = cause as Record<string, unknown>;
	const own = [code, message, ...(Array.isArray(messages) ? messages : [])].map(String).join(' ');
	return `${own} ${traces(inner, depth + 1)} ${traces(errorResponse, depth + 1)}`;
}

/** Whether a failed exchange surely ended before the server could see the request. */
export const neverSent = (fault: unknown) => /ECONNREFUSED|ENOTFOUND|EAI_AGAIN/.test(traces(fault));

/** A sentence without its full stop. */
export function causeOf(fault: unknown): string {
	const found = traces(fault);
	if (/ECONNREFUSED/.test(found)) return 'The connection was refused';
	if (/ENOTFOUND|EAI_AGAIN/.test(found)) return 'The name of the server was not found';
	if (/ECONNABORTED|ETIMEDOUT|timeout/i.test(found)) return 'The server did not answer in time';
	if (/ECONNRESET|socket hang up|EPIPE|^\S* ?aborted/.test(found)) return 'The connection broke';
	return textOf(fault);
}
