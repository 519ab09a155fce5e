/** The node as n8n loads it: its description and its entry point. */
import { NodeConnectionTypes } from 'n8n-workflow';
import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
} from 'n8n-workflow';
import { fields, subtitle } from './description/fields';
import { runItems } from './operations/run';

export class AimlVeo implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'AI/ML API Veo',
		name: 'aimlVeo',
		icon: { light: 'file:aimlVeo.svg', dark: 'file:aimlVeo.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle,
		description:
			'Generate videos with Google Veo 3.1 from text, images or a video. Each video spends credits from your AI/ML API account. The same arguments in one execution return the same video.',
		defaults: { name: 'AI/ML API Veo' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		usableAsTool: true,
		credentials: [{ name: 'aimlapiApi', required: true }],
		properties: fields,
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return [await runItems(this)];
	}
}
