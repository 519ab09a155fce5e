/**
 * Ways in which the live API may differ from what this package assumes. Each changes the sandbox's true
 * answer on its way out, so the routes themselves know nothing of it. `npm run live` must report each.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Generation, LogEntry, SandboxState } from './state';

type Json = Record<string, unknown>;

export interface Reply {
	status: number;
	headers: Record<string, string>;
	body: Buffer;
}

export interface Asked {
	api: SandboxState;
	entry: LogEntry;
	/** Method and path without the query, as `GET /v2/billing`; for the CDN `CDN`. */
	route: string;
	/** The job that the request is about. */
	generation?: Generation;
}

export type Change = (reply: Reply, asked: Asked) => void;

const BILLING = 'GET /v2/billing';
const MODELS = 'GET /v1/models';
const LOGS = 'GET /v2/logs';
const SUBMIT = 'POST /v2/video/generations';
const CHECK = 'GET /v2/video/generations';
export const CDN = 'CDN';

/** A change of one route's answers. */
const on =
	(route: string, change: Change): Change =>
	(reply, asked) => {
		if (asked.route === route) change(reply, asked);
	};

function refuse(reply: Reply, status: number): void {
	reply.status = status;
	reply.headers = { 'content-type': 'application/json' };
	reply.body = Buffer.from(JSON.stringify({ message: 'Refused on demand' }));
}

/** A change of the JSON that one route gives when all is well. */
const json = (route: string, change: (body: Json, asked: Asked, reply: Reply) => Json | void) =>
	on(route, (reply, asked) => {
		if (reply.status >= 300) return;
		const body = JSON.parse(reply.body.toString('utf8')) as Json;
		reply.body = Buffer.from(JSON.stringify(change(body, asked, reply) ?? body));
	});

const checked = (change: (body: Json, generation: Generation, reply: Reply) => Json | void) =>
	json(CHECK, (body, { generation }, reply) =>
		generation ? change(body, generation, reply) : undefined,
	);

const completed = (change: (body: Json, generation: Generation, reply: Reply) => Json | void) =>
	checked((body, generation, reply) =>
		body.status === 'completed' ? change(body, generation, reply) : undefined,
	);

const logRow = (change: (row: Json, generation: Generation) => void) =>
	json(LOGS, (body, { api }) => {
		for (const row of body.data as Json[]) {
			const generation = api.generations.find(({ id }) => id === row.inference_id);
			if (generation) change(row, generation);
		}
	});

/** Bytes replaced wherever they stand in the file, so that no box changes its size. */
const inFile = (from: string, to: string) =>
	on(CDN, (reply) => {
		const text = reply.body.toString('latin1').replaceAll(from, to);
		reply.body = Buffer.from(text, 'latin1');
	});

const otherFile = (name: string) =>
	on(CDN, (reply) => {
		reply.body = readFileSync(join(__dirname, '..', '..', 'media', name));
	});

const refuseBody = (holds: (body: Json) => boolean) =>
	on(SUBMIT, (reply, { entry }) => {
		if (holds(entry.body as Json)) refuse(reply, 400);
	});

const sinceEndMs = ({ readyAt }: Generation) => Date.now() - readyAt;
const SOON_MS = 15_000;
const LATE_MS = 300_000;

