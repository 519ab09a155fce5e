/** Running out of credits is not a bad key, and loses nothing that was paid for. */
import { veoWorkflow } from './harness';
import { itemsOf, posts, TEXT, useEngine } from './setup';

const setup = useEngine();
/** $4.00 each. */
const parameters = {
	...TEXT,
	prompt: '={{ "p" + $json.index }}',
	options: { pollInterval: 1 },
};
const NO_CREDITS = 'The AI/ML API account has no credits left';
const items = itemsOf(5);
const refuse = (status: number, message: string) =>
	setup.api.fault({ on: 'submit', action: { kind: 'status', status, body: { message } } });

test.each([
	[403, "You've run out of credits. Please top up your balance.", NO_CREDITS],
	[403, 'Insufficient balance', NO_CREDITS],
	[403, 'This model is not part of your plan', 'API key is not allowed to make this request'],
	[401, 'Unauthorized', 'did not accept the API key'],
])('HTTP %d "%s"', async (status, text, message) => {
	refuse(status, text);
	const result = await setup.engine.run(veoWorkflow(parameters), { credentials: setup.api });
	expect(result.error?.message).toContain(message);
	expect(result.error?.description).toContain(text);
	const where = message === NO_CREDITS ? 'app/billing' : 'app/keys';
	expect(result.error?.description).toContain(`https://aimlapi.com/${where}`);
	expect(result.error?.httpCode).toBe(String(status));
	expect(posts(setup)).toHaveLength(1);
});

describe('an account that empties midway', () => {
	const paid = () => setup.api.settled().filter((generation) => generation.paid);

	test('under Continue On Fail: what was paid is delivered, the rest says so', async () => {
		setup.api.settings.balanceUsd = 11;
		setup.api.settings.generationMs = 300;
		const result = await setup.engine.run(
			veoWorkflow(parameters, { onError: 'continueRegularOutput' }),
			{ items, credentials: setup.api },
		);
		const rows = result.outputs[0] ?? [];
		expect(rows.slice(0, 2).map(({ json }) => json.id)).toEqual(paid().map(({ id }) => id));
		for (const { json, files } of rows.slice(0, 2)) {
			expect(json.usage).toEqual({ creditsUsed: 8_000_000, usdSpent: 4 });
			expect(files.data?.bytes).toBeGreaterThan(0);
		}
		expect(rows.slice(2).map(({ json }) => json.error)).toEqual(
			[2, 3, 4].map((index) => `${NO_CREDITS} [item ${index}]`),
		);
		expect(setup.api.settings.balanceUsd).toBe(3);
		expect(setup.api.generations).toHaveLength(2);
	});

	test('else the node ends and names what goes on; a retry after topping up delivers all', async () => {
		setup.api.settings.balanceUsd = 11;
		setup.api.settings.generationMs = 300;
		const first = await setup.engine.run(veoWorkflow(parameters), {
			items,
			credentials: setup.api,
			executionId: '91',
		});
		expect(first.error?.message).toBe(`${NO_CREDITS} [item 2]`);
		for (const { id } of setup.api.generations) expect(first.error?.description).toContain(id);
		const before = setup.api.generations.map(({ id }) => id);
		expect(before).toHaveLength(2);

		setup.api.settings.balanceUsd = 20;
		const second = await setup.engine.run(veoWorkflow(parameters), {
			credentials: setup.api,
			executionId: '92',
			retryOf: '91',
		});
		expect(second.error).toBeUndefined();
		const rows = second.outputs[0] ?? [];
		expect(rows.map(({ json }) => json.id)).toEqual(setup.api.generations.map(({ id }) => id));
		expect(rows.slice(0, 2).map(({ json }) => json.id)).toEqual(before);
		for (const { files } of rows) expect(files.data?.bytes).toBeGreaterThan(0);
		expect(paid()).toHaveLength(5);
		expect(setup.api.settings.balanceUsd).toBe(0);
	});

	test('with Create, the ids that were paid are in the rows', async () => {
		setup.api.settings.balanceUsd = 8;
		const result = await setup.engine.run(
			veoWorkflow({ ...parameters, operation: 'create' }, { onError: 'continueRegularOutput' }),
			{ items, credentials: setup.api },
		);
		const rows = result.outputs[0]?.map(({ json }) => json) ?? [];
		expect(rows.map(({ id }) => id)).toEqual([
			...setup.api.generations.map(({ id }) => id),
			undefined,
			undefined,
			undefined,
		]);
		expect(rows[4]?.error).toBe(`${NO_CREDITS} [item 4]`);
	});

	test('what was delivered is in the list, the rest was never made', async () => {
		setup.api.settings.balanceUsd = 8;
		await setup.engine.run(veoWorkflow(parameters, { onError: 'continueRegularOutput' }), {
			items,
			credentials: setup.api,
		});
		const listed = await setup.engine.run(veoWorkflow({ operation: 'getMany' }), {
			credentials: setup.api,
		});
		const rows = listed.outputs[0]?.map(({ json }) => json) ?? [];
		expect(rows.map(({ n8n }) => (n8n as { itemIndex: number }).itemIndex)).toEqual([1, 0]);
		expect(rows.map(({ cost }) => cost)).toEqual(Array(2).fill({ usd: 4, credits: 8_000_000 }));
	});
});
