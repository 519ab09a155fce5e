/** The node that joins videos, as n8n loads it. */
import { NodeConnectionTypes } from 'n8n-workflow';
import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
} from 'n8n-workflow';
import { fields } from './fields';
import { joinItems } from './join';

export class JoinVideos implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Join Videos',
		name: 'joinVideos',
		icon: { light: 'file:joinVideos.svg', dark: 'file:joinVideos.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: '={{ $parameter["inputBinaryField"] }}',
		description: 'Join videos one after the other into a single MP4, without re-encoding',
		defaults: { name: 'Join Videos' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		// An AI Agent hands over texts, not files.
		usableAsTool: undefined,
		properties: fields,
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return [await joinItems(this)];
	}
}
