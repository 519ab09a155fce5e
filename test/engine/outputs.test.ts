/** n8n's error output: rows that succeeded on the first output, the others on the second. */
import { veoWorkflow } from './harness';
import { posts, TEXT, useEngine } from './setup';

const setup = useEngine();

test('an item that cannot go on leaves by the error output, with its message and its pair', async () => {
	const result = await setup.engine.run(
		veoWorkflow(
			{ ...TEXT, operation: 'create', prompt: '={{ $json.prompt }}' },
			{ onError: 'continueErrorOutput' },
		),
		{
			items: [{ json: { prompt: 'a' } }, { json: {} }, { json: { prompt: 'c' } }],
			credentials: setup.api,
		},
	);
	const [good, bad] = result.outputs;
	expect(good?.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 2 }]);
	expect(bad).toHaveLength(1);
	expect(bad?.[0]?.json.error).toBe("'Prompt' is empty [item 1]");
	expect(bad?.[0]?.pairedItem).toEqual({ item: 1 });
	expect(posts(setup)).toHaveLength(2);
});

test('what was paid for is named on the error output too', async () => {
	setup.api.fault({ on: 'submit', action: { kind: 'fail', error: 'Too dark' } });
	const result = await setup.engine.run(veoWorkflow(TEXT, { onError: 'continueErrorOutput' }), {
		items: [{}],
		credentials: setup.api,
	});
	expect(result.outputs[0] ?? []).toEqual([]);
	expect(result.outputs[1]?.[0]?.json).toMatchObject({
		error: 'The video could not be generated [item 0]',
		generationId: setup.api.generations[0]?.id,
		status: 'error',
	});
});
