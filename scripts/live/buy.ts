/** Buys one video and watches it to its end. */
import { randomUUID } from 'node:crypto';
import { readOutcome } from '../../nodes/AimlVeo/api/responses';
import { asObject, asText } from '../../nodes/AimlVeo/shared/values';
import { noteAcceptance, noteCompletion, noteWatched, urlOf } from './answers';
import type { Watched } from './answers';
import { logRowOf } from './log';
import type { Purchase } from './purchases';
import { askWithKey, GENERATIONS, ifAnswered, checkPath } from './context';
import type { Bought, Context } from './context';

/** As the vendor's own client. */
const CHECK_EVERY_MS = 10_000;
const GIVE_UP_MS = 1_800_000;
/** A completed generation may get its video a little later. */
const LATE_CHECKS = 3;

async function watch(
	context: Context,
	{ id, clientRequestId, sentAtMs, acceptedAtMs }: Omit<Bought, 'lastRunningAtMs' | 'endedAtMs'>,
): Promise<Watched> {
	const { clock } = context;
	const watched: Watched = {
		states: [],
		lastRunningAtMs: acceptedAtMs,
		notFound: 0,
		unanswered: 0,
		isLoggedEarly: false,
		withoutVideo: 0,
	};
	for (;;) {
		const answer = await ifAnswered(askWithKey(context, { path: checkPath(id) }));
		const body = asObject(answer?.body) ?? {};
		watched.answer = answer;
		if (!answer) watched.unanswered += 1;
		else if (answer.status === 404) watched.notFound += 1;
		else {
			const state = asText(body.status) ?? `HTTP ${answer.status}`;
			if (watched.states.at(-1) !== state) watched.states.push(state);
		}
		const { kind } = readOutcome(body);
		if (answer?.status === 200 && kind !== 'running') {
			if (kind === 'failed' || urlOf(body.video) || watched.withoutVideo >= LATE_CHECKS) {
				return watched;
			}
			watched.withoutVideo += 1;
		} else watched.lastRunningAtMs = clock.now();
		if (clock.now() - sentAtMs >= GIVE_UP_MS) return watched;
		if (watched.withoutVideo === 0) {
			const early = await ifAnswered(logRowOf(context, id, clientRequestId));
			watched.isLoggedEarly ||= early !== undefined;
		}
		await clock.sleep(CHECK_EVERY_MS);
	}
}

/** Buys and watches; undefined when it is not accepted, or does not end. */
export async function buy(
	context: Context,
	{ name, body }: Purchase,
	media: Readonly<Record<string, unknown>>,
): Promise<Bought | undefined> {
	const { clock, notes, print } = context;
	const part = notes.under(name);
	const clientRequestId = `live.${randomUUID()}`;
	// Should the answer be lost, the usage log finds the video by it.
	print(`Client request ID: ${clientRequestId}`);
	const sentAtMs = clock.now();
	const accepted = await askWithKey(context, {
		method: 'POST',
		path: GENERATIONS,
		headers: { 'X-Client-Request-Id': clientRequestId },
		body: { ...body, ...media },
	});
	const acceptedAtMs = clock.now();
	const id = noteAcceptance(part, accepted, clientRequestId);
	if (id === undefined) return undefined;
	print(`Generation ID: ${id}`);

	const bought = { id, model: body.model, clientRequestId, sentAtMs, acceptedAtMs };
	const watched = await watch(context, bought);
	const { answer, lastRunningAtMs } = watched;
	const endedAtMs = clock.now();
	noteWatched(part, watched, id, endedAtMs - sentAtMs);
	const end = readOutcome(asObject(answer?.body) ?? {});
	if (!answer || end.kind === 'running') return undefined;
	if (end.kind !== 'failed') {
		return { ...bought, lastRunningAtMs, endedAtMs, ...noteCompletion(part, answer) };
	}
	part.note('reason', end.reason ?? 'none is given');
	return { ...bought, lastRunningAtMs, endedAtMs };
}
