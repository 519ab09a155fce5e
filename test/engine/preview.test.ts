/**
 * The fields that n8n shows before a node has run are those that it returns; the harness checks each row of
 * each test.
 */
import type { IDataObject } from 'n8n-workflow';
import { OPERATIONS } from '../../nodes/AimlVeo/operations/operations';
import { veoWorkflow } from './harness';
import { fieldsOf, has, misfits, previewOf } from './harness/preview';
import { TEXT, useEngine } from './setup';

const setup = useEngine();

test('the check sees what it is to see', () => {
	const preview = { type: 'object', properties: { id: { type: 'string' } } };
	expect(misfits({ id: 'a', more: 1 }, preview)).toEqual([]);
	expect(misfits({}, preview)).toEqual([]);
	expect(misfits({ id: 5 }, preview)).toEqual(['$.id is no string']);
	expect(fieldsOf(preview)).toEqual(['$.id']);
	expect(has({ id: null }, '$.id')).toBe(false);
});

test.each(Object.keys(OPERATIONS))('each field of %s is met by a row', async (operation) => {
	const preview = previewOf(operation);
	if (!preview) throw new Error(`No preview of ${operation}`);
	const run = async (parameters: IDataObject) => {
		const result = await setup.engine.run(veoWorkflow(parameters), { credentials: setup.api });
		return (result.outputs[0] ?? []).map(({ json }) => json);
	};
	const [made] = await run({
		...TEXT,
		operation: 'createAndWait',
		options: { reference: 'order-1' },
	});
	const rows = await run({ ...TEXT, operation, generationId: String(made?.id) });
	expect(rows.length).toBeGreaterThan(0);
	for (const field of fieldsOf(preview)) {
		expect([field, rows.some((row) => has(row, field))]).toEqual([field, true]);
	}
	// n8n's preview would show a field of this name as JSON.
	expect(fieldsOf(preview)).not.toContain('$.binary');
});
