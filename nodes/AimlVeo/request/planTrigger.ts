/** What the trigger is asked for; the only reader of its parameters. */
import type { IDataObject, IPollFunctions } from 'n8n-workflow';
import type { LogQuery } from '../api/usageLog';
import { TRIGGER, TRIGGER_FILTERS, TRIGGER_OPTIONS } from '../catalogue/parameters';
import { readChoice, readFlag, readOptions } from './parameters';
import type { OutputPlan } from './plan';
import { queryOf, readModels } from './planMany';
import { readName } from './text';
import { asObject } from '../shared/values';
import { parameterUnreadable } from '../shared/messages';

/** Which of the log's rows start the workflow. */
export interface Search {
	readonly status: string;
	readonly ownOnly: boolean;
	readonly reference?: string;
	/** Those chosen; none means all. */
	readonly models: readonly string[];
}

export interface TriggerPlan extends Pick<OutputPlan, 'download' | 'binaryField' | 'fileName'> {
	readonly search: Search;
}

function readSearch(status: unknown, filters: IDataObject): Search {
	const chosen = readChoice(status, TRIGGER.status, 'AI/ML API Veo Trigger');
	const wanted = chosen ?? TRIGGER.status.fallback;
	const reference = readName(filters.reference, TRIGGER_FILTERS.reference.label);
	return {
		status: wanted,
		ownOnly: readFlag(filters.ownOnly, TRIGGER_FILTERS.ownOnly),
		...(reference !== undefined && { reference }),
		models: readModels(filters.model),
	};
}

/** The part of it that the API filters. */
export const logQueryOf = ({ status, models }: Search): LogQuery => [
	...(status === 'any' ? [] : [['status', status] as const]),
	...queryOf(models),
];

/** @throws ItemError when a parameter cannot be used */
export function planTrigger(ctx: Pick<IPollFunctions, 'getNodeParameter'>): TriggerPlan {
	try {
		const read = (name: string): unknown => ctx.getNodeParameter(name, '');
		return {
			search: readSearch(read('status'), asObject(read('filters')) ?? {}),
			download: readFlag(read('download'), TRIGGER.download),
			...readOptions(asObject(read('options')) ?? {}, TRIGGER_OPTIONS),
		};
	} catch (cause) {
		throw parameterUnreadable(cause);
	}
}
