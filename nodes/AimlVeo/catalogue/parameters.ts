/**
 * The node's plain parameters, options and filters as one table, and the only place that knows them. The
 * fields in the editor, the readers, the messages and the tables in the documents are derived from it.
 */

export type OperationName = 'create' | 'createAndWait' | 'get' | 'getMany';

interface Common {
	/** Its name and its description in the editor. */
	readonly label: string;
	readonly description: string;
	readonly operations: readonly OperationName[];
	/** The value if none was entered. */
	readonly fallback?: string | number | boolean;
	/** What the editor fills in, if that is different. */
	readonly initial?: string | number | boolean;
	readonly placeholder?: string;
	readonly required?: boolean;
	/** It guards money: added without a value, it is refused instead of ignored. */
	readonly isGuard?: boolean;
}

export interface NumberInfo extends Common {
	readonly type: 'number';
	readonly min: number;
	readonly max: number;
	readonly integer?: boolean;
	/** The unit that may follow the number. */
	readonly unit?: 'seconds' | 'usd';
}

export interface FlagInfo extends Common {
	readonly type: 'flag';
}

export interface TextInfo extends Common {
	readonly type: 'text';
	/** Lines of the field. */
	readonly rows?: number;
}

export interface DateInfo extends Common {
	readonly type: 'date';
}

export interface ChoiceInfo extends Common {
	readonly type: 'choice';
	/** Values and what the editor calls them. */
	readonly values: Readonly<Record<string, string>>;
}

/** Any number of the models in the table. */
export interface ModelsInfo extends Common {
	readonly type: 'models';
}

export type ParameterInfo = NumberInfo | FlagInfo | TextInfo | DateInfo | ChoiceInfo | ModelsInfo;

const REQUESTS = ['create', 'createAndWait'] as const;
const RESULTS = ['createAndWait', 'get'] as const;
const LISTS = ['getMany'] as const;
const DAY_S = 86_400;
/** The API lists at most this much at once. */
export const MAX_LIST_DAYS = 92;

export const PARAMETERS = {
	prompt: {
		type: 'text',
		label: 'Prompt',
		description: 'What the video should show and sound like',
		operations: REQUESTS,
		placeholder: 'e.g. The camera flies from the shore to the lighthouse at dusk',
		required: true,
		rows: 4,
	},
	generationId: {
		type: 'text',
		label: 'Generation ID',
		description: 'ID that Create Video returned',
		operations: ['get'],
		placeholder: 'e.g. 9fa414f4-9733-46c8-a88c-ae46206f5e47:google/veo-3.1-t2v',
		required: true,
	},
	waitForCompletion: {
		type: 'flag',
		label: 'Wait for Completion',
		description:
			'Whether to wait until the video is ready instead of returning its status immediately',
		operations: ['get'],
		fallback: false,
	},
	download: {
		type: 'flag',
		label: 'Download Video',
		description: 'Whether to download the video file in addition to returning its URL',
		operations: RESULTS,
		fallback: true,
	},
	returnAll: {
		type: 'flag',
		label: 'Return All',
		description: 'Whether to return all results or only up to a given limit',
		operations: LISTS,
		fallback: false,
	},
	limit: {
		type: 'number',
		label: 'Limit',
		description: 'Max number of results to return',
		operations: LISTS,
		min: 1,
		max: 1_000_000,
		integer: true,
		fallback: 50,
	},
} as const satisfies Record<string, ParameterInfo>;

