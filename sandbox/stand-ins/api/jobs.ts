/** The two routes of the video jobs, submit and status check, with the faults that apply to them. */
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { applyFault, refuse, send } from './respond';
import type { Generation, LogEntry, SandboxState } from './state';
import { CREDITS_PER_USD, priceOf } from './priceList';
import { bodyViolations } from './schema';

type Row = Record<string, unknown>;

export function submitJob(api: SandboxState, entry: LogEntry, response: ServerResponse): void {
	const body = (entry.body ?? {}) as Row;
	const action = api.faults.take('submit', String(body.prompt));
	if (applyFault(api.faults, 'submit', response, action ?? null)) return;
	const violations = bodyViolations(entry.body, api.schemas);
	if (violations.length > 0) {
		return refuse(response, entry, 400, `Body validation error: ${violations.join('; ')}`, {
			meta: violations,
		});
	}
	const running = api.settled().filter(({ status }) => /queued|generating/.test(status));
	if (running.length >= api.settings.concurrency) {
		response.setHeader('Retry-After', String(api.settings.retryAfterS));
		return refuse(response, entry, 429, 'Too Many Requests');
	}
	const costUsd = priceOf(body);
	const reserved = running.reduce((sum, { costUsd: cost }) => sum + cost, 0);
	if (api.settings.balanceUsd - reserved < costUsd) {
		return refuse(
			response,
			entry,
			403,
			"You've run out of credits. Please top up your balance or update your payment method to continue.",
		);
	}
	const generation: Generation = {
		id: `${randomUUID()}:${String(body.model)}`,
		model: String(body.model),
		body,
		createdAt: Date.now(),
		readyAt: Date.now() + api.settings.generationMs,
		status: 'queued',
		paid: false,
		costUsd,
		deliveredTimes: 0,
		clientRequestId: entry.clientRequestId,
		fate: action,
		checks: 0,
		urlVersion: 1,
		expiredVersion: 0,
	};
	api.generations.push(generation);
	entry.generationId = generation.id;
	api.emit('generation', generation);
	if (action?.kind === 'acceptThenReset') return void response.req.socket.destroy();
	if (action?.kind === 'acceptThenHang') return;
	if (action?.kind === 'acceptThenBroken') {
		response.writeHead(201, {
			'content-type': 'application/json',
			'x-inference-id': generation.id,
		});
		return void response.end('{"id": "');
	}
	if (action?.kind === 'acceptThenStatus') {
		if (action.named) response.setHeader('x-inference-id', generation.id);
		return refuse(response, entry, action.status, 'Bad gateway on demand');
	}
	if (action?.kind === 'acceptThenJson') return send(response, 200, action.body);
	response.setHeader('x-inference-id', generation.id);
	if (action?.kind === 'completedAtOnce' || action?.kind === 'failedAtOnce') {
		generation.readyAt = Date.now();
		api.settle(generation);
		return send(response, 201, answerOf(api, generation, response));
	}
	const accept = () => send(response, 201, { id: generation.id, status: 'queued', meta: null });
	if (action?.kind === 'acceptSlowly') setTimeout(accept, action.ms);
	else accept();
}

export function checkJob(
	api: SandboxState,
	url: URL,
	entry: LogEntry,
	response: ServerResponse,
): void {
	const id = url.searchParams.get('generation_id') ?? '';
	entry.generationId = id;
	const generation = api.find(id);
	const prompt = String(generation?.body.prompt ?? '');
	if (applyFault(api.faults, 'fetch', response, api.faults.take('fetch', prompt, id) ?? null))
		return;
	if (!generation) return refuse(response, entry, 404, 'Generation not found');
	generation.checks += 1;
	api.settle(generation);
	send(response, 200, answerOf(api, generation, response));
}

function answerOf(api: SandboxState, generation: Generation, response: ServerResponse): Row {
	const { fate, checks, costUsd } = generation;
	const id = fate?.kind === 'otherId' ? `internal-${generation.id}` : generation.id;
	if (fate?.kind === 'unknownStatus' && checks <= fate.checks) return { id, status: fate.status };
	if (generation.status === 'error') {
		return { id, status: 'error', error: fate && 'error' in fate ? fate.error : null };
	}
	if (generation.status !== 'completed') return { id, status: generation.status };
	const late = fate?.kind === 'lateVideo' && checks <= fate.checks;
	if (fate?.kind === 'noVideo' || late) return { id, status: 'completed', error: null };
	const credits = Math.round(costUsd * CREDITS_PER_USD);
	const usage = { credits_used: credits, usd_spent: costUsd };
	if (fate?.kind === 'chargedLate' && checks <= fate.checks) {
		return { id, status: 'completed', error: null, meta: { usage } };
	}
	const video = { url: fate?.kind === 'videoUrl' ? fate.url : api.videoUrl(generation) };
	response.setHeader('x-aimlapi-credits-used', String(credits));
	response.setHeader('x-aimlapi-usd-spent', String(costUsd));
	return {
		id,
		status: 'completed',
		video: fate?.kind === 'videoList' ? [video] : video,
		error: null,
		meta: { usage },
	};
}
