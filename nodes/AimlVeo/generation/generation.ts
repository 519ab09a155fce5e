/** What follows once a generation is known: status checks, the wait for its end, its file, its row. */
import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import type { StatusCheck } from '../api/aimlapi';
import { isEnd } from '../api/aimlapi';
import { asRow, readOutcome } from '../api/responses';
import type { OutputPlan } from '../request/plan';
import {
	answerUnreadable,
	asItemError,
	generationUnknown,
	withGeneration,
} from '../shared/messages';
import { unlessAborted } from '../shared/pause';
import type { CheckPace } from './checkPace';
import { deliver, fileNameFor } from './deliver';
import type { DeliverContext } from './deliver';
import type { Purchase } from './purchase';
import type { SubmitContext } from './submit';
import { CHECK_TIMEOUT_MS, staggerOf, waitForVideo } from './wait';
import type { Finished } from './wait';

/** What a run needs for all of its generations. */
export interface GenerationContext extends Pick<SubmitContext, 'now' | 'signal' | 'sleep'> {
	readonly api: Pick<SubmitContext['api'], 'check'>;
	readonly ledger: Pick<SubmitContext['ledger'], 'files'>;
	readonly ctx: DeliverContext;
	/** Shared by all status checks of the run. */
	readonly pace: CheckPace;
	/** Called by an AI Agent, which cannot use a file. */
	readonly isTool: boolean;
}

export type Row = Pick<INodeExecutionData, 'json' | 'binary'>;

const OUT_OF_TURN: StatusCheck = {
	kind: 'noAnswer',
	cause: 'The server answered with HTTP 429 to other status checks',
	busy: true,
};

/** One status check, as soon as the pace of the run allows it; none when the run has ended meanwhile. */
async function checkStatus(
	run: GenerationContext,
	generationId: string,
	timeoutMs: number,
): Promise<StatusCheck> {
	const { api, now, pace, signal, sleep } = run;
	signal.throwIfAborted();
	const askedMs = now();
	const beginMs = await pace.turn(timeoutMs, sleep);
	if (beginMs === undefined) return OUT_OF_TURN;
	const leftMs = Math.max(1, timeoutMs - (now() - askedMs));
	try {
		const check = await unlessAborted(api.check(generationId, leftMs), signal);
		if (check.kind !== 'noAnswer') pace.answered();
		else if (check.busy) pace.refused(beginMs, check.retryAfterMs);
		return check;
	} catch (cause) {
		throw withGeneration(asItemError(cause, generationId), generationId);
	}
}

/**
 * The API's answer to one check.
 * @throws ItemError when the API does not know the generation, or does not answer
 */
export async function answerOf(run: GenerationContext, generationId: string): Promise<IDataObject> {
	const check = await checkStatus(run, generationId, CHECK_TIMEOUT_MS);
	if (check.kind === 'unknownId') throw generationUnknown(generationId);
	if (check.kind === 'noAnswer') throw answerUnreadable(generationId, check.cause);
	return check.answer;
}

export async function waitFor(
	run: GenerationContext,
	plan: OutputPlan,
	generationId: string,
	purchase?: Purchase,
): Promise<Finished> {
	const answer = purchase?.answer;
	return await waitForVideo({
		generationId,
		submittedAtMs: purchase?.acceptedAtMs,
		answer: answer && isEnd(answer) ? answer : undefined,
		timeoutMs: plan.timeoutMs,
		pollIntervalMs: plan.pollIntervalMs,
		stagger: staggerOf(plan.itemIndex),
		check: async (timeoutMs) => await checkStatus(run, generationId, timeoutMs),
		sleep: run.sleep,
		now: run.now,
	});
}

/** The finished generation as a row, with the file unless an agent asked. */
export async function toRow(
	run: GenerationContext,
	plan: Pick<OutputPlan, 'download' | 'fileName' | 'binaryField'>,
	{ answer, outcome }: Finished,
	model: string | undefined,
): Promise<Row> {
	if (!plan.download || run.isTool) return { json: asRow(answer, model) };
	let latest = answer;
	const generationId = String(answer.id);
	const fileName = fileNameFor(plan.fileName, model, generationId);
	const { files } = run.ledger;
	const fileKey = `${generationId}\0${fileName}`;
	// An earlier try of this execution may have downloaded it and failed later.
	const binary =
		files.get(fileKey) ??
		(await deliver(run.ctx, {
			generationId,
			status: outcome.status,
			url: outcome.url,
			fileName,
			signal: run.signal,
			freshUrl: async () => {
				const check = await checkStatus(run, generationId, CHECK_TIMEOUT_MS);
				const fresh = check.kind === 'answer' ? readOutcome(check.answer) : undefined;
				if (check.kind !== 'answer' || fresh?.kind !== 'completed') return undefined;
				// The row has the new URL, too.
				latest = check.answer;
				return fresh.url;
			},
		}));
	files.set(fileKey, binary);
	return { json: asRow(latest, model), binary: { [plan.binaryField]: binary } };
}
