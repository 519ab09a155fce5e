/** What a failed exchange means, with the errors that Node, axios, proxy agents and n8n really throw. */
import { createServer, get as plainGet } from 'http';
import { get } from 'https';
import { connect, createServer as createTcpServer } from 'net';
import type { AddressInfo, Server } from 'net';
import { AxiosError } from 'axios';
import type { InternalAxiosRequestConfig } from 'axios';
import { NodeApiError } from 'n8n-workflow';
import type { JsonObject } from 'n8n-workflow';
import { causeOf, readConnectionFailure } from '../../nodes/AimlVeo/api/connectionFailure';
import type { ConnectionFailure } from '../../nodes/AimlVeo/api/connectionFailure';
import { NODE } from './support';

/** An error of Node, with what Node sets on it. */
const nodeError = (message: string, more: object = {}) => Object.assign(new Error(message), more);
/** A system call that failed. */
const system = (syscall: string, code: string, rest = '') =>
	nodeError(`${syscall} ${code}${rest}`, { errno: -1, code, syscall });
const connecting = (code: string) => system('connect', code, ' 203.0.113.7:443');
const resolving = (code: string) =>
	nodeError(`getaddrinfo ${code} api.example`, {
		...{ errno: -3008, code, syscall: 'getaddrinfo' },
		hostname: 'api.example',
	});

/** As axios hands it on. */
const byAxios = (error: Error & { code?: string }) =>
	AxiosError.from(error, error.code, { url: '/' } as unknown as InternalAxiosRequestConfig);
/** As n8n's helper hands that on: with a message of its own. */
const byN8n = (error: Error) => new NodeApiError(NODE, error as unknown as JsonObject);

class SsrfBlockedIpError extends Error {
	override name = 'SsrfBlockedIpError';
}

const never = { reached: false, mends: 'never' } as const;
const soon = { reached: false, mends: 'soon' } as const;
const later = { reached: false, mends: 'later' } as const;
const perhaps = { reached: true, mends: 'later' } as const;

const CERTIFICATE = "The server's certificate was not accepted";
const TLS = 'The server does not use TLS as expected: it may need http:// instead of https://';
const NAME = 'The server name was not found';
const NETWORK = 'The server cannot be reached from this network';
const LATE = 'The server did not answer in time';
const BROKE = 'The connection was lost';
const ADDRESS = 'The address is not valid';
const PROXY = 'The proxy closed the connection';

const wrongVersion =
	'write EPROTO 40E7C5C2D17F0000:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../deps/openssl/openssl/ssl/record/ssl3_record.c:355:\n';

