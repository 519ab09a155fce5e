/** Compares the answers about one generation with what is assumed: to the request, to the checks, at the end. */
import { readOutcome, readReason } from '../../nodes/AimlVeo/api/responses';
import { asNumber, asObject, asText } from '../../nodes/AimlVeo/shared/values';
import { OPTIONS } from '../../nodes/AimlVeo/catalogue/parameters';
import type { Answer } from '../exchange';
import { shapeOf } from './notes';
import type { Part } from './notes';
import { inSeconds } from './context';

/** The node's own 'Timeout', if none is chosen. */
const SOON_MS = OPTIONS.timeout.fallback * 1_000;
const RUNNING_STATES = ['queued', 'generating', 'waiting', 'active'];

/** What was seen until the end, or until it was too late. */
export interface Watched {
	/** Each state once, in order. */
	states: string[];
	/** The last answer. */
	answer?: Answer;
	lastRunningAtMs: number;
	notFound: number;
	unanswered: number;
	isLoggedEarly: boolean;
	/** Checks that found it completed, but no video. */
	withoutVideo: number;
}

/** The address of the video, in both shapes that the vendor's own client reads. */
export function urlOf(video: unknown): string | undefined {
	return asText(asObject(Array.isArray(video) ? (video[0] as unknown) : video)?.url);
}

/** The generation ID; undefined when the request is not accepted. */
export function noteAcceptance(
	part: Part,
	answer: Answer,
	clientRequestId: string,
): string | undefined {
	const { id, status } = asObject(answer.body) ?? {};
	const word = asText(status) ?? 'no status';
	const inferenceId = answer.headers['x-inference-id'];
	part.check(
		'request',
		'HTTP 200 or 201, with an ID and the status queued',
		`HTTP ${answer.status}, ${asText(id) ? 'an ID' : 'no ID'}, ${word}`,
		[200, 201].includes(answer.status) && asText(id) !== undefined && word === 'queued',
	);
	if (asText(id) === undefined) {
		part.note('reason', readReason(answer.body) ?? shapeOf(answer.body));
		return undefined;
	}
	part.note('form of the ID', String(id).replace(/[\da-f]{8}-[\da-f-]{27}/gi, '[uuid]'));
	part.check(
		'header x-inference-id',
		'the ID',
		inferenceId === id ? 'the ID' : inferenceId === undefined ? 'absent' : 'another ID',
		inferenceId === id,
	);
	const echoed = answer.headers['x-client-request-id'];
	part.check(
		'header X-Client-Request-Id',
		'what was sent',
		echoed === clientRequestId ? 'what was sent' : echoed === undefined ? 'absent' : 'another',
		echoed === clientRequestId,
	);
	return asText(id);
}

export function noteWatched(part: Part, watched: Watched, id: string, tookMs: number): void {
	const { states, answer, notFound, unanswered, isLoggedEarly, withoutVideo } = watched;
	const body = asObject(answer?.body) ?? {};
	const hasEnded = readOutcome(body).kind !== 'running';
	const isKnown = (state: string, index: number) =>
		index === states.length - 1 ? state === 'completed' : RUNNING_STATES.includes(state);
	part.check(
		'states',
		`${RUNNING_STATES.join(', ')}; at the end completed`,
		states.join(', '),
		states.every(isKnown),
	);
	part.note('ID after the request', notFound > 0 ? `HTTP 404, ${notFound} times` : 'known at once');
	if (unanswered > 0) part.note('checks without an answer', String(unanswered));
	part.check(
		'time',
		`at most ${inSeconds(SOON_MS)}`,
		hasEnded ? inSeconds(tookMs) : `no end after ${inSeconds(tookMs)}`,
		hasEnded && tookMs <= SOON_MS,
	);
	const isSame = body.id === id;
	part.check('ID of the check', 'the same', isSame ? 'the same' : shapeOf(body.id), isSame);
	part.check(
		'completed without the video',
		'never',
		withoutVideo === 0 ? 'never' : `${withoutVideo} times`,
		withoutVideo === 0,
	);
	part.check(
		'usage log before the end',
		'no row',
		isLoggedEarly ? 'a row' : 'no row',
		!isLoggedEarly,
	);
}

/** What the finished answer gives. */
export function noteCompletion(part: Part, answer: Answer): { url?: string; chargedUsd?: number } {
	const { video, error, meta } = asObject(answer.body) ?? {};
	const url = urlOf(video);
	const isObject = asObject(video) !== undefined && url !== undefined;
	part.check('shape of video', '{ url }', shapeOf(video), isObject);
	part.check('error beside the video', 'null or absent', shapeOf(error), (error ?? null) === null);
	const usage = asObject(asObject(meta)?.usage);
	const credits = asNumber(usage?.credits_used);
	const usd = asNumber(usage?.usd_spent);
	part.check(
		'usage',
		'{ credits_used, usd_spent }',
		shapeOf(usage),
		credits !== undefined && usd !== undefined,
	);
	const headers = {
		credits: asNumber(answer.headers['x-aimlapi-credits-used']),
		usd: asNumber(answer.headers['x-aimlapi-usd-spent']),
	};
	const agree = (headers.credits ?? credits) === credits && (headers.usd ?? usd) === usd;
	part.check(
		'headers of the usage',
		'absent, or the same as in the body',
		headers.credits === undefined && headers.usd === undefined
			? 'absent'
			: agree
				? 'the same'
				: `${String(headers.credits)} credits, $${String(headers.usd)}`,
		agree || usage === undefined,
	);
	const chargedUsd = usd ?? headers.usd;
	return { ...(url && { url }), ...(chargedUsd !== undefined && { chargedUsd }) };
}
