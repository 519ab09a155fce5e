/** A paid video is not given up lightly, and nothing half-written is passed on or stays in n8n's store. */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { IDataObject, INode } from 'n8n-workflow';
import type { FaultRule } from '../../sandbox/stand-ins/api';
import { veoWorkflow } from './harness';
import type { RunResult } from './harness';
import { fileOf, itemsOf, checks, mediaBytes, posts, TEXT, useEngine } from './setup';

const SPEED = 20;
const setup = useEngine({ binaryMode: 'filesystem', speed: SPEED });

type Action = FaultRule['action'];
const ATTEMPTS = 4;
const SHA256 = createHash('sha256').update(mediaBytes('landscape-8s.mp4')).digest('hex');
const GIVEN_UP = 'The video is ready, but could not be downloaded in 4 attempts [item 0]';

const run = async (parameters: IDataObject = {}, settings: Partial<INode> = {}, count = 1) =>
	await setup.engine.run(veoWorkflow({ ...TEXT, ...parameters }, settings), {
		items: itemsOf(count),
		credentials: setup.api,
	});
const downloads = () => setup.api.log.filter(({ server }) => server === 'cdn');
const fileIn = (result: RunResult, item = 0) => result.outputs[0]?.[item]?.files.data;

/** What n8n's store holds, without its notes about the files. */
const storedFiles = () =>
	readdirSync(setup.engine.folder, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile() && entry.parentPath.includes('binary_data'))
		.map((entry) => join(entry.parentPath, entry.name))
		.filter((path) => !path.endsWith('.metadata'));

afterEach(() => storedFiles().forEach((path) => rmSync(path)));

function expectWhole(result: RunResult, item = 0): void {
	expect(result.error).toBeUndefined();
	expect(fileIn(result, item)).toMatchObject({ mimeType: 'video/mp4', sha256: SHA256 });
	expect(result.unhandled).toEqual([]);
}

const faults: Array<[string, Action, cause?: string]> = [
	['cut off', { kind: 'cutOff', afterBytes: 5_000 }, 'The connection was lost'],
	['cut off before the first byte', { kind: 'cutOff', afterBytes: 0 }, 'The connection was lost'],
	['stalled', { kind: 'stall', afterBytes: 5_000 }, 'The download stalled'],
	['a byte at a time', { kind: 'trickle', everyMs: 200 }, 'The download stalled'],
	['stalled before the first byte', { kind: 'stall', afterBytes: 0 }, 'The download stalled'],
	['shorter than announced', { kind: 'wrongLength', missing: 1_000 }, 'The connection was lost'],
	['empty', { kind: 'emptyBody' }, 'The server sent an empty file'],
	['HTML with 200', { kind: 'html' }, 'The server sent text/html instead of a video'],
	[
		'JSON with 200',
		{
			kind: 'content',
			contentType: 'application/json; charset=utf-8',
			content: Buffer.from(`{"message":"${'Not now. '.repeat(20)}"}`),
		},
		'The server sent application/json; charset=utf-8 instead of a video',
	],
	['no type at all', { kind: 'status', status: 204 }, 'The server answered with HTTP 204'],
	...[401, 429, 500, 502, 503, 504].map((status): [string, Action, string] => [
		String(status),
		{ kind: 'status', status },
		`The server answered with HTTP ${status}`,
	]),
	['reset', { kind: 'reset' }, 'The connection was lost'],
	['no answer', { kind: 'hang' }, 'The server did not answer in time'],
	[
		'a redirect to nowhere',
		{ kind: 'redirect', to: 'http://127.0.0.1:1/v.mp4' },
		'The connection was refused',
	],
	[
		'a redirect that is no address',
		{ kind: 'redirect', to: 'ftp://127.0.0.1/v.mp4' },
		'Unsupported protocol',
	],
	['a redirect to itself', { kind: 'redirect', to: '?v=1' }, 'redirects'],
];

test('a stall is noticed after 20 seconds, not when the connection ends', async () => {
	setup.api.fault({ on: 'cdn', action: { kind: 'stall', afterBytes: 5_000 } });
	expectWhole(await run());
	const [first, second] = downloads().map(({ at }) => at);
	const gapS = (((second ?? 0) - (first ?? 0)) * SPEED) / 1_000;
	expect(gapS).toBeGreaterThan(20);
	// Up to twice the limit, the pause, and room for a slow machine.
	expect(gapS).toBeLessThan(55);
});

test('an answer that is no video is cut: no connection is left open', async () => {
	setup.api.settings.videoBytes = 50_000_000;
	const content = Buffer.from('<!doctype html>');
	const action = { kind: 'content', contentType: 'text/html', content, padTo: 50_000_000 } as const;
	setup.api.fault({ on: 'cdn', action });
	const result = await run();
	expect(fileIn(result)?.bytes).toBe(50_000_000);
	while (downloads().some(({ status }) => status === undefined)) await sleep(10);
	expect(downloads().map(({ aborted }) => aborted)).toEqual([true, false]);
});

