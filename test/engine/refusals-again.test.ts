/** A refusal names what it is about, and applies only to that. */
import type { IDataObject } from 'n8n-workflow';
import type { FaultRule } from '../../sandbox/stand-ins/api';
import { codeWorkflow, veoWorkflow } from './harness';
import type { RunResult } from './harness';
import { dataUriOf, fileOf, itemsOf, posts, TEXT, useEngine } from './setup';

const setup = useEngine({ speed: 20 });
type Action = FaultRule['action'];

const EACH = { ...TEXT, prompt: '=Wave {{ $json.index }}' };
const status = (code: number, body?: unknown): Action => ({ kind: 'status', status: code, body });
const strike = (on: FaultRule['on'], index: number, action: Action) =>
	setup.api.fault({ on, action, match: { promptIncludes: `Wave ${index}` } });
const rowsOf = (result: RunResult): IDataObject[] => result.outputs.flat().map(({ json }) => json);
const errorsOf = (result: RunResult) =>
	rowsOf(result).flatMap(({ error }) => (error ? [String(error)] : []));
const paid = () =>
	setup.api
		.settled()
		.filter((generation) => generation.paid)
		.map(({ id }) => id);
const idsOf = (result: RunResult) => rowsOf(result).flatMap(({ error, id }) => (error ? [] : [id]));

describe('one refused prompt of four', () => {
	const onError = 'continueRegularOutput' as const;

	test.each([
		'The prompt "a gymnast on the balance beam" violates the usage policy',
		'Prompt refused: a man robs a bank and steals the funds',
		'Content policy: names of persons in the end credits are not allowed',
	])('403 "%s" is not about the account', async (message) => {
		strike('submit', 0, status(403, { message, statusCode: 403 }));
		const result = await setup.engine.run(veoWorkflow(EACH, { onError }), {
			items: itemsOf(4),
			credentials: setup.api,
		});
		expect(posts(setup)).toHaveLength(4);
		expect(paid()).toHaveLength(3);
		expect(idsOf(result).sort()).toEqual(paid().sort());
		expect(errorsOf(result)).toEqual([
			expect.stringContaining('is not allowed to make this request'),
		]);
	});

	test('by a firewall that reads contents: the others are bought', async () => {
		strike('submit', 0, { kind: 'html', status: 403 });
		const result = await setup.engine.run(veoWorkflow(EACH, { onError: 'continueErrorOutput' }), {
			items: itemsOf(10),
			credentials: setup.api,
		});
		expect(posts(setup)).toHaveLength(10);
		expect(paid()).toHaveLength(9);
		expect(idsOf(result).sort()).toEqual(paid().sort());
		expect(errorsOf(result)).toEqual([expect.stringContaining('A proxy or firewall')]);
	});
});

describe('what is not refused', () => {
	test.each([
		'First Picture',
		'a,b',
		'a.b',
		'data[0]',
		'🎞️',
		'constructor',
		'__proto__x',
		'https',
		'0',
		'my photo.png',
		'$json',
		"o'brien",
		'a;b',
		'x\ny',
	])('a binary field named %j', async (name) => {
		const result = await setup.engine.run(
			veoWorkflow({
				model: 'google/veo-3.1-i2v',
				prompt: 'A hill',
				firstFrame: name,
				operation: 'create',
			}),
			{
				items: [{ binary: { [name]: fileOf('first-frame.png', 'image/png') } }],
				credentials: setup.api,
			},
		);
		expect(result.error).toBeUndefined();
		expect(posts(setup).map(({ body }) => (body as IDataObject).image_url)).toEqual([
			dataUriOf('first-frame.png', 'image/png'),
		]);
	});

	test('a prompt of 100 kB', async () => {
		const prompt = '🎬'.repeat(25_000);
		await setup.engine.run(veoWorkflow({ ...TEXT, operation: 'create', prompt }), {
			credentials: setup.api,
		});
		expect(posts(setup).map(({ body }) => (body as IDataObject).prompt)).toEqual([prompt]);
	});

	test('120 items, of which the API runs five at a time', async () => {
		Object.assign(setup.api.settings, { balanceUsd: 1e6, concurrency: 5, generationMs: 50 });
		const result = await setup.engine.run(
			veoWorkflow(
				{ ...EACH, operation: 'create', options: { maxConcurrent: 50 } },
				{ retryOnFail: true, maxTries: 3, waitBetweenTries: 1 },
			),
			{ items: itemsOf(120), credentials: setup.api },
		);
		expect(result.error).toBeUndefined();
		expect(setup.api.generations).toHaveLength(120);
		expect(idsOf(result).sort()).toEqual(setup.api.generations.map(({ id }) => id).sort());
	});
});

describe('items that only code can make', () => {
	test.each<[string, string, string[], string | undefined]>([
		['a date', '[{ json: { p: new Date(0) } }]', ['1970-01-01T00:00:00.000Z'], undefined],
		['a BigInt', '[{ json: { p: 12345678901234567890n } }]', ['12345678901234567890'], undefined],
		['no items', '[]', [], undefined],
		['no json', '[{}]', [], "'Prompt' is empty"],
		['a map', '[{ json: { p: new Map([[1, 2]]) } }]', [], "'Prompt' is empty"],
		['a function', '[{ json: { p: () => 1 } }]', [], 'could not be resolved'],
		['a symbol', '[{ json: { p: Symbol("x") } }]', [], "'Prompt' is not text"],
	])('%s', async (_name, code, prompts, words) => {
		const result = await setup.engine.run(
			codeWorkflow(code, { ...TEXT, operation: 'create', prompt: '={{ $json.p }}' }),
			{ credentials: setup.api },
		);
		expect(posts(setup).map(({ body }) => (body as IDataObject).prompt)).toEqual(prompts);
		if (words === undefined) expect(result.error).toBeUndefined();
		else expect(result.error?.message).toContain(words);
		expect(result.unhandled).toEqual([]);
	});
});
