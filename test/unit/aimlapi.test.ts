/** What each answer of the API means: for a paid submission, a status check and a free route. */
import type { IDataObject } from 'n8n-workflow';
import {
	apiOf,
	isEnd,
	readFree,
	readStatusCheck,
	readSubmission,
} from '../../nodes/AimlVeo/api/aimlapi';
import type { Submission } from '../../nodes/AimlVeo/api/aimlapi';
import type { ApiRequest, Exchange } from '../../nodes/AimlVeo/api/client';
import { ItemError } from '../../nodes/AimlVeo/shared/errors';
import type { ConnectionFailure } from '../../nodes/AimlVeo/api/connectionFailure';

const ID = 'gen-1:google/veo-3.1-t2v';
const HTML = '<html><head><title>413</title></head><body>Too large</body></html>';

/** An answer with this body: JSON, unless it is a text. */
const reply = (status: number, body: unknown, headers: IDataObject = {}): Exchange => {
	const isText = typeof body === 'string';
	return {
		reply: {
			status,
			headers,
			json: isText ? undefined : body,
			text: isText ? body : JSON.stringify(body),
		},
	};
};
const failure = (more: Partial<ConnectionFailure> = {}): Exchange => ({
	failure: { cause: 'The connection was lost', reached: true, mends: 'later', ...more },
});

function thrownBy(work: () => unknown): ItemError {
	let thrown: unknown = 'nothing was thrown';
	try {
		work();
	} catch (cause) {
		thrown = cause;
	}
	expect(thrown).toBeInstanceOf(ItemError);
	return thrown as ItemError;
}

const check = (exchange: Exchange) => readStatusCheck(exchange, ID);
const BAD_KEY = 'The AI/ML API did not accept the API key';
const NO_CREDITS = 'The AI/ML API account has no credits left';
const NOT_ALLOWED = 'The API key is not allowed to make this request';
const REFUSED = 'The AI/ML API refused the request';
const CHECK_REFUSED = 'The AI/ML API refused the status request';
const TOO_LARGE = 'The request is too large for the server or for a proxy in between';
const BLOCKED = 'A proxy or firewall between n8n and the AI/ML API refused the request';
const REDIRECTED = 'The AI/ML API redirected the request to another address';
const NOT_REACHED = 'The AI/ML API could not be reached';

describe('a submission is accepted', () => {
	test.each<[string, Exchange, IDataObject]>([
		[
			'with its ID and state',
			reply(201, { id: ID, status: 'queued', meta: null }),
			{ id: ID, status: 'queued', meta: null },
		],
		['with its ID alone', reply(200, { id: ID }), { id: ID, status: 'queued' }],
		[
			'with a state that is no text',
			reply(200, { id: ID, status: 7 }),
			{ id: ID, status: 'queued' },
		],
		[
			'with the video at once, in a list',
			reply(200, { id: ID, status: 'completed', video: [{ url: 'https://cdn.example/v.mp4' }] }),
			{ id: ID, status: 'completed', video: { url: 'https://cdn.example/v.mp4' } },
		],
		[
			'with what was charged in the headers, when it is over at once',
			reply(
				200,
				{ id: ID, status: 'completed', video: { url: 'https://cdn.example/v.mp4' } },
				{ 'x-aimlapi-credits-used': '42' },
			),
			{
				...{ id: ID, status: 'completed', video: { url: 'https://cdn.example/v.mp4' } },
				usage: { creditsUsed: 42 },
			},
		],
		[
			'and failed at once, with a code of its own',
			reply(200, { id: ID, status: 'error', error: { code: 400, message: 'Dark' } }),
			{ id: ID, status: 'error', error: { code: 400, message: 'Dark' } },
		],
		[
			'and failed at once, without a word for its state',
			reply(200, { id: ID, error: { code: 500, message: 'Dark' } }),
			{ id: ID, status: 'queued', error: { code: 500, message: 'Dark' } },
		],
	])('%s', (_name, exchange, answer) => {
		expect(readSubmission(exchange)).toEqual({ kind: 'accepted', id: ID, answer });
	});
});

