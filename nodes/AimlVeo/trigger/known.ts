/**
 * What this process knows of each trigger in addition to the memory that n8n stores. It is gone when the
 * process ends.
 */
import type { IPollFunctions } from 'n8n-workflow';
import type { ItemError } from '../shared/errors';
import { Recollection } from './memory';

const HOUR_MS = 3_600_000;
/** The time that n8n allows for a poll. Its durable scheduler allows less. */
export const BUDGET_MS = 300_000;

export const budgetOf = (ctx: IPollFunctions): number =>
	// Versions before 2.x do not have it.
	(ctx as Partial<IPollFunctions>).getPollBudgetMs?.() ?? BUDGET_MS;

/**
 * n8n keeps one context for all polls of an activation: the first poll with a new context is the activation's
 * own.
 */
const contexts = new WeakSet<IPollFunctions>();

export class Known {
	readonly recollection = new Recollection();
	/** n8n may start a poll while another one of the same trigger is running. */
	isPolling = false;
	private toldAtMs = -Infinity;
	private isTroubled = false;

	/** Logs once that the API cannot be read, and once that it can be read again. */
	note({ logger }: IPollFunctions, cause: string | undefined): void {
		const isNew = (cause !== undefined) !== this.isTroubled;
		this.isTroubled = cause !== undefined;
		if (!isNew) return;
		if (cause === undefined) logger.info('AI/ML API Veo Trigger: the AI/ML API answers again');
		else {
			logger.warn(
				`AI/ML API Veo Trigger: finished videos cannot be read. ${cause}. Each poll tries again, and no video is lost.`,
			);
		}
	}

	/**
	 * Whether to report something that lasts until a person fixes it. A poll that throws while n8n starts or
	 * takes over a workflow ends the trigger for good. Each later throw becomes a failed execution.
	 */
	mayTell(ctx: IPollFunctions, isFirst: boolean, nowMs: number): boolean {
		const isActivation = isFirst && ctx.getActivationMode() === 'activate';
		// The durable scheduler makes a context for each poll, and is not affected by any of this.
		const isRegular = !isFirst || budgetOf(ctx) < BUDGET_MS;
		const isDue = nowMs - this.toldAtMs >= HOUR_MS || nowMs < this.toldAtMs;
		if (!isActivation && !(isRegular && isDue)) return false;
		this.toldAtMs = nowMs;
		return true;
	}
}

/** Whether this is the first poll with this context. */
export function isFirstPoll(ctx: IPollFunctions): boolean {
	const isFirst = !contexts.has(ctx);
	contexts.add(ctx);
	return isFirst;
}

const triggers = new Map<string, Known>();

export function knownOf(ctx: IPollFunctions): Known {
	const key = `${ctx.getWorkflow().id}\0${ctx.getNode().id}`;
	const known = triggers.get(key) ?? new Known();
	triggers.set(key, known);
	return known;
}

/** A proxy or a firewall may let the next poll through. Every other refusal lasts. */
export const isPassing = ({ details }: ItemError): boolean => details.isOnTheWay === true;
