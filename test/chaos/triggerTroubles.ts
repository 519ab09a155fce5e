/** What can go wrong between the vendor, n8n and the trigger. Each ends well: the trouble is over at its end. */
import type { FaultRule, Generation } from '../../sandbox/stand-ins/api';
import type { Scene, Trouble } from './triggerCell';

type Action = FaultRule['action'];

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** A request that is struck is sent once more, in the same poll. */
const STRUCK = 2;
const status = (code: number, headers?: Record<string, string>): Action => ({
	kind: 'status',
	status: code,
	headers,
});

/** The log is struck in this way for three polls while videos finish. */
const struck = (name: string, action: Action): Trouble => ({
	name: `log: ${name}`,
	run: async (scene) => {
		await scene.makeOthers(2);
		await scene.activate();
		await scene.poll();
		scene.strike(action, 3 * STRUCK);
		for (let polls = 0; polls < 3; polls++) {
			await scene.make(1);
			await scene.poll(STRUCK);
		}
		await scene.poll();
		await scene.poll();
	},
});

/** The same from the activation on. */
const fromTheStart = (name: string, action: Action): Trouble => ({
	name: `log from the start: ${name}`,
	run: async (scene) => {
		scene.strike(action, 3 * STRUCK);
		await scene.makeOthers(2, { agoMs: HOUR_MS, takesMs: MINUTE_MS });
		await scene.activate(STRUCK);
		await scene.make(2);
		await scene.poll(STRUCK);
		await scene.make(1);
		await scene.poll(STRUCK);
		await scene.poll();
		await scene.poll();
	},
});

const logs: Trouble[] = [
	...(
		[
			['503', status(503)],
			['429', status(429)],
			['429, Retry-After 1 s', status(429, { 'retry-after': '1' })],
			['HTML with 200', { kind: 'html' }],
			['403 of a firewall', { kind: 'html', status: 403 }],
			['broken JSON', { kind: 'brokenJson' }],
			['reset', { kind: 'reset' }],
			['empty body', { kind: 'emptyBody' }],
		] satisfies Array<[string, Action]>
	).map(([name, action]) => {
		const trouble = struck(name, action);
		// A firewall's word is not asked for again within the poll.
		return name.startsWith('403') ? { ...trouble, run: firewall(action) } : trouble;
	}),
	fromTheStart('503', status(503)),
	fromTheStart('429', status(429)),
	fromTheStart('HTML with 200', { kind: 'html' }),
	fromTheStart('reset', { kind: 'reset' }),
];

function firewall(action: Action): Trouble['run'] {
	return async (scene) => {
		await scene.makeOthers(2);
		await scene.activate();
		scene.strike(action, 3);
		for (let polls = 0; polls < 3; polls++) {
			await scene.make(1);
			await scene.poll();
		}
		await scene.poll();
	};
}

const restarts: Trouble[] = [
	{
		name: 'restart between polls',
		run: async (scene) => {
			await scene.makeOthers(2);
			await scene.activate();
			// Without an execution n8n's durable scheduler has no state before its first poll.
			await scene.poll();
			await scene.make(2);
			await scene.poll();
			await scene.poll();
			await scene.make(2);
			await scene.restart();
			await scene.poll();
			await scene.restart();
			await scene.make(1);
			await scene.poll();
			await scene.restart();
		},
	},
	{
		name: 'restart before the first execution',
		run: async (scene) => {
			const [running] = await scene.make(1, { agoMs: HOUR_MS, takesMs: DAY_MS });
			await scene.makeOthers(2);
			await scene.activate();
			await scene.poll();
			await scene.restart();
			if (running) running.readyAt = Date.now();
			await scene.restart();
			await scene.poll();
		},
	},
	{
		name: 'restart while the API is down',
		run: async (scene) => {
			await scene.activate();
			await scene.poll();
			await scene.make(2);
			await scene.poll();
			await scene.make(2);
			scene.strike(status(503), 2 * STRUCK);
			const { thrown } = await scene.restart(STRUCK);
			if (thrown) throw new Error(`n8n gives the trigger up: ${thrown.message}`);
			await scene.poll(STRUCK);
			await scene.poll();
		},
	},
	{
		name: 'n8n is off for three days',
		setsClock: true,
		run: async (scene) => {
			await scene.makeOthers(1, { agoMs: 3 * DAY_MS + 25 * HOUR_MS, takesMs: MINUTE_MS });
			await scene.activate(1, 'activate', -3 * DAY_MS);
			await scene.poll();
			for (const days of [2.9, 2, 1]) {
				await scene.make(1, { agoMs: days * DAY_MS, takesMs: MINUTE_MS });
			}
			await scene.restart();
			await scene.poll();
		},
	},
];