describe('a submission is surely not taken', () => {
	test('429, in whatever form', () => {
		for (const exchange of [
			reply(429, { message: 'Slow down' }, { 'retry-after': '7' }),
			reply(200, { code: 429, msg: 'Slow down' }, { 'retry-after': '7' }),
			reply(429, 'Slow down', { 'retry-after': 7 }),
		]) {
			expect(readSubmission(exchange)).toEqual({
				kind: 'notTaken',
				cause: 'Slow down',
				busy: true,
				retryAfterMs: 7_000,
			});
		}
		expect(readSubmission(reply(429, HTML))).toMatchObject({ cause: 'HTTP 429', busy: true });
	});

	test('nothing reached the server: as long as there is time, or for seconds', () => {
		expect(readSubmission(failure({ reached: false }))).toEqual({
			kind: 'notTaken',
			cause: 'The connection was lost',
			busy: false,
		});
		const soon = readSubmission(failure({ reached: false, mends: 'soon' }));
		expect(soon).toMatchObject({ kind: 'notTaken', busy: false });
		expect((soon as { withinMs?: number }).withinMs).toBeLessThanOrEqual(10_000);
	});
});

describe('a submission is refused: nothing was charged', () => {
	test.each<[string, Exchange, string, number]>([
		['400', reply(400, { message: 'No such thing' }), REFUSED, 400],
		['422', reply(422, { detail: [{ loc: ['body', 'seed'], msg: 'No' }] }), REFUSED, 422],
		['404, of the route', reply(404, HTML), REFUSED, 404],
		['401', reply(401, { message: 'Unauthorized' }), BAD_KEY, 401],
		['402', reply(402, { message: 'Pay' }), NO_CREDITS, 403],
		['403 for want of credits', reply(403, { message: 'Top up your balance' }), NO_CREDITS, 403],
		['403', reply(403, { message: 'Forbidden' }), NOT_ALLOWED, 403],
		['403 in HTML', reply(403, HTML), BLOCKED, 403],
		['401 in HTML', reply(401, HTML), BLOCKED, 401],
		['403 in bare text', reply(403, 'Blocked by policy: no credit here'), BLOCKED, 403],
		['407 in HTML', reply(407, HTML), BLOCKED, 407],
		['407 without a body', reply(407, ''), BLOCKED, 407],
		['407 in JSON', reply(407, { message: 'Proxy' }), BLOCKED, 407],
		['511', reply(511, HTML), BLOCKED, 511],
		['413 in HTML', reply(413, HTML), TOO_LARGE, 413],
		['413 in JSON', reply(413, { message: 'Payload too large' }), TOO_LARGE, 413],
		['a redirect', reply(302, ''), REDIRECTED, 302],
		['200 with a code', reply(200, { code: 402, msg: 'Credits insufficient' }), NO_CREDITS, 403],
		['200 with a code in text', reply(200, { code: '401', msg: 'No' }), BAD_KEY, 401],
		['200 with statusCode', reply(200, { statusCode: 400, message: 'No' }), REFUSED, 400],
		['201 with a status', reply(201, { status: 422, message: 'No' }), REFUSED, 422],
		['200 with an error', reply(200, { error: { code: 403, message: 'No' } }), NOT_ALLOWED, 403],
	])('%s', (_name, exchange, message, httpCode) => {
		const refusal = thrownBy(() => readSubmission(exchange));
		expect(refusal.message).toBe(message);
		expect(refusal.details.httpCode).toBe(httpCode);
	});

	test('in the words of the server', () => {
		const said = (exchange: Exchange) =>
			thrownBy(() => readSubmission(exchange)).details.description;
		expect(said(reply(200, { code: 402, msg: 'Credits insufficient' }))).toContain(
			'"Credits insufficient"',
		);
		expect(said(reply(413, 'Body exceeds 10 MB'))).toContain('"Body exceeds 10 MB"');
		expect(said(reply(413, HTML))).not.toContain('<');
		expect(said(reply(403, HTML))).not.toContain('<');
	});

	test('for all items alike: the key, the credits, a redirect, whoever blocks the way', () => {
		const ends = (exchange: Exchange) => thrownBy(() => readSubmission(exchange)).details.endsRun;
		for (const exchange of [
			reply(401, { message: 'No' }),
			reply(402, { message: 'No' }),
			reply(302, ''),
			reply(407, ''),
			failure({ reached: false, mends: 'never' }),
		]) {
			expect(ends(exchange)).toBe(true);
		}
		for (const exchange of [reply(400, { message: 'No' }), reply(413, HTML), reply(403, HTML)]) {
			expect(ends(exchange)).not.toBe(true);
		}
	});

	test('by what will never mend: told at once', () => {
		const refusal = thrownBy(() => readSubmission(failure({ reached: false, mends: 'never' })));
		expect(refusal.message).toBe(NOT_REACHED);
		expect(refusal.details.description).toContain('Nothing was charged');
	});
});

