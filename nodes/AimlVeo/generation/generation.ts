/** The life of a generation that is known: looks, the wait for its end, its file, its row. */
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import type { Look } from '../api/aimlapi';
import { isEnd } from '../api/aimlapi';
import { asRow, readOutcome } from '../api/responses';
import type { OutputPlan } from '../request/plan';
import { asVeoError, withGeneration } from '../shared/messages';
import { unlessAborted } from '../shared/pause';
import type { LookPace } from './checkPace';
import { deliver, fileNameFor } from './deliver';
import type { Purchase, SubmitContext } from './submit';
import { LOOK_TIMEOUT_MS, spreadOf, waitForVideo } from './wait';
import type { Finished } from './wait';

/** What is shared by all that a run does with its generations. */
export interface GenerationContext
	extends Pick<SubmitContext, 'api' | 'ledger' | 'now' | 'signal' | 'sleep'> {
	readonly ctx: IExecuteFunctions;
	/** Of all looks together. */
	readonly pace: LookPace;
	/** Called by an AI Agent, which cannot use a file. */
	readonly isTool: boolean;
}

export type Row = Pick<INodeExecutionData, 'json' | 'binary'>;

const OUT_OF_TURN: Look = {
	kind: 'fault',
	cause: 'The server answered with HTTP 429 to other looks',
	busy: true,
};

/** One look at a generation, when the pace of the run lets it through; none when the run has ended meanwhile. */
export async function lookAt(
	run: GenerationContext,
	generationId: string,
	timeoutMs: number,
): Promise<Look> {
	const { api, now, pace, signal, sleep } = run;
	signal.throwIfAborted();
	const askedMs = now();
	const beginMs = await pace.turn(timeoutMs, sleep);
	if (beginMs === undefined) return OUT_OF_TURN;
	const leftMs = Math.max(1, timeoutMs - (now() - askedMs));
	try {
		const look = await unlessAborted(api.look(generationId, leftMs), signal);
		if (look.kind !== 'fault') pace.answered();
		else if (look.busy) pace.refused(beginMs, look.retryAfterMs);
		return look;
	} catch (cause) {
		throw withGeneration(asVeoError(cause, generationId), generationId);
	}
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
		spread: spreadOf(plan.itemIndex),
		look: async (timeoutMs) => await lookAt(run, generationId, timeoutMs),
		sleep: run.sleep,
		now: run.now,
	});
}

/** The finished generation as a row, with the file unless an agent asked. */
export async function toRow(
	run: GenerationContext,
	plan: OutputPlan,
	{ answer, outcome }: Finished,
	model: string | undefined,
): Promise<Row> {
	if (!plan.download || run.isTool) return { json: asRow(answer, model) };
	let latest = answer;
	const generationId = String(answer.id);
	const fileName = fileNameFor(plan.fileName, model, generationId);
	const { files } = run.ledger;
	const fileKey = `${generationId}\0${fileName}`;
	// An earlier try of this execution downloaded it, and failed at something else.
	const binary =
		files.get(fileKey) ??
		(await deliver(run.ctx, {
			generationId,
			status: outcome.status,
			url: outcome.url,
			fileName,
			signal: run.signal,
			freshUrl: async () => {
				const look = await lookAt(run, generationId, LOOK_TIMEOUT_MS);
				const fresh = look.kind === 'answer' ? readOutcome(look.answer) : undefined;
				if (look.kind !== 'answer' || fresh?.kind !== 'completed') return undefined;
				// The row, too, tells the address that is good.
				latest = look.answer;
				return fresh.url;
			},
		}));
	files.set(fileKey, binary);
	return { json: asRow(latest, model), binary: { [plan.binaryField]: binary } };
}
