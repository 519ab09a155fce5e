/**
 * What the vendor's schema accepts, kept apart from the node's own table, so that a mistake in either of them
 * is noticed. Source: the OpenAPI descriptions of the Veo 3.1 models in the vendor's docs.
 */

export interface Field {
	type: 'string' | 'integer' | 'boolean' | 'image' | 'video' | 'images';
	enum?: ReadonlyArray<string | number>;
	/** What the vendor says it uses when the field is absent. */
	default?: string | number | boolean;
	required?: boolean;
	caseInsensitive?: boolean;
}

export type Schema = Record<string, Field>;
export type Schemas = Record<string, Schema>;

const required = (type: Field['type']): Field => ({ type, required: true });
const optional = (
	type: Field['type'],
	values?: Field['enum'],
	byDefault?: Field['default'],
): Field => ({ type, enum: values, default: byDefault });
const flag = (byDefault: boolean) => optional('boolean', undefined, byDefault);

const provider: Field = {
	...optional('string', ['auto', 'google', 'fal'], 'auto'),
	caseInsensitive: true,
};
const base: Schema = { prompt: required('string'), generate_audio: flag(true) };
const lengths = {
	duration: optional('integer', [4, 6, 8], 8),
	aspect_ratio: optional('string', ['16:9', '9:16']),
};
const hd = { resolution: optional('string', ['720p', '1080p'], '1080p') };
const frames = { ...base, ...lengths, ...hd, provider };
const text = {
	...frames,
	seed: optional('integer'),
	negative_prompt: optional('string'),
	enhance_prompt: flag(true),
	auto_fix: flag(true),
};
const firstLast = {
	...frames,
	image_url: required('image'),
	last_image_url: required('image'),
};
const image = { ...frames, image_url: required('image') };
const extend = {
	...base,
	video_url: required('video'),
	aspect_ratio: optional('string', ['auto', '16:9', '9:16'], 'auto'),
	duration: optional('integer', [7], 7),
	resolution: optional('string', ['720p'], '720p'),
	auto_fix: flag(false),
	provider,
};
const optionalFrames = { image_url: optional('image'), last_image_url: optional('image') };

export const SCHEMAS: Schemas = {
	'google/veo-3.1-first-last-image-to-video': firstLast,
	'google/veo-3.1-first-last-image-to-video-fast': firstLast,
	'google/veo-3.1-i2v': image,
	'google/veo-3.1-i2v-fast': image,
	'google/veo-3.1-t2v': text,
	'google/veo-3.1-t2v-fast': text,
	'google/veo-3.1-reference-to-video': {
		...base,
		...hd,
		image_urls: required('images'),
		duration: optional('integer', [8]),
		provider,
	},
	'google/veo3-1-extend-video': extend,
	'google/veo3-1-fast-extend-video': extend,
	'google/veo-3-1-lite-generate-preview': { ...frames, ...optionalFrames },
	'veo-3.1-lite-generate-001': {
		...base,
		...lengths,
		...optionalFrames,
		resolution: optional('string', ['720P', '1080P'], '720P'),
		person_generation: optional('string', ['dont_allow', 'allow_adult'], 'allow_adult'),
	},
};

const SIGNATURES: Array<[mime: string, offset: number, bytes: string]> = [
	['image/png', 0, '\x89PNG'],
	['image/jpeg', 0, '\xff\xd8\xff'],
	['image/webp', 8, 'WEBP'],
	['video/mp4', 4, 'ftyp'],
	['video/quicktime', 4, 'ftypqt'],
	// As older cameras write it.
	...['wide', 'mdat', 'moov', 'free', 'skip'].map((box): [string, number, string] => [
		'video/quicktime',
		4,
		box,
	]),
	['video/webm', 0, '\x1a\x45\xdf\xa3'],
];

function mediaViolation(value: unknown, kind: 'image' | 'video'): string | undefined {
	if (typeof value !== 'string') return `Expected string, received ${nameOf(value)}`;
	const uri = /^data:([^;,]+);base64,([A-Za-z0-9+/]+=*)$/.exec(value);
	if (!uri) {
		return /^https?:\/\/[^\s/]+/.test(value) ? undefined : 'Invalid url';
	}
	const bytes = Buffer.from(uri[2] ?? '', 'base64').toString('latin1');
	const matches = SIGNATURES.some(
		([mime, offset, signature]) =>
			mime === uri[1] && mime.startsWith(kind) && bytes.startsWith(signature, offset),
	);
	return matches ? undefined : `Expected ${kind} data, received ${uri[1]} that is none`;
}

const nameOf = (value: unknown) =>
	value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;

function fieldViolation(value: unknown, field: Field): string | undefined {
	switch (field.type) {
		case 'image':
		case 'video':
			return mediaViolation(value, field.type);
		case 'images': {
			if (!Array.isArray(value)) return `Expected array, received ${nameOf(value)}`;
			if (value.length < 1 || value.length > 3) return 'Expected 1 to 3 elements';
			return value.map((entry) => mediaViolation(entry, 'image')).find(Boolean);
		}
		case 'integer':
			if (!Number.isInteger(value)) return `Expected integer, received ${nameOf(value)}`;
			break;
		default:
			if (typeof value !== field.type) {
				return `Expected ${field.type}, received ${nameOf(value)}`;
			}
	}
	if (!field.enum) return undefined;
	const given = field.caseInsensitive ? String(value).toLowerCase() : value;
	return field.enum.includes(given as string | number)
		? undefined
		: `Invalid enum value. Expected ${field.enum.join(' | ')}, received '${String(value)}'`;
}

/** What a job uses for this field: what the body says, else the default, else the only value there is. */
export function usedValue(body: Record<string, unknown>, name: string): unknown {
	const field = SCHEMAS[String(body.model)]?.[name];
	return body[name] ?? field?.default ?? (field?.enum?.length === 1 ? field.enum[0] : undefined);
}

/** The length of a job whose model says nothing about it. */
const USUAL_SECONDS = 8;

export const secondsOf = (body: Record<string, unknown>): number =>
	Number(usedValue(body, 'duration') ?? USUAL_SECONDS);

/** What the vendor would find wrong with a body, as "field: expected and received"; empty when nothing. */
export function bodyViolations(body: unknown, schemas: Schemas = SCHEMAS): string[] {
	if (typeof body !== 'object' || body === null || Array.isArray(body)) {
		return [`body: Expected object, received ${nameOf(body)}`];
	}
	const fields = body as Record<string, unknown>;
	const schema = schemas[String(fields.model)];
	if (!schema) return [`model: Invalid enum value, received '${String(fields.model)}'`];
	const missing = Object.keys(schema)
		.filter((name) => schema[name]?.required && !(name in fields))
		.map((name) => `${name}: Required`);
	const wrong = Object.entries(fields).flatMap(([name, value]) => {
		if (name === 'model') return [];
		const field = schema[name];
		const violation = field ? fieldViolation(value, field) : 'Unrecognized key';
		return violation ? [`${name}: ${violation}`] : [];
	});
	if (fields.prompt === '') wrong.push('prompt: String must contain at least 1 character(s)');
	return [...missing, ...wrong];
}