describe('a submission is lost: it may have been charged', () => {
	const named = { 'x-inference-id': ID };
	test.each<[string, Exchange, Omit<Extract<Submission, { kind: 'lost' }>, 'kind'>]>([
		['sent, and no answer', failure(), { cause: 'The connection was lost' }],
		[
			'sent, and no answer, for good',
			failure({ mends: 'never' }),
			{ cause: 'The connection was lost' },
		],
		['502', reply(502, HTML), { cause: 'The server answered with HTTP 502' }],
		[
			'500 in JSON',
			reply(500, { message: 'Oops' }),
			{ cause: 'The server answered with HTTP 500 ("Oops")' },
		],
		['408', reply(408, 'Too slow'), { cause: 'The server answered with HTTP 408 ("Too slow")' }],
		[
			'200 with a 5xx inside',
			reply(200, { code: 500, msg: 'Oops' }),
			{ cause: 'The server answered with HTTP 500 ("Oops")' },
		],
		[
			'200 without an ID',
			reply(200, { ok: true }),
			{ cause: expect.stringContaining('no generation ID') as never },
		],
		[
			'200 in HTML',
			reply(200, HTML),
			{ cause: expect.stringContaining('no generation ID') as never },
		],
		[
			'200 with a list',
			reply(200, []),
			{ cause: expect.stringContaining('no generation ID') as never },
		],
		[
			'5xx with the ID in a header',
			reply(504, HTML, named),
			{ cause: 'The server answered with HTTP 504', id: ID },
		],
		[
			'2xx with the ID in a header alone',
			reply(200, { ok: true }, named),
			{ cause: expect.stringContaining('no generation ID') as never, id: ID },
		],
		[
			'a cut JSON with the ID in a header',
			reply(201, `{"id":"${ID}","stat`, named),
			{ cause: expect.stringContaining('no generation ID') as never, id: ID },
		],
	])('%s', (_name, exchange, expected) => {
		expect(readSubmission(exchange)).toEqual({ kind: 'lost', ...expected });
	});

	test('an ID in the body of a 5xx is kept as one in its header is', () => {
		expect(readSubmission(reply(500, { id: ID, message: 'Oops' }))).toMatchObject({
			kind: 'lost',
			id: ID,
		});
	});

	test('an answer without an ID is told in its own words', () => {
		const answer = reply(200, { success: false, message: 'The model is overloaded' });
		expect(readSubmission(answer)).toMatchObject({
			kind: 'lost',
			cause: expect.stringContaining('The model is overloaded') as never,
		});
	});

	test('an ID in a header of a refusal changes nothing', () => {
		expect(thrownBy(() => readSubmission(reply(400, { message: 'No' }, named))).message).toBe(
			REFUSED,
		);
	});
});

describe('a check brings an answer', () => {
	const video = { url: 'https://cdn.example/v.mp4' };
	test.each<[string, unknown, IDataObject]>([
		['under the ID that was asked for', { status: 'queued' }, { id: ID, status: 'queued' }],
		[
			'whatever other form of the ID it holds',
			{ id: 'gen-1', status: 'generating' },
			{ id: ID, status: 'generating' },
		],
		[
			'its video an object',
			{ id: ID, status: 'completed', video: [video] },
			{ id: ID, status: 'completed', video },
		],
		[
			'the first of several videos that has an address',
			{ id: ID, status: 'completed', video: [null, { url: '' }, video, { url: 'https://b' }] },
			{ id: ID, status: 'completed', video },
		],
		[
			'a failure with a code of its own',
			{ id: ID, status: 'error', error: { code: 400, message: 'Dark' } },
			{ id: ID, status: 'error', error: { code: 400, message: 'Dark' } },
		],
		[
			'a failure with a code of its own and no ID',
			{ status: 'error', error: { code: 400, message: 'Dark' } },
			{ id: ID, status: 'error', error: { code: 400, message: 'Dark' } },
		],
	])('%s', (_name, body, answer) => {
		expect(check(reply(200, body))).toEqual({ kind: 'answer', answer });
	});

	test('with what was charged, when it is over', () => {
		const headers = { 'x-aimlapi-credits-used': '7', 'x-aimlapi-usd-spent': '0.5' };
		expect(check(reply(200, { status: 'completed', video }, headers))).toMatchObject({
			answer: { usage: { creditsUsed: 7, usdSpent: 0.5 } },
		});
		expect(check(reply(200, { status: 'completed' }, headers))).toMatchObject({
			answer: { usage: { creditsUsed: 7, usdSpent: 0.5 } },
		});
		const running = check(reply(200, { status: 'generating' }, headers));
		expect(running).toEqual({ kind: 'answer', answer: { id: ID, status: 'generating' } });
	});
});

