/** The readers of API answers, shape by shape. */
import {
	asRow,
	isWebUrl,
	modelInId,
	readOutcome,
	readReason,
	readRetryAfterMs,
} from '../../nodes/AimlVeo/answers';

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
	test.each<[string, object, object]>([
		['queued', { status: 'queued' }, { kind: 'running', status: 'queued' }],
		['generating', { status: 'generating' }, { kind: 'running', status: 'generating' }],
		['a state nobody knows', { status: 'Resting' }, { kind: 'running', status: 'resting' }],
		['no state', {}, { kind: 'running', status: 'unknown' }],
		['a state that is no text', { status: 7 }, { kind: 'running', status: 'unknown' }],
		['running with a video', { status: 'active', video }, { kind: 'running', status: 'active' }],
		[
			'completed',
			{ status: 'completed', video },
			{ kind: 'completed', status: 'completed', url: video.url },
		],
		[
			'COMPLETED',
			{ status: 'COMPLETED', video },
			{ kind: 'completed', status: 'completed', url: video.url },
		],
		[
			'succeeded',
			{ status: 'succeeded', video },
			{ kind: 'completed', status: 'succeeded', url: video.url },
		],
		['no video', { status: 'completed' }, { kind: 'withoutVideo', status: 'completed' }],
		[
			'video null',
			{ status: 'completed', video: null },
			{ kind: 'withoutVideo', status: 'completed' },
		],
		[
			'url is no text',
			{ status: 'completed', video: { url: {} } },
			{ kind: 'withoutVideo', status: 'completed' },
		],
		[
			'error',
			{ status: 'error', error: 'Dark' },
			{ kind: 'failed', status: 'error', reason: 'Dark' },
		],
		['failed', { status: 'failed', error: null }, { kind: 'failed', status: 'failed' }],
		['error with a video', { status: 'error', video }, { kind: 'failed', status: 'error' }],
	])('%s', (_name, answer, outcome) => {
		expect(readOutcome(answer as never)).toEqual(outcome);
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
