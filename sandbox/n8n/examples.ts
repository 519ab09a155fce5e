/** Imports the credential and the example workflows into n8n. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NodeConnectionTypes } from 'n8n-workflow';
import type { INode, IWorkflowBase } from 'n8n-workflow';
import type { N8nClient, WorkflowFile } from './restClient';
import { PROJECT } from './runtime';

const FOLDER = join(PROJECT, 'examples');
const CREDENTIAL = { type: 'aimlapiApi', name: 'AI/ML API' };

export interface Account {
	apiKey: string;
	baseUrl: string;
}

/** Names of the example files, without `.json`. */
export const exampleNames = (): string[] =>
	readdirSync(FOLDER)
		.filter((file) => file.endsWith('.json'))
		.map((file) => file.slice(0, -'.json'.length))
		.sort();

/** @param name a file in `examples/`, without `.json` */
export const readExample = (name: string): WorkflowFile =>
	JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as WorkflowFile;

/** The data tables that examples choose by name, with their columns: all hold text. */
const TABLES: Record<string, string[]> = {
	'Video Ideas': ['idea', 'status', 'url'],
	'Video Orders': ['prompt', 'status', 'result'],
};

/** Examples that n8n 1.x cannot run, and why. */
export const SINCE_2: Record<string, string> = {
	'agent-with-approval': 'n8n 1.x has no human review between an agent and its tool',
	'sub-workflow-caller': 'n8n 1.x wakes the caller at the first wake-up of its sub-workflow',
	'sub-workflow-wait': 'n8n 1.x gives the caller its own input back when a sub-workflow waits',
};

/** The names of those that an n8n of this version can run. */
export const exampleNamesFor = (version: string): string[] =>
	exampleNames().filter((name) => !(version.startsWith('1.') && name in SINCE_2));

/** The credential's id; it is made, or brought up to date. */
export async function ensureCredential(n8n: N8nClient, account: Account): Promise<string> {
	const { type, name } = CREDENTIAL;
	const data = { ...account };
	const existing = (await n8n.credentials()).find((candidate) => candidate.type === type);
	if (!existing) return await n8n.createCredential(type, name, data);
	await n8n.updateCredential(existing.id, type, name, data);
	return existing.id;
}

/** The example with the credential chosen in each of its Veo nodes, as a person does after importing. */
export function withCredential(workflow: WorkflowFile, credentialId: string): WorkflowFile {
	const credentials = { aimlapiApi: { id: credentialId, name: CREDENTIAL.name } };
	const nodes = workflow.nodes.map((node) =>
		/aimlVeo(Tool|Trigger)?$/.test(node.type) ? { ...node, credentials } : node,
	);
	return { ...workflow, nodes };
}

export const NEXT_NODE = 'Edit Fields';

/** The workflow with n8n's *Edit Fields* after one of its nodes, as a person adds it. */
export function withNextNode(workflow: WorkflowFile, name: string): WorkflowFile {
	const [x, y] = workflow.nodes.find((node) => node.name === name)?.position ?? [0, 0];
	const next: INode = {
		id: '6f0c0b2e-8f0c-4c64-9d3e-7d1d1a0b5a10',
		name: NEXT_NODE,
		type: 'n8n-nodes-base.set',
		typeVersion: 3.4,
		position: [x + 220, y],
		parameters: { options: {} },
	};
	const to = { main: [[{ node: NEXT_NODE, type: NodeConnectionTypes.Main, index: 0 }]] };
	return {
		...workflow,
		nodes: [...workflow.nodes, next],
		connections: { ...workflow.connections, [name]: to },
	};
}

interface Chosen {
	cachedResultName: string;
}

/**
 * The example with its data tables and its sub-workflow chosen, as a person does after importing. Tables are
 * made if they are not there; the sub-workflow must be.
 */
export async function withChoices(n8n: N8nClient, workflow: WorkflowFile): Promise<WorkflowFile> {
	const tables = new Map((await n8n.tables()).map(({ name, id }) => [name, id]));
	const workflows = new Map((await n8n.workflows()).map(({ name, id }) => [name, id]));
	const tableOf = async (name: string): Promise<string> => {
		const id = tables.get(name) ?? (await n8n.createTable(name, TABLES[name] ?? []));
		tables.set(name, id);
		return id;
	};
	const nodes: WorkflowFile['nodes'] = [];
	for (const node of workflow.nodes) {
		const { dataTableId, workflowId } = node.parameters as Record<string, Chosen | undefined>;
		const parameters = { ...node.parameters };
		if (dataTableId) {
			const value = await tableOf(dataTableId.cachedResultName);
			parameters.dataTableId = { ...dataTableId, value };
		}
		if (workflowId) {
			const value = workflows.get(workflowId.cachedResultName);
			if (!value) throw new Error(`"${workflowId.cachedResultName}" is not in this n8n`);
			parameters.workflowId = { ...workflowId, value };
		}
		nodes.push({ ...node, parameters });
	}
	return { ...workflow, nodes };
}

const calls = (name: string): boolean =>
	readExample(name).nodes.some(({ parameters }) => parameters.workflowId);

/** Examples as workflows of this n8n, by file name; those that are there already stay as they are. */
export async function importExamples(
	n8n: N8nClient,
	credentialId: string,
	names = exampleNames(),
): Promise<Map<string, IWorkflowBase>> {
	const present = await n8n.workflows();
	const imported = new Map<string, IWorkflowBase>();
	// Sub-workflows come before those that call them.
	for (const name of names.toSorted((a, b) => Number(calls(a)) - Number(calls(b)))) {
		const example = withCredential(readExample(name), credentialId);
		const existing = present.find((workflow) => workflow.name === example.name);
		imported.set(
			name,
			existing
				? await n8n.workflow(existing.id)
				: await n8n.createWorkflow(await withChoices(n8n, example)),
		);
	}
	return imported;
}
