/** Join Videos, built, in n8n's engine: the same film in every binary mode, or one clear message. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { IDataObject, INode } from 'n8n-workflow';
import { ROWS } from '../unit/join/rows';
import { readMp4 } from '../unit/join/readMp4';
import { entry, lpcm, withSizes, withSound } from '../unit/join/soundEntries';
import { clipBytes, joined } from '../unit/join/support';
import { startSandboxApi } from '../../sandbox/stand-ins/api';
import { connect, node, startEngine, veoNode } from './harness';
import type { Engine, InputItem, RunResult, WorkflowSpec } from './harness';

const TYPE = 'n8n-nodes-aimlapi-veo.joinVideos';
const credentials = { apiKey: '', baseUrl: '' };
const PROJECT = join(__dirname, '..', '..');

const fileOf = (bytes: Buffer, fileName = 'clip.mp4') => ({
	base64: bytes.toString('base64'),
	mimeType: 'video/mp4',
	fileName,
});
const itemOf = (name: string, field = 'data'): InputItem => ({
	binary: { [field]: fileOf(clipBytes(name), `${name}.mp4`) },
});
const itemsOf = (...names: string[]) => names.map((name) => itemOf(name));

/** Items → Join, with other nodes in between. */
function joinWorkflow(
	parameters: IDataObject = {},
	settings: Partial<INode> = {},
	between: INode[] = [],
): WorkflowSpec {
	const nodes = [
		node('Items', 'n8n-nodes-test.items'),
		...between,
		node('Join', TYPE, parameters, settings),
	];
	const names = nodes.map(({ name }) => name);
	return {
		nodes,
		connections: connect(...names.slice(1).map((name, index) => `${names[index]} > ${name}`)),
		resultNode: 'Join',
	};
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const filesIn = (folder: string) =>
	readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
		statSync(join(folder, name), { throwIfNoEntry: false })?.isFile(),
	);
/** 0 for a file that is gone meanwhile. */
const bytesOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
const storedIn = (engine: Engine) =>
	filesIn(engine.folder).filter(
		(name) => name.includes('binary_data') && !name.endsWith('.metadata'),
	);
const rowOf = (result: RunResult) => result.outputs[0]?.[0];