/** The collection "Options", in the order of their names. */
export const OPTIONS = {
	estimateOnly: {
		type: 'flag',
		label: 'Estimate Only',
		description:
			"Whether to return the price, the account's balance and the request instead of generating the video",
		operations: REQUESTS,
		fallback: false,
		initial: true,
		isGuard: true,
	},
	fileName: {
		type: 'text',
		label: 'File Name',
		description: 'Name of the video file. Leave it empty to use the model and the generation ID.',
		operations: RESULTS,
		placeholder: 'e.g. intro.mp4',
	},
	maxConcurrent: {
		type: 'number',
		label: 'Max Concurrent',
		description: 'Maximum number of items to process at the same time',
		operations: ['create', ...RESULTS],
		min: 1,
		max: 1_000,
		integer: true,
		fallback: 10,
	},
	maxCost: {
		type: 'number',
		label: 'Max Cost (USD)',
		description:
			"Maximum cost of all items of this node in one execution. If the catalog price is higher, not known in advance, or above the account's balance, nothing is submitted.",
		operations: REQUESTS,
		min: 0,
		max: 1_000_000,
		unit: 'usd',
		initial: 10,
		isGuard: true,
	},
	binaryField: {
		type: 'text',
		label: 'Output Binary Field',
		description: 'Name of the binary field that contains the video',
		operations: RESULTS,
		fallback: 'data',
	},
	pollInterval: {
		type: 'number',
		label: 'Poll Interval',
		description: 'Seconds between status checks. Leave it out to check adaptively.',
		operations: RESULTS,
		min: 1,
		max: 3_600,
		unit: 'seconds',
		initial: 10,
	},
	reference: {
		type: 'text',
		label: 'Reference',
		description:
			'Your own text, such as a row number or an order ID. It is returned with the video, in Get Many Videos and in the trigger.',
		operations: REQUESTS,
		placeholder: 'e.g. order-4711',
	},
	timeout: {
		type: 'number',
		label: 'Timeout',
		description:
			'Maximum number of seconds to wait for a video. After that, the generation continues and stays yours.',
		operations: ['create', ...RESULTS],
		min: 1,
		max: DAY_S,
		unit: 'seconds',
		fallback: 1_000,
	},
} as const satisfies Record<string, ParameterInfo>;

/** The collection "Filters", in the order of their names. */
export const FILTERS = {
	after: {
		type: 'date',
		label: 'After',
		description: 'List videos requested at or after this time. Replaces Period.',
		operations: LISTS,
	},
	before: {
		type: 'date',
		label: 'Before',
		description: `List videos requested up to this time, at most ${MAX_LIST_DAYS} days after After. If not set, up to now.`,
		operations: LISTS,
	},
	model: {
		type: 'models',
		label: 'Models',
		description:
			'List videos of these models. To use newer models, enter their IDs as an expression.',
		operations: LISTS,
	},
	period: {
		type: 'choice',
		label: 'Period',
		description: 'How far back to list videos. Without Period, After or Before, the last 7 days.',
		operations: LISTS,
		values: {
			'24h': 'Last 1 Day',
			'7d': 'Last 7 Days',
			'30d': 'Last 30 Days',
			[`${MAX_LIST_DAYS}d`]: `Last ${MAX_LIST_DAYS} Days`,
		},
		fallback: '7d',
	},
	reference: {
		type: 'text',
		label: 'Reference Starts With',
		description: 'List videos whose Reference starts with this text',
		operations: LISTS,
		placeholder: 'e.g. order-',
	},
	status: {
		type: 'choice',
		label: 'Status',
		description: 'Which videos to list. Succeeded ones are charged, failed ones are not.',
		operations: LISTS,
		values: { failed: 'Failed', succeeded: 'Succeeded' },
		initial: 'succeeded',
	},
} as const satisfies Record<string, ParameterInfo>;

const { binaryField, fileName } = OPTIONS;
const NO_OPERATION = [] as const;

/** The fields of the trigger, and those in its collections. */
export const TRIGGER = {
	status: {
		type: 'choice',
		label: 'Trigger On',
		description: 'Which finished videos start the workflow. Failed ones are not charged.',
		operations: NO_OPERATION,
		values: { any: 'Any Finished Video', failed: 'Video Failed', succeeded: 'Video Succeeded' },
		fallback: 'succeeded',
	},
	download: {
		type: 'flag',
		label: 'Download Video',
		description:
			'Whether to download the video file in addition to returning its URL. n8n never deletes a file that a trigger stored, not even with its execution. To save storage, leave this off and use Get Video after the trigger.',
		operations: NO_OPERATION,
		fallback: false,
	},
} as const satisfies Record<string, ParameterInfo>;

export const TRIGGER_FILTERS = {
	model: {
		type: 'models',
		label: 'Models',
		description:
			'Start only for videos of these models. To use newer models, enter their IDs as an expression.',
		operations: NO_OPERATION,
	},
	ownOnly: {
		type: 'flag',
		label: 'Only From This Node Package',
		description:
			'Whether to start only for videos that AI/ML API Veo requested, in any workflow and any n8n that uses the account',
		operations: NO_OPERATION,
		fallback: false,
		initial: true,
	},
	reference: {
		type: 'text',
		label: 'Reference Starts With',
		description: 'Start only for videos whose Reference starts with this text',
		operations: NO_OPERATION,
		placeholder: 'e.g. order-',
	},
} as const satisfies Record<string, ParameterInfo>;

/** Of the options of Get Video, those that concern the file. */
export const TRIGGER_OPTIONS = { fileName, binaryField } as const;
