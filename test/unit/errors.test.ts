/** Every message: what happened, then how to go on; as it reaches the user through n8n's own classes. */
import type { INode } from 'n8n-workflow';
import { NodeApiError, NodeOperationError } from 'n8n-workflow';
import * as errors from '../../nodes/AimlVeo/errors';
import { asVeoError, shownValue, textOf, toNodeError, VeoError } from '../../nodes/AimlVeo/errors';

const ID = 'gen-4711:google/veo-3.1-t2v';
const LINK = 'https://cdn.example/v.mp4';
const SENT = 'n8n.7.0.0.abcdef12';
const NODE: INode = {
	id: '1',
	name: 'Veo',
	type: 'n8n-nodes-aimlapi-veo.aimlVeo',
	typeVersion: 1,
	position: [0, 0],
	parameters: {},
};

/** Each builder of the module, with one set of arguments for each of its ways to speak. */
const MESSAGES: Partial<Record<keyof typeof errors, VeoError[]>> = {
	answerUnreadable: [errors.answerUnreadable(ID, 'The connection broke')],
	badKey: [errors.badKey('Unauthorized')],
	credentialUnusable: [errors.credentialUnusable("'API Key' of the credential is empty")],
	dateNotUnderstood: [errors.dateNotUnderstood('After', 'soon')],
	dataUriNotUsable: [errors.dataUriNotUsable('First Frame')],
	downloadGivenUp: [errors.downloadGivenUp(ID, 'completed', LINK, 4, 'The download stalled')],
	expressionNotResolved: [errors.expressionNotResolved('Prompt', '{{ $json.animal }}')],
	fileNotKept: [errors.fileNotKept('First Frame', 'photo', ['photo'])],
	fileOfWrongKind: [
		errors.fileOfWrongKind('First Frame', 'image', "'photo'", 'text'),
		errors.fileOfWrongKind('Source Video', 'video', "'clip'", 'image/png'),
	],
	fileTooLarge: [errors.fileTooLarge('First Frame', 21, 20)],
	fileUndecided: [errors.fileUndecided('First Frame', ['First', 'Last'])],
	fileUnreadable: [errors.fileUnreadable('First Frame', 'photo', 'no such file')],
	fileWithoutContent: [errors.fileWithoutContent('First Frame')],
	formatNotTaken: [
		errors.formatNotTaken('First Frame', 'image', "'photo'", 'a GIF', 'Convert it to PNG'),
		errors.formatNotTaken('Source Video', 'video', "'clip'", 'AVI', 'Convert it to MP4'),
	],
	generationFailed: [
		errors.generationFailed(ID, 'error', 'Too dark'),
		errors.generationFailed(ID, 'error'),
	],
	generationIdMissing: [errors.generationIdMissing()],
	generationUnknown: [errors.generationUnknown(ID)],
	logUnreadable: [errors.logUnreadable('The connection broke')],
	lookRefused: [errors.lookRefused(ID, 400, 'generation_id: Invalid')],
	maxCostEmpty: [errors.maxCostEmpty()],
	maybeAccepted: [errors.maybeAccepted(SENT, 'The connection broke')],
	mediaMissing: [
		errors.mediaMissing('Last Frame', 'Veo 3.1', ['photo', 'clip']),
		errors.mediaMissing('Last Frame', 'Veo 3.1', []),
	],
	mediaNotTaken: [errors.mediaNotTaken('First Frame', 'Veo 3.1 Text to Video', ['Veo 3.1 Lite'])],
	mediaNotUnderstood: [errors.mediaNotUnderstood('First Frame', 'x'.repeat(200), ['photo'])],
	mediaNotUsable: [errors.mediaNotUsable('First Frame')],
	modelMissing: [errors.modelMissing()],
	noCredits: [errors.noCredits("You've run out of credits")],
	noVideo: [errors.noVideo(ID, 'completed')],
	notAllowed: [errors.notAllowed('Forbidden')],
	notReached: [errors.notReached('The connection was refused')],
	notText: [errors.notText('Prompt')],
	operationUnknown: [errors.operationUnknown('cancel')],
	optionOutOfRange: [errors.optionOutOfRange('Timeout', '0', 'a number from 1 to 86400')],
	parameterUnreadable: [
		errors.parameterUnreadable(new Error('invalid syntax')),
		errors.parameterUnreadable(
			Object.assign(new Error('Node is not there'), { context: { parameter: 'prompt' } }),
		),
	],
	overMaxCost: [
		errors.overMaxCost('$8.00', '$7.99', 'items 0-1: $4.00 each'),
		errors.overMaxCost('$8.00', '$7.99', 'item 0: $4.00', '$4.00'),
	],
	periodReversed: [errors.periodReversed()],
	periodTooLong: [errors.periodTooLong(93)],
	priceUnknown: [errors.priceUnknown('google/veo-9', 'Its price varies', 2)],
	privateAddress: [errors.privateAddress('First Frame', '192.168.1.20')],
	promptMissing: [errors.promptMissing()],
	rateLimited: [errors.rateLimited(60), errors.rateLimited(0)],
	redirected: [errors.redirected(302)],
	requestRefused: [
		errors.requestRefused(400, 'duration: Invalid enum value'),
		errors.requestRefused(404, 'HTTP 404'),
	],
	settingNotTaken: [errors.settingNotTaken('Duration', '5', [4, 6, 8], 'Veo 3.1')],
	settingOfWrongType: (['boolean', 'integer', 'string'] as const).map((type) =>
		errors.settingOfWrongType('Seed', 'x', type),
	),
	severalFiles: [errors.severalFiles('First Frame', 2)],
	sharePage: [errors.sharePage('First Frame', 'Google Drive', 'Use a direct link')],
	stopped: [errors.stopped([]), errors.stopped([ID, 'gen-2']), errors.stopped([], [SENT])],
	storeRefused: [errors.storeRefused(ID, 'completed', LINK, 'No space left')],
	textHoldsObject: [errors.textHoldsObject('Prompt')],
	timedOut: [errors.timedOut(1_000, ID, 'generating')],
	tooManyImages: [errors.tooManyImages('Reference Images', 5, 3)],
	unforeseen: [errors.unforeseen(new Error('It broke')), errors.unforeseen('It broke', ID)],
	urlNotUsable: [errors.urlNotUsable('First Frame', 'ftp://example.com/a.png')],
	urlWithoutScheme: [errors.urlWithoutScheme('First Frame', 'example.com/a.jpg')],
	videoUrlUnusable: [errors.videoUrlUnusable(ID, 'completed')],
	withGeneration: [errors.withGeneration(errors.badKey('Unauthorized'), ID)],
	withOthersInFlight: [errors.withOthersInFlight(errors.badKey('Unauthorized'), [ID, 'gen-2'])],
};
const NO_BUILDERS = ['VeoError', 'asVeoError', 'shownValue', 'textOf', 'toNodeError'];