describe.each(['default', 'filesystem'] as const)('binary mode %s', (binaryMode) => {
	let engine: Engine;

	beforeAll(async () => {
		engine = await startEngine({ binaryMode });
	});
	afterAll(async () => await engine?.stop());

	const run = async (
		items: InputItem[],
		parameters: IDataObject = {},
		settings: Partial<INode> = {},
		between: INode[] = [],
	) => await engine.run(joinWorkflow(parameters, settings, between), { items, credentials });

	test.each(Object.entries(ROWS))('%s', async (_name, row) => {
		const { bytes } = await joined(row.clips.map(clipBytes));
		const result = await run(itemsOf(...row.clips));
		expect(result.error).toBeUndefined();
		expect(result.outputs[0]).toHaveLength(1);
		const { json, pairedItem, files } = rowOf(result)!;
		expect(files.data).toMatchObject({
			fileName: 'joined.mp4',
			mimeType: 'video/mp4',
			bytes: bytes.length,
			sha256: sha256(bytes),
		});
		const ends = [...row.starts.slice(1), row.seconds];
		expect(json).toMatchObject({
			duration: expect.closeTo(row.seconds, 5),
			clips: row.starts.map((start, item) => ({
				item,
				start: expect.closeTo(start, 5),
				duration: expect.closeTo(ends[item]! - start, 5),
			})),
		});
		expect(pairedItem).toEqual(row.clips.map((_, item) => ({ item })));
	});

	test('the row has just what the preview of its fields says', async () => {
		const { json } = rowOf(await run(itemsOf('landscape-4s', 'landscape-6s')))!;
		expect(json).toEqual({
			duration: 10,
			width: 1280,
			height: 720,
			clips: [
				{ item: 0, start: 0, duration: 4 },
				{ item: 1, start: 4, duration: 6 },
			],
		});
		const schema = join(PROJECT, 'dist/nodes/JoinVideos/__schema__/v1.0.0.json');
		expect(shapeOf(json)).toEqual(JSON.parse(readFileSync(schema, 'utf8'), withoutVersion));
	});

	test('several binary fields of an item are taken in the order of their names', async () => {
		const items = [
			{ binary: { ...itemOf('a', 'outro').binary, ...itemOf('main', 'intro').binary } },
			{ binary: { ...itemOf('refs', 'outro').binary, ...itemOf('b', 'intro').binary } },
		];
		const result = await run(items, {
			inputBinaryField: ' intro, outro ,',
			options: { fileName: 'My film', binaryField: 'film' },
		});
		const { bytes } = await joined(['main', 'a', 'b', 'refs'].map(clipBytes));
		const row = rowOf(result)!;
		expect(row.files.film).toMatchObject({ fileName: 'My film.mp4', sha256: sha256(bytes) });
		expect((row.json.clips as IDataObject[]).map(({ item }) => item)).toEqual([0, 0, 1, 1]);
	});

	test('sound is left out where that is wanted', async () => {
		const result = await run(itemsOf('a', 'rate44100'), { options: { sound: 'leaveOut' } });
		const { bytes } = await joined(['a', 'rate44100'].map(clipBytes), false);
		expect(rowOf(result)?.files.data?.sha256).toBe(sha256(bytes));
	});

	test.each([
		[
			'Item 1 is 192 × 96, item 0 is 128 × 96',
			/^Generate all clips with the same resolution and aspect ratio\./,
			itemsOf('a', 'wide'),
			1,
		],
		[
			'Item 2 has the sample rate 44100 Hz, item 1 has the sample rate 48000 Hz',
			/set 'Sound' to 'Leave Out'/,
			itemsOf('silent', 'a', 'rate44100'),
			2,
		],
		[
			"The file in 'Input Binary Field' is a fragmented MP4 [item 1]",
			/-c copy/,
			itemsOf('a', 'fragmented'),
			1,
		],
		[
			"The file in 'Input Binary Field' is not an MP4 video [item 0]",
			/Judging by its content, it is text/,
			[{ binary: { data: fileOf(Buffer.from('Not a video')) } }, itemOf('a')],
			0,
		],
		[
			"The file in 'Input Binary Field' is empty [item 1]",
			/Run the node that creates the file again/,
			[itemOf('a'), { binary: { data: fileOf(Buffer.alloc(0)) } }],
			1,
		],
		[
			"The file in 'Input Binary Field' ends before its index [item 1]",
			/The download may be incomplete/,
			[itemOf('a'), { binary: { data: fileOf(clipBytes('b').subarray(0, 500)) } }],
			1,
		],
		[
			"The file in 'Input Binary Field' is cut off: 7 bytes are missing [item 1]",
			/The download may be incomplete/,
			[itemOf('a'), { binary: { data: fileOf(clipBytes('b').subarray(0, -7)) } }],
			1,
		],
		[
			'Item 1 has the sound configuration lpcm of its own kind, item 0 has the sound configuration lpcm of its own kind',
			/Encode it as AAC/,
			[16, 24].map((bits) => ({ binary: { data: fileOf(withSound(lpcm(bits, 12))) } })),
			1,
		],
		[
			"The file in 'Input Binary Field' has a sound track of 1440000 frames [item 0]",
			/Encode the sound as AAC, or set 'Sound' to 'Leave Out'/,
			[{ binary: { data: fileOf(withSizes(4, 1_440_000, entry('sowt', 0, 16))) } }],
			0,
		],
		[
			"The file in 'Input Binary Field' has sound in an old QuickTime format [item 0]",
			/Encode the sound as AAC, or set 'Sound' to 'Leave Out'/,
			[{ binary: { data: fileOf(withSizes(1, 95, entry('sowt', 0, 16))) } }],
			0,
		],
	])('%s', async (message, description, items, itemIndex) => {
		const result = await run(items);
		expect(result.error).toMatchObject({
			name: 'NodeOperationError',
			message,
			description: expect.stringMatching(description),
			itemIndex,
		});
		expect(result.outputs).toEqual([]);
	});

	describe('items without a video', () => {
		const items: InputItem[] = [
			itemOf('a'),
			{ json: { error: 'The video could not be generated [item 1]' } },
			itemOf('b'),
			{ json: {} },
		];

		test('are refused with their numbers', async () => {
			expect((await run(items)).error).toMatchObject({
				message: "'Input Binary Field' has no file in 2 of the items",
				description: expect.stringMatching(
					/^Items 1, 3 have no binary field 'data'.*'Skip Items Without Video'/,
				),
			});
		});

		test('are skipped where that is wanted, and still paired', async () => {
			const result = await run(items, { options: { skipItemsWithoutVideo: true } });
			const { bytes } = await joined(['a', 'b'].map(clipBytes));
			const row = rowOf(result)!;
			expect(row.files.data?.sha256).toBe(sha256(bytes));
			expect((row.json.clips as IDataObject[]).map(({ item }) => item)).toEqual([0, 2]);
			expect(row.pairedItem).toEqual([0, 1, 2, 3].map((item) => ({ item })));
		});

		test('all of them: nothing to join', async () => {
			const result = await run([{ json: {} }], { options: { skipItemsWithoutVideo: true } });
			expect(result.error).toMatchObject({
				message: "'Input Binary Field' has no file in any item",
				description: expect.stringMatching(/^No item has the binary field 'data'/),
			});
		});
	});

	test('an item without files may leave an expression empty, where it is skipped', async () => {
		const items = [itemOf('a', 'intro'), { json: { error: 'Refused' } }, itemOf('b', 'main')];
		const inputBinaryField = '={{ Object.keys($binary) }}';
		const skipping = { inputBinaryField, options: { skipItemsWithoutVideo: true } };
		const { json } = rowOf(await run(items, skipping))!;
		expect((json.clips as IDataObject[]).map(({ item }) => item)).toEqual([0, 2]);
		const empty = "'Input Binary Field' is empty";
		expect((await run(items, { inputBinaryField })).error?.message).toBe(`${empty} [item 1]`);
		// An item that has a file is not passed over, nor is an empty field.
		const named = { ...skipping, inputBinaryField: '={{ $json.name }}' };
		expect((await run(itemsOf('a'), named)).error?.message).toBe(`${empty} [item 0]`);
		expect((await run([{ json: {} }], named)).error?.message).toBe(`${empty} [item 0]`);
	});

	test.each(['__proto__', 'constructor', 'toString'])('no item has a file in %s', async (name) => {
		const { error } = await run(itemsOf('a'), { inputBinaryField: name });
		expect(error?.message).toBe("'Input Binary Field' has no file in 1 of the items [item 0]");
	});

	test('a name for the output that no object can have is not taken', async () => {
		const row = rowOf(await run(itemsOf('a'), { options: { binaryField: '__proto__' } }));
		expect(Object.keys(row!.files)).toEqual(['data']);
	});

	test.each([
		['Scene 1.20', 'Scene 1.20.mp4'],
		['Film 2026.11.25', 'Film 2026.11.25.mp4'],
		['Dr.Who', 'Dr.Who.mp4'],
		['film.webm', 'film.webm.mp4'],
		['film.MP4', 'film.MP4'],
		['film.mov', 'film.mov'],
		['../../film', '_.._film.mp4'],
	])('the file name %s becomes %s', async (fileName, expected) => {
		const row = rowOf(await run(itemsOf('a'), { options: { fileName } }));
		expect(row?.files.data?.fileName).toBe(expected);
	});

	test('Continue On Fail gives one row with the message, paired with all items', async () => {
		const result = await run(itemsOf('a', 'wide'), {}, { onError: 'continueRegularOutput' });
		expect(result.error).toBeUndefined();
		expect(result.outputs[0]).toEqual([
			{
				json: { error: 'Item 1 is 192 × 96, item 0 is 128 × 96' },
				pairedItem: [{ item: 0 }, { item: 1 }],
				files: {},
			},
		]);
	});

	test('the error output takes that row', async () => {
		const result = await run(itemsOf('a', 'wide'), {}, { onError: 'continueErrorOutput' });
		expect(result.outputs[0] ?? []).toEqual([]);
		expect(result.outputs[1]?.[0]?.json.error).toBe('Item 1 is 192 × 96, item 0 is 128 × 96');
	});

	test.each([
		[{ inputBinaryField: ' , ' }, "'Input Binary Field' is empty [item 0]"],
		[{ inputBinaryField: '={{ $json }}' }, "'Input Binary Field' is not text [item 0]"],
		[{ options: { sound: '={{ "loud" }}' } }, "'Sound' cannot be 'loud'"],
		[{ options: { fileName: '={{ $json }}' } }, "'File Name' cannot be '[object Object]'"],
		[
			{ options: { binaryField: '={{ $binary.data }}' } },
			"'Output Binary Field' cannot be '[object Object]'",
		],
		[{ inputBinaryField: '={{ $json.a.b.c.d }}' }, "'Input Binary Field' is empty [item 0]"],
		[
			{ inputBinaryField: "={{ $('Nowhere').item.json.a }}" },
			'An expression in this node could not be resolved',
		],
	])('%j is refused', async (parameters: IDataObject, message) => {
		expect((await run(itemsOf('a'), parameters)).error?.message).toBe(message);
	});

	test('tells in the output panel what is left out', async () => {
		const result = await run(itemsOf('subtitles', 'time-code', 'a'));
		expect(result.stored).toContain('Left out of the joined video: subtitles, time codes.');
		expect((await run(itemsOf('a'))).stored).not.toContain('Left out of the joined video');
	});
});

