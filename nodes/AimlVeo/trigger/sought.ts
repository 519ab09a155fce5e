/**
 * What a trigger searches for, as its memory keeps it: the values of the filters, and how they were written.
 */
import type { INode } from 'n8n-workflow';
import type { Search } from '../request/planTrigger';
import { asObject, asText } from '../shared/values';
import { printOf } from './memory';

interface Sought {
	readonly search: Search;
	/** An expression may return another value at each poll. That is not a change of the filters. */
	readonly written?: string;
}

export const toSought = ({ parameters }: INode, search: Search): string =>
	JSON.stringify({
		...search,
		written: printOf(JSON.stringify([parameters.status, parameters.filters])),
	});

const isTextList = (value: unknown): value is string[] =>
	Array.isArray(value) && value.every((entry) => typeof entry === 'string');

/** What a memory kept; undefined when another version of this package wrote it in another form. */
function readSought(sought: string): Sought | undefined {
	try {
		const given = asObject(JSON.parse(sought));
		const { status, ownOnly, models, reference } = given ?? {};
		const isKnown = ['any', 'failed', 'succeeded'].includes(String(status));
		if (!isKnown || typeof ownOnly !== 'boolean' || !isTextList(models)) return undefined;
		const search = { status: String(status), ownOnly, models };
		const begin = asText(reference);
		const written = asText(given?.written);
		return { search: begin === undefined ? search : { ...search, reference: begin }, written };
	} catch {
		return undefined;
	}
}

/** The search before somebody changed the filters; undefined when nobody did, or when that is not known. */
export function changedFrom(before: string, now: string): Search | undefined {
	const [old, current] = [readSought(before), readSought(now)];
	if (!old || old.written === current?.written) return undefined;
	const isSame = JSON.stringify(old.search) === JSON.stringify(current?.search);
	return isSame ? undefined : old.search;
}
