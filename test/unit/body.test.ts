/** The request body: only what is set, only what the model takes, in the API's own spelling. */
import { buildBody } from '../../nodes/AimlVeo/request/body';
import type { RequestInput } from '../../nodes/AimlVeo/request/body';
import { MODELS, SETTINGS } from '../../nodes/AimlVeo/catalogue/models';
import type { MediaName, Model, SettingName } from '../../nodes/AimlVeo/catalogue/models';
import { readSetting } from '../../nodes/AimlVeo/request/settings';
import { bodyViolations } from '../../sandbox/stand-ins/api/schema';
import { noFiles, refusalOf } from './support';

const URL_A = 'https://example.com/a.png';
const URL_B = 'https://example.com/b.png';
const TEXT_MODEL = 'google/veo-3.1-t2v';

const build = async (input: Partial<RequestInput>) =>
	await buildBody(
		{ model: TEXT_MODEL, prompt: 'A hill', media: {}, settings: {}, ...input },
		noFiles,
	);

const EVERYTHING = {
	media: { firstFrame: URL_A, lastFrame: URL_B, referenceImages: [URL_A], sourceVideo: URL_B },
	settings: {
		aspectRatio: '16:9',
		autoFix: false,
		duration: 8,
		enhancePrompt: false,
		generateAudio: false,
		negativePrompt: 'blur',
		personGeneration: 'dont_allow',
		provider: 'fal',
		resolution: '720p',
		seed: 0,
	},
};

/** A value for every setting there is: one of the model's own where it names them. */
const settingsFor = ({ settings }: Model) =>
	Object.fromEntries(
		Object.entries(SETTINGS).map(([name, { type }]) => [
			name,
			settings[name as SettingName]?.values?.[0] ??
				{ boolean: false, integer: 0, string: 'x' }[type],
		]),
	);

test.each(MODELS.map((model) => [model.id, model] as const))(
	'%s gets all it takes and nothing else',
	async (id, model) => {
		const media = Object.fromEntries(
			Object.keys(model.media).map((name) => [name, EVERYTHING.media[name as MediaName]]),
		);
		const body = await build({ model: id, media, settings: settingsFor(model) });
		expect(bodyViolations(body)).toEqual([]);
		const count = Object.keys(model.media).length + Object.keys(model.settings).length;
		expect(Object.keys(body)).toHaveLength(2 + count);
	},
);

test('what is not set is not sent', async () => {
	const blank = Object.fromEntries(Object.keys(SETTINGS).map((name) => [name, '']));
	for (const settings of [{}, blank, { duration: null, seed: undefined }]) {
		expect(await build({ settings: settings as never })).toEqual({
			model: TEXT_MODEL,
			prompt: 'A hill',
		});
	}
});

test('false and 0 are sent', async () => {
	expect(await build({ settings: { generateAudio: false, seed: 0 } })).toMatchObject({
		generate_audio: false,
		seed: 0,
	});
});

test('an optional image may be absent', async () => {
	const model = 'google/veo-3-1-lite-generate-preview';
	expect(await build({ model, media: { lastFrame: URL_B } })).toEqual({
		model,
		prompt: 'A hill',
		last_image_url: URL_B,
	});
});

test('a model that is newer than the table gets all that is set, as it is', async () => {
	const body = await build({ model: ' google/veo-9 ', ...EVERYTHING });
	expect(body).toEqual({
		model: 'google/veo-9',
		prompt: 'A hill',
		image_url: URL_A,
		last_image_url: URL_B,
		image_urls: [URL_A],
		video_url: URL_B,
		aspect_ratio: '16:9',
		auto_fix: false,
		duration: 8,
		enhance_prompt: false,
		generate_audio: false,
		negative_prompt: 'blur',
		person_generation: 'dont_allow',
		provider: 'fal',
		resolution: '720p',
		seed: 0,
	});
	expect(await build({ model: 'google/veo-9', settings: { duration: '12' } })).toMatchObject({
		duration: 12,
	});
});

test('the prompt is sent as it is written; a number becomes text', async () => {
	expect((await build({ prompt: ' A hill\n' })).prompt).toBe(' A hill\n');
	expect((await build({ prompt: 2026 })).prompt).toBe('2026');
	expect((await build({ prompt: false })).prompt).toBe('false');
});

