/** The readers of API answers, shape by shape. */
import {
	asGeneration,
	asRow,
	isWebUrl,
	modelInId,
	readOutcome,
	readReason,
	readRetryAfterMs,
	readUsage,
	readVideo,
} from '../../nodes/AimlVeo/api/responses';

describe('readReason', () => {
	test.each<[string, unknown, string | undefined]>([
		['a string', ' Busy ', 'Busy'],
		['name and message', { name: 'Refused', message: 'Too dark' }, 'Too dark'],
		['a name alone', { name: 'Refused' }, 'Refused'],
		[
			'a list of places',
			{ detail: [{ loc: ['body', 'seed', 0], msg: 'Too big' }] },
			'body.seed.0: Too big',
		],
		['two in a list', { detail: [{ msg: 'a' }, { msg: 'b' }] }, 'a; b'],
		['one in another', { error: { error: { message: 'Deep' } } }, 'Deep'],
		['blank before told', { message: '', detail: 'Told' }, 'Told'],
		['msg', { code: 402, msg: 'Credits insufficient' }, 'Credits insufficient'],
		['empty', {}, undefined],
		['null', null, undefined],
		['a number', 5, undefined],
		['blank', ' ', undefined],
		['an empty list', [], undefined],
		['too deep', [[[[[[['far']]]]]]], undefined],
		[
			'a place that is no text',
			{ detail: [{ loc: [{ a: 1 }, { toString: 1 }, 'seed'], msg: 'No' }] },
			'seed: No',
		],
	])('%s', (_name, value, reason) => {
		expect(readReason(value)).toBe(reason);
	});

	test('has 500 characters at the most, and ten parts of a list', () => {
		expect(readReason('x'.repeat(600))).toHaveLength(500);
		expect(readReason(Array.from({ length: 9 }, () => 'y'.repeat(99)))).toHaveLength(500);
		expect(readReason({ loc: ['p'.repeat(300)], msg: 'm'.repeat(400) })).toHaveLength(500);
		expect(readReason(Array.from({ length: 12 }, (_, index) => `n${index}`))).toMatch(/n9$/);
	});
});

