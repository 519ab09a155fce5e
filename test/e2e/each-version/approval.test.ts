/** A person decides, by the buttons of an email: before a film is published, and before money is spent. */
import type { IWorkflowBase } from 'n8n-workflow';
import { exampleNamesFor, readExample, withChoices } from '../../../sandbox/n8n/examples';
import { messageOf, outputOf } from '../../../sandbox/n8n/restClient';
import type { Execution, WorkflowFile } from '../../../sandbox/n8n/restClient';
import { startChatModel } from '../../../sandbox/stand-ins/chatModel';
import type { ChatModel } from '../../../sandbox/stand-ins/chatModel';
import { answer, startMailbox } from '../../../sandbox/stand-ins/mailbox';
import type { Mailbox } from '../../../sandbox/stand-ins/mailbox';
import { startUploads } from '../../../sandbox/stand-ins/uploads';
import type { Uploads } from '../../../sandbox/stand-ins/uploads';
import { joined } from '../../unit/join/support';
import { record } from '../facts';
import { bytesOf, changed, filesOf, generationsOf, postsOf, save, useN8n, VERSION } from '../setup';

const AGENT_PROMPT = 'A lighthouse keeper waves at a passing ship';
const SCENES = [
	'An old harbour in the fog, gulls cry',
	'A cat jumps onto a fishing boat',
	'The boat leaves the harbour, the cat sits at its bow',
];
/** Each is what a real model has said: talk first, then a fence around the JSON. */
const MODEL_SAYS = [
	'Sure! Here are three scenes about a cat and a boat.',
	`\`\`\`json\n${JSON.stringify({ output: { scenes: SCENES } }, null, 2)}\n\`\`\``,
];

// n8n 1.x lets agents use community nodes only on request.
const stage = useN8n({ env: { N8N_COMMUNITY_PACKAGES_ALLOW_TOOL_USAGE: 'true' } });
let chat: ChatModel;
let mailbox: Mailbox;
let uploads: Uploads;
let credentials: Record<string, { id: string; name: string }>;

beforeAll(async () => {
	[chat, mailbox, uploads] = await Promise.all([
		startChatModel(AGENT_PROMPT, MODEL_SAYS),
		startMailbox(),
		startUploads(),
	]);
	const openAi = { apiKey: 'sandbox-key', url: chat.url };
	credentials = {
		openAiApi: {
			id: await stage.n8n.createCredential('openAiApi', 'OpenAI', openAi),
			name: 'OpenAI',
		},
		smtp: { id: await stage.n8n.createCredential('smtp', 'SMTP', mailbox.account), name: 'SMTP' },
	};
});
afterAll(async () => {
	for (const standIn of [chat, mailbox, uploads]) await standIn?.stop();
});

/** Saved with what a person chooses after importing: credentials, and the table. */
async function ready(example: WorkflowFile): Promise<IWorkflowBase> {
	const nodes = example.nodes.map((node) => {
		const [type = ''] = Object.keys(node.credentials ?? {});
		return credentials[type] ? { ...node, credentials: { [type]: credentials[type] } } : node;
	});
	return await save(stage, await withChoices(stage.n8n, { ...example, nodes }));
}

const quick = (name: string, prompt?: string): WorkflowFile =>
	changed(readExample(name), name === 'idea-to-post' ? 'Make Videos' : 'Make Video', {
		options: { pollInterval: 1 },
		...(prompt && { prompt }),
	});

/** Started by hand, and asleep until the person answers. */
async function asked(workflow: IWorkflowBase, trigger = 'Start', json = {}): Promise<Execution> {
	const before = mailbox.mails.length;
	const given = trigger === 'Start' ? undefined : json;
	const id = await stage.n8n.run(workflow, trigger, given);
	const execution = await stage.n8n.waitFor(id, {
		wanted: (status) => status === 'waiting' || status === 'error',
	});
	expect(messageOf(execution)).toBeUndefined();
	expect(mailbox.mails).toHaveLength(before + 1);
	return execution;
}

async function answered({ id }: Execution, approved: boolean): Promise<Execution> {
	const mail = await mailbox.mailWith(`/${id}/`);
	expect(await answer(mail, approved)).toMatch(/recorded|Got it/i);
	const execution = await stage.n8n.waitFor(id);
	expect(messageOf(execution)).toBeUndefined();
	expect(execution.status).toBe('success');
	return execution;
}

