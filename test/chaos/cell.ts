/**
 * One cell of the matrix: a fault strikes one operation on some items. What fails is tried again, as n8n
 * and its users do: by Retry On Fail, by Executions → Retry once the fault is over, and by the same with
 * Continue On Fail. Then the sandbox, which knows what it sold, is compared with what the user has in hand.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IDataObject, INode } from 'n8n-workflow';
import { startSandboxApi } from '../../sandbox/stand-ins/api';
import type {
	FaultRule,
	Generation,
	LogEntry,
	SandboxApi,
	Settings,
} from '../../sandbox/stand-ins/api';
import { videoFileOf } from '../../sandbox/stand-ins/api/cdn';
import { veoWorkflow } from '../engine/harness';
import type { Engine, RunResult } from '../engine/harness';
import { TEXT } from '../engine/setup';
import type { Line } from './table';

export type Operation = 'create' | 'createAndWait' | 'get' | 'getAndWait';
export const ALL: Operation[] = ['create', 'createAndWait', 'get', 'getAndWait'];
export const PAYING: Operation[] = ['create', 'createAndWait'];
export const WAITING: Operation[] = ['createAndWait', 'getAndWait'];
export const CHECKING: Operation[] = ['createAndWait', 'get', 'getAndWait'];

type Rule = Omit<FaultRule, 'match'>;

export interface Fault {
	name: string;
	strikes: Operation[];
	rules?: (api: SandboxApi) => Rule[];
	settings?: Partial<Settings>;
	/** The node's options. */
	options?: IDataObject;
	/** Settings and other parameters of the request. */
	parameters?: IDataObject;
	/** Instead of the sandbox's own, until the fault is over. */
	baseUrl?: string;
	/** Numbers of items; in five, one is struck. */
	items?: number[];
	/** Every item is struck. */
	strikesAll?: boolean;
	/**
	 * What the struck item comes to in the end: its video; or nothing, because nobody can know whether the
	 * API took it; or nothing, because the generation itself came to nothing.
	 */
	becomes?: 'video' | 'unknown' | 'nothing';
	/** Submissions of a struck item, where one is not right; a busy API is asked any number of times. */
	posts?: number | 'any';
	/** Stops the execution when `count` requests like this were asked or answered. */
	stopAt?: { event: 'request' | 'response'; kind: (entry: LogEntry) => boolean; count?: number };
}

export interface Cell {
	fault: Fault;
	operation: Operation;
	items: number;
	/** On Error is set to continue: then nothing is retried, and the rows alone must tell. */
	continues: boolean;
}

/** What a cell came to, next to its line in the table. */
export interface Outcome {
	line: Line;
	/** Rows that hold what was asked for: an ID for Create, a whole video else. */
	fulfilled: number;
	/** Rows in all, and those of them that tell what went wrong. */
	rows: number;
	errorRows: number;
	/** Submissions by item. */
	posts: number[];
	statuses: string[];
	unhandled: string[];
	/** Rows that say that the API may have taken the request, and which. */
	unsure: number;
}

/** In five, the third. */
export const struckIndexOf = (items: number) => (items > 1 ? 2 : 0);
const STRUCK = 'Struck';
const promptOf = (index: number, items: number) =>
	`${index === struckIndexOf(items) ? STRUCK : 'Calm'} wave ${index}`;
export const isStruck = ({ body }: Pick<LogEntry, 'body'>) =>
	JSON.stringify(body ?? '').includes(STRUCK);
const isSubmission = ({ method, path }: LogEntry) =>
	method === 'POST' && path === '/v2/video/generations';

const RETRYING: Partial<INode> = { retryOnFail: true, maxTries: 2, waitBetweenTries: 1 };

function workflowOf({ fault, operation }: Cell, settings: Partial<INode>, isOver: boolean) {
	const asked: IDataObject = operation.startsWith('get')
		? {
				operation: 'get',
				generationId: '={{ $json.id }}',
				waitForCompletion: operation === 'getAndWait',
			}
		: { ...TEXT, operation, prompt: '={{ $json.prompt }}', ...fault.parameters };
	// A time that is short on purpose is not for the retry: it must bring the video on a slow machine too.
	const options = { pollInterval: 2, ...fault.options, ...(isOver && { timeout: 600 }) };
	return veoWorkflow({ ...asked, options }, { ...RETRYING, ...settings });
}

/** Videos that another workflow has bought, for Get to bring. */
async function buyBefore(api: SandboxApi, count: number): Promise<IDataObject[]> {
	const items: IDataObject[] = [];
	for (let index = 0; index < count; index++) {
		const answer = await fetch(`${api.baseUrl}/v2/video/generations`, {
			method: 'POST',
			headers: { authorization: `Bearer ${api.apiKey}`, 'content-type': 'application/json' },
			body: JSON.stringify({ ...TEXT, prompt: promptOf(index, count) }),
		});
		items.push((await answer.json()) as IDataObject);
	}
	api.log.length = 0;
	return items;
}

/** The outage is over, and every job that can end has ended. */
function recover(api: SandboxApi): void {
	api.faults.clear();
	Object.assign(api.settings, { concurrency: Infinity, balanceUsd: 1_000, generationMs: 0 });
	for (const generation of api.generations) {
		generation.readyAt = Date.now();
		if (/late|Late|unknown|Url/.test(generation.fate?.kind ?? '')) generation.fate = undefined;
	}
	api.settled();
}

