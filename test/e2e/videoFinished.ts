/** A workflow that the trigger starts, in a real n8n: what the tests of several ways to run it share. */
import type { IDataObject, INode, IWorkflowBase } from 'n8n-workflow';
import { messageOf, outputOf } from '../../sandbox/n8n/restClient';
import type { Execution, WorkflowFile } from '../../sandbox/n8n/restClient';
import { makeVideo, makeVideos } from '../engine/harness/videos';
import { bytesOf, filesOf, save } from './setup';
import type { Stage } from './setup';

export const NAME = 'Video Finished';
export const MINUTE_MS = 60_000;

export const workflowOf = (
	parameters: IDataObject,
	credential = { id: '', name: 'AI/ML API' },
): WorkflowFile =>
	({
		name: `Trigger ${JSON.stringify(parameters)}`,
		nodes: [
			{
				id: '7d1f0f0e-2a51-4c1f-8f0b-0b6f1f6a5a01',
				name: NAME,
				type: 'n8n-nodes-aimlapi-veo.aimlVeoTrigger',
				typeVersion: 1,
				position: [0, 0],
				parameters: { pollTimes: { item: [{ mode: 'everyMinute' }] }, ...parameters },
				credentials: { aimlapiApi: credential },
			},
			{
				id: '7d1f0f0e-2a51-4c1f-8f0b-0b6f1f6a5a02',
				name: 'Next',
				type: 'n8n-nodes-base.noOp',
				typeVersion: 1,
				position: [220, 0],
				parameters: {},
			},
		],
		connections: { [NAME]: { main: [[{ node: 'Next', type: 'main', index: 0 }]] } },
		settings: {},
	}) as unknown as WorkflowFile;

/** The executions of the workflow, once there are so many, the oldest first. */
async function executionsOf(
	{ n8n }: Stage,
	{ id }: IWorkflowBase,
	count: number,
): Promise<Execution[]> {
	for (;;) {
		const found = await n8n.executions(id);
		if (found.length >= count) {
			const ids = found.map((one) => one.id).sort((a, b) => Number(a) - Number(b));
			return await Promise.all(ids.map(async (one) => await n8n.waitFor(one)));
		}
		await new Promise((resolve) => setTimeout(resolve, 500));
	}
}

/** Resolves when the log has been read so many times more. */
async function reads({ api }: Stage, count: number): Promise<void> {
	let left = count;
	await new Promise<void>((resolve) => {
		const listener = ({ path, status }: { path: string; status?: number }) => {
			if (!path.startsWith('/v2/logs') || status !== 200 || --left > 0) return;
			api.off('response', listener);
			resolve();
		};
		api.on('response', listener);
	});
}

const idsOf = (execution: Execution | undefined) =>
	execution ? outputOf(execution, 'Next').map(({ json }) => json.id) : [];

/** A node that reads the file, wherever n8n runs it. */
const READER: Partial<INode> = {
	type: 'n8n-nodes-base.extractFromFile',
	parameters: { operation: 'binaryToPropery', options: { keepSource: 'json' } },
};

function withReader(workflow: WorkflowFile): WorkflowFile {
	const nodes = workflow.nodes.map((node) =>
		node.name === 'Next' ? { ...node, ...READER } : node,
	);
	return { ...workflow, nodes };
}

/**
 * Two videos are one execution; n8n starts again while the API is down, and brings the one that finished
 * meanwhile; nothing comes twice.
 * @param isShown whether n8n gives the editor a file that a trigger stored: not where it stores files in its
 * database
 */
export async function startsOnce(stage: Stage, isShown = true): Promise<void> {
	const { api } = stage;
	api.settings.generationMs = 0;
	await makeVideo(api);
	const workflow = await save(stage, withReader(workflowOf({ download: true })));
	const marked = reads(stage, 1);
	await stage.n8n.activate(workflow.id);
	await marked;
	const clientRequestId = 'n8n.7.0.0.0123abcd-01234567:row-1';
	const made = await makeVideos(api, 2, { clientRequestId, takesMs: 60 * MINUTE_MS });
	// Both at once, so that no poll comes in between.
	for (const generation of made) generation.readyAt = Date.now();
	const [first] = await executionsOf(stage, workflow, 1);
	expect(first && messageOf(first)).toBeUndefined();
	expect(idsOf(first)).toEqual(made.map(({ id }) => id));
	const rows = first ? outputOf(first, 'Next') : [];
	expect(rows[0]?.json).toMatchObject({
		status: 'succeeded',
		n8n: { executionId: '7', reference: 'row-1' },
		video: { url: expect.stringContaining('.mp4') },
	});
	expect(rows.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 1 }]);
	const read = rows.map(({ json }) => Buffer.from(String(json.data), 'base64'));
	expect(read.map((file, index) => file.equals(bytesOf(made[index]!)))).toEqual([true, true]);
	const shown = filesOf(stage, first!, NAME).then(
		(files) => files.map((file, index) => file.equals(read[index]!)),
		() => false,
	);
	expect(await shown).toEqual(isShown && [true, true]);

	await stage.instance.stop();
	const third = await makeVideo(api);
	// The poll with which n8n starts the workflow, and its second try.
	api.fault({ on: 'logs', action: { kind: 'status', status: 503 }, times: 2 });
	await stage.restart();
	const all = await executionsOf(stage, workflow, 2);
	expect(all.map(idsOf)).toEqual([made.map(({ id }) => id), [third.id]]);
	// One more poll finds nothing.
	await reads(stage, 1);
	await stage.n8n.deactivate(workflow.id);
	expect(await stage.n8n.executions(workflow.id)).toHaveLength(2);
}
