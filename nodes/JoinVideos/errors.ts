/**
 * Every message of this node, in one place. The message says what happened, with the field's display name;
 * the description says what to do. `toNodeError` makes n8n's own error of it.
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

/** n8n's error; an item that alone is the cause is named at the end of the message. */
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

function listed(items: readonly unknown[]): string {
	const unique = [...new Set(items)];
	const more = unique.length - MAX_LISTED;
	return unique.slice(0, MAX_LISTED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

export const parameterUnreadable = (cause: unknown) =>
	new JoinError('An expression in this node could not be resolved', {
		description: `n8n says: "${textOf(cause)}". Correct the expression, and check that the nodes it refers to are connected and have run.`,
	});

export const fieldMissing = (item: number) =>
	new JoinError("'Input Binary Field' is empty", {
		description:
			'Enter the name of the binary field that contains the video. The Binary tab of the previous node shows it.',
		items: [item],
	});

export const fieldNotText = (item: number) =>
	new JoinError("'Input Binary Field' is not text", {
		description:
			"Make sure that the expression returns the name of a binary field, such as 'data', not the file.",
		items: [item],
	});

export const optionUnknown = (label: string, value: unknown, allowed: string) =>
	new JoinError(`'${label}' cannot be '${String(value).slice(0, 80)}'`, {
		description: `Make sure that the expression in '${label}' returns ${allowed}, or remove the option.`,
	});

const fieldsOf = (slots: readonly Slot[]) => listed(slots.map(({ field }) => `'${field}'`));

export function videosMissing(missing: readonly Slot[]): JoinError {
	const items = [...new Set(missing.map(({ item }) => item))];
	const fields = fieldsOf(missing);
	const [has, those] = items.length === 1 ? ['has', 'Item'] : ['have', 'Items'];
	return new JoinError(`'Input Binary Field' has no file in ${items.length} of the items`, {
		description: `${those} ${listed(items)} ${has} no binary field ${fields}. Enter the name that the Binary tab of the previous node shows, or turn on 'Skip Items Without Video' in the options to join the others.`,
		items,
	});
}

export const nothingToJoin = (missing: readonly Slot[]) =>
	new JoinError("'Input Binary Field' has no file in any item", {
		description: `No item has the binary field ${fieldsOf(missing)}, so all were skipped. Enter the name that the Binary tab of the previous node shows. If that tab is empty, the output of the previous node may show the reason.`,
	});

export const clipUnreadable = (slot: Slot, cause: unknown) =>
	new JoinError("The file in 'Input Binary Field' could not be read", {
		description: `n8n could not read the binary field '${slot.field}': ${textOf(cause)}. Run the node that creates the file again. No video was stored.`,
		items: [slot.item],
	});

export const storeRefused = (cause: unknown) =>
	new JoinError('n8n could not store the joined video', {
		description: `n8n's storage reports: ${textOf(cause)}. Free up space or raise the limit, then run the node again.`,
	});

export const stopped = () =>
	new JoinError('The execution was canceled', { description: 'No video was stored.' });

/** What nobody foresaw, still with a way out. */
export const unforeseen = (cause: unknown) =>
	new JoinError(`The node could not continue: ${textOf(cause)}`, {
		description: 'Please report this with the steps that led to it.',
	});

const FILE = "The file in 'Input Binary Field'";
const AGAIN = 'Run the node that creates the file again.';
const REENCODE =
	'Joining copies whole frames, so hidden frames would become visible. Export the clip again with its cuts applied.';
const EDITS = {
	'several edits': ['several parts that an editor combined', REENCODE],
	'another speed': [
		'an edited playback speed',
		'Joining copies whole frames, which would play at their original speed. Export the clip again with the new speed applied.',
	],
	'late picture': [
		'video that starts late',
		'A joined video must show a picture at all times. Export the clip again without "-c copy", so that its video starts at once.',
	],
} as const;

const trimOf = ({ atStart, atEnd }: { atStart: number; atEnd: number }) =>
	[
		...(atStart > 0 ? [`${seconds(atStart)} at the start`] : []),
		...(atEnd > 0 ? [`${seconds(atEnd)} at the end`] : []),
	].join(' and ');

/** How to make two clips alike, by what they differ in. */
const DIFFERENCES: Record<Trait, string> = {
	size: `${SAME_SETTINGS}.`,
	shape: `Their pixels have different shapes. ${SAME_SETTINGS}.`,
	rotation: 'Rotate the frames themselves, not only how they are displayed.',
	codec: 'Encode all clips with the same codec. Veo uses H.264.',
	'decoder configuration':
		'These clips can be joined only if the same encoder made them with the same settings. H.264 does not have this limit: use it instead.',
	'NAL length size': 'Export the clips with the same program.',
	'sound format': `Use the same sound format for all clips, or ${LEAVE_OUT}.`,
	'sound configuration': `The sound can be joined only if the same encoder made it with the same settings. Encode it as AAC, which does not have this limit, or ${LEAVE_OUT}.`,
	'sample rate': `Players would play one of them too fast or too slow. Use the same sample rate for all clips, or ${LEAVE_OUT}.`,
	'channel count': `Use the same number of channels for all clips, or ${LEAVE_OUT}.`,
	'frame length': `Encode the sound of all clips with the same program, or ${LEAVE_OUT}.`,
};

/** A type from the file itself, which may hold any bytes. */
const shownType = (type: string) => type.replace(/[^\w -]/g, '?');

type Reason = Refusal['reason'];
type Said = readonly [message: string, wayOut: string];

/** What is wrong with one clip, and the way out; of two clips, the way out alone. */
const ABOUT: { [One in Reason]: (refusal: Extract<Refusal, { reason: One }>) => Said } = {
	differ: ({ values, trait }) => [values.join(', '), DIFFERENCES[trait]],
	empty: () => [`${FILE} is empty`, AGAIN],
	notMp4: ({ found }) => [
		`${FILE} is not an MP4 video`,
		`Judging by its content, it is ${found}. Join only MP4 or MOV files.`,
	],
	cutBeforeIndex: () => [
		`${FILE} ends before its index`,
		`The download may be incomplete. ${AGAIN}`,
	],
	dataMissing: ({ bytes }) => [
		`${FILE} is cut off: ${bytes === 1 ? '1 byte is' : `${bytes} bytes are`} missing`,
		`The download may be incomplete. ${AGAIN}`,
	],
	indexTooLarge: ({ bytes, limit }) => [
		`${FILE} has an index of ${megabytes(bytes)}`,
		`The node reads at most ${megabytes(limit)}, which is enough for many hours of video. ${AGAIN}`,
	],
	tooManySamples: ({ count, limit }) => [
		`${FILE} has a track of ${count} frames`,
		`The node joins at most ${limit}. Use shorter clips.`,
	],
	tooManySoundFrames: ({ count, limit }) => [
		`${FILE} has a sound track of ${count} frames`,
		`The node joins at most ${limit}. Uncompressed sound reaches that within seconds. Encode the sound as AAC, or ${LEAVE_OUT}.`,
	],
	tooLong: ({ seconds: length, limit }) => [
		`The joined video would last ${hours(length)}`,
		`The node joins at most ${hours(limit)}. Join fewer clips at a time.`,
	],
	compressedIndex: () => [`${FILE} has a compressed index`, 'Export it again as a plain MP4.'],
	damagedIndex: ({ box }) => [
		`${FILE} has an index that contradicts itself`,
		`Its box '${shownType(box)}' does not match the rest of the file. ${AGAIN}`,
	],
	fragmented: () => [
		`${FILE} is a fragmented MP4`,
		'Files like this are made for streaming. Export it as a plain MP4, for example with "ffmpeg -i in.mp4 -c copy out.mp4".',
	],
	encrypted: ({ format }) => [
		`${FILE} is encrypted`,
		`Its frames have the type '${shownType(format)}'. Use a copy without copy protection.`,
	],
	noPicture: () => [`${FILE} has no video track`, 'Join only video files.'],
	trimmed: (hidden) => [`${FILE} is trimmed: ${trimOf(hidden)} are hidden`, REENCODE],
	edited: ({ what }) => [`${FILE} has ${EDITS[what][0]}`, EDITS[what][1]],
	soundVaries: () => [
		`${FILE} has sound that changes format midway`,
		`Create the file again, or ${LEAVE_OUT}.`,
	],
	unmeasuredSound: () => [
		`${FILE} has sound in an old QuickTime format`,
		`Its index does not say how many bytes a frame of sound has. Encode the sound as AAC, or ${LEAVE_OUT}.`,
	],
	noSilence: ({ seconds: length, format }) => [
		`${FILE} needs ${seconds(length)} of silence`,
		`Its sound is shorter than the video. Silence can be added only to AAC-LC with one or two channels, not to ${format}. Use clips whose sound has the full length, or ${LEAVE_OUT}.`,
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
