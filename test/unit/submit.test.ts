/** Buying one generation once: what is sent again, what never is, and what the ledger says after. */
import type { IDataObject } from 'n8n-workflow';
import type { Api, LogRow, Submission } from '../../nodes/AimlVeo/api';
import { badKey, requestRefused } from '../../nodes/AimlVeo/errors';
import { SubmitGate } from '../../nodes/AimlVeo/gate';
import { hashRequest, Ledger, ledgerKey } from '../../nodes/AimlVeo/ledger';
import { toApiMedia } from '../../nodes/AimlVeo/media';
import type { StoredMedia } from '../../nodes/AimlVeo/media';
import { obtain } from '../../nodes/AimlVeo/submit';
import type { SubmitContext } from '../../nodes/AimlVeo/submit';
import { fakeClock, refusalOf, storedFilesOf } from './support';

const accepted = (id = 'gen-1'): Submission => ({
	kind: 'accepted',
	id,
	status: 'queued',
	answer: { id, status: 'queued', meta: null },
});
const busy = (retryAfterMs?: number): Submission => ({
	kind: 'notTaken',
	cause: 'Too Many Requests',
	busy: true,
	retryAfterMs,
});
const unreached: Submission = {
	kind: 'notTaken',
	cause: 'The connection was refused',
	busy: false,
};
const lost: Submission = { kind: 'lost', cause: 'The connection broke' };

type Step = Submission | Error | (() => Submission);

/** One try of an execution: its answers by turn (the last one repeats), and what was asked. */
function tryOf(
	steps: Step[],
	options: {
		log?: (sent: string) => LogRow | undefined;
		context?: IDataObject;
		tookMs?: number;
	} = {},
) {
	const clock = fakeClock();
	const context = options.context ?? {};
	const sent: string[] = [];
	const bodies: IDataObject[] = [];
	const searched: string[] = [];
	const reported: string[] = [];
	const end = new AbortController();
	const api: Api = {
		submit: async (body, clientRequestId) => {
			sent.push(clientRequestId);
			bodies.push(body);
			clock.pass(options.tookMs ?? 0);
			const step = steps[Math.min(sent.length, steps.length) - 1]!;
			if (step instanceof Error) return await Promise.reject(step);
			return typeof step === 'function' ? step() : step;
		},
		look: async () => ({ kind: 'unknownId' }),
		findInLog: async (clientRequestId) => {
			searched.push(clientRequestId);
			return options.log?.(clientRequestId);
		},
		read: async () => ({ kind: 'fault', cause: 'Not asked' }),
	};
	const buying: SubmitContext = {
		api,
		gate: new SubmitGate({ now: clock.now, sleep: clock.sleep, maxWidth: 10 }),
		ledger: new Ledger(context),
		executionId: '7',
		runIndex: 0,
		nodeId: 'node',
		now: clock.now,
		signal: end.signal,
		onAccepted: (itemIndex, id) => reported.push(`${itemIndex}:${id}`),
	};
	const buy = async (
		itemIndex = 0,
		prompt = 'A hill',
		timeoutMs = 60_000,
		media: Record<string, StoredMedia> = {},
	) => {
		const body = { model: 'm', prompt, ...media };
		return await obtain(buying, { itemIndex, body, hash: hashRequest(body), timeoutMs });
	};
	return { buy, buying, clock, context, sent, bodies, searched, reported, end };
}

const KEY = ledgerKey(0, 0, hashRequest({ model: 'm', prompt: 'A hill' }));
const rowOf = (status: string) => (): LogRow => ({ inference_id: 'gen-9', status });

describe('a stored picture', () => {
	const photo = Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1');
	const picture = async () => {
		const { source, reads } = storedFilesOf({ photo });
		const image_url = (await toApiMedia('photo', 'image', 'First Frame', source)) as StoredMedia;
		return { media: { image_url }, reads };
	};

	test('is read once, however often the request is sent', async () => {
		const { media, reads } = await picture();
		const { buy, bodies } = tryOf([busy(), busy(), accepted()]);
		await buy(0, 'A hill', 60_000, media);
		expect(reads).toEqual(['photo']);
		const uri = `data:image/png;base64,${photo.toString('base64')}`;
		expect(bodies.map(({ image_url }) => image_url)).toEqual([uri, uri, uri]);
	});

	test('is not read by a retry that finds its generation', async () => {
		const first = tryOf([accepted()]);
		await first.buy(0, 'A hill', 60_000, (await picture()).media);
		const { media, reads } = await picture();
		const second = tryOf([accepted('gen-2')], { context: first.context });
		expect((await second.buy(0, 'A hill', 60_000, media)).entry.id).toBe('gen-1');
		expect(reads).toEqual([]);
	});

	test('that is gone by now ends its item before anything is sent', async () => {
		const { media } = await picture();
		jest.spyOn(media.image_url, 'load').mockRejectedValue(requestRefused(400, 'gone'));
		const { buy, buying, sent } = tryOf([accepted()]);
		await refusalOf(buy(0, 'A hill', 60_000, media));
		expect(sent).toEqual([]);
		expect(buying.ledger.summaryOf(0)).toEqual({ ids: [], unanswered: [] });
		expect((await buy(1)).entry.id).toBe('gen-1');
	});
});

