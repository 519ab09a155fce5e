/** The editor in a real Chromium: the node is found, set up, run, and its video plays; what goes wrong is readable. */
import type { IDataObject } from 'n8n-workflow';
import type { Locator } from 'playwright-core';
import { MEDIA, MODELS, SETTINGS } from '../../nodes/AimlVeo/catalogue/models';
import type { MediaName, SettingName } from '../../nodes/AimlVeo/catalogue/models';
import { OPERATIONS } from '../../nodes/AimlVeo/operations/operations';
import type { OperationName } from '../../nodes/AimlVeo/catalogue/parameters';
import { Editor } from '../../sandbox/editor/editor';
import type { Box } from '../../sandbox/editor/editor';
import type { NodeView } from '../../sandbox/editor/nodeView';
import { exampleNames, NEXT_NODE, readExample, withNextNode } from '../../sandbox/n8n/examples';
import { accountOf, changed, postsOf, save, useN8n } from './setup';

const NODE = 'AI/ML API Veo';
const ICONS = { light: 'aimlVeo.svg', dark: 'aimlVeo.dark.svg' };
const JOIN_NODE = 'Join Videos';
const JOIN_ICONS = { light: 'joinVideos.svg', dark: 'joinVideos.dark.svg' };
/** What is typed into the search, and what must then be there. */
const SEARCHES = [
	...['veo', 'aiml'].map((words) => ({ words, node: NODE, icons: ICONS })),
	...['join', 'merge', 'concatenate', 'combine videos', 'stitch'].map((words) => ({
		words,
		node: JOIN_NODE,
		icons: JOIN_ICONS,
	})),
];

const stage = useN8n();
let editor: Editor;

beforeAll(async () => {
	editor = await Editor.open(stage.instance.url);
});
afterAll(async () => {
	await editor?.close();
});

/** The node of the first example, opened, with a prompt of its own. */
async function openExample(prompt: string, more = {}): Promise<NodeView> {
	const example = changed(readExample('first-last-frame'), 'Make Video', {
		prompt,
		videoSettings: {},
		...more,
	});
	const { id } = await save(stage, example);
	await editor.openWorkflow(String(id));
	return await editor.openNode('Make Video');
}

describe.each(['light', 'dark'] as const)('the node panel in the %s theme', (theme) => {
	beforeAll(async () => {
		await editor.newWorkflow();
		await editor.theme(theme);
	});
	afterAll(async () => {
		await editor.theme('light');
	});

	test.each(SEARCHES)('finds $node by "$words", with its icon', async ({ words, node, icons }) => {
		const entry = await editor.searchNode(words, node);
		await entry.scrollIntoViewIfNeeded();
		const icon = entry.locator('img').first();
		expect(await icon.getAttribute('src')).toMatch(new RegExp(`/${icons[theme]}$`));
		const width = async () =>
			await icon.evaluate((image) => (image as HTMLImageElement).naturalWidth);
		expect(await width()).toBeGreaterThan(0);
	});
});

test('a node is added, and its credential is created in the form', async () => {
	await editor.newWorkflow();
	const { name, action } = OPERATIONS.createAndWait;
	const view = await editor.addNode(await editor.searchNode('veo', NODE), action);
	expect(await view.valueOf('operation')).toBe(name);

	const form = await view.newCredential();
	await form.save({ ...accountOf(stage.api), apiKey: 'wrong' });
	expect(await form.complaint()).toMatch(/The API key was not accepted\. Copy it again from/);
	await form.save(accountOf(stage.api));
	await form.accepted();
	await form.close();
	const again = await view.editCredential();
	await again.connected();
	await again.close();
	expect(await view.credential()).toMatch(/^AI\/ML/);
});

/** The fields of each operation, besides what its model takes. */
const AROUND: Record<OperationName, { before: string[]; after: string[] }> = {
	createAndWait: {
		before: ['Operation', 'Model', 'Prompt'],
		after: ['Download Video', 'Video Settings', 'Options'],
	},
	create: { before: ['Operation', 'Model', 'Prompt'], after: ['Video Settings', 'Options'] },
	get: {
		before: ['Operation', 'Generation ID'],
		after: ['Wait for Completion', 'Download Video', 'Options'],
	},
	getMany: { before: ['Operation'], after: ['Return All', 'Limit', 'Filters'] },
};

describe('just the right fields are shown', () => {
	let view: NodeView;

	beforeAll(async () => {
		view = await openExample('Fields');
	});

	test.each(['createAndWait', 'create'] as const)('%s, with each model', async (operation) => {
		await view.choose('operation', OPERATIONS[operation].name);
		const { before, after } = AROUND[operation];
		for (const { name, media, settings } of MODELS) {
			await view.choose('model', name);
			const labels = (Object.keys(media) as MediaName[]).map((key) => MEDIA[key].label);
			expect([name, ...(await view.shownFields())]).toEqual([name, ...before, ...labels, ...after]);
			const taken = (Object.keys(settings) as SettingName[]).map((key) => SETTINGS[key].label);
			expect([name, ...(await view.addable('Add Setting'))]).toEqual([name, ...taken.sort()]);
		}
	});

	test.each(['get', 'getMany'] as const)('%s', async (operation) => {
		await view.choose('operation', OPERATIONS[operation].name);
		const { before, after } = AROUND[operation];
		expect(await view.shownFields()).toEqual([...before, ...after]);
	});
});

