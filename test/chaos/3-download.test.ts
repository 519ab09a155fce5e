/** Faults of the CDN, when the video is paid for and ready. */
import type { FaultRule, SandboxApi } from '../../sandbox/stand-ins/api';
import { CHECKING } from './cell';
import type { Fault } from './cell';
import { testMatrix } from './matrix';

type Action = FaultRule['action'];

/** More than the node asks in both tries of Retry On Fail, each redirect followed. */
const FOR_EVER = 999;
const AFTER_BYTES = 5_000;

const fault = (name: string, action: Action | ((api: SandboxApi) => Action), times = 2): Fault => ({
	name: `download: ${name}`,
	strikes: CHECKING,
	rules: (api) => [
		{ on: 'cdn', times, action: typeof action === 'function' ? action(api) : action },
	],
});

const elsewhere = ({ cdnUrl }: SandboxApi, path: string) =>
	`${cdnUrl.replace('127.0.0.1', 'localhost')}${path}`;

testMatrix('3-download', [
	fault('cut off', { kind: 'cutOff', afterBytes: AFTER_BYTES }),
	fault('cut off for ever', { kind: 'cutOff', afterBytes: AFTER_BYTES }, FOR_EVER),
	fault('cut off before the first byte', { kind: 'cutOff', afterBytes: 0 }),
	fault('stalled', { kind: 'stall', afterBytes: AFTER_BYTES }),
	fault('a byte at a time', { kind: 'trickle', everyMs: 200 }),
	fault('shorter than announced', { kind: 'wrongLength', missing: 1_000 }),
	fault('empty', { kind: 'emptyBody' }),
	fault('HTML with 200', { kind: 'html' }),
	fault('HTML with 200 for ever', { kind: 'html' }, FOR_EVER),
	fault('JSON as type', { kind: 'wrongType', contentType: 'application/json' }),
	fault('octet-stream as type', { kind: 'wrongType', contentType: 'application/octet-stream' }),
	...[403, 404, 410].map((status) => fault(`${status}, expired`, { kind: 'expire', status }, 1)),
	fault('403 for ever', { kind: 'status', status: 403 }, FOR_EVER),
	...[429, 500, 503].map((status) => fault(`${status}`, { kind: 'status', status })),
	fault('503 for ever', { kind: 'status', status: 503 }, FOR_EVER),
	fault('206 unasked', { kind: 'status', status: 206 }),
	fault('reset', { kind: 'reset' }),
	fault('no answer', { kind: 'hang' }),
	fault('redirect', (api) => ({
		kind: 'redirect',
		to: `${api.cdnUrl}/media/landscape-8s.mp4`,
	})),
	fault('redirect to another host', (api) => ({
		kind: 'redirect',
		to: elsewhere(api, '/media/landscape-8s.mp4'),
	})),
	fault('redirect to nowhere', { kind: 'redirect', to: 'http://127.0.0.1:1/video.mp4' }),
	fault('redirect in a circle', { kind: 'redirect', to: '?v=1' }, FOR_EVER),
]);
