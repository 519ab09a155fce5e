/**
 * Tool calls with changing data, clocks and random values: the same request is one video, another request is
 * another.
 */
import type { IDataObject, INode } from 'n8n-workflow';
import { agentWorkflow, connect, node } from './harness';
import type { WorkflowSpec } from './harness';
import { posts, TEXT, useEngine } from './setup';

const setup = useEngine({ speed: 20 });
const RETRYING: Partial<INode> = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 };
const PROMPT = "{{ $fromAI('prompt', '', 'string') }}";
const STYLE = "{{ $fromAI('style', '', 'string') }}";
const HILL = { prompt: 'A hill' };
const CLOCK = `=${PROMPT} in {{ $json.style }}, seen at {{ $now.toMillis() }}`;

const sent = () => posts(setup).map(({ body }) => (body as IDataObject).prompt);
const accepted = () => setup.api.generations.map(({ id }) => id);

describe.each([2, 3] as const)('agent version %i', (version) => {
	const agent = async (calls: IDataObject[], parameters: IDataObject, tool: Partial<INode> = {}) =>
		await setup.engine.run(
			agentWorkflow(
				version,
				calls,
				{ ...TEXT, options: { pollInterval: 2 }, ...parameters },
				{ tool },
			),
			{ items: [{ json: { style: 'noir', index: 1 } }], credentials: setup.api },
		);

	test.each([
		['an argument, data and the clock', CLOCK],
		['an argument, data and chance', `=${PROMPT} in {{ $json.style }} {{ Math.random() }}`],
		['an argument and the whole item', `=${PROMPT} {{ JSON.stringify($json) }}`],
		['data and the clock', '={{ $json.style }} at {{ $now.toMillis() }}'],
	])('%s in the prompt: Retry On Fail of the tool pays once', async (_name, prompt) => {
		setup.api.fault({ on: 'fetch', action: { kind: 'status', status: 400 }, times: 2 });
		const result = await agent([HILL], { prompt }, RETRYING);
		expect(posts(setup)).toHaveLength(1);
		expect(String(result.outputs[0]?.[0]?.json.answer)).toContain(accepted()[0]);
	});

	test('data and the clock in the prompt: the same arguments are the same video', async () => {
		const result = await agent([HILL, HILL], { prompt: CLOCK });
		expect(posts(setup)).toHaveLength(1);
		for (const { json } of result.outputs[0] ?? []) expect(json.answer).toContain(accepted()[0]);
	});

	test.each<[string, IDataObject, IDataObject]>([
		['a number as text', { ...HILL, duration: 8 }, { ...HILL, duration: '8' }],
		['a blank at the end', { ...HILL, duration: 8 }, { prompt: 'A hill ', duration: 8 }],
		['another order', { prompt: 'A hill', duration: 8 }, { duration: 8, prompt: 'A hill' }],
		['null instead of nothing', { ...HILL, duration: 8, negative: null }, { ...HILL, duration: 8 }],
		['empty instead of nothing', { ...HILL, duration: 8, negative: '' }, { ...HILL, duration: 8 }],
	])('the same arguments, written otherwise: %s', async (_name, one, other) => {
		const result = await agent([one, other], {
			prompt: `=${PROMPT}`,
			videoSettings: {
				duration: "={{ $fromAI('duration', '', 'number') }}",
				negativePrompt: "={{ $fromAI('negative', '', 'string', '') }}",
			},
		});
		expect(posts(setup)).toHaveLength(1);
		// Agents before version 3 refuse by themselves what does not fit the tool's schema.
		const answers = (result.outputs[0] ?? [])
			.map(({ json }) => String(json.answer))
			.filter((answer) => !answer.startsWith('Error: Received tool input'));
		expect(answers.length).toBeGreaterThan(0);
		for (const answer of answers) expect(answer).toContain(accepted()[0]);
	});

	/** The agent in each of two rounds, behind `between`. */
	const twice = (calls: IDataObject[], parameters: IDataObject, ...between: INode[]) => {
		const inner = agentWorkflow(version, calls, {
			...TEXT,
			options: { pollInterval: 1 },
			...parameters,
		});
		const path = ['Loop.1', ...between.map(({ name }) => name), 'Agent', 'Loop'];
		const workflow: WorkflowSpec = {
			...inner,
			nodes: [
				node('Items', 'n8n-nodes-test.items'),
				node('Loop', 'n8n-nodes-test.repeat', { rounds: 2 }),
				...between,
				...inner.nodes.slice(1),
				node('Done', 'n8n-nodes-test.noOp'),
			],
			connections: {
				...inner.connections,
				...connect(
					'Items > Loop',
					'Loop.0 > Done',
					...path.slice(1).map((to, index) => `${path[index]} > ${to}`),
				),
			},
		};
		return workflow;
	};

	test('the same arguments in the next round, and another image: another video', async () => {
		const url =
			"={{ `items.map(({ json }) => ({ json: { url: 'https://example.com/${$runIndex}.png' } }))` }}";
		const workflow = twice(
			[{ prompt: 'Animate' }],
			{ model: 'google/veo-3.1-i2v', prompt: `=${PROMPT}`, firstFrame: '={{ $json.url }}' },
			node('Url', 'n8n-nodes-test.code', { code: url }),
		);
		await setup.engine.run(workflow, { credentials: setup.api });
		expect(posts(setup).map(({ body }) => (body as IDataObject).image_url)).toEqual([
			'https://example.com/0.png',
			'https://example.com/1.png',
		]);
	});

	test('the same arguments in the next round, and other custom data: another video', async () => {
		const topic = "={{ ($execution.customData.set('topic', 'Topic ' + $runIndex), 'items') }}";
		const workflow = twice(
			[{ style: 'noir' }],
			{ prompt: `={{ $execution.customData.get('topic') }} in ${STYLE}` },
			node('Topic', 'n8n-nodes-test.code', { code: topic }),
		);
		await setup.engine.run(workflow, { credentials: setup.api });
		expect(sent()).toEqual(['Topic 0 in noir', 'Topic 1 in noir']);
	});
});