const long: Trouble = {
	name: 'n8n is off for three days, then no video is given at first',
	setsClock: true,
	run: async (scene) => {
		await scene.activate(1, 'activate', -3 * DAY_MS);
		await scene.poll();
		for (const days of [2.9, 2, 1]) {
			await scene.make(1, { agoMs: days * DAY_MS, takesMs: MINUTE_MS });
		}
		scene.strike(status(503), 3, 'fetch');
		await scene.restart(1 + 3);
		await scene.poll();
		await scene.poll();
	},
};

const amounts: Trouble[] = [
	{
		name: '300 at once',
		run: async (scene) => {
			await scene.activate();
			await scene.poll();
			await scene.make(300);
			await scene.poll(3);
			await scene.poll(3);
		},
	},
	{
		name: 'rows arrive while pages are read',
		run: async (scene) => {
			const { api } = scene;
			await scene.activate();
			await scene.poll();
			const [sample] = await scene.make(250);
			let waves = 3;
			const arrive = ({ path }: { path: string }) => {
				if (!/logs.*offset=[1-9]/.test(path) || waves-- <= 0 || !sample) return;
				for (let count = 0; count < 40; count++) add(scene, sample);
			};
			api.on('request', arrive);
			// 250, then 290, 330 and 370 rows: while each page is read, the others move on.
			await scene.poll(4);
			api.off('request', arrive);
			await scene.poll(4);
			await scene.poll(4);
		},
	},
	{
		name: 'rows of the same second',
		run: async (scene) => {
			await scene.makeOthers(1);
			await scene.activate();
			await scene.poll();
			const made = await scene.make(5);
			const [first, second] = made;
			for (const one of made) one.createdAt = first?.createdAt ?? 0;
			if (second) second.readyAt = Date.now() + DAY_MS;
			await scene.poll();
			if (second) second.readyAt = Date.now();
			await scene.poll();
			await scene.poll();
		},
	},
	{
		name: 'two polls at once',
		run: async (scene) => {
			await scene.activate();
			await scene.poll();
			await scene.make(120);
			// The second one asks nothing.
			await Promise.all([scene.poll(2), scene.poll(0), scene.poll(0)]);
			await scene.poll(2);
		},
	},
];

/** One more row at the top of the log, without a request. */
function add({ api, due }: Scene, sample: Generation): void {
	const id = `arrived-${api.generations.length}:${sample.model}`;
	const nowMs = Date.now();
	const more: Generation = { ...sample, id, createdAt: nowMs, readyAt: nowMs };
	api.generations.push(more);
	due.push(more);
}

const clocks = [-9, 9, -120, 120].map(
	(minutes): Trouble => ({
		name: `the log's clock is ${Math.abs(minutes)} minutes ${minutes < 0 ? 'behind' : 'ahead'}`,
		run: async (scene) => {
			scene.api.settings.logClockMs = minutes * MINUTE_MS;
			await scene.makeOthers(2);
			await scene.activate();
			await scene.poll();
			await scene.make(2);
			await scene.poll();
			await scene.restart();
			await scene.make(1, { agoMs: 5 * MINUTE_MS });
			await scene.poll();
			await scene.poll();
		},
	}),
);

