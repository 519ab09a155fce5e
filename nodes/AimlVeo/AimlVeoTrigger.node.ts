/** The trigger as n8n loads it: its description and its entry point. */
import { NodeConnectionTypes } from 'n8n-workflow';
import type {
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
	IPollFunctions,
} from 'n8n-workflow';
import { triggerFields, triggerSubtitle } from './description/triggerFields';
import { pollVideos } from './trigger/poll';

export class AimlVeoTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'AI/ML API Veo Trigger',
		name: 'aimlVeoTrigger',
		icon: { light: 'file:aimlVeo.svg', dark: 'file:aimlVeo.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle: triggerSubtitle,
		description: 'Starts the workflow when a Veo video of your AI/ML API account is finished',
		defaults: { name: 'AI/ML API Veo Trigger' },
		polling: true,
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'aimlapiApi', required: true }],
		properties: triggerFields,
	};

	async poll(this: IPollFunctions): Promise<INodeExecutionData[][] | null> {
		return await pollVideos(this);
	}
}
