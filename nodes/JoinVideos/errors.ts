/**
 * Every message of this node, in one place. The message says what happened, with the field's display name;
 * the description says how to go on. `toNodeError` makes n8n's own error of it.
 */
import { NodeOperationError } from 'n8n-workflow';
import type { INode } from 'n8n-workflow';
import type { Refusal, Trait } from './mp4/refusal';

/** Where a clip comes from: the item, and the binary field of it. */
export interface Slot {
	readonly item: number;
	readonly field: string;
}

export interface JoinErrorDetails {
	readonly description: string;
	/** The items that caused it, the decisive one last. */
	readonly items?: readonly number[];
}

/** Clips that cannot become a film, with a message for people. */
export class JoinError extends Error {
	constructor(
		message: string,
		readonly details: JoinErrorDetails,
	) {
		super(message);
		this.name = 'JoinError';
	}
}

/** n8n's error; an item that alone is the cause stands at the end of the message. */
export function toNodeError(node: INode, { message, details }: JoinError): NodeOperationError {
	const { description, items = [] } = details;
	const [only] = items;
	const where = items.length === 1 ? ` [item ${only}]` : '';
	return new NodeOperationError(node, message + where, { description, itemIndex: items.at(-1) });
}

/** The most telling text that an error of n8n or Node holds. */
function textOf(cause: unknown): string {
	const text = cause instanceof Error ? cause.message : cause;
	return typeof text === 'string' && text !== '' ? text : 'unknown cause';
}

const SAME_SETTINGS = 'Generate all clips with the same resolution and aspect ratio';
const LEAVE_OUT = "set 'Sound' to 'Leave Out' in the options";
const MAX_LISTED = 50;
const megabytes = (bytes: number) => `${Math.ceil(bytes / 1_000_000)} MB`;
const hours = (value: number) => `${Math.ceil(value / 3_600)} hours`;
const seconds = (value: number) => `${Number(value.toFixed(2))} seconds`;

