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

/** All examples as workflows of this n8n, by file name; those that are there already stay as they are. */
export async function importExamples(
	n8n: N8nClient,
	credentialId: string,
): Promise<Map<string, IWorkflowBase>> {
	const present = await n8n.workflows();
	const imported = new Map<string, IWorkflowBase>();
	for (const name of exampleNames()) {
		const example = withCredential(readExample(name), credentialId);
		const existing = present.find((workflow) => workflow.name === example.name);
		imported.set(
			name,
			existing ? await n8n.workflow(existing.id) : await n8n.createWorkflow(example),
		);
	}
	return imported;
}
