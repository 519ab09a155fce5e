/** The editor's fields of 'Get Many Videos'. */
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import type { OperationName } from '../operations/operations';
import { DEFAULT_PERIOD, PERIODS, STATUSES } from '../request/planMany';

const showForLists = { show: { operation: ['getMany' satisfies OperationName] } };

const PERIOD_NAMES: Record<(typeof PERIODS)[number], string> = {
	'24h': 'Last 1 Day',
	'7d': 'Last 7 Days',
	'30d': 'Last 30 Days',
	'92d': 'Last 92 Days',
};

const STATUS_NAMES: Record<(typeof STATUSES)[number], string> = {
	failed: 'Failed',
	succeeded: 'Succeeded',
};

const filterFields = (modelOptions: INodePropertyOptions[]): INodeProperties[] => [
	{
		displayName: 'After',
		name: 'after',
		type: 'dateTime',
		default: '',
		description:
			'List videos that were asked for at this time or later; Period does not count then',
	},
	{
		displayName: 'Before',
		name: 'before',
		type: 'dateTime',
		default: '',
		description:
			'List videos that were asked for up to this time, without it up to now; at most 92 days later than After',
	},
	{
		displayName: 'Models',
		name: 'model',
		type: 'multiOptions',
		options: modelOptions,
		default: [],
		description: 'List videos of these models; an expression may give the IDs of newer ones',
	},
	{
		displayName: 'Period',
		name: 'period',
		type: 'options',
		options: PERIODS.map((value) => ({ name: PERIOD_NAMES[value], value })),
		default: DEFAULT_PERIOD,
		description: 'How far back to look; without it, or After or Before, the last 7 days',
	},
	{
		displayName: 'Status',
		name: 'status',
		type: 'options',
		options: STATUSES.map((value) => ({ name: STATUS_NAMES[value], value })),
		default: 'succeeded',
		description: 'Succeeded videos are paid for, failed ones are not',
	},
];

export const listFields = (modelOptions: INodePropertyOptions[]): INodeProperties[] => [
	{
		displayName: 'Return All',
		name: 'returnAll',
		type: 'boolean',
		default: false,
		description: 'Whether to return all results or only up to a given limit',
		displayOptions: showForLists,
	},
	{
		displayName: 'Limit',
		name: 'limit',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: 50,
		description: 'Max number of results to return',
		displayOptions: { show: { ...showForLists.show, returnAll: [false] } },
	},
	{
		displayName: 'Filters',
		name: 'filters',
		type: 'collection',
		placeholder: 'Add Filter',
		default: {},
		description: 'Which videos to list; without a filter, those of the last 7 days',
		options: filterFields(modelOptions),
		displayOptions: showForLists,
	},
];