describe('a check brings nothing yet', () => {
	test.each<[string, Exchange, object]>([
		['404', reply(404, { message: 'Not found' }), { kind: 'unknownId' }],
		['200 with a 404', reply(200, { code: 404, msg: 'No' }), { kind: 'unknownId' }],
		[
			'429',
			reply(429, { message: 'Slow' }, { 'retry-after': '9' }),
			{
				...{ kind: 'noAnswer', cause: 'The server answered with HTTP 429 ("Slow")' },
				...{ busy: true, retryAfterMs: 9_000 },
			},
		],
		[
			'503',
			reply(503, HTML, { 'retry-after': '9' }),
			{
				...{ kind: 'noAnswer', cause: 'The server answered with HTTP 503' },
				...{ busy: false, retryAfterMs: 9_000 },
			},
		],
		[
			'200 in HTML',
			reply(200, HTML),
			{ kind: 'noAnswer', cause: 'The server answered with HTTP 200', busy: false },
		],
		[
			'200 without a state',
			reply(200, { id: ID }),
			{ kind: 'noAnswer', cause: expect.any(String), busy: false },
		],
		[
			'403 in HTML',
			reply(403, HTML),
			{ kind: 'noAnswer', cause: 'The server answered with HTTP 403', busy: false },
		],
		[
			'401 in HTML',
			reply(401, HTML),
			{ kind: 'noAnswer', cause: 'The server answered with HTTP 401', busy: false },
		],
		[
			'407',
			reply(407, ''),
			{ kind: 'noAnswer', cause: 'The server answered with HTTP 407', busy: false },
		],
		[
			'511',
			reply(511, HTML),
			{ kind: 'noAnswer', cause: 'The server answered with HTTP 511', busy: false },
		],
		[
			'408',
			reply(408, ''),
			{ kind: 'noAnswer', cause: 'The server answered with HTTP 408', busy: false },
		],
		['no answer', failure(), { kind: 'noAnswer', cause: 'The connection was lost' }],
		[
			'no connection',
			failure({ reached: false, mends: 'soon' }),
			{ kind: 'noAnswer', cause: 'The connection was lost' },
		],
	])('%s', (_name, exchange, expected) => {
		expect(check(exchange)).toEqual(expected);
	});

	test('407 in the JSON of a proxy is ridden out too: the API never says it', () => {
		expect(check(reply(407, { message: 'Proxy' }))).toMatchObject({ kind: 'noAnswer' });
	});
});

describe('a check is refused', () => {
	test.each<[string, Exchange, string]>([
		['401', reply(401, { message: 'No' }), BAD_KEY],
		['402', reply(402, { message: 'No' }), NO_CREDITS],
		['403', reply(403, { message: 'No' }), NOT_ALLOWED],
		['400', reply(400, { message: 'No' }), CHECK_REFUSED],
		['200 with a code', reply(200, { code: 401, msg: 'No' }), BAD_KEY],
		['a redirect', reply(301, ''), REDIRECTED],
		['what will never mend', failure({ reached: false, mends: 'never' }), NOT_REACHED],
	])('%s', (_name, exchange, message) => {
		expect(thrownBy(() => check(exchange)).message).toBe(message);
	});

	test('with the ID in the message that is about the video', () => {
		const refusal = thrownBy(() => check(reply(400, { message: 'No' })));
		expect(refusal.details.generationId).toBe(ID);
		expect(refusal.details.description).toContain(ID);
	});
});

