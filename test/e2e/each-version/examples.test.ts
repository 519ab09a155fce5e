/**
 * The package in this n8n: it loads, its credential is tested, and every example that is started by hand
 * returns its videos.
 */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { IDataObject, IWorkflowBase } from 'n8n-workflow';
import {
	exampleNames,
	exampleNamesFor,
	importExamples,
	readExample,
	SINCE_2,
	withChoices,
} from '../../../sandbox/n8n/examples';
import { messageOf, outputOf } from '../../../sandbox/n8n/restClient';
import type { Execution, WorkflowFile } from '../../../sandbox/n8n/restClient';
import { PROJECT, SANDBOX_DIR } from '../../../sandbox/n8n/runtime';
import { mp4Seconds } from '../../../sandbox/media/mp4Seconds';
import { readMp4, trackOf } from '../../unit/join/readMp4';
import { joined } from '../../unit/join/support';
import { record } from '../facts';
import {
	accountOf,
	bytesOf,
	changed,
	filesOf,
	firstCheck,
	generationsOf,
	checksOf,
	postsOf,
	save,
	useN8n,
	VERSION,
} from '../setup';

/** n8n keeps shorter waits in memory; 65 s is the shortest that goes to its database. */
const SHORTEST_WAIT = { amount: 65, unit: 'seconds' };

/** The example that sleeps in n8n's database the longest: the other tests run meanwhile. */
const SLEEPER = 'wait-without-worker';

/** What each example needs before it runs, the node that gives out the files, and that which joins them. */
const BY_HAND: Record<
	string,
	{
		delivers: string;
		joins?: string;
		files: number;
		prepare?: (file: WorkflowFile) => WorkflowFile;
	}
> = {
	extend: { delivers: 'Extend Again', files: 1 },
	'film-from-key-frames': { delivers: 'Make Clips', joins: 'Join Videos', files: 2 },
	'first-last-frame': { delivers: 'Make Video', files: 1 },
	'reference-images': { delivers: 'Make Video', files: 1 },
	storyboard: { delivers: 'Make Videos', files: 3 },
	'storyboard-to-film': { delivers: 'Make Videos', joins: 'Join Videos', files: 3 },
	[SLEEPER]: {
		delivers: 'Get Video',
		files: 1,
		prepare: (file) => changed(file, 'Wait', SHORTEST_WAIT),
	},
};
/** Run by tests of their own, here or in the files beside this one. */
const ELSEWHERE = [
	'agent-with-approval',
	'ai-agent',
	'approve-before-paying',
	'collect-videos',
	'form-two-uploads',
	'idea-to-post',
	'recover-undelivered',
	'resume-by-id',
	'start-videos',
	'sub-workflow-caller',
	'sub-workflow-wait',
	'webhook-file',
	'webhook-id',
];

/** n8n 1.x answers a refused credential in words of its own. */
const HIDES_OUR_TEXT = VERSION.startsWith('1.');

// n8n 1.x keeps files in memory unless it is told otherwise.
const stage = useN8n({ env: { N8N_DEFAULT_BINARY_DATA_MODE: 'filesystem' } });

test('loads without a warning', async () => {
	const types = await stage.n8n.nodeTypes();
	const ours = types.filter(({ name }) => name.startsWith('n8n-nodes-aimlapi-veo.'));
	expect(ours.map(({ displayName }) => displayName).sort()).toEqual([
		'AI/ML API Veo',
		'AI/ML API Veo Tool',
		'AI/ML API Veo Trigger',
		'Join Videos',
	]);
	// Folders of this test carry the package's name too.
	const printed = [stage.userFolder, SANDBOX_DIR].reduce(
		(text, folder) => text.replaceAll(folder, ''),
		stage.instance.printed(),
	);
	expect(printed.split('\n').filter((line) => /aimlapi|aimlveo/i.test(line))).toEqual([]);
});

