/** What a video cost, and what it would cost; prices are requested only if an option needs them. */
import { videoFileOf } from '../../sandbox/stand-ins/api/cdn';
import { MODELS } from '../../nodes/AimlVeo/catalogue/models';
import { PRICES, priceOf } from '../../sandbox/stand-ins/api/priceList';
import { veoWorkflow } from './harness';
import { dataUriOf, fileOf, itemsOf, posts, TEXT, useEngine } from './setup';

const setup = useEngine();
const run = async (parameters: object, items = itemsOf(1)) =>
	await setup.engine.run(veoWorkflow(parameters as never), { items, credentials: setup.api });
const paths = () => setup.api.log.map(({ method, path }) => `${method} ${path.split('?')[0]}`);

describe('usage', () => {
	test('is in the row of Create and Wait, and of Get', async () => {
		const made = await run({ ...TEXT, videoSettings: { resolution: '720p', duration: 4 } });
		const usage = { creditsUsed: 3_200_000, usdSpent: 1.6 };
		expect(made.outputs[0]?.[0]?.json.usage).toEqual(usage);
		const generationId = made.outputs[0]?.[0]?.json.id;
		for (const waitForCompletion of [true, false]) {
			const got = await run({ operation: 'get', generationId, waitForCompletion });
			expect(got.outputs[0]?.[0]?.json.usage).toEqual(usage);
		}
	});

	const answer = async (more: object, headers: Record<string, string> = {}) => {
		const body = { id: 'a', status: 'completed', video: { url: setup.api.cdnUrl }, ...more };
		setup.api.fault({ on: 'fetch', action: { kind: 'status', status: 200, headers, body } });
		const result = await run({ operation: 'get', generationId: 'a', download: false });
		return result.outputs[0]?.[0]?.json;
	};

	test.each<[string, object, Record<string, string>, unknown]>([
		['nothing said', {}, {}, undefined],
		['null', { meta: null }, {}, undefined],
		['usage null', { meta: { usage: null } }, {}, undefined],
		[
			'credits alone',
			{ meta: { usage: { credits_used: 5, usd_spent: null } } },
			{},
			{ creditsUsed: 5 },
		],
		[
			'by the headers',
			{},
			{ 'x-aimlapi-credits-used': '5', 'x-aimlapi-usd-spent': '0.25' },
			{ creditsUsed: 5, usdSpent: 0.25 },
		],
		[
			'by both',
			{ meta: { usage: { credits_used: 7 } } },
			{ 'x-aimlapi-credits-used': '5', 'x-aimlapi-usd-spent': '0.25' },
			{ creditsUsed: 7, usdSpent: 0.25 },
		],
		['zero is known', { meta: { usage: { usd_spent: 0 } } }, {}, { usdSpent: 0 }],
		['not a number', { meta: { usage: { usd_spent: 'much', credits_used: '' } } }, {}, undefined],
	])('%s', async (_name, more, headers, usage) => {
		expect((await answer(more, headers))?.usage).toEqual(usage);
	});

	test('is not there before the video is', async () => {
		const headers = { 'x-aimlapi-credits-used': '5' };
		expect(await answer({ status: 'generating' }, headers)).not.toHaveProperty('usage');
	});
});

