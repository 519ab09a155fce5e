/**
 * A sample of every message of AI/ML API Veo, one for each of its variants. The documents show them, and
 * the unit tests check them; the compiler asks for the sample of a new message.
 */
import * as errors from '../../nodes/AimlVeo/shared/messages';
import * as hints from '../../nodes/AimlVeo/shared/messages/hints';
import type { ItemError } from '../../nodes/AimlVeo/shared/errors';

/** What the folder exports besides the builders of messages: the last two are texts for AI agents. */
export const NO_BUILDERS = ['asItemError', 'forAgents', 'notReadyYet'] as const;
export type MessageName = Exclude<keyof typeof errors, (typeof NO_BUILDERS)[number]>;

export const ID = '9fa414f4-9733-46c8-a88c-ae46206f5e47:google/veo-3.1-t2v';
export const OTHER_ID = '2b7c1e80-5d3a-4f6b-9c21-7e4d0a8f6b13:google/veo-3.1-t2v';
export const LINK = 'https://cdn.aimlapi.com/video/output.mp4';
/** The client request ID of a submission. */
export const REQUEST = 'n8n.4711.0.0.1a2b3c4d-5e6f7a8b';
const MODEL = 'Veo 3.1 First and Last Frame';

const paid = (ids: string[] = [], unanswered: string[] = []) => ({ ids, unanswered });

export const SAMPLES: Readonly<Record<MessageName, readonly ItemError[]>> = {
	parameterUnreadable: [
		errors.parameterUnreadable(new Error("Node 'Form' hasn't been executed")),
		errors.parameterUnreadable(
			Object.assign(new Error('invalid syntax'), { context: { parameter: 'prompt' } }),
		),
	],
	operationUnknown: [errors.operationUnknown('cancel')],
	modelMissing: [errors.modelMissing()],
	promptMissing: [errors.promptMissing()],
	notText: [errors.notText('Prompt')],
	textHoldsObject: [errors.textHoldsObject('Prompt')],
	expressionNotResolved: [errors.expressionNotResolved('Prompt', '{{ $json.animal }}')],
	mediaMissing: [
		errors.mediaMissing('Last Frame', MODEL, ['photo', 'clip']),
		errors.mediaMissing('Last Frame', MODEL, []),
	],
	mediaNotTaken: [errors.mediaNotTaken('First Frame', 'Veo 3.1 Text to Video', [MODEL])],
	mediaNotUnderstood: [errors.mediaNotUnderstood('First Frame', 'foto', ['photo'])],
	mediaNotUsable: [errors.mediaNotUsable('First Frame')],
	referenceTooLong: [errors.referenceTooLong('Reference', 140, 84)],
	tooManyImages: [errors.tooManyImages('Reference Images', 5, 3)],
	severalFiles: [errors.severalFiles('First Frame', 2)],
	urlNotUsable: [errors.urlNotUsable('First Frame', 'ftp://example.com/photo.png')],
	urlWithoutScheme: [errors.urlWithoutScheme('First Frame', 'example.com/photo.jpg')],
	sharePage: [
		errors.sharePage(
			'First Frame',
			'Google Drive',
			"Download the file with n8n's Google Drive node and enter the name of its binary field",
		),
	],
	privateAddress: [errors.privateAddress('First Frame', '192.168.1.20')],
	dataUriNotUsable: [errors.dataUriNotUsable('First Frame')],
	fileUnreadable: [errors.fileUnreadable('First Frame', 'photo', 'The file was not found')],
	fileUndecided: [errors.fileUndecided('First Frame', ['First', 'Last'])],
	fileWithoutContent: [errors.fileWithoutContent('First Frame')],
	fileNotKept: [errors.fileNotKept('First Frame', 'photo', ['photo'])],
	fileOfWrongKind: [
		errors.fileOfWrongKind('First Frame', 'image', "'photo'", 'a web page'),
		errors.fileOfWrongKind('Source Video', 'video', "'clip'", 'image/png'),
	],
	formatNotTaken: [
		errors.formatNotTaken(
			'First Frame',
			'image',
			"'photo'",
			'HEIC from an iPhone',
			'Convert it to JPEG before this node',
		),
		errors.formatNotTaken(
			'Source Video',
			'video',
			"'clip'",
			'AVI',
			'Convert it to MP4 before this node',
		),
	],
	fileTooLarge: [errors.fileTooLarge('First Frame', 21, 20)],
	settingNotTaken: [errors.settingNotTaken('Duration', '5', [4, 6, 8], MODEL)],
	settingOfWrongType: [
		errors.settingOfWrongType('Seed', 'soon', 'integer'),
		errors.settingOfWrongType('Generate Audio', 'maybe', 'boolean'),
		errors.settingOfWrongType('Negative Prompt', '["blurry"]', 'string'),
	],
	optionOutOfRange: [errors.optionOutOfRange('Timeout', '0', 'a number from 1 to 86400')],
	generationIdMissing: [errors.generationIdMissing()],
	credentialUnusable: [errors.credentialUnusable("'API Key' in the credential is empty")],
	periodTooLong: [errors.periodTooLong(93, 92)],
	periodReversed: [errors.periodReversed()],
	dateNotUnderstood: [errors.dateNotUnderstood('After', 'soon')],

	overMaxCost: [
		errors.overMaxCost('$8.00', '$5.00', 'items 0-1: $4.00 each'),
		errors.overMaxCost('$8.00', '$5.00', 'item 0: $4.00', '$4.00'),
	],
	overBalance: [errors.overBalance('$8.00', '$5.00', 'items 0-1: $4.00 each')],
	priceUnknown: [errors.priceUnknown('google/veo-9', 'The catalog says that its price varies', 0)],
	optionEmpty: [errors.optionEmpty('Max Cost (USD)')],

	badKey: [errors.badKey('Invalid API key')],
	noCredits: [errors.noCredits("You've run out of credits")],
	notAllowed: [errors.notAllowed('Forbidden')],
	requestRefused: [
		errors.requestRefused(400, 'duration: Invalid enum value'),
		errors.requestRefused(404, 'HTTP 404'),
	],
	requestTooLarge: [
		errors.requestTooLarge('HTTP 413'),
		errors.requestTooLarge('Body exceeds 10 MB'),
	],
	blockedOnTheWay: [
		errors.blockedOnTheWay(403, 'HTTP 403'),
		errors.blockedOnTheWay(407, 'Proxy Authentication Required'),
	],
	redirected: [errors.redirected(302)],
	notReached: [
		errors.notReached('The connection was refused'),
		errors.notReached("The server's certificate was not accepted", true),
	],
	rateLimited: [errors.rateLimited(1_000), errors.rateLimited(0)],
	maybeAccepted: [
		errors.maybeAccepted(REQUEST, 'The connection was lost'),
		errors.maybeAccepted(REQUEST, 'An earlier try of this execution has already sent it', {
			isOld: true,
		}),
	],
	noRecentVideo: [errors.noRecentVideo(7)],
	crashUnclear: [errors.crashUnclear('4711', 'The server did not answer in time')],
	logUnreadable: [errors.logUnreadable('The server did not answer in time')],

	timedOut: [
		errors.timedOut(1_000, ID, 'generating'),
		errors.timedOut(1_000, ID, 'queued', 'Waiting for capacity'),
	],
	generationUnknown: [errors.generationUnknown(ID)],
	checkRefused: [errors.checkRefused(ID, 400, 'generation_id: Invalid')],
	answerUnreadable: [
		errors.answerUnreadable(ID, 'The server answered with HTTP 502 ("Bad Gateway")'),
	],
	generationFailed: [
		errors.generationFailed(ID, 'error', 'The input image could not be processed'),
		errors.generationFailed(ID, 'error'),
		errors.generationFailed(ID, 'canceled'),
		errors.generationFailed(ID, 'error', 'The input image could not be processed', true),
		errors.generationFailed(ID, 'expired', undefined, true),
	],
	noVideo: [
		errors.noVideo(ID, 'completed'),
		errors.noVideo(ID, 'completed', 'Blocked by the content filter'),
	],
	videoUrlUnusable: [errors.videoUrlUnusable(ID, 'completed')],
	downloadGivenUp: [errors.downloadGivenUp(ID, 'completed', LINK, 4, 'The download stalled')],
	storeRefused: [errors.storeRefused(ID, 'completed', LINK, 'No space left on device')],

	stopped: [
		errors.stopped(paid()),
		errors.stopped(paid([ID])),
		errors.stopped(paid([], [REQUEST])),
		errors.stopped(paid([ID, OTHER_ID], [REQUEST])),
	],
	withPaid: [
		errors.withPaid(errors.promptMissing(), paid([ID], [REQUEST])),
		errors.withPaid(errors.promptMissing(), paid([], [REQUEST])),
		errors.withPaid(errors.badKey('Invalid API key'), paid([ID, OTHER_ID])),
		errors.withPaid(errors.requestRefused(400, 'duration: Invalid enum value'), paid([ID])),
		errors.withPaid(errors.generationFailed(ID, 'error'), paid([ID, OTHER_ID])),
	],
	withGeneration: [errors.withGeneration(errors.badKey('Invalid API key'), ID)],
	unforeseen: [
		errors.unforeseen(new Error('Unexpected end'), ID),
		errors.unforeseen('Unexpected end'),
	],
};