/** Paid, or about to be: it did not end at no cost. */
const isCharged = ({ status, fate }: Generation) =>
	status !== 'error' && !['fail', 'failedAtOnce', 'noVideo'].includes(fate?.kind ?? '');

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const shaByFile = new Map<string, string>();

function isWhole(generation: Generation, result: RunResult): boolean {
	const file = videoFileOf(generation);
	const sha = shaByFile.get(file) ?? sha256(readFileSync(file));
	shaByFile.set(file, sha);
	return (result.outputs[0] ?? []).some(
		({ json, files }) => json.id === generation.id && files.data?.sha256 === sha,
	);
}

/** Whether the user has the video, its ID or, where the API's answer was lost, the request's ID. */
function isInHand(generation: Generation, result: RunResult, { continues }: Cell): boolean {
	if (isWhole(generation, result)) return true;
	const rows = JSON.stringify(result.outputs);
	const said = continues ? rows : rows + JSON.stringify(result.error) + result.stored;
	if (said.includes(generation.id)) return true;
	// An answer on the line when the execution is stopped is not read any more.
	const isAnswerLost =
		result.status === 'canceled' || generation.fate?.kind.startsWith('acceptThen');
	const { clientRequestId } = generation;
	return Boolean(isAnswerLost && clientRequestId && said.includes(clientRequestId));
}

export async function runCell(engine: Engine, cell: Cell): Promise<Outcome> {
	const { fault, operation, items: count, continues } = cell;
	const api = await startSandboxApi({ generationMs: 0, ...fault.settings });
	try {
		for (const rule of fault.rules?.(api) ?? []) {
			// Only jobs are of one item; the log and the prices are asked for all of them.
			const isOfItem = ['submit', 'fetch', 'cdn'].includes(rule.on) && !fault.strikesAll;
			api.fault({ ...rule, ...(isOfItem && { match: { promptIncludes: STRUCK } }) });
		}
		const items = operation.startsWith('get')
			? await buyBefore(api, count)
			: Array.from({ length: count }, (_, index) => ({
					prompt: promptOf(index, count),
				}));

		const results: RunResult[] = [];
		const lost = new Set<string>();
		let afterStop = 0;
		let lastId: string | undefined;

		async function execute(settings: Partial<INode>, isOver: boolean) {
			const { stopAt } = fault;
			let left = stopAt?.count ?? 1;
			const started = engine.start(workflowOf(cell, settings, isOver), {
				items: items.map((json) => ({ json })),
				credentials: {
					apiKey: api.apiKey,
					baseUrl: (isOver ? undefined : fault.baseUrl) ?? api.baseUrl,
				},
				retryOf: lastId,
			});
			const listener = (entry: LogEntry) => {
				if (stopAt?.kind(entry) && --left === 0) started.cancel();
			};
			if (stopAt && !isOver) api.on(stopAt.event, listener);
			const result = await started.done;
			if (stopAt && !isOver) api.off(stopAt.event, listener);
			lastId = started.executionId;
			results.push(result);
			afterStop += result.requestsAfterCancel;
			for (const generation of api.settled().filter(isCharged)) {
				if (!isInHand(generation, result, cell)) lost.add(generation.id);
			}
			return result;
		}

		const proceed: Partial<INode> = { onError: 'continueRegularOutput' };
		const first = await execute(continues ? proceed : {}, false);
		recover(api);
		if (first.status !== 'success') {
			const second = await execute({}, true);
			if (second.status !== 'success') {
				await execute(proceed, true);
			}
		}

		const last = results[results.length - 1] ?? first;
		const charged = api.settled().filter(isCharged);
		const ofItem = (index: number) =>
			charged.filter(({ body }) => body.prompt === promptOf(index, count)).length;
		const indices = items.map((_, index) => index);
		const delivered = charged.filter((generation) => isWhole(generation, last)).length;
		const rows = last.outputs[0] ?? [];
		const sent = api.log.filter(isSubmission);
		return {
			line: {
				fault: fault.name,
				operation,
				items: count,
				'on error': continues ? 'continue' : 'stop',
				executions: results.length,
				'POSTs sent': sent.length,
				'videos paid': charged.length,
				'videos delivered': delivered,
				'ids lost': lost.size,
				'paid twice': indices.filter((index) => ofItem(index) > 1).length,
				'requests after Stop': afterStop,
			},
			fulfilled:
				operation === 'create'
					? charged.filter(({ id }) => rows.some(({ json }) => json.id === id)).length
					: delivered,
			rows: rows.length,
			errorRows: rows.filter(({ json }) => 'error' in json).length,
			posts: indices.map(
				(index) =>
					sent.filter(({ body }) => (body as IDataObject).prompt === promptOf(index, count)).length,
			),
			statuses: results.map(({ status }) => status),
			unhandled: results.flatMap(({ unhandled }) => unhandled),
			unsure: rows.filter(({ json }) =>
				/may have been accepted .*ID n8n\./.test(String(json.error)),
			).length,
		};
	} finally {
		await api.stop();
	}
}
