/** Workflows that people do not start by hand: a form, webhooks, a schedule and a chat with an agent, activated and triggered for real. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import axios from 'axios';
import type { IWorkflowBase } from 'n8n-workflow';
import { startChatModel } from '../../../sandbox/stand-ins/chatModel';
import type { ChatModel } from '../../../sandbox/stand-ins/chatModel';
import { readExample } from '../../../sandbox/n8n/examples';
import { messageOf, outputOf } from '../../../sandbox/n8n/restClient';
import type { Execution, WorkflowFile } from '../../../sandbox/n8n/restClient';
import { PROJECT } from '../../../sandbox/n8n/runtime';
import { record } from '../facts';
import {
	bytesOf,
	changed,
	filesOf,
	generationsOf,
	onceOpen,
	postsOf,
	save,
	useN8n,
	VERSION,
} from '../setup';

const AGENT_PROMPT = 'A lighthouse keeper waves at a passing ship';

// n8n 1.x lets agents use community nodes only on request.
const stage = useN8n({ env: { N8N_COMMUNITY_PACKAGES_ALLOW_TOOL_USAGE: 'true' } });
let chat: ChatModel;

beforeAll(async () => {
	chat = await startChatModel(AGENT_PROMPT);
});
afterAll(async () => await chat?.stop());

/** Saved, with a node that checks the video every second, and activated. */
async function activated(example: WorkflowFile): Promise<IWorkflowBase> {
	const quick = ['Make Video', 'Get Video'].reduce(
		(file, node) => changed(file, node, { options: { pollInterval: 1 } }),
		example,
	);
	const workflow = await save(stage, quick);
	await stage.n8n.activate(workflow.id);
	return workflow;
}

/** The only execution of the workflow, once it has ended. */
async function itsExecution(workflow: IWorkflowBase): Promise<Execution> {
	const [execution, ...others] = await stage.n8n.executions(workflow.id);
	expect(others).toEqual([]);
	return await stage.n8n.waitFor(execution?.id ?? '');
}

const webhookIdOf = ({ nodes }: WorkflowFile) =>
	nodes.find(({ webhookId }) => webhookId)?.webhookId ?? '';

test('a form: two uploaded images become a video', async () => {
	const example = readExample('form-two-uploads');
	const workflow = await activated(example);
	const address = `${stage.n8n.url}/form/${webhookIdOf(example)}`;
	const page = await onceOpen(async () => await axios.get<string>(address));
	for (const label of ['First Image', 'Last Image', 'What Happens in Between']) {
		expect(page.data).toContain(label);
	}
	// Its fields are named by their place, as the page's own script sends them.
	const prompt = 'The flower opens';
	const form = new FormData();
	const images = ['portrait-first.jpg', 'portrait-last.jpg'].map((name) => ({
		name,
		bytes: readFileSync(join(PROJECT, 'sandbox', 'media', name)),
	}));
	for (const [index, { name, bytes }] of images.entries()) {
		form.append(`field-${index}`, new Blob([bytes], { type: 'image/jpeg' }), name);
	}
	form.append('field-2', prompt);
	await axios.post(address, form);

	const execution = await itsExecution(workflow);
	expect(messageOf(execution)).toBeUndefined();
	const [generation] = generationsOf(stage.api, prompt);
	const [first, last] = images.map(
		({ bytes }) => `data:image/jpeg;base64,${bytes.toString('base64')}`,
	);
	expect(generation?.body).toMatchObject({ prompt, image_url: first, last_image_url: last });
	const [file] = await filesOf(stage, execution, 'Your Next Step');
	expect(generation && file?.equals(bytesOf(generation))).toBe(true);
	record('modes', "Started by n8n's form, with two uploaded images");
});

test('a webhook is answered with the file', async () => {
	const prompt = 'Answered with the file';
	await activated(readExample('webhook-file'));
	const address = `${stage.n8n.url}/webhook/veo-file`;
	const answer = await onceOpen(
		async () => await axios.post<ArrayBuffer>(address, { prompt }, { responseType: 'arraybuffer' }),
	);
	expect(answer.headers['content-type']).toBe('video/mp4');
	const [generation] = generationsOf(stage.api, prompt);
	expect(generation && Buffer.from(answer.data).equals(bytesOf(generation))).toBe(true);
	record('modes', 'Started by a webhook that is answered with the file');
});

test('a webhook is answered with the ID at once, and the video comes later', async () => {
	const prompt = 'Answered with the ID';
	stage.api.settings.generationMs = 10_000;
	const workflow = await activated(readExample('webhook-id'));
	const address = `${stage.n8n.url}/webhook/veo-id`;
	const answer = await onceOpen(async () => await axios.post<{ id: string }>(address, { prompt }));
	expect(answer.status).toBe(202);
	const [generation] = generationsOf(stage.api, prompt);
	expect(answer.data).toEqual({ id: generation?.id });
	// The answer did not wait for the video.
	expect(generation?.status).not.toBe('completed');
	const execution = await itsExecution(workflow);
	expect(messageOf(execution)).toBeUndefined();
	const [file] = await filesOf(stage, execution, 'Your Next Step');
	expect(generation && file?.equals(bytesOf(generation))).toBe(true);
	record('modes', 'Started by a webhook that is answered with the ID at once');
});

