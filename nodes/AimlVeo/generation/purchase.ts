/** One generation as the run knows it: bought now, or found again. */
import type { IDataObject } from 'n8n-workflow';
import { modelInId } from '../api/responses';
import type { LedgerEntry } from './ledger';

/** A generation that is paid for, or will be when it completes. */
export interface Purchase {
	readonly key: string;
	readonly id: string;
	/** The client request ID of its submission. */
	readonly clientRequestId: string;
	readonly model: string | undefined;
	/** When it was accepted, in ms since the epoch. */
	readonly acceptedAtMs: number;
	/** The API's answer to the submission, or what the ledger kept of it. */
	readonly answer: IDataObject;
	/** Bought now, or by an earlier request: the ledger or the API knew it. */
	readonly source: 'bought' | 'ledger' | 'api';
}

/** @param answer to the submission, where it has just been sent */
export function asPurchase(
	key: string,
	entry: LedgerEntry,
	id: string,
	answer?: IDataObject,
): Purchase {
	return {
		key,
		id,
		clientRequestId: entry.req,
		model: entry.model ?? modelInId(id),
		acceptedAtMs: entry.at,
		answer: answer ?? { id, status: entry.status ?? 'queued' },
		source: answer ? 'bought' : 'ledger',
	};
}