const times: Trouble[] = [
	...clocks,
	...[-9, 9].map(
		(minutes): Trouble => ({
			name: `the log is down at the start, its clock ${minutes < 0 ? 'behind' : 'ahead'}`,
			run: async (scene) => {
				scene.api.settings.logClockMs = minutes * MINUTE_MS;
				scene.strike(status(503), STRUCK);
				await scene.makeOthers(2, { agoMs: HOUR_MS, takesMs: MINUTE_MS });
				await scene.activate(STRUCK);
				await scene.make(2);
				await scene.poll();
				await scene.poll();
			},
		}),
	),
	{
		name: "n8n's clock is a day ahead for an hour",
		setsClock: true,
		run: async (scene) => {
			await scene.activate();
			await scene.poll();
			await scene.make(1);
			await scene.poll(1, DAY_MS);
			await scene.make(1);
			await scene.poll();
			await scene.make(1);
			await scene.poll(1, -DAY_MS);
			await scene.make(1);
			await scene.poll();
		},
	},
	{
		name: 'the log shows a video minutes late',
		run: async (scene) => {
			const { settings } = scene.api;
			await scene.activate();
			await scene.poll();
			settings.logDelayMs = HOUR_MS;
			await scene.make(2, { agoMs: 12 * MINUTE_MS });
			await scene.poll();
			await scene.restart();
			settings.logDelayMs = 0;
			await scene.poll();
			await scene.make(1);
			await scene.poll();
		},
	},
	{
		name: 'a generation takes hours, newer ones come before',
		run: async (scene) => {
			await scene.activate();
			await scene.poll();
			const [slow] = await scene.make(1, { agoMs: 20 * HOUR_MS, takesMs: 10 * DAY_MS });
			await scene.make(2);
			await scene.poll();
			await scene.restart();
			if (slow) slow.readyAt = Date.now();
			await scene.poll();
			await scene.poll();
		},
	},
];

const rows: Trouble[] = [
	{
		name: 'rows without an ID, fields that nobody knows',
		run: async (scene) => {
			scene.api.settings.logStrangeRows = true;
			await scene.activate();
			await scene.poll();
			await scene.make(2);
			await scene.poll();
			await scene.poll();
		},
	},
	{
		name: 'rows of another shape',
		run: async (scene) => {
			await scene.activate();
			await scene.poll();
			const made = await scene.make(6);
			const shapes: Array<Record<string, unknown>> = [
				{ status: 'SUCCEEDED', created: null, cost: null, model: { id: 'x' } },
				{ status: 'completed', created: 1e3 * Math.floor(Date.now() / 1e3), cost: 'free' },
				{ status: 'succeeded', created: 'yesterday', client_request_id: 7 },
				{ status: 'success', tokens: [[]], created: '2026-11-25T12:00:00+09:00' },
				{ status: 'Succeeded', model: null, request_id: null },
				{ status: 'done', created: {}, extra: { deep: [{ er: true }] } },
			];
			const data = made.map(({ id }, index) => ({ inference_id: id, ...shapes[index] }));
			scene.strike({ kind: 'json', body: { data: [null, 7, 'x', [], ...data], meta: 1 } }, 1);
			await scene.poll();
			await scene.poll();
			await scene.poll();
		},
	},
	{
		name: 'rows that are still running',
		run: async (scene) => {
			const { api } = scene;
			const [running] = await scene.make(1, { agoMs: MINUTE_MS, takesMs: DAY_MS });
			// The live API may show them; what it calls them is not known.
			api.deviations.add('logTellsEarly');
			await scene.activate();
			await scene.poll();
			if (running) running.readyAt = Date.now();
			await scene.poll();
			await scene.poll();
		},
	},
	...['succeeded', 'failed', 'any'].map(
		(wanted): Trouble => ({
			name: `failed videos, ${wanted} sought`,
			parameters: { status: wanted },
			run: async (scene) => {
				const { api } = scene;
				const fail = () => api.fault({ on: 'submit', action: { kind: 'fail', error: 'Dark' } });
				fail();
				await scene.makeOthers(2);
				await scene.activate();
				await scene.poll();
				await (wanted === 'failed' ? scene.makeOthers(2) : scene.make(2));
				fail();
				await (wanted === 'succeeded' ? scene.makeOthers(1) : scene.make(1));
				await scene.poll();
				await scene.restart();
				await scene.poll();
			},
		}),
	),
];

const filters: Trouble[] = [
	{
		name: 'a filter is changed',
		parameters: { filters: { reference: 'a' } },
		run: async (scene) => {
			const named = (reference: string) => ({
				clientRequestId: `n8n.1.0.0.0123abcd-01234567:${reference}`,
			});
			await scene.activate();
			await scene.poll();
			await scene.makeOthers(1, named('b-old'));
			await scene.make(1, named('a-1'));
			await scene.poll();
			await scene.makeOthers(1, named('b-old-2'));
			await scene.make(1, named('ab-unseen'));
			scene.trigger.parameters = { filters: {} };
			// The log is read with the new filters, then with the old ones.
			await scene.activate(2, 'update');
			await scene.poll();
			await scene.make(2, named('b-new'));
			await scene.poll();
			await scene.restart();
		},
	},
];