describe('readOutcome', () => {
	const video = { url: 'https://cdn.example/v.mp4' };
	const completed = (status: string) => ({ kind: 'completed', status, url: video.url });
	const withoutVideo = { kind: 'withoutVideo', status: 'completed', charged: false };
	const failed = { kind: 'failed', status: 'error', charged: false };

	test.each<[string, object, object]>([
		['queued', { status: 'queued' }, { kind: 'running', status: 'queued' }],
		['generating', { status: 'generating' }, { kind: 'running', status: 'generating' }],
		['a state nobody knows', { status: 'Resting' }, { kind: 'running', status: 'resting' }],
		['no state', {}, { kind: 'running', status: 'unknown' }],
		['a state that is no text', { status: 7 }, { kind: 'running', status: 'unknown' }],
		['running with a video', { status: 'active', video }, { kind: 'running', status: 'active' }],
		[
			'running, with a word about it',
			{ status: 'queued', message: 'Busy today' },
			{ kind: 'running', status: 'queued', reason: 'Busy today' },
		],
		[
			'running, with a word that is none',
			{ status: 'queued', error: null, message: '' },
			{ kind: 'running', status: 'queued' },
		],
		['completed', { status: 'completed', video }, completed('completed')],
		['COMPLETED', { status: 'COMPLETED', video }, completed('completed')],
		['succeeded', { status: 'succeeded', video }, completed('succeeded')],
		['a list of videos', { status: 'completed', video: [video] }, completed('completed')],
		[
			'a list with a gap',
			{ status: 'completed', video: [null, {}, video] },
			completed('completed'),
		],
		['a state nobody knows with a video', { status: 'ready', video }, completed('ready')],
		['no state with a video', { video }, completed('unknown')],
		['no video', { status: 'completed' }, withoutVideo],
		['video null', { status: 'completed', video: null }, withoutVideo],
		['an empty list', { status: 'completed', video: [] }, withoutVideo],
		['url is no text', { status: 'completed', video: { url: {} } }, withoutVideo],
		[
			'no video, with a reason',
			{ status: 'completed', error: { message: 'Held back' } },
			{ ...withoutVideo, reason: 'Held back' },
		],
		['error', { status: 'error', error: 'Dark' }, { ...failed, reason: 'Dark' }],
		['failed', { status: 'failed', error: null }, { ...failed, status: 'failed' }],
		[
			'failed, by its message',
			{ status: 'failed', message: 'Dark' },
			{ ...failed, status: 'failed', reason: 'Dark' },
		],
		['error with a video', { status: 'error', video }, failed],
	])('%s', (_name, answer, outcome) => {
		expect(readOutcome(answer as never)).toEqual(outcome);
	});

	test.each([
		...['error', 'failed', 'failure', 'canceled', 'cancelled', 'expired', 'rejected', 'aborted'],
		...['terminated', 'timeout', 'timed_out', 'blocked', 'content_moderated', 'nsfw'],
		...['Timed Out', 'CANCELED', 'content-filtered'],
	])('"%s" is an end without a video', (status) => {
		expect(readOutcome({ status })).toEqual({ ...failed, status: status.toLowerCase() });
		expect(readOutcome({ status, video })).toMatchObject({ kind: 'failed' });
	});

	test.each(['completed', 'complete', 'succeeded', 'success', 'done', 'Finished'])(
		'"%s" is the end',
		(status) => {
			expect(readOutcome({ status, video })).toEqual(completed(status.toLowerCase()));
			expect(readOutcome({ status })).toEqual({ ...withoutVideo, status: status.toLowerCase() });
		},
	);

	test.each([
		'queued',
		'waiting',
		'pending',
		'processing',
		'in_progress',
		'In Progress',
		'in-queue',
	])('"%s" is none, whatever address is beside it', (status) => {
		expect(readOutcome({ status, video })).toEqual({
			kind: 'running',
			status: status.toLowerCase(),
		});
	});

	test.each<[object, boolean]>([
		[{ meta: { usage: { credits_used: 5 } } }, true],
		[{ meta: { usage: { credits_used: '5' } } }, true],
		[{ meta: { usage: { usd_spent: 0.01 } } }, true],
		// As asGeneration passes on what the headers said.
		[{ usage: { creditsUsed: 5 } }, true],
		[{ usage: { usdSpent: 0.01 } }, true],
		[{ meta: { usage: { credits_used: 0, usd_spent: 0 } } }, false],
		[{ meta: { usage: { credits_used: -5 } } }, false],
		[{ meta: { usage: { credits_used: 'many' } } }, false],
		[{ meta: { usage: null }, usage: 'none' }, false],
		[{ usage: { creditsUsed: 'x' } }, false],
		[{ meta: null }, false],
	])('%j: charged is %s', (more, charged) => {
		expect(readOutcome({ status: 'completed', ...more })).toMatchObject({
			kind: 'withoutVideo',
			charged,
		});
		expect(readOutcome({ status: 'error', ...more })).toMatchObject({ kind: 'failed', charged });
	});
});

describe('readVideo', () => {
	const video = { url: 'https://cdn.example/v.mp4', size: 5 };
	test.each<[string, unknown, unknown]>([
		['an object', video, video],
		['a list', [video], video],
		['the first of a list that has an address', [{ url: ' ' }, video, { url: 'https://b' }], video],
		['an address', 'https://cdn.example/v.mp4', { url: 'https://cdn.example/v.mp4' }],
		['a list of addresses', ['https://cdn.example/v.mp4'], { url: 'https://cdn.example/v.mp4' }],
		['a text that is no address', 'soon', undefined],
		['a list in a list', [[video]], undefined],
		['none', undefined, undefined],
	])('%s', (_name, given, expected) => {
		expect(readVideo({ video: given } as never)).toEqual(expected);
	});
});

describe('readUsage', () => {
	const headers = { 'x-aimlapi-credits-used': '42', 'x-aimlapi-usd-spent': '0.5' };
	test.each<[string, object, object, object | undefined]>([
		[
			'the answer',
			{ meta: { usage: { credits_used: 7, usd_spent: 0.1 } } },
			{},
			{ creditsUsed: 7, usdSpent: 0.1 },
		],
		['the headers', {}, headers, { creditsUsed: 42, usdSpent: 0.5 }],
		[
			'the answer before the headers, part by part',
			{ meta: { usage: { credits_used: 7 } } },
			headers,
			{ creditsUsed: 7, usdSpent: 0.5 },
		],
		['nothing', {}, {}, undefined],
		['nothing that is a number', { meta: { usage: { credits_used: 'x' } } }, {}, undefined],
		['nothing charged', { meta: { usage: { credits_used: 0 } } }, {}, { creditsUsed: 0 }],
	])('by %s', (_name, answer, given, usage) => {
		expect(readUsage(answer as never, given as never)).toEqual(usage);
	});
});