describe('idea-to-post', () => {
	let workflow: IWorkflowBase;
	let tableId: string;

	beforeAll(async () => {
		const example = changed(quick('idea-to-post'), 'Post the Film', { url: uploads.url });
		workflow = await ready(example);
		tableId = String((await stage.n8n.tables()).find(({ name }) => name === 'Video Ideas')?.id);
	});

	const newIdea = async (idea: string) =>
		await stage.n8n.insertRows(tableId, [{ idea, status: 'new', url: '' }]);
	const rowOf = async (idea: string) =>
		(await stage.n8n.rows(tableId)).find((row) => row.idea === idea);

	test('an idea becomes scenes, a film and a post', async () => {
		await newIdea('A cat goes to sea');
		await newIdea('Another idea');
		const waiting = await asked(workflow);
		expect(await rowOf('A cat goes to sea')).toMatchObject({ status: 'started' });
		// The first answer of the model had no scenes: it was asked again, and nothing was paid for.
		expect(chat.requests).toHaveLength(2);
		expect(JSON.stringify(chat.requests[0]?.messages)).toContain('A cat goes to sea');
		const made = SCENES.flatMap((scene) => generationsOf(stage.api, scene));
		expect(made.map(({ body }) => body.prompt)).toEqual(SCENES);
		expect(stage.api.generations).toHaveLength(SCENES.length);
		expect(uploads.received).toEqual([]);
		const mail = await mailbox.mailWith(`/${waiting.id}/`);
		expect(mail).toContain('A cat goes to sea');
		for (const generation of made) {
			expect(mail).toContain(stage.api.videoUrl(generation));
		}

		const execution = await answered(waiting, true);
		const film = (await joined(made.map(bytesOf))).bytes;
		const [posted, ...others] = uploads.received;
		expect(others).toEqual([]);
		expect(posted?.type).toBe('video/mp4');
		expect(posted?.bytes.equals(film)).toBe(true);
		expect(outputOf(execution, 'Mark as Posted')).toHaveLength(1);
		expect(await stage.n8n.rows(tableId)).toMatchObject([
			{ idea: 'A cat goes to sea', status: 'posted', url: 'https://example.com/posts/1' },
			{ idea: 'Another idea', status: 'new' },
		]);
		expect(stage.api.log.filter(({ method }) => method === 'POST')).toHaveLength(SCENES.length);
		record('modes', 'From a table of ideas to a post, with a language model and an approval');
	});

	test('a film that is discarded is not posted, and its idea is not taken again', async () => {
		const before = uploads.received.length;
		await answered(await asked(workflow), false);
		expect(uploads.received).toHaveLength(before);
		expect(await rowOf('Another idea')).toMatchObject({ status: 'discarded' });
		const execution = await stage.n8n.runToEnd(workflow, 'Start');
		expect(execution.status).toBe('success');
		expect(outputOf(execution, 'Next Idea')).toEqual([]);
	});
});

describe('approve-before-paying', () => {
	/** The same prompt for the estimate and the video. */
	const asking = async (prompt: string) => {
		const value = { id: 'a1b2', name: 'prompt', value: prompt, type: 'string' };
		return await ready(
			changed(quick('approve-before-paying'), 'The Request', {
				assignments: { assignments: [value] },
			}),
		);
	};

	test('nothing is paid for before a person agrees, then one video is', async () => {
		const prompt = 'Agreed by a person';
		const waiting = await asked(await asking(prompt));
		expect(postsOf(stage.api, prompt)).toEqual([]);
		const [estimate] = outputOf(waiting, 'Estimate');
		const mail = await mailbox.mailWith(`/${waiting.id}/`);
		expect(mail).toContain(`$${String(estimate?.json.estimatedCostUsd)}`);
		const forged = mail.replaceAll(/signature=\w{4}/g, 'signature=0000');
		await expect(answer(forged, true)).rejects.toMatchObject({ response: { status: 401 } });
		const execution = await answered(waiting, true);
		const [generation] = generationsOf(stage.api, prompt);
		const [file] = await filesOf(stage, execution, 'Make Video');
		expect(generation && file?.equals(bytesOf(generation))).toBe(true);
		// The same button once more.
		await answer(mail, true).catch(() => undefined);
		expect(postsOf(stage.api, prompt)).toHaveLength(1);
		record('modes', 'A person agrees by email before a video is paid for');
	});

	test('nothing is paid for when the person declines', async () => {
		const prompt = 'Declined by a person';
		const execution = await answered(await asked(await asking(prompt)), false);
		expect(outputOf(execution, 'Not Made')).toHaveLength(1);
		expect(outputOf(execution, 'Make Video')).toEqual([]);
		expect(postsOf(stage.api, prompt)).toEqual([]);
	});
});

describe('agent-with-approval', () => {
	if (!exampleNamesFor(VERSION).includes('agent-with-approval')) {
		test('is not possible: this n8n has no human review for tools', async () => {
			const types = (await stage.n8n.nodeTypes()).map(({ name }) => name);
			expect(types).toContain('n8n-nodes-base.emailSend');
			expect(types.filter((name) => name.endsWith('HitlTool'))).toEqual([]);
		});
		return;
	}

	let workflow: IWorkflowBase;
	const message = { action: 'sendMessage', chatInput: 'Make me a video of a lighthouse' };

	beforeAll(async () => {
		workflow = await ready(quick('agent-with-approval'));
	});
	beforeEach(() => {
		chat.requests.length = 0;
	});

	test('the agent makes the video after a person agrees', async () => {
		const waiting = await asked(workflow, 'Chat', { ...message, sessionId: 'approved' });
		expect(postsOf(stage.api, AGENT_PROMPT)).toEqual([]);
		expect(await mailbox.mailWith(`/${waiting.id}/`)).toContain(AGENT_PROMPT);
		const execution = await answered(waiting, true);
		const [generation, ...others] = generationsOf(stage.api, AGENT_PROMPT);
		expect(others).toEqual([]);
		expect(postsOf(stage.api, AGENT_PROMPT)).toHaveLength(1);
		const [row] = outputOf(execution, 'Agent');
		expect(String(row?.json.output)).toContain(generation && stage.api.videoUrl(generation));
		expect(chat.requests).toHaveLength(2);
		record('modes', "n8n's human review between an AI Agent and the node (n8n 2)");
	});

	test('the agent is told when the person declines, and nothing is paid for', async () => {
		const before = postsOf(stage.api, AGENT_PROMPT).length;
		const waiting = await asked(workflow, 'Chat', { ...message, sessionId: 'declined' });
		const execution = await answered(waiting, false);
		expect(postsOf(stage.api, AGENT_PROMPT)).toHaveLength(before);
		expect(String(outputOf(execution, 'Agent')[0]?.json.output)).toMatch(/rejected/i);
	});
});