function listed(items: readonly number[]): string {
	const unique = [...new Set(items)];
	const more = unique.length - MAX_LISTED;
	return unique.slice(0, MAX_LISTED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

export const parameterUnreadable = (cause: unknown) =>
	new JoinError('An expression of this node could not be resolved', {
		description: `n8n says: "${textOf(cause)}". Correct the expression, and check that the nodes it refers to are connected and have run.`,
	});

export const fieldMissing = (item: number) =>
	new JoinError("'Input Binary Field' is empty", {
		description:
			'Enter the name of the binary field that holds the video, as the Binary tab of the node before shows it.',
		items: [item],
	});

export const fieldNotText = (item: number) =>
	new JoinError("'Input Binary Field' is not text", {
		description:
			"Let the expression give the name of a binary field, such as 'data', not the file.",
		items: [item],
	});

export const optionUnknown = (label: string, value: unknown, allowed: string) =>
	new JoinError(`'${label}' cannot be '${String(value).slice(0, 80)}'`, {
		description: `Let the expression in '${label}' give ${allowed}, or remove the option.`,
	});

export function videosMissing(missing: readonly Slot[]): JoinError {
	const items = [...new Set(missing.map(({ item }) => item))];
	const fields = [...new Set(missing.map(({ field }) => `'${field}'`))].join(', ');
	const [has, those] = items.length === 1 ? ['has', 'Item'] : ['have', 'Items'];
	return new JoinError(`'Input Binary Field' has no file in ${items.length} of the items`, {
		description: `${those} ${listed(items)} ${has} no binary field ${fields}. Enter the name that the Binary tab of the node before shows, or switch on 'Skip Items Without Video' in the options to join the others.`,
		items,
	});
}

export const nothingToJoin = () =>
	new JoinError("'Input Binary Field' has no file in any item", {
		description:
			'All items were skipped, so there is nothing to join. Look at the node before: its rows may hold the reason.',
	});

export const clipUnreadable = (slot: Slot, cause: unknown) =>
	new JoinError("The file of 'Input Binary Field' could not be read", {
		description: `n8n could not read the binary field '${slot.field}': ${textOf(cause)}. Run the node that makes the file again. No film was stored.`,
		items: [slot.item],
	});

export const storeRefused = (cause: unknown) =>
	new JoinError("n8n's storage did not take the film", {
		description: `It says: ${textOf(cause)}. Make room or raise its limit, then run the node again.`,
	});

export const stopped = () =>
	new JoinError('The execution was canceled', { description: 'No film was stored.' });

/** What nobody foresaw, still with a way out. */
export const unforeseen = (cause: unknown) =>
	new JoinError(`The node could not go on: ${textOf(cause)}`, {
		description: 'Please report this with the steps that led here.',
	});

const FILE = "The file of 'Input Binary Field'";
const AGAIN = 'Run the node that makes the file again.';
const REENCODE =
	'Joining copies whole frames, so the hidden ones would show. Export the clip anew, with its cuts applied.';
const EDITS = {
	'several edits': 'several parts that an editor put together',
	'another speed': 'another speed than it was recorded with',
	'late picture': 'a picture that begins after its sound',
};

const trimOf = ({ atStart, atEnd }: { atStart: number; atEnd: number }) =>
	[
		...(atStart > 0 ? [`${seconds(atStart)} at the start`] : []),
		...(atEnd > 0 ? [`${seconds(atEnd)} at the end`] : []),
	].join(' and ');

/** How to make two clips alike, by what they differ in. */
const DIFFERENCES: Record<Trait, string> = {
	size: `${SAME_SETTINGS}.`,
	shape: `Their pixels are not equally wide. ${SAME_SETTINGS}.`,
	rotation: 'Turn the pictures themselves, not only the way they are shown.',
	codec: 'Encode all clips with the same codec; Veo makes H.264.',
	'decoder configuration':
		'Such clips can be joined only when the same encoder made them with the same settings. Use H.264, where this does not matter.',
	'NAL length size': 'Export the clips with the same program.',
	'sound format': `Give all clips sound of one format, or ${LEAVE_OUT}.`,
	'sample rate': `Players would play one of them too fast or too slowly. Give all clips the same sample rate, or ${LEAVE_OUT}.`,
	'channel count': `Give all clips the same number of channels, or ${LEAVE_OUT}.`,
	'frame length': `Encode the sound of all clips with the same program, or ${LEAVE_OUT}.`,
};

/** A type out of the file itself, which may hold any bytes. */
const shownType = (type: string) => type.replace(/[^\w -]/g, '?');

type Reason = Refusal['reason'];
type Said = readonly [message: string, wayOut: string];

/** What is wrong with one clip, and the way out; of two clips, the way out alone. */
const ABOUT: { [One in Reason]: (refusal: Extract<Refusal, { reason: One }>) => Said } = {
	differ: ({ values, trait }) => [values.join(', '), DIFFERENCES[trait]],
	empty: () => [`${FILE} is empty`, AGAIN],
	notMp4: ({ found }) => [
		`${FILE} is not an MP4 video`,
		`By its first bytes it is ${found}. Join MP4 or MOV files only.`,
	],
	cutBeforeIndex: () => [`${FILE} ends before its index`, `Was the download complete? ${AGAIN}`],
	dataMissing: ({ bytes }) => [
		`${FILE} is cut off: ${bytes} bytes are missing`,
		`Was the download complete? ${AGAIN}`,
	],
	indexTooLarge: ({ bytes, limit }) => [
		`${FILE} has an index of ${megabytes(bytes)}`,
		`At most ${megabytes(limit)} are read, which is enough for many hours. ${AGAIN}`,
	],
	tooManySamples: ({ count, limit }) => [
		`${FILE} has a track of ${count} frames`,
		`At most ${limit} are joined. Use shorter clips.`,
	],
	tooLong: ({ seconds: length, limit }) => [
		`The joined video would last ${hours(length)}`,
		`At most ${hours(limit)} are joined. Join fewer clips at a time.`,
	],
	compressedIndex: () => [`${FILE} has a compressed index`, 'Export it again as a plain MP4.'],
	damagedIndex: ({ box }) => [
		`${FILE} has an index that contradicts itself`,
		`Its box '${shownType(box)}' does not fit the rest of the file. ${AGAIN}`,
	],
	fragmented: () => [
		`${FILE} is a fragmented MP4`,
		'Such files are made for streaming. Export it as a plain MP4, for instance with "ffmpeg -i in.mp4 -c copy out.mp4".',
	],
	encrypted: ({ format }) => [
		`${FILE} is encrypted`,
		`Its frames are of the kind '${shownType(format)}'. Use a copy without copy protection.`,
	],
	noPicture: () => [`${FILE} has no picture`, 'Join files with a video track only.'],
	trimmed: (hidden) => [`${FILE} is trimmed: ${trimOf(hidden)} of it do not play`, REENCODE],
	edited: ({ what }) => [`${FILE} has ${EDITS[what]}`, REENCODE],
	soundVaries: () => [
		`${FILE} has sound that changes its format midway`,
		`Make it again, or ${LEAVE_OUT}.`,
	],
	noSilence: ({ seconds: length, format }) => [
		`${FILE} needs ${seconds(length)} of silence`,
		`Its sound is shorter than its picture, and silence can be made only for AAC-LC with one or two channels, not for ${format}. Give all clips sound of their full length, or ${LEAVE_OUT}.`,
	],
};

const aboutOne = (refusal: Refusal): Said =>
	(ABOUT[refusal.reason] as (refusal: Refusal) => Said)(refusal);

/** How a value of a trait is said: "item 2 is 1280 × 720", "item 2 has 44100 Hz". */
const IS: readonly Trait[] = ['size', 'shape', 'rotation'];

/**
 * The message for clips that cannot be joined.
 * @param slots of all clips
 * @param clip position of the clip that alone is the cause
 */
export function notJoinable(refusal: Refusal, slots: readonly Slot[], clip?: number): JoinError {
	const isOneField = new Set(slots.map(({ field }) => field)).size === 1;
	const [message, wayOut] = aboutOne(refusal);
	if (refusal.reason !== 'differ') {
		const slot = slots[clip ?? -1];
		const place = slot && !isOneField ? `The binary field is '${slot.field}'. ` : '';
		return new JoinError(message, { description: place + wayOut, items: slot && [slot.item] });
	}
	const { trait, clips, values } = refusal;
	const verb = IS.includes(trait) ? 'is' : `has the ${trait}`;
	const said = (side: 0 | 1) => {
		const slot = slots[clips[side]];
		const field = slot && !isOneField ? ` ('${slot.field}')` : '';
		return `item ${slot?.item}${field} ${verb} ${values[side]}`;
	};
	const items = clips.flatMap((position) => slots[position]?.item ?? []);
	return new JoinError(`I${said(1).slice(1)}, ${said(0)}`, { description: wayOut, items });
}
