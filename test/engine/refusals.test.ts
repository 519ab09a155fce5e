/** What is refused before anything is paid, with the message that a person needs. */
import { veoWorkflow } from './harness';
import { fileOf, checks, posts, TEXT, useEngine } from './setup';

const setup = useEngine();
const photo = 'https://example.com/photo.jpg';
const FRAMES = { model: 'google/veo-3.1-first-last-image-to-video', prompt: 'A hill' };
const text = { base64: Buffer.from('hello there').toString('base64'), mimeType: 'image/png' };
const html = {
	base64: Buffer.from('<!doctype html><p>').toString('base64'),
	mimeType: 'image/png',
};
const binary = {
	photo: fileOf('first-frame.jpg'),
	clip: fileOf('landscape-4s.mp4'),
	text,
	html,
};

test.each<[string, object, string, string]>([
	['blank prompt', { ...TEXT, prompt: '  ' }, "'Prompt' is empty", 'Describe the video'],
	[
		'prompt out of nowhere',
		{ ...TEXT, prompt: '={{ $json.nothing }}' },
		"'Prompt' is empty",
		'incoming item',
	],
	['empty model', { prompt: 'x', model: '={{ "" }}' }, "'Model' is empty", 'list'],
	[
		'no last frame',
		{ ...FRAMES, firstFrame: photo },
		"'Last Frame' is empty",
		'photo, clip, text, html',
	],
	[
		'no reference',
		{ prompt: 'x', model: 'google/veo-3.1-reference-to-video' },
		"'Reference Images' is empty",
		'binary field',
	],
	[
		'four references',
		{
			prompt: 'x',
			model: 'google/veo-3.1-reference-to-video',
			referenceImages: [photo, photo, photo, photo],
		},
		"'Reference Images' has 4 images",
		'at most 3',
	],
	[
		'no such field',
		{ ...FRAMES, firstFrame: 'fotto', lastFrame: photo },
		"'First Frame' is neither a URL nor a binary field of the item",
		"'fotto'",
	],
	[
		'text file',
		{ ...FRAMES, firstFrame: 'text', lastFrame: photo },
		"The file in 'First Frame' is not an image",
		"'text' is text",
	],
	[
		'web page',
		{ ...FRAMES, firstFrame: photo, lastFrame: 'html' },
		"The file in 'Last Frame' is not an image",
		'a web page',
	],
	[
		'video as image',
		{ ...FRAMES, firstFrame: 'clip', lastFrame: photo },
		"The file in 'First Frame' is not an image",
		'video/mp4',
	],
	[
		'image as video',
		{ prompt: 'x', model: 'google/veo3-1-extend-video', sourceVideo: 'photo' },
		"The file in 'Source Video' is not a video",
		'image/jpeg',
	],
	[
		'other scheme',
		{ ...FRAMES, firstFrame: 'ftp://example.com/a.png', lastFrame: photo },
		"'First Frame' is not a URL that the API can open",
		'https://',
	],
	[
		'local file',
		{ ...FRAMES, firstFrame: 'file:///etc/passwd', lastFrame: photo },
		"'First Frame' is not a URL that the API can open",
		'https://',
	],
	[
		'URL with password',
		{ ...FRAMES, firstFrame: 'https://a:b@example.com/a.png', lastFrame: photo },
		"'First Frame' is not a URL that the API can open",
		'password',
	],
	[
		'broken data URI',
		{ ...FRAMES, firstFrame: 'data:image/png,abc', lastFrame: photo },
		"'First Frame' has a data URI that cannot be read",
		'Base64',
	],
	[
		'a number as image',
		{ ...FRAMES, firstFrame: '={{ 5 }}', lastFrame: photo },
		"'First Frame' is not a URL, a data URI, or a binary field",
		'$binary.data',
	],
	[
		'fractional duration',
		{ ...TEXT, videoSettings: { duration: '={{ 4.5 }}' } },
		"'Duration' cannot be '4.5'",
		'whole number',
	],
	[
		'other duration',
		{ ...TEXT, videoSettings: { duration: '={{ 5 }}' } },
		"'Duration' cannot be '5'",
		'4, 6, 8',
	],
	[
		'other resolution',
		{ ...TEXT, videoSettings: { resolution: '={{ "4k" }}' } },
		"'Resolution' cannot be '4k'",
		'720p, 1080p',
	],
	[
		'audio maybe',
		{ ...TEXT, videoSettings: { generateAudio: '={{ "maybe" }}' } },
		"'Generate Audio' cannot be 'maybe'",
		'true or false',
	],
	[
		'seed out of range',
		{ ...TEXT, videoSettings: { seed: '={{ 1e20 }}' } },
		"'Seed' cannot be '100000000000000000000'",
		'whole number',
	],
	['empty id', { operation: 'get', generationId: ' ' }, "'Generation ID' is empty", "'id'"],
	[
		'poll interval',
		{ ...TEXT, options: { pollInterval: 0 } },
		"'Poll Interval' cannot be '0'",
		'from 1 to 3600',
	],
	[
		'concurrency',
		{ ...TEXT, options: { maxConcurrent: 2.5 } },
		"'Max Concurrent' cannot be '2.5'",
		'whole number from 1 to 1000',
	],
	['unknown operation', { operation: 'cancel' }, "'Operation' cannot be 'cancel'", 'list'],
])('%s', async (_name, parameters, message, hint) => {
	const result = await setup.engine.run(veoWorkflow(parameters as never), {
		items: [{ binary }],
		credentials: setup.api,
	});
	expect(result.status).toBe('error');
	expect(result.error?.message).toBe(`${message} [item 0]`);
	expect(result.error?.description).toContain(hint);
	expect(setup.api.log).toEqual([]);
});