describe('asGeneration', () => {
	const video = { url: 'https://cdn.example/v.mp4' };

	test('has the ID that was asked for, and its video as an object', () => {
		const answer = { id: 'other form', status: 'completed', video: [video], meta: 5 };
		expect(asGeneration(answer, 'gen-1')).toEqual({ ...answer, id: 'gen-1', video });
		expect(answer.video).toEqual([video]);
	});

	test('leaves alone a video that is none', () => {
		expect(asGeneration({ status: 'completed', video: [] }, 'gen-1').video).toEqual([]);
		expect(asGeneration({ status: 'queued' }, 'gen-1')).toEqual({ id: 'gen-1', status: 'queued' });
	});

	test('tells what was charged once it is over', () => {
		const headers = { 'x-aimlapi-credits-used': 7 };
		const usageOf = (status: string) => asGeneration({ status, video }, 'gen-1', headers).usage;
		expect(usageOf('completed')).toEqual({ creditsUsed: 7 });
		expect(usageOf('error')).toEqual({ creditsUsed: 7 });
		expect(usageOf('queued')).toBeUndefined();
	});
});

describe('asRow', () => {
	test('drops a top-level error, keeps all else and the answer itself', () => {
		const answer = { id: 'a', error: null, meta: { error: 'kept' } };
		expect(asRow(answer, undefined)).toEqual({ id: 'a', meta: { error: 'kept' } });
		expect(answer).toHaveProperty('error');
	});

	test('adds the model where the answer has none', () => {
		expect(asRow({ id: 'a' }, 'm')).toEqual({ id: 'a', model: 'm' });
		expect(asRow({ model: null }, 'm')).toEqual({ model: 'm' });
		expect(asRow({ model: 'own' }, 'm')).toEqual({ model: 'own' });
		expect(asRow({ id: 'a' }, undefined)).not.toHaveProperty('model');
	});
});

test.each([
	['9fa414f4-9733-46c8-a88c-ae46206f5e47:google/veo-3.1-i2v', 'google/veo-3.1-i2v'],
	['abc:veo-3.1-lite-generate-001', 'veo-3.1-lite-generate-001'],
	['QWcoGFfDtx2Th5tCkeilb', undefined],
	['a:b:c', undefined],
	['a: b', undefined],
	[':google/x', undefined],
])('model in the id "%s"', (id, model) => {
	expect(modelInId(id)).toBe(model);
});

test.each([
	['https://cdn.example/v.mp4', true],
	['http://127.0.0.1:8080/v', true],
	['HTTPS://CDN.EXAMPLE/V', true],
	['ftp://cdn.example/v', false],
	['file:///etc/passwd', false],
	['data:video/mp4;base64,AAAA', false],
	['javascript:alert(1)', false],
	['//cdn.example/v', false],
	['/v.mp4', false],
	['https://', false],
	['', false],
])('"%s" is a web address: %s', (text, expected) => {
	expect(isWebUrl(text)).toBe(expected);
});

describe('readRetryAfterMs', () => {
	const NOW_MS = Date.parse('2026-08-01T12:00:00Z');
	test.each<[string, unknown, number | undefined]>([
		['seconds', '7', 7_000],
		['a number', 7, 7_000],
		['parts of a second', '0.5', 500],
		['nothing to wait', '0', 0],
		['with spaces', ' 2 ', 2_000],
		['a date', 'Sat, 01 Aug 2026 12:00:30 GMT', 30_000],
		['a date in the past', 'Sat, 01 Aug 2026 11:00:00 GMT', 0],
		['no header', undefined, undefined],
		['blank', '', undefined],
		['no time at all', 'soon', undefined],
		['a list', ['1'], undefined],
		['not a number', NaN, undefined],
	])('%s', (_name, header, ms) => {
		expect(readRetryAfterMs(header, NOW_MS)).toBe(ms);
	});
});
