/** `npm run live`, whole, against the sandbox: true at first, then with each deviation by itself. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startSandboxApi } from '../../sandbox/stand-ins/api';
import type { SandboxApi } from '../../sandbox/stand-ins/api';
import { DEVIATIONS } from '../../sandbox/stand-ins/api/deviations';
import type { Deviation } from '../../sandbox/stand-ins/api/deviations';
import { mp4Facts } from '../../scripts/live/mp4';
import { shapeOf } from '../../scripts/live/notes';
import { reportOf, tableOf, withoutSecrets } from '../../scripts/live/report';
import { runLive } from '../../scripts/live/run';
import type { LiveResult, LiveRun } from '../../scripts/live/run';

const ONE = { frames: false, sourceVideo: false, extendTwice: false };
const ALL = { frames: true, sourceVideo: true, extendTwice: true };
const ACCOUNT = 'aimlapi-test-4711';

let api: SandboxApi;
let printed: string[] = [];
beforeAll(async () => {
	// Only sleeping moves the clock, that of the sandbox too: minutes pass at once.
	jest.useFakeTimers({
		doNotFake: [
			'hrtime',
			'nextTick',
			'performance',
			'queueMicrotask',
			'setImmediate',
			'clearImmediate',
			'setInterval',
			'clearInterval',
			'setTimeout',
			'clearTimeout',
		],
	});
	api = await startSandboxApi({ apiKey: ACCOUNT });
});
beforeEach(() => {
	api.reset();
	// `Date` headers come from a clock that cannot be moved.
	jest.setSystemTime(jest.getRealSystemTime());
	Object.assign(api.settings, { generationMs: 85_000, balanceUsd: 1_000 });
	printed = [];
});
afterAll(async () => {
	await api.stop();
	jest.useRealTimers();
});

const run = async (more: Partial<LiveRun> = {}): Promise<LiveResult> =>
	await runLive({
		baseUrl: api.baseUrl,
		key: ACCOUNT,
		options: ONE,
		againAfterMs: 600_000,
		clock: {
			now: () => Date.now(),
			sleep: async (ms) => void jest.setSystemTime(Date.now() + ms),
		},
		print: (line) => printed.push(line),
		confirm: async () => true,
		...more,
	});

const differing = ({ rows }: LiveResult) =>
	rows.filter(({ verdict }) => verdict === 'differs').map(({ topic }) => topic);
const posts = () => api.log.filter(({ method }) => method === 'POST');

describe('a true run', () => {
	test('finds nothing that differs, and buys one video for one price', async () => {
		const questions: string[] = [];
		const result = await run({
			confirm: async (question) => {
				questions.push(question);
				expect(api.generations).toEqual([]);
				return true;
			},
		});
		expect(differing(result)).toEqual([]);
		expect(questions).toEqual(['Spend $0.20?']);
		expect(api.generations.map(({ body }) => body)).toEqual([
			expect.objectContaining({ duration: 4, resolution: '720P' }),
		]);
		expect(api.settings.balanceUsd).toBe(999.8);
		expect(mp4Facts(result.bytes ?? Buffer.alloc(0)).seconds).toBeCloseTo(4, 1);
		expect(result.rows).toEqual(
			expect.arrayContaining([
				expect.objectContaining({ topic: 'Video: states', seen: 'generating, completed' }),
				expect.objectContaining({ topic: 'Video: time', seen: '90 s' }),
				expect.objectContaining({ topic: 'Usage log: when', seen: '0 s after the end' }),
				expect.objectContaining({ topic: 'Usage log: created', seen: 'the time of the request' }),
				expect.objectContaining({ topic: '600 s after the end: old address', seen: 'HTTP 200' }),
			]),
		);
	});

	test('with all options buys what they say, and finds nothing that differs', async () => {
		const result = await run({ options: ALL });
		expect(differing(result)).toEqual([]);
		expect(result.bought).toHaveLength(5);
		const [, frames, source, first, second] = api.generations.map(({ body }) => body);
		expect(frames).toMatchObject({
			duration: 8,
			image_url: expect.stringMatching(/^data:image\/jpeg;/) as string,
			last_image_url: expect.stringMatching(/^data:image\/jpeg;/) as string,
		});
		expect(source?.video_url).toMatch(/^data:video\/mp4;/);
		expect(source).not.toHaveProperty('provider');
		const [, , , firstMade] = api.generations;
		expect(first).toMatchObject({
			provider: 'google',
			video_url: api.videoUrl(api.generations[0]!),
		});
		expect(second).toMatchObject({ provider: 'google', video_url: api.videoUrl(firstMade!) });
	});

	test('is told apart from a clock that goes wrong', async () => {
		const clock: LiveRun['clock'] = {
			now: () => Date.now() - 3_600_000,
			sleep: async (ms) => void jest.setSystemTime(Date.now() + ms),
		};
		expect(differing(await run({ clock }))).toEqual([]);
	});

	test('is paid for once when checks are not answered', async () => {
		api.fault({ on: 'fetch', action: { kind: 'reset' }, times: 3, after: 2 });
		const result = await run();
		expect(differing(result)).toEqual([]);
		expect(result.rows).toContainEqual(
			expect.objectContaining({ topic: 'Video: checks without an answer', seen: '3' }),
		);
		expect(api.generations).toHaveLength(1);
	});
});

const REFUSALS = ['Wrong key: shape', 'Unknown ID: shape', 'Wrong field: shape'];

/** Each deviation, and the rows that must tell of it; no others may. */
const REPORTED: Record<Deviation, string[]> = {
	balanceAsText: ['Balance: shape'],
	balanceFallsTwice: ['Balance: after the video'],
	wrongKeyIs403: ['Wrong key: status'],
	refusalsWrapped: REFUSALS,
	wrongFieldIs422: ['Wrong field: status'],
	wrongFieldNotNamed: ['Wrong field: shape', 'Wrong field: name'],
	wrongFieldAccepted: [
		'Wrong field: status',
		'Wrong field: shape',
		'Wrong field: cost',
		'Wrong field: name',
	],
	unknownIdIs400: ['Unknown ID: status'],
	catalogueWantsKey: ['Catalogue: without the key', 'Video: price in the catalogue'],
	modelNotInCatalogue: ['Video: price in the catalogue'],
	priceVaries: ['Video: price in the catalogue'],
	acceptedAs202: ['Video: request'],
	acceptedInOtherWord: ['Video: request'],
	noInferenceId: ['Video: header x-inference-id'],
	otherInferenceId: ['Video: header x-inference-id'],
	clientRequestIdNotEchoed: ['Video: header X-Client-Request-Id'],
	runningInOtherWord: ['Video: states'],
	completedInOtherWord: ['Video: states', '600 s after the end: state'],
	otherIdInCheck: ['Video: ID of the check'],
	videoAsList: ['Video: shape of video'],
	noVideo: ['Video: completed without the video', 'Video: shape of video'],
	videoLate: ['Video: completed without the video'],
	errorBesideVideo: ['Video: error beside the video'],
	noUsage: ['Video: usage'],
	usageWithoutUsd: ['Video: usage'],
	usageOtherInHeaders: ['Video: headers of the usage'],
	chargedMore: ['Video: charged', 'Balance: after the video', 'Usage log: cost'],
	fileWantsKey: ['Video, the file: without the key', '600 s after the end: old address'],
	fileWithoutType: ['Video, the file: content-type'],
	fileWithoutLength: ['Video, the file: content-length'],
	fileLonger: ['Video, the file: length'],
	fileUpright: ['Video, the file: picture'],
	fileInOtherFormat: ['Video, the file: formats'],
	fileWithoutSound: ['Video, the file: formats'],
	fileIsNoVideo: ['Video, the file: content'],
	logTellsEarly: ['Video: usage log before the end'],
	logTellsLate: ['Usage log: when'],
	logOtherShape: ['Usage log: shape', 'Usage log: when'],
	logTellsNothing: ['Usage log: when'],
	logCreatedIsEnd: ['Usage log: created'],
	logOtherInferenceId: ['Usage log: inference_id'],
	logWithoutClientRequestId: ['Usage log: client_request_id'],
	logOtherModel: ['Usage log: model'],
	logOtherStatus: ['Usage log: status'],
	logOtherCost: ['Usage log: cost'],
	forgotten: ['600 s after the end: state'],
	addressExpires: ['600 s after the end: old address'],
	picturesByUrlOnly: ['First and last frame: request'],
	videosByUrlOnly: ['Source video as data URI: request'],
	noSecondExtension: ['Second extension: request'],
};