test('each builder is here', () => {
	expect(Object.keys(MESSAGES).sort()).toEqual(
		Object.keys(errors)
			.filter((name) => !NO_BUILDERS.includes(name))
			.sort(),
	);
});

const ALL = Object.entries(MESSAGES).flatMap(([name, list = []]) =>
	list.map((error) => [name, error] as const),
);

describe.each(ALL)('%s', (name, error) => {
	const { message } = error;
	const { description } = error.details;

	test('says what happened in one clear line', () => {
		expect(message).toMatch(/^['A-Z].{9,149}[^.!…:\s]$/);
		expect(message).not.toMatch(/error|problem|failure|mistake/i);
		expect(message).not.toMatch(/undefined|null|NaN|\[object|\s\s/);
	});

	test('says how to go on', () => {
		expect(description).toMatch(
			/\b(use|enter|choose|check|correct|describe|let|lower|make|remove|run|change|look|open|report|top up)\b|Nothing was/i,
		);
		expect(description).not.toMatch(/\b(error|problem|failure|mistake)/i);
		expect(description).not.toMatch(/undefined|null|NaN|\[object|\s\s|\.\.|\?\.|!\./);
	});

	test('ends with a full stop, or with an address that can be clicked', () => {
		expect(description).toMatch(/\.$|https:\/\/\S+\w$/);
	});

	test('keeps ids and addresses out of the message', () => {
		expect(message).not.toMatch(/https?:|gen-/);
		if (name !== 'maybeAccepted') expect(message).not.toContain(SENT);
	});

	test('names the generation and the address that it holds', () => {
		for (const detail of [error.details.generationId, error.details.url]) {
			if (detail !== undefined) expect(description).toContain(detail);
		}
	});

	test("reaches the user as it is, through n8n's own classes", () => {
		const nodeError = toNodeError(NODE, error, 3);
		expect(nodeError.message).toBe(`${message} [item 3]`);
		expect(nodeError.description).toBe(description);
		expect(nodeError.context.itemIndex).toBe(3);
		if (error.details.httpCode === undefined) {
			expect(nodeError).toBeInstanceOf(NodeOperationError);
		} else {
			expect(nodeError).toBeInstanceOf(NodeApiError);
			expect((nodeError as NodeApiError).httpCode).toBe(String(error.details.httpCode));
		}
	});
});

test('long values are shortened', () => {
	const long = 'x'.repeat(200);
	for (const text of [
		errors.operationUnknown(long).message,
		errors.settingNotTaken('Seed', long, [], 'm').message,
		errors.mediaNotUnderstood('First Frame', long, []).details.description,
	]) {
		expect(text).toContain(`${'x'.repeat(77)}…`);
		expect(text).not.toContain('x'.repeat(78));
	}
	expect(errors.operationUnknown('x'.repeat(80)).message).toContain('x'.repeat(80));
});

test('only what every item would meet ends the run, and only what is free is struck out', () => {
	const having = (key: 'endsRun' | 'notCharged') => [
		...new Set(ALL.filter(([, { details }]) => details[key]).map(([name]) => name)),
	];
	expect(having('endsRun').sort()).toEqual([
		'badKey',
		'credentialUnusable',
		'noCredits',
		'redirected',
		'withGeneration',
		'withOthersInFlight',
	]);
	expect(having('notCharged').sort()).toEqual(['generationFailed', 'noVideo']);
});

test('parameterUnreadable keeps ours', () => {
	const own = errors.promptMissing();
	expect(errors.parameterUnreadable(own)).toBe(own);
});

test('withGeneration leaves alone what names its generation already', () => {
	const own = errors.timedOut(5, 'gen-1', 'queued');
	expect(errors.withGeneration(own, 'gen-2')).toBe(own);
});

test('withOthersInFlight leaves alone what is alone', () => {
	const own = errors.promptMissing();
	expect(errors.withOthersInFlight(own, [])).toBe(own);
});

test('asVeoError keeps ours and names the cause of others', () => {
	const own = errors.promptMissing();
	expect(asVeoError(own, ID)).toBe(own);
	const other = asVeoError(new RangeError('Out of range'), ID);
	expect(other.message).toBe('The node could not go on: Out of range');
	expect(other.details.description).toContain(ID);
	expect(other.details.generationId).toBe(ID);
});

test('textOf', () => {
	expect(textOf('plain')).toBe('plain');
	expect(textOf(new TypeError('typed'))).toBe('typed');
	for (const cause of [undefined, null, {}, 5, new Error('')]) {
		expect(textOf(cause)).toBe('unknown cause');
	}
});

test.each([
	['text', 'text'],
	[5, '5'],
	[null, 'null'],
	[{ a: 1 }, '{"a":1}'],
	[['a'], '["a"]'],
	[{ toJSON: () => undefined }, 'an object'],
])('shownValue(%p)', (value, shown) => {
	expect(shownValue(value)).toBe(shown);
});

test('a VeoError has a name of its own', () => {
	expect(new VeoError('x', { description: 'y' })).toMatchObject({ name: 'VeoError', message: 'x' });
});