describe('accepted', () => {
	test('is written down and told at once, with the whole answer', async () => {
		const { buy, buying, clock, sent, reported } = tryOf([accepted()]);
		const purchase = await buy();
		expect(purchase).toMatchObject({ key: KEY, entry: { id: 'gen-1', sent: sent[0] } });
		expect(purchase.answer.answer).toEqual({ id: 'gen-1', status: 'queued', meta: null });
		expect(buying.ledger.find(KEY)).toEqual({
			sent: sent[0],
			id: 'gen-1',
			status: 'queued',
			at: clock.now(),
		});
		expect(reported).toEqual(['0:gen-1']);
	});

	test('is found by the next try, which sends nothing', async () => {
		const first = tryOf([accepted()]);
		await first.buy();
		const second = tryOf([accepted('gen-2')], { context: first.context });
		const purchase = await second.buy();
		expect(purchase.entry.id).toBe('gen-1');
		expect(purchase.answer.answer).toEqual({ id: 'gen-1', status: 'queued' });
		expect(second.sent).toEqual([]);
	});

	test('an edited prompt, another item and another round are other requests', async () => {
		const { buy, buying, sent } = tryOf([accepted()]);
		await buy(0, 'A hill');
		await buy(0, 'A hill.');
		await buy(1, 'A hill');
		await obtain(
			{ ...buying, runIndex: 1 },
			{
				itemIndex: 0,
				body: { model: 'm', prompt: 'A hill' },
				hash: hashRequest({ model: 'm', prompt: 'A hill' }),
				timeoutMs: 1,
			},
		);
		expect(new Set(sent).size).toBe(4);
	});
});

describe('sent again, because it was surely not taken', () => {
	test('429 with Retry-After', async () => {
		const { buy, clock, sent } = tryOf([busy(7_000), busy(500), accepted()]);
		await buy();
		expect(clock.sleeps).toEqual([7_000, 500]);
		expect(new Set(sent).size).toBe(1);
		expect(sent).toHaveLength(3);
	});

	test('429 without, with pauses that double up to 30 s', async () => {
		const { buy, clock } = tryOf([...Array<Submission>(7).fill(busy()), accepted()]);
		await buy(0, 'A hill', 1_000_000);
		expect(clock.sleeps).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
	});

	test('429 with a Retry-After of 0 does not hammer the API', async () => {
		const { buy, clock } = tryOf([busy(0), busy(0), accepted()]);
		await buy();
		expect(clock.sleeps).toEqual([1_000, 2_000]);
	});

	test('connection refused or name not found', async () => {
		const { buy, clock, sent } = tryOf([unreached, unreached, accepted()]);
		expect((await buy()).entry.id).toBe('gen-1');
		expect(clock.sleeps).toEqual([1_000, 2_000]);
		expect(sent).toHaveLength(3);
	});

	test('429 until the time is over: says how long, and leaves nothing in the ledger', async () => {
		const { buy, buying, clock } = tryOf([busy(20_000)]);
		const startMs = clock.now();
		const refusal = await refusalOf(buy());
		expect(refusal.message).toBe('The AI/ML API accepts no more requests for now');
		expect(refusal.details).toMatchObject({ httpCode: 429 });
		expect(refusal.details.description).toContain('for 60 seconds');
		expect(clock.now() - startMs).toBe(60_000);
		expect(buying.ledger.find(KEY)).toBeUndefined();
	});

	test('a pause that ends at the deadline is made, one that is 1 ms longer is not', async () => {
		expect((await tryOf([busy(60_000), accepted()]).buy()).entry.id).toBe('gen-1');
		const late = tryOf([busy(60_001), accepted()]);
		await refusalOf(late.buy());
		expect(late.sent).toHaveLength(1);
	});

	test('an item that another one overtakes has its time anew: the API is busy, not shut', async () => {
		const whileAnotherIsAccepted = () => {
			buying.gate.lastAcceptedMs = clock.now();
			return busy(50_000);
		};
		const { buy, buying, clock } = tryOf([busy(50_000), whileAnotherIsAccepted, accepted()]);
		expect((await buy()).entry.id).toBe('gen-1');
	});

	test('never reached: says why', async () => {
		const refusal = await refusalOf(tryOf([unreached]).buy(0, 'A hill', 5_000));
		expect(refusal.message).toBe('The AI/ML API could not be reached');
		expect(refusal.details.description).toMatch(
			/^The connection was refused\. Nothing was charged/,
		);
	});
});

