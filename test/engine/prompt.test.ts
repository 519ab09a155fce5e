/**
 * A prompt that nobody can have meant, such as an unresolved expression, is refused before anything is paid
 * for.
 */
import type { IDataObject } from 'n8n-workflow';
import { veoWorkflow } from './harness';
import { posts, TEXT, useEngine } from './setup';

const setup = useEngine();
const json = {
	shot: { title: 'Dawn', lens: '35 mm' },
	shots: [{ a: 1 }, { a: 2 }],
	animal: 'fox',
	template: 'A {{ $json.animal }}',
};
const run = async (parameters: IDataObject) =>
	await setup.engine.run(veoWorkflow({ ...TEXT, operation: 'create', ...parameters }), {
		items: [{ json }],
		credentials: setup.api,
	});
const negative = (negativePrompt: string) => ({ videoSettings: { negativePrompt } });
const OBJECT = 'contains an object in the middle of its text';
const EXPRESSION = 'contains an expression that n8n did not resolve';

test.each<[string, IDataObject, string, string]>([
	[
		'an object',
		{ prompt: '=Make this: {{ $json.shot }}' },
		`'Prompt' ${OBJECT}`,
		'JSON.stringify(',
	],
	[
		'a list of objects',
		{ prompt: '=All: {{ $json.shots }}' },
		`'Prompt' ${OBJECT}`,
		'JSON.stringify(',
	],
	[
		'an object to avoid',
		negative('=No {{ $json.shot }}'),
		`'Negative Prompt' ${OBJECT}`,
		'JSON.stringify(',
	],
	[
		'braces',
		{ prompt: 'A video of {{ $json.animal }}' },
		`'Prompt' ${EXPRESSION}`,
		'Fixed to Expression',
	],
	[
		'tight braces',
		{ prompt: 'A video of {{$json.animal}}' },
		`'Prompt' ${EXPRESSION}`,
		'{{$json.animal}}',
	],
	[
		'braces with a node',
		{ prompt: "{{\n$('Set').item.json.x }}" },
		`'Prompt' ${EXPRESSION}`,
		'Expression',
	],
	['braces out of a sheet', { prompt: '={{ $json.template }}' }, `'Prompt' ${EXPRESSION}`, '$json'],
	[
		'braces to avoid',
		negative('{{ $json.animal }}'),
		`'Negative Prompt' ${EXPRESSION}`,
		'Expression',
	],
	[
		'braces as an address',
		{ model: 'google/veo-3.1-i2v', firstFrame: 'https://example.com/{{$json.animal}}.jpg' },
		`'First Frame' ${EXPRESSION}`,
		"Change 'First Frame'",
	],
	[
		'braces as a file name',
		{ operation: 'createAndWait', options: { fileName: '{{ $json.animal }}.mp4' } },
		`'File Name' ${EXPRESSION}`,
		'Expression',
	],
	[
		'braces as an ID',
		{ operation: 'get', generationId: '{{ $json.id }}' },
		`'Generation ID' ${EXPRESSION}`,
		'Expression',
	],
	['an empty object', { prompt: '={{ {} }}' }, "'Prompt' is empty", 'Describe'],
	['a model that is an object', { model: '={{ ({ id: 1 }) }}' }, "'Model' is not text", "'Model'"],
])('%s is refused', async (_name, parameters, message, hint) => {
	const result = await run(parameters);
	expect(result.error?.message).toBe(`${message} [item 0]`);
	expect(result.error?.description).toContain(hint);
	expect(setup.api.log).toEqual([]);
});

test.each<[string, string, string]>([
	['an object as the whole', '={{ $json.shot }}', JSON.stringify(json.shot)],
	['a list as the whole', '={{ $json.shots }}', JSON.stringify(json.shots)],
	[
		'JSON in a text',
		'=Make: {{ JSON.stringify($json.shot) }}',
		`Make: ${JSON.stringify(json.shot)}`,
	],
	['braces that are meant', 'Title: {{ MY FILM }} for $5', 'Title: {{ MY FILM }} for $5'],
	['a list of words', '={{ "Colors: " + ["red", "blue"] }}', 'Colors: red,blue'],
	['a date', '={{ new Date(0) }}', '1970-01-01T00:00:00.000Z'],
	['lines', 'One\r\nTwo 👩‍👧', 'One\r\nTwo 👩‍👧'],
])('%s is sent', async (_name, prompt, expected) => {
	expect((await run({ prompt })).error).toBeUndefined();
	expect(posts(setup)[0]?.body).toMatchObject({ prompt: expected });
});
