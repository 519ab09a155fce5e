/**
 * One trouble that strikes the trigger, run by n8n as it is or by its durable scheduler. At the end, the
 * trouble over, what was handed over is compared with what the sandbox made, and its requests with those
 * that were needed.
 */
import type { IDataObject, WorkflowActivateMode } from 'n8n-workflow';
import { startSandboxApi } from '../../sandbox/stand-ins/api';
import type { FaultRule, Generation, SandboxApi } from '../../sandbox/stand-ins/api';
import { startEngine } from '../engine/harness';
import type { Engine, EngineOptions } from '../engine/harness';
import type { Polled } from '../engine/harness/trigger';
import { TriggerWorkflow } from '../engine/harness/trigger';
import { makeVideos } from '../engine/harness/videos';
import type { VideoOptions } from '../engine/harness/videos';
import type { TriggerLine } from './table';

export type RunBy = 'n8n' | 'durable scheduler';
export const RUN_BY: RunBy[] = ['n8n', 'durable scheduler'];

export interface Trouble {
	name: string;
	runBy?: RunBy;
	parameters?: IDataObject;
	/** Error executions that are right, from and to. */
	errors?: [number, number];
	/** n8n's clock is set, so that no other cell can share its process. */
	setsClock?: boolean;
	run: (scene: Scene) => Promise<void>;
}

/** What a cell can do, and what it has done. */
export class Scene {
	readonly trigger: TriggerWorkflow;
	/** Videos that must come, and videos that must not. */
	readonly due: Generation[] = [];
	readonly notDue: Generation[] = [];
	polls = 0;
	/** Requests that nobody could have saved: pages of the log, checks of videos, and what was struck. */
	needed = 0;
	private readonly engines: Engine[] = [];

	constructor(
		readonly api: SandboxApi,
		engine: Engine,
		{ parameters }: Trouble,
		readonly runBy: RunBy,
		private readonly how: EngineOptions,
	) {
		this.trigger = new TriggerWorkflow(engine, api, parameters, runBy === 'durable scheduler');
	}

	/** Videos that must start the workflow. */
	async make(count: number, options: VideoOptions = {}): Promise<Generation[]> {
		const made = await makeVideos(this.api, count, options);
		this.due.push(...made);
		return made;
	}

	/** Videos that must not. */
	async makeOthers(count: number, options: VideoOptions = {}): Promise<Generation[]> {
		const made = await makeVideos(this.api, count, options);
		this.notDue.push(...made);
		return made;
	}

	/** @param asks requests to the log that this poll needs */
	private async count(asks: number, act: () => Promise<Polled>): Promise<Polled> {
		this.polls += 1;
		this.needed += asks;
		return await act();
	}

	async activate(asks = 1, activation: WorkflowActivateMode = 'activate', laterMs?: number) {
		return await this.count(asks, async () => await this.trigger.activate(activation, laterMs));
	}

	async poll(asks = 1, laterMs?: number): Promise<Polled> {
		return await this.count(asks, async () => await this.trigger.poll(laterMs));
	}

	/** n8n ends, and starts again in another process. */
	async restart(asks = 1, laterMs?: number): Promise<Polled> {
		const engine = await startEngine(this.how);
		this.engines.push(engine);
		this.trigger.engine = engine;
		// The durable scheduler goes on with its next poll.
		return this.runBy === 'n8n'
			? await this.activate(asks, 'init', laterMs)
			: await this.poll(asks, laterMs);
	}

	/** Strikes the log so many times. */
	strike(action: FaultRule['action'], times: number, on: FaultRule['on'] = 'logs'): void {
		this.api.fault({ on, action, times });
	}

	async end(): Promise<void> {
		await Promise.all(this.engines.map(async (engine) => await engine.stop()));
	}
}

const countOf = (rows: Polled['rows'], id: string) =>
	rows.filter(({ json }) => json.id === id).length;

/** Whether the next video comes with the next poll. */
async function isAlive(scene: Scene): Promise<boolean> {
	const { api, trigger } = scene;
	const before = trigger.rows.length;
	const options = { clientRequestId: 'n8n.1.0.0.0123abcd-01234567:alive' };
	const failed = trigger.parameters.status === 'failed';
	if (failed) api.fault({ on: 'submit', action: { kind: 'fail', error: 'Dark' } });
	const [next] = await makeVideos(api, 1, options);
	await trigger.poll();
	const isNext = trigger.rows.slice(before).some(({ json }) => json.id === next?.id);
	return isNext && trigger.rows.length === before + 1;
}

export async function runTrouble(
	trouble: Trouble,
	runBy: RunBy,
	shared: Engine,
	how: EngineOptions = {},
): Promise<TriggerLine> {
	const api = await startSandboxApi({ balanceUsd: 1_000_000 });
	const engine = trouble.setsClock ? await startEngine(how) : shared;
	const scene = new Scene(api, engine, trouble, runBy, how);
	try {
		await trouble.run(scene);
		const { trigger, due, notDue } = scene;
		const requests = api.log.filter(({ method }) => method === 'GET').length;
		// One check of each video that came, unless it failed.
		const checks = trigger.rows.filter(({ json }) => json.status !== 'failed').length;
		const alive = await isAlive(scene);
		const rows = trigger.rows.filter(({ json }) => !String(json.clientRequestId).endsWith('alive'));
		return {
			trouble: trouble.name,
			'run by': runBy,
			polls: scene.polls,
			'videos due': due.length,
			missed: due.filter(({ id }) => countOf(rows, id) === 0).length,
			twice: rows.length - new Set(rows.map(({ json }) => json.id)).size,
			old: notDue.filter(({ id }) => countOf(rows, id) > 0).length,
			requests,
			'without need': requests - scene.needed - checks,
			'error executions': trigger.errors.length,
			alive: alive ? 'yes' : 'NO',
		};
	} finally {
		await scene.end();
		if (engine !== shared) await engine.stop();
		await api.stop();
	}
}