describe('tried again until it is whole', () => {
	test.each(faults.filter(([name]) => !name.includes('itself')))('%s', async (_name, action) => {
		setup.api.fault({ on: 'cdn', action, times: ATTEMPTS - 1 });
		expectWhole(await run());
		expect(downloads()).toHaveLength(ATTEMPTS);
		expect(checks(setup)).toHaveLength(1);
		expect(posts(setup)).toHaveLength(1);
		// An empty file of an attempt that ended well for n8n may be there.
		const notEmpty = storedFiles().filter((path) => readFileSync(path).length > 0);
		expect(notEmpty).toHaveLength(1);
	});

	test('one of five is struck: the others come on the first attempt', async () => {
		const match = { promptIncludes: 'Wave 2' };
		setup.api.fault({ on: 'cdn', action: { kind: 'cutOff', afterBytes: 5_000 }, times: 2, match });
		const result = await run({ prompt: '=Wave {{ $json.index }}' }, {}, 5);
		for (let item = 0; item < 5; item++) expectWhole(result, item);
		expect(downloads()).toHaveLength(7);
		expect(storedFiles()).toHaveLength(5);
	});

	test('the pauses grow', async () => {
		setup.api.fault({ on: 'cdn', action: { kind: 'status', status: 503 }, times: 3 });
		expectWhole(await run());
		const times = downloads().map(({ at }) => at);
		[1, 2, 4].forEach((leastS, index) => {
			const gapS = (((times[index + 1] ?? 0) - (times[index] ?? 0)) * SPEED) / 1_000;
			expect(gapS).toBeGreaterThan(leastS - 0.1);
		});
	});

	test('a download that is slow, but alive, takes its time', async () => {
		const bytes = mediaBytes('landscape-4s.mp4');
		const parts = 40;
		// 80 seconds by the node's clock, more than any of its limits.
		const server = createServer(async (_request, response) => {
			response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': bytes.length });
			const size = Math.ceil(bytes.length / parts);
			for (let part = 0; part < parts; part++) {
				response.write(bytes.subarray(part * size, (part + 1) * size));
				await sleep(2_000 / SPEED);
			}
			response.end();
		}).listen(0, '127.0.0.1');
		await new Promise((resolve) => server.once('listening', resolve));
		const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/slow.mp4`;
		setup.api.fault({ on: 'submit', action: { kind: 'videoUrl', url } });
		const result = await run();
		server.close();
		expect(result.error).toBeUndefined();
		expect(fileIn(result)?.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
	});
});

describe('an address that has expired', () => {
	test.each([403, 404, 410])('%i: a fresh one is asked for, and told', async (status) => {
		setup.api.fault({ on: 'cdn', action: { kind: 'expire', status } });
		const result = await run();
		expectWhole(result);
		expect(downloads().map(({ path }) => path.slice(-4))).toEqual(['?v=1', '?v=2']);
		expect(checks(setup)).toHaveLength(2);
		expect(result.outputs[0]?.[0]?.json.video).toEqual({
			url: expect.stringMatching(/\?v=2$/) as string,
		});
	});

	test('twice', async () => {
		setup.api.fault({ on: 'cdn', action: { kind: 'expire' }, times: 2 });
		expectWhole(await run());
		expect(downloads().map(({ path }) => path.slice(-4))).toEqual(['?v=1', '?v=2', '?v=3']);
	});

	test.each<[string, Action]>([
		['503', { kind: 'status', status: 503 }],
		['still generating', { kind: 'json', body: { status: 'generating' } }],
		['nothing', { kind: 'reset' }],
	])('the API says %s: the old address is tried again, then a fresh one', async (_name, action) => {
		setup.api.fault({ on: 'cdn', action: { kind: 'expire' } });
		setup.api.fault({ on: 'fetch', action, after: 1 });
		expectWhole(await run());
		expect(downloads().map(({ path }) => path.slice(-4))).toEqual(['?v=1', '?v=1', '?v=2']);
	});

	test('the fresh address is no web address', async () => {
		setup.api.fault({ on: 'cdn', action: { kind: 'expire' } });
		const body = { status: 'completed', video: { url: 'file:///etc/passwd' } };
		setup.api.fault({ on: 'fetch', action: { kind: 'json', body }, after: 1 });
		const result = await run();
		expect(result.error?.message).toContain('did not return a usable URL');
		expect(result.error?.description).toContain(setup.api.generations[0]?.id);
	});

	test('the API refuses to give it: the old one is all there is, and the reason is told', async () => {
		setup.api.fault({ on: 'cdn', action: { kind: 'status', status: 403 }, times: 9 });
		setup.api.fault({ on: 'fetch', action: { kind: 'status', status: 401 }, after: 1, times: 9 });
		const result = await run();
		expect(result.error?.message).toBe(GIVEN_UP);
		expect(result.error?.description).toContain('did not accept the API key');
		expect(result.error?.description).toContain(setup.api.generations[0]?.id);
	});
});

const GET_TOO = ['cut off', 'HTML with 200', '503'];

describe.each([
	['createAndWait', faults],
	['get', faults.filter(([name]) => GET_TOO.includes(name))],
] as const)('%s: given up', (operation, struckBy) => {
	const bring = async (action: Action, settings: Partial<INode> = {}) => {
		const generationId = (await run({ operation: 'create' })).outputs[0]?.[0]?.json.id;
		setup.api.reset();
		if (operation === 'get') {
			const body = {
				id: generationId,
				status: 'completed',
				video: { url: `${setup.api.cdnUrl}/media/landscape-8s.mp4` },
			};
			setup.api.fault({ on: 'fetch', action: { kind: 'json', body }, times: 99 });
		}
		setup.api.fault({ on: 'cdn', action, times: 999 });
		const result = await run({ operation, generationId }, settings);
		const [job] = setup.api.settled();
		const id = String(job?.id ?? generationId);
		const url = job ? setup.api.videoUrl(job) : `${setup.api.cdnUrl}/media/landscape-8s.mp4`;
		return { result, id, url };
	};

	test.each(struckBy)('%s: id and address in hand', async (_name, action, cause) => {
		const { result, id, url } = await bring(action);
		expect(result.error?.message).toBe(GIVEN_UP);
		expect(result.error?.description).toContain(id);
		expect(result.error?.description).toContain(url);
		expect(result.error?.description).toContain(cause);
		expect(result.outputs.flat()).toEqual([]);
		expect(storedFiles().filter((path) => readFileSync(path).length > 0)).toEqual([]);
		expect(result.unhandled).toEqual([]);
	});

	test('Continue On Fail: the same in the error row, and no file', async () => {
		const action = { kind: 'cutOff', afterBytes: 5_000 } as const;
		const { result, id, url } = await bring(action, { onError: 'continueRegularOutput' });
		expect(result.outputs[0]).toEqual([
			{
				json: { error: GIVEN_UP, generationId: id, status: 'completed', url },
				pairedItem: { item: 0 },
				files: {},
			},
		]);
		expect(downloads()).toHaveLength(ATTEMPTS);
		expect(storedFiles()).toEqual([]);
	});
});

test('Stop while downloading leaves nothing in the store', async () => {
	setup.api.fault({ on: 'cdn', action: { kind: 'stall', afterBytes: 5_000 }, times: 3 });
	const { done, cancel } = setup.engine.start(veoWorkflow(TEXT), {
		items: itemsOf(3),
		credentials: setup.api,
	});
	while (storedFiles().length < 3) await sleep(10);
	cancel();
	expect((await done).status).toBe('canceled');
	// n8n removes what it has begun to write.
	while (storedFiles().length > 0) await sleep(10);
});

describe("n8n's store", () => {
	/** Where n8n keeps the files of an execution. */
	const folderOf = async () => {
		await run();
		const [path = ''] = storedFiles();
		return dirname(dirname(dirname(path)));
	};

	test('it refuses the file: said at once, id and address in hand', async () => {
		const folder = await folderOf();
		rmSync(folder, { recursive: true });
		writeFileSync(folder, 'in the way of the next execution');
		setup.api.reset();
		const result = await run();
		rmSync(folder);
		mkdirSync(folder);
		expect(result.error?.message).toBe(
			'The video is ready, but n8n could not store the file [item 0]',
		);
		const [job] = setup.api.generations;
		expect(result.error?.description).toContain(job?.id);
		expect(result.error?.description).toContain(setup.api.videoUrl(job!));
		expect(downloads()).toHaveLength(1);
	});

	test('an input file that is gone by the time of a retry', async () => {
		setup.api.fault({ on: 'submit', action: { kind: 'status', status: 400 } });
		const workflow = veoWorkflow({ ...TEXT, model: 'google/veo-3.1-i2v', firstFrame: 'photo' });
		const items = [{ binary: { photo: fileOf('first-frame.png') } }];
		const { done, executionId } = setup.engine.start(workflow, { items, credentials: setup.api });
		expect((await done).status).toBe('error');
		storedFiles().forEach((path) => rmSync(path));
		const result = await setup.engine.run(workflow, {
			credentials: setup.api,
			retryOf: executionId,
		});
		expect(result.error?.message).toBe("The file in 'First Frame' could not be read [item 0]");
		expect(posts(setup)).toHaveLength(1);
	});
});