test('its icons are served, for the light and the dark theme', async () => {
	const types = [...(await stage.n8n.nodeTypes()), ...(await stage.n8n.credentialTypes())];
	const ours = types.filter(({ name }) =>
		/(aimlVeo(Tool|Trigger)?|joinVideos)$|^aimlapiApi$/.test(name),
	);
	expect(ours).toHaveLength(5);
	for (const { name, iconUrl } of ours) {
		const isJoin = name.endsWith('joinVideos');
		const folder =
			name === 'aimlapiApi' ? 'credentials' : isJoin ? 'nodes/JoinVideos' : 'nodes/AimlVeo';
		const { light = '', dark = '' } = iconUrl ?? {};
		expect(light).not.toBe(dark);
		for (const path of [light, dark]) {
			const { type, bytes } = await stage.n8n.file(path);
			expect(type).toMatch(/^image\/svg\+xml/);
			expect(bytes).toEqual(readFileSync(join(PROJECT, folder, basename(path))));
		}
	}
});

test('the preview of the fields of Join Videos is served', async () => {
	const { bytes } = await stage.n8n.file('schemas/n8n-nodes-aimlapi-veo.joinVideos/1.0.0.json');
	const schema = readFileSync(join(PROJECT, 'nodes/JoinVideos/__schema__/v1.0.0.json'), 'utf8');
	expect(JSON.parse(String(bytes))).toEqual(JSON.parse(schema));
});

describe('the credential, as its form tests it', () => {
	const answer = async (account: { apiKey: string; baseUrl: string }) =>
		await stage.n8n.testCredential(stage.credentialId, 'aimlapiApi', 'AI/ML API', account);

	test('a good key', async () => {
		expect(await answer(accountOf(stage.api))).toEqual({
			status: 'OK',
			message: 'Connection successful!',
		});
	});

	test('a bad key', async () => {
		const { status, message } = await answer({ ...accountOf(stage.api), apiKey: 'wrong' });
		expect(status).toBe('Error');
		expect(message).toMatch(HIDES_OUR_TEXT ? /^Authorization failed/ : /^The API key was not/);
	});

	test('a good key of an account without credits', async () => {
		const { balanceUsd } = stage.api.settings;
		stage.api.settings.balanceUsd = 0;
		const empty = await answer(accountOf(stage.api));
		stage.api.settings.balanceUsd = balanceUsd;
		stage.api.fault({ on: 'billing', action: { kind: 'status', status: 403 } });
		const refused = await answer(accountOf(stage.api));
		const ourText = /^The API key is valid, but the account has no credits/;
		expect(empty.status).toBe('Error');
		expect(empty.message).toMatch(ourText);
		expect(refused.status).toBe('Error');
		expect(refused.message).toMatch(HIDES_OUR_TEXT ? /^Forbidden/ : ourText);
	});

	test('a wrong host', async () => {
		const baseUrl = 'http://127.0.0.1:9';
		const { status, message } = await answer({ ...accountOf(stage.api), baseUrl });
		expect(status).toBe('Error');
		expect(message).toMatch(/refused/i);
	});
});

test("n8n's report on its next major version has nothing to say about the examples", async () => {
	await importExamples(stage.n8n, stage.credentialId, exampleNamesFor(VERSION));
	expect(await stage.n8n.breakingChanges(Number(VERSION.split('.')[0]) + 1)).toEqual([]);
});

test('every example is run by some test', () => {
	expect([...Object.keys(BY_HAND), ...ELSEWHERE].sort()).toEqual(exampleNames());
	for (const [name, why] of Object.entries(SINCE_2)) {
		expect(exampleNames()).toContain(name);
		record('examples', `\`${name}.json\`: ${why}.`);
	}
});

const running = new Map<string, string>();

