/**
 * Any answer over HTTP and any value of an expression, through n8n's engine: always a row or one of our
 * messages.
 */
import fc from 'fast-check';
import type { IDataObject } from 'n8n-workflow';
import { veoWorkflow } from './harness';
import type { RunResult } from './harness';
import { posts, TEXT, useEngine } from './setup';

const setup = useEngine({ speed: 50 });
// What the API answers here is anything, and so are the rows.
beforeAll(() => {
	setup.engine.holdsPreviews = false;
});

const KEYS = 'id status video url error message detail loc msg meta toString __proto__ then'.split(
	' ',
);
const url = fc.constantFrom(
	'javascript:alert(1)',
	'file:///etc/passwd',
	'//x/y',
	'https://',
	'..',
	'{}',
);
const anyJson = fc.jsonValue({ maxDepth: 3 });
const json = fc.oneof(anyJson, fc.dictionary(fc.constantFrom(...KEYS), anyJson));
/** The shape of an answer with anything in its places. */
const answer = fc.oneof(
	json,
	fc.dictionary(fc.constantFrom(...KEYS), json),
	fc.record(
		{
			id: fc.oneof(fc.string(), json),
			status: fc.oneof(fc.constantFrom('completed', 'error', 'queued', 'odd'), json),
			video: fc.oneof(fc.record({ url: fc.oneof(url, json) }), json),
			error: fc.oneof(
				fc.record({ detail: fc.array(fc.record({ loc: fc.array(json), msg: fc.string() })) }),
				json,
			),
			model: json,
		},
		{ requiredKeys: [] },
	),
);
/** The answers of one run, one for each of its items. */
const answers = fc.array(answer, { minLength: 1, maxLength: 20 });
const PROPERTY = { numRuns: 30 };

