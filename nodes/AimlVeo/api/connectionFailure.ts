/** Why an HTTP exchange failed, in words, and whether the server may have seen the request. */
import { textOf } from '../shared/errors';

export interface ConnectionFailure {
	/** A sentence without its full stop. */
	readonly cause: string;
	/** Whether the server may have seen the request; only then can a submission have been charged. */
	readonly reached: boolean;
	/** Whether trying again can help: as long as there is time, for some seconds, or not at all. */
	readonly mends: 'later' | 'soon' | 'never';
}

/** Node's message for a connection that closes during the handshake. A reset has no message of its own. */
const UNSECURED = 'before secure TLS connection was established';
/** Node sets these for what happens before there is a connection. */
const BEFORE_CONNECTION = /\b(connect|getaddrinfo)\b/;

/**
 * The failures that are known, by Node's codes, OpenSSL's codes and the names of n8n's own errors: n8n
 * rewrites messages, but keeps the cause. The first match counts.
 * @see https://nodejs.org/api/errors.html#common-system-errors
 */
const KNOWN_FAILURES: ReadonlyArray<
	readonly [
		what: RegExp,
		cause: string,
		reached: ConnectionFailure['reached'],
		mends: ConnectionFailure['mends'],
	]
> = [
	[/SsrfBlocked/, "n8n's protection against internal requests blocks this address", false, 'never'],
	[
		/ERR_INVALID_URL|ERR_SOCKET_BAD_PORT|ERR_INVALID_PROTOCOL|ERR_UNESCAPED_CHARACTERS/,
		'The address is not valid',
		false,
		'never',
	],
	// The handshake ends before the request is written.
	[
		/SELF_SIGNED_CERT|UNABLE_TO_(?:VERIFY|GET_ISSUER|GET_CRL|DECRYPT|DECODE)|\bCERT_[A-Z]|ERR_TLS_CERT|HOSTNAME_MISMATCH|INVALID_CA\b|_SIGNATURE_FAILURE/,
		"The server's certificate was not accepted",
		false,
		'never',
	],
	[
		/ERR_SSL_(?:PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|NO_PROTOCOLS_AVAILABLE|UNKNOWN_PROTOCOL|NO_SHARED_CIPHER)|wrong.version.number|handshake.failure|(?:alert.|TLSV1.\w*)protocol.version|unrecognized.name|SSL.*unsupported.protocol|unsafe.legacy.renegotiation/i,
		'The server does not use TLS as expected: it may need http:// instead of https://',
		false,
		'never',
	],
	[new RegExp(UNSECURED), 'The connection was lost before it was encrypted', false, 'later'],
	[
		/before receiving CONNECT response|proxy CONNECT/i,
		'The proxy closed the connection',
		false,
		'later',
	],
	[/ECONNREFUSED/, 'The connection was refused', false, 'later'],
	// A name that does not exist will not exist in a minute; a name server may be away for a moment.
	[/ENOTFOUND|ENODATA/, 'The server name was not found', false, 'soon'],
	[/EAI_AGAIN|EAI_FAIL|ESERVFAIL/, 'The server name was not found', false, 'later'],
	// These codes alone prove nothing: they also happen on an open connection.
	[
		/EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|EHOSTDOWN|ENETDOWN/,
		'The server cannot be reached from this network',
		true,
		'later',
	],
	[
		/ECONNABORTED|ETIMEDOUT|ESOCKETTIMEDOUT|timeout/i,
		'The server did not answer in time',
		true,
		'later',
	],
	[/ECONNRESET|socket hang up|EPIPE|\baborted\b/, 'The connection was lost', true, 'later'],
];

/** Whether the request of an axios error waits for a handshake that was never finished. */
function isUnsecured(request: unknown): boolean {
	const { _currentRequest: inner, socket } = (request ?? {}) as Record<string, unknown>;
	if (inner) return isUnsecured(inner);
	return (socket as { secureConnecting?: boolean } | undefined)?.secureConnecting === true;
}

/** The codes, names and messages of an error and its causes, where n8n keeps Node's own code. */
function tracesOf(error: unknown, depth = 0): { texts: string; isBefore: boolean } {
	if (depth > 5 || typeof error !== 'object' || error === null) {
		return { texts: typeof error === 'string' ? error : '', isBefore: false };
	}
	const { code, name, message, messages, syscall, request, cause, errorResponse, errors } =
		error as Record<string, unknown>;
	const listed = Array.isArray(messages) ? messages : [];
	const inner = [cause, errorResponse, ...(Array.isArray(errors) ? errors : [])].map((part) =>
		tracesOf(part, depth + 1),
	);
	const own = [code, name, message, ...listed].filter((part) => part !== undefined).map(String);
	if (isUnsecured(request)) own.push(UNSECURED);
	return {
		texts: [...own, ...inner.map(({ texts }) => texts)].join('\n'),
		isBefore:
			BEFORE_CONNECTION.test(String(syscall ?? '')) || inner.some(({ isBefore }) => isBefore),
	};
}

/** What is known of a failed exchange; one that nobody foresaw may have reached the server. */
export function readConnectionFailure(error: unknown): ConnectionFailure {
	const { texts, isBefore } = tracesOf(error);
	for (const [what, cause, reached, mends] of KNOWN_FAILURES) {
		const found = what.exec(texts);
		if (!found) continue;
		return { cause, reached: reached && !isBefore, mends };
	}
	return { cause: textOf(error), reached: !isBefore, mends: 'later' };
}

export const causeOf = (error: unknown): string => readConnectionFailure(error).cause;
