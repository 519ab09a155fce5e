/** The trigger's fields in the editor, derived from the table of parameters. */
import type { INodeProperties } from 'n8n-workflow';
import { TRIGGER, TRIGGER_FILTERS, TRIGGER_OPTIONS } from '../catalogue/parameters';
import type { ParameterInfo } from '../catalogue/parameters';
import { parameterField } from './parameterField';

const fieldsOf = (infos: Readonly<Record<string, ParameterInfo>>): INodeProperties[] =>
	Object.entries(infos).map(([name, info]) => parameterField(name, info));

/** Under the node's name on the canvas. */
export const triggerSubtitle = `={{ ${JSON.stringify(TRIGGER.status.values)}[$parameter["status"]] }}`;

export const triggerFields: INodeProperties[] = [
	...fieldsOf(TRIGGER),
	{
		displayName: 'Filters',
		name: 'filters',
		type: 'collection',
		placeholder: 'Add Filter',
		default: {},
		description: 'Which videos start the workflow. Without filters, all Veo videos of the account.',
		options: fieldsOf(TRIGGER_FILTERS),
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		options: fieldsOf(TRIGGER_OPTIONS),
		displayOptions: { show: { download: [true] } },
	},
];
