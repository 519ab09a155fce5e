/** `npm run vendor` against the sandbox, which is changed as the vendor might change the API. */
import { startSandboxApi } from '../../sandbox/stand-ins/api';
import type { SandboxApi } from '../../sandbox/stand-ins/api';
import type { Field, Schema } from '../../sandbox/stand-ins/api/schema';
import { askAt } from '../../scripts/exchange';
import { isCandidate } from '../../scripts/vendor/compare';
import { readDescribed } from '../../scripts/vendor/described';
import { asIssue, watchVendor } from '../../scripts/vendor/watch';

const TEXT = 'google/veo-3.1-t2v';
const FRAMES = 'google/veo-3.1-first-last-image-to-video';
const REFERENCE = 'google/veo-3.1-reference-to-video';

let api: SandboxApi;
let pausesMs: number[] = [];
beforeAll(async () => {
	api = await startSandboxApi();
});
beforeEach(() => {
	api.reset();
	pausesMs = [];
});
afterAll(async () => await api.stop());

const watch = async () =>
	await watchVendor(askAt(api.baseUrl), async (ms) => void pausesMs.push(ms));
const findings = async () => Object.fromEntries(await watch());

/** Changes one field of one model, and of no other. */
function change(id: string, name: string, more: Partial<Field>): void {
	const schema = api.schemas[id] as Schema;
	api.schemas[id] = { ...schema, [name]: { ...(schema[name] as Field), ...more } };
}

function without(object: Record<string, unknown>, name: string): void {
	expect(delete object[name]).toBe(true);
}

