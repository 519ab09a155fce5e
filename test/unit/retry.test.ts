/** Retries of free requests: how often, how long apart, and when they end. */
import type { Reading } from '../../nodes/AimlVeo/api/aimlapi';
import { readWithRetry } from '../../nodes/AimlVeo/api/retry';
import { readerOf } from './support';
import { badKey } from '../../nodes/AimlVeo/shared/messages';

const answer: Reading = { kind: 'answer', answer: { data: [] } };
const noAnswer = (retryAfterMs?: number): Reading => ({
	kind: 'noAnswer',
	cause: 'The server answered with HTTP 503',
	retryAfterMs,
});
const busy = (retryAfterMs?: number): Reading => ({
	kind: 'noAnswer',
	cause: 'The server answered with HTTP 429',
	busy: true,
	retryAfterMs,
});

async function read(readings: Reading[], busyMs?: number) {
	const { reader, paths, clock } = readerOf(readings);
	const result = await readWithRetry(reader, '/v2/logs', { busyMs });
	return { result, paths, sleeps: clock.sleeps };
}

test('an answer is an answer at once', async () => {
	const { result, paths, sleeps } = await read([answer]);
	expect(result).toEqual({ answer: { data: [] } });
	expect(paths).toEqual(['/v2/logs']);
	expect(sleeps).toEqual([]);
});

test('each reading has 15 s', async () => {
	const limits: number[] = [];
	const { reader } = readerOf([]);
	const api = {
		read: async (_path: string, timeoutMs: number) => {
			limits.push(timeoutMs);
			return await Promise.resolve(limits.length < 3 ? noAnswer() : answer);
		},
	};
	await readWithRetry({ ...reader, api }, '/v1/models');
	expect(limits).toEqual([15_000, 15_000, 15_000]);
});

test('four attempts, with pauses that double; then the cause', async () => {
	const { result, paths, sleeps } = await read([noAnswer()]);
	expect(result).toEqual({ cause: 'The server answered with HTTP 503' });
	expect(paths).toHaveLength(4);
	expect(sleeps).toEqual([500, 1_000, 2_000]);
});

test('an answer to the last attempt counts', async () => {
	const { result } = await read([noAnswer(), noAnswer(), noAnswer(), answer]);
	expect(result).toEqual({ answer: { data: [] } });
});

describe('Retry-After', () => {
	test.each([
		[1, 1],
		[7_000, 7_000],
		[60_000, 60_000],
		[60_001, 60_000],
		[3_600_000, 60_000],
	])('of %d ms: asked again after %d ms', async (retryAfterMs, pauseMs) => {
		expect((await read([noAnswer(retryAfterMs), answer])).sleeps).toEqual([pauseMs]);
		expect((await read([busy(retryAfterMs), answer], 60_000)).sleeps).toEqual([pauseMs]);
	});

	test('is honoured each time anew', async () => {
		const { sleeps } = await read([noAnswer(3_000), noAnswer(), noAnswer(5_000), answer]);
		expect(sleeps).toEqual([3_000, 1_000, 5_000]);
	});

	test('of 0 does not hammer the API', async () => {
		expect((await read([noAnswer(0), noAnswer(0), answer])).sleeps).toEqual([500, 1_000]);
		expect((await read([busy(0), busy(0), answer], 60_000)).sleeps).toEqual([500, 1_000]);
	});
});

describe('refused for the rate', () => {
	test('counts as any other missing answer where nothing is granted besides', async () => {
		const { result, paths } = await read([busy(7_000)]);
		expect(result).toEqual({ cause: 'The server answered with HTTP 429' });
		expect(paths).toHaveLength(4);
	});

	test('is waited out as long as is granted, and costs no attempt', async () => {
		const { result, sleeps } = await read(
			[...Array<Reading>(15).fill(busy(10_000)), answer],
			150_000,
		);
		expect(result).toEqual({ answer: { data: [] } });
		expect(sleeps).toEqual(Array(15).fill(10_000));
	});

	test('then the attempts begin', async () => {
		const { result, sleeps, paths } = await read([busy(10_000)], 25_000);
		expect(result).toEqual({ cause: 'The server answered with HTTP 429' });
		// Two of what is granted, and four attempts.
		expect(paths).toHaveLength(6);
		expect(sleeps).toEqual(Array(5).fill(10_000));
	});

	test('without a Retry-After, the pauses grow up to a minute', async () => {
		const { sleeps } = await read([...Array<Reading>(9).fill(busy()), answer], 1_000_000);
		expect(sleeps).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
	});

	test('attempts that were used up before are not given back', async () => {
		const { result, paths } = await read(
			[noAnswer(), noAnswer(), busy(1_000), noAnswer(), noAnswer(), answer],
			60_000,
		);
		expect(result).toEqual({ cause: 'The server answered with HTTP 503' });
		expect(paths).toHaveLength(5);
	});
});

describe('ends at once', () => {
	test('with the refusal of the API', async () => {
		const { reader, clock } = readerOf(() => {
			throw badKey('Unauthorized');
		});
		await expect(readWithRetry(reader, '/v2/logs')).rejects.toThrow('did not accept the API key');
		expect(clock.sleeps).toEqual([]);
	});

	test('with the sleep, when the run is stopped', async () => {
		const { reader, paths } = readerOf([noAnswer()]);
		const stop = new Error('stopped');
		const sleep = async () => await Promise.reject(stop);
		await expect(readWithRetry({ ...reader, sleep }, '/v2/logs')).rejects.toBe(stop);
		expect(paths).toHaveLength(1);
	});
});
