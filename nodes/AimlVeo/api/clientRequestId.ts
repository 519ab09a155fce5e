/** The client request ID: who requested a video, as the API's usage log shows it later. */
import { createHash } from 'crypto';

/**
 * The longest `X-Client-Request-Id` that the API keeps. It silently drops all characters except these:
 * `A-Z a-z 0-9 . _ : -`.
 * @see https://docs.aimlapi.com
 */
const MAX_LENGTH = 128;
/** Left free for the number of the attempt, which rises by one with each retry that buys anew. */
const ATTEMPT_LENGTH = '.999'.length;

/** What a client request ID is made of. */
export interface RequestOrigin {
	readonly instanceId: string;
	readonly executionId: string;
	readonly runIndex: number;
	readonly itemIndex: number;
	readonly nodeId: string;
}

/** Where in n8n a request comes from. */
type Place = Pick<RequestOrigin, 'executionId' | 'runIndex' | 'itemIndex'>;

/** Which submission of a request it is. */
export interface RequestPart {
	/** Of the request, as the ledger knows it. */
	readonly hash: string;
	/** Tells executions of the same number apart: 8 hexadecimal digits. */
	readonly nonce: string;
	/** Hash of the body that is sent. */
	readonly body: string;
	/** Counted from 1. */
	readonly attempt: number;
	/** The user's own text that travels along. */
	readonly reference?: string;
}

/** What a client request ID says. */
export interface AskedBy extends Place {
	readonly attempt: number;
	readonly reference?: string;
}

/**
 * Every character that the header does not accept, and `_` itself, as `_` and two digits for each byte of
 * UTF-8.
 */
const encodeReference = (reference: string): string =>
	reference.replace(/[^A-Za-z0-9.:-]+/g, (part) =>
		[...Buffer.from(part)].map((byte) => `_${byte.toString(16).padStart(2, '0')}`).join(''),
	);

const decodeReference = (encoded: string): string =>
	encoded.replace(/(?:_[0-9a-f]{2})+/gi, (part) =>
		Buffer.from(part.replaceAll('_', ''), 'hex').toString(),
	);

const eightDigitsOf = (text: string): string =>
	createHash('sha256').update(text).digest('hex').slice(0, 8);

/** Tells the requests of one node from all others, whatever the execution: 8 hexadecimal digits. */
export const sourceHash = (instanceId: string, nodeId: string, hash: string): string =>
	eightDigitsOf(`${instanceId}.${nodeId}.${hash}`);

/**
 * The nonce of an execution that began at this time, and of all its retries: n8n gives the time to them, also
 * after a crash.
 */
export const nonceOf = (instanceId: string, workflowId: string, establishedAtMs: number): string =>
	eightDigitsOf(`${instanceId}.${workflowId}.${establishedAtMs}`);

/** Enough of the hash of a body to distinguish the requests of one execution. */
export const shortHash = (body: string): string => body.slice(0, 8);

/** An execution ID as it is written in a client request ID. */
const asPart = (executionId: string): string => executionId.replace(/[^\w-]/g, '-').slice(0, 64);

const placeOf = ({ executionId, runIndex, itemIndex }: Place): string =>
	`n8n.${asPart(executionId)}.${runIndex}.${itemIndex}`;

/**
 * The value of `X-Client-Request-Id`: `n8n.<execution>.<run>.<item>.<source>-<nonce>-<body>`, then
 * `.<attempt>` from the second one on, then `:<reference>` where there is one and it fits: at most 128 of
 * the characters that the API keeps.
 */
export function clientRequestId(origin: RequestOrigin, part: RequestPart): string {
	const { hash, nonce, body, attempt, reference } = part;
	const source = sourceHash(origin.instanceId, origin.nodeId, hash);
	const suffix = attempt > 1 ? `.${attempt}` : '';
	const end = reference === undefined ? '' : `:${encodeReference(reference)}`;
	const id = `${placeOf(origin)}.${source}-${nonce}-${shortHash(body)}${suffix}`;
	// Without the whole ID a lost answer is not found in the log, which costs more than a reference.
	return id.length + end.length <= MAX_LENGTH ? id + end : id;
}

/** How many characters of the header a reference takes, and how many it may take. */
export function referenceLengths(place: Place, reference: string): { length: number; max: number } {
	const rest = `${placeOf(place)}.01234567-01234567-01234567:`.length + ATTEMPT_LENGTH;
	return { length: encodeReference(reference).length, max: MAX_LENGTH - rest };
}

// Version 0.1.0 had no nonce, and the first IDs with a nonce had no hash of the body.
const PATTERN =
	/^n8n\.([\w-]+)\.(\d+)\.(\d+)\.([0-9a-f]{8})(?:-([0-9a-f]{8})(?:-([0-9a-f]{8}))?)?(?:\.(\d+))?(?::([\w.:-]+))?$/i;

/** A request of an n8n execution, as its client request ID describes it. */
export interface KnownRequest extends AskedBy {
	/** See `sourceHash`. */
	readonly source: string;
	/** See `RequestPart`. */
	readonly nonce: string | undefined;
	/** See `shortHash`. */
	readonly body: string | undefined;
}

/** The parts of a client request ID of this package; undefined for any other ID. */
function partsOf(id: string) {
	const [, executionId, runIndex, itemIndex, source, nonce, body, attempt = 1, encoded] =
		PATTERN.exec(id) ?? [];
	if (executionId === undefined || source === undefined) return undefined;
	const askedBy: AskedBy = {
		executionId,
		runIndex: Number(runIndex),
		itemIndex: Number(itemIndex),
		attempt: Number(attempt),
		...(encoded !== undefined && { reference: decodeReference(encoded) }),
	};
	// The log may write capitals.
	const hashes = {
		source: source.toLowerCase(),
		nonce: nonce?.toLowerCase(),
		body: body?.toLowerCase(),
	};
	return { askedBy, hashes };
}

/** Which item of which n8n execution a client request ID names, and its reference; undefined for other IDs. */
export const readClientRequestId = (id: string): AskedBy | undefined => partsOf(id)?.askedBy;

/** What a client request ID of this package says; undefined for any other ID. */
export function readRequest(id: string): KnownRequest | undefined {
	const parts = partsOf(id);
	return parts && { ...parts.askedBy, ...parts.hashes };
}

export const isOfExecution = ({ executionId }: KnownRequest, id: string): boolean =>
	executionId.toLowerCase() === asPart(id).toLowerCase();
