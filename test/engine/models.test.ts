/** Every model as the strict sandbox accepts it, and what is sent of what the user chose. */
import { MEDIA, SETTINGS } from '../../nodes/AimlVeo/catalogue/models';
import { SCHEMAS } from '../../sandbox/stand-ins/api/schema';
import type { Field } from '../../sandbox/stand-ins/api/schema';
import { veoWorkflow } from './harness';
import { posts, TEXT, useEngine } from './setup';

const setup = useEngine();
const photo = 'https://example.com/photo.jpg';
const clip = 'https://example.com/clip.mp4';

/** The node's parameter for each field of the body. */
const namesOf = (table: Readonly<Record<string, { field: string }>>) =>
	new Map(Object.entries(table).map(([name, { field }]) => [field, name]));
const MEDIA_NAMES = namesOf(MEDIA);
const SETTING_NAMES = namesOf(SETTINGS);

function mediumFor({ type }: Field): unknown {
	if (type === 'images') return [photo, photo];
	return type === 'video' ? clip : photo;
}

/** A value that is not the default, where there is another; else one that is easily taken for unset. */
function valueFor({ type, enum: values, default: byDefault }: Field): unknown {
	if (values) return values.find((value) => value !== byDefault) ?? values[0];
	if (type === 'boolean') return false;
	return type === 'integer' ? 0 : 'blurry';
}

const run = async (parameters: object, items = [{}]) =>
	await setup.engine.run(veoWorkflow({ operation: 'create', ...parameters }), {
		items,
		credentials: setup.api,
	});

describe.each(Object.entries(SCHEMAS))('%s', (model, schema) => {
	const mediaOf = (all: boolean) =>
		Object.fromEntries(
			Object.entries(schema).flatMap(([field, spec]) => {
				const name = MEDIA_NAMES.get(field);
				return name && (all || spec.required) ? [[name, mediumFor(spec)] as const] : [];
			}),
		);

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
		for (const [field, spec] of Object.entries(schema)) {
			const name = SETTING_NAMES.get(field);
			if (name) videoSettings[name] = expected[field] = valueFor(spec);
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
