/**
 * Every message of the node with its cause and the way out. The messages themselves are made by calling
 * the builders in nodes/AimlVeo/shared/messages; what is written here is what only a person knows.
 */
import * as errors from '../../nodes/AimlVeo/shared/messages';
import type { ItemError } from '../../nodes/AimlVeo/shared/errors';
import { MODELS } from '../../nodes/AimlVeo/catalogue/models';
import { table } from './markdown';

/** What the folder exports besides the builders of messages for people. */
const OTHERS = ['asItemError', 'notReadyYet'] as const;
type MessageName = Exclude<keyof typeof errors, (typeof OTHERS)[number]>;

interface Entry {
	/** The message as it looks, once for each of its ways to speak. */
	readonly samples: readonly ItemError[];
	readonly cause: string;
	readonly wayOut: string;
	/** Whether the README shows it too. */
	readonly often?: boolean;
}

const ID = '9fa414f4-9733-46c8-a88c-ae46206f5e47:google/veo-3.1-t2v';
const LINK = 'https://cdn.aimlapi.com/video/output.mp4';
const SENT = 'n8n.4711.0.0.1a2b3c4d-5e6f7a8b';
const MODEL = MODELS[0]?.name ?? '';

const GROUPS: ReadonlyArray<readonly [string, Readonly<Partial<Record<MessageName, Entry>>>]> = [
	[
		'Before anything is paid',
		{
			parameterUnreadable: {
				samples: [errors.parameterUnreadable(new Error("Node 'Form' hasn't been executed"))],
				cause: 'n8n itself could not work out an expression.',
				wayOut: 'Open the parameter, look at the preview of the expression, and mend it there.',
			},
			modelMissing: {
				samples: [errors.modelMissing()],
				cause: 'Model is an expression that gave nothing.',
				wayOut: 'Choose a model from the list, or let the expression give one of its IDs.',
			},
			operationUnknown: {
				samples: [errors.operationUnknown('cancel')],
				cause: 'The workflow was written or edited outside the editor.',
				wayOut: 'Open the node and choose an operation.',
			},
			promptMissing: {
				samples: [errors.promptMissing()],
				cause: 'The prompt is empty, or its expression gave nothing for this item.',
				wayOut:
					'StatusCheck at the incoming item: the field may have another name, or be missing in some items.',
			},
			notText: {
				samples: [errors.notText('Prompt')],
				cause: 'An expression gave something that is neither text nor JSON.',
				wayOut: 'Go one step deeper in the expression, to the text inside the object.',
			},
			textHoldsObject: {
				samples: [errors.textHoldsObject('Prompt')],
				cause:
					'An expression in the middle of a text gave an object, and JavaScript writes it as “object Object” in brackets.',
				wayOut:
					'Go one step deeper in the expression, or put `JSON.stringify(…)` around it. An object as the whole prompt needs neither: it is sent as JSON.',
			},
			expressionNotResolved: {
				samples: [errors.expressionNotResolved('Prompt', '{{ $json.animal }}')],
				cause:
					'The field is set to Fixed, or an earlier node handed on a template that it did not fill in.',
				wayOut: 'Click Expression above the field; the preview then shows the value.',
				often: true,
			},
			mediaNotTaken: {
				samples: [errors.mediaNotTaken('First Frame', 'Veo 3.1 Text to Video', [MODEL])],
				cause:
					'Model is an expression, so all fields are shown; one is filled in that this model cannot use.',
				wayOut: 'Let the expression of the field give nothing for such models, or choose another.',
			},
			severalFiles: {
				samples: [errors.severalFiles('First Frame', 2)],
				cause: 'The field of an earlier node, such as an attachment column, holds several files.',
				wayOut: 'Choose one: `{{ $json.Photos[0] }}`.',
			},
			fileUndecided: {
				samples: [errors.fileUndecided('First Frame', ['First', 'Last'])],
				cause:
					'In its in-memory mode n8n leaves the content out of `$binary`. Phones call every photo `image.jpg`, so the descriptions can be the same.',
				wayOut: 'Enter the name of the binary field without an expression.',
			},
			fileWithoutContent: {
				samples: [errors.fileWithoutContent('First Frame')],
				cause:
					'The expression describes a file that another node has or had, or a file of an online drive.',
				wayOut: 'Download the file first, or refer to the item of the node that holds it.',
			},
			fileNotKept: {
				samples: [errors.fileNotKept('First Frame', 'photo', ['photo'])],
				cause: 'A Code node made the binary data by hand, as plain Base64 or without a type.',
				wayOut: 'Let it use `this.helpers.prepareBinaryData(buffer, fileName, mimeType)`.',
			},
			formatNotTaken: {
				samples: [
					errors.formatNotTaken(
						'First Frame',
						'image',
						"'photo'",
						'HEIC from an iPhone',
						'Convert it to JPEG before this node',
					),
				],
				cause: 'The name may end in .jpg all the same: the content decides.',
				wayOut: 'Convert the file, for example with a node of an image service.',
				often: true,
			},
			urlWithoutScheme: {
				samples: [errors.urlWithoutScheme('First Frame', 'example.com/photo.jpg')],
				cause: 'A browser adds https:// by itself; the API does not.',
				wayOut: 'Write it in front of the address.',
			},
			sharePage: {
				samples: [
					errors.sharePage(
						'First Frame',
						'Google Drive',
						"Download the file with n8n's Google Drive node and enter the name of its binary field",
					),
				],
				cause: 'Share links are made for people: they open a page, not the file.',
				wayOut: 'Download the file in n8n, or use a direct link.',
				often: true,
			},
			privateAddress: {
				samples: [errors.privateAddress('First Frame', '192.168.1.20')],
				cause: 'Your n8n can open the address, the API cannot: it is elsewhere.',
				wayOut: 'Fetch the file in n8n with an HTTP Request node.',
			},
			mediaMissing: {
				samples: [errors.mediaMissing('Last Frame', MODEL, ['photo'])],
				cause: 'The model needs a picture or a video that the item does not bring.',
				wayOut:
					'Enter it, or choose a model that does without it: the README has a table of models.',
				often: true,
			},
			tooManyImages: {
				samples: [errors.tooManyImages('Reference Images', 5, 3)],
				cause:
					'More reference images than the API takes; a list out of an expression may be longer than expected.',
				wayOut: 'Shorten the list, for example with `.slice(0, 3)` in the expression.',
			},
			mediaNotUnderstood: {
				samples: [errors.mediaNotUnderstood('First Frame', 'foto', ['photo'])],
				cause:
					'The text is no address, and the item has no binary field of that name. Names of binary fields are case-sensitive.',
				wayOut: 'Copy the name of the field from the Binary tab of the node before.',
				often: true,
			},
			mediaNotUsable: {
				samples: [errors.mediaNotUsable('First Frame')],
				cause: 'An expression gave a number, a list or an object that is no file.',
				wayOut: 'Let it give text, or the binary object itself.',
			},
			urlNotUsable: {
				samples: [errors.urlNotUsable('First Frame', 'ftp://example.com/photo.png')],
				cause:
					'The API fetches the file itself, and can do so only over the web and without a login.',
				wayOut:
					'Fetch the file in n8n with an HTTP Request node and enter the name of its binary field.',
			},
			dataUriNotUsable: {
				samples: [errors.dataUriNotUsable('First Frame')],
				cause: 'The data URI was cut off, or is not Base64.',
				wayOut: 'Make it anew, or hand the file on as a binary field.',
			},
			fileUnreadable: {
				samples: [errors.fileUnreadable('First Frame', 'photo', 'The file was not found')],
				cause: "The file is no longer in n8n's storage; old executions are pruned.",
				wayOut: 'Run the workflow from the node that makes the file.',
			},
			fileOfWrongKind: {
				samples: [
					errors.fileOfWrongKind('First Frame', 'image', "'photo'", 'a web page'),
					errors.fileOfWrongKind('Source Video', 'video', "'clip'", 'image/png'),
				],
				cause:
					'The content is not what the field takes, whatever its name says. A web page usually means that a download needed a login.',
				wayOut: 'StatusCheck at the file in the node before, and convert or fetch it rightly.',
			},
			fileTooLarge: {
				samples: [errors.fileTooLarge('First Frame', 21, 20)],
				cause: 'Files out of binary fields travel inside the request, which has a limit.',
				wayOut:
					'Scale the picture down with an Edit Image node, or upload it and enter its address.',
			},
			settingNotTaken: {
				samples: [errors.settingNotTaken('Duration', '5', [4, 6, 8], MODEL)],
				cause: 'Each model takes its own values; an expression gave another one.',
				wayOut: 'Choose one of the values that the message lists.',
			},
			settingOfWrongType: {
				samples: [
					errors.settingOfWrongType('Seed', 'soon', 'integer'),
					errors.settingOfWrongType('Generate Audio', 'maybe', 'boolean'),
					errors.settingOfWrongType('Negative Prompt', '["blurry"]', 'string'),
				],
				cause: 'An expression gave something that cannot be turned into what the setting takes.',
				wayOut: 'Convert it in the expression.',
			},
			optionOutOfRange: {
				samples: [errors.optionOutOfRange('Timeout', '0', 'a number from 1 to 86400')],
				cause: 'The value lies outside of what makes sense for the option.',
				wayOut: 'Enter a value in the range that the message gives.',
			},
			generationIdMissing: {
				samples: [errors.generationIdMissing()],
				cause: 'Get Video has nothing to ask for.',
				wayOut: 'Use `{{ $json.id }}` behind Create Video or Get Many Videos.',
			},
			credentialUnusable: {
				samples: [errors.credentialUnusable("'API Key' of the credential is empty")],
				cause: 'The credential was saved incomplete.',
				wayOut: 'Fill it in and save it; n8n tests it at once.',
			},
		},
	],
	[
		'Prices',
		{
			overMaxCost: {
				samples: [errors.overMaxCost('$8.00', '$5.00', 'items 0-1: $4.00 each')],
				cause:
					'The prices of all items together are above the limit. Rounds of a loop in the same execution count together.',
				wayOut: 'Raise the limit if you mean it; else send less.',
				often: true,
			},
			priceUnknown: {
				samples: [
					errors.priceUnknown('google/veo-9', 'The catalogue says that its price varies', 0),
				],
				cause:
					"The vendor's catalogue has no fixed price for this request, or could not be read. A limit that cannot be checked is not passed over.",
				wayOut: 'Set what the message says is missing, or remove the limit.',
			},
			maxCostEmpty: {
				samples: [errors.maxCostEmpty()],
				cause:
					'The limit is an expression that gave nothing. A limit must not fall silent, so nothing is bought.',
				wayOut: 'Mend the expression.',
			},
		},
	],
	[
		'Answers of the API',
		{
			badKey: {
				samples: [errors.badKey('Invalid API key')],
				cause: 'The key was mistyped, deleted or replaced.',
				wayOut:
					'Open the credential, paste a key that is in the list of your account, and save: n8n tests it without cost.',
				often: true,
			},
			noCredits: {
				samples: [errors.noCredits("You've run out of credits. Please top up")],
				cause: 'The key is right; the account is empty.',
				wayOut: 'Top up, then retry the execution: it buys only what it has not bought.',
				often: true,
			},
			notAllowed: {
				samples: [errors.notAllowed('Forbidden')],
				cause: 'The key or the plan of the account does not cover this model.',
				wayOut: 'Try another model, or ask the vendor.',
			},
			requestRefused: {
				samples: [errors.requestRefused(400, 'duration: Invalid enum value')],
				cause: "The vendor's own check found something; some rules are not in its documents.",
				wayOut: 'Change the field that the answer names. The request is free until it is accepted.',
				often: true,
			},
			requestTooLarge: {
				samples: [errors.requestTooLarge('HTTP 413')],
				cause:
					'Pictures and videos out of binary fields travel inside the request, and the server or a proxy before it takes less than that.',
				wayOut:
					'Scale the pictures down with an Edit Image node, upload them and enter their addresses, or raise the limit of your own proxy.',
			},
			blockedOnTheWay: {
				samples: [
					errors.blockedOnTheWay(403, 'HTTP 403'),
					errors.blockedOnTheWay(407, 'Proxy Authentication Required'),
				],
				cause:
					'A web page or a bare text came where the API answers in JSON: a proxy, a firewall or the sign-in page of a network did not let the request through. The API key is not at fault.',
				wayOut:
					'Let the host of Base URL pass, or give n8n the password of the proxy (environment variable `HTTPS_PROXY`).',
			},
			redirected: {
				samples: [errors.redirected(302)],
				cause:
					'Base URL points to something that sends the caller elsewhere, such as a login page.',
				wayOut: 'Enter the final address, with https.',
			},
			notReached: {
				samples: [
					errors.notReached('The connection was refused'),
					errors.notReached("The server's certificate was not accepted", true),
				],
				cause:
					"No request reached the API: no network, a proxy or firewall, a wrong Base URL, a certificate that is not accepted, or n8n's own protection against internal addresses. What may mend itself is tried again until Timeout; the rest is told at once.",
				wayOut: 'Try the address with `curl` from the machine that runs n8n.',
			},
			rateLimited: {
				samples: [errors.rateLimited(1_000)],
				cause:
					'The account may have fewer videos under way than asked for, and none became ready meanwhile.',
				wayOut: 'Nothing is lost: retry the execution later, it goes on where it was.',
			},
			maybeAccepted: {
				samples: [
					errors.maybeAccepted(SENT, 'The connection broke'),
					errors.maybeAccepted(SENT, 'An earlier try of this execution sent it already', {
						isOld: true,
					}),
				],
				cause:
					'The request was sent, and no answer came. The API has no idempotency key, so sending it again could mean paying twice.',
				wayOut:
					'Retry the execution in a few minutes: it looks into the usage log of the account first, and sends the request again only when the log does not hold it an hour later. Or find the video with Get Many Videos.',
				often: true,
			},
		},
	],
	[
		'While waiting',
		{
			timedOut: {
				samples: [
					errors.timedOut(1_000, ID, 'generating'),
					errors.timedOut(1_000, ID, 'queued', 'Waiting for capacity'),
				],
				cause: 'The generation takes longer than the timeout allows. It goes on.',
				wayOut: 'Retry the execution, or fetch the video with Get Video: neither pays again.',
				often: true,
			},
			generationUnknown: {
				samples: [errors.generationUnknown(ID)],
				cause:
					'The ID was cut or mistyped, or belongs to another account. Get Video asks for it for a minute.',
				wayOut: 'Copy the whole ID, with everything behind the colon.',
			},
			checkRefused: {
				samples: [errors.checkRefused(ID, 400, 'generation_id: Invalid')],
				cause: 'The API did not accept the question about the video.',
				wayOut: 'Check the ID; try again later.',
			},
			answerUnreadable: {
				samples: [errors.answerUnreadable(ID, 'The server answered with HTTP 502 ("Bad Gateway")')],
				cause:
					'The API or a gateway before it is disturbed. Get Video without waiting looks once and tells it.',
				wayOut: 'Try again in a few minutes, or switch on Wait for Completion, which rides it out.',
			},
			generationFailed: {
				samples: [
					errors.generationFailed(ID, 'error', 'The input image could not be processed'),
					errors.generationFailed(ID, 'canceled'),
					errors.generationFailed(ID, 'error', 'The input image could not be processed', true),
				],
				cause:
					'The model gave up, for the reason that the vendor states, or the generation was canceled or expired.',
				wayOut:
					'Change what the reason names. A retry of the execution submits it anew, unless the vendor charged it.',
				often: true,
			},
			noVideo: {
				samples: [
					errors.noVideo(ID, 'completed'),
					errors.noVideo(ID, 'completed', 'Blocked by the content filter'),
				],
				cause:
					"Google's safety filter does not say what it dislikes: often real people, brands or violence.",
				wayOut: 'Describe it differently, or use other pictures.',
				often: true,
			},
		},
	],
	[
		'Get Many Videos',
		{
			periodTooLong: {
				samples: [errors.periodTooLong(93, 92)],
				cause: 'The usage log is read in windows of limited length.',
				wayOut: 'List several windows one after another, one item each.',
			},
			periodReversed: {
				samples: [errors.periodReversed()],
				cause: 'The two times are mixed up.',
				wayOut: 'Swap them.',
			},
			dateNotUnderstood: {
				samples: [errors.dateNotUnderstood('After', 'soon')],
				cause: 'The value is no date that n8n understands.',
				wayOut: 'Use an expression such as `{{ $today.minus({ days: 1 }) }}`.',
			},
			logUnreadable: {
				samples: [errors.logUnreadable('The server did not answer in time')],
				cause: 'The usage log did not answer in several attempts.',
				wayOut: 'Run it again; nothing is spent.',
			},
		},
	],
	[
		'When the video is ready',
		{
			videoUrlUnusable: {
				samples: [errors.videoUrlUnusable(ID, 'completed')],
				cause: "The answer holds something else where the video's address belongs.",
				wayOut: 'Ask again with Get Video; if it stays so, write to the vendor with the ID.',
			},
			downloadGivenUp: {
				samples: [errors.downloadGivenUp(ID, 'completed', LINK, 4, 'The download stalled')],
				cause:
					'The server that holds the video could not be reached from this n8n, or cut the download off.',
				wayOut: 'Open the address in a browser, or run Get Video later. Links do not live forever.',
				often: true,
			},
			storeRefused: {
				samples: [errors.storeRefused(ID, 'completed', LINK, 'No space left on device')],
				cause: "n8n's own storage is full, read-only or limited.",
				wayOut: 'Make room, then run Get Video.',
			},
		},
	],
	[
		'The run as a whole',
		{
			stopped: {
				samples: [
					errors.stopped({ ids: [ID], unanswered: [SENT] }),
					errors.stopped({ ids: [], unanswered: [] }),
				],
				cause:
					'Somebody pressed Stop, or a time limit of the workflow or of n8n ended the execution.',
				wayOut:
					'Fetch what is paid for with Get Video. n8n offers no retry of an execution that was canceled, and a new one pays again.',
			},
			withPaid: {
				samples: [errors.withPaid(errors.promptMissing(), { ids: [ID], unanswered: [SENT] })],
				cause:
					'One item ended the node, and others were paid for or may have been. Any message can carry this addition.',
				wayOut:
					'Retry the execution: the others are found, not bought again. With On Error set to continue, one item no longer ends the others.',
			},
			forAgents: {
				samples: [errors.forAgents(errors.timedOut(1_000, ID, 'generating'))],
				cause:
					'An AI Agent called the node as a tool. A model sees nothing but the message, so that the way on and the IDs are in it.',
				wayOut:
					'Nothing: the model reads it, and calls the tool again or gets the video. A call with the same arguments buys nothing twice.',
			},
			withGeneration: {
				samples: [errors.withGeneration(errors.badKey('Invalid API key'), ID)],
				cause:
					'A message about the account came while a video was under way. Any such message can carry this addition.',
				wayOut: 'Mend the account, then run Get Video or retry the execution.',
			},
			unforeseen: {
				samples: [
					errors.unforeseen(new Error('Unexpected end'), ID),
					errors.unforeseen('Unexpected end'),
				],
				cause: 'Something that nobody thought of.',
				wayOut: 'Fetch the video by its ID, and please open an issue.',
			},
		},
	],
];

