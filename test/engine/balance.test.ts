/** The account's balance: estimates return it, and a run that costs more is refused before it begins. */
import type { FaultAction } from '../../sandbox/stand-ins/api/faults';
import { agentWorkflow, veoWorkflow } from './harness';
import { itemsOf, posts, TEXT, useEngine } from './setup';

const setup = useEngine();
/** $4.00 each: 8 seconds at $0.50. */
const CREATE = { ...TEXT, operation: 'create' };
const estimate = { ...TEXT, options: { estimateOnly: true } };
const limited = { ...CREATE, options: { maxCost: 1_000 } };
const run = async (parameters: object, count = 1, settings = {}) =>
	await setup.engine.run(veoWorkflow(parameters as never, settings), {
		items: itemsOf(count),
		credentials: setup.api,
	});
const balanceReads = () => setup.api.log.filter(({ path }) => path.startsWith('/v2/billing'));
const rowsOf = async (parameters: object, count = 1) =>
	(await run(parameters, count)).outputs[0]?.map(({ json }) => json) ?? [];

describe('Estimate Only', () => {
	test('each row tells the balance, and what is left of it after all items', async () => {
		setup.api.settings.balanceUsd = 250.3;
		const rows = await rowsOf(estimate, 50);
		expect(rows).toHaveLength(50);
		for (const row of rows) {
			expect(row).toMatchObject({
				estimatedCostUsd: 4,
				balanceUsd: 250.3,
				balanceAfterRunUsd: 50.3,
			});
		}
		expect(balanceReads()).toHaveLength(1);
		expect(posts(setup)).toEqual([]);
	});

	test.each([
		['too little', 11, -1],
		['an overdrawn account', -0.5, -12.5],
		['exactly enough', 12, 0],
		// In floating point, 12.1 - 12 is 0.09999999999999964.
		['whole millionths', 12.1, 0.1],
	])('%s', async (_name, balanceUsd, balanceAfterRunUsd) => {
		setup.api.settings.balanceUsd = balanceUsd;
		const [row] = await rowsOf(estimate, 3);
		expect(row).toMatchObject({ balanceUsd, balanceAfterRunUsd });
	});

	test('without every price, what is left is not known', async () => {
		const model = '={{ $json.index === 1 ? "google/veo-9" : "google/veo-3.1-t2v" }}';
		const rows = await rowsOf({ ...estimate, model }, 2);
		expect(rows.map(({ estimatedCostUsd }) => estimatedCostUsd)).toEqual([4, null]);
		for (const row of rows) {
			expect(row.balanceUsd).toBe(1_000);
			expect(row).not.toHaveProperty('balanceAfterRunUsd');
		}
	});

	test('the price of nothing leaves all', async () => {
		const units = [{ price: 0, unit: 'request', per: 1 }];
		const pricing = { kind: 'fixed', currency: 'USD', units };
		const body = { data: [{ id: TEXT.model, aliases: [], pricing }] };
		setup.api.fault({ on: 'models', action: { kind: 'json', body } });
		const [row] = await rowsOf(estimate);
		expect(row).toMatchObject({ estimatedCostUsd: 0, balanceAfterRunUsd: 1_000 });
	});
});

