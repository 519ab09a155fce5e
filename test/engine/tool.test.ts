/** As the tool of an AI Agent: the same arguments are one video, whoever tries again, and no file is returned. */
import type { IDataObject, INode } from 'n8n-workflow';
import { agentWorkflow } from './harness';
import type { RunResult } from './harness';
import { posts, TEXT, useEngine } from './setup';

const setup = useEngine({ speed: 20 });
const HOUR_MS = 3_600_000;
const PARAMETERS = {
	...TEXT,
	prompt: "={{ $fromAI('prompt', 'What the video shows', 'string') }}",
	options: { pollInterval: 2 },
};
const RETRYING: Partial<INode> = { retryOnFail: true, maxTries: 5, waitBetweenTries: 1 };
const HILL = { prompt: 'A hill' };

const answersOf = (result: RunResult) => (result.outputs[0] ?? []).map(({ json }) => json.answer);
/** What the model reads of each call. */
const rowsOf = (result: RunResult) =>
	answersOf(result).map((answer) => {
		const [row] = JSON.parse(String(answer)) as Array<IDataObject & { json?: IDataObject }>;
		return row?.json ?? row ?? {};
	});
const run = async (
	version: 2 | 3,
	calls: IDataObject[],
	more: Parameters<typeof agentWorkflow>[3] = {},
	parameters: IDataObject = PARAMETERS,
) =>
	await setup.engine.run(agentWorkflow(version, calls, parameters, more), {
		credentials: setup.api,
	});

describe.each([2, 3] as const)('agent version %i', (version) => {
	test('gets the ID and the address of the video, and no file', async () => {
		const result = await run(version, [HILL]);
		const [row] = rowsOf(result);
		const [generation] = setup.api.settled();
		expect(row).toMatchObject({ id: generation?.id, status: 'completed' });
		expect((row?.video as IDataObject).url).toContain('http');
		expect(result.stored).not.toContain('"binary"');
		expect(generation?.deliveredTimes).toBe(0);
	});

	test('the same arguments in one execution are the same video', async () => {
		const result = await run(version, [HILL, { prompt: 'A dune' }, HILL]);
		expect(posts(setup)).toHaveLength(2);
		const ids = rowsOf(result).map(({ id }) => id);
		expect(ids[2]).toBe(ids[0]);
		expect(ids[1]).not.toBe(ids[0]);
	});

	test('a new execution is a new video', async () => {
		await run(version, [HILL]);
		await run(version, [HILL]);
		expect(posts(setup)).toHaveLength(2);
	});

	test('a video that takes longer than Timeout is told as a row with the way on, however often n8n tries', async () => {
		setup.api.settings.generationMs = HOUR_MS;
		const parameters = { ...PARAMETERS, options: { pollInterval: 2, timeout: 4 } };
		const result = await run(version, [HILL, HILL], { tool: RETRYING }, parameters);
		const [generation] = setup.api.generations;
		expect(posts(setup)).toHaveLength(1);
		for (const row of rowsOf(result)) {
			expect(row).toMatchObject({ id: generation?.id });
			expect(row.note).toContain('same arguments');
			expect(row).not.toHaveProperty('error');
		}
	});

	test('what a check cannot mend names the ID in the message, and a retry of the tool does not pay again', async () => {
		setup.api.fault({ on: 'fetch', action: { kind: 'status', status: 400 }, times: 99 });
		const result = await run(version, [HILL], { tool: RETRYING });
		expect(posts(setup)).toHaveLength(1);
		expect(String(answersOf(result)[0] ?? result.error?.message)).toContain(
			setup.api.generations[0]?.id,
		);
	});

	test('an argument that is a matter of chance or clock does not make another video', async () => {
		setup.api.fault({ on: 'fetch', action: { kind: 'status', status: 400 }, times: 2 });
		const videoSettings = { seed: '={{ Math.floor(Math.random() * 1000000) }}' };
		await run(version, [HILL], { tool: RETRYING }, { ...PARAMETERS, videoSettings });
		expect(posts(setup)).toHaveLength(1);
	});
});

test('a second call while the first is in flight waits for it', async () => {
	setup.api.fault({ on: 'submit', action: { kind: 'acceptSlowly', ms: 300 } });
	const result = await run(2, [HILL, HILL], { together: true });
	expect(posts(setup)).toHaveLength(1);
	const ids = rowsOf(result).map(({ id }) => id);
	expect(ids).toEqual([setup.api.generations[0]?.id, setup.api.generations[0]?.id]);
});

test('two calls that see the same video fail, one later than the other, buy one more', async () => {
	setup.api.fault({ on: 'submit', action: { kind: 'fail', error: { message: 'Too dark' } } });
	// The first call learns of it at once, the second one when the first has bought another.
	const down = { on: 'fetch', action: { kind: 'status', status: 503 } } as const;
	setup.api.fault({ ...down, after: 1, times: 99 });
	const onSecond = ({ id }: { id: string }) => {
		if (id !== setup.api.generations[1]?.id) return;
		setup.api.off('generation', onSecond);
		setup.api.faults.clear();
		setup.api.fault({ ...down, match: { generationId: id }, times: 3 });
	};
	setup.api.on('generation', onSecond);
	const result = await run(2, [HILL, HILL], { together: true, tool: RETRYING });
	const bought = setup.api.settled();
	expect(bought.map(({ paid }) => paid)).toEqual([false, true]);
	expect(rowsOf(result).map(({ id }) => id)).toEqual([bought[1]?.id, bought[1]?.id]);
});

test('a retry of the agent after a tool call does not pay again', async () => {
	const workflow = agentWorkflow(2, [HILL], PARAMETERS, {
		agent: { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 },
	});
	const agent = workflow.nodes[1];
	if (agent) agent.parameters.fails = 2;
	const result = await setup.engine.run(workflow, { credentials: setup.api });
	expect(result.error).toBeUndefined();
	expect(posts(setup)).toHaveLength(1);
});

test('Max Cost holds for all calls of an execution together', async () => {
	const parameters = { ...PARAMETERS, options: { pollInterval: 2, maxCost: 5 } };
	const result = await run(2, [HILL, { prompt: 'A dune' }], {}, parameters);
	expect(posts(setup)).toHaveLength(1);
	expect(String(answersOf(result)[1])).toContain('Max Cost (USD)');
});