const ENTRIES = GROUPS.flatMap(([, entries]) => Object.entries(entries)) as Array<[string, Entry]>;

/** Names of builders that nobody has written about. */
export function undocumented(): string[] {
	const names = ENTRIES.map(([name]) => name);
	return Object.keys(errors).filter(
		(name) => !names.includes(name) && !OTHERS.some((other) => other === name),
	);
}

const escaped = (text: string) => text.replace(/[<>*_]/g, (character) => `\\${character}`);

/** Additions to other messages are named by what they add. */
const HEADINGS: Partial<Record<string, string>> = {
	withPaid: 'Any message, with other items that are paid for',
	forAgents: 'Any message, as a model reads it',
	withGeneration: 'Any message, with a generation under way',
};

const headingOf = ([name, { samples }]: [string, Entry]) =>
	HEADINGS[name] ?? samples[0]?.message ?? name;

function asSection(entry: [string, Entry]): string {
	const [name, { samples, cause, wayOut }] = entry;
	const { httpCode } = samples[0]?.details ?? {};
	const answered = httpCode === undefined ? '' : ` (HTTP ${httpCode})`;
	const texts = samples.map(({ message, details }) =>
		name === 'forAgents' ? message : details.description,
	);
	const said = [...new Set(texts)];
	return [
		`### ${escaped(headingOf(entry))}`,
		...said.map((description) => `> ${escaped(description)}`),
		`- Cause: ${cause.replace(/\.$/, '')}${answered}.\n- Way out: ${wayOut}`,
	].join('\n\n');
}

/** All messages, for docs/messages.md. */
export function messageList(): string {
	const missing = undocumented();
	if (missing.length > 0) {
		throw new Error(`scripts/docs/messages.ts says nothing about: ${missing.join(', ')}`);
	}
	return GROUPS.flatMap(([title, entries]) => [
		`## ${title}`,
		...(Object.entries(entries) as Array<[string, Entry]>).map(asSection),
	]).join('\n\n');
}

/** The most frequent messages, for the README. */
export function troubleshootingTable(): string {
	const rows = ENTRIES.filter(([, { often }]) => often).map((entry) => [
		escaped(headingOf(entry)),
		entry[1].wayOut,
	]);
	return table(['n8n says', 'Do this'], rows);
}