describe('Max Cost (USD)', () => {
	test('a run that costs more than the account holds is refused before the first request', async () => {
		setup.api.settings.balanceUsd = 11.99;
		const refused = await run(limited, 3);
		expect(refused.error?.message).toBe(
			"The run would cost $12.00, but the account's balance is $11.99 (items 0-2: $4.00 each) [item 0]",
		);
		expect(refused.error?.description).toContain('Nothing was submitted. Top up at https://');
		expect(posts(setup)).toEqual([]);

		setup.api.settings.balanceUsd = 12;
		setup.api.log.length = 0;
		expect((await run(limited, 3)).outputs[0]).toHaveLength(3);
		expect(balanceReads()).toHaveLength(1);
	});

	test('under Continue On Fail each item says so', async () => {
		setup.api.settings.balanceUsd = -0.25;
		const { outputs } = await run(limited, 2, { onError: 'continueRegularOutput' });
		expect(outputs[0]?.map(({ json }) => json.error)).toEqual(
			[0, 1].map((item) => expect.stringMatching(`balance is -\\$0\\.25 .* \\[item ${item}\\]$`)),
		);
		expect(posts(setup)).toEqual([]);
	});

	test('the limit and an unknown price come first, without asking for the balance', async () => {
		setup.api.settings.balanceUsd = 1;
		const over = await run({ ...CREATE, options: { maxCost: 3 } });
		expect(over.error?.message).toContain("but 'Max Cost (USD)' is $3.00");
		const unknown = await run({ ...limited, model: '={{ "google/veo-9" }}' });
		expect(unknown.error?.message).toContain('The price is not known in advance');
		expect(balanceReads()).toEqual([]);
	});

	test('items that only want an estimate do not count', async () => {
		setup.api.settings.balanceUsd = 4;
		const options = { maxCost: 100, estimateOnly: '={{ $json.index > 0 }}' };
		const result = await run({ ...CREATE, options }, 3);
		expect(result.error).toBeUndefined();
		expect(result.outputs[0]?.[1]?.json).toMatchObject({ balanceUsd: 4, balanceAfterRunUsd: -8 });
		expect(posts(setup)).toHaveLength(1);
		expect(balanceReads()).toHaveLength(1);
	});

	test('a tool that is called twice with the same arguments makes one video', async () => {
		setup.api.settings.balanceUsd = 4;
		const prompt = '={{ $json.prompt }}';
		const workflow = agentWorkflow(3, [{ prompt: 'A' }, { prompt: 'A' }], { ...limited, prompt });
		const result = await setup.engine.run(workflow, { credentials: setup.api });
		expect(result.error).toBeUndefined();
		expect(posts(setup)).toHaveLength(1);
	});
});

describe('what is not known refuses nothing', () => {
	test.each<[string, FaultAction, number]>([
		['down', { kind: 'status', status: 503 }, 2],
		['too many requests', { kind: 'status', status: 429, headers: { 'retry-after': '0' } }, 2],
		['no such route', { kind: 'status', status: 404 }, 2],
		['not allowed', { kind: 'status', status: 403, body: { message: 'Forbidden' } }, 1],
		['HTML', { kind: 'html' }, 2],
		['cut JSON', { kind: 'brokenJson' }, 2],
		['reset', { kind: 'reset' }, 2],
		['no balance', { kind: 'json', body: { currency: 'USD' } }, 1],
		['null', { kind: 'json', body: { current_balance: null, currency: 'USD' } }, 1],
		['a word', { kind: 'json', body: { current_balance: 'low', currency: 'USD' } }, 1],
		['credits', { kind: 'json', body: { current_balance: 2, currency: 'credits' } }, 1],
		['no currency', { kind: 'json', body: { current_balance: 2 } }, 1],
	])('%s', async (_name, action, reads) => {
		setup.api.fault({ on: 'billing', times: 99, action });
		const [row] = await rowsOf(estimate, 2);
		expect(row).toEqual({ model: TEXT.model, estimatedCostUsd: 4, request: TEXT });
		expect(balanceReads()).toHaveLength(reads);

		expect((await run(limited, 2)).outputs[0]).toHaveLength(2);
		expect(balanceReads()).toHaveLength(2 * reads);
	});

	test('a balance as text is one; one that comes at the second attempt, too', async () => {
		setup.api.fault({ on: 'billing', action: { kind: 'status', status: 502 } });
		const body = { current_balance: '2.50', currency: 'usd' };
		setup.api.fault({ on: 'billing', action: { kind: 'json', body } });
		expect((await run(limited)).error?.message).toContain("the account's balance is $2.50");
		expect(posts(setup)).toEqual([]);
	});

	test('Stop ends the wait for it', async () => {
		setup.api.fault({ on: 'billing', times: 99, action: { kind: 'hang' } });
		const started = setup.engine.start(veoWorkflow(limited as never), { credentials: setup.api });
		await setup.api.waitFor(({ path }) => path.startsWith('/v2/billing'));
		started.cancel();
		const result = await started.done;
		expect(result.cancelTookMs).toBeLessThan(1_000);
		expect(posts(setup)).toEqual([]);
	});
});

