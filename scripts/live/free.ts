/** Checks what costs nothing: the credential, the catalogue, the usage log, and the shape of refusals. */
import { randomUUID } from 'node:crypto';
import { asObject, asText } from '../../nodes/AimlVeo/shared/values';
import type { Answer } from '../exchange';
import { shapeOf } from './notes';
import { askWithKey, GENERATIONS, checkPath } from './context';
import type { Context } from './context';

const REFUSAL = '{ message, path, requestId, statusCode, timestamp }';
const REFUSAL_FIELDS = REFUSAL.match(/\w+/g) ?? [];

function noteRefusal(context: Context, what: string, status: number, answer: Answer): void {
	const part = context.notes.under(what);
	const body = asObject(answer.body) ?? {};
	part.check('status', `HTTP ${status}`, `HTTP ${answer.status}`, answer.status === status);
	part.check(
		'shape',
		REFUSAL,
		shapeOf(answer.body),
		typeof body.message === 'string' && REFUSAL_FIELDS.every((name) => name in body),
	);
	const message = asText(body.message);
	if (message) part.note('message', message.slice(0, 200));
}

export interface Account {
	/** Undefined when the API does not say. */
	balanceUsd?: number;
	/** How far the API's clock is ahead of ours. */
	skewMs: number;
}

/** `Date` headers are cut to whole seconds: less than this tells nothing. */
const SMALLEST_SKEW_MS = 2_000;

function skewOf(answer: Answer, nowMs: number): number {
	const skewMs = Date.parse(answer.headers.date ?? '') - nowMs;
	return Math.abs(skewMs) >= SMALLEST_SKEW_MS ? skewMs : 0;
}

/** @throws Error when the key is not accepted: nothing else is worth a try then */
export async function checkCredential(context: Context): Promise<Account> {
	const answer = await askWithKey(context, { path: '/v2/billing' });
	if (answer.status === 401 || answer.status === 403) {
		throw new Error(`The API does not accept the key (HTTP ${answer.status})`);
	}
	const { current_balance: balance, currency } = asObject(answer.body) ?? {};
	context.notes.check(
		'Balance: shape',
		'{ current_balance: number, currency: USD }',
		`HTTP ${answer.status}, ${shapeOf(answer.body)}, ${String(currency)}`,
		answer.status === 200 && typeof balance === 'number' && currency === 'USD',
	);
	const balanceUsd = Number(balance);
	return {
		...(Number.isFinite(balanceUsd) && { balanceUsd }),
		skewMs: skewOf(answer, context.clock.now()),
	};
}

/** The catalogue's answer for these models, whatever it is. */
export async function checkCatalogue(
	context: Context,
	models: readonly string[],
): Promise<unknown> {
	const query = new URLSearchParams({ id: models.join(','), include: 'pricing' });
	const answer = await context.ask({ path: `/v1/models?${query.toString()}` });
	context.notes.check(
		'Catalogue: without the key',
		'HTTP 200',
		`HTTP ${answer.status}`,
		answer.status === 200,
	);
	return answer.body;
}

export async function checkLog(context: Context): Promise<void> {
	const answer = await askWithKey(context, { path: '/v2/logs?period=24h&limit=1' });
	const { data, pagination } = asObject(answer.body) ?? {};
	context.notes.check(
		'Usage log: shape',
		'{ data: [], pagination: { has_more: boolean } }',
		`HTTP ${answer.status}, ${shapeOf(answer.body)}`,
		Array.isArray(data) && typeof asObject(pagination)?.has_more === 'boolean',
	);
}

export async function checkRefusals(context: Context, model: string): Promise<void> {
	const wrongKey = await context.ask({ path: '/v2/billing', key: `wrong-${randomUUID()}` });
	noteRefusal(context, 'Wrong key', 401, wrongKey);
	const unknown = await askWithKey(context, { path: checkPath(randomUUID()) });
	noteRefusal(context, 'Unknown ID', 404, unknown);
	// Without a prompt and with wrong values, so that nothing lenient can make a video of it.
	const body = { model, duration: 'four', resolution: 'none' };
	const wrongField = await askWithKey(context, { method: 'POST', path: GENERATIONS, body });
	noteRefusal(context, 'Wrong field', 400, wrongField);
	const isTaken = wrongField.status < 300;
	context.notes.check(
		'Wrong field: cost',
		'it is refused, at no cost',
		isTaken ? 'it is accepted, and may be charged' : 'it is refused',
		!isTaken,
	);
	context.notes.check(
		'Wrong field: name',
		'the answer names the field',
		wrongField.bytes.includes('duration') ? 'it names the field' : 'it does not name the field',
		wrongField.bytes.includes('duration'),
	);
}