describe('a deviation is reported, and nothing else', () => {
	test('each of the sandbox is tried', () => {
		expect(Object.keys(REPORTED).sort()).toEqual(Object.keys(DEVIATIONS).sort());
	});

	test.each(Object.entries(REPORTED) as Array<[Deviation, string[]]>)(
		'%s',
		async (name, topics) => {
			api.deviations.add(name);
			const isOptional = topics.some((topic) => /frame|Source|extension/.test(topic));
			const result = await run({ options: isOptional ? ALL : ONE });
			expect(differing(result)).toEqual(topics);
		},
	);

	test('a generation that fails', async () => {
		const error = { name: 'ContentPolicy', message: 'Not this hill' };
		api.fault({ on: 'submit', action: { kind: 'fail', error }, after: 1 });
		const result = await run();
		expect(differing(result)).toEqual(['Video: states']);
		expect(result.rows).toContainEqual(
			expect.objectContaining({ topic: 'Video: reason', seen: 'Not this hill' }),
		);
	});

	test('a generation that does not end', async () => {
		api.settings.generationMs = 1e9;
		expect(differing(await run())).toEqual(['Video: states', 'Video: time']);
	});

	test('an address that no longer answers', async () => {
		api.fault({ on: 'cdn', action: { kind: 'reset' }, after: 1 });
		expect(differing(await run())).toEqual(['Again']);
	});

	test('a request whose answer is lost', async () => {
		api.fault({ on: 'submit', action: { kind: 'acceptThenReset' }, after: 1 });
		expect(differing(await run())).toEqual(['Video']);
		const [generation] = api.generations;
		expect(printed).toContain(`Client request ID: ${String(generation?.clientRequestId)}`);
	});
});

