/** Faults while the node checks a paid generation, and generations that end badly. */
import type { FaultRule } from '../../sandbox/stand-ins/api';
import { CHECKING, PAYING, WAITING } from './cell';
import type { Fault } from './cell';
import { testMatrix } from './matrix';

type Action = FaultRule['action'];
const HOUR_MS = 3_600_000;
const status = (code: number, headers?: Record<string, string>): Action => ({
	kind: 'status',
	status: code,
	headers,
});

const passing: Fault[] = (
	[
		['429', status(429)],
		['429, Retry-After 5 s', status(429, { 'retry-after': '5' })],
		['500', status(500)],
		['502 in HTML', { kind: 'html', status: 502 }],
		['503', status(503)],
		['504', status(504)],
		['reset', { kind: 'reset' }],
		['no answer', { kind: 'hang' }],
		['HTML with 200', { kind: 'html' }],
		['broken JSON', { kind: 'brokenJson' }],
		['empty body', { kind: 'emptyBody' }],
		['403 of a firewall', { kind: 'html', status: 403 }],
		['429, Retry-After an hour', status(429, { 'retry-after': '3600' })],
		['404 at first', status(404)],
		['completed without its video at first', { kind: 'json', body: { status: 'completed' } }],
		['unknown status at first', { kind: 'json', body: { status: 'pondering' } }],
	] satisfies Array<[string, Action]>
).map(([name, action]) => ({
	name: `check: ${name}`,
	// One check that finds it running is an answer of Get.
	strikes: name.startsWith('unknown') ? WAITING : CHECKING,
	rules: () => [{ on: 'fetch', action, times: 2 }],
}));

const refused: Fault[] = (
	[
		['400', status(400)],
		['401', status(401)],
		['403', status(403)],
		['redirect', status(302, { location: 'http://localhost:1/' })],
	] satisfies Array<[string, Action]>
).map(([name, action]) => ({
	name: `check: ${name}`,
	strikes: CHECKING,
	// Longer than Retry On Fail: only Executions → Retry brings it.
	rules: () => [{ on: 'fetch', action, times: 2 }],
}));

const endless: Fault[] = [
	...(
		[
			['404', status(404)],
			['503', status(503)],
			['no answer', { kind: 'hang' }],
			['unknown status', { kind: 'json', body: { status: 'pondering' } }],
		] satisfies Array<[string, Action]>
	).map(
		([name, action]): Fault => ({
			name: `check: ${name} until the time is over`,
			strikes: WAITING,
			rules: () => [{ on: 'fetch', action, times: 999 }],
			options: { timeout: 40 },
		}),
	),
	{
		name: 'generation: not ready in time',
		strikes: WAITING,
		settings: { generationMs: HOUR_MS },
		options: { timeout: 40 },
		strikesAll: true,
	},
];

const fates: Fault[] = [
	...(
		[
			['name and message', { name: 'PolicyError', message: 'Unsafe' }],
			['detail list', { detail: [{ loc: ['body', 'prompt'], msg: 'Too long', type: 'value' }] }],
			['text', 'Out of capacity'],
			['null', null],
		] satisfies Array<[string, unknown]>
	).map(([name, error]): [string, Action] => [`failed, ${name}`, { kind: 'fail', error }]),
	['without a video', { kind: 'noVideo' }] satisfies [string, Action],
].flatMap(([name, action]): Fault[] => [
	{
		name: `generation: ${name as string}`,
		strikes: ['createAndWait'],
		rules: () => [{ on: 'submit', action: action as Action }],
		posts: 2,
	},
	{
		name: `generation: ${name as string}`,
		strikes: ['get', 'getAndWait'],
		rules: () => [{ on: 'submit', action: action as Action }],
		becomes: 'nothing',
	},
]);

/** Unusual answers about a generation that is all right. */
const unusual: Fault[] = (
	[
		['its video is a list', { kind: 'videoList' }],
		['charged, and its video comes late', { kind: 'chargedLate', checks: 7 }],
		['its answers have another ID', { kind: 'otherId' }],
	] satisfies Array<[string, Action]>
).map(([name, action]) => ({
	name: `generation: ${name}`,
	strikes: name.startsWith('charged') ? WAITING : CHECKING,
	rules: () => [{ on: 'submit', action }],
}));

const atOnce: Fault[] = [
	{
		name: 'generation: completed in the answer to its submission',
		strikes: PAYING,
		rules: () => [{ on: 'submit', action: { kind: 'completedAtOnce' } }],
	},
	{
		name: 'generation: failed in the answer to its submission',
		strikes: PAYING,
		rules: () => [{ on: 'submit', action: { kind: 'failedAtOnce', error: 'Dark' } }],
		posts: 2,
	},
];

const late: Fault[] = [
	{
		name: 'generation: video comes late',
		strikes: CHECKING,
		rules: () => [{ on: 'submit', action: { kind: 'lateVideo', checks: 2 } }],
	},
	{
		name: 'generation: unknown status for a while',
		strikes: WAITING,
		rules: () => [{ on: 'submit', action: { kind: 'unknownStatus', status: 'active', checks: 3 } }],
	},
	{
		name: 'generation: its address is no web address',
		strikes: CHECKING,
		rules: () => [{ on: 'submit', action: { kind: 'videoUrl', url: 'file:///etc/hostname' } }],
	},
];

testMatrix('2-check', [
	...passing,
	...refused,
	...endless,
	...fates,
	...unusual,
	...atOnce,
	...late,
]);