export const DEVIATIONS = {
	balanceAsText: json(BILLING, (body) => ({
		...body,
		current_balance: String(body.current_balance),
	})),
	/** Twice what the answers say. */
	balanceFallsTwice: json(BILLING, (body, { api }) => {
		const paid = api.settled().filter((generation) => generation.paid);
		const more = paid.reduce((sum, { costUsd }) => sum + costUsd, 0);
		return { ...body, current_balance: Number(body.current_balance) - more };
	}),
	wrongKeyIs403: (reply) => {
		if (reply.status === 401) reply.status = 403;
	},
	refusalsWrapped: (reply) => {
		if (reply.status < 400) return;
		const error = JSON.parse(reply.body.toString('utf8')) as Json;
		reply.body = Buffer.from(JSON.stringify({ error }));
	},
	wrongFieldIs422: on(SUBMIT, (reply) => {
		if (reply.status === 400) reply.status = 422;
	}),
	wrongFieldNotNamed: on(SUBMIT, (reply) => {
		if (reply.status === 400) refuse(reply, 400);
	}),
	wrongFieldAccepted: on(SUBMIT, (reply) => {
		if (reply.status !== 400) return;
		reply.status = 201;
		reply.body = Buffer.from(JSON.stringify({ id: 'lenient', status: 'queued' }));
	}),
	unknownIdIs400: on(CHECK, (reply) => {
		if (reply.status === 404) reply.status = 400;
	}),
	catalogueWantsKey: on(MODELS, (reply) => refuse(reply, 401)),
	modelNotInCatalogue: json(MODELS, (body) => ({ ...body, data: [] })),
	priceVaries: json(MODELS, (body) => {
		for (const row of body.data as Json[]) row.pricing = { kind: 'variable', currency: 'USD' };
	}),
	acceptedAs202: on(SUBMIT, (reply) => {
		if (reply.status === 201) reply.status = 202;
	}),
	acceptedInOtherWord: json(SUBMIT, (body) => ({ ...body, status: 'pending' })),
	noInferenceId: on(SUBMIT, (reply) => {
		delete reply.headers['x-inference-id'];
	}),
	otherInferenceId: on(SUBMIT, (reply) => {
		if (reply.status < 300) reply.headers['x-inference-id'] = 'other';
	}),
	clientRequestIdNotEchoed: (reply) => {
		delete reply.headers['x-client-request-id'];
	},
	runningInOtherWord: checked((body) =>
		body.status === 'generating' ? { ...body, status: 'processing' } : undefined,
	),
	completedInOtherWord: completed((body) => ({ ...body, status: 'succeeded' })),
	otherIdInCheck: checked((body) => ({ ...body, id: String(body.id).split(':')[0] })),
	videoAsList: completed((body) => ({ ...body, video: [body.video] })),
	noVideo: completed((body) => ({ ...body, video: undefined })),
	videoLate: completed((body, generation) =>
		sinceEndMs(generation) < SOON_MS ? { ...body, video: undefined } : undefined,
	),
	errorBesideVideo: completed((body) => ({ ...body, error: { name: 'Warning' } })),
	noUsage: completed((body) => ({ ...body, meta: null })),
	usageWithoutUsd: completed((body, _generation, reply) => {
		delete reply.headers['x-aimlapi-usd-spent'];
		const { usage } = body.meta as { usage: Json };
		return { ...body, meta: { usage: { ...usage, usd_spent: undefined } } };
	}),
	usageOtherInHeaders: completed((_body, _generation, reply) => {
		reply.headers['x-aimlapi-usd-spent'] = '99';
	}),
	chargedMore: completed((body, { costUsd }, reply) => {
		reply.headers['x-aimlapi-usd-spent'] = String(costUsd * 3);
		const { usage } = body.meta as { usage: Json };
		return { ...body, meta: { usage: { ...usage, usd_spent: costUsd * 3 } } };
	}),
	fileWantsKey: on(CDN, (reply, { entry }) => {
		if (entry.headers.authorization === undefined) refuse(reply, 401);
	}),
	fileWithoutType: on(CDN, (reply) => {
		reply.headers['content-type'] = 'application/octet-stream';
	}),
	fileWithoutLength: on(CDN, (reply) => {
		delete reply.headers['content-length'];
	}),
	fileLonger: otherFile('landscape-8s.mp4'),
	fileUpright: otherFile('portrait-4s.mp4'),
	fileInOtherFormat: inFile('avc1', 'hvc1'),
	fileWithoutSound: inFile('soun', 'subt'),
	fileIsNoVideo: otherFile('first-frame.jpg'),
	logTellsEarly: json(LOGS, (body, { api }) => ({
		...body,
		data: [
			...(body.data as Json[]),
			...api.generations
				.filter(({ status }) => status !== 'completed')
				.map(({ id }) => ({ inference_id: id, created: new Date().toISOString() })),
		],
	})),
	logTellsLate: json(LOGS, (body, { api }) => {
		const isLate = (row: Json) => {
			const generation = api.generations.find(({ id }) => id === row.inference_id);
			return generation !== undefined && sinceEndMs(generation) < LATE_MS;
		};
		return { ...body, data: (body.data as Json[]).filter((row) => !isLate(row)) };
	}),
	logOtherShape: json(LOGS, ({ data }) => ({ rows: data })),
	logTellsNothing: json(LOGS, (body) => ({ ...body, data: [] })),
	logCreatedIsEnd: logRow((row, { readyAt }) => {
		row.created = new Date(readyAt).toISOString();
	}),
	logOtherInferenceId: logRow((row) => {
		row.inference_id = 'other';
	}),
	logWithoutClientRequestId: logRow((row) => {
		row.client_request_id = null;
	}),
	logOtherModel: logRow((row) => {
		row.model = 'google/veo';
	}),
	logOtherStatus: logRow((row) => {
		row.status = 'completed';
	}),
	logOtherCost: logRow((row) => {
		row.cost = { usd: 99, credits: 1 };
	}),
	forgotten: on(CHECK, (reply, { generation }) => {
		if (generation && sinceEndMs(generation) > LATE_MS) refuse(reply, 404);
	}),
	addressExpires: on(CDN, (reply, { generation }) => {
		if (generation && sinceEndMs(generation) > LATE_MS) refuse(reply, 403);
	}),
	picturesByUrlOnly: refuseBody(({ image_url: url }) => /^data:/.test(String(url))),
	videosByUrlOnly: refuseBody(({ video_url: url }) => /^data:/.test(String(url))),
	/** Google refuses sources that are too long; a second extension has such a source. */
	noSecondExtension: on(SUBMIT, (reply, { api }) => {
		const extensions = api.generations.filter(({ body }) => body.provider === 'google');
		if (extensions.length > 1) refuse(reply, 400);
	}),
} satisfies Record<string, Change>;

export type Deviation = keyof typeof DEVIATIONS;
