/** A request whose answer was lost is found in the usage log, however the log writes its row. */
import type { IDataObject } from 'n8n-workflow';
import type { FaultRule } from '../../sandbox/stand-ins/api';
import { veoWorkflow } from './harness';
import type { RunResult } from './harness';
import { posts, TEXT, useEngine } from './setup';

const setup = useEngine({ speed: 20 });
const HOUR_MS = 3_600_000;
const UNREADABLE: FaultRule['action'] = { kind: 'status', status: 503 };
const MAYBE = 'may have been accepted and charged';
const WORKFLOW = veoWorkflow({ ...TEXT, operation: 'create' });

const idsOf = (result: RunResult) => (result.outputs[0] ?? []).map(({ json }) => json.id);
const page = (...data: IDataObject[]) => ({ data, pagination: { has_more: false } });

/** The answer is lost and the log is down; later, when the log would count as complete, it says this. */
async function lostThenFound(answer: (id: string, request: string) => unknown, laterMs: number) {
	setup.api.fault({ on: 'submit', action: { kind: 'acceptThenReset' } });
	setup.api.fault({ on: 'logs', action: UNREADABLE, times: 4 });
	const { done, executionId: retryOf } = setup.engine.start(WORKFLOW, { credentials: setup.api });
	expect((await done).error?.message).toContain(MAYBE);
	const [generation] = setup.api.settled();
	const body = answer(generation?.id ?? '', generation?.clientRequestId ?? '');
	setup.api.fault({ on: 'logs', action: { kind: 'json', body }, times: 9 });
	const retried = await setup.engine.run(WORKFLOW, { credentials: setup.api, retryOf, laterMs });
	return { retried, id: generation?.id };
}

test.each<[string, number, (id: string, request: string) => unknown]>([
	[
		'two rows of one generation, the request in the second only',
		2 * HOUR_MS,
		(id, request) =>
			page(
				{ inference_id: id, status: 'succeeded', client_request_id: null, request_id: 'r2' },
				{ inference_id: id, status: 'succeeded', client_request_id: request, request_id: 'r1' },
			),
	],
	[
		'failed, and charged',
		0,
		(id, request) =>
			page({
				inference_id: id,
				status: 'failed',
				client_request_id: request,
				cost: { usd: 4, credits: 8_000_000 },
			}),
	],
	[
		'a proxy sent it twice, and the other video failed',
		0,
		(id, request) =>
			page(
				{ inference_id: 'gen-2', status: 'failed', client_request_id: request },
				{ inference_id: id, status: 'succeeded', client_request_id: request },
			),
	],
	[
		'the client request ID in upper case',
		2 * HOUR_MS,
		(id, request) =>
			page({ inference_id: id, status: 'succeeded', client_request_id: request.toUpperCase() }),
	],
	[
		'blanks around the client request ID',
		2 * HOUR_MS,
		(id, request) =>
			page({ inference_id: id, status: 'succeeded', client_request_id: ` ${request} ` }),
	],
])('%s', async (_name, laterMs, answer) => {
	const { retried, id } = await lostThenFound(answer, laterMs);
	expect(retried.error).toBeUndefined();
	expect(posts(setup)).toHaveLength(1);
	expect(idsOf(retried)).toEqual([id]);
});

test('the ID as a number', async () => {
	const { retried } = await lostThenFound(
		(_id, request) => page({ inference_id: 4711, status: 'succeeded', client_request_id: request }),
		2 * HOUR_MS,
	);
	expect(posts(setup)).toHaveLength(1);
	expect(idsOf(retried)).toEqual(['4711']);
});

test('an answer that is no list does not show that the request is absent', async () => {
	const { retried } = await lostThenFound(() => ({ data: {}, pagination: null }), 2 * HOUR_MS);
	expect(retried.error?.message).toContain(MAYBE);
	expect(posts(setup)).toHaveLength(1);
});

test('failed, and not charged: told as failed, not as charged perhaps', async () => {
	setup.api.fault({ on: 'submit', action: { kind: 'acceptThenReset' } });
	setup.api.fault({ on: 'logs', action: UNREADABLE });
	setup.api.once('generation', (generation: { status: string; paid: boolean }) =>
		Object.assign(generation, { status: 'error', paid: false }),
	);
	const result = await setup.engine.run(veoWorkflow(TEXT), { credentials: setup.api });
	expect(result.error?.message).toBe('The video could not be generated [item 0]');
	expect(result.error?.description).toContain(setup.api.generations[0]?.id);
	expect(posts(setup)).toHaveLength(1);
});
