/**
 * The Veo 3.1 models as one table, and the only place that knows them. The fields in the editor, the
 * request body, the price estimate, the README's table and the tests are all derived from it.
 *
 * Source: the "Veo 3.1" pages under https://docs.aimlapi.com/api-references/video-models/google
 */

interface MediaInfo {
	/** The body field it fills. */
	readonly field: string;
	readonly kind: 'image' | 'video';
	/** Its name and its description in the editor. */
	readonly label: string;
	readonly hint: string;
}

const SOURCES = 'a URL, a data URI, or the name of a binary field of the incoming item';

/** The node's media parameters. */
export const MEDIA = {
	firstFrame: {
		field: 'image_url',
		kind: 'image',
		label: 'First Frame',
		hint: `Image the video starts with: ${SOURCES}`,
	},
	lastFrame: {
		field: 'last_image_url',
		kind: 'image',
		label: 'Last Frame',
		hint: `Image the video ends with: ${SOURCES}`,
	},
	referenceImages: {
		field: 'image_urls',
		kind: 'image',
		label: 'Reference Images',
		hint: 'One to three images of what should appear: URLs, data URIs, or names of binary fields of the incoming item',
	},
	sourceVideo: {
		field: 'video_url',
		kind: 'video',
		label: 'Source Video',
		hint: `Video to extend: ${SOURCES}`,
	},
} as const satisfies Record<string, MediaInfo>;

export interface SettingInfo {
	/** The body field it fills. */
	readonly field: string;
	readonly type: 'boolean' | 'integer' | 'string';
	/** Its name and its description in the editor. */
	readonly label: string;
	readonly hint: string;
	/** Follows its values in the editor. */
	readonly unit?: string;
	readonly placeholder?: string;
}

/** The node's video settings. */
export const SETTINGS = {
	aspectRatio: {
		field: 'aspect_ratio',
		type: 'string',
		label: 'Aspect Ratio',
		hint: 'Shape of the video',
	},
	autoFix: {
		field: 'auto_fix',
		type: 'boolean',
		label: 'Auto Fix',
		hint: 'Whether to let the API rewrite a prompt that its content policy would reject',
	},
	duration: {
		field: 'duration',
		type: 'integer',
		label: 'Duration',
		hint: 'Length of the video in seconds',
		unit: 'Seconds',
	},
	enhancePrompt: {
		field: 'enhance_prompt',
		type: 'boolean',
		label: 'Enhance Prompt',
		hint: 'Whether to let the API add detail to the prompt',
	},
	generateAudio: {
		field: 'generate_audio',
		type: 'boolean',
		label: 'Generate Audio',
		hint: 'Whether to generate sound for the video',
	},
	negativePrompt: {
		field: 'negative_prompt',
		type: 'string',
		label: 'Negative Prompt',
		hint: 'What the video should not show',
		placeholder: 'e.g. blurry, text, watermark',
	},
	personGeneration: {
		field: 'person_generation',
		type: 'string',
		label: 'Person Generation',
		hint: 'Who may appear in the video',
	},
	provider: {
		field: 'provider',
		type: 'string',
		label: 'Provider',
		hint: 'Who runs the model: Google, the fal.ai mirror, or Google first and then fal.ai',
	},
	resolution: {
		field: 'resolution',
		type: 'string',
		label: 'Resolution',
		hint: 'Number of pixels on the short side',
	},
	seed: {
		field: 'seed',
		type: 'integer',
		label: 'Seed',
		hint: 'The same seed and the same request give a similar video',
	},
} as const satisfies Record<string, SettingInfo>;

/** The API's values that the editor calls by other names. */
export const VALUE_NAMES: Readonly<Record<string, string>> = {
	allow_adult: 'Adults',
	auto: 'Automatic',
	dont_allow: 'Nobody',
	fal: 'Fal.ai',
	google: 'Google',
};

export type MediaName = keyof typeof MEDIA;
export type SettingName = keyof typeof SETTINGS;

/** What a model accepts for one setting. */
export interface SettingSpec {
	/** The only values the API accepts; without it any value of the setting's type. */
	readonly values?: ReadonlyArray<string | number>;
	/** What the API uses when the field is absent. Never sent; shown in the editor and used for prices. */
	readonly apiDefault?: string | number | boolean;
}

export interface Model {
	/** The id the API knows the model by. */
	readonly id: string;
	readonly name: string;
	readonly description: string;
	readonly media: Readonly<Partial<Record<MediaName, 'required' | 'optional'>>>;
	readonly settings: Readonly<Partial<Record<SettingName, SettingSpec>>>;
}

/** The API accepts one to three reference images. */
export const MAX_REFERENCE_IMAGES = 3;

