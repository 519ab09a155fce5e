/** What a live run buys: one video of the cheapest kind, and what the options add. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bought } from './context';

const LITE = 'veo-3.1-lite-generate-001';
const EXTEND = 'google/veo3-1-fast-extend-video';
const MEDIA = join(__dirname, '..', '..', 'sandbox', 'media');

export interface Options {
	/** A second video, with the first and the last frame as data URIs. */
	frames: boolean;
	/** An extension of the first video, sent as a data URI. */
	sourceVideo: boolean;
	/** Two extensions in a row by URL, with the provider google. */
	extendTwice: boolean;
}

/** What was made before, for those that go on from it. */
export interface Made {
	first?: Bought & { bytes?: Buffer };
	last?: Bought;
}

export interface Purchase {
	name: string;
	/** Without its media. */
	body: Readonly<Record<string, string | number>> & { model: string; prompt: string };
	/** The length that the file must have; without it any will do. */
	seconds?: number;
	/** Undefined when what it goes on from is not there. */
	media: (made: Made) => Record<string, unknown> | undefined;
}

const dataUri = (type: string, bytes: Buffer) => `data:${type};base64,${bytes.toString('base64')}`;
const image = (name: string) => dataUri('image/jpeg', readFileSync(join(MEDIA, name)));
const byUrl = (made?: Bought) => (made?.url ? { video_url: made.url } : undefined);

const FIRST: Purchase = {
	name: 'Video',
	body: {
		model: LITE,
		prompt: 'The sun goes down behind a hill, seen from a still camera',
		duration: 4,
		resolution: '720P',
		aspect_ratio: '16:9',
	},
	seconds: 4,
	media: () => ({}),
};

const FRAMES: Purchase = {
	name: 'First and last frame',
	// Google makes videos between two frames in eight seconds only.
	body: { ...FIRST.body, duration: 8 },
	seconds: 8,
	media: () => ({
		image_url: image('first-frame.jpg'),
		last_image_url: image('last-frame.jpg'),
	}),
};

const extension = (name: string, media: Purchase['media'], more: Record<string, string> = {}) => ({
	name,
	body: { model: EXTEND, prompt: 'The stars come out one by one', ...more },
	media,
});

export function purchasesOf(options: Options): Purchase[] {
	const google = { provider: 'google' };
	return [
		FIRST,
		...(options.frames ? [FRAMES] : []),
		...(options.sourceVideo
			? [
					extension('Source video as data URI', ({ first }) =>
						first?.bytes ? { video_url: dataUri('video/mp4', first.bytes) } : undefined,
					),
				]
			: []),
		...(options.extendTwice
			? [
					extension('First extension', ({ first }) => byUrl(first), google),
					extension('Second extension', ({ last }) => byUrl(last), google),
				]
			: []),
	];
}
