/** Every model as the strict sandbox accepts it, and what is sent of what the user chose. */
import { SCHEMAS } from '../../sandbox/stand-ins/api/schema';
import { veoWorkflow } from './harness';
import { posts, TEXT, useEngine } from './setup';

const setup = useEngine();
const photo = 'https://example.com/photo.jpg';
const clip = 'https://example.com/clip.mp4';
const MEDIA_OF: Record<string, object> = {
	image_url: { firstFrame: photo },
	last_image_url: { lastFrame: photo },
	image_urls: { referenceImages: [photo, photo] },
	video_url: { sourceVideo: clip },
};
const SETTING_OF: Record<string, [name: string, value: unknown]> = {
	aspect_ratio: ['aspectRatio', '9:16'],
	auto_fix: ['autoFix', false],
	enhance_prompt: ['enhancePrompt', false],
	generate_audio: ['generateAudio', false],
	negative_prompt: ['negativePrompt', 'blurry'],
	person_generation: ['personGeneration', 'dont_allow'],
	provider: ['provider', 'google'],
	seed: ['seed', 0],
};

const run = async (parameters: object, items = [{}]) =>
	await setup.engine.run(veoWorkflow({ operation: 'create', ...parameters }), {
		items,
		credentials: setup.api,
	});

describe.each(Object.entries(SCHEMAS))('%s', (model, schema) => {
	const mediaOf = (all: boolean) =>
		Object.assign(
			{},
			...Object.entries(schema)
				.filter(([, field]) => all || field.required)
				.map(([name]) => MEDIA_OF[name] ?? {}),
		) as object;

	test('smallest body', async () => {
		const result = await run({ model, prompt: 'A hill', ...mediaOf(false) });
		expect(result.error).toBeUndefined();
		const required = Object.keys(schema).filter((name) => schema[name]?.required);
		expect(Object.keys(posts(setup)[0]?.body as object).sort()).toEqual(
			['model', ...required].sort(),
		);
	});

	test('fullest body', async () => {
		const videoSettings: Record<string, unknown> = {};
		const expected: Record<string, unknown> = {};
		for (const [name, field] of Object.entries(schema)) {
			if (name === 'duration') videoSettings.duration = expected.duration = field.enum?.[0];
			if (name === 'resolution') videoSettings.resolution = expected.resolution = field.enum?.[0];
			const setting = SETTING_OF[name];
			if (setting) videoSettings[setting[0]] = expected[name] = setting[1];
		}
		const result = await run({ model, prompt: 'A hill', videoSettings, ...mediaOf(true) });
		expect(result.error).toBeUndefined();
		const body = posts(setup)[0]?.body as object;
		expect(body).toMatchObject(expected);
		expect(Object.keys(body).sort()).toEqual(['model', ...Object.keys(schema)].sort());
	});
});

test('what an expression gives is coerced where that is safe', async () => {
	const videoSettings = {
		duration: '={{ "8" }}',
		generateAudio: '={{ "false" }}',
		resolution: '={{ "1080P" }}',
		seed: '={{ "42" }}',
	};
	expect((await run({ ...TEXT, videoSettings })).error).toBeUndefined();
	expect(posts(setup)[0]?.body).toEqual({
		...TEXT,
		duration: 8,
		generate_audio: false,
		resolution: '1080p',
		seed: 42,
	});
});

test('with Model as an expression each item sends what its own model takes', async () => {
	const result = await run(
		{
			model: '={{ $json.model }}',
			prompt: 'A hill',
			firstFrame: '={{ $json.image }}',
			lastFrame: '={{ $json.image }}',
			sourceVideo: '={{ $json.video }}',
			referenceImages: ['={{ $json.reference }}'],
			videoSettings: { seed: 7, resolution: '={{ $json.resolution }}' },
		},
		[
			{ json: { model: 'google/veo-3.1-t2v', resolution: '720p' } },
			{ json: { model: 'veo-3.1-lite-generate-001', resolution: '720p', image: photo } },
			{ json: { model: 'google/veo3-1-extend-video', resolution: '720p', video: clip } },
			{
				json: { model: 'google/veo-3.1-reference-to-video', resolution: '720p', reference: photo },
			},
		],
	);
	expect(result.error).toBeUndefined();
	const bodies = posts(setup).map(({ body }) => body);
	// Requests that are under way at the same time may arrive in any order.
	const expected = [
		{ model: 'google/veo-3.1-t2v', prompt: 'A hill', seed: 7, resolution: '720p' },
		{
			model: 'veo-3.1-lite-generate-001',
			prompt: 'A hill',
			image_url: photo,
			last_image_url: photo,
			resolution: '720P',
		},
		{
			model: 'google/veo3-1-extend-video',
			prompt: 'A hill',
			video_url: clip,
			resolution: '720p',
		},
		{
			model: 'google/veo-3.1-reference-to-video',
			prompt: 'A hill',
			image_urls: [photo],
			resolution: '720p',
		},
	];
	expect(bodies).toHaveLength(expected.length);
	expect(bodies).toEqual(expect.arrayContaining(expected));
});

test('a model that the table does not hold is sent with all that is set; the API judges', async () => {
	const result = await run({
		model: '={{ "google/veo-4" }}',
		prompt: 'A hill',
		firstFrame: photo,
		videoSettings: { duration: 12, seed: 1 },
	});
	expect(posts(setup)[0]?.body).toEqual({
		model: 'google/veo-4',
		prompt: 'A hill',
		image_url: photo,
		duration: 12,
		seed: 1,
	});
	expect(result.error?.message).toBe('The AI/ML API refused the request [item 0]');
	expect(result.error?.description).toContain('model: Invalid enum value');
});