describe('Estimate Only', () => {
	const media = {
		firstFrame: 'https://example.com/a.jpg',
		lastFrame: 'https://example.com/b.jpg',
		referenceImages: ['https://example.com/a.jpg'],
		sourceVideo: 'https://example.com/a.mp4',
	};

	test.each(MODELS.map(({ id }) => id))('%s: a price of the catalogue, no POST', async (model) => {
		for (const operation of ['create', 'createAndWait']) {
			setup.api.reset();
			const result = await run({
				operation,
				...media,
				model,
				prompt: 'A hill',
				options: { estimateOnly: true },
			});
			expect(result.error).toBeUndefined();
			const [row] = result.outputs[0] ?? [];
			const isVariable = PRICES[model]?.kind === 'variable';
			expect(row?.json).toMatchObject({
				model,
				estimatedCostUsd: isVariable ? null : priceOf({ model }),
				request: { model, prompt: 'A hill' },
			});
			expect(row?.json.priceUnknown).toEqual(
				isVariable ? 'The catalog says that its price varies' : undefined,
			);
			expect(row?.pairedItem).toEqual({ item: 0 });
			expect(row?.files).toEqual({});
			expect(paths()).toEqual(['GET /v1/models', 'GET /v2/billing']);
		}
	});

	test('shows the request as it would be sent, with its images cut', async () => {
		const result = await run(
			{
				prompt: 'A hill',
				firstFrame: 'photo',
				lastFrame: dataUriOf('last-frame.jpg', 'image/jpeg'),
				videoSettings: { duration: 4, generateAudio: false },
				options: { estimateOnly: true },
			},
			[{ json: {}, binary: { photo: fileOf('first-frame.png') } }] as never,
		);
		expect(result.outputs[0]?.[0]?.json).toEqual({
			model: 'google/veo-3.1-first-last-image-to-video',
			estimatedCostUsd: 1.8,
			balanceUsd: 1_000,
			balanceAfterRunUsd: 998.2,
			request: {
				model: 'google/veo-3.1-first-last-image-to-video',
				prompt: 'A hill',
				image_url: expect.stringMatching(/^data:image\/png;base64,.{30,40}… \(\d+ characters\)$/),
				last_image_url: expect.stringMatching(/^data:image\/jpeg;base64,.{30,40}… \(\d+ char/),
				duration: 4,
				generate_audio: false,
			},
		});
	});

	test('one request prices many items and models', async () => {
		const result = await run(
			{
				...TEXT,
				model: '={{ $json.index % 2 ? "google/veo-3.1-t2v" : "veo-3.1-t2v-fast" }}',
				options: { estimateOnly: true },
			},
			itemsOf(20),
		);
		const prices = result.outputs[0]?.map(({ json }) => json.estimatedCostUsd);
		expect(prices).toEqual(Array.from({ length: 20 }, (_, index) => (index % 2 ? 4 : 2)));
		expect(setup.api.log.map(({ path }) => path)).toEqual([
			'/v1/models?id=veo-3.1-t2v-fast&id=google%2Fveo-3.1-t2v&include=pricing',
			'/v2/billing',
		]);
	});

	test('holds for the items that ask for it', async () => {
		const options = { estimateOnly: '={{ $json.index !== 1 }}' };
		const result = await run({ ...TEXT, operation: 'create', options }, itemsOf(3));
		const rows = result.outputs[0]?.map(({ json }) => json) ?? [];
		expect(rows.map(({ estimatedCostUsd }) => estimatedCostUsd)).toEqual([4, undefined, 4]);
		expect(rows[1]?.id).toBe(setup.api.generations[0]?.id);
		expect(posts(setup)).toHaveLength(1);
	});

	test.each([
		['no value', undefined],
		['text', 'perhaps'],
	])('%s is refused: it must not end in a payment', async (_name, value) => {
		const options = { estimateOnly: `={{ ${JSON.stringify(value)} }}` };
		const result = await run({ ...TEXT, options });
		expect(result.error?.message).toMatch(/^'Estimate Only' cannot be '.*' \[item 0\]$/);
		expect(setup.api.log).toEqual([]);
	});

	test('a catalogue that is down leaves the price open', async () => {
		setup.api.fault({ on: 'models', times: 99, action: { kind: 'status', status: 503 } });
		const result = await run({ ...TEXT, options: { estimateOnly: true } });
		const [row] = result.outputs[0] ?? [];
		expect(row?.json).toMatchObject({
			estimatedCostUsd: null,
			priceUnknown: expect.stringContaining('HTTP 503'),
			request: TEXT,
		});
		expect(posts(setup)).toEqual([]);
	});
});

test('without the options, the requests are the same as ever', async () => {
	const result = await run({ ...TEXT, videoSettings: { duration: 4 } }, itemsOf(3));
	expect(result.error).toBeUndefined();
	const [generation] = setup.api.settled();
	expect(videoFileOf(generation!)).toContain('4s');
	expect(paths().sort()).toEqual(
		[
			...Array(3).fill('POST /v2/video/generations'),
			...Array(3).fill('GET /v2/video/generations'),
			...setup.api.generations.map(({ id }) => `GET /generations/${id.split(':')[0]}.mp4`),
		].sort(),
	);
	for (const { headers, body } of posts(setup)) {
		expect(body).toEqual({ ...TEXT, duration: 4 });
		expect(Object.keys(headers).filter((name) => name.startsWith('x-'))).toEqual([
			'x-client-request-id',
		]);
	}
	expect(result.context).not.toHaveProperty('veoApproved');
});
