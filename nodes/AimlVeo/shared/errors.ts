/** An item that cannot continue: what is known of it, and the error that n8n makes of it. */
import { NodeApiError, NodeOperationError } from 'n8n-workflow';
import type { INode, JsonObject } from 'n8n-workflow';

/** What is known when an item cannot go on; it becomes n8n's error, or the row of Continue On Fail. */
export interface ItemErrorDetails {
	readonly description: string;
	readonly generationId?: string;
	readonly status?: string;
	readonly url?: string;
	/** The item that stands for the whole run, where the run is refused; else the first one does. */
	readonly itemIndex?: number;
	/** The HTTP status, when the API's answer was the cause. */
	readonly httpCode?: number;
	/** Whether every further item would meet the same (bad key, no credits): nothing more is submitted. */
	readonly endsRun?: boolean;
	/** Whether a proxy or a firewall said it, which may let the next request pass. */
	readonly isOnTheWay?: boolean;
	/** Whether the generation ended at no cost, so that a retry may submit it again. */
	readonly notCharged?: boolean;
	/** Whether it ended well, but without a video: most often the safety filter. */
	readonly withoutVideo?: boolean;
	/** Whether the generation goes on, and may be asked for again. */
	readonly isRunning?: boolean;
	/** Whether an earlier try sent the request, and it is not known what became of it. */
	readonly isOldRequest?: boolean;
}

/** An item that cannot go on, with a message for people. */
export class ItemError extends Error {
	constructor(
		message: string,
		readonly details: ItemErrorDetails,
	) {
		super(message);
		this.name = 'ItemError';
	}
}

/** `message` or, from an error of n8n or Node, the most telling text it holds. Never "[object Object]". */
export function textOf(cause: unknown): string {
	const text = cause instanceof Error ? cause.message : cause;
	return typeof text === 'string' && text !== '' ? text : 'unknown cause';
}

/** Any value of an expression as a message can show it. Never "[object Object]". */
export function shownValue(value: unknown): string {
	if (typeof value !== 'object') return String(value);
	try {
		return JSON.stringify(value) ?? 'an object';
	} catch {
		return 'an object';
	}
}

/**
 * n8n's error for one item: NodeApiError where an HTTP status was the cause, else NodeOperationError
 * (a failed generation answers with HTTP 200, which NodeApiError would misread).
 */
export function toNodeError(node: INode, error: ItemError, itemIndex?: number) {
	const message = error.message + (itemIndex === undefined ? '' : ` [item ${itemIndex}]`);
	const { description, httpCode } = error.details;
	return httpCode === undefined
		? new NodeOperationError(node, message, { description, itemIndex })
		: new NodeApiError(node, { message } satisfies JsonObject, {
				message,
				description,
				httpCode: String(httpCode),
				itemIndex,
			});
}
