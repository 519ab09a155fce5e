/** What lint cannot see in fields that are made from a table; with n8n's own rules of what is shown. */
import type { INodeParameters, INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import { NodeHelpers, Workflow } from 'n8n-workflow';
import { AimlVeo } from '../../nodes/AimlVeo/AimlVeo.node';
import { AimlVeoTrigger } from '../../nodes/AimlVeo/AimlVeoTrigger.node';
import { DEFAULT_MODEL, MEDIA, MODELS, SETTINGS } from '../../nodes/AimlVeo/catalogue/models';
import type { MediaName, SettingName } from '../../nodes/AimlVeo/catalogue/models';
import { OPERATIONS } from '../../nodes/AimlVeo/operations/operations';

const { description } = new AimlVeo();
const NODE = { typeVersion: 1 };
const operations = Object.keys(OPERATIONS);
const modelIds = MODELS.map(({ id }) => id);

const optionsOf = ({ type, options = [] }: INodeProperties) =>
	type === 'options' ? (options as INodePropertyOptions[]) : [];
const fieldsIn = ({ type, options = [] }: INodeProperties) =>
	type === 'collection' ? (options as INodeProperties[]) : [];

const trigger = new AimlVeoTrigger().description;
const everyField = [...description.properties, ...trigger.properties].flatMap((field) => [
	field,
	...fieldsIn(field),
]);
const everyOption = everyField.flatMap(optionsOf);
const named = everyField.map((field, index) => [`${field.name} (${index})`, field] as const);

/** The fields that the editor shows for these values, with those in collections as `collection.name`. */
function shown(values: INodeParameters): string[] {
	return description.properties
		.filter((field) => NodeHelpers.displayParameter(values, field, NODE, description))
		.flatMap((field) => {
			if (field.type !== 'collection') return [field.name];
			return fieldsIn(field)
				.filter((inner) =>
					NodeHelpers.displayParameterPath(
						{ ...values, [field.name]: {} },
						inner,
						field.name,
						NODE,
						description,
					),
				)
				.map(({ name }) => `${field.name}.${name}`);
		});
}

/** The one definition of a setting that the editor shows for a model. */
function settingOf(model: string, name: SettingName): INodeProperties | undefined {
	const collection = description.properties.find((field) => field.name === 'videoSettings')!;
	const found = fieldsIn(collection).filter(
		(field) =>
			field.name === name &&
			NodeHelpers.displayParameterPath(
				{ operation: 'create', model, videoSettings: {} },
				field,
				'videoSettings',
				NODE,
				description,
			),
	);
	expect(found.length).toBeLessThanOrEqual(1);
	return found[0];
}

const SMALL = /^(a|an|and|as|at|but|by|for|if|in|nor|of|on|or|so|the|to|up|yet)$/;
const isTitleCase = (text: string) =>
	text
		.split(' ')
		.every((word, index) => /^\(?[A-Z\d]/.test(word) || (index > 0 && SMALL.test(word)));

describe.each(named)('%s', (_name, field) => {
	test('has a display name in Title Case', () => {
		expect(field.displayName).toMatch(/^\S.*\S$/);
		expect(isTitleCase(field.displayName)).toBe(true);
		expect(field.displayName.replace(/ID|URL|API|USD/g, '')).not.toMatch(/[A-Z]{2}/);
	});

	test('has a name in camelCase', () => {
		expect(field.name).toMatch(/^[a-z][A-Za-z]*$/);
	});

	test('has a description in sentence case with a final period after several sentences', () => {
		if (['operation', 'options'].includes(field.name)) return;
		expect(field.description).toMatch(/^[A-Z]/);
		// n8n's rule: a final period only after several sentences.
		const isSeveral = /[.!?] [A-Z]/.test(field.description ?? '');
		expect(/\.$/.test(field.description ?? '')).toBe(isSeveral);
		expect(field.description).not.toMatch(/[!?]$|\s\s|^\s|\s$/);
		expect(field.description).not.toBe(field.displayName);
	});

	test('begins with "Whether" just when it is a boolean', () => {
		expect(/^Whether /.test(field.description ?? '')).toBe(field.type === 'boolean');
	});

	test('has a placeholder that is an example', () => {
		if (field.placeholder === undefined) return;
		expect(field.placeholder).toMatch(field.type === 'collection' ? /^Add [A-Z]/ : /^e\.g\. \S/);
	});

	test('has a default of its type', () => {
		if (field.type === 'options') {
			expect(optionsOf(field).map(({ value }) => value)).toContain(field.default);
		} else if (field.typeOptions?.multipleValues || field.type === 'multiOptions') {
			expect(field.default).toEqual([]);
		} else {
			const type = { collection: 'object', dateTime: 'string' }[field.type as string] ?? field.type;
			expect(typeof field.default).toBe(type);
		}
	});

	test('sorts its options by name, each there once', () => {
		const names = optionsOf(field).map(({ name }) => name);
		expect(new Set(names).size).toBe(names.length);
		expect(new Set(optionsOf(field).map(({ value }) => value)).size).toBe(names.length);
		const { compare } = new Intl.Collator('en', { numeric: true });
		expect(names).toEqual([...names].sort(compare));
	});

	test('sorts the fields inside by display name', () => {
		const names = fieldsIn(field).map(({ displayName }) => displayName);
		expect(names).toEqual([...names].sort((a, b) => a.localeCompare(b, 'en')));
	});
});

test.each(everyOption.map((option) => [option.name, option] as const))(
	'option "%s"',
	(name, option) => {
		expect(isTitleCase(name)).toBe(true);
		if (option.description !== undefined) {
			expect(option.description).toMatch(/^[A-Z].*[^.!?\s]$/);
			expect(option.description).not.toBe(name);
		}
	},
);

describe('operations', () => {
	const field = description.properties.find(({ name }) => name === 'operation')!;

	test('each has an action in sentence case, without an article', () => {
		for (const { name, action } of optionsOf(field)) {
			expect(action).toBe(name[0] + name.slice(1).toLowerCase());
			expect(action).not.toMatch(/\b(a|an|the)\b/);
		}
	});

	test('those that cost money say so', () => {
		for (const { value, description: text } of optionsOf(field)) {
			expect(/spends credits/.test(text ?? '')).toBe(String(value).startsWith('create'));
		}
	});
});

describe.each(operations.flatMap((operation) => modelIds.map((model) => [operation, model])))(
	'%s with %s',
	(operation = '', model = '') => {
		const names = shown({ operation, model });

		test('shows no name twice', () => {
			expect(new Set(names).size).toBe(names.length);
		});

		test('shows just the media and settings that the model takes', () => {
			const row = MODELS.find(({ id }) => id === model)!;
			const isRequest = operation.startsWith('create');
			const media = (Object.keys(MEDIA) as MediaName[]).filter((name) => row.media[name]);
			const settings = (Object.keys(SETTINGS) as SettingName[]).filter(
				(name) => row.settings[name],
			);
			expect(names.filter((name) => name in MEDIA)).toEqual(isRequest ? media : []);
			expect(names.filter((name) => name.startsWith('videoSettings.')).sort()).toEqual(
				isRequest ? settings.map((name) => `videoSettings.${name}`).sort() : [],
			);
		});

		test('has the defaults that n8n would save', () => {
			const saved = NodeHelpers.getNodeParameters(
				description.properties,
				{ operation, model },
				true,
				false,
				NODE,
				description,
			);
			const isList = operation === 'getMany';
			expect(saved).toMatchObject(
				isList
					? { operation, returnAll: false, limit: 50, filters: {} }
					: { operation, options: {} },
			);
			expect(saved?.options).toEqual(isList ? undefined : {});
			expect(saved?.videoSettings).toEqual(operation.startsWith('create') ? {} : undefined);
			expect(saved?.download).toBe(['createAndWait', 'get'].includes(operation) ? true : undefined);
		});
	},
);

test('what each operation shows besides the model', () => {
	const besides = (operation: string) =>
		shown({ operation, model: 'google/veo-3.1-t2v' }).filter(
			(name) => !name.startsWith('videoSettings.'),
		);
	expect(besides('create')).toEqual(expect.arrayContaining(['operation', 'model', 'prompt']));
	expect(besides('create')).not.toEqual(
		expect.arrayContaining([expect.stringMatching(/download|generationId|binaryField|fileName/)]),
	);
	expect(besides('get')).toEqual(
		expect.arrayContaining(['generationId', 'waitForCompletion', 'download', 'options.timeout']),
	);
	expect(besides('get')).not.toEqual(expect.arrayContaining(['prompt']));
	for (const operation of ['create', 'createAndWait']) {
		expect(besides(operation)).toEqual(
			expect.arrayContaining(['options.maxCost', 'options.estimateOnly']),
		);
	}
	expect(besides('get')).not.toEqual(
		expect.arrayContaining([expect.stringMatching(/maxCost|estimateOnly/)]),
	);
	expect(shown({ operation: 'getMany', returnAll: false })).toEqual([
		'operation',
		'returnAll',
		'limit',
		...['after', 'before', 'model', 'period', 'reference', 'status'].map(
			(name) => `filters.${name}`,
		),
	]);
	expect(besides('createAndWait')).toEqual(
		expect.arrayContaining(['prompt', 'download', 'options.fileName', 'options.pollInterval']),
	);
});

describe.each(MODELS.map((model) => [model.id, model] as const))('settings of %s', (id, model) => {
	test.each(Object.keys(model.settings) as SettingName[])('%s', (name) => {
		const field = settingOf(id, name);
		const { values, apiDefault } = model.settings[name]!;
		expect(field?.displayName).toBe(SETTINGS[name].label);
		if (values) {
			expect(new Set(optionsOf(field!).map(({ value }) => value))).toEqual(new Set(values));
		} else {
			const type = SETTINGS[name].type === 'integer' ? 'number' : SETTINGS[name].type;
			expect(field?.type).toBe(type);
		}
		if (apiDefault !== undefined) expect(field?.default).toBe(apiDefault);
	});
});

describe('the node', () => {
	test('begins with the operation and the model of the main job', () => {
		const saved = NodeHelpers.getNodeParameters(
			description.properties,
			{},
			true,
			false,
			NODE,
			description,
		);
		expect(saved).toMatchObject({
			operation: 'createAndWait',
			model: DEFAULT_MODEL,
			prompt: '',
			firstFrame: '',
			lastFrame: '',
			download: true,
			videoSettings: {},
			options: {},
		});
	});

	test('lists each model once, by its name', () => {
		const field = description.properties.find(({ name }) => name === 'model')!;
		expect(
			optionsOf(field)
				.map(({ value }) => value)
				.sort(),
		).toEqual([...modelIds].sort());
	});

	test('can be a tool of an AI Agent, and says that it spends credits', () => {
		expect(description.usableAsTool).toBe(true);
		expect(description.description).toContain('spends credits');
	});

	test('is called the same in all places', () => {
		expect(description.displayName).toBe(description.defaults.name);
		expect(description.name).toBe('aimlVeo');
		expect(isTitleCase(description.displayName)).toBe(true);
	});

	test('has no field marked as required that other models hide', () => {
		const required = description.properties.filter((field) => field.required);
		expect(required.map(({ name }) => name)).toEqual(['prompt', 'generationId']);
	});
});

describe('the subtitle, as n8n resolves it', () => {
	const nodeTypes = {
		getByName: () => new AimlVeo(),
		getByNameAndVersion: () => new AimlVeo(),
		getKnownTypes: () => ({}),
	};
	test.each([
		[{}, 'Create & wait: first-last'],
		[{ model: 'google/veo-3.1-first-last-image-to-video-fast' }, 'Create & wait: first-last-fast'],
		[{ model: 'google/veo3-1-fast-extend-video' }, 'Create & wait: fast-extend'],
		[{ model: 'veo-3.1-lite-generate-001' }, 'Create & wait: lite-001'],
		[{ operation: 'create', model: 'google/veo-3.1-t2v' }, 'Create: t2v'],
		[{ operation: 'create', model: 'google/veo-4-t2v' }, 'Create: veo-4-t2v'],
		[{ operation: 'get' }, 'Get'],
		[{ operation: 'getMany' }, 'Get many'],
	])('%j', (parameters, subtitle) => {
		const id = 'veo';
		const node = { id, name: id, type: id, typeVersion: 1, position: [0, 0], parameters };
		const workflow = new Workflow({
			nodes: [node as never],
			connections: {},
			active: false,
			nodeTypes,
		});
		const [own] = Object.values(workflow.nodes);
		expect(
			workflow.expression.getSimpleParameterValue(own!, description.subtitle, 'internal', {}),
		).toBe(subtitle);
	});
});

describe('the trigger', () => {
	test('is what n8n polls, and no tool of an agent', () => {
		expect(trigger).toMatchObject({ polling: true, group: ['trigger'], inputs: [] });
		expect(trigger).not.toHaveProperty('usableAsTool');
	});

	test('has the fields that saved workflows name', () => {
		const names = trigger.properties.flatMap((field) => [
			field.name,
			...fieldsIn(field).map(({ name }) => `${field.name}.${name}`),
		]);
		expect(names).toEqual([
			'status',
			'download',
			'filters',
			'filters.model',
			'filters.ownOnly',
			'filters.reference',
			'options',
			'options.fileName',
			'options.binaryField',
		]);
		const defaults = trigger.properties.map(({ name, default: value }) => [name, value]);
		expect(Object.fromEntries(defaults)).toEqual({
			status: 'succeeded',
			download: false,
			filters: {},
			options: {},
		});
	});

	test('says why it does not download by default', () => {
		const download = trigger.properties.find(({ name }) => name === 'download');
		expect(download?.description).toMatch(/n8n never deletes a file that a trigger stored/);
	});
});