test('a schedule starts the workflow, which waits without holding a worker', async () => {
	stage.api.settings.generationMs = 3_000;
	const example = readExample('wait-without-worker');
	const often = { interval: [{ field: 'seconds', secondsInterval: 2 }] };
	const workflow = await activated(
		changed(changed(example, 'Every Morning', { rule: often }), 'Wait', { amount: 4 }),
	);
	const { prompt } = example.nodes.find(({ name }) => name === 'Create Video')!.parameters;
	await stage.api.waitFor(({ method, body }) =>
		Boolean(method === 'POST' && JSON.stringify(body).includes(String(prompt))),
	);
	await stage.n8n.deactivate(workflow.id);
	const executions = await stage.n8n.executions(workflow.id);
	expect(executions.length).toBeGreaterThan(0);
	for (const { id } of executions) {
		const execution = await stage.n8n.waitFor(id);
		expect(execution).toMatchObject({ mode: 'trigger', status: 'success' });
		const itsPosts = postsOf(stage.api, String(prompt)).filter(({ clientRequestId }) =>
			clientRequestId?.startsWith(`n8n.${id}.`),
		);
		expect(itsPosts).toHaveLength(1);
		const [row] = outputOf(execution, 'The Video');
		const generation = stage.api.find(String(row?.json.id));
		const files = await filesOf(stage, execution, 'The Video');
		expect(generation && files.at(-1)?.equals(bytesOf(generation))).toBe(true);
	}
	record('modes', 'Started by a schedule');
});

/** What a new agent is in each n8n; older workflows keep version 2. */
const AGENT_VERSIONS = VERSION.startsWith('1.') ? [2] : [2, 3.1];

test.each(AGENT_VERSIONS)(
	'an AI Agent of version %d calls the node as its tool',
	async (version) => {
		const example = readExample('ai-agent');
		const openAi = { apiKey: 'sandbox-key', url: chat.url };
		const id = await stage.n8n.createCredential('openAiApi', 'OpenAI', openAi);
		const nodes = example.nodes.map((node) => {
			if (node.name === 'Agent') return { ...node, typeVersion: version };
			return node.name === 'Chat Model'
				? { ...node, credentials: { openAiApi: { id, name: 'OpenAI' } } }
				: node;
		});
		const quick = changed({ ...example, nodes }, 'Make Video', { options: { pollInterval: 1 } });
		const workflow = await save(stage, quick);
		const before = generationsOf(stage.api, AGENT_PROMPT).length;
		chat.requests.length = 0;
		const started = await stage.n8n.run(workflow, 'Chat', {
			action: 'sendMessage',
			sessionId: `version ${version}`,
			chatInput: 'Make me a video of a lighthouse',
		});
		const execution = await stage.n8n.waitFor(started);
		expect(messageOf(execution)).toBeUndefined();
		expect(execution.status).toBe('success');

		// The agent wrote the prompt by itself, once, and was told the address and the ID, not a file.
		const [generation, ...others] = generationsOf(stage.api, AGENT_PROMPT).slice(before);
		expect(others).toEqual([]);
		const [row] = outputOf(execution, 'Agent');
		const answer = String(row?.json.output);
		expect(answer).toContain(generation?.id);
		expect(answer).toContain(generation && stage.api.videoUrl(generation));
		expect(row?.binary).toBeUndefined();
		expect(generation?.deliveredTimes).toBe(0);
		// What the model read of the tool: that it costs, and which field it is to fill in.
		const [tool] = chat.requests[0]?.tools ?? [];
		expect(JSON.stringify(tool)).toMatch(/spends credits/);
		expect(Object.keys(tool?.function.parameters.properties ?? {})).toEqual(['prompt']);
		record('modes', "Called by n8n's AI Agent as a tool");
	},
);

test.each(AGENT_VERSIONS)(
	'an agent of version %d gets the ID of a video that is not ready in time, and does not buy it again',
	async (version) => {
		stage.api.settings.generationMs = 3_600_000;
		const example = readExample('ai-agent');
		const openAi = { apiKey: 'sandbox-key', url: chat.url };
		const id = await stage.n8n.createCredential('openAiApi', 'OpenAI', openAi);
		const nodes = example.nodes.map((node) => {
			if (node.name === 'Agent') return { ...node, typeVersion: version };
			if (node.name === 'Make Video') {
				return { ...node, retryOnFail: true, maxTries: 5, waitBetweenTries: 10 };
			}
			return node.name === 'Chat Model'
				? { ...node, credentials: { openAiApi: { id, name: 'OpenAI' } } }
				: node;
		});
		const options = { pollInterval: 1, timeout: 2 };
		const workflow = await save(stage, changed({ ...example, nodes }, 'Make Video', { options }));
		const before = generationsOf(stage.api, AGENT_PROMPT).length;
		const started = await stage.n8n.run(workflow, 'Chat', {
			action: 'sendMessage',
			sessionId: `late ${version}`,
			chatInput: 'Make me a video of a lighthouse',
		});
		const execution = await stage.n8n.waitFor(started);
		const [generation, ...others] = generationsOf(stage.api, AGENT_PROMPT).slice(before);
		expect(others).toEqual([]);
		const [row] = outputOf(execution, 'Agent');
		expect(String(row?.json.output)).toContain(generation?.id);
	},
);