/** A JSON schema of a value, as n8n's previews have it. */
function shapeOf(value: unknown): object {
	if (Array.isArray(value)) return { type: 'array', items: shapeOf(value[0]) };
	if (typeof value !== 'object' || value === null) return { type: typeof value };
	const properties = Object.entries(value).map(([name, inner]) => [name, shapeOf(inner)]);
	return { type: 'object', properties: Object.fromEntries(properties) as object };
}

const withoutVersion = (key: string, value: unknown) => (key === 'version' ? undefined : value);

describe('in the store', () => {
	let engine: Engine;
	const noOp = node('No Op', 'n8n-nodes-test.noOp');

	beforeAll(async () => {
		engine = await startEngine({ binaryMode: 'filesystem' });
	});
	afterAll(async () => await engine?.stop());

	test('combined binary mode: the files lie among the JSON fields', async () => {
		const workflow = joinWorkflow({}, {}, [noOp]);
		const result = await engine.run(
			{ ...workflow, settings: { binaryMode: 'combined' } },
			{ items: itemsOf('a', 'main'), credentials },
		);
		expect(result.error).toBeUndefined();
		const { json, files } = rowOf(result)!;
		expect(files).toEqual({});
		const file = (json._files as Record<string, IDataObject>).data!;
		const { bytes } = await joined(['a', 'main'].map(clipBytes));
		expect(file).toMatchObject({
			fileName: 'joined.mp4',
			mimeType: 'video/mp4',
			bytes: bytes.length,
		});
		const stored = storedIn(engine).find((path) => path.endsWith(basename(String(file.id))));
		expect(readFileSync(join(engine.folder, stored!)).equals(bytes)).toBe(true);
	});

	test('a file that ends early midway: one message, and no film is left', async () => {
		const cut = node('Cut Short', 'n8n-nodes-test.cutShort', { bytes: 1_000 });
		const before = storedIn(engine);
		const result = await engine.run(joinWorkflow({}, {}, [cut]), {
			items: itemsOf('a', 'b', 'long'),
			credentials,
		});
		expect(result.error).toMatchObject({
			message: expect.stringMatching(
				/^The file in 'Input Binary Field' is cut off: \d+ bytes are missing \[item 2\]$/,
			),
			itemIndex: 2,
		});
		expect(result.outputs).toEqual([]);
		// The three clips, and nothing that looks like a film or a part of one.
		expect(storedIn(engine)).toHaveLength(before.length + 3);
	});

	test('Stop ends it at once, and no film is left', async () => {
		const copies = node('Copies', 'n8n-nodes-test.copies', { count: 2_000 });
		const begun = engine.start(joinWorkflow({}, {}, [copies]), {
			items: itemsOf('long'),
			credentials,
		});
		// n8n writes into a file beside the one to be; the clip itself is stored that way, but is small.
		const writing = () =>
			storedIn(engine).filter(
				(name) => name.includes('.tmp.') && bytesOf(join(engine.folder, name)) > 100_000,
			);
		let ended = false;
		void begun.done.then(() => (ended = true));
		while (writing().length === 0 && !ended) await new Promise(setImmediate);
		expect(ended).toBe(false);
		begun.cancel();
		const result = await begun.done;
		expect(result.status).toBe('canceled');
		expect(result.cancelTookMs).toBeLessThan(1_000);
		expect(result.error?.message).toBe('The execution was canceled');
		expect(result.outputs.flat()).toEqual([]);
		while (writing().length > 0) await new Promise(setImmediate);
		expect(result.unhandled).toEqual([]);
	});

	test('a film joined before can be joined again', async () => {
		const again = node('Join Again', TYPE);
		const workflow = joinWorkflow();
		const result = await engine.run(
			{
				nodes: [...workflow.nodes, again],
				connections: { ...workflow.connections, ...connect('Join > Join Again') },
				resultNode: 'Join Again',
			},
			{ items: itemsOf('a', 'b'), credentials },
		);
		const once = await joined(['a', 'b'].map(clipBytes));
		const twice = await joined([once.bytes]);
		expect(rowOf(result)?.files.data?.sha256).toBe(sha256(twice.bytes));
		expect(readMp4(twice.bytes).tracks.map(({ samples }) => samples.length)).toEqual([96, 188]);
	});

	test('a film is a Source Video', async () => {
		const api = await startSandboxApi({ generationMs: 0 });
		const extend = veoNode('Extend', {
			operation: 'create',
			model: 'google/veo3-1-extend-video',
			prompt: 'The ship goes on',
			sourceVideo: 'data',
		});
		const workflow = joinWorkflow();
		const result = await engine.run(
			{
				nodes: [...workflow.nodes, extend],
				connections: { ...workflow.connections, ...connect('Join > Extend') },
				resultNode: 'Extend',
			},
			{ items: itemsOf('landscape-4s', 'landscape-6s'), credentials: api },
		);
		await api.stop();
		expect(result.error).toBeUndefined();
		expect(result.outputs[0]).toHaveLength(1);
		const { bytes } = await joined(['landscape-4s', 'landscape-6s'].map(clipBytes));
		expect(api.generations[0]?.body.video_url).toBe(
			`data:video/mp4;base64,${bytes.toString('base64')}`,
		);
	});

	test('the node is there, with its icons, and not as a tool', async () => {
		const { nodes, nodeIcons } = await engine.describe();
		expect(nodes).toContain('joinVideos');
		expect(nodes).not.toContain('joinVideosTool');
		expect(nodeIcons.joinVideos).toEqual({
			light: expect.stringMatching(/joinVideos\.svg$/),
			dark: expect.stringMatching(/joinVideos\.dark\.svg$/),
		});
	});
});