async function itsVideosArrive(name: string): Promise<void> {
	const { delivers, joins, files } = BY_HAND[name]!;
	const execution = await stage.n8n.waitFor(running.get(name) ?? '', { limitMs: 300_000 });
	expect(messageOf(execution)).toBeUndefined();
	expect(execution.status).toBe('success');
	const delivered = await filesOf(stage, execution, delivers);
	expect(delivered).toHaveLength(files);
	const rows = outputOf(execution, delivers);
	for (const [index, file] of delivered.entries()) {
		const generation = stage.api.find(String(rows[index]?.json.id));
		expect(generation && file.equals(bytesOf(generation))).toBe(true);
		expect(rows[index]?.binary?.data?.id).toMatch(/^filesystem/);
	}
	record('modes', 'Binary data in the file system');
	if (joins) await itsFilmArrives(execution, joins, delivered);
}

/** Every frame of every clip, in order, in one file. */
async function itsFilmArrives(execution: Execution, joins: string, clips: Buffer[]): Promise<void> {
	const [file, ...others] = await filesOf(stage, execution, joins);
	expect(others).toEqual([]);
	const frames = (bytes: Buffer) => trackOf(readMp4(bytes), 'vide').samples.map((one) => one.bytes);
	const shown = frames(file!).map((bytes) => bytes.toString('base64'));
	expect(shown).toEqual(clips.flatMap(frames).map((bytes) => bytes.toString('base64')));
	const [row] = outputOf(execution, joins);
	expect(row?.json.duration).toBeCloseTo(
		clips.reduce((sum, clip) => sum + mp4Seconds(clip), 0),
		2,
	);
	expect(file!.equals((await joined(clips)).bytes)).toBe(true);
}

/** In this order in the example. */
const LATE = 'A tram climbs';
const FAILED = 'The tram stops';
let calledFrom: string;
let calledWorkflow: string;
const waitsInSubWorkflow = exampleNamesFor(VERSION).includes('sub-workflow-caller');

/** With one video that is ready in the second round only, and one that is not made. */
async function startSubWorkflow(): Promise<void> {
	if (!waitsInSubWorkflow) return;
	stage.api.fault({
		on: 'submit',
		action: { kind: 'unknownStatus', status: 'generating', checks: 1 },
		match: { promptIncludes: LATE },
	});
	stage.api.fault({
		on: 'submit',
		action: { kind: 'fail', error: { message: 'The prompt was refused' } },
		match: { promptIncludes: FAILED },
	});
	const child = await save(stage, changed(readExample('sub-workflow-wait'), 'Wait', SHORTEST_WAIT));
	calledWorkflow = child.id;
	await stage.n8n.activate(calledWorkflow);
	const caller = await withChoices(stage.n8n, readExample('sub-workflow-caller'));
	calledFrom = await stage.n8n.run(await save(stage, caller), 'Start');
	await stage.n8n.waitFor(calledFrom, { wanted: (status) => status === 'waiting' });
}

