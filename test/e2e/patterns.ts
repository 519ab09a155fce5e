/** The ways to wait for a video, as the examples show them, each for any prompts and started by a webhook. */
import { randomUUID } from 'node:crypto';
import type { INode } from 'n8n-workflow';
import { exampleNamesFor, readExample } from '../../sandbox/n8n/examples';
import type { WorkflowFile } from '../../sandbox/n8n/restClient';
import { changed } from './setup';

/** n8n keeps shorter waits in memory; 65 s is the shortest that goes to its database. */
export const SHORTEST_WAIT = { amount: 65, unit: 'seconds' };

export interface Pattern {
	title: string;
	file: (prompts: string[]) => WorkflowFile;
	/** Its nodes that pay, and that give out the files. */
	creates: string;
	delivers: string;
}

/** An example with these prompts as its scenes. */
const withScenes = (file: WorkflowFile, prompts: string[]): WorkflowFile =>
	JSON.parse(
		JSON.stringify(file).replace(/"=\[.*?\]"/, () => JSON.stringify(`=${JSON.stringify(prompts)}`)),
	) as WorkflowFile;

/** The example with one prompt, made to take several: by the nodes with which the storyboard begins. */
function sleeping(prompts: string[]): WorkflowFile {
	const board = withScenes(readExample('storyboard'), prompts);
	const example = changed(
		changed(readExample('wait-without-worker'), 'Wait', SHORTEST_WAIT),
		'Create Video',
		{ prompt: '={{ $json.scene }}' },
	);
	const first = ['Scenes', 'One Item a Scene'];
	return {
		...example,
		nodes: [...example.nodes, ...board.nodes.filter(({ name }) => first.includes(name))],
		connections: {
			...example.connections,
			Start: board.connections.Start!,
			Scenes: board.connections.Scenes!,
			'One Item a Scene': example.connections.Start!,
		},
	};
}

/** Two workflows, of which this is the first: its prompts are rows of a table. */
export const ORDERS: Pattern = {
	title: '**Start and collect** (`start-videos`, `collect-videos`)',
	file: () => changed(readExample('start-videos'), 'Create Video', { options: { maxCost: 100 } }),
	creates: 'Create Video',
	delivers: 'Hand It On',
};
export const SLEEPING: Pattern = {
	title: '**Wait without a worker** (`wait-without-worker`)',
	file: sleeping,
	creates: 'Create Video',
	delivers: 'The Video',
};
export const CALLING: Pattern = {
	title: '**Sub-workflow** (`sub-workflow-caller`)',
	file: (prompts) => withScenes(readExample('sub-workflow-caller'), prompts),
	creates: 'Create Videos',
	delivers: 'The Videos',
};
export const HELD: Pattern = {
	title: '**Create Video and Wait** (`storyboard`)',
	file: (prompts) =>
		changed(withScenes(readExample('storyboard'), prompts), 'Make Videos', {
			options: { pollInterval: 1 },
		}),
	creates: 'Make Videos',
	delivers: 'Videos',
};

export const patternsFor = (version: string): Pattern[] => {
	const canCall = exampleNamesFor(version).includes('sub-workflow-caller');
	return [ORDERS, SLEEPING, ...(canCall ? [CALLING] : []), HELD];
};

/** The workflow as production runs it: n8n 1.x cannot retry a crashed execution that was started in the editor. */
export function byWebhook(file: WorkflowFile, path: string): WorkflowFile {
	const hook: Partial<INode> = {
		type: 'n8n-nodes-base.webhook',
		typeVersion: 2,
		webhookId: randomUUID(),
		parameters: { httpMethod: 'POST', path, responseMode: 'onReceived', options: {} },
	};
	const nodes = file.nodes.map((node) => {
		if (node.name === 'Start') return { ...node, ...hook };
		return node.type.endsWith('.scheduleTrigger') ? { ...node, disabled: true } : node;
	});
	return { ...file, nodes };
}
