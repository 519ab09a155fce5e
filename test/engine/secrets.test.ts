/** The API key goes to the base URL and nowhere else, whatever the API answers and however a run ends. */
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { IDataObject, INode } from 'n8n-workflow';
import type { FaultRule } from '../../sandbox/stand-ins/api';
import { veoWorkflow } from './harness';
import type { RunResult } from './harness';
import { posts, TEXT, UNKNOWN_HOST, useEngine } from './setup';

const KEY = ['2fK+9d', 'Qx7=', 'to-be-searched-for'].join('/');
const FORMS = [KEY, encodeURIComponent(KEY), Buffer.from(KEY).toString('base64')];
const setup = useEngine({ binaryMode: 'filesystem', apiKey: KEY, speed: 20 });

/** Another host: it writes down what it is asked, and answers as it is told. */
let elsewhere: { server: Server; url: string; seen: Array<[string, IncomingHttpHeaders]> };
let elsewhereAnswers = { status: 200, body: '{}' };

beforeAll(async () => {
	const seen: Array<[string, IncomingHttpHeaders]> = [];
	const server = createServer((request, response) => {
		seen.push([request.url ?? '', request.headers]);
		request.resume();
		response.writeHead(elsewhereAnswers.status, { 'content-type': 'application/json' });
		response.end(elsewhereAnswers.body);
	}).listen(0, '127.0.0.1');
	await new Promise((resolve) => server.once('listening', resolve));
	// By name, so that it is another host than the sandbox for everyone who compares.
	elsewhere = { server, seen, url: `http://localhost:${(server.address() as AddressInfo).port}` };
});
beforeEach(() => {
	elsewhere.seen.length = 0;
	elsewhereAnswers = { status: 200, body: '{}' };
});
afterAll(async () => {
	elsewhere.server.closeAllConnections();
	await new Promise((resolve) => elsewhere.server.close(resolve));
});

const run = async (parameters: IDataObject = {}, settings: Partial<INode> = {}, more = {}) =>
	await setup.engine.run(veoWorkflow({ ...TEXT, ...parameters }, settings), {
		credentials: { apiKey: KEY, baseUrl: setup.api.baseUrl, ...more },
	});

/** Every file of n8n's folder: its binary store, its settings, whatever it has written. */
function filesOf(folder: string): Array<[string, Buffer]> {
	return readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name))
		.map((path) => [path, readFileSync(path)]);
}

const holdsKey = (text: string | Buffer) => FORMS.some((form) => text.includes(form));

/** Where the key is found outside of the requests to the API. */
function leaks(result: RunResult): string[] {
	const { error, outputs, stored, context } = result;
	const places: Array<[string, string | Buffer]> = [
		['output', JSON.stringify(outputs)],
		['message', error?.message ?? ''],
		['description', error?.description ?? ''],
		['error', JSON.stringify(error) ?? ''],
		['execution data', stored],
		['context', JSON.stringify(context)],
		['log output', setup.engine.output],
		...filesOf(setup.engine.folder),
		...elsewhere.seen.map(([url, headers]): [string, string] => [
			`request elsewhere: ${url}`,
			JSON.stringify([url, headers]),
		]),
		...setup.api.log.map((entry): [string, string] => {
			// The one place where it belongs.
			const { authorization, ...headers } = entry.headers;
			const shown = entry.server === 'api' ? headers : { ...headers, authorization };
			return [`${entry.server}: ${entry.path}`, JSON.stringify({ ...entry, headers: shown })];
		}),
	];
	return places.filter(([, text]) => holdsKey(text)).map(([place]) => place);
}

/** A file with this text, as an item's binary field. */
const note = (text: string) => ({
	base64: Buffer.from(text).toString('base64'),
	mimeType: 'text/plain',
});

