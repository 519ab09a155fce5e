/** `npm run screenshots`: the screenshots in docs/images/, taken in a real n8n with the sandbox API. Needs Chromium and ffmpeg. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { OPERATIONS } from '../../nodes/AimlVeo/operations/operations';
import { startSandboxApi } from '../stand-ins/api';
import { Editor } from '../editor/editor';
import {
	ensureCredential,
	NEXT_NODE,
	readExample,
	withCredential,
	withNextNode,
} from '../n8n/examples';
import { N8nClient, outputOf } from '../n8n/restClient';
import type { WorkflowFile } from '../n8n/restClient';
import { installPackage, startN8n } from '../n8n/instance';
import { ensureN8n, packProject, PROJECT } from '../n8n/runtime';
import { step } from '../processes/step';

const IMAGES = join(PROJECT, 'docs', 'images');
const NODE = 'AI/ML API Veo';
const GENERATION_MS = 2_000;
const image = (name: string) => join(IMAGES, name);

/** The example with a shorter limit, so that the time is over before the video is ready. */
function impatient(example: WorkflowFile): WorkflowFile {
	const nodes = example.nodes.map((node) =>
		node.name === 'Make Video'
			? { ...node, parameters: { ...node.parameters, options: { timeout: 2 } } }
			: node,
	);
	return { ...example, nodes };
}

/** Small enough for a README: a third of the size or less, few frames a second, the colours of the film. */
async function toGif(video: string, gif: string, width: number, rate: number): Promise<void> {
	const palette = 'split[a][b];[a]palettegen=max_colors=96[p];[b][p]paletteuse=dither=bayer';
	const filter = `fps=${rate},scale=${width}:-2:flags=lanczos,${palette}`;
	await step(`Making ${basename(gif)}`, 'ffmpeg', ['-y', '-i', video, '-vf', filter, gif]);
}

async function takeAll(folder: string, closing: Array<() => Promise<void>>): Promise<void> {
	await step('Building the package', 'npm', ['run', 'build'], { cwd: PROJECT });
	const userFolder = join(folder, 'user');
	await installPackage(userFolder, await packProject(join(folder, 'packed')));
	const api = await startSandboxApi({ generationMs: GENERATION_MS });
	closing.push(async () => await api.stop());
	const account = { apiKey: api.apiKey, baseUrl: api.baseUrl };
	const instance = await startN8n({ runtime: await ensureN8n(), userFolder });
	closing.push(async () => await instance.stop());
	const n8n = await new N8nClient(instance.url).connect();
	const credentialId = await ensureCredential(n8n, account);
	const save = async (example: WorkflowFile) =>
		await n8n.createWorkflow(withCredential(example, credentialId));
	const first = await save(readExample('first-last-frame'));
	const story = await save(readExample('storyboard'));
	const next = await save(withNextNode(readExample('first-last-frame'), 'Make Video'));
	const late = await save(impatient(readExample('first-last-frame')));
	const editor = await Editor.open(instance.url);
	closing.push(editor.close);

	console.log('▸ Taking the screenshots');
	await editor.openWorkflow(story.id);
	await editor.screenshot(image('workflow.png'));

	for (const [theme, name] of [
		['dark', 'node-panel-dark.png'],
		['light', 'node-panel.png'],
	] as const) {
		await editor.newWorkflow();
		await editor.theme(theme);
		await editor.searchNode('veo', NODE);
		await editor.screenshot(image(name), 'nodePanel');
	}
	const added = await editor.addNode(
		await editor.searchNode('veo', NODE),
		OPERATIONS.createAndWait.action,
	);
	const form = await added.editCredential();
	await form.connected();
	await editor.screenshot(image('credential.png'), form.root);

	await editor.openWorkflow(first.id);
	const view = await editor.openNode('Make Video');
	await editor.screenshot(image('node-fields.png'), view.window);
	await view.execute();
	await view.playVideo();
	await editor.screenshot(image('output-video.png'), view.window, view.video);

	await editor.openWorkflow(next.id);
	const nextView = await editor.openNode(NEXT_NODE, 'mode');
	for (const path of ['video.url', 'usage.usdSpent']) {
		await nextView.drag(path, nextView.newAssignment);
	}
	await nextView.assignments.nth(1).waitFor();
	await editor.screenshot(image('preview.png'), nextView.window);

	api.settings.generationMs = 600_000;
	await editor.openWorkflow(late.id);
	const failing = await editor.openNode('Make Video');
	await failing.execute();
	await failing.errorDescription.waitFor();
	await editor.screenshot(image('failed-run.png'), failing.window);

	api.settings.generationMs = GENERATION_MS;
	const [row] = outputOf(await n8n.runToEnd(first, 'Start'), 'Make Video');
	const video = join(folder, 'result.mp4');
	writeFileSync(video, await n8n.download(row!.binary!.data!));
	await toGif(video, image('result.gif'), 426, 10);

	const film = await save(readExample('film-from-key-frames'));
	await editor.openWorkflow(film.id);
	await editor.screenshot(image('film-workflow.png'));
	const [joined] = outputOf(await n8n.runToEnd(film, 'Start'), 'Join Videos');
	writeFileSync(video, await n8n.download(joined!.binary!.data!));
	await toGif(video, image('film.gif'), 320, 8);
}

async function main(): Promise<void> {
	const folder = mkdtempSync(join(tmpdir(), 'veo-screenshots-'));
	const closing: Array<() => Promise<void>> = [];
	mkdirSync(IMAGES, { recursive: true });
	try {
		await takeAll(folder, closing);
	} finally {
		for (const end of closing.reverse()) await end();
		rmSync(folder, { recursive: true, force: true });
	}
	for (const name of readdirSync(IMAGES)) {
		console.log(`${image(name)} ${Math.round(statSync(image(name)).size / 1_000)} kB`);
	}
}

main().catch((cause: Error) => {
	console.error(cause.message);
	process.exitCode = 1;
});