test.each<[string, Partial<RequestInput>, string]>([
	['no model', { model: ' ' }, "'Model' is empty"],
	['a model that is an object', { model: {} }, "'Model' is not text"],
	['no prompt', { prompt: '' }, "'Prompt' is empty"],
	['a blank prompt', { prompt: ' \n' }, "'Prompt' is empty"],
	['a prompt that is a function', { prompt: () => 'a' }, "'Prompt' is not text"],
	['a prompt that is an empty object', { prompt: {} }, "'Prompt' is empty"],
	['a missing frame', { model: 'google/veo-3.1-i2v' }, "'First Frame' is empty"],
	[
		'four images',
		{
			model: 'google/veo-3.1-reference-to-video',
			media: { referenceImages: `${URL_A},${URL_A},${URL_A},${URL_A}` },
		},
		"'Reference Images' has 4 images",
	],
	[
		'one wrong image among three',
		{
			model: 'google/veo-3.1-reference-to-video',
			media: { referenceImages: [URL_A, 5] },
		},
		"'Reference Images' is not a URL, a data URI, or a binary field",
	],
	['a setting', { settings: { duration: 5 } }, "'Duration' cannot be '5'"],
])('refused: %s', async (_name, input, message) => {
	expect((await refusalOf(build(input))).message).toBe(message);
});

describe('readSetting', () => {
	const specOf = (name: SettingName) =>
		MODELS.find(({ settings }) => settings[name])?.settings[name] ?? {};

	test.each<[SettingName, unknown, unknown]>([
		['duration', '8', 8],
		['duration', ' 8 ', 8],
		['duration', 4, 4],
		['duration', '8.0', 8],
		['resolution', '1080P', '1080p'],
		['resolution', ' 720p ', '720p'],
		['provider', 'GOOGLE', 'google'],
		['generateAudio', 'true', true],
		['generateAudio', 'FALSE', false],
		['generateAudio', false, false],
		['seed', 0, 0],
		['seed', '-5', -5],
		['negativePrompt', 'blur', 'blur'],
		['negativePrompt', 5, '5'],
		['negativePrompt', true, 'true'],
	])('%s takes %j as %j', (name, value, expected) => {
		expect(readSetting(name, value, specOf(name), 'Veo')).toBe(expected);
	});

	test("spells a value as the model does: '1080p' becomes '1080P'", () => {
		const { settings } = MODELS.find(({ id }) => id === 'veo-3.1-lite-generate-001')!;
		expect(readSetting('resolution', '1080p', settings.resolution!, 'Veo')).toBe('1080P');
	});

	const circular: Record<string, unknown> = {};
	circular.self = circular;

	test.each<[SettingName, unknown, string]>([
		['duration', 4.5, "'Duration' cannot be '4.5'"],
		['duration', 'eight', "'Duration' cannot be 'eight'"],
		['duration', 5, "'Duration' cannot be '5'"],
		['duration', true, "'Duration' cannot be 'true'"],
		['duration', [8], "'Duration' cannot be '[8]'"],
		['duration', null, "'Duration' cannot be 'null'"],
		['seed', 2 ** 53, "'Seed' cannot be '9007199254740992'"],
		['seed', Infinity, "'Seed' cannot be 'Infinity'"],
		['seed', circular, "'Seed' cannot be 'an object'"],
		['seed', { toJSON: () => undefined }, "'Seed' cannot be 'an object'"],
		['seed', Object.create(null), "'Seed' cannot be '{}'"],
		['generateAudio', 1, "'Generate Audio' cannot be '1'"],
		['generateAudio', 'yes', "'Generate Audio' cannot be 'yes'"],
		['resolution', '4k', "'Resolution' cannot be '4k'"],
		['resolution', { a: 1 }, `'Resolution' cannot be '{"a":1}'`],
		['negativePrompt', ['a'], `'Negative Prompt' cannot be '["a"]'`],
	])('%s refuses %p', (name, value, message) => {
		expect(() => readSetting(name, value, specOf(name), 'Veo')).toThrow(message);
	});

	test('a refusal names the model and what it takes', () => {
		const read = () => readSetting('duration', 5, specOf('duration'), 'Veo 3.1 Fast');
		expect(read).toThrow(
			expect.objectContaining({
				details: { description: expect.stringContaining("'Veo 3.1 Fast' accepts 4, 6, 8.") },
			}),
		);
	});
});
