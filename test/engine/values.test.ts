/** Switches, numbers and choices as people, sheets and templates write them. */
import type { IDataObject } from 'n8n-workflow';
import { veoWorkflow } from './harness';
import { checks, posts, TEXT, useEngine } from './setup';

const setup = useEngine();
const run = async (parameters: IDataObject, value: unknown = '') =>
	await setup.engine.run(veoWorkflow({ ...TEXT, operation: 'create', ...parameters }), {
		items: [{ json: { value } as IDataObject }],
		credentials: setup.api,
	});
const VALUE = '={{ $json.value }}';
const LITE = 'veo-3.1-lite-generate-001';

const TRUE = ['TRUE', 'True', ' true\u00a0', '"true"', '\u200bTRUE', true];
const FALSE = ['FALSE', 'False', "'false'", 'false\r\n', false];

describe.each([
	['yes', TRUE, true],
	['no', FALSE, false],
] as const)('a switch that says %s', (_name, spellings, flag) => {
	test.each(spellings)('%j: Generate Audio', async (value) => {
		expect((await run({ videoSettings: { generateAudio: VALUE } }, value)).error).toBeUndefined();
		expect(posts(setup)[0]?.body).toMatchObject({ generate_audio: flag });
	});

	test.each(spellings)('%j: Estimate Only', async (value) => {
		expect((await run({ options: { estimateOnly: VALUE } }, value)).error).toBeUndefined();
		expect(posts(setup)).toHaveLength(flag ? 0 : 1);
	});

	test.each(spellings)('%j: Download Video', async (value) => {
		const result = await run({ operation: 'createAndWait', download: VALUE }, value);
		expect(result.error).toBeUndefined();
		expect(Object.keys(result.outputs[0]?.[0]?.files ?? {})).toHaveLength(flag ? 1 : 0);
	});

	test.each(spellings)('%j: Wait for Completion', async (value) => {
		const id = (await run({})).outputs[0]?.[0]?.json.id;
		setup.api.fault({ on: 'fetch', action: { kind: 'status', status: 503 } });
		const parameters = { operation: 'get', generationId: id, waitForCompletion: VALUE };
		const result = await run(
			{ ...parameters, download: false, options: { pollInterval: 1 } },
			value,
		);
		expect(checks(setup)).toHaveLength(flag ? 2 : 1);
		expect(result.error === undefined).toBe(flag);
	});

	test.each(spellings)('%j: Return All', async (value) => {
		setup.api.settings.oldLogRows = 120;
		const result = await run({ operation: 'getMany', returnAll: VALUE, limit: 2 }, value);
		expect(result.error).toBeUndefined();
	});
});

test.each(['1', 0, 'yes', 'WAHR', 'on'])('%j is no switch', async (value) => {
	const result = await run({ videoSettings: { generateAudio: VALUE } }, value);
	expect(result.error?.message).toBe(`'Generate Audio' cannot be '${value}' [item 0]`);
	expect(result.error?.description).toContain('true or false');
	expect(setup.api.log).toEqual([]);
});

test.each<[string, string, unknown, unknown]>([
	['duration', 'duration', '8s', 8],
	['duration', 'duration', '8 seconds', 8],
	['duration', 'duration', '6 sec.', 6],
	['duration', 'duration', '8,0', 8],
	['duration', 'duration', '"4"', 4],
	['resolution', 'resolution', 1080, '1080p'],
	['resolution', 'resolution', '1080', '1080p'],
	['resolution', 'resolution', '720 p', '720p'],
	['resolution', 'resolution', 'Full HD', '1080p'],
	['resolution', 'resolution', '1920x1080', '1080p'],
	['aspectRatio', 'aspect_ratio', 'portrait', '9:16'],
	['aspectRatio', 'aspect_ratio', 'Landscape', '16:9'],
	['aspectRatio', 'aspect_ratio', '9x16', '9:16'],
	['aspectRatio', 'aspect_ratio', '9/16', '9:16'],
	['aspectRatio', 'aspect_ratio', '16 : 9', '16:9'],
	['aspectRatio', 'aspect_ratio', '1080×1920', '9:16'],
	['aspectRatio', 'aspect_ratio', '16:09:00', '16:9'],
	['provider', 'provider', 'Fal.ai', 'fal'],
	['provider', 'provider', 'Automatic', 'auto'],
	['seed', 'seed', ' 42 ', 42],
])('%s as %s: %j', async (setting, field, value, expected) => {
	expect((await run({ videoSettings: { [setting]: VALUE } }, value)).error).toBeUndefined();
	expect(posts(setup)[0]?.body).toMatchObject({ [field]: expected });
});

