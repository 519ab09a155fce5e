/** The messages of Join Videos: each names the field or the items, and says what to do. */
import type { INode } from 'n8n-workflow';
import * as errors from '../../../nodes/JoinVideos/errors';
import { JoinError, notJoinable, toNodeError } from '../../../nodes/JoinVideos/errors';
import type { Refusal, Trait } from '../../../nodes/JoinVideos/mp4/refusal';

const SLOTS = [0, 1, 2].map((item) => ({ item, field: 'data' }));
const TRAITS: Trait[] = [
	'size',
	'shape',
	'rotation',
	'codec',
	'decoder configuration',
	'sound configuration',
	'NAL length size',
	'sound format',
	'sample rate',
	'channel count',
	'frame length',
];
const differ = (trait: Trait): Refusal => ({
	reason: 'differ',
	trait,
	clips: [0, 2],
	values: ['A', 'B'],
});

const OF_ONE: Refusal[] = [
	{ reason: 'empty' },
	{ reason: 'notMp4', found: 'an image' },
	{ reason: 'cutBeforeIndex' },
	{ reason: 'indexTooLarge', bytes: 99_500_000, limit: 67_108_864 },
	{ reason: 'tooManySamples', count: 2_000_000, limit: 1_048_576 },
	{ reason: 'tooManySoundFrames', count: 1_440_000, limit: 1_048_576 },
	{ reason: 'compressedIndex' },
	{ reason: 'damagedIndex', box: 'stsc' },
	{ reason: 'fragmented' },
	{ reason: 'encrypted', format: 'encv' },
	{ reason: 'noPicture' },
	{ reason: 'dataMissing', bytes: 12 },
	{ reason: 'trimmed', atStart: 0.3, atEnd: 0 },
	{ reason: 'trimmed', atStart: 0.3, atEnd: 1.257 },
	{ reason: 'edited', what: 'several edits' },
	{ reason: 'edited', what: 'another speed' },
	{ reason: 'edited', what: 'late picture' },
	{ reason: 'soundVaries' },
	{ reason: 'unmeasuredSound' },
	{ reason: 'noSilence', format: 'MP3 with 2 channels', seconds: 1.992 },
];

const ALL: JoinError[] = [
	...OF_ONE.map((refusal) => notJoinable(refusal, SLOTS, 1)),
	...TRAITS.map((trait) => notJoinable(differ(trait), SLOTS)),
	notJoinable({ reason: 'tooLong', seconds: 90_000, limit: 86_400 }, SLOTS),
	errors.parameterUnreadable(new Error('No node')),
	errors.fieldMissing(1),
	errors.fieldNotText(1),
	errors.optionUnknown('Sound', 'loud', "'keep' or 'leaveOut'"),
	errors.videosMissing([{ item: 1, field: 'data' }]),
	errors.nothingToJoin([{ item: 0, field: 'data' }]),
	errors.clipUnreadable({ item: 1, field: 'data' }, new Error('EIO')),
	errors.storeRefused(new Error('ENOSPC')),
	errors.stopped(),
	errors.unforeseen(undefined),
];

test.each(ALL.map((error) => [error.message, error] as const))('%s', (_message, error) => {
	const { message, details } = error;
	for (const text of [message, details.description]) {
		expect(text).not.toMatch(/\b(error|problem|failure|mistake)/i);
		expect(text).not.toMatch(/undefined|NaN|\[object|\.\.| {2}/);
	}
	expect(message).not.toMatch(/\.$/);
	expect(message).toMatch(/^[A-Z'n]/);
	expect(details.description).toMatch(/^(n8n|[A-Z']).*\.$/s);
});

test('all messages differ', () => {
	const texts = ALL.map(({ message, details }) => `${message} ${details.description}`);
	expect(new Set(texts).size).toBe(ALL.length);
});

test('two clips are named with both values, the later one first', () => {
	const { message, details } = notJoinable(differ('size'), SLOTS);
	expect(message).toBe('Item 2 is B, item 0 is A');
	expect(details.items).toEqual([0, 2]);
	const fields = [
		{ item: 0, field: 'intro' },
		{ item: 0, field: 'main' },
		{ item: 0, field: 'outro' },
	];
	expect(notJoinable(differ('sample rate'), fields).message).toBe(
		"Item 0 ('outro') has the sample rate B, item 0 ('intro') has the sample rate A",
	);
	expect(notJoinable({ reason: 'empty' }, fields, 1).details.description).toMatch(
		/^The binary field is 'main'\. /,
	);
});

test("n8n's own: with the item where one alone is the cause", () => {
	const node = { name: 'Join', type: 'x' } as INode;
	const one = toNodeError(node, notJoinable({ reason: 'empty' }, SLOTS, 1));
	expect(one.message).toBe("The file in 'Input Binary Field' is empty [item 1]");
	expect(one.context.itemIndex).toBe(1);
	const two = toNodeError(node, notJoinable(differ('size'), SLOTS));
	expect(two.message).toBe('Item 2 is B, item 0 is A');
	expect(two.context.itemIndex).toBe(2);
	expect(
		toNodeError(node, errors.nothingToJoin([{ item: 0, field: 'data' }])).context.itemIndex,
	).toBeUndefined();
});

test('many items without a video are cut short', () => {
	const missing = Array.from({ length: 60 }, (_, item) => ({ item, field: 'data' }));
	const { message, details } = errors.videosMissing(missing);
	expect(message).toBe("'Input Binary Field' has no file in 60 of the items");
	expect(details.description).toMatch(
		/^Items 0, 1, .*, 49 and 10 more have no binary field 'data'/,
	);
});

test('one byte is one byte', () => {
	const { message } = notJoinable({ reason: 'dataMissing', bytes: 1 }, SLOTS, 1);
	expect(message).toBe("The file in 'Input Binary Field' is cut off: 1 byte is missing");
});

test('only where frames are hidden does the way out speak of them', () => {
	const wayOut = (what: 'several edits' | 'another speed' | 'late picture') =>
		notJoinable({ reason: 'edited', what }, SLOTS, 1).details.description;
	expect(wayOut('several edits')).toMatch(/hidden frames/);
	expect(wayOut('another speed')).not.toMatch(/hidden|cuts/);
	expect(wayOut('late picture')).not.toMatch(/hidden|cuts/);
});
