/** The generation IDs of an execution in its custom data, so that a search for executions finds them. */
import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

/** One key for all nodes and runs of the execution: n8n keeps no more than ten. */
const KEY = 'veo_ids';
/** What n8n keeps of a value. */
const MAX_LENGTH = 512;
const SEPARATOR = ', ';

/** The IDs that were there, and then the new ones, as far as whole IDs fit. */
export function withIds(before: unknown, ids: readonly string[]): string {
	const known = typeof before === 'string' && before !== '' ? before.split(SEPARATOR) : [];
	let text = '';
	for (const id of new Set([...known, ...ids])) {
		const longer = text ? text + SEPARATOR + id : id;
		if (longer.length > MAX_LENGTH) break;
		text = longer;
	}
	return text;
}

interface CustomData {
	get(key: string): unknown;
	set(key: string, value: string): void;
}

/** Adds the IDs. What n8n refuses to keep must not cost a video. */
export function keepIds(ctx: IExecuteFunctions, ids: readonly string[]): void {
	if (ids.length === 0) return;
	try {
		const execution = ctx.getWorkflowDataProxy(0).$execution as IDataObject;
		const customData = execution.customData as unknown as CustomData;
		const text = withIds(customData.get(KEY), ids);
		if (text) customData.set(KEY, text);
	} catch {
		ctx.logger.debug('AI/ML API Veo: n8n did not keep the generation IDs in the custom data');
	}
}