test('nothing is found where nothing has changed, and no key is sent', async () => {
	expect(await findings()).toEqual({});
	expect(api.log.length).toBeGreaterThan(Object.keys(api.schemas).length);
	expect(api.log.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
});

describe('what is found', () => {
	test('a new model', async () => {
		api.schemas['google/veo-4-t2v'] = api.schemas[TEXT] as Schema;
		expect(await findings()).toEqual({ 'google/veo-4-t2v': ['is new in the catalogue'] });
	});

	test('no model that is older than the table, or of another kind', async () => {
		for (const id of ['google/veo3', 'google/veo-3.0-fast', 'google/gemini-3.1-pro']) {
			api.schemas[id] = api.schemas[TEXT] as Schema;
		}
		expect(await findings()).toEqual({});
	});

	test('a model that is gone', async () => {
		without(api.schemas, TEXT);
		expect(await findings()).toEqual({
			[TEXT]: ['is gone from the catalogue', 'has no description under `/docs-json` (HTTP 404)'],
		});
	});

	test.each<[what: string, id: string, field: string, more: Partial<Field>, found: string]>([
		['a value', TEXT, 'duration', { enum: [4, 6, 8, 10] }, '`duration` also takes `10`'],
		['a value gone', TEXT, 'duration', { enum: [6, 8] }, '`duration` no longer takes `4`'],
		[
			'a value in prose',
			TEXT,
			'provider',
			{ enum: ['auto', 'google', 'fal', 'vertex'] },
			'`provider` also takes `vertex`',
		],
		[
			'values no longer listed',
			TEXT,
			'resolution',
			{ enum: undefined },
			'`resolution` no longer says which values it takes',
		],
		['values where any would do', TEXT, 'seed', { enum: [1, 2] }, '`seed` takes only `1`, `2`'],
		[
			'a default',
			TEXT,
			'duration',
			{ default: 6 },
			'`duration` defaults to `6`; the table has `8`',
		],
		[
			'a default in prose',
			TEXT,
			'provider',
			{ default: 'google' },
			'`provider` defaults to `google`; the table has `auto`',
		],
		[
			'a flag that is on',
			'google/veo3-1-extend-video',
			'auto_fix',
			{ default: true },
			'`auto_fix` defaults to `true`; the table has `false`',
		],
		[
			'a default that was not there',
			TEXT,
			'aspect_ratio',
			{ default: '16:9' },
			'`aspect_ratio` defaults to `16:9`; the table has none',
		],
		[
			'a default that is gone',
			TEXT,
			'resolution',
			{ default: undefined },
			'`resolution` has no default any more; the table has `1080p`',
		],
		[
			'a field that must be there',
			'veo-3.1-lite-generate-001',
			'image_url',
			{ required: true },
			'`image_url` is required, and optional in the table',
		],
		[
			'a field that need not be there',
			FRAMES,
			'last_image_url',
			{ required: false },
			'`last_image_url` is no longer required',
		],
		[
			'another type',
			TEXT,
			'seed',
			{ type: 'string' },
			'`seed` is of type `string`; the table has `integer`',
		],
		[
			'one image instead of several',
			REFERENCE,
			'image_urls',
			{ type: 'image' },
			'`image_urls` is of type `string`; the table has `array`',
		],
		['a new field', TEXT, 'fps', { type: 'integer' }, 'new field `fps` (`integer`)'],
		[
			'a new field that must be there',
			TEXT,
			'fps',
			{ type: 'integer', required: true },
			'new field `fps` (`integer`, required)',
		],
	])('%s', async (_what, id, field, more, found) => {
		change(id, field, more);
		expect(await findings()).toEqual({ [id]: [found] });
	});

	test('a field that is gone', async () => {
		const { seed, ...others } = api.schemas[TEXT] as Schema;
		expect(seed).toBeDefined();
		api.schemas[TEXT] = others;
		expect(await findings()).toEqual({ [TEXT]: ['field `seed` is gone'] });
	});

	test('a price of a new kind', async () => {
		const { body } = await askAt(api.baseUrl)({ path: '/v1/models?include=pricing' });
		const catalogue = body as { data: Array<{ id: string; pricing: { kind: string } }> };
		const row = catalogue.data.find(({ id }) => id === TEXT);
		row!.pricing.kind = 'auction';
		api.fault({ on: 'models', action: { kind: 'json', body: catalogue } });
		expect(await findings()).toEqual({
			[TEXT]: ['its price is of the kind `auction`, which the node cannot read'],
		});
	});
});

describe('what is no finding', () => {
	test('trouble that passes', async () => {
		api.fault({ on: 'models', action: { kind: 'status', status: 503 }, times: 2 });
		expect(await findings()).toEqual({});
		expect(pausesMs).toHaveLength(2);
	});

	test.each([
		{ kind: 'status', status: 503 } as const,
		{ kind: 'status', status: 403 } as const,
		{ kind: 'html' } as const,
		{ kind: 'reset' } as const,
		{ kind: 'json', body: { data: [] } } as const,
	])('a catalogue that cannot be read: %j', async (action) => {
		api.fault({ on: 'models', action, times: 3 });
		await expect(watch()).rejects.toThrow(/\/v1\/models/);
	});
});

describe('a description', () => {
	const body = {
		properties: { model: { enum: ['a'] }, seed: { $ref: '#/components/schemas/Seed' } },
	};
	const components = { schemas: { Seed: { type: 'integer' }, Body: body } };
	const documentOf = (schema: unknown) => ({
		components,
		paths: {
			'/x': { get: {}, post: { requestBody: { content: { 'application/json': { schema } } } } },
		},
	});

	test.each([
		['as it is', body],
		['behind a reference', { $ref: '#/components/schemas/Body' }],
		['among others', { oneOf: [{ properties: { model: { enum: ['b'] } } }, body] }],
	])('is found %s', (_where, schema) => {
		const described = readDescribed(documentOf(schema), 'a');
		expect([...(described?.properties.keys() ?? [])]).toEqual(['seed']);
		expect(described?.properties.get('seed')?.type).toBe('integer');
	});

	test.each([null, 'text', [], {}, { paths: null }, documentOf(null), documentOf({ $ref: '#/x' })])(
		'is missed where there is none: %j',
		(document) => {
			expect(readDescribed(document, 'a')).toBeUndefined();
		},
	);
});

test.each([
	['google/veo-3.1-t2v', true],
	['google/veo3-1-extend-video', true],
	['veo-3.2-lite-001', true],
	['google/veo4', true],
	['google/veo-next', true],
	['google/veo3', false],
	['google/veo-3.0-generate-001', false],
	['google/veo-3-001', false],
	['veo2', false],
	['google/videopoet', false],
	['some/octaveo-4', false],
])('%s belongs into the table: %s', (id, belongs) => {
	expect(isCandidate(id)).toBe(belongs);
});

test('text of the vendor cannot lay out the issue', async () => {
	change(TEXT, 'duration', { enum: [4, 6, 8, '`\n\n# @everyone `'] });
	const text = asIssue(await watch());
	expect(text).toContain("- `duration` also takes `'''# @everyone '`\n");
	expect(text).toContain(`### \`${TEXT}\`\n`);
});