/** The sentences that the hint above the output is made of. */
export const HINTS: Readonly<Record<keyof typeof hints, readonly string[]>> = {
	delivered: [
		hints.delivered(3, '$3.60', 3, 94),
		hints.delivered(3, '$2.40', 2, 94),
		hints.delivered(2, '$1.20', 1, 94),
	],
	requested: [hints.requested(3, '$3.60')],
	foundInLedger: [
		hints.foundInLedger(2, 10),
		hints.foundInLedger(1, 10),
		hints.foundInLedger(10, 10),
		hints.foundInLedger(1, 1),
	],
	foundAtApi: [hints.foundAtApi(2, 10), hints.foundAtApi(1, 1)],
	requestedOtherwise: [hints.requestedOtherwise([0]), hints.requestedOtherwise([1, 3])],
	endedWithoutVideo: [hints.endedWithoutVideo([4]), hints.endedWithoutVideo([4, 5, 6, 9])],
	couldNotBeGenerated: [hints.couldNotBeGenerated([2]), hints.couldNotBeGenerated([2, 7])],
	settingsLeftOut: [
		hints.settingsLeftOut(
			new Map([
				['Seed', [0, 1, 2]],
				['Negative Prompt', [2]],
			]),
		),
	],
	wouldCost: [hints.wouldCost(50, '$60.00', 0), hints.wouldCost(1, '$1.20', 2)],
	wouldBeLeft: [hints.wouldBeLeft('$75.50', '$15.50')],
	wouldBeMissing: [hints.wouldBeMissing('$50.00', '$10.00')],
};