const FAILURES: Array<[string, Error, Partial<ConnectionFailure>]> = [
	['refused', connecting('ECONNREFUSED'), { cause: 'The connection was refused', ...later }],
	['a name that does not exist', resolving('ENOTFOUND'), { cause: NAME, ...soon }],
	['a name server that is away', resolving('EAI_AGAIN'), { cause: NAME, ...later }],
	['a name server that fails', resolving('EAI_FAIL'), { cause: NAME, ...later }],
	['a name without address', resolving('ENODATA'), { cause: NAME, ...soon }],
	['no answer to the connection', connecting('ETIMEDOUT'), { cause: LATE, ...later }],
	['a connection that fell silent', system('read', 'ETIMEDOUT'), { cause: LATE, ...perhaps }],
	['a timeout without a system call', nodeError('ETIMEDOUT', { code: 'ETIMEDOUT' }), perhaps],
	['host unreachable, connecting', connecting('EHOSTUNREACH'), { cause: NETWORK, ...later }],
	['network unreachable, connecting', connecting('ENETUNREACH'), { cause: NETWORK, ...later }],
	['no address of its own', connecting('EADDRNOTAVAIL'), { cause: NETWORK, ...later }],
	['host unreachable, reading', system('read', 'EHOSTUNREACH'), { cause: NETWORK, ...perhaps }],
	['network unreachable, writing', system('write', 'ENETUNREACH'), { cause: NETWORK, ...perhaps }],
	['forbidden to connect', connecting('EACCES'), later],
	['reset, reading', system('read', 'ECONNRESET'), { cause: BROKE, ...perhaps }],
	['reset, connecting', connecting('ECONNRESET'), { cause: BROKE, ...later }],
	['closed, writing', system('write', 'EPIPE'), { cause: BROKE, ...perhaps }],
	['hung up', nodeError('socket hang up', { code: 'ECONNRESET' }), { cause: BROKE, ...perhaps }],
	['aborted', nodeError('aborted', { code: 'ECONNRESET' }), { cause: BROKE, ...perhaps }],
	[
		'reset before TLS',
		nodeError('Client network socket disconnected before secure TLS connection was established', {
			...{ code: 'ECONNRESET', path: null, host: 'api.example', port: 443 },
		}),
		{ cause: 'The connection was lost before it was encrypted', ...later },
	],
	[
		'http behind https',
		nodeError(wrongVersion, { errno: -71, code: 'EPROTO', syscall: 'write' }),
		{ cause: TLS, ...never },
	],
	...['WRONG_VERSION_NUMBER', 'PACKET_LENGTH_TOO_LONG', 'UNSUPPORTED_PROTOCOL'].map(
		(reason): [string, Error, Partial<ConnectionFailure>] => [
			`no TLS: ${reason}`,
			nodeError(`SSL routines:${reason.toLowerCase()}`, {
				...{ library: 'SSL routines', reason: reason.toLowerCase(), code: `ERR_SSL_${reason}` },
			}),
			{ cause: TLS, ...never },
		],
	),
	[
		'a TLS alert',
		nodeError('SSL routines:ssl3_read_bytes:sslv3 alert handshake failure', {
			code: 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
		}),
		{ cause: TLS, ...never },
	],
	...(
		[
			['DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate'],
			['SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate in certificate chain'],
			['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unable to verify the first certificate'],
			['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'unable to get local issuer certificate'],
			['CERT_HAS_EXPIRED', 'certificate has expired'],
			['CERT_NOT_YET_VALID', 'certificate is not yet valid'],
			['CERT_SIGNATURE_FAILURE', 'certificate signature failure'],
			[
				'ERR_TLS_CERT_ALTNAME_INVALID',
				"Hostname/IP does not match certificate's altnames: Host: api.example. is not in the cert's altnames",
			],
		] as const
	).map(([code, message]): [string, Error, Partial<ConnectionFailure>] => [
		`certificate: ${code}`,
		nodeError(message, { code }),
		{ cause: CERTIFICATE, ...never },
	]),
	[
		'an address that is none',
		Object.assign(new TypeError('Invalid URL'), { code: 'ERR_INVALID_URL', input: 'http://:x' }),
		{ cause: ADDRESS, ...never },
	],
	[
		'a port that is none',
		Object.assign(new RangeError('options.port should be >= 0 and < 65536. Received type number'), {
			code: 'ERR_SOCKET_BAD_PORT',
		}),
		{ cause: ADDRESS, ...never },
	],
	[
		"n8n's protection of the network",
		new SsrfBlockedIpError('The request was blocked because it resolves to a restricted IP'),
		{ cause: "n8n's protection against internal requests blocks this address", ...never },
	],
	[
		'a proxy that hangs up',
		nodeError('Proxy connection ended before receiving CONNECT response'),
		{ cause: PROXY, ...later },
	],
	[
		'a proxy that talks nonsense',
		nodeError('No header received from proxy CONNECT response'),
		{ cause: PROXY, ...later },
	],
	[
		"axios' own limit",
		nodeError('timeout of 15000ms exceeded', { code: 'ECONNABORTED' }),
		{ cause: LATE, ...perhaps },
	],
	['our own limit', new Error('timeout'), { cause: LATE, ...perhaps }],
	['what nobody foresaw', new Error('Parse Error: Expected HTTP/'), perhaps],
];

describe.each(FAILURES)('%s', (_name, error, expected) => {
	test('of Node', () => {
		expect(readConnectionFailure(error)).toMatchObject(expected);
	});

	test('handed on by axios', () => {
		expect(readConnectionFailure(byAxios(error))).toMatchObject(expected);
	});

	test('handed on by n8n, in words of its own', () => {
		expect(readConnectionFailure(byN8n(byAxios(error)))).toMatchObject(expected);
		expect(readConnectionFailure(byN8n(error))).toMatchObject(expected);
	});
});

describe('a TLS handshake that failed while writing has the code EPROTO alone', () => {
	test.each([
		'error:0A000410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure:../deps/openssl/openssl/ssl/record/rec_layer_s3.c:1605:SSL alert number 40',
		'error:0A00042E:SSL routines:ssl3_read_bytes:tlsv1 alert protocol version:../deps/openssl/openssl/ssl/record/rec_layer_s3.c:1605:SSL alert number 70',
		'error:0A000458:SSL routines:ssl3_read_bytes:tlsv1 unrecognized name:../deps/openssl/openssl/ssl/record/rec_layer_s3.c:1605:SSL alert number 112',
		'error:0A000102:SSL routines:ssl_choose_client_version:unsupported protocol:../deps/openssl/openssl/ssl/statem/statem_lib.c:2001:',
		'error:0A000152:SSL routines:final_renegotiate:unsafe legacy renegotiation disabled:../deps/openssl/openssl/ssl/statem/extensions.c:922:',
	])('%s', (reason) => {
		const error = nodeError(`write EPROTO 40E7C5C2D17F0000:${reason}\n`, {
			...{ errno: -71, code: 'EPROTO', syscall: 'write' },
		});
		expect(readConnectionFailure(error)).toEqual({ cause: TLS, ...never });
	});
});

describe('a connection that breaks during the handshake, by the request that axios hands on', () => {
	const resetWith = (request: object) =>
		Object.assign(byAxios(system('read', 'ECONNRESET')), { request });
	const unsecured = { socket: { secureConnecting: true } };

	test.each([
		['alone', unsecured],
		['behind the one that would follow redirects', { _currentRequest: unsecured }],
	])('%s: nothing was sent', (_name, request) => {
		expect(readConnectionFailure(resetWith(request))).toMatchObject(later);
		expect(readConnectionFailure(byN8n(resetWith(request)))).toMatchObject(later);
		const late = nodeError('timeout of 15000ms exceeded', { code: 'ECONNABORTED', request });
		expect(readConnectionFailure(late)).toMatchObject(later);
	});

	test.each([
		['was secured', { socket: { secureConnecting: false } }],
		['never needed to be', { socket: {} }],
		['is gone', { socket: null }],
		['is not told', {}],
	])('one that %s may have carried it', (_name, request) => {
		expect(readConnectionFailure(resetWith(request))).toEqual({ cause: BROKE, ...perhaps });
	});
});

describe('several addresses tried at once', () => {
	const aggregate = (...errors: Error[]) =>
		Object.assign(new AggregateError(errors), { code: (errors[0] as { code?: string }).code });

	test.each([
		['refused by both', aggregate(connecting('ECONNREFUSED'), connecting('ECONNREFUSED')), later],
		['late and unreachable', aggregate(connecting('ETIMEDOUT'), connecting('ENETUNREACH')), later],
	])('%s', (_name, error, expected) => {
		for (const thrown of [error, byAxios(error), byN8n(byAxios(error))]) {
			expect(readConnectionFailure(thrown)).toMatchObject(expected);
		}
	});
});

describe('odd errors', () => {
	test.each([undefined, null, 5, {}, [], Symbol('s'), () => 1, new Error('')])(
		'%p may have reached the server',
		(thrown) => {
			expect(readConnectionFailure(thrown)).toEqual({ cause: 'unknown cause', ...perhaps });
		},
	);

	test('a text is read too', () => {
		expect(readConnectionFailure('socket hang up')).toEqual({ cause: BROKE, ...perhaps });
		expect(readConnectionFailure('Something else')).toEqual({
			cause: 'Something else',
			...perhaps,
		});
		expect(causeOf('Something else')).toBe('Something else');
	});

	test('a cause that is its own cause ends', () => {
		const error: Error & { cause?: unknown } = new Error('round');
		error.cause = error;
		expect(readConnectionFailure(error)).toEqual({ cause: 'round', ...perhaps });
	});

	test('one that was cut off by us may have reached the server', () => {
		const cut = Object.assign(new Error('canceled'), {
			name: 'CanceledError',
			code: 'ERR_CANCELED',
		});
		expect(readConnectionFailure(cut).reached).toBe(true);
		expect(
			readConnectionFailure(new DOMException('This operation was aborted', 'AbortError')),
		).toEqual({
			cause: BROKE,
			...perhaps,
		});
	});
});

describe('as Node makes them here and now', () => {
	const open: Server[] = [];
	afterEach(() => {
		for (const server of open.splice(0)) server.close();
	});
	const portOf = async (server: Server) => {
		open.push(server);
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		return (server.address() as AddressInfo).port;
	};
	const errorOf = async (
		begin: () => { on: (name: 'error', done: (e: Error) => void) => unknown },
	) =>
		await new Promise<Error>((resolve) => {
			try {
				begin().on('error', resolve);
			} catch (thrown) {
				resolve(thrown as Error);
			}
		});

	test('a port where nobody listens', async () => {
		const server = createTcpServer();
		const port = await portOf(server);
		await new Promise((resolve) => server.close(resolve));
		expect(readConnectionFailure(await errorOf(() => connect(port, '127.0.0.1')))).toMatchObject(
			later,
		);
	});

	test('https:// spoken to an http port', async () => {
		const port = await portOf(createServer((_request, response) => response.end()));
		const error = await errorOf(() => get(`https://127.0.0.1:${port}`));
		expect(readConnectionFailure(error)).toEqual({ cause: TLS, ...never });
	});

	test('a connection that is closed before TLS', async () => {
		const port = await portOf(createTcpServer((socket) => socket.destroy()));
		expect(
			readConnectionFailure(await errorOf(() => get(`https://127.0.0.1:${port}`))),
		).toMatchObject(later);
	});

	test('one that is closed after the request was read', async () => {
		const port = await portOf(
			createTcpServer((socket) => socket.once('data', () => socket.destroy())),
		);
		const error = await errorOf(() => plainGet(`http://127.0.0.1:${port}`));
		expect(readConnectionFailure(error)).toEqual({ cause: BROKE, ...perhaps });
	});

	test('a port that is none', async () => {
		const error = await errorOf(() => plainGet({ host: '127.0.0.1', port: 99_999 }));
		expect(readConnectionFailure(error)).toEqual({ cause: ADDRESS, ...never });
	});
});
