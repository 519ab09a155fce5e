/** The workflows that are compared: the node, and what a good n8n user builds without it. */
import type { IDataObject, INode } from 'n8n-workflow';
import type { WorkflowFile } from '../sandbox/n8n/restClient';
import { connect, node, veoNode } from '../test/engine/harness';

export const TRIGGER = 'Start';
/** The nodes that both workflows need in order to have any items at all. */
const GIVEN = [TRIGGER, 'List', 'Items'];
const MODEL = 'google/veo-3.1-t2v';
const LOOP_WAIT_S = 10;

export interface Account {
	apiKey: string;
	baseUrl: string;
}

const base = (name: string, type: string, typeVersion: number, parameters: IDataObject = {}) =>
	node(name, `n8n-nodes-base.${type}`, parameters, { typeVersion });

/** As many items as wanted, each with a prompt of its own. */
function given(items: number): INode[] {
	const list = Array.from({ length: items }, (_, index) => ({ prompt: `Lighthouse ${index}` }));
	return [
		base(TRIGGER, 'manualTrigger', 1),
		base('List', 'set', 3.4, { mode: 'raw', jsonOutput: JSON.stringify({ list }) }),
		base('Items', 'splitOut', 1, { fieldToSplitOut: 'list' }),
	];
}

/** How many nodes do the work itself. */
export const workingNodes = ({ nodes }: WorkflowFile): number =>
	nodes.filter(({ name }) => !GIVEN.includes(name)).length;

/** `items` at once, in one node. */
export function ourWorkflow(items: number, download: boolean): WorkflowFile {
	const parameters = {
		operation: 'createAndWait',
		model: MODEL,
		prompt: '={{ $json.prompt }}',
		download,
		// Ten is the node's default; more at once is the user's choice.
		options: items > 10 ? { maxConcurrent: items } : {},
	};
	return {
		name: `node, ${items} items${download ? ', download' : ''}`,
		nodes: [...given(items), veoNode('Veo', parameters)],
		connections: connect('Start > List', 'List > Items', 'Items > Veo'),
	};
}

/** HTTP Request → Wait → HTTP Request → If, and back to Wait until the video is there. */
export function loopWorkflow(
	items: number,
	download: boolean,
	{ apiKey, baseUrl }: Account,
): WorkflowFile {
	const url = `${baseUrl}/v2/video/generations`;
	const key = {
		sendHeaders: true,
		headerParameters: { parameters: [{ name: 'Authorization', value: `Bearer ${apiKey}` }] },
	};
	const body = `={{ JSON.stringify({ model: '${MODEL}', prompt: $json.prompt }) }}`;
	const id = { name: 'generation_id', value: '={{ $json.id }}' };
	const ready = {
		options: { caseSensitive: true, leftValue: '', typeValidation: 'strict', version: 2 },
		combinator: 'and',
		conditions: [
			{
				id: 'ready',
				leftValue: '={{ $json.status }}',
				rightValue: 'completed',
				operator: { type: 'string', operation: 'equals' },
			},
		],
	};
	const nodes = [
		...given(items),
		base('Submit', 'httpRequest', 4.2, {
			method: 'POST',
			url,
			...key,
			sendBody: true,
			specifyBody: 'json',
			jsonBody: body,
		}),
		base('Wait', 'wait', 1.1, { resume: 'timeInterval', amount: LOOP_WAIT_S, unit: 'seconds' }),
		base('Check', 'httpRequest', 4.2, {
			url,
			...key,
			sendQuery: true,
			queryParameters: { parameters: [id] },
		}),
		base('Ready?', 'if', 2.2, { conditions: ready }),
	];
	const lines = ['Start > List', 'List > Items', 'Items > Submit', 'Submit > Wait', 'Wait > Check'];
	lines.push('Check > Ready?', 'Ready?.1 > Wait');
	if (download) {
		nodes.push(fileRequest('Download', '={{ $json.video.url }}'));
		lines.push('Ready?.0 > Download');
	}
	return {
		name: `loop, ${items} items${download ? ', download' : ''}`,
		nodes,
		connections: connect(...lines),
	};
}

const fileRequest = (name: string, url: string) =>
	base(name, 'httpRequest', 4.2, {
		url,
		options: { response: { response: { responseFormat: 'file' } } },
	});

/** One file by n8n's own HTTP Request node. */
export const theirDownload = (url: string): WorkflowFile => ({
	name: 'HTTP Request',
	nodes: [base(TRIGGER, 'manualTrigger', 1), fileRequest('Download', url)],
	connections: connect('Start > Download'),
});

/** The same file by ours, which asks the API for its address first. */
export const ourDownload = (generationId: string): WorkflowFile => ({
	name: 'Get Video',
	nodes: [
		base(TRIGGER, 'manualTrigger', 1),
		veoNode('Download', { operation: 'get', generationId, download: true }),
	],
	connections: connect('Start > Download'),
});
