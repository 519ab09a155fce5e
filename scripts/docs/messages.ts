/** All messages of AI/ML API Veo as the node shows them, and advice on the most frequent ones. */
import * as api from '../../nodes/AimlVeo/shared/messages/api';
import * as cost from '../../nodes/AimlVeo/shared/messages/cost';
import * as generation from '../../nodes/AimlVeo/shared/messages/generation';
import * as input from '../../nodes/AimlVeo/shared/messages/input';
import * as run from '../../nodes/AimlVeo/shared/messages/run';
import { table } from './markdown';
import { HINTS, SAMPLES } from './samples';
import type { MessageName } from './samples';

/** The parts of the document, and the builders whose messages each of them shows. */
const GROUPS: ReadonlyArray<readonly [title: string, builders: object]> = [
	['Before anything is paid', input],
	['Prices and limits', cost],
	['Answers of the API', api],
	['While a video is generated and downloaded', generation],
	['The whole run', run],
];

interface Advice {
	readonly cause: string;
	/** The README shows it, too. */
	readonly wayOut: string;
}

/** What the most frequent messages cannot say themselves. */
const ADVICE: Readonly<Partial<Record<MessageName, Advice>>> = {
	expressionNotResolved: {
		cause:
			'The field is set to Fixed, or an earlier node passed on a template without filling it in.',
		wayOut: 'Click Expression above the field. The preview then shows the value.',
	},
	mediaMissing: {
		cause: 'The model needs an image or a video that the item does not have.',
		wayOut: 'Fill in the field, or choose a model that does not need it.',
	},
	mediaNotUnderstood: {
		cause: 'The text is not a URL, and the item has no binary field with this name.',
		wayOut: 'Copy the name of the field from the Binary tab of the previous node.',
	},
	sharePage: {
		cause: 'Share links are made for people: they open a page, not the file.',
		wayOut: 'Download the file in n8n, or use a direct link.',
	},
	formatNotTaken: {
		cause: 'The content of the file decides, even if its name ends in .jpg.',
		wayOut: 'Convert the file, for example with an online service.',
	},
	overMaxCost: {
		cause:
			'All items together cost more than the limit. The rounds of a loop in the same execution are added up.',
		wayOut: 'Raise the limit, or generate fewer or cheaper videos.',
	},
	overBalance: {
		cause: 'Max Cost (USD) is set, and all items together cost more than the account holds.',
		wayOut: 'Top up, or generate fewer or cheaper videos.',
	},
	badKey: {
		cause: 'The key was mistyped, deleted, or replaced.',
		wayOut:
			'Paste a key from the list in your account into the credential, and save. n8n tests it for free.',
	},
	noCredits: {
		cause: 'The key is valid, but the account is empty.',
		wayOut: 'Top up, then retry the execution. It buys only what is not paid for yet.',
	},
	maybeAccepted: {
		cause:
			'The request was sent, but no answer arrived. The API has no idempotency key, so sending the request again could mean paying twice.',
		wayOut:
			"Retry the execution in a few minutes, or find the video with Get Many Videos. A retry checks the account's usage log before it sends anything again.",
	},
	timedOut: {
		cause: 'The generation takes longer than Timeout. It continues.',
		wayOut: 'Retry the execution, or use Get Video. Neither pays again.',
	},
	generationFailed: {
		cause: 'The model could not generate the video, or the generation was canceled or expired.',
		wayOut:
			'Change what the reason names. A retry submits the request again, unless the API reports a charge.',
	},
	noVideo: {
		cause:
			"Google's safety filter does not say what it objects to. Often it is real people, brands, or violence.",
		wayOut: 'Rephrase the prompt, or use other images.',
	},
	downloadGivenUp: {
		cause:
			'n8n could not reach the server that hosts the video, or the server ended the download early.',
		wayOut: 'Use Get Video later, or open the URL in a browser. The URL does not work forever.',
	},
};

const isAdvised = (name: string): name is keyof typeof ADVICE => name in ADVICE;

const escaped = (text: string) => text.replace(/[<>*_]/g, (character) => `\\${character}`);

/** Additions to other messages are named by what they add. */
const HEADINGS: Readonly<Partial<Record<string, string>>> = {
	withPaid: 'Any message, when other items are paid for',
	withGeneration: 'Any message, while a video is being generated',
};

type Entry = readonly [name: string, samples: (typeof SAMPLES)[MessageName]];

const headingOf = ([name, samples]: Entry) =>
	escaped(HEADINGS[name] ?? samples[0]?.message ?? name);

function asSection(entry: Entry): string {
	const [name, samples] = entry;
	const texts = [...new Set(samples.map(({ details }) => details.description))];
	const status = samples[0]?.details.httpCode;
	const isSaid = status === undefined || texts.some((text) => text.includes(`HTTP ${status}`));
	const advice = isAdvised(name) ? ADVICE[name] : undefined;
	return [
		`### ${headingOf(entry)}`,
		...(isSaid ? [] : [`HTTP status ${status}:`]),
		...texts.map((description) => `> ${escaped(description)}`),
		...(advice ? [`- Cause: ${advice.cause}\n- What to do: ${advice.wayOut}`] : []),
	].join('\n\n');
}

/** All messages, for docs/messages.md. */
export const messageList = (): string =>
	GROUPS.flatMap(([title, builders]) => [
		`## ${title}`,
		...Object.entries(SAMPLES)
			.filter(([name]) => name in builders)
			.map(asSection),
	]).join('\n\n');

/** The sentences of the hint above the output. */
export const hintList = (): string =>
	Object.values(HINTS)
		.flatMap(([text = '']) => `- ${text}`)
		.join('\n');

/** The most frequent messages, for the README. */
export function troubleshootingTable(): string {
	const rows = Object.entries(SAMPLES).flatMap((entry) => {
		const [name] = entry;
		const advice = isAdvised(name) ? ADVICE[name] : undefined;
		return advice ? [[headingOf(entry), advice.wayOut]] : [];
	});
	return table(['n8n shows', 'What to do'], rows);
}
