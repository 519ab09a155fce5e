/** The table of models against the sandbox's own copy of the vendor's schema, which is written separately. */
import {
	DEFAULT_MODEL,
	findModel,
	MEDIA,
	MODELS,
	SETTINGS,
	shortName,
} from '../../nodes/AimlVeo/catalogue/models';
import type { MediaName, SettingName } from '../../nodes/AimlVeo/catalogue/models';
import { SCHEMAS } from '../../sandbox/stand-ins/api/schema';

test('the table and the schema know the same models', () => {
	expect(MODELS.map(({ id }) => id).sort()).toEqual(Object.keys(SCHEMAS).sort());
});

describe.each(MODELS.map((model) => [model.id, model] as const))('%s', (id, model) => {
	const schema = SCHEMAS[id] ?? {};
	const mediaNames = Object.keys(model.media) as MediaName[];
	const settingNames = Object.keys(model.settings) as SettingName[];

	test('takes just the fields of the schema', () => {
		const fields = [
			'prompt',
			...mediaNames.map((name) => MEDIA[name].field),
			...settingNames.map((name) => SETTINGS[name].field),
		];
		expect(fields.sort()).toEqual(
			Object.keys(schema)
				.filter((name) => name !== 'model')
				.sort(),
		);
	});

	test('its media are required just where the schema says so', () => {
		for (const name of mediaNames) {
			const field = schema[MEDIA[name].field];
			expect(model.media[name]).toBe(field?.required ? 'required' : 'optional');
			expect(field?.type).toBe(name === 'referenceImages' ? 'images' : MEDIA[name].kind);
		}
	});

	test.each(settingNames)('%s has the values and the type of the schema', (name) => {
		const field = schema[SETTINGS[name].field];
		const spec = model.settings[name];
		expect(SETTINGS[name].type).toBe(field?.type);
		expect(spec?.values).toEqual(field?.enum);
		// A model with a single value needs no word of the vendor about what it uses.
		const only = field?.enum?.length === 1 ? field.enum[0] : undefined;
		expect(spec?.apiDefault).toBe(field?.default ?? only);
		if (spec?.values && spec.apiDefault !== undefined) {
			expect(spec.values).toContain(spec.apiDefault);
		}
	});

	test('is found by its id only', () => {
		expect(findModel(id)).toBe(model);
		expect(findModel(`${id}x`)).toBeUndefined();
	});
});

test('names and ids are there once', () => {
	for (const key of ['id', 'name'] as const) {
		expect(new Set(MODELS.map((model) => model[key])).size).toBe(MODELS.length);
	}
});

test('the default is in the table', () => {
	expect(findModel(DEFAULT_MODEL)?.media).toEqual({
		firstFrame: 'required',
		lastFrame: 'required',
	});
});

test.each([
	['google/veo-3.1-i2v', 'veo-3.1-i2v'],
	['veo-3.1-lite-generate-001', 'veo-3.1-lite-generate-001'],
	['a/b/c', 'c'],
	['', ''],
])('short name of "%s"', (id, short) => {
	expect(shortName(id)).toBe(short);
});
