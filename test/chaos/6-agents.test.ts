/**
 * Faults that strike the node as the tool of an agent, whose calls n8n tries again: as agents before version
 * 3 invoke it, and as the engine runs it for newer ones.
 */
import type { IDataObject, INode } from 'n8n-workflow';
import { startSandboxApi } from '../../sandbox/stand-ins/api';
import type { FaultRule, SandboxApi } from '../../sandbox/stand-ins/api';
import { agentWorkflow, startEngine } from '../engine/harness';
import type { Engine, RunResult } from '../engine/harness';
import { TEXT } from '../engine/setup';
import { SPEED, WITHOUT_LEDGER } from './matrix';
import { writeLines } from './table';
import type { Line } from './table';

type Rule = Omit<FaultRule, 'match'>;
const RETRYING: Partial<INode> = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 };
const HOUR_MS = 3_600_000;
const status = (code: number): FaultRule['action'] => ({ kind: 'status', status: code });

interface Fault {
	rules?: Rule[];
	generationMs?: number;
	/** Requests for each video, where more than one is right. */
	posts?: number;
}

const faults: Record<string, Fault> = {
	nothing: {},
	'longer than Timeout': { generationMs: HOUR_MS },
	'check: 400': { rules: [{ on: 'fetch', action: status(400), times: 2 }] },
	'check: 503 until the time is over': { rules: [{ on: 'fetch', action: status(503), times: 99 }] },
	'submit: 400': { rules: [{ on: 'submit', action: status(400) }], posts: 2 },
	'submit: 429': { rules: [{ on: 'submit', action: status(429), times: 2 }], posts: 3 },
	'submit: 502': { rules: [{ on: 'submit', action: status(502) }] },
	'submit: taken, then reset': { rules: [{ on: 'submit', action: { kind: 'acceptThenReset' } }] },
	'submit: taken, then reset, the log is down': {
		rules: [
			{ on: 'submit', action: { kind: 'acceptThenReset' } },
			{ on: 'logs', action: status(503), times: 99 },
		],
	},
	'generation: failed': {
		rules: [{ on: 'submit', action: { kind: 'fail', error: 'Dark' } }],
		posts: 2,
	},
	'generation: charged, its video comes late': {
		rules: [{ on: 'submit', action: { kind: 'chargedLate', checks: 5 } }],
	},
};
const callings: Record<string, string[]> = {
	'one call': ['A hill'],
	'the same call three times': ['A hill', 'A hill', 'A hill'],
	'three calls': ['A hill', 'A dune', 'A bay'],
};
const cells = ([2, 3] as const).flatMap((version) =>
	Object.keys(faults).flatMap((fault) =>
		Object.keys(callings).flatMap((calling) =>
			(version === 2 ? [false, true] : [false]).map((together) => ({
				version,
				fault,
				calling,
				together,
			})),
		),
	),
);
type Cell = (typeof cells)[number];

const lines: Line[] = [];
let engine: Engine;
beforeAll(async () => {
	const execArgv = process.env.CHAOS_WITHOUT_LEDGER ? WITHOUT_LEDGER : [];
	engine = await startEngine({ speed: SPEED, execArgv });
});
afterAll(async () => {
	writeLines('6-agents', lines);
	await engine?.stop();
});

async function runCell(
	{ version, fault, calling, together }: Cell,
	api: SandboxApi,
): Promise<RunResult> {
	const { rules = [], generationMs = 0 } = faults[fault] ?? {};
	api.settings.generationMs = generationMs;
	for (const rule of rules) api.fault(rule);
	const parameters: IDataObject = {
		...TEXT,
		prompt: "={{ $fromAI('prompt', '', 'string') }}",
		// By chance, and so no argument of the agent.
		videoSettings: { seed: '={{ Math.floor(Math.random() * 1000000) }}' },
		options: { pollInterval: 2, timeout: 20 },
	};
	const calls = (callings[calling] ?? []).map((prompt) => ({ prompt }));
	const workflow = agentWorkflow(version, calls, parameters, { tool: RETRYING, together });
	return await engine.run(workflow, { credentials: api });
}

test.each(cells)('agent $version, $fault, $calling, together: $together', async (cell) => {
	const api = await startSandboxApi();
	try {
		const result = await runCell(cell, api);
		const prompts = [...new Set(callings[cell.calling])];
		const sent = api.log.filter(({ method }) => method === 'POST');
		const postsOf = (prompt: string) =>
			sent.filter(({ body }) => (body as IDataObject).prompt === prompt).length;
		const charged = api
			.settled()
			.filter(({ status: end, fate }) => end !== 'error' && fate?.kind !== 'fail');
		const paidOf = (prompt: string) => charged.filter(({ body }) => body.prompt === prompt).length;
		// All that the model can read, and an error of the whole agent.
		const said = JSON.stringify([result.outputs, result.error]);
		const lost = charged.filter(
			({ id, clientRequestId = '', fate }) =>
				!said.includes(id) &&
				!(fate?.kind.startsWith('acceptThen') && said.includes(clientRequestId)),
		);
		const twice = prompts.filter((prompt) => paidOf(prompt) > 1);
		lines.push({
			fault: cell.fault,
			operation: `agent ${cell.version}${cell.together ? ', together' : ''}`,
			items: callings[cell.calling]?.length ?? 0,
			'on error': 'stop',
			executions: 1,
			'POSTs sent': sent.length,
			'videos paid': charged.length,
			'videos delivered': charged.filter(({ id }) => said.includes(id)).length,
			'ids lost': lost.length,
			'paid twice': twice.length,
			'requests after Stop': 0,
		});
		expect(lost).toEqual([]);
		expect(twice).toEqual([]);
		const most = faults[cell.fault]?.posts ?? 1;
		for (const prompt of prompts) expect(postsOf(prompt)).toBeLessThanOrEqual(most);
		expect(result.unhandled).toEqual([]);
		// An agent cannot use a file.
		expect(api.generations.every(({ deliveredTimes }) => deliveredTimes === 0)).toBe(true);
	} finally {
		await api.stop();
	}
});
