/** Every kind of media in every field, from n8n's memory and from its store. */
import { connect, node, veoNode, veoWorkflow } from './harness';
import { dataUriOf, fileOf, mediaBytes, posts, useEngine } from './setup';

const photo = 'https://example.com/photo.jpg';
const clip = 'https://example.com/clip.mp4';
const files = {
	photo: fileOf('first-frame.jpg'),
	drawing: fileOf('first-frame.png', 'image/png'),
	clip: fileOf('landscape-4s.mp4'),
};
const jpeg = dataUriOf('first-frame.jpg', 'image/jpeg');
const png = dataUriOf('first-frame.png', 'image/png');
const mp4 = dataUriOf('landscape-4s.mp4', 'video/mp4');
const FIRST_LAST = { model: 'google/veo-3.1-first-last-image-to-video' };
const REFERENCES = { model: 'google/veo-3.1-reference-to-video' };
const EXTEND = { model: 'google/veo3-1-extend-video' };

const KINDS: Array<[name: string, parameters: object, body: object]> = [
	[
		'binary fields',
		{ ...FIRST_LAST, firstFrame: 'photo', lastFrame: 'drawing' },
		{ image_url: jpeg, last_image_url: png },
	],
	[
		'data URIs',
		{ ...FIRST_LAST, firstFrame: jpeg, lastFrame: png },
		{ image_url: jpeg, last_image_url: png },
	],
	[
		'URLs',
		{ ...FIRST_LAST, firstFrame: photo, lastFrame: ` ${photo} ` },
		{ image_url: photo, last_image_url: photo },
	],
	[
		'binary objects',
		{ ...FIRST_LAST, firstFrame: '={{ $binary.photo }}', lastFrame: '={{ $binary.drawing }}' },
		{ image_url: jpeg, last_image_url: png },
	],
	[
		'a data URI of the wrong type',
		{ ...FIRST_LAST, firstFrame: jpeg.replace('jpeg', 'png'), lastFrame: png },
		{ image_url: jpeg },
	],
	[
		'references of each kind',
		{ ...REFERENCES, referenceImages: [photo, 'photo', png] },
		{ image_urls: [photo, jpeg, png] },
	],
	[
		'references as a list',
		{ ...REFERENCES, referenceImages: '={{ ["drawing", $binary.photo] }}' },
		{ image_urls: [png, jpeg] },
	],
	[
		'references with commas',
		{ ...REFERENCES, referenceImages: `={{ "drawing, ${png},${photo}?a=1,2" }}` },
		{ image_urls: [png, png, `${photo}?a=1,2`] },
	],
	['a video URL', { ...EXTEND, sourceVideo: clip }, { video_url: clip }],
	['a video field', { ...EXTEND, sourceVideo: 'clip' }, { video_url: mp4 }],
	['a video data URI', { ...EXTEND, sourceVideo: mp4 }, { video_url: mp4 }],
	['a video object', { ...EXTEND, sourceVideo: '={{ $binary.clip }}' }, { video_url: mp4 }],
];

describe.each(['default', 'filesystem'] as const)('binary mode %s', (binaryMode) => {
	const setup = useEngine({ binaryMode });
	const run = async (parameters: object, binary: object = files) =>
		await setup.engine.run(veoWorkflow({ operation: 'create', ...parameters }), {
			items: [{ binary } as object],
			credentials: setup.api,
		});

	test.each(KINDS)('%s', async (_name, parameters, expected) => {
		const result = await run({ prompt: 'A hill', ...parameters });
		expect(result.error).toBeUndefined();
		expect(posts(setup)[0]?.body).toMatchObject(expected);
	});

	test.each<[string, Buffer, string, string]>([
		['a text', Buffer.from('hello there'), 'is not an image', "'photo' is text"],
		['nothing', Buffer.alloc(0), 'is not an image', "'photo' is empty"],
		[
			'more than 20 MB',
			Buffer.concat([mediaBytes('first-frame.png'), Buffer.alloc(20_000_000)]),
			'is too large',
			'at most 20 MB',
		],
	])('a file that holds %s is refused', async (_name, file, message, hint) => {
		const result = await run(
			{ prompt: 'A hill', ...FIRST_LAST, firstFrame: 'photo', lastFrame: 'photo' },
			{ photo: { base64: file.toString('base64'), mimeType: 'image/png' } },
		);
		expect(result.error?.message).toContain(message);
		expect(result.error?.description).toContain(hint);
		expect(posts(setup)).toEqual([]);
	});
});

describe('many large images that are checked, and none is sent', () => {
	const COUNT = 24;
	const setup = useEngine({ binaryMode: 'filesystem' });

	test('are not in memory together: only their first bytes are read', async () => {
		const image = Buffer.concat([mediaBytes('first-frame.png'), Buffer.alloc(14_000_000)]);
		const workflow = {
			nodes: [
				node('Items', 'n8n-nodes-test.items'),
				node('Copies', 'n8n-nodes-test.copies', { count: COUNT }),
				veoNode('Veo', {
					operation: 'create',
					model: 'google/veo-3.1-i2v',
					prompt: `={{ $itemIndex === ${COUNT - 1} ? "" : "A hill" }}`,
					firstFrame: 'photo',
				}),
			],
			connections: connect('Items > Copies', 'Copies > Veo'),
			resultNode: 'Veo',
		};
		const photo = { base64: image.toString('base64'), mimeType: 'image/png' };
		const result = await setup.engine.run(workflow, {
			items: [{ binary: { photo } }],
			credentials: setup.api,
		});
		expect(result.error?.message).toBe(`'Prompt' is empty [item ${COUNT - 1}]`);
		expect(posts(setup)).toEqual([]);
		// All of them have 336 MB. The one that n8n itself stores is in memory as text and as bytes.
		expect(result.maxRssBytes - result.rssBeforeBytes).toBeLessThan((COUNT * 14_000_000) / 2);
	});
});

describe('many large images in the filesystem mode', () => {
	const HEAP_MB = 200;
	const COUNT = 24;
	const setup = useEngine({
		binaryMode: 'filesystem',
		execArgv: [`--max-old-space-size=${HEAP_MB}`],
	});

	test('are held in memory only while they are sent', async () => {
		const image = Buffer.concat([mediaBytes('first-frame.png'), Buffer.alloc(14_000_000)]);
		const photoOf = { base64: image.toString('base64'), mimeType: 'image/png' };
		expect(COUNT * photoOf.base64.length).toBeGreaterThan(2 * HEAP_MB * 1_000_000);
		const result = await setup.engine.run(
			{
				nodes: [
					node('Items', 'n8n-nodes-test.items'),
					node('Copies', 'n8n-nodes-test.copies', { count: COUNT }),
					veoNode('Veo', {
						operation: 'create',
						model: 'google/veo-3.1-i2v',
						prompt: 'A hill',
						firstFrame: 'photo',
						options: { maxConcurrent: 1 },
					}),
				],
				connections: connect('Items > Copies', 'Copies > Veo'),
				resultNode: 'Veo',
			},
			{ items: [{ binary: { photo: photoOf } }], credentials: setup.api },
		);
		expect(result.error).toBeUndefined();
		expect(posts(setup)).toHaveLength(COUNT);
	});
});
