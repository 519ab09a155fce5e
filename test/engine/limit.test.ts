/** A spending limit that holds: to the cent, for many items, in loops, on retries, and with prices in doubt. */
import { connect, node, veoNode, veoWorkflow } from './harness';
import type { InputItem } from './harness';
import { itemsOf, posts, TEXT, useEngine } from './setup';

const setup = useEngine();
/** $4.00 each: 8 seconds at $0.50. */
const limited = (maxCost: unknown, more: object = {}) =>
	({ ...TEXT, operation: 'create', options: { maxCost }, ...more }) as never;
const run = async (parameters: never, items: InputItem[] = itemsOf(1), settings = {}) =>
	await setup.engine.run(veoWorkflow(parameters, settings), { items, credentials: setup.api });
const catalogueReads = () => setup.api.log.filter(({ path }) => path.startsWith('/v1/models'));

describe('at the exact cent', () => {
	test.each([
		[1, 4],
		[3, 12],
		[50, 200],
	])('%d items: $%d passes, one cent less is refused', async (count, usd) => {
		const refused = await run(limited(usd - 0.01), itemsOf(count));
		const each = count > 1 ? `items 0-${count - 1}: $4.00 each` : 'item 0: $4.00';
		expect(refused.error?.message).toBe(
			`The run would cost $${usd}.00, but 'Max Cost (USD)' is $${usd - 1}.99 (${each}) [item 0]`,
		);
		expect(refused.error?.description).toContain('Nothing was submitted');
		expect(posts(setup)).toEqual([]);

		setup.api.log.length = 0;
		const passed = await run(limited(usd), itemsOf(count));
		expect(passed.error).toBeUndefined();
		expect(passed.outputs[0]).toHaveLength(count);
		expect(posts(setup)).toHaveLength(count);
		expect(catalogueReads()).toHaveLength(1);
		expect(setup.api.log[0]).toBe(catalogueReads()[0]);
	});

	test('sums that floating point would miss', async () => {
		// 3 × $0.10 is 0.30000000000000004 in floating point.
		const units = [{ price: 0.1, unit: 'request', per: 1 }];
		const pricing = { kind: 'fixed', currency: 'USD', units };
		const body = { data: [{ id: TEXT.model, aliases: [], pricing }] };
		setup.api.fault({ on: 'models', times: 2, action: { kind: 'json', body } });
		expect((await run(limited(0.3), itemsOf(3))).error).toBeUndefined();
		expect((await run(limited(0.29), itemsOf(3))).error?.message).toContain('would cost $0.30');
	});

	test('items of different price, each with its own', async () => {
		const videoSettings = {
			duration: '={{ $json.index === 2 ? 4 : 8 }}',
			resolution: '={{ $json.index === 3 ? "720p" : "1080p" }}',
			generateAudio: '={{ $json.index !== 4 }}',
		};
		// 4 + 4 + 2 + 3.2 + 3.6
		const result = await run(limited(16.79, { videoSettings }), itemsOf(5));
		expect(result.error?.message).toBe(
			"The run would cost $16.80, but 'Max Cost (USD)' is $16.79 (items 0-1: $4.00 each; item 2: $2.00; item 3: $3.20; item 4: $3.60) [item 0]",
		);
		expect((await run(limited(16.8, { videoSettings }), itemsOf(5))).error).toBeUndefined();
	});
});

test('hundreds of items that alternate make a message that can be read', async () => {
	const videoSettings = { duration: '={{ $json.index % 2 ? 4 : 8 }}' };
	const result = await run(limited(1, { videoSettings }), itemsOf(200));
	expect(result.error?.message).toMatch(
		/is \$1\.00 \(items 0, 2, [\d, ]+ and others: \$4\.00 each; items 1, 3, [\d, ]+ and others: \$2\.00 each\) \[item 0\]$/,
	);
	expect(result.error?.message).toContain('The run would cost $600.00');
});

describe('every kind of price', () => {
	const media = { sourceVideo: 'https://example.com/a.mp4' };
	test.each([
		['fixed, per request', { model: 'google/veo3-1-fast-extend-video', ...media }, 1],
		['fixed, per 100 requests', { model: 'google/veo3-1-extend-video', ...media }, 2],
		['fixed, per 10 seconds', { model: 'google/veo-3-1-lite-generate-preview' }, 0.4],
		['variants, the API in upper case', { model: 'veo-3.1-lite-generate-001' }, 0.4],
		['variants by two settings', { videoSettings: { resolution: '720p', duration: 6 } }, 2.4],
	])('%s', async (_name, more, usd) => {
		const refused = await run(limited(usd - 0.01, more));
		expect(refused.error?.message).toContain(`would cost $${usd.toFixed(2)}`);
		const passed = await run(limited(usd, { ...more, operation: 'createAndWait' }));
		expect(passed.error).toBeUndefined();
		expect(passed.outputs[0]?.[0]?.json.usage).toMatchObject({ usdSpent: usd });
	});
});