describe('what is paid already is not held against the balance', () => {
	const parameters = { ...limited, operation: 'createAndWait', prompt: '={{ "p" + $json.index }}' };
	const retry = async (executionId: string, retryOf: string) =>
		await setup.engine.run(veoWorkflow(parameters as never), {
			credentials: setup.api,
			executionId,
			retryOf,
		});
	const first = async (executionId: string, count = 3) =>
		await setup.engine.run(veoWorkflow(parameters as never), {
			items: itemsOf(count),
			credentials: setup.api,
			executionId,
		});

	test('a retry of paid items does not even ask', async () => {
		setup.api.fault({ on: 'fetch', action: { kind: 'status', status: 400 } });
		await first('61');
		expect(posts(setup)).toHaveLength(3);
		setup.api.settings.balanceUsd = 0;
		setup.api.log.length = 0;
		expect((await retry('62', '61')).outputs[0]).toHaveLength(3);
		expect(balanceReads()).toEqual([]);
	});

	test('only what is still to be bought counts', async () => {
		const error = { name: 'x', message: 'overloaded' };
		const match = { promptIncludes: 'p1' };
		setup.api.fault({ on: 'submit', match, action: { kind: 'fail', error } });
		await first('63');
		setup.api.settled();
		setup.api.settings.balanceUsd = 3.99;
		const refused = await retry('64', '63');
		expect(refused.error?.message).toContain('cost $4.00, but');
		expect(refused.error?.message).toContain('is $3.99 (item 1: $4.00)');
		setup.api.settings.balanceUsd = 4;
		expect((await retry('65', '63')).outputs[0]).toHaveLength(3);
		expect(setup.api.settled().filter(({ paid }) => paid)).toHaveLength(3);
	});

	test('after a crash of n8n, only what it had not paid for counts', async () => {
		await first('68', 2);
		setup.api.settled();
		setup.api.settings.balanceUsd = 4;
		const result = await setup.engine.run(veoWorkflow(parameters as never), {
			items: itemsOf(3),
			credentials: setup.api,
			executionId: '69',
			crashed: '68',
		});
		expect(result.error).toBeUndefined();
		expect(posts(setup)).toHaveLength(3);
	});

	test('nor is a request whose answer was lost, and which may be paid for', async () => {
		const logs = { kind: 'status', status: 503 } as const;
		setup.api.fault({ on: 'logs', times: 4, action: logs });
		setup.api.fault({ on: 'submit', action: { kind: 'acceptThenReset' } });
		const lost = await first('66', 1);
		expect(lost.error?.message).toContain('may have been accepted and charged');
		setup.api.settled();
		setup.api.settings.balanceUsd = 0;
		setup.api.log.length = 0;
		const result = await retry('67', '66');
		expect(result.error).toBeUndefined();
		expect(result.outputs[0]?.[0]?.json.id).toBe(setup.api.generations[0]?.id);
		expect(posts(setup)).toEqual([]);
		expect(balanceReads()).toEqual([]);
	});
});

test('without the two options nobody asks', async () => {
	await run({ ...CREATE, options: { timeout: 60 } }, 2);
	await run({ ...TEXT, options: { estimateOnly: false } });
	expect(posts(setup)).toHaveLength(3);
	expect(
		setup.api.log.map(({ path }) => path).filter((path) => /models|billing/.test(path)),
	).toEqual([]);
});
