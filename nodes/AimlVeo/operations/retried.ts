/** Which execution this one retries, as far as n8n says. n8n 1.x does not say, and nothing is guessed there. */
import type { IExecuteFunctions } from 'n8n-workflow';
import { nonceOf } from '../api/clientRequestId';
import type { CrashedExecution } from '../generation/ledger';
import { asNumber, asObject, asText, toText } from '../shared/values';

/** The ID of the retried execution is not part of n8n's typed interface. */
const retryOf = (ctx: IExecuteFunctions): unknown =>
	asObject(asObject((ctx as unknown as { additionalData?: unknown }).additionalData)?.hooks)
		?.retryOf;

/** What an execution has in common with its retries, also where n8n tells only the one that is retried. */
export function nonceFor(ctx: IExecuteFunctions): string | undefined {
	const establishedAtMs = asNumber(ctx.getExecutionContext?.()?.establishedAt);
	if (establishedAtMs === undefined) return undefined;
	return nonceOf(ctx.getInstanceId(), String(ctx.getWorkflow().id), establishedAtMs);
}

/** The execution that this one retries. */
export function retriedExecution(ctx: IExecuteFunctions): CrashedExecution | undefined {
	if (ctx.getMode() !== 'retry') return undefined;
	const executionId = asText(toText(retryOf(ctx)));
	if (executionId === undefined) return undefined;
	// The context of an execution is handed on to its retries, and with it the start of the first one.
	const established = ctx.getExecutionContext?.();
	const startedAtMs =
		established?.source === 'retry' ? undefined : asNumber(established?.establishedAt);
	return { executionId, ...(startedAtMs !== undefined && { startedAtMs }) };
}