describe('a price that is not known ahead is refused, with a way out', () => {
	const wayOut = "Remove 'Max Cost (USD)' from the options to run without a limit";
	const message = "The price is not known in advance, so 'Max Cost (USD)' cannot be enforced";

	test('a variable price, at its own item', async () => {
		const model = '={{ $json.index === 2 ? "google/veo-3.1-reference-to-video" : $json.model }}';
		const items = itemsOf(3).map(({ json }) => ({ json: { ...json, model: TEXT.model } }));
		const referenceImages = '={{ $json.index === 2 ? ["https://example.com/a.jpg"] : [] }}';
		const result = await run(limited(100, { model, referenceImages }), items);
		expect(result.error?.message).toBe(`${message} [item 2]`);
		expect(result.error?.itemIndex).toBe(2);
		expect(result.error?.description).toContain('varies (google/veo-3.1-reference-to-video)');
		expect(result.error?.description).toContain(wayOut);
		expect(posts(setup)).toEqual([]);
	});

	test('a model that the catalogue does not hold', async () => {
		const result = await run(limited(100, { model: '={{ "google/veo-9" }}' }));
		expect(result.error?.message).toBe(`${message} [item 0]`);
		expect(result.error?.description).toContain('does not list this model (google/veo-9)');
		expect(posts(setup)).toEqual([]);
	});

	test.each([
		['503', { kind: 'status', status: 503 }, 'HTTP 503', 4],
		['429', { kind: 'status', status: 429, headers: { 'retry-after': '0' } }, 'HTTP 429', 4],
		['404', { kind: 'status', status: 404 }, 'HTTP 404', 4],
		['HTML', { kind: 'html' }, 'HTTP 200', 4],
		['cut JSON', { kind: 'brokenJson' }, 'HTTP 200', 4],
		['reset', { kind: 'reset' }, 'The connection was lost', 4],
		['401', { kind: 'status', status: 401 }, 'did not accept the API key', 1],
		['an empty list', { kind: 'json', body: { data: [] } }, 'does not list this model', 1],
		['no list', { kind: 'json', body: {} }, 'does not list this model', 1],
	] as const)('a catalogue that is down: %s', async (_name, action, cause, reads) => {
		setup.api.fault({ on: 'models', times: 99, action: action as never });
		const result = await run(limited(100), itemsOf(2));
		expect(result.error?.message).toBe(`${message} [item 0]`);
		expect(result.error?.description).toContain(cause);
		expect(result.error?.description).toContain(wayOut);
		expect(catalogueReads()).toHaveLength(reads);
		expect(posts(setup)).toEqual([]);
	});

	test('a catalogue that recovers is asked again', async () => {
		setup.api.fault({ on: 'models', times: 2, action: { kind: 'status', status: 502 } });
		expect((await run(limited(4))).error).toBeUndefined();
		expect(catalogueReads()).toHaveLength(3);
	});

	test('Stop ends the wait for a catalogue that hangs', async () => {
		setup.api.fault({ on: 'models', times: 99, action: { kind: 'hang' } });
		const credentials = setup.api;
		const started = setup.engine.start(veoWorkflow(limited(4)), { credentials });
		await setup.api.waitFor(({ path }) => path.startsWith('/v1/models'));
		started.cancel();
		const result = await started.done;
		expect(result.cancelTookMs).toBeLessThan(1_000);
		expect(posts(setup)).toEqual([]);
	});
});

test('under Continue On Fail every item says so, and a refused one says its own', async () => {
	const result = await run(
		limited(7.99, { prompt: '={{ $json.index === 1 ? "" : "A hill" }}' }),
		itemsOf(3),
		{ onError: 'continueRegularOutput' },
	);
	const rows = result.outputs[0] ?? [];
	expect(rows.map(({ json }) => json.error)).toEqual([
		expect.stringMatching(/^The run would cost \$8\.00.*items 0, 2: \$4\.00 each\) \[item 0\]$/),
		"'Prompt' is empty [item 1]",
		expect.stringMatching(/^The run would cost \$8\.00.* \[item 2\]$/),
	]);
	expect(rows.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 1 }, { item: 2 }]);
	expect(posts(setup)).toEqual([]);
});

