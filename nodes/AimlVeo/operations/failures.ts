/** An item that could not continue, as n8n's error for the node or as a row of Continue On Fail. */
import type { INodeExecutionData } from 'n8n-workflow';
import type { PlanContext } from '../request/plan';
import { toNodeError } from '../shared/errors';
import type { ItemError } from '../shared/errors';
import { forAgents } from '../shared/messages';
import type { RunContext } from './operations';

/** What ends the node: the first item that failed. */
export interface Failure {
	readonly error: ItemError;
	readonly itemIndex?: number;
}

/** n8n's error for the node; an agent sees its message alone. */
export function nodeErrorOf({ ctx, isTool }: PlanContext, { error, itemIndex }: Failure) {
	if (isTool) return toNodeError(ctx.getNode(), forAgents(error));
	return toNodeError(ctx.getNode(), error, itemIndex);
}

/** The row of Continue On Fail. */
export function errorRow(
	context: RunContext,
	error: ItemError,
	itemIndex: number,
): INodeExecutionData {
	const nodeError = nodeErrorOf(context, { error, itemIndex });
	const { status, url } = error.details;
	// Whatever went wrong, the row names what the item has paid for.
	const paidId = context.isTool ? undefined : context.ledger.idAt(context.runIndex, itemIndex);
	const generationId = error.details.generationId ?? paidId;
	const known = Object.entries({ generationId, status, url }).filter(([, value]) => value);
	const row: INodeExecutionData = {
		json: { error: nodeError.message, ...Object.fromEntries(known) },
		pairedItem: { item: itemIndex },
	};
	// n8n sends a row to the error output only by its `error`, but then cuts the JSON down to the message. It
	// copies the row in between, and a copy omits what is not enumerable.
	if (context.ctx.getNode().onError === 'continueErrorOutput') {
		Object.defineProperty(row, 'error', { value: nodeError, enumerable: false });
	}
	return row;
}