test('an empty required field is told by n8n itself', async () => {
	const run = setup.engine.run(veoWorkflow({ ...TEXT, prompt: '' }), { credentials: setup.api });
	await expect(run).rejects.toThrow('Parameter "Prompt" is required');
	expect(setup.api.log).toEqual([]);
});

test('one refused item stops the node before the others are paid for', async () => {
	const result = await setup.engine.run(veoWorkflow({ ...TEXT, prompt: '={{ $json.prompt }}' }), {
		items: [{ json: { prompt: 'a' } }, { json: {} }],
		credentials: setup.api,
	});
	expect(result.error?.message).toBe("'Prompt' is empty [item 1]");
	expect(result.error?.itemIndex).toBe(1);
	expect(setup.api.log).toEqual([]);
});

test('under Continue On Fail it becomes a row, and the others go on', async () => {
	const result = await setup.engine.run(
		veoWorkflow({ ...TEXT, prompt: '={{ $json.prompt }}' }, { onError: 'continueRegularOutput' }),
		{
			items: [{ json: { prompt: 'a' } }, { json: {} }, { json: { prompt: 'c' } }],
			credentials: setup.api,
		},
	);
	const rows = result.outputs[0] ?? [];
	expect(rows.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 1 }, { item: 2 }]);
	expect(rows[1]?.json).toEqual({ error: "'Prompt' is empty [item 1]" });
	expect(rows[0]?.files.data?.bytes).toBeGreaterThan(0);
	expect(rows[2]?.files.data?.bytes).toBeGreaterThan(0);
	expect(posts(setup)).toHaveLength(2);
});

test('a wrong key says so after the first request, not after ten', async () => {
	for (const onError of ['stopWorkflow', 'continueRegularOutput'] as const) {
		setup.api.reset();
		const result = await setup.engine.run(veoWorkflow(TEXT, { onError }), {
			items: Array.from({ length: 10 }, () => ({})),
			credentials: { ...setup.api, apiKey: 'wrong' },
		});
		const message = result.error?.message ?? result.outputs[0]?.[9]?.json.error;
		expect(message).toContain('The AI/ML API did not accept the API key');
		expect(posts(setup)).toHaveLength(1);
	}
	expect(checks(setup)).toHaveLength(0);
});

test.each([
	[
		'no key',
		{ apiKey: ' ', baseUrl: 'http://127.0.0.1:1' },
		"'API Key' in the credential is empty",
	],
	[
		'no address',
		{ apiKey: 'k', baseUrl: 'api.aimlapi.com' },
		"'Base URL' in the credential is not a valid URL",
	],
])('credential: %s', async (_name, credentials, message) => {
	const result = await setup.engine.run(veoWorkflow(TEXT), { credentials });
	expect(result.error?.message).toBe(`${message} [item 0]`);
	expect(result.error?.description).toContain("credential 'AI/ML API'");
});

test.each(['/', '/v1', '/v2/', '//'])('a base URL that ends with %s works', async (end) => {
	const { apiKey, baseUrl } = setup.api;
	const result = await setup.engine.run(veoWorkflow({ ...TEXT, operation: 'create' }), {
		credentials: { apiKey: ` ${apiKey} `, baseUrl: baseUrl + end },
	});
	expect(result.error).toBeUndefined();
});