const AUDIO = { apiDefault: true };
const PROVIDER = { values: ['auto', 'google', 'fal'], apiDefault: 'auto' };
const RATIO = { values: ['16:9', '9:16'] };
const SECONDS = { values: [4, 6, 8], apiDefault: 8 };
const HD = { values: ['720p', '1080p'], apiDefault: '1080p' };

const frameSettings = {
	aspectRatio: RATIO,
	duration: SECONDS,
	generateAudio: AUDIO,
	provider: PROVIDER,
	resolution: HD,
};
const textSettings = {
	...frameSettings,
	autoFix: { apiDefault: true },
	enhancePrompt: { apiDefault: true },
	negativePrompt: {},
	seed: {},
};
const extendSettings = {
	aspectRatio: { values: ['auto', '16:9', '9:16'], apiDefault: 'auto' },
	autoFix: { apiDefault: false },
	duration: { values: [7], apiDefault: 7 },
	generateAudio: AUDIO,
	provider: PROVIDER,
	resolution: { values: ['720p'], apiDefault: '720p' },
};

export const MODELS: readonly Model[] = [
	{
		id: 'google/veo-3.1-first-last-image-to-video',
		name: 'Veo 3.1 First and Last Frame',
		description: 'From a first to a last frame',
		media: { firstFrame: 'required', lastFrame: 'required' },
		settings: frameSettings,
	},
	{
		id: 'google/veo-3.1-first-last-image-to-video-fast',
		name: 'Veo 3.1 First and Last Frame Fast',
		description: 'From a first to a last frame, faster and cheaper',
		media: { firstFrame: 'required', lastFrame: 'required' },
		settings: frameSettings,
	},
	{
		id: 'google/veo-3.1-i2v',
		name: 'Veo 3.1 Image to Video',
		description: 'Starts with an image',
		media: { firstFrame: 'required' },
		settings: frameSettings,
	},
	{
		id: 'google/veo-3.1-i2v-fast',
		name: 'Veo 3.1 Image to Video Fast',
		description: 'Starts with an image, faster and cheaper',
		media: { firstFrame: 'required' },
		settings: frameSettings,
	},
	{
		id: 'google/veo-3.1-t2v',
		name: 'Veo 3.1 Text to Video',
		description: 'Needs only a prompt',
		media: {},
		settings: textSettings,
	},
	{
		id: 'google/veo-3.1-t2v-fast',
		name: 'Veo 3.1 Text to Video Fast',
		description: 'Needs only a prompt, faster and cheaper',
		media: {},
		settings: textSettings,
	},
	{
		id: 'google/veo-3.1-reference-to-video',
		name: 'Veo 3.1 Reference to Video',
		description: 'Shows the people and objects from one to three images',
		media: { referenceImages: 'required' },
		settings: {
			duration: { values: [8], apiDefault: 8 },
			generateAudio: AUDIO,
			provider: PROVIDER,
			resolution: HD,
		},
	},
	{
		id: 'google/veo3-1-extend-video',
		name: 'Veo 3.1 Extend Video',
		description: 'Continues a video from its end',
		media: { sourceVideo: 'required' },
		settings: extendSettings,
	},
	{
		id: 'google/veo3-1-fast-extend-video',
		name: 'Veo 3.1 Extend Video Fast',
		description: 'Continues a video from its end, faster and cheaper',
		media: { sourceVideo: 'required' },
		settings: extendSettings,
	},
	{
		id: 'google/veo-3-1-lite-generate-preview',
		name: 'Veo 3.1 Lite Preview',
		description: 'Lighter model: a prompt, with optional images',
		media: { firstFrame: 'optional', lastFrame: 'optional' },
		settings: frameSettings,
	},
	{
		id: 'veo-3.1-lite-generate-001',
		name: 'Veo 3.1 Lite',
		description: 'Lighter model: a prompt, with optional images',
		media: { firstFrame: 'optional', lastFrame: 'optional' },
		settings: {
			aspectRatio: RATIO,
			duration: SECONDS,
			generateAudio: AUDIO,
			personGeneration: { values: ['dont_allow', 'allow_adult'], apiDefault: 'allow_adult' },
			resolution: { values: ['720P', '1080P'], apiDefault: '720P' },
		},
	},
];

export const DEFAULT_MODEL = 'google/veo-3.1-first-last-image-to-video';

/** The model with this id, or undefined for one that is newer than this table. */
export function findModel(id: string): Model | undefined {
	return MODELS.find((model) => model.id === id);
}

/** The model's id without its vendor: `google/veo-3.1-i2v` gives `veo-3.1-i2v`. */
export function shortName(id: string): string {
	return id.slice(id.lastIndexOf('/') + 1);
}