test('the node is run, and its video plays in the output panel', async () => {
	const view = await openExample('Played in the editor');
	await view.execute();
	const video = await view.playVideo();
	expect(video).toMatchObject({ width: 1280, height: 720 });
	expect(video.seconds).toBeCloseTo(8, 0);
	expect(video.playedSeconds).toBeGreaterThan(1);
	expect(postsOf(stage.api, 'Played in the editor')).toHaveLength(1);
});

test('before anything has run, fields are dragged out of the preview into the next node', async () => {
	const posts = () => stage.api.log.filter(({ method }) => method === 'POST');
	const before = posts();
	const { id } = await save(stage, withNextNode(readExample('first-last-frame'), 'Make Video'));
	await editor.openWorkflow(String(id));
	const view = await editor.openNode(NEXT_NODE, 'mode');
	await view.input.getByText('Usually outputs the following fields').waitFor();
	const paths = ['video.url', 'id', 'usage.usdSpent'];
	for (const [index, path] of paths.entries()) {
		await view.drag(path, view.newAssignment);
		await view.assignments.nth(index).waitFor();
	}
	await view.close();
	await editor.save();
	const { nodes } = await stage.n8n.workflow(String(id));
	const { parameters } = nodes.find(({ name }) => name === NEXT_NODE)!;
	const { assignments } = parameters.assignments as { assignments: IDataObject[] };
	expect(assignments.map(({ value }) => value)).toEqual(
		paths.map((path) => `={{ $json.${path} }}`),
	);
	expect(assignments.map(({ name }) => name)).toEqual(paths);
	expect(posts()).toEqual(before);
});

test('the hint is shown above the output, and says what the rows do not', async () => {
	const estimate = { options: { estimateOnly: true } };
	const { id } = await save(stage, changed(readExample('storyboard'), 'Make Videos', estimate));
	await editor.openWorkflow(String(id));
	const view = await editor.openNode('Make Videos');
	await view.execute();
	const hint = view.output.getByText(/^\d videos would cost \$\d/);
	await expectReadable(
		hint,
		view.output,
		/The account's balance is \$\d+\.\d\d: \$\d+\.\d\d would be left\.$/,
	);
});

/** Its text can be read: in the panel, in full, and large enough. */
async function expectReadable(text: Locator, panel: Locator, said: string | RegExp): Promise<void> {
	await text.waitFor();
	expect((await text.innerText()).replaceAll('\n', '')).toEqual(
		typeof said === 'string' ? expect.stringContaining(said) : expect.stringMatching(said),
	);
	const inner = (await text.boundingBox())!;
	const outer = (await panel.boundingBox())!;
	expect(inner.x).toBeGreaterThanOrEqual(outer.x);
	expect(inner.x + inner.width).toBeLessThanOrEqual(outer.x + outer.width);
	expect(inner.y + inner.height).toBeLessThanOrEqual(outer.y + outer.height);
	const { cut, pixels } = await text.evaluate((element) => ({
		cut: element.scrollWidth > element.clientWidth + 1,
		pixels: parseFloat(getComputedStyle(element).fontSize),
	}));
	expect(cut).toBe(false);
	expect(pixels).toBeGreaterThanOrEqual(11);
}

describe('what went wrong is readable in the output panel', () => {
	test('before anything is paid', async () => {
		const view = await openExample('Nothing to end with', { lastFrame: '' });
		await view.execute();
		await expectReadable(view.errorMessage, view.output, "'Last Frame' is empty [item 0]");
		await expectReadable(
			view.errorDescription,
			view.output,
			/Enter a URL, a data URI, or the name/,
		);
		expect(postsOf(stage.api, 'Nothing to end with')).toEqual([]);
	});

	test('after the timeout, with the way to the video', async () => {
		stage.api.settings.generationMs = 600_000;
		const view = await openExample('Late in the editor', { options: { timeout: 1 } });
		await view.execute();
		await expectReadable(view.errorMessage, view.output, /not ready after 1 second/);
		const [generation] = stage.api
			.settled()
			.filter(({ body }) => body.prompt === 'Late in the editor');
		await expectReadable(view.errorDescription, view.output, generation!.id);
	});
});

const overlap = (a: Box, b: Box) =>
	a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

test.each(exampleNames())(
	'example %s: no node covers another, and no text is cut off',
	async (name) => {
		const { id } = await save(stage, readExample(name));
		await editor.openWorkflow(String(id));
		const boxes = await editor.boxes();
		expect(boxes).toHaveLength(readExample(name).nodes.length);
		const pairs = boxes.flatMap((a, index) => boxes.slice(index + 1).map((b) => [a, b] as const));
		expect(pairs.filter(([a, b]) => overlap(a, b)).map(([a, b]) => [a.name, b.name])).toEqual([]);
		expect(boxes.flatMap(({ cut }) => cut)).toEqual([]);
	},
);
