/** The option Reference: it is sent with the request, and returned with the video. */
import type { IDataObject } from 'n8n-workflow';
import { veoWorkflow } from './harness';
import { itemsOf, posts, TEXT, useEngine } from './setup';

const setup = useEngine();
const run = async (parameters: IDataObject, items = itemsOf(1), more = {}) =>
	await setup.engine.run(veoWorkflow({ ...TEXT, ...parameters }), {
		items,
		credentials: setup.api,
		executionId: '4711',
		...more,
	});
const rowsOf = ({ outputs }: Awaited<ReturnType<typeof run>>) =>
	(outputs[0] ?? []).map(({ json }) => json);
const sentIds = () => posts(setup).map(({ clientRequestId }) => clientRequestId);
const PER_ITEM = '={{ $json.row }}';
const ROWS = [{ json: { row: 2 } }, { json: { row: 'Ordre é_7/8' } }, { json: { row: '' } }];

test.each(['create', 'createAndWait'])('comes back in the row of %s', async (operation) => {
	const rows = rowsOf(await run({ operation, options: { reference: PER_ITEM } }, ROWS));
	const place = { executionId: '4711', runIndex: 0, attempt: 1 };
	expect(rows.map(({ n8n }) => n8n)).toEqual([
		{ ...place, itemIndex: 0, reference: '2' },
		{ ...place, itemIndex: 1, reference: 'Ordre é_7/8' },
		undefined,
	]);
	// The API keeps an ID of these characters alone.
	expect(sentIds()).toEqual([
		expect.stringMatching(/^n8n\.4711\.0\.0\.[\w-]+:2$/),
		expect.stringMatching(/^n8n\.4711\.0\.1\.[\w-]+:Ordre_20_c3_a9_5f7_2f8$/),
		expect.stringMatching(/^n8n\.4711\.0\.2\.[\w-]+$/),
	]);
});

test('is listed by Get Many Videos, which can filter by its beginning', async () => {
	const references = ['order-1', 'order-2', 'other', 'Order-3', ''];
	const items = references.map((row) => ({ json: { row } }));
	await run({ operation: 'create', options: { reference: PER_ITEM } }, items);
	setup.api.settled();
	const list = async (filters: IDataObject, parameters = {}) => {
		const rows = rowsOf(await run({ operation: 'getMany', filters, ...parameters }));
		return rows.map(({ n8n }) => (n8n as IDataObject).reference).sort();
	};
	expect(await list({})).toEqual(['Order-3', 'order-1', 'order-2', 'other', undefined]);
	expect(await list({ reference: 'order-' })).toEqual(['order-1', 'order-2']);
	expect(await list({ reference: 'order-' }, { limit: 1 })).toHaveLength(1);
	expect(await list({ reference: 'nothing' })).toEqual([]);
	expect(await list({ reference: '  ' })).toHaveLength(5);
});

test('is found beyond the first page of the log', async () => {
	await run({ operation: 'create', options: { reference: 'order-1' } });
	setup.api.settled();
	setup.api.settings.logPageRows = 1;
	await run({ operation: 'create' }, itemsOf(3));
	setup.api.settled();
	const result = await run({ operation: 'getMany', filters: { reference: 'order' }, limit: 1 });
	expect(rowsOf(result)).toHaveLength(1);
});

test('too long for the request ID is refused before anything is paid', async () => {
	const items = [{ json: { row: 'ok' } }, { json: { row: 'ü'.repeat(20) } }];
	const result = await run({ operation: 'create', options: { reference: PER_ITEM } }, items);
	expect(result.error?.message).toBe("'Reference' is too long [item 1]");
	expect(result.error?.description).toContain('takes 120 characters');
	expect(result.error?.description).toContain('has room for 84');
	expect(posts(setup)).toEqual([]);
});

test('another reference is not another video: a retry finds what is paid', async () => {
	setup.api.fault({ on: 'cdn', action: { kind: 'status', status: 500 }, times: 4 });
	const broken = await run({ options: { reference: 'first' } }, itemsOf(1), { executionId: '2' });
	expect(broken.status).toBe('error');
	const retried = await run({ options: { reference: 'second' } }, itemsOf(1), {
		executionId: '3',
		retryOf: '2',
	});
	expect(retried.status).toBe('success');
	expect(posts(setup)).toHaveLength(1);
	// It tells what the log tells: the reference that travelled with the request.
	expect(rowsOf(retried)[0]?.n8n).toMatchObject({ executionId: '2', reference: 'first' });
});

test('that is too long does not keep a retry from what is paid', async () => {
	setup.api.fault({ on: 'cdn', action: { kind: 'status', status: 500 }, times: 4 });
	const reference = 'x'.repeat(87);
	const options = {
		reference:
			'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
	};
	const broken = await run({ options }, itemsOf(1), { executionId: '9' });
	expect(broken.status).toBe('error');
	expect(posts(setup)[0]?.clientRequestId).toContain(`:${reference}`);
	// The number of the retry leaves less room.
	const retried = await run({ options: { reference } }, itemsOf(1), {
		executionId: '10',
		retryOf: '9',
	});
	expect(retried.error).toBeUndefined();
	expect(posts(setup)).toHaveLength(1);
});
