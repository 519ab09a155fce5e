/**
 * What distinguishes a retry from a new request: what was entered, not what its expressions return this time.
 */
import type { IDataObject, IExecuteFunctions, INodeParameters } from 'n8n-workflow';
import { isToolCall, keyOfItem, keyOfToolCall } from '../../nodes/AimlVeo/request/requestKey';

const ENTERED: INodeParameters = {
	operation: 'createAndWait',
	model: 'google/veo-3.1-t2v',
	prompt: 'A hill',
	firstFrame: '={{ $json.photo }}',
	videoSettings: { duration: 8 },
	options: { timeout: 60 },
};

/** A node with these parameters; `values` are what their expressions give. */
const nodeWith = (parameters: INodeParameters, values: IDataObject = {}, type = 'x.aimlVeo') =>
	({
		getNode: () => ({ parameters, type }),
		getNodeParameter: (name: string, _itemIndex: number, fallback: unknown) =>
			values[name] ?? parameters[name] ?? fallback,
		evaluateExpression: (part: string) =>
			values[Object.keys(parameters).find((name) => String(parameters[name]).includes(part)) ?? ''],
		// What the model gave: the value without the hour that the expression adds.
		getWorkflowDataProxy: () => ({
			$fromAI: (name: string) =>
				String({ ...values, ...(values.videoSettings as IDataObject) }[name] ?? '').replace(
					/ on .*/,
					'',
				),
		}),
	}) as unknown as IExecuteFunctions;

describe('the key of an item', () => {
	const keyOf = (parameters: INodeParameters, run = 0, item = 0, values?: IDataObject) =>
		keyOfItem(nodeWith(parameters, values), run, item);
	const key = keyOf(ENTERED);

	test('names run and item', () => {
		expect(keyOf(ENTERED, 2, 7)).toMatch(/^2\.7\.[\da-f]{16}$/);
		expect(keyOf(ENTERED, 2, 7).slice(4)).toBe(key.slice(4));
	});

	test('is the same whatever the expressions give', () => {
		const random = { ...ENTERED, prompt: '=News of {{ $now }}' };
		const values = [{ prompt: 'News of today' }, { prompt: 'News of tomorrow' }];
		const keys = values.map((given) => keyOf(random, 0, 0, given));
		expect(keys[0]).toBe(keys[1]);
	});

	test('is another one for each field of the request that was edited', () => {
		const edits: INodeParameters[] = [
			{ model: 'google/veo-3.1-i2v' },
			{ prompt: 'A hill.' },
			{ firstFrame: '={{ $json.image }}' },
			{ lastFrame: 'photo' },
			{ referenceImages: 'photo' },
			{ sourceVideo: 'clip' },
			{ videoSettings: { duration: 6 } },
			{ videoSettings: { duration: 8, seed: 1 } },
			{ videoSettings: {} },
		];
		const keys = edits.map((edit) => keyOf({ ...ENTERED, ...edit }));
		expect(new Set([key, ...keys]).size).toBe(edits.length + 1);
	});

	test('the same text in another field is another request', () => {
		expect(keyOf({ ...ENTERED, firstFrame: '', lastFrame: 'photo' })).not.toBe(
			keyOf({ ...ENTERED, firstFrame: 'photo', lastFrame: '' }),
		);
	});

	test('how it is waited for and delivered is no part of it', () => {
		for (const edit of [
			{ operation: 'create' },
			{ options: { timeout: 9_000, maxCost: 5 } },
			{ download: false },
		]) {
			expect(keyOf({ ...ENTERED, ...edit })).toBe(key);
		}
	});

	test('a field that was never touched is an empty one', () => {
		expect(keyOf({ ...ENTERED, lastFrame: '' })).toBe(key);
	});

	test('the order of the parameters says nothing', () => {
		expect(keyOf(Object.fromEntries(Object.entries(ENTERED).reverse()))).toBe(key);
	});
});