test('the search finds the key where it is', async () => {
	const result = await setup.engine.run(veoWorkflow({ ...TEXT, prompt: `A hill ${KEY}` }), {
		items: [{ json: { note: KEY }, binary: { note: note(KEY) } }],
		credentials: { apiKey: KEY, baseUrl: setup.api.baseUrl },
	});
	const found = leaks(result);
	expect(found).toContain('execution data');
	expect(found).toContain('api: /v2/video/generations');
	const stored = found.filter((place) => place.includes('binary_data'));
	expect(stored).toHaveLength(1);
	stored.forEach((path) => rmSync(path));
	const cdn = { ...setup.api.log[0]!, server: 'cdn' as const, path: '/video' };
	setup.api.log.push({ ...cdn, headers: { authorization: `Bearer ${KEY}` } });
	expect(leaks(await run())).toContain('cdn: /video');
});

test.each(['create', 'createAndWait'])(
	'%s: each request to the API, nothing else',
	async (operation) => {
		const result = await run({ operation });
		expect(result.error).toBeUndefined();
		const api = setup.api.log.filter(({ server }) => server === 'api');
		expect(api.length).toBeGreaterThan(0);
		for (const { headers } of api) expect(headers.authorization).toBe(`Bearer ${KEY}`);
		const cdn = setup.api.log.filter(({ server }) => server === 'cdn');
		expect(cdn).toHaveLength(operation === 'create' ? 0 : 1);
		for (const { headers } of cdn) expect(headers).not.toHaveProperty('authorization');
		expect(leaks(result)).toEqual([]);
	},
);

test('Get Many', async () => {
	await run();
	const result = await run({ operation: 'getMany' });
	expect(result.outputs[0]).toHaveLength(1);
	expect(leaks(result)).toEqual([]);
});

describe('another host', () => {
	test.each<[string, IDataObject, FaultRule['on']]>([
		['submission', {}, 'submit'],
		['check', {}, 'fetch'],
		['prices', { options: { maxCost: 5 } }, 'models'],
		['log', { operation: 'getMany' }, 'logs'],
	])('a redirect of the %s is not followed', async (_name, parameters, on) => {
		for (const status of [301, 302, 303, 307, 308]) {
			const headers = { location: `${elsewhere.url}/taken` };
			setup.api.fault({ on, action: { kind: 'status', status, headers } });
			const result = await run(parameters);
			expect(result.status).toBe('error');
			expect(leaks(result)).toEqual([]);
		}
		expect(elsewhere.seen).toEqual([]);
	});

	test('a redirect of the download is followed without it', async () => {
		elsewhereAnswers = { status: 404, body: '{}' };
		setup.api.fault({
			on: 'cdn',
			action: { kind: 'redirect', to: `${elsewhere.url}/video.mp4` },
		});
		const result = await run();
		expect(result.error).toBeUndefined();
		expect(elsewhere.seen.map(([url]) => url)).toEqual(['/video.mp4']);
		expect(leaks(result)).toEqual([]);
	});

	test('a video on another host is downloaded without it', async () => {
		elsewhereAnswers = { status: 410, body: '{}' };
		setup.api.fault({
			on: 'submit',
			action: { kind: 'videoUrl', url: `${elsewhere.url}/video.mp4` },
		});
		const result = await run();
		expect(result.error?.message).toContain('could not be downloaded');
		expect(elsewhere.seen.length).toBeGreaterThan(1);
		expect(leaks(result)).toEqual([]);
	});

	test('an image on another host is left to the API', async () => {
		const result = await run({
			model: 'google/veo-3.1-i2v',
			firstFrame: `${elsewhere.url}/a.png`,
		});
		expect(result.error).toBeUndefined();
		expect(elsewhere.seen).toEqual([]);
		expect(leaks(result)).toEqual([]);
	});
});

describe('a base URL that is wrong', () => {
	test.each([
		['refused', 'http://127.0.0.1:1'],
		['unknown', `http://${UNKNOWN_HOST}`],
		['no address', `ftp://${UNKNOWN_HOST}`],
	])('%s', async (_name, baseUrl) => {
		const result = await run({ options: { timeout: 3 } }, {}, { baseUrl });
		expect(result.status).toBe('error');
		expect(leaks(result)).toEqual([]);
	});
});

