/**
 * A workflow with the trigger in n8n's engine, and the part of n8n's database that holds its state: written
 * when n8n writes it, read when n8n reads it.
 *
 * @example
 * const trigger = new TriggerWorkflow(engine, api, { status: 'any' });
 * await trigger.activate();
 * expect((await trigger.poll()).rows).toEqual([]);
 */
import type { IDataObject, INode, WorkflowActivateMode } from 'n8n-workflow';
import type { Engine } from '.';
import { node } from '.';
import type { Row, RunError, TriggerRequest, TriggerResult } from './protocol';

export interface Polled extends TriggerResult {
	/** Of all executions together. */
	rows: Row[];
}

let workflows = 0;

export class TriggerWorkflow {
	/** All rows that were handed over, and all executions with an error. */
	readonly rows: Row[] = [];
	readonly errors: RunError[] = [];
	/** Static data in n8n's database. */
	stored?: string;
	parameters: IDataObject;
	private readonly workflowId = `trigger-${process.pid}-${++workflows}`;

	constructor(
		/** The process of n8n; another one is a restart. */
		public engine: Engine,
		public credentials: { apiKey: string; baseUrl: string },
		parameters: IDataObject = {},
		private readonly durable = false,
	) {
		this.parameters = parameters;
	}

	private get node(): INode {
		return node(
			'Trigger',
			'n8n-nodes-aimlapi-veo.aimlVeoTrigger',
			{ pollTimes: { item: [{ mode: 'everyMinute' }] }, ...this.parameters },
			{ credentials: { aimlapiApi: { id: '1', name: 'AI/ML API' } } },
		);
	}

	private async act(more: Pick<TriggerRequest, 'action' | 'activation' | 'laterMs'>) {
		const { apiKey, baseUrl } = this.credentials;
		const result = await this.engine.trigger({
			...more,
			workflowId: this.workflowId,
			node: this.node,
			stored: more.action === 'manual' ? undefined : this.stored,
			durable: this.durable,
			credentials: { apiKey, baseUrl },
		});
		if (result.saved !== undefined && more.action !== 'manual') this.stored = result.saved;
		const rows = result.executions.flat();
		this.rows.push(...rows);
		this.errors.push(...result.errors);
		return { ...result, rows };
	}

	/** The poll of an activation, a new version, or a start of n8n. */
	async activate(activation: WorkflowActivateMode = 'activate', laterMs?: number): Promise<Polled> {
		return await this.act({ action: 'activate', activation, laterMs });
	}

	/** A regular poll. */
	async poll(laterMs?: number): Promise<Polled> {
		return await this.act({ action: 'poll', activation: 'update', laterMs });
	}

	/** Fetch Test Event. */
	async test(): Promise<Polled> {
		return await this.act({ action: 'manual', activation: 'manual' });
	}

	/** n8n ends and starts again: what it did not store is gone. */
	async restart(engine: Engine, laterMs?: number): Promise<Polled> {
		this.engine = engine;
		return await this.activate('init', laterMs);
	}
}

/** The workflow, activated. */
export async function startTrigger(
	...given: ConstructorParameters<typeof TriggerWorkflow>
): Promise<TriggerWorkflow> {
	const trigger = new TriggerWorkflow(...given);
	await trigger.activate();
	return trigger;
}

/** Of which videos the rows are. */
export const idsOf = (rows: ReadonlyArray<{ json: { id?: unknown } }>) =>
	rows.map(({ json }) => json.id);