describe('the option itself', () => {
	test.each([
		['={{ $json.nothing }}', "'Max Cost (USD)' is empty"],
		['={{ "" }}', "'Max Cost (USD)' is empty"],
		['={{ null }}', "'Max Cost (USD)' is empty"],
		['={{ "much" }}', "'Max Cost (USD)' cannot be 'much'"],
		['={{ -1 }}', "'Max Cost (USD)' cannot be '-1'"],
		['={{ [5] }}', "'Max Cost (USD)' cannot be '[5]'"],
	])('%s is refused: a limit must not fall silent', async (maxCost, message) => {
		const result = await run(limited(maxCost));
		expect(result.error?.message).toBe(`${message} [item 0]`);
		expect(setup.api.log).toEqual([]);
	});

	test('a number as text is a number; zero lets nothing through', async () => {
		expect((await run(limited('={{ " 4.00 " }}'))).error).toBeUndefined();
		expect((await run(limited(0))).error?.message).toContain(
			"'Max Cost (USD)' is $0.00 (item 0: $4.00)",
		);
	});

	test('the lowest of the items limits all', async () => {
		const result = await run(limited('={{ $json.index === 1 ? 7.5 : 99 }}'), itemsOf(2));
		expect(result.error?.message).toContain('$8.00');
		expect(result.error?.message).toContain('$7.50');
	});

	test('estimates do not count', async () => {
		const options = { maxCost: 4, estimateOnly: '={{ $json.index > 0 }}' };
		const result = await run(limited(4, { options }), itemsOf(5));
		expect(result.error).toBeUndefined();
		expect(posts(setup)).toHaveLength(1);
	});
});

describe('what is paid already costs nothing again', () => {
	const items = itemsOf(3);
	const parameters = limited(12, {
		operation: 'createAndWait',
		prompt: '={{ "p" + $json.index }}',
	});
	const workflow = veoWorkflow(parameters);
	const credentials = () => setup.api;

	test('a retry of the execution pays only what ended at no cost', async () => {
		setup.api.fault({
			on: 'submit',
			match: { promptIncludes: 'p1' },
			action: { kind: 'fail', error: { name: 'x', message: 'overloaded' } },
		});
		const first = await setup.engine.run(workflow, {
			items,
			credentials: credentials(),
			executionId: '71',
		});
		expect(first.error?.message).toBe('The video could not be generated [item 1]');
		expect(posts(setup)).toHaveLength(3);

		const second = await setup.engine.run(workflow, {
			credentials: credentials(),
			executionId: '72',
			retryOf: '71',
		});
		expect(second.error).toBeUndefined();
		expect(second.outputs[0]).toHaveLength(3);
		expect(posts(setup)).toHaveLength(4);
		expect(setup.api.settled().filter(({ paid }) => paid)).toHaveLength(3);
	});

	test('a lower limit still lets resumed generations through, without reading prices', async () => {
		setup.api.fault({ on: 'fetch', times: 1, action: { kind: 'status', status: 400 } });
		await setup.engine.run(workflow, { items, credentials: credentials(), executionId: '81' });
		expect(posts(setup)).toHaveLength(3);
		setup.api.log.length = 0;
		setup.api.fault({ on: 'models', times: 99, action: { kind: 'status', status: 503 } });
		const lower = veoWorkflow({ ...(parameters as object), options: { maxCost: 0 } });
		const second = await setup.engine.run(lower, {
			credentials: credentials(),
			executionId: '82',
			retryOf: '81',
		});
		expect(second.error).toBeUndefined();
		expect(second.outputs[0]).toHaveLength(3);
		expect(posts(setup)).toEqual([]);
		expect(catalogueReads()).toEqual([]);
	});

	test('Retry On Fail', async () => {
		setup.api.fault({ on: 'fetch', times: 1, action: { kind: 'status', status: 400 } });
		const result = await setup.engine.run(
			veoWorkflow(parameters, { retryOnFail: true, maxTries: 3, waitBetweenTries: 0 }),
			{ items, credentials: credentials() },
		);
		expect(result.error).toBeUndefined();
		expect(result.outputs[0]).toHaveLength(3);
		expect(posts(setup)).toHaveLength(3);
	});
});

describe('a loop that runs wild is stopped', () => {
	const loop = (maxCost: number, rounds: number) => ({
		nodes: [
			node('Items', 'n8n-nodes-test.items'),
			node('Repeat', 'n8n-nodes-test.repeat', { rounds }),
			veoNode('Veo', limited(maxCost)),
		],
		connections: connect('Items > Repeat', 'Repeat.1 > Veo', 'Veo > Repeat'),
		resultNode: 'Veo',
	});

	test('in the round that would go above the limit', async () => {
		const result = await setup.engine.run(loop(12, 10), { credentials: setup.api });
		expect(result.error?.message).toContain(
			"The run would cost $16.00, but 'Max Cost (USD)' is $12.00 (item 0: $4.00)",
		);
		expect(result.error?.description).toContain('$12.00 that earlier rounds of this execution');
		expect(posts(setup)).toHaveLength(3);
	});

	test('not before', async () => {
		const result = await setup.engine.run(loop(12, 3), { credentials: setup.api });
		expect(result.error).toBeUndefined();
		expect(posts(setup)).toHaveLength(3);
	});

	test('a round that was refused does not count', async () => {
		setup.api.fault({ on: 'submit', times: 1, action: { kind: 'status', status: 400 } });
		const workflow = loop(12, 4);
		workflow.nodes[2] = veoNode('Veo', limited(12), { onError: 'continueRegularOutput' });
		const result = await setup.engine.run(workflow, { credentials: setup.api });
		expect(result.error).toBeUndefined();
		expect(setup.api.generations).toHaveLength(3);
	});
});