describe('an API that echoes the key', () => {
	const said = `Invalid key: Bearer ${KEY}, or ${encodeURIComponent(KEY)}`;
	const bodies: Array<[string, unknown]> = [
		['in JSON', { message: said, headers: { authorization: said } }],
		['in text', said],
	];

	describe.each(bodies)('%s', (_name, body) => {
		test.each<[FaultRule['on'], IDataObject, number]>([
			['submit', {}, 401],
			['submit', {}, 400],
			['submit', {}, 403],
			['submit', {}, 429],
			['submit', {}, 500],
			['fetch', {}, 401],
			['fetch', {}, 400],
			['fetch', {}, 503],
			['fetch', { operation: 'get', generationId: 'gen-1' }, 502],
			['logs', { operation: 'getMany' }, 503],
			['models', { options: { maxCost: 5 } }, 503],
			['models', { options: { estimateOnly: true } }, 400],
		])('%s %p: %i', async (on, parameters, status) => {
			const times = 99;
			const options = { timeout: 20, pollInterval: 2, ...(parameters.options as object) };
			for (const onError of ['stopWorkflow', 'continueRegularOutput'] as const) {
				setup.api.reset();
				setup.api.fault({ on, action: { kind: 'status', status, body }, times });
				const result = await run({ ...parameters, options }, { onError });
				expect(setup.api.log.length).toBeGreaterThan(0);
				expect(leaks(result)).toEqual([]);
			}
		});
	});

	test('in the description, the rest of its text is kept', async () => {
		const body = { message: said };
		setup.api.fault({ on: 'submit', action: { kind: 'status', status: 401, body } });
		const result = await run();
		expect(result.error?.description).toContain('"Invalid key: Bearer ***, or ***"');
	});

	test('in the answers of a run that goes well', async () => {
		const id = 'gen-1';
		const echo = { request: { key: KEY } };
		const accepted = { id, status: 'queued', ...echo };
		setup.api.fault({ on: 'submit', action: { kind: 'json', body: accepted } });
		const body = {
			...accepted,
			status: 'completed',
			video: { url: `${setup.api.cdnUrl}/media/landscape-4s.mp4` },
		};
		setup.api.fault({ on: 'fetch', action: { kind: 'json', body } });
		const result = await run();
		expect(result.outputs[0]?.[0]?.json).toMatchObject({ id, request: { key: '***' } });
		expect(result.outputs[0]?.[0]?.files.data?.bytes).toBeGreaterThan(0);
		expect(leaks(result)).toEqual([]);
	});

	test('as the reason of a generation that failed', async () => {
		setup.api.fault({ on: 'submit', action: { kind: 'fail', error: { message: said } } });
		const result = await run();
		expect(result.error?.message).toContain('could not be generated');
		expect(leaks(result)).toEqual([]);
	});

	test('in the address of the video: it does not travel on', async () => {
		const url = `${elsewhere.url}/video.mp4?key=${encodeURIComponent(KEY)}`;
		setup.api.fault({ on: 'submit', action: { kind: 'videoUrl', url } });
		elsewhereAnswers = { status: 410, body: '{}' };
		const result = await run();
		expect(elsewhere.seen.length).toBeGreaterThan(0);
		expect(leaks(result)).toEqual([]);
	});
});

test('Stop, and a lost answer', async () => {
	setup.api.fault({ on: 'submit', action: { kind: 'acceptThenHang' } });
	const { done, cancel } = setup.engine.start(veoWorkflow(TEXT), {
		credentials: { apiKey: KEY, baseUrl: setup.api.baseUrl },
	});
	await setup.api.waitFor(({ method }) => method === 'POST');
	cancel();
	const result = await done;
	expect(result.status).toBe('canceled');
	expect(posts(setup)).toHaveLength(1);
	expect(leaks(result)).toEqual([]);
});