describe('the key of a tool call', () => {
	const FROM_MODEL = "={{ $fromAI('prompt', 'What to show', 'string') }}";
	const keyOf = (prompt: string, value: string, more: IDataObject = {}, given: IDataObject = {}) =>
		keyOfToolCall(
			nodeWith({ ...ENTERED, prompt, ...more } as INodeParameters, { prompt: value, ...given }),
			0,
		);

	test('is the same for the same arguments, and has no run', () => {
		expect(keyOf(FROM_MODEL, 'A hill')).toBe(keyOf(FROM_MODEL, 'A hill'));
		expect(keyOf(FROM_MODEL, 'A hill')).toMatch(/^tool\.0\.[\da-f]{16}$/);
	});

	test('is another one for other arguments', () => {
		expect(keyOf(FROM_MODEL, 'A hill')).not.toBe(keyOf(FROM_MODEL, 'A lake'));
		expect(keyOf('={{ $json.query }}', 'A hill')).not.toBe(keyOf('={{ $json.query }}', 'A lake'));
	});

	test('and for what was edited', () => {
		expect(keyOf('A hill', 'A hill')).not.toBe(keyOf('A lake', 'A lake'));
		expect(keyOf('A hill', 'A hill', { lastFrame: 'photo' })).not.toBe(keyOf('A hill', 'A hill'));
	});

	test.each([
		'={{ Math.random() }}',
		'=News of {{ $now.toISO() }}',
		'={{ $today }}',
		'={{ Date.now() }}',
		'={{ $execution.id + $workflow.name + $runIndex + $itemIndex }}',
		'={{ $min(1, Math.random()) }}',
		'={{ $vars.style }}',
	])('does not change with the hour or by chance: %s', (expression) => {
		expect(keyOf(expression, 'now this')).toBe(keyOf(expression, 'now that'));
	});

	test.each([
		'={{ $json.now }}',
		'={{ $input.item.json.text }}',
		"={{ $('Form').item.json.text }}",
		'={{ $binary.photo }}',
		'={{ $nowhere }}',
	])('but with what the call brings: %s', (expression) => {
		expect(keyOf(expression, 'this')).not.toBe(keyOf(expression, 'that'));
	});

	test('holds for each setting alone', () => {
		const settings = { seed: '={{ Math.random() }}', duration: "={{ $fromAI('duration') }}" };
		const withSettings = (seed: number, duration: number) =>
			keyOf('A hill', 'A hill', { videoSettings: settings }, { videoSettings: { seed, duration } });
		expect(withSettings(1, 8)).toBe(withSettings(2, 8));
		expect(withSettings(1, 8)).not.toBe(withSettings(1, 6));
	});

	test('a setting that its expression gave as a whole is read as a whole', () => {
		const withSettings = (videoSettings: unknown) =>
			keyOf('A hill', 'A hill', { videoSettings: '={{ $json }}' }, {
				videoSettings,
			} as IDataObject);
		expect(withSettings({ seed: 1 })).not.toBe(withSettings({ seed: 2 }));
	});

	test.each([undefined, null, 5, 'text', ['list']])(
		'a value that is no object does no harm: %p',
		(value) => {
			const odd = keyOf('A hill', 'A hill', { videoSettings: { seed: "={{ $fromAI('s') }}" } }, {
				videoSettings: value,
			} as IDataObject);
			expect(odd).toMatch(/^tool\.0\./);
		},
	);

	test("n8n's error for an expression that cannot be resolved comes through", () => {
		const broken = nodeWith(ENTERED);
		broken.getNodeParameter = () => {
			throw new Error('invalid syntax');
		};
		expect(() => keyOfToolCall(broken, 0)).toThrow('invalid syntax');
	});

	// An argument beside the hour or a random number: the next try gives another text.
	test.each([
		"={{ $fromAI('prompt') }} on {{ $now.toISO() }}",
		"={{ $fromAI('prompt') + Math.random() }}",
		'=It costs $5, drawn {{ Math.random() }}',
	])('nor with the hour beside an argument: %s', (expression) => {
		expect(keyOf(expression, 'A hill on Monday')).toBe(keyOf(expression, 'A hill on Tuesday'));
	});
});

describe('whether an agent calls the node', () => {
	const asked = (isTool: unknown, type: unknown) =>
		isToolCall({
			...nodeWith({}, {}, type as string),
			...(isTool !== undefined && { isToolExecution: () => isTool }),
		} as IExecuteFunctions);

	test.each<[string, unknown, unknown, boolean]>([
		['an agent before version 3', true, 'n8n-nodes-aimlapi-veo.aimlVeo', true],
		['an agent of version 3', false, 'n8n-nodes-aimlapi-veo.aimlVeoTool', true],
		['n8n 1.x, which cannot tell', undefined, 'n8n-nodes-aimlapi-veo.aimlVeoTool', true],
		['a workflow', false, 'n8n-nodes-aimlapi-veo.aimlVeo', false],
		['a workflow in n8n 1.x', undefined, 'n8n-nodes-aimlapi-veo.aimlVeo', false],
		['a type that is no text', undefined, undefined, false],
	])('%s', (_name, isTool, type, expected) => {
		expect(asked(isTool, type)).toBe(expected);
	});
});