test.each<[string, string, unknown, unknown]>([
	['resolution', 'resolution', '1080', '1080P'],
	['personGeneration', 'person_generation', 'allow adult', 'allow_adult'],
	['personGeneration', 'person_generation', 'Nobody', 'dont_allow'],
])('%s as %s: %j, as the light model spells it', async (setting, field, value, expected) => {
	const result = await run({ model: LITE, videoSettings: { [setting]: VALUE } }, value);
	expect(result.error).toBeUndefined();
	expect(posts(setup)[0]?.body).toMatchObject({ [field]: expected });
});

test.each<[string, string, string, string]>([
	['duration', 'Duration', '5s', '4, 6, 8'],
	['duration', 'Duration', '1,000', 'whole number'],
	['resolution', 'Resolution', '4k', '720p, 1080p'],
	['aspectRatio', 'Aspect Ratio', 'square', '16:9, 9:16'],
	['aspectRatio', 'Aspect Ratio', '4:3', '16:9, 9:16'],
])('%s: what no model takes lists the values', async (setting, label, value, hint) => {
	const result = await run({ videoSettings: { [setting]: VALUE } }, value);
	expect(result.error?.message).toContain(`'${label}' cannot be '`);
	expect(result.error?.description).toContain(hint);
	expect(setup.api.log).toEqual([]);
});

test.each<[string, unknown]>([
	['timeout', '30 s'],
	['timeout', '"30"'],
	['pollInterval', '1,5'],
	['maxCost', '$10'],
	['maxCost', '10 USD'],
	['maxCost', '9,99'],
])('%s may be %j', async (option, value) => {
	const result = await run({ operation: 'createAndWait', options: { [option]: VALUE } }, value);
	expect(result.error).toBeUndefined();
});

test.each<[string, string, unknown]>([
	['timeout', 'Timeout', '5 min'],
	['maxCost', 'Max Cost (USD)', '1,500'],
	['maxCost', 'Max Cost (USD)', '10 EUR'],
	['maxCost', 'Max Cost (USD)', true],
	['fileName', 'File Name', { a: 1 }],
	['binaryField', 'Output Binary Field', ['data']],
])('%s cannot be %j', async (option, label, value) => {
	const parameters = { operation: 'createAndWait', options: { [option]: VALUE } };
	const result = await run(parameters, value);
	expect(result.error?.message).toContain(`'${label}' cannot be '`);
	expect(setup.api.log).toEqual([]);
});

test('an ID in quotes, with what a chat adds to it', async () => {
	const id = (await run({})).outputs[0]?.[0]?.json.id;
	const result = await run(
		{ operation: 'get', generationId: VALUE, download: false },
		`"${id}\u200b"`,
	);
	expect(result.outputs[0]?.[0]?.json).toMatchObject({ id, status: 'completed' });
});

test.each([['7D'], ['"24h"']])('Get Many: the period %s', async (period) => {
	expect(
		(await run({ operation: 'getMany', filters: { period: VALUE } }, period)).error,
	).toBeUndefined();
});

test('Get Many: a model that is no text is refused, not left out', async () => {
	const result = await run({ operation: 'getMany', filters: { model: VALUE } }, [{ id: 1 }]);
	expect(result.error?.message).toContain("'Models' cannot be '");
});