const keys: Trouble[] = [
	{
		name: 'the key is revoked for three hours',
		setsClock: true,
		errors: [3, 4],
		run: async (scene) => {
			await scene.activate();
			await scene.poll();
			scene.strike(status(401), 180);
			for (let minute = 0; minute < 180; minute++) {
				if (minute % 60 === 30) await scene.make(1);
				await scene.poll(1, MINUTE_MS);
			}
			await scene.poll();
			await scene.poll();
		},
	},
	{
		name: 'the key is revoked when n8n starts',
		setsClock: true,
		errors: [1, 2],
		run: async (scene) => {
			await scene.activate();
			await scene.poll();
			await scene.make(1);
			await scene.poll();
			await scene.make(1);
			scene.strike(status(401), 3);
			const { thrown } = await scene.restart();
			if (thrown) throw new Error(`n8n gives the trigger up: ${thrown.message}`);
			await scene.poll();
			await scene.poll();
			await scene.poll();
		},
	},
	{
		name: 'the key is wrong at the activation',
		run: async (scene) => {
			scene.strike(status(401), 1);
			const { thrown } = await scene.activate();
			if (!/did not accept the API key/.test(thrown?.message ?? '')) throw new Error('Not told');
			await scene.activate();
			await scene.poll();
			await scene.make(1);
			await scene.poll();
		},
	},
];

const states: Trouble[] = [
	{
		name: 'another node writes an old state back',
		run: async (scene) => {
			const { trigger } = scene;
			await scene.activate();
			await scene.poll();
			await scene.make(1);
			await scene.poll();
			const old = trigger.stored;
			await scene.make(2);
			await scene.poll();
			await scene.poll();
			trigger.stored = old;
			await scene.poll();
			await scene.activate(1, 'update');
			await scene.poll();
			trigger.stored = undefined;
			await scene.activate(1, 'update');
			await scene.poll();
		},
	},
	{
		name: 'n8n drops the rows of a poll',
		runBy: 'durable scheduler',
		run: async (scene) => {
			const { trigger } = scene;
			await scene.activate();
			await scene.poll();
			await scene.make(2);
			const old = trigger.stored;
			const { rows: dropped } = await scene.poll();
			if (dropped.length !== 2) throw new Error('Nothing to drop');
			// Longer than 45 s: what it returned is dropped with its state.
			scene.needed += dropped.length;
			trigger.rows.length = 0;
			trigger.stored = old;
			await scene.poll();
			await scene.poll();
		},
	},
];

const checks: Trouble[] = [
	{
		name: 'video: 503 for three polls',
		run: async (scene) => {
			await scene.activate();
			await scene.poll();
			await scene.make(2);
			scene.strike(status(503), 6, 'fetch');
			// Two checks each, struck.
			for (let polls = 0; polls < 3; polls++) await scene.poll(3);
			await scene.poll();
			await scene.poll();
		},
	},
	{
		name: 'video: one is never given, others are',
		setsClock: true,
		run: async (scene) => {
			await scene.activate();
			await scene.poll();
			const [never] = await scene.make(1);
			scene.api.fault({
				on: 'fetch',
				action: status(404),
				times: 999,
				match: { generationId: never?.id },
			});
			await scene.poll(2);
			await scene.make(1);
			const { rows: others } = await scene.poll(2);
			if (others.length !== 1) throw new Error('One video holds the others up');
			const { rows: bare } = await scene.poll(1, 61 * MINUTE_MS);
			if (bare.length !== 1 || bare[0]?.json.video) throw new Error('Paid for, and not told of');
			await scene.poll();
		},
	},
	{
		name: 'video: the API is down for all of 50',
		run: async (scene) => {
			await scene.activate();
			await scene.poll();
			await scene.make(50);
			scene.strike({ kind: 'reset' }, 50, 'fetch');
			// Ten at once, and two more until three have shown that it is down.
			await scene.poll(1 + 12);
			scene.api.faults.clear();
			await scene.poll();
			await scene.poll();
		},
	},
];

export const TROUBLES: Trouble[] = [
	...logs,
	...restarts,
	long,
	...amounts,
	...times,
	...rows,
	...filters,
	...keys,
	...states,
	...checks,
];