describe('nothing is bought', () => {
	const paying = () => api.generations;

	test('without a yes', async () => {
		const result = await run({ confirm: async () => false });
		expect(paying()).toEqual([]);
		expect(result.bought).toEqual([]);
		// The one that must be refused.
		expect(posts()).toHaveLength(1);
	});

	test('with a key that is not accepted', async () => {
		await expect(run({ key: 'wrong' })).rejects.toThrow('does not accept the key (HTTP 401)');
		expect(posts()).toEqual([]);
	});

	test('with too low a balance, without a question', async () => {
		api.settings.balanceUsd = 0.1;
		const result = await run({ confirm: async () => await Promise.reject(new Error('asked')) });
		expect(result.bought).toEqual([]);
		expect(printed).toContain('The balance is too low: $0.10');
		expect(paying()).toEqual([]);
	});

	test('at an unknown price without being told so', async () => {
		api.deviations.add('priceVaries');
		await run({
			confirm: async (question, isKnown) => {
				expect([question, isKnown]).toEqual(['Spend $0.00 or more?', false]);
				return false;
			},
		});
		expect(paying()).toEqual([]);
	});
});

describe('the command', () => {
	const ROOT = join(__dirname, '..', '..');
	const folder = mkdtempSync(join(tmpdir(), 'live-'));
	const report = join(folder, 'report.md');
	afterAll(() => rmSync(folder, { recursive: true }));

	const command = async (...more: string[]) =>
		await promisify(execFile)(
			process.execPath,
			[
				...['--import', 'tsx', 'scripts/live.ts'],
				...['--base-url', `${api.baseUrl}/v2/`, '--report', report, '--again-after', '0'],
				...more,
			],
			{ cwd: ROOT, env: { ...process.env, AIMLAPI_KEY: ACCOUNT } },
		);

	test('spends nothing when there is nobody to ask', async () => {
		const { stdout } = await command();
		expect(stdout).toContain('Spend $0.20? There is nobody to ask: add -- --yes');
		expect(api.generations).toEqual([]);
		expect(readFileSync(report, 'utf8')).toContain('Bought: nothing. 0 of ');
	});

	test('asks nothing with --yes, and leaves the report and the video', async () => {
		api.settings.generationMs = 0;
		const { stdout } = await command('--yes');
		expect(api.generations).toHaveLength(1);
		expect(stdout).toContain('| What we assume | What the API did |');
		expect(stdout).not.toContain(ACCOUNT);
		const text = readFileSync(report, 'utf8');
		expect(text).toMatch(/Bought: Video: [\w.-]+, \$0\.20\. \d+ of \d+ rows differ/);
		expect(text).not.toContain('127.0.0.1');
		expect(mp4Facts(readFileSync(join(folder, 'live.mp4'))).seconds).toBeCloseTo(4, 1);
	});

	test('does not take --yes for a price that is not known', async () => {
		api.deviations.add('priceVaries');
		const { stdout } = await command('--yes');
		expect(stdout).toContain('The price is not known, and there is nobody to ask');
		expect(api.generations).toEqual([]);
	});

	test('ends with its options when there is no key', async () => {
		await expect(
			promisify(execFile)(process.execPath, ['--import', 'tsx', 'scripts/live.ts'], {
				cwd: ROOT,
				env: { ...process.env, AIMLAPI_KEY: '' },
			}),
		).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('no key') as string });
	});
});

