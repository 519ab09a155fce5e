/** The usage log and the catalogue with its prices, as the vendor's routes return them. */
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { refuse, send } from './respond';
import type { Generation, LogEntry, SandboxState } from './state';
import { CREDITS_PER_USD, PRICES } from './priceList';

type Row = Record<string, unknown>;

export function sendModels(api: SandboxState, url: URL, response: ServerResponse): void {
	const wanted = url.searchParams.getAll('id').flatMap((value) => value.split(','));
	const withPrices = /pricing|all/.test(url.searchParams.get('include') ?? '');
	const data = Object.keys(api.schemas)
		.map((id) => ({
			id,
			aliases: id.includes('/') ? [id.slice(id.indexOf('/') + 1)] : [`google/${id}`],
			type: 'video',
			info: { name: id, developer: 'Google' },
			tags: [],
			...(withPrices && { pricing: PRICES[id] ?? { kind: 'variable', currency: 'USD' } }),
		}))
		.filter(({ id, aliases }) =>
			wanted.length === 0 ? true : wanted.some((name) => name === id || aliases.includes(name)),
		);
	send(response, 200, { object: 'list', data });
}

export function sendLogs(
	api: SandboxState,
	url: URL,
	entry: LogEntry,
	response: ServerResponse,
): void {
	const query = url.searchParams;
	const period = /^([1-9]\d*)([hd])$/.exec(query.get('period') ?? '');
	const bounded = query.has('start') && query.has('end');
	const limit = Number(query.get('limit') ?? 50);
	const offset = Number(query.get('offset') ?? 0);
	const statuses = query.getAll('status');
	const models = query.getAll('model');
	if ((period !== null) === bounded || (query.has('period') && !period)) {
		return refuse(response, entry, 400, 'Provide either period or both start and end');
	}
	if (!Number.isInteger(limit) || limit < 1 || limit > 100 || !(offset >= 0)) {
		return refuse(response, entry, 400, 'limit: Expected 1 to 100');
	}
	if (statuses.some((status) => !['succeeded', 'failed'].includes(status))) {
		return refuse(response, entry, 400, 'status: Invalid enum value');
	}
	const unitMs = period?.[2] === 'd' ? 86_400_000 : 3_600_000;
	const from = period
		? Date.now() + api.settings.logClockMs - Number(period[1]) * unitMs
		: Date.parse(query.get('start') ?? '');
	const to = period ? Infinity : Date.parse(query.get('end') ?? '');
	if (!(from <= to) || (bounded && to - from > 92 * 86_400_000)) {
		return refuse(response, entry, 400, 'The window must be at most 92 days');
	}
	// `source/alias` or a bare alias, matched exactly.
	const isWanted = (model: string) =>
		models.includes(model) || models.includes(model.slice(model.indexOf('/') + 1));
	const rows = logRows(api).filter((row) => {
		const at = Date.parse(String(row.created));
		return (
			at >= from &&
			at <= to &&
			(models.length === 0 || isWanted(String(row.model))) &&
			(statuses.length === 0 || statuses.includes(String(row.status)))
		);
	});
	const { logPageRows, logEndless } = api.settings;
	const given = Math.min(limit, logPageRows);
	const hasMore = logEndless || offset + given < rows.length;
	send(response, 200, {
		data: rows.slice(offset, offset + given),
		pagination: { limit, offset, total: rows.length, has_more: hasMore },
	});
}

/** One row per finished job, newest first: the charge appears only when a job has ended. */
function logRows(api: SandboxState): Row[] {
	const { logClockMs, logDelayMs, logStrangeRows } = api.settings;
	const row = (generation: Partial<Generation> & { paid: boolean }, created: number): Row => ({
		created: new Date(created + logClockMs).toISOString(),
		status: generation.paid ? 'succeeded' : 'failed',
		origin: 'api',
		model: generation.model,
		cost: generation.paid
			? {
					usd: generation.costUsd,
					credits: Math.round((generation.costUsd ?? 0) * CREDITS_PER_USD),
				}
			: { usd: 0, credits: 0 },
		tokens: { input: 0, output: 0, total: 0 },
		request_id: randomUUID(),
		inference_id: generation.id,
		client_request_id: generation.clientRequestId ?? null,
		...(logStrangeRows && { region: { name: 'eu', zones: [1, 2] }, retries: null }),
	});
	const ended = api
		.settled()
		.filter(({ status }) => status === 'completed' || status === 'error')
		.filter(({ readyAt }) => Date.now() >= readyAt + logDelayMs)
		.sort((a, b) => a.createdAt - b.createdAt)
		.map((generation) => row(generation, generation.createdAt))
		.reverse();
	const models = Object.keys(PRICES);
	const old = Array.from({ length: api.settings.oldLogRows }, (_, index) =>
		row(
			{
				id: `old-${index}`,
				model: api.settings.oldLogModel ?? models[index % models.length],
				paid: index % 5 !== 0,
				costUsd: 1,
			},
			Date.now() - 60_000 * (index + 1),
		),
	);
	const refused = [null, ''].map((id) => ({
		...row({ model: models[0], paid: true }, Date.now()),
		inference_id: id,
		client_request_id: null,
	}));
	return [...(logStrangeRows ? refused : []), ...ended, ...old];
}
