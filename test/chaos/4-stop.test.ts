/** Stop in each phase: when the execution is retried, everything that was paid for arrives. */
import type { FaultRule, LogEntry } from '../../sandbox/stand-ins/api';
import { isStruck, CHECKING, PAYING, WAITING } from './cell';
import type { Fault } from './cell';
import { testMatrix } from './matrix';

type Rule = Omit<FaultRule, 'match'>;

const HOUR_MS = 3_600_000;
const isStruckPost = (entry: LogEntry) => entry.method === 'POST' && isStruck(entry);
const isRefused = ({ method, status }: LogEntry) => method === 'POST' && status === 429;
const isBadGateway = ({ server, status }: LogEntry) => server === 'cdn' && status === 502;
const isModels = ({ path }: LogEntry) => path.startsWith('/v1/models');
const isCheck = ({ method, path }: LogEntry) => method === 'GET' && path.includes('generation_id=');
const isLog = ({ path }: LogEntry) => path.startsWith('/v2/logs');
const isDownload = ({ server }: LogEntry) => server === 'cdn';

const stop = (
	phase: string,
	strikes: Fault['strikes'],
	event: 'request' | 'response',
	kind: (entry: LogEntry) => boolean,
	rules: Rule[],
	more: Partial<Fault> & { count?: number } = {},
): Fault => ({
	name: `Stop ${phase}`,
	strikes,
	rules: () => rules,
	stopAt: { event, kind, count: more.count },
	...more,
});

const hang: Rule = { on: 'fetch', action: { kind: 'hang' } };
const taken: Rule = { on: 'submit', action: { kind: 'acceptThenHang' } };
const stalled: Rule = { on: 'cdn', action: { kind: 'stall', afterBytes: 5_000 } };
const running = { settings: { generationMs: HOUR_MS } };

testMatrix('4-stop', [
	stop('while submitting, taken', PAYING, 'request', isStruckPost, [taken]),
	stop(
		'while submitting, not taken',
		PAYING,
		'request',
		isStruckPost,
		[{ on: 'submit', action: { kind: 'hang' } }],
		{ becomes: 'unknown' },
	),
	stop(
		'while pausing after 429',
		PAYING,
		'response',
		isRefused,
		[{ on: 'submit', action: { kind: 'status', status: 429, headers: { 'retry-after': '60' } } }],
		{ posts: 2 },
	),
	stop('while searching for a lost answer', PAYING, 'request', isLog, [
		{ on: 'submit', action: { kind: 'acceptThenReset' } },
		{ on: 'logs', action: { kind: 'hang' } },
	]),
	stop(
		'while reading the prices',
		PAYING,
		'request',
		isModels,
		[{ on: 'models', action: { kind: 'hang' } }],
		{ options: { maxCost: 100 } },
	),
	stop('before the first check is answered', CHECKING, 'request', isCheck, [hang]),
	stop('between checks', WAITING, 'response', isCheck, [], running),
	stop('after some checks', WAITING, 'response', isCheck, [], { ...running, count: 7 }),
	stop('before the CDN answers', CHECKING, 'request', isDownload, [
		{ on: 'cdn', action: { kind: 'hang' } },
	]),
	stop('while downloading', CHECKING, 'request', isDownload, [stalled]),
	stop('while all are downloading', CHECKING, 'request', isDownload, [{ ...stalled, times: 5 }], {
		strikesAll: true,
		items: [5],
		count: 5,
	}),
	stop(
		'between downloads',
		CHECKING,
		'response',
		isBadGateway,
		[{ on: 'cdn', action: { kind: 'status', status: 502 }, times: 9 }],
		{ count: 2 },
	),
	stop(
		'while asking for a fresh address',
		CHECKING,
		'request',
		isCheck,
		[
			{ on: 'cdn', action: { kind: 'expire' } },
			{ ...hang, after: 1 },
		],
		{ count: 2, items: [1] },
	),
]);