describe('the report', () => {
	const about = { package: 'x 1.2.3', date: '2026-11-25', bought: ['Video: a, $0.20'] };

	test('holds each row, what differs first, and neither key nor address', async () => {
		api.deviations.add('runningInOtherWord');
		api.fault({
			on: 'submit',
			action: { kind: 'videoUrl', url: `http://${ACCOUNT}.example/x` },
			after: 1,
		});
		const { rows } = await run();
		const text = reportOf(about, rows, [ACCOUNT]);
		for (const { topic } of rows) expect(text).toContain(`| ${topic} |`);
		const [firstRow] = text.split('| --- | --- | --- | --- |\n')[1]?.split('\n') ?? [];
		expect(firstRow).toMatch(/^\| \*\*differs\*\* \| Video: states \|/);
		expect(text).toContain('Bought: Video: a, $0.20.');
		for (const secret of [ACCOUNT, '127.0.0.1', '://', new URL(api.cdnUrl).port]) {
			expect(text).not.toContain(secret);
		}
		expect(printed.join('\n')).not.toContain(ACCOUNT);
	});

	test.each([
		['see https://a.example/b?c=d.', 'see [address]'],
		['write to ann@mail.example now', 'write to [address] now'],
		['connect ECONNREFUSED 10.0.0.1:8080', 'connect ECONNREFUSED [address]'],
		['connect ECONNREFUSED ::1:8080', 'connect ECONNREFUSED [address]'],
		['fe80::1%eth0 and [2001:db8::2]:443', '[address]%eth0 and [address]'],
		['getaddrinfo ENOTFOUND gateway.local', 'getaddrinfo ENOTFOUND [hidden]'],
		['4.0 s at 16:9, $0.20', '4.0 s at 16:9, $0.20'],
		['[uuid]:google/veo-3.1-t2v', '[uuid]:google/veo-3.1-t2v'],
	])('%s', (text, shown) => {
		expect(withoutSecrets(text, ['gateway.local', ''])).toBe(shown);
	});

	test('cannot be broken by what the API says', () => {
		const row = { topic: 'a', assumed: 'b|c', seen: 'd\ne', verdict: 'noted' } as const;
		expect(tableOf([row])).toContain('| noted | a | b\\|c | d e |');
	});
});

test.each([
	[{ url: 'x' }, '{ url: string }'],
	[[{ url: 1 }], '[{ url: number }]'],
	[{ a: { b: { c: { d: 1 } } } }, '{ a: { b: { c: … } } }'],
	[[], '[]'],
	[{}, '{}'],
	[null, 'null'],
	[undefined, 'absent'],
])('the shape of %j is %s', (value, shape) => {
	expect(shapeOf(value)).toBe(shape);
});

describe('a file', () => {
	const bytesOf = (name: string) =>
		readFileSync(join(__dirname, '..', '..', 'sandbox/media', name));

	test.each([
		['landscape-4s.mp4', 4, 1280, 720],
		['portrait-8s.mp4', 8, 720, 1280],
	])('%s', (name, seconds, width, height) => {
		expect(mp4Facts(bytesOf(name))).toEqual({
			seconds: expect.closeTo(seconds, 1) as number,
			width,
			height,
			video: 'avc1',
			audio: 'mp4a',
		});
	});

	test('of another kind is none', () => {
		expect(() => mp4Facts(bytesOf('first-frame.jpg'))).toThrow('Not an MP4');
	});

	test('cut anywhere ends the reading, at the latest with an Error', () => {
		const whole = bytesOf('landscape-4s.mp4');
		for (let length = 0; length < 4_000; length += 7) {
			try {
				mp4Facts(whole.subarray(0, length));
			} catch (cause) {
				expect((cause as Error).name).toMatch(/Error$/);
			}
		}
	});
});
