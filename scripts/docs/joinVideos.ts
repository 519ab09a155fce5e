/** What the documents say about Join Videos, generated from the node: its fields and its messages. */
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import * as errors from '../../nodes/JoinVideos/errors';
import type { JoinError } from '../../nodes/JoinVideos/errors';
import { fields } from '../../nodes/JoinVideos/fields';
import type { Refusal } from '../../nodes/JoinVideos/mp4/refusal';
import { code, table } from './markdown';

/** All fields, those inside the options too. */
export const allJoinFields: INodeProperties[] = fields.flatMap((field) =>
	field.type === 'collection' ? (field.options as INodeProperties[]) : [field],
);

function exampleOf({ type, options = [], placeholder, default: value }: INodeProperties): string {
	if (type === 'options') {
		return (options as INodePropertyOptions[]).map((option) => option.name).join(', ');
	}
	if (type === 'boolean') return code(!value);
	return code(placeholder?.replace(/^e\.g\. /, '') ?? String(value));
}

export function joinTable(): string {
	const rows = allJoinFields.map((field) => [
		`**${field.displayName}**`,
		field.description ?? '',
		exampleOf(field),
	]);
	return table(['Join Videos', 'What it is', 'Example or values'], rows);
}

/** One of each kind; the compiler misses a new one here. */
const REFUSALS: { [Reason in Refusal['reason']]: Extract<Refusal, { reason: Reason }> } = {
	differ: {
		reason: 'differ',
		trait: 'size',
		clips: [0, 2],
		values: ['1920 × 1080', '1280 × 720'],
	},
	empty: { reason: 'empty' },
	notMp4: { reason: 'notMp4', found: 'an image' },
	cutBeforeIndex: { reason: 'cutBeforeIndex' },
	dataMissing: { reason: 'dataMissing', bytes: 4096 },
	damagedIndex: { reason: 'damagedIndex', box: 'stsc' },
	compressedIndex: { reason: 'compressedIndex' },
	indexTooLarge: { reason: 'indexTooLarge', bytes: 2 ** 27, limit: 2 ** 26 },
	tooManySamples: { reason: 'tooManySamples', count: 2 ** 21, limit: 2 ** 20 },
	tooManySoundFrames: { reason: 'tooManySoundFrames', count: 1_440_000, limit: 2 ** 20 },
	tooLong: { reason: 'tooLong', seconds: 90_000, limit: 86_400 },
	fragmented: { reason: 'fragmented' },
	encrypted: { reason: 'encrypted', format: 'encv' },
	noPicture: { reason: 'noPicture' },
	trimmed: { reason: 'trimmed', atStart: 0.5, atEnd: 0 },
	edited: { reason: 'edited', what: 'several edits' },
	soundVaries: { reason: 'soundVaries' },
	unmeasuredSound: { reason: 'unmeasuredSound' },
	noSilence: { reason: 'noSilence', format: 'MP3 with 2 channels', seconds: 8 },
};

const slot = (item: number) => ({ item, field: 'data' });
const OTHERS: JoinError[] = [
	errors.videosMissing([slot(1), slot(3)]),
	errors.nothingToJoin([slot(0)]),
	errors.fieldMissing(0),
	errors.fieldNotText(0),
	errors.optionUnknown('Sound', 'loud', "'keep' or 'leaveOut'"),
	errors.parameterUnreadable("Node 'Form' hasn't been executed"),
	errors.clipUnreadable(slot(2), 'The file is gone'),
	errors.storeRefused('No space left on device'),
	errors.stopped(),
	errors.unforeseen('Unexpected end'),
];

/** All messages of the node with their ways out, for docs/messages.md. */
export function joinMessages(): string {
	const slots = [0, 1, 2].map(slot);
	const refused = Object.values(REFUSALS).map((refusal) =>
		errors.notJoinable(refusal, slots, refusal.reason === 'tooLong' ? undefined : 2),
	);
	const rows = [...refused, ...OTHERS].map(({ message, details }) => [
		message,
		details.description,
	]);
	return table(['n8n shows', 'What to do'], rows);
}