describe('never sent again', () => {
	test('an answer that was lost: says so, and looks into the usage log', async () => {
		const { buy, buying, sent, searched } = tryOf([lost]);
		const refusal = await refusalOf(buy());
		expect(refusal.message).toContain('may have been accepted and charged');
		expect(refusal.message).toContain(sent[0]);
		expect(refusal.details.description).toMatch(/^The connection broke\./);
		expect(sent).toHaveLength(1);
		expect(searched).toEqual(sent);
		expect(buying.ledger.find(KEY)).toEqual({ sent: sent[0] });
	});

	test('nor by the next try, which looks into the log again', async () => {
		const first = tryOf([lost]);
		await refusalOf(first.buy());
		const second = tryOf([accepted()], { context: first.context });
		const refusal = await refusalOf(second.buy());
		expect(refusal.message).toContain(first.sent[0]);
		expect(refusal.details.description).toContain('An earlier try');
		expect(second.sent).toEqual([]);
		expect(second.searched).toEqual(first.sent);
	});

	test('a lost answer whose generation is in the log is found', async () => {
		const { buy, buying, sent, reported } = tryOf([lost], { log: rowOf('succeeded') });
		expect((await buy()).entry.id).toBe('gen-9');
		expect(sent).toHaveLength(1);
		expect(reported).toEqual(['0:gen-9']);
		expect(buying.ledger.find(KEY)).toMatchObject({ id: 'gen-9' });
	});

	test('or by the next try', async () => {
		const first = tryOf([lost]);
		await refusalOf(first.buy());
		const second = tryOf([accepted()], { context: first.context, log: rowOf('succeeded') });
		expect((await second.buy()).entry.id).toBe('gen-9');
		expect(second.sent).toEqual([]);
	});

	test('unless the log says that it failed and so costs nothing: the next try sends a new one', async () => {
		const first = tryOf([lost], { log: rowOf('failed') });
		await refusalOf(first.buy());
		const second = tryOf([accepted()], { context: first.context, log: rowOf('failed') });
		expect((await second.buy()).entry.id).toBe('gen-1');
		expect(second.sent).toEqual([`${first.sent[0]}.2`]);
	});

	test('something unforeseen while sending counts as a lost answer', async () => {
		const { buy, buying, sent } = tryOf([new TypeError('x is not a function')]);
		const refusal = await refusalOf(buy());
		expect(refusal.message).toContain('may have been accepted and charged');
		expect(refusal.details.description).toContain('x is not a function');
		expect(buying.ledger.find(KEY)).toEqual({ sent: sent[0] });
	});

	test('a stopped run does not look into the log', async () => {
		const whileStopping = () => {
			end.abort(new Error('stopped'));
			return lost;
		};
		const { buy, buying, end, sent, searched } = tryOf([whileStopping]);
		await refusalOf(buy());
		expect(searched).toEqual([]);
		expect(buying.ledger.find(KEY)).toEqual({ sent: sent[0] });
	});
});

describe('refused', () => {
	test('one request: the others go on, and the ledger forgets it', async () => {
		const refusal = requestRefused(400, 'prompt: too long');
		const { buy, buying } = tryOf([refusal, accepted()]);
		await expect(buy()).rejects.toBe(refusal);
		expect(buying.ledger.find(KEY)).toBeUndefined();
		expect((await buy(1)).entry.id).toBe('gen-1');
	});

	test('what every item would meet is met once', async () => {
		const refusal = badKey('Unauthorized');
		const { buy, sent } = tryOf([refusal]);
		const ends = await Promise.allSettled([buy(0), buy(1), buy(2)]);
		expect(ends.map((end) => 'reason' in end && end.reason)).toEqual([refusal, refusal, refusal]);
		expect(sent).toHaveLength(1);
	});

	test('nothing is sent after Stop', async () => {
		const { buy, end, sent } = tryOf([accepted()]);
		end.abort(new Error('stopped'));
		await expect(buy()).rejects.toThrow('stopped');
		expect(sent).toEqual([]);
	});
});