describe('examples', () => {
	beforeAll(async () => {
		await startSubWorkflow();
		for (const [name, { prepare = (file: WorkflowFile) => file }] of Object.entries(BY_HAND)) {
			const workflow = await save(stage, prepare(readExample(name)));
			running.set(name, await stage.n8n.run(workflow, 'Start'));
		}
	});

	test.each(Object.keys(BY_HAND).filter((name) => name !== SLEEPER))('%s', itsVideosArrive);

	test('resume-by-id fetches what another execution paid for', async () => {
		const paid = stage.api.settled().find(({ status }) => status === 'completed');
		const example = readExample('resume-by-id');
		const nodes = example.nodes.map((node) => ({
			...node,
			parameters: JSON.parse(
				JSON.stringify(node.parameters).replace(/replace-me:[^"]*/, String(paid?.id)),
			) as typeof node.parameters,
		}));
		const execution = await stage.n8n.runToEnd(await save(stage, { ...example, nodes }), 'Start');
		const [file] = await filesOf(stage, execution, 'Get Video');
		expect(paid && file?.equals(bytesOf(paid))).toBe(true);
	});
});

/** The first example with another prompt, so that its requests can be told apart. */
const single = async (prompt: string, options = {}): Promise<IWorkflowBase> =>
	await save(
		stage,
		changed(readExample('first-last-frame'), 'Make Video', {
			prompt,
			options: { pollInterval: 1, ...options },
		}),
	);

test("recover-undelivered fetches yesterday's paid videos, but not today's", async () => {
	const prompt = 'Lost yesterday';
	await stage.n8n.runToEnd(await single(prompt), 'Start');
	const [lost] = generationsOf(stage.api, prompt);
	lost!.createdAt -= 86_400_000;
	const postsBefore = postsOf(stage.api, prompt).length;
	const example = await save(stage, readExample('recover-undelivered'));
	const execution = await stage.n8n.runToEnd(example, 'Start');
	const files = await filesOf(stage, execution, 'Get Video');
	expect(files).toHaveLength(1);
	expect(files[0]?.equals(bytesOf(lost!))).toBe(true);
	expect(postsOf(stage.api, prompt)).toHaveLength(postsBefore);
});

test('Stop during the wait ends the execution and all requests', async () => {
	const prompt = 'Stopped midway';
	stage.api.settings.generationMs = 600_000;
	const id = await stage.n8n.run(await single(prompt), 'Start');
	await firstCheck(stage.api, prompt);
	await stage.n8n.stop(id);
	const execution = await stage.n8n.waitFor(id);
	expect(execution.status).toBe('canceled');
	const checks = checksOf(stage.api, prompt).length;
	// Twice the poll interval and more: a loop that goes on would have checked again.
	await new Promise((resolve) => setTimeout(resolve, 3_000));
	expect(checksOf(stage.api, prompt)).toHaveLength(checks);
	expect(postsOf(stage.api, prompt)).toHaveLength(1);
});

test.each([
	['saved', true],
	['original', false],
])(
	'Executions → Retry with the %s workflow finds the paid generation after a time-out',
	async (kind, load) => {
		stage.api.settings.generationMs = 6_000;
		const prompt = `Retried with the ${kind} workflow`;
		const workflow = await single(prompt, { timeout: 2 });
		const failed = await stage.n8n.runToEnd(workflow, 'Start');
		expect(failed.status).toBe('error');
		expect(messageOf(failed)).toMatch(/not ready after 2 seconds/);
		const [generation] = generationsOf(stage.api, prompt);
		while (stage.api.find(generation!.id)?.status !== 'completed') {
			await new Promise((resolve) => setTimeout(resolve, 250));
		}
		const retried = await stage.n8n.waitFor(await stage.n8n.retry(failed.id, load));
		expect(retried.status).toBe('success');
		const [file] = await filesOf(stage, retried, 'Make Video');
		expect(file?.equals(bytesOf(generation!))).toBe(true);
		expect(postsOf(stage.api, prompt)).toHaveLength(1);
	},
);

test('a scene that cannot be generated goes to the error output, and the others are delivered', async () => {
	stage.api.settings.generationMs = 1_000;
	stage.api.fault({
		on: 'submit',
		action: { kind: 'fail', error: { message: 'The prompt was refused' } },
		match: { promptIncludes: 'broken scene' },
	});
	const scenes = ['A first scene', 'A broken scene', 'A last scene'];
	const example = changed(readExample('storyboard'), 'Make Videos', {
		options: { pollInterval: 1 },
	});
	// What comes after the node still knows which scene a row belongs to.
	const itsScene = {
		id: 'c1d2',
		name: 'scene',
		value: "={{ $('One Item a Scene').item.json.scene }}",
		type: 'string',
	};
	const tellsScene = {
		type: 'n8n-nodes-base.set',
		typeVersion: 3.4,
		parameters: { assignments: { assignments: [itsScene] }, includeOtherFields: true },
	};
	const nodes = example.nodes.map((node) => {
		if (['Videos', 'Not Made'].includes(node.name)) return { ...node, ...tellsScene };
		const parameters = JSON.stringify(node.parameters);
		const value = JSON.stringify(`=${JSON.stringify(scenes)}`);
		return {
			...node,
			parameters: JSON.parse(parameters.replace(/"=\[.*?\]"/, () => value)) as IDataObject,
		} as typeof node;
	});
	const execution = await stage.n8n.runToEnd(await save(stage, { ...example, nodes }), 'Start');
	expect(messageOf(execution)).toBeUndefined();
	expect(execution.status).toBe('success');
	expect(await filesOf(stage, execution, 'Make Videos')).toHaveLength(2);
	const made = outputOf(execution, 'Videos').map(({ json }) => json);
	expect(made.map(({ scene }) => scene)).toEqual([scenes[0], scenes[2]]);
	for (const { id, scene } of made) expect(stage.api.find(String(id))?.body.prompt).toBe(scene);
	const [row, ...others] = outputOf(execution, 'Not Made');
	expect(others).toEqual([]);
	const [broken] = generationsOf(stage.api, 'broken scene');
	expect(row?.json).toMatchObject({ generationId: broken?.id, scene: scenes[1] });
	expect(String(row?.json.error)).toMatch(/could not be generated/);
	const [hint, ...more] = execution.data.resultData.runData['Make Videos']?.[0]?.hints ?? [];
	expect(hint?.message).toMatch(
		/^2 videos, \$\d+\.\d\d charged, \d+ s\. Item 1 could not be generated\. Not charged\.$/,
	);
	expect(more).toEqual([]);
	const ids = made.map(({ id }) => String(id)).sort();
	expect(execution.customData?.veo_ids?.split(', ').sort()).toEqual(ids);
});

test(`${SLEEPER}, which has slept since the other examples ran`, async () => {
	await itsVideosArrive(SLEEPER);
});

if (waitsInSubWorkflow) {
	test('sub-workflow-caller has slept, too: it gets all videos back, with one that is late and one that failed', async () => {
		const execution = await stage.n8n.waitFor(calledFrom, { limitMs: 300_000 });
		expect(messageOf(execution)).toBeUndefined();
		expect(execution.status).toBe('success');
		const created = outputOf(execution, 'Create Videos').map(({ json }) => json.id);
		const [late, failed, third] = created;
		expect(created).toHaveLength(3);
		expect(outputOf(execution, 'Wait for Videos').map(({ json }) => json)).toMatchObject([
			{ id: late, status: 'completed' },
			{ generationId: failed, error: expect.stringMatching(/could not be generated/) as string },
			{ id: third, status: 'completed' },
		]);
		expect(outputOf(execution, 'The Videos').map(({ json }) => json.id)).toEqual([late, third]);
		expect(outputOf(execution, 'Not Made')[0]?.json).toMatchObject({ generationId: failed });
		const files = await filesOf(stage, execution, 'Get Videos');
		for (const [index, id] of [late, third].entries()) {
			const generation = stage.api.find(String(id));
			expect(generation && files[index]?.equals(bytesOf(generation))).toBe(true);
		}
		// Only the caller downloads: its sub-workflow may be deleted.
		const [{ id: childId } = { id: '' }, ...others] = await stage.n8n.executions(calledWorkflow);
		expect(others).toEqual([]);
		expect(await filesOf(stage, await stage.n8n.execution(childId), 'Get Video')).toEqual([]);
		record('modes', 'A sub-workflow that waits in the database together with its caller (n8n 2)');
	});
} else {
	test("n8n's report on version 2 names what a sub-workflow that waits needs", async () => {
		const examples = Object.keys(SINCE_2).filter((name) => name.startsWith('sub-workflow'));
		await importExamples(stage.n8n, stage.credentialId, examples);
		expect(await stage.n8n.breakingChanges(2)).toEqual([
			'Sub-workflow waiting node output behavior change',
		]);
	});
}