describe('a free route', () => {
	test.each<[string, Exchange, object]>([
		['answers', reply(200, { data: [] }), { kind: 'answer', answer: { data: [] } }],
		[
			'429',
			reply(429, { message: 'Slow' }, { 'retry-after': '9' }),
			{
				...{ kind: 'noAnswer', cause: 'The server answered with HTTP 429 ("Slow")' },
				...{ busy: true, retryAfterMs: 9_000 },
			},
		],
		['200 with a 429', reply(200, { code: 429, msg: 'Slow' }), { kind: 'noAnswer', busy: true }],
		[
			'503',
			reply(503, HTML),
			{ kind: 'noAnswer', cause: 'The server answered with HTTP 503', busy: false },
		],
		['404', reply(404, HTML), { kind: 'noAnswer', cause: 'The server answered with HTTP 404' }],
		[
			'200 in HTML',
			reply(200, HTML),
			{ kind: 'noAnswer', cause: 'The server answered with HTTP 200' },
		],
		['200 with a list', reply(200, []), { kind: 'noAnswer' }],
		['no answer', failure(), { kind: 'noAnswer', cause: 'The connection was lost' }],
	])('%s', (_name, exchange, expected) => {
		expect(readFree(exchange)).toMatchObject(expected);
	});

	test.each<[string, Exchange, string]>([
		['400', reply(400, { message: 'No' }), REFUSED],
		['401', reply(401, { message: 'No' }), BAD_KEY],
		['403', reply(403, { message: 'No' }), NOT_ALLOWED],
		['403 in HTML', reply(403, HTML), BLOCKED],
		['407', reply(407, ''), BLOCKED],
		['a redirect', reply(307, ''), REDIRECTED],
		['what will never mend', failure({ reached: false, mends: 'never' }), NOT_REACHED],
	])('is refused with %s', (_name, exchange, message) => {
		expect(thrownBy(() => readFree(exchange)).message).toBe(message);
	});
});

describe('the requests', () => {
	function recorded(exchange: Exchange = reply(200, { id: ID, status: 'queued' })) {
		const requests: ApiRequest[] = [];
		const api = apiOf(async (request) => {
			requests.push(request);
			return await Promise.resolve(exchange);
		});
		return { api, requests };
	}

	test('a submission has its client request ID', async () => {
		const { api, requests } = recorded();
		expect(await api.submit({ prompt: 'A hill' }, 'n8n.1')).toMatchObject({ kind: 'accepted' });
		expect(requests).toEqual([
			expect.objectContaining({
				method: 'POST',
				path: '/v2/video/generations',
				headers: { 'X-Client-Request-Id': 'n8n.1' },
				body: { prompt: 'A hill' },
			}),
		]);
	});

	test('its limit grows with what is uploaded', async () => {
		const { api, requests } = recorded();
		const image = 'A'.repeat(16_000_000);
		await api.submit({ prompt: 'A hill' }, 'n8n.1');
		await api.submit({ prompt: 'A hill', image_url: image }, 'n8n.1');
		await api.submit({ prompt: 'A hill', image_urls: [image, image] }, 'n8n.1');
		const [smallMs = 0, oneMs = 0, twoMs = 0] = requests.map(({ timeoutMs }) => timeoutMs);
		expect(smallMs).toBeGreaterThanOrEqual(120_000);
		expect(smallMs).toBeLessThan(121_000);
		// 16 MB take 128 s at 1 Mbit/s, and the API may think for a while after.
		expect(oneMs).toBeGreaterThan(128_000 + 120_000);
		expect(twoMs - smallMs).toBe(2 * (oneMs - smallMs));
	});

	test('a check asks for the ID, whatever is in it', async () => {
		const { api, requests } = recorded();
		expect(await api.check('a:b/c d&e', 5_000)).toMatchObject({ kind: 'answer' });
		expect(requests).toEqual([
			{
				method: 'GET',
				path: '/v2/video/generations?generation_id=a%3Ab%2Fc%20d%26e',
				timeoutMs: 5_000,
			},
		]);
	});

	test('a free route is asked as it is given', async () => {
		const { api, requests } = recorded();
		expect(await api.read('/v1/models?id=a', 5_000)).toMatchObject({ kind: 'answer' });
		expect(requests).toEqual([{ method: 'GET', path: '/v1/models?id=a', timeoutMs: 5_000 }]);
	});
});

test.each([
	[{ status: 'completed', video: { url: 'https://cdn.example/v.mp4' } }, true],
	[{ status: 'error' }, true],
	[{ status: 'completed' }, false],
	[{ status: 'queued' }, false],
	[{}, false],
])('%j is the end: %s', (answer, expected) => {
	expect(isEnd(answer as IDataObject)).toBe(expected);
});
