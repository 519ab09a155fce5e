/** Faults before and while a request is submitted, which costs money. */
import type { FaultRule } from '../../sandbox/stand-ins/api';
import { UNKNOWN_HOST } from '../engine/setup';
import { PAYING } from './cell';
import type { Fault } from './cell';
import { testMatrix } from './matrix';

type Action = FaultRule['action'];

/** No server listens on this port of ours. */
const NOWHERE = 'http://127.0.0.1:1';
const WEEK_MS = 604_800_000;
const busy = (retryAfter?: string): Action => ({
	kind: 'status',
	status: 429,
	headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter },
});
const status = (code: number, message?: string): Action => ({
	kind: 'status',
	status: code,
	...(message && { body: { message, statusCode: code } }),
});
const fault = (name: string, action: Action, more: Partial<Fault> & { times?: number } = {}) => ({
	name,
	strikes: PAYING,
	rules: () => [{ on: 'submit' as const, action, times: more.times }],
	...more,
});

/** Surely not taken: sent again. */
const repeated: Fault[] = [
	fault('submit: 429', busy(), { times: 2, posts: 3 }),
	fault('submit: 429, Retry-After 3 s', busy('3'), { times: 2, posts: 3 }),
	fault('submit: 429, Retry-After over', busy('Wed, 21 Oct 2015 07:28:00 GMT'), { posts: 2 }),
	fault(
		'submit: 429, Retry-After next week',
		busy(new Date(Date.now() + WEEK_MS).toUTCString()),
		// Each of the two tries gives up at once.
		{ times: 2, posts: 3 },
	),
	{
		name: 'submit: one job at a time',
		strikes: PAYING,
		settings: { concurrency: 1, generationMs: 60 },
		items: [5],
		strikesAll: true,
		posts: 'any',
	},
	{
		name: 'submit: 429 until the time is over',
		strikes: PAYING,
		settings: { concurrency: 0 },
		options: { timeout: 15 },
		strikesAll: true,
		posts: 'any',
	},
	{
		name: 'submit: connection refused',
		strikes: PAYING,
		baseUrl: NOWHERE,
		options: { timeout: 10 },
		strikesAll: true,
	},
	{
		name: 'submit: name not found',
		strikes: PAYING,
		baseUrl: `http://${UNKNOWN_HOST}`,
		options: { timeout: 10 },
		strikesAll: true,
	},
];

/** Never reached, and no repetition can mend it: told at once. */
const unreachable: Fault[] = [
	['https to an http port', 'https://127.0.0.1:1'],
	['a port that cannot be', 'http://127.0.0.1:99999'],
].map(([name, baseUrl]) => ({
	name: `submit: ${name}`,
	strikes: PAYING,
	baseUrl,
	options: { timeout: 30 },
	strikesAll: true,
}));

/** It may have been taken, and was not: never sent again. */
const unknown: Fault[] = (
	[
		['500', status(500)],
		['502 in HTML', { kind: 'html', status: 502 }],
		['503', status(503)],
		['504', status(504)],
		['408', status(408)],
		['reset', { kind: 'reset' }],
		['no answer', { kind: 'hang' }],
		['HTML with 200', { kind: 'html' }],
		['broken JSON', { kind: 'brokenJson' }],
		['empty body', { kind: 'emptyBody' }],
		['200 without an id', { kind: 'json', body: { status: 'queued' } }],
	] satisfies Array<[string, Action]>
).map(([name, action]) => fault(`submit: ${name}`, action, { becomes: 'unknown' }));

/** It was taken, and the answer is lost: the usage log tells, at once or on a retry. */
const accepted = (
	[
		['reset', { kind: 'acceptThenReset' }],
		['502', { kind: 'acceptThenStatus', status: 502 }],
		['no answer', { kind: 'acceptThenHang' }],
		['200 without an id', { kind: 'acceptThenJson', body: { status: 'queued' } }],
		['502 that names it', { kind: 'acceptThenStatus', status: 502, named: true }],
		['an answer that breaks off', { kind: 'acceptThenBroken' }],
	] satisfies Array<[string, Action]>
).flatMap(([name, action]): Fault[] => [
	fault(`submit: taken, then ${name}`, action),
	fault(`submit: taken, then ${name}, not in the log yet`, action, {
		settings: { generationMs: 3_600_000 },
		// Create and Wait of the others would wait for their videos; the struck one ends the node.
		options: { timeout: 60 },
	}),
	{
		...fault(`submit: taken, then ${name}, the log is down`, action),
		rules: () => [
			{ on: 'submit', action },
			{ on: 'logs', action: status(503), times: 99 },
		],
	},
]);

/** Refused: not charged; the retry submits once more. */
const refused: Fault[] = (
	[
		['400', status(400, 'Body validation error')],
		['401', status(401, 'Unauthorized')],
		['403, no credits', status(403, "You've run out of credits. Please top up your balance.")],
		['403, not allowed', status(403, 'Forbidden')],
		['404', status(404)],
		['413 in HTML', { kind: 'html', status: 413 }],
		[
			'redirect to another host',
			{ kind: 'status', status: 307, headers: { location: 'http://localhost:1/' } },
		],
	] satisfies Array<[string, Action]>
).map(([name, action]) => fault(`submit: ${name}`, action, { posts: 2 }));

/** The price comes before the first submission. */
const prices: Fault[] = (
	[
		['503', status(503)],
		['no answer', { kind: 'hang' }],
		['broken JSON', { kind: 'brokenJson' }],
	] satisfies Array<[string, Action]>
).map(([name, action]) => ({
	name: `price: ${name}`,
	strikes: PAYING,
	rules: () => [{ on: 'models', action, times: 8 }],
	options: { maxCost: 100 },
	strikesAll: true,
}));

/** Expressions that give another value each time, under faults that are tried again. */
const changing: Fault[] = (
	[
		['check: 401', [{ on: 'fetch', action: status(401), times: 2 }], 1],
		['download: 403 for ever', [{ on: 'cdn', action: status(403), times: 999 }], 1],
		['submit: 400', [{ on: 'submit', action: status(400) }], 2],
		['submit: taken, then reset', [{ on: 'submit', action: { kind: 'acceptThenReset' } }], 1],
		['generation: failed', [{ on: 'submit', action: { kind: 'fail', error: 'Dark' } }], 2],
	] satisfies Array<[string, Array<Omit<FaultRule, 'match'>>, number]>
).map(([name, rules, posts]) => ({
	name: `${name}, a random seed`,
	strikes: name.startsWith('submit') ? PAYING : ['createAndWait'],
	rules: () => rules,
	parameters: { videoSettings: { seed: '={{ Math.floor(Math.random() * 1000000) }}' } },
	posts,
}));

/** Refusals that come with 200, or from a proxy on the way. */
const disguised: Fault[] = [
	fault(
		'submit: 200 that says 402',
		{ kind: 'json', body: { code: 402, msg: 'Credits insufficient' } },
		{ posts: 2 },
	),
	fault('submit: 403 of a firewall', { kind: 'html', status: 403 }, { posts: 2 }),
	fault('submit: 407 of a proxy', { kind: 'status', status: 407, body: '' }, { posts: 2 }),
];

testMatrix('1-submit', [
	...unreachable,
	...changing,
	...disguised,
	...repeated,
	...unknown,
	...accepted,
	...refused,
	...prices,
]);
