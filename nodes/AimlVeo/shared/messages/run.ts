/** What concerns the run as a whole, and errors as they are passed on. */
import { ItemError, textOf } from '../errors';
import { RUN_AGAIN, listed } from './phrases';

/** The error itself when it is one of ours, else one that names the cause. */
export const asItemError = (cause: unknown, generationId?: string): ItemError =>
	cause instanceof ItemError ? cause : unforeseen(cause, generationId);

/** The same error with the generation it concerns, so that a paid video can be found again. */
export function withGeneration(error: ItemError, generationId: string): ItemError {
	if (error.details.generationId !== undefined) return error;
	return new ItemError(error.message, {
		...error.details,
		generationId,
		description: `${error.details.description} The generation continues and stays yours. Use 'Get Video' with the generation ID ${generationId}.`,
	});
}

/** What was paid for, and what may have been, when the node ends without its rows. */
interface Paid {
	readonly ids: readonly string[];
	/** Client request IDs of submissions whose answer is not known. */
	readonly unanswered: readonly string[];
}

/**
 * n8n recognizes a stopped execution by the word "canceled". Otherwise, it runs the error workflow. Its
 * editor offers no retry of a canceled one.
 */
export function stopped({ ids, unanswered }: Paid) {
	const facts: string[] = [];
	if (ids.length > 0) {
		facts.push(
			`The API cannot cancel a generation. These generations continue and stay yours. Use 'Get Video' to fetch them: ${listed(ids)}.`,
		);
	}
	if (unanswered.length > 0) {
		facts.push(
			`These requests may have been accepted and charged before their answers arrived. In a few minutes, use 'Get Many Videos' to find their client request IDs: ${listed(unanswered)}.`,
		);
	}
	if (facts.length > 0) facts.push('A new execution pays again.');
	return new ItemError('The execution was canceled', {
		description: facts.join(' ') || 'Nothing was submitted.',
	});
}

/**
 * The same error, naming all else that the run paid for or may have paid for. With any of it, a new run
 * would pay again; a retry does not.
 */
export function withPaid(error: ItemError, { ids, unanswered }: Paid): ItemError {
	const { description, generationId } = error.details;
	const others = ids.filter((id) => id !== generationId);
	const doubtful = unanswered.filter((id) => !error.message.includes(id));
	const facts: string[] = [];
	if (others.length > 0) {
		facts.push(
			`Other items are paid for and stay yours. Retry this execution to use them, or fetch them with 'Get Video': ${listed(others)}.`,
		);
	}
	if (doubtful.length > 0) {
		facts.push(
			`Other requests may have been accepted and charged. Retry this execution to check for them, or use 'Get Many Videos' to find their client request IDs: ${listed(doubtful)}.`,
		);
	}
	if (facts.length === 0) return error;
	return new ItemError(error.message, {
		...error.details,
		description: [description.replaceAll(RUN_AGAIN, 'retry this execution'), ...facts].join(' '),
	});
}

/** The same error for a model, which reads nothing but the message. */
export const forAgents = ({ message, details }: ItemError) =>
	new ItemError(`${message}. ${details.description}`, details);

/** An unforeseen error, still with a way out. */
export const unforeseen = (cause: unknown, generationId?: string) =>
	new ItemError(`The node could not continue: ${textOf(cause)}`, {
		description: generationId
			? `Use 'Get Video' with the generation ID ${generationId}, and report this with the steps that led to it.`
			: 'Please report this with the steps that led to it.',
		generationId,
	});