const OWN =
	/^(The AI\/ML API |The video |The generation |The request may |'[A-Z]|An expression |The file in |The request is too large|The API key is not allowed |A proxy or firewall )/;

function isRowOrOwnMessage(row: IDataObject): void {
	if (!('error' in row)) return;
	expect(row.error).toMatch(OWN);
	expect(row.error).toMatch(/ \[item \d+\]$/);
	expect(row.error).not.toMatch(/\[object|TypeError|Cannot read|is not a function/);
}

function rowsOf(result: RunResult, count: number): IDataObject[] {
	expect(result.error).toBeUndefined();
	expect(result.unhandled).toEqual([]);
	const rows = result.outputs[0] ?? [];
	expect(rows.map(({ pairedItem }) => pairedItem)).toEqual(
		Array.from({ length: count }, (_, item) => ({ item })),
	);
	return rows.map((row) => row.json);
}

const runItems = async (parameters: object, items: IDataObject[]) =>
	rowsOf(
		await setup.engine.run(
			veoWorkflow(parameters as IDataObject, { onError: 'continueRegularOutput' }),
			{ items: items.map((item) => ({ json: item })), credentials: setup.api },
		),
		items.length,
	);

test('any answer to a check', async () => {
	await fc.assert(
		fc.asyncProperty(answers, async (bodies) => {
			setup.api.reset();
			bodies.forEach((body, index) => {
				const match = { generationId: `gen-${index}` };
				setup.api.fault({ on: 'fetch', times: 99, match, action: { kind: 'json', body } });
			});
			const items = bodies.map((_, index) => ({ id: `gen-${index}` }));
			const rows = await runItems(
				{ operation: 'get', generationId: '={{ $json.id }}', download: false },
				items,
			);
			rows.forEach(isRowOrOwnMessage);
		}),
		PROPERTY,
	);
});

test.each([
	'javascript:alert(1)',
	'file:///etc/passwd',
	'data:video/mp4;base64,AAAA',
	'ftp://127.0.0.1/v.mp4',
	'//127.0.0.1/v.mp4',
	'/etc/passwd',
])('a video at %s is not opened', async (url) => {
	const body = { status: 'completed', video: { url } };
	setup.api.fault({ on: 'fetch', action: { kind: 'json', body } });
	const [row] = await runItems({ operation: 'get', generationId: 'gen-1' }, [{}]);
	expect(row).toEqual({
		error: 'The AI/ML API did not return a usable URL for the video [item 0]',
		generationId: 'gen-1',
		status: 'completed',
	});
});

test('any answer to a submission, which is sent once', async () => {
	await fc.assert(
		fc.asyncProperty(answers, async (bodies) => {
			setup.api.reset();
			bodies.forEach((body, index) => {
				const match = { promptIncludes: `<${index}>` };
				setup.api.fault({ on: 'submit', match, action: { kind: 'acceptThenJson', body } });
			});
			const rows = await runItems(
				{ ...TEXT, operation: 'create', prompt: '={{ $json.prompt }}' },
				bodies.map((_, index) => ({ prompt: `<${index}>` })),
			);
			rows.forEach(isRowOrOwnMessage);
			expect(posts(setup)).toHaveLength(bodies.length);
		}),
		PROPERTY,
	);
});

test('any refusal with any body', async () => {
	const status = fc.constantFrom(400, 403, 404, 409, 422, 500, 503);
	await fc.assert(
		fc.asyncProperty(
			fc.array(fc.tuple(status, answer), { minLength: 1, maxLength: 20 }),
			async (list) => {
				setup.api.reset();
				list.forEach(([code, body], index) => {
					const match = { promptIncludes: `<${index}>` };
					const action = { kind: 'status' as const, status: code, body };
					setup.api.fault({ on: 'submit', match, action });
				});
				const rows = await runItems(
					{ ...TEXT, operation: 'create', prompt: '={{ $json.prompt }}' },
					list.map((_, index) => ({ prompt: `<${index}>` })),
				);
				rows.forEach(isRowOrOwnMessage);
				for (const row of rows) expect(row).toHaveProperty('error');
				expect(posts(setup).length).toBeLessThanOrEqual(list.length);
			},
		),
		PROPERTY,
	);
});

test('any JSON in any parameter', async () => {
	const fields = [
		'model',
		'prompt',
		'firstFrame',
		'lastFrame',
		'referenceImages',
		'sourceVideo',
		'duration',
		'resolution',
		'generateAudio',
		'seed',
		'negativePrompt',
		'timeout',
		'pollInterval',
		'binaryField',
		'fileName',
	];
	const model = fc.constantFrom(
		'google/veo-3.1-t2v',
		'google/veo-3.1-reference-to-video',
		'google/veo-9',
	);
	const valid = { model: 'google/veo-3.1-t2v', prompt: 'A hill' };
	const item = fc
		.record(
			{
				...Object.fromEntries(fields.map((name) => [name, json])),
				model: fc.oneof({ weight: 4, arbitrary: model }, json),
				prompt: fc.oneof({ weight: 4, arbitrary: fc.constant('A hill') }, json),
			},
			{ requiredKeys: [] },
		)
		.map((value) => ({ ...valid, ...value }) as IDataObject);
	const from = (names: string[]) =>
		Object.fromEntries(names.map((name) => [name, `={{ $json.${name} }}`]));
	await fc.assert(
		fc.asyncProperty(fc.array(item, { minLength: 1, maxLength: 20 }), async (items) => {
			setup.api.reset();
			const rows = await runItems(
				{
					operation: 'create',
					...from(fields.slice(0, 6)),
					videoSettings: from(fields.slice(6, 11)),
					options: from(fields.slice(11)),
				},
				items,
			);
			rows.forEach(isRowOrOwnMessage);
			const made = rows.filter((row) => !('error' in row));
			expect(setup.api.generations).toHaveLength(made.length);
		}),
		PROPERTY,
	);
});

test.each([
	['a node that is not there', '={{ $("Nope").item.json.x }}', "about 'prompt': \"Referenced node"],
	['a syntax that n8n cannot read', '={{ foo( }}', 'invalid syntax'],
	['a function', '={{ () => 1 }}', 'this is a function'],
	['an object that holds itself', '={{ (() => { const a = {}; a.a = a; return a; })() }}', 'stack'],
])('an expression with %s says what n8n says', async (_name, prompt, hint) => {
	const result = await setup.engine.run(veoWorkflow({ ...TEXT, prompt }), {
		credentials: setup.api,
	});
	expect(result.error?.message).toBe('An expression in this node could not be resolved [item 0]');
	expect(result.error?.description).toContain(hint);
	expect(result.error?.description).toContain('Correct the expression');
	expect(setup.api.log).toEqual([]);
});

test.each<[string, object, string]>([
	['operation', { operation: { a: 1 } }, `'Operation' cannot be '{"a":1}'`],
	[
		'flag',
		{ operation: 'get', generationId: 'x', waitForCompletion: '={{ ({ toString: 1 }) }}' },
		`'Wait for Completion' cannot be '{"toString":1}'`,
	],
])('an object as %s', async (_name, parameters, message) => {
	const result = await setup.engine.run(veoWorkflow({ ...TEXT, ...parameters } as IDataObject), {
		credentials: setup.api,
	});
	expect(result.error?.message).toBe(`${message} [item 0]`);
});
