/** Waiting that Stop ends at once, with the `sleep` of this n8n and with that of older ones. */
import { pause, unlessAborted, withLimit } from '../../nodes/AimlVeo/shared/pause';

const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

describe('pause', () => {
	test('takes its time', async () => {
		const startMs = Date.now();
		await pause(60, new AbortController().signal);
		expect(Date.now() - startMs).toBeGreaterThanOrEqual(59);
	});

	test('ends at once when aborted, and leaves no timer', async () => {
		const before = timers();
		const end = new AbortController();
		const paused = pause(3_600_000, end.signal);
		setImmediate(() => end.abort(new Error('stopped')));
		await expect(paused).rejects.toThrow();
		expect(timers()).toBe(before);
	});

	test('does not begin when aborted before', async () => {
		await expect(pause(3_600_000, AbortSignal.abort(new Error('stopped')))).rejects.toThrow(
			'stopped',
		);
	});
});

describe('pause with the sleep of n8n before 2.34, which knows no signal', () => {
	// The older function itself, as n8n-workflow had it.
	const oldSleep = async (ms: number): Promise<void> =>
		await new Promise((resolve) => {
			setTimeout(resolve, ms);
		});

	async function withOldSleep(work: (own: typeof pause) => Promise<void>): Promise<void> {
		jest.resetModules();
		jest.doMock('n8n-workflow', () => ({ sleep: oldSleep }));
		try {
			await work((await import('../../nodes/AimlVeo/shared/pause')).pause);
		} finally {
			jest.dontMock('n8n-workflow');
			jest.resetModules();
		}
	}

	test('takes its time', async () => {
		await withOldSleep(async (own) => {
			const startMs = Date.now();
			await own(250, new AbortController().signal);
			expect(Date.now() - startMs).toBeGreaterThanOrEqual(249);
		});
	});

	test('ends within 250 ms when aborted', async () => {
		await withOldSleep(async (own) => {
			const end = new AbortController();
			const paused = own(3_600_000, end.signal);
			const abortedMs = Date.now();
			end.abort(new Error('stopped'));
			await expect(paused).rejects.toThrow('stopped');
			expect(Date.now() - abortedMs).toBeLessThan(250);
		});
	});

	test('0 ms do not sleep', async () => {
		await withOldSleep(async (own) => await own(0, new AbortController().signal));
	});
});

describe('unlessAborted', () => {
	const never = new Promise<never>(() => {});

	test("gives the work's result", async () => {
		const { signal } = new AbortController();
		await expect(unlessAborted(Promise.resolve(5), signal)).resolves.toBe(5);
		await expect(unlessAborted(Promise.reject(new Error('own')), signal)).rejects.toThrow('own');
	});

	test('rejects with the reason as soon as aborted, whatever the work does', async () => {
		const end = new AbortController();
		const raced = unlessAborted(never, end.signal);
		end.abort(new Error('stopped'));
		await expect(raced).rejects.toThrow('stopped');
	});

	test('rejects when aborted before', async () => {
		const aborted = AbortSignal.abort(new Error('stopped'));
		await expect(unlessAborted(never, aborted)).rejects.toThrow('stopped');
	});

	test('leaves no listener behind', async () => {
		const { signal } = new AbortController();
		const remove = jest.spyOn(signal, 'removeEventListener');
		const add = jest.spyOn(signal, 'addEventListener');
		await unlessAborted(Promise.resolve(), signal);
		expect(remove.mock.calls[0]?.[1]).toBe(add.mock.calls[0]?.[1]);
		expect(remove).toHaveBeenCalledTimes(1);
	});
});

describe('withLimit', () => {
	test("gives the work's result, and leaves no timer", async () => {
		const before = timers();
		await expect(withLimit(Promise.resolve(5), 3_600_000)).resolves.toBe(5);
		await expect(withLimit(Promise.reject(new Error('own')), 3_600_000)).rejects.toThrow('own');
		expect(timers()).toBe(before);
	});

	test('rejects when the time is over, whatever the work does', async () => {
		const startMs = Date.now();
		await expect(withLimit(new Promise<never>(() => {}), 60)).rejects.toThrow('timeout');
		expect(Date.now() - startMs).toBeGreaterThanOrEqual(59);
	});
});
