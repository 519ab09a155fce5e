/** Buying one generation once: what is sent again, what never is, and what the ledger says after. */
import type { IDataObject } from 'n8n-workflow';
import type { Api, Reading, Submission, StatusCheck } from '../../nodes/AimlVeo/api/aimlapi';
import { SubmitQueue } from '../../nodes/AimlVeo/generation/submitQueue';
import { readClientRequestId } from '../../nodes/AimlVeo/api/clientRequestId';
import { Ledger } from '../../nodes/AimlVeo/generation/ledger';
import { toApiMedia } from '../../nodes/AimlVeo/request/media';
import type { StoredMedia } from '../../nodes/AimlVeo/request/media';
import { buy as buyOf, LOG_COMPLETE_MS } from '../../nodes/AimlVeo/generation/submit';
import type { SubmitContext, SubmitPlan } from '../../nodes/AimlVeo/generation/submit';
import { fakeClock, refusalOf, settle, storedFilesOf } from './support';
import { hashRequest, ledgerKey } from '../../nodes/AimlVeo/request/requestKey';
import {
	badKey,
	checkRefused,
	promptMissing,
	requestRefused,
} from '../../nodes/AimlVeo/shared/messages';

const accepted = (id = 'gen-1', more: IDataObject = {}): Submission => ({
	kind: 'accepted',
	id,
	answer: { id, status: 'queued', meta: null, ...more },
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
const lost: Submission = { kind: 'lost', cause: 'The connection was lost' };
const lostWithId: Submission = { ...lost, id: 'gen-7' };

type Step = Submission | Error | (() => Submission | Promise<Submission>);

/** The log's answer, given the client request ids that the ledger knows. */
type Log = (requests: string[]) => Reading;

const inLog =
	(status: string): Log =>
	(requests) => ({
		kind: 'answer',
		answer: {
			data: [
				{ inference_id: 'gen-8', client_request_id: 'another', status: 'succeeded' },
				...requests.map((id) => ({ inference_id: 'gen-9', client_request_id: id, status })),
			],
			pagination: { has_more: false },
		},
	});
const notInLog: Log = () => inLog('succeeded')([]);
const unreadable: Log = () => ({ kind: 'noAnswer', cause: 'The server answered with HTTP 503' });

/** One try of an execution: its answers by turn (the last one repeats), and what was asked. */
function tryOf(
	steps: Step[],
	options: {
		log?: Log;
		check?: () => StatusCheck;
		context?: IDataObject;
		tookMs?: number;
		startMs?: number;
	} = {},
) {
	const clock = fakeClock(options.startMs);
	const context = options.context ?? {};
	const sent: string[] = [];
	const bodies: IDataObject[] = [];
	const searched: string[] = [];
	const checked: string[] = [];
	const reported: string[] = [];
	const end = new AbortController();
	const ledger = new Ledger(context);
	const api: Api = {
		submit: async (body, clientRequestId) => {
			sent.push(clientRequestId);
			bodies.push(body);
			clock.pass(options.tookMs ?? 0);
			const step = steps[Math.min(sent.length, steps.length) - 1]!;
			if (step instanceof Error) return await Promise.reject(step);
			return typeof step === 'function' ? await step() : step;
		},
		check: async (generationId) => {
			checked.push(generationId);
			return options.check?.() ?? { kind: 'unknownId' };
		},
		read: async (path) => {
			searched.push(path);
			return (options.log ?? notInLog)(ledger.summaryOf(0).unanswered.slice());
		},
	};
	const buying: SubmitContext = {
		api,
		queue: new SubmitQueue({ now: clock.now, sleep: clock.sleep, maxConcurrent: 10 }),
		ledger,
		origin: { instanceId: 'instance', executionId: '7', runIndex: 0, nodeId: 'node' },
		now: clock.now,
		sleep: clock.sleep,
		signal: end.signal,
		onAccepted: (itemIndex, id, request) => reported.push(`${itemIndex}:${id}:${request}`),
	};
	let asked = 0;
	const planOf = (
		itemIndex = 0,
		prompt = 'A hill',
		timeoutMs = 60_000,
		media: Record<string, StoredMedia> = {},
	): SubmitPlan => {
		const body = { model: 'm', prompt, ...media };
		return {
			itemIndex,
			key: ledgerKey(0, itemIndex, hashRequest(body)),
			body: async () => {
				asked += 1;
				return body;
			},
			timeoutMs,
		};
	};
	const buy = async (...args: Parameters<typeof planOf>) => await buyOf(buying, planOf(...args));
	const asks = () => asked;
	return {
		...{ buy, buying, planOf, asks, clock, context },
		...{ sent, bodies, searched, checked, reported, end },
	};
}

const BODY = { model: 'm', prompt: 'A hill' };
const KEY = ledgerKey(0, 0, hashRequest(BODY));

/** What the ledger says of a request whose answer was lost. */
const unanswered = (req: string | undefined, at: number) => ({
	req,
	model: 'm',
	body: hashRequest(BODY),
	at,
});

describe('a stored image', () => {
	const photo = Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1');
	const image = async () => {
		const { source, reads } = storedFilesOf({ photo });
		const image_url = (await toApiMedia('photo', 'image', 'First Frame', source)) as StoredMedia;
		return { media: { image_url }, reads };
	};

	test('is read once, however often the request is sent', async () => {
		const { media, reads } = await image();
		const { buy, bodies } = tryOf([busy(), busy(), accepted()]);
		await buy(0, 'A hill', 60_000, media);
		expect(reads).toEqual(['photo']);
		const uri = `data:image/png;base64,${photo.toString('base64')}`;
		expect(bodies.map(({ image_url }) => image_url)).toEqual([uri, uri, uri]);
	});

	test('is not read by a retry that finds its generation', async () => {
		const first = tryOf([accepted()]);
		await first.buy(0, 'A hill', 60_000, (await image()).media);
		const { media, reads } = await image();
		const second = tryOf([accepted('gen-2')], { context: first.context });
		expect((await second.buy(0, 'A hill', 60_000, media)).id).toBe('gen-1');
		expect(reads).toEqual([]);
	});

	test('that is gone by now ends its item before anything is sent', async () => {
		const { media } = await image();
		jest.spyOn(media.image_url, 'load').mockRejectedValue(requestRefused(400, 'gone'));
		const { buy, buying, sent } = tryOf([accepted()]);
		await refusalOf(buy(0, 'A hill', 60_000, media));
		expect(sent).toEqual([]);
		expect(buying.ledger.summaryOf(0)).toEqual({ ids: [], unanswered: [] });
		expect((await buy(1)).id).toBe('gen-1');
	});

	test('is not sent when Stop comes while it is read', async () => {
		const { media } = await image();
		const { buy, buying, end, sent } = tryOf([accepted()]);
		jest.spyOn(media.image_url, 'load').mockImplementation(async () => {
			end.abort(new Error('stopped'));
			return await Promise.resolve('data:image/png;base64,AAAA');
		});
		await expect(buy(0, 'A hill', 60_000, media)).rejects.toThrow('stopped');
		expect(sent).toEqual([]);
		expect(buying.ledger.summaryOf(0)).toEqual({ ids: [], unanswered: [] });
	});

	test('nor when another item meanwhile meets what every item would meet', async () => {
		const { media } = await image();
		const refusal = badKey('Unauthorized');
		const { buy, buying, sent } = tryOf([accepted()]);
		jest.spyOn(media.image_url, 'load').mockImplementation(async () => {
			buying.queue.close(refusal);
			return await Promise.resolve('data:image/png;base64,AAAA');
		});
		await expect(buy(0, 'A hill', 60_000, media)).rejects.toBe(refusal);
		expect(sent).toEqual([]);
		expect(buying.ledger.summaryOf(0)).toEqual({ ids: [], unanswered: [] });
	});
});

describe('accepted', () => {
	test('is written down and told at once, with the whole answer', async () => {
		const { buy, buying, clock, sent, reported } = tryOf([accepted()]);
		const purchase = await buy();
		expect(purchase).toEqual({
			key: KEY,
			id: 'gen-1',
			clientRequestId: sent[0],
			model: 'm',
			acceptedAtMs: clock.now(),
			answer: { id: 'gen-1', status: 'queued', meta: null },
			source: 'bought',
		});
		expect(buying.ledger.find(KEY)).toEqual({
			req: sent[0],
			at: clock.now(),
			body: hashRequest(BODY),
			id: 'gen-1',
			model: 'm',
		});
		expect(reported).toEqual([`0:gen-1:${sent[0]}`]);
	});

	test('is in the ledger before it is sent, and while it is on the line', async () => {
		let whileSent: unknown;
		const { buy, buying, clock, sent } = tryOf(
			[
				() => {
					whileSent = structuredClone(buying.ledger.find(KEY));
					return accepted();
				},
			],
			{ tookMs: 700 },
		);
		const startMs = clock.now();
		await buy();
		expect(whileSent).toEqual(unanswered(sent[0], startMs));
		expect(buying.ledger.find(KEY)).toMatchObject({ at: startMs + 700 });
	});

	test('names execution, run and item to the API, and a number of this execution', async () => {
		const { buy, buying, sent } = tryOf([accepted()]);
		await buy(3);
		const facts = { executionId: '7', runIndex: 0, itemIndex: 3, attempt: 1 };
		expect(readClientRequestId(sent[0]!)).toEqual(facts);
		expect(sent[0]).toMatch(new RegExp(`-${buying.ledger.nonce}-[\\da-f]{8}$`));
	});

	test('is found by the next try, which sends nothing and does not ask for the body', async () => {
		const first = tryOf([accepted()]);
		await first.buy();
		const second = tryOf([accepted('gen-2')], { context: first.context });
		const purchase = await second.buy();
		expect(purchase.id).toBe('gen-1');
		expect(purchase.answer).toEqual({ id: 'gen-1', status: 'queued' });
		expect(purchase.acceptedAtMs).toBe(first.clock.now());
		expect(second.sent).toEqual([]);
		expect(second.asks()).toBe(0);
	});

	test.each([
		['generating', 'generating'],
		// An end is asked for again: only the API tells what it charged.
		['error', 'queued'],
	])('keeps what the answer said of it: %s', async (said, kept) => {
		const first = tryOf([accepted('gen-1', { status: said })]);
		await first.buy();
		const second = tryOf([], { context: first.context });
		expect((await second.buy()).answer).toEqual({ id: 'gen-1', status: kept });
	});

	test('an edited prompt, another item and another round are other requests', async () => {
		const answers = ['gen-1', 'gen-2', 'gen-3', 'gen-4'].map((id) => accepted(id));
		const { buy, buying, planOf, sent } = tryOf(answers);
		await buy(0, 'A hill');
		await buy(0, 'A hill.');
		await buy(1, 'A hill');
		const origin = { ...buying.origin, runIndex: 1 };
		await buyOf(
			{ ...buying, origin },
			{ ...planOf(), key: ledgerKey(1, 0, hashRequest(BODY)), timeoutMs: 1 },
		);
		expect(new Set(sent).size).toBe(4);
	});

	test('the ID of another request is not its own; the same request may be given the same ID', async () => {
		const { buy } = tryOf([accepted('gen-1')]);
		await buy(0, 'A hill');
		await expect(buy(1, 'A lake')).rejects.toThrow('may have been accepted and charged');
		expect((await buy(2, 'A hill')).id).toBe('gen-1');
	});
});

describe('the same request, while it is under way', () => {
	/** The first answer comes when told to. */
	function held() {
		let answer: (submission: Submission | Promise<Submission>) => void = () => {};
		const first = new Promise<Submission>((resolve) => {
			answer = resolve;
		});
		return { ...tryOf([() => first, accepted('gen-2')]), answer };
	}

	test('is sent once: a second one waits for the first, and gets what it gets', async () => {
		const { buy, answer, sent, asks } = held();
		const both = [buy(), buy()];
		await settle();
		answer(accepted());
		const [one, other] = await Promise.all(both);
		expect(other).toBe(one);
		expect(sent).toHaveLength(1);
		expect(asks()).toBe(1);
	});

	test('a refusal is that of both; the next one is sent', async () => {
		const { buy, answer, sent, buying } = held();
		const ends = Promise.allSettled([buy(), buy()]);
		await settle();
		answer(Promise.reject(requestRefused(400, 'prompt: too long')));
		const [one, other] = await ends;
		expect(one).toMatchObject({ status: 'rejected' });
		expect(other).toEqual(one);
		expect(sent).toHaveLength(1);
		expect(buying.ledger.underWay.size).toBe(0);
		expect((await buy()).id).toBe('gen-2');
	});

	test('Stop ends the second one, whatever the first does', async () => {
		const { buy, buying, planOf, answer } = held();
		const one = buy();
		const stop = new AbortController();
		const other = buyOf({ ...buying, signal: stop.signal }, planOf());
		await settle();
		stop.abort(new Error('stopped'));
		await expect(other).rejects.toThrow('stopped');
		answer(accepted());
		expect((await one).id).toBe('gen-1');
	});

	test('another request does not wait for it', async () => {
		const { buy, buying, answer } = held();
		buying.queue.withTurn = async (_itemIndex, work) => (await work()).value;
		const one = buy();
		expect((await buy(1)).id).toBe('gen-2');
		answer(accepted());
		expect((await one).id).toBe('gen-1');
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
		expect((await buy()).id).toBe('gen-1');
		expect(clock.sleeps).toEqual([1_000, 2_000]);
		expect(sent).toHaveLength(3);
	});

	test('429 until the time is over: says how long, and leaves nothing in the ledger', async () => {
		const { buy, buying, clock } = tryOf([busy(20_000)]);
		const startMs = clock.now();
		const refusal = await refusalOf(buy());
		expect(refusal.message).toBe('The AI/ML API is rate limiting requests');
		expect(refusal.details).toMatchObject({ httpCode: 429 });
		expect(refusal.details.description).toContain('for 60 seconds');
		expect(clock.now() - startMs).toBe(60_000);
		expect(buying.ledger.find(KEY)).toBeUndefined();
	});

	test('a pause that ends at the deadline is made, one that is 1 ms longer is not', async () => {
		expect((await tryOf([busy(60_000), accepted()]).buy()).id).toBe('gen-1');
		const late = tryOf([busy(60_001), accepted()]);
		await refusalOf(late.buy());
		expect(late.sent).toHaveLength(1);
	});

	test('one answer that asks for a longer pause than there is time speaks for all items', async () => {
		const { buy, sent } = tryOf([busy(3_600_000)]);
		const ends = await Promise.allSettled([buy(0), buy(1), buy(2), buy(3)]);
		expect(ends.map((end) => 'reason' in end && String(end.reason))).toEqual(
			Array(4).fill('ItemError: The AI/ML API is rate limiting requests'),
		);
		expect(sent).toHaveLength(1);
		// Nor may one that comes later send.
		await refusalOf(buy(4));
		expect(sent).toHaveLength(1);
	});

	test('a pause that only this item has no time for speaks for this one', async () => {
		const { buy, sent } = tryOf([busy(50_000), busy(50_000), accepted('gen-2')]);
		await refusalOf(buy(0));
		expect((await buy(1)).id).toBe('gen-2');
		expect(sent).toHaveLength(3);
	});

	test('a name that is not found is tried for seconds, not until the time is over', async () => {
		const { buy, clock } = tryOf([{ ...unreached, withinMs: 5_000 } as Submission]);
		const startMs = clock.now();
		const refusal = await refusalOf(buy(0, 'A hill', 1_000_000));
		expect(refusal.message).toBe('The AI/ML API could not be reached');
		expect(clock.now() - startMs).toBe(3_000);
	});

	test('nor longer than there is time', async () => {
		const { buy, sent } = tryOf([{ ...unreached, withinMs: 5_000 } as Submission]);
		await refusalOf(buy(0, 'A hill', 500));
		expect(sent).toHaveLength(1);
	});

	test('an item that another one overtakes has its time anew: the API is busy, not shut', async () => {
		const whileAnotherIsAccepted = () => {
			buying.queue.lastAcceptedMs = clock.now();
			return busy(50_000);
		};
		const { buy, buying, clock } = tryOf([busy(50_000), whileAnotherIsAccepted, accepted()]);
		expect((await buy()).id).toBe('gen-1');
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
		const { buy, buying, clock, sent, searched } = tryOf([lost]);
		const refusal = await refusalOf(buy());
		expect(refusal.message).toContain('may have been accepted and charged');
		expect(refusal.message).toContain(sent[0]);
		expect(refusal.details.description).toMatch(/^The connection was lost\./);
		expect(refusal.details.isOldRequest).not.toBe(true);
		expect(sent).toHaveLength(1);
		expect(searched).toHaveLength(1);
		expect(buying.ledger.find(KEY)).toEqual(unanswered(sent[0], clock.now()));
	});

	test('nor by the next try, which looks into the log again', async () => {
		const first = tryOf([lost]);
		await refusalOf(first.buy());
		const second = tryOf([accepted()], { context: first.context });
		const refusal = await refusalOf(second.buy());
		expect(refusal.message).toContain(first.sent[0]);
		expect(refusal.details.description).toContain('An earlier try');
		expect(refusal.details.isOldRequest).toBe(true);
		expect(second.sent).toEqual([]);
		expect(second.asks()).toBe(0);
		expect(second.searched).toEqual(first.searched);
	});

	test('a lost answer whose generation is in the log is found', async () => {
		const { buy, buying, sent, reported } = tryOf([lost], { log: inLog('succeeded') });
		expect(await buy()).toMatchObject({ id: 'gen-9', model: 'm' });
		expect(sent).toHaveLength(1);
		expect(reported).toEqual([`0:gen-9:${sent[0]}`]);
		expect(buying.ledger.find(KEY)).toMatchObject({ id: 'gen-9', req: sent[0] });
	});

	test('or by the next try', async () => {
		const first = tryOf([lost]);
		await refusalOf(first.buy());
		const second = tryOf([accepted()], { context: first.context, log: inLog('succeeded') });
		expect((await second.buy()).id).toBe('gen-9');
		expect(second.sent).toEqual([]);
	});

	test('unless the log says that it failed and so costs nothing: the next try sends a new one', async () => {
		const first = tryOf([lost], { log: inLog('failed') });
		await refusalOf(first.buy());
		const second = tryOf([accepted()], { context: first.context, log: inLog('failed') });
		expect((await second.buy()).id).toBe('gen-1');
		expect(second.sent).toEqual([`${first.sent[0]}.2`]);
	});

	test('something unforeseen while sending counts as a lost answer', async () => {
		const { buy, buying, clock, sent } = tryOf([new TypeError('x is not a function')]);
		const refusal = await refusalOf(buy());
		expect(refusal.message).toContain('may have been accepted and charged');
		expect(refusal.details.description).toContain('x is not a function');
		expect(buying.ledger.find(KEY)).toEqual(unanswered(sent[0], clock.now()));
	});

	test('a stopped run does not look into the log', async () => {
		const whileStopping = () => {
			end.abort(new Error('stopped'));
			return lost;
		};
		const { buy, buying, clock, end, sent, searched } = tryOf([whileStopping]);
		await refusalOf(buy());
		expect(searched).toEqual([]);
		expect(buying.ledger.find(KEY)).toEqual(unanswered(sent[0], clock.now()));
	});
});

describe('what the log does not hold', () => {
	/** The next try of an execution whose answer was lost, so much later. */
	async function laterTry(afterMs: number, log: Log) {
		const first = tryOf([lost]);
		await refusalOf(first.buy());
		const startMs = first.clock.now() + afterMs;
		return { first, second: tryOf([accepted()], { context: first.context, log, startMs }) };
	}

	test('is not sent again while it may still come', async () => {
		const { second } = await laterTry(LOG_COMPLETE_MS, notInLog);
		await refusalOf(second.buy());
		expect(second.sent).toEqual([]);
	});

	test('was never accepted when it is not there after an hour: sent again, under a new id', async () => {
		const { first, second } = await laterTry(LOG_COMPLETE_MS + 1, notInLog);
		expect((await second.buy()).id).toBe('gen-1');
		expect(second.sent).toEqual([`${first.sent[0]}.2`]);
	});

	test('but not when the log could not be read', async () => {
		const { second } = await laterTry(2 * LOG_COMPLETE_MS, unreadable);
		await refusalOf(second.buy());
		expect(second.sent).toEqual([]);
		// Asked again, as every free route is.
		expect(second.searched.length).toBeGreaterThan(1);
	});

	test('nor when the API refuses to show it', async () => {
		const { second } = await laterTry(2 * LOG_COMPLETE_MS, () => {
			throw badKey('Unauthorized');
		});
		const refusal = await refusalOf(second.buy());
		expect(refusal.message).toContain('may have been accepted and charged');
		expect(second.sent).toEqual([]);
	});

	test('one that is there by then is used', async () => {
		const { second } = await laterTry(2 * LOG_COMPLETE_MS, inLog('succeeded'));
		expect((await second.buy()).id).toBe('gen-9');
		expect(second.sent).toEqual([]);
	});
});

describe('a lost answer that came with an ID', () => {
	const running: StatusCheck = {
		kind: 'answer',
		answer: { id: 'gen-7', status: 'generating', meta: null },
	};

	test('is accepted when the API knows the ID', async () => {
		const { buy, buying, checked, reported, sent, searched } = tryOf([lostWithId], {
			check: () => running,
		});
		expect(await buy()).toMatchObject({ id: 'gen-7', answer: (running as IDataObject).answer });
		expect(checked).toEqual(['gen-7']);
		expect(searched).toEqual([]);
		expect(reported).toEqual([`0:gen-7:${sent[0]}`]);
		expect(buying.ledger.find(KEY)).toMatchObject({ id: 'gen-7', status: 'generating' });
	});

	test('also when it knows it a moment later', async () => {
		let checks = 0;
		const { buy, clock } = tryOf([lostWithId], {
			check: () => (++checks < 3 ? { kind: 'unknownId' } : running),
		});
		expect((await buy()).id).toBe('gen-7');
		expect(clock.sleeps).toEqual([2_000, 2_000]);
	});

	test('is kept when it is not known, and looked for in the log', async () => {
		const { buy, buying, checked, searched, sent } = tryOf([lostWithId]);
		await refusalOf(buy());
		expect(checked).toEqual(['gen-7', 'gen-7', 'gen-7']);
		expect(searched).toHaveLength(1);
		expect(buying.ledger.find(KEY)).toMatchObject({ req: sent[0], maybe: 'gen-7' });
		expect(buying.ledger.summaryOf(0)).toEqual({ ids: [], unanswered: [sent[0]] });
	});

	test('the next try checks it again', async () => {
		const first = tryOf([lostWithId]);
		await refusalOf(first.buy());
		const second = tryOf([accepted()], { context: first.context, check: () => running });
		expect((await second.buy()).id).toBe('gen-7');
		expect(second.sent).toEqual([]);
	});

	test('a refused check tells nothing: the log is searched', async () => {
		const { buy } = tryOf([lostWithId], {
			check: () => {
				throw checkRefused('gen-7', 400, 'No');
			},
			log: inLog('succeeded'),
		});
		expect((await buy()).id).toBe('gen-9');
	});

	test('one that failed at no cost is still told as what was bought', async () => {
		const failed: StatusCheck = { kind: 'answer', answer: { id: 'gen-7', status: 'error' } };
		const { buy } = tryOf([lostWithId], { check: () => failed });
		expect((await buy()).answer).toEqual({ id: 'gen-7', status: 'error' });
	});
});

describe('refused', () => {
	test('one request: the others go on, and the ledger forgets it', async () => {
		const refusal = requestRefused(400, 'prompt: too long');
		const { buy, buying } = tryOf([refusal, accepted()]);
		await expect(buy()).rejects.toBe(refusal);
		expect(buying.ledger.find(KEY)).toBeUndefined();
		expect((await buy(1)).id).toBe('gen-1');
	});

	test('what every item would meet is met once', async () => {
		const refusal = badKey('Unauthorized');
		const { buy, sent } = tryOf([refusal]);
		const ends = await Promise.allSettled([buy(0), buy(1), buy(2)]);
		expect(ends.map((end) => 'reason' in end && end.reason)).toEqual([refusal, refusal, refusal]);
		expect(sent).toHaveLength(1);
	});

	test('an item whose body cannot be made: nothing is sent, and the others go on', async () => {
		const { buy, buying, planOf, sent } = tryOf([accepted()]);
		const refusal = promptMissing();
		const plan = { ...planOf(), body: async () => await Promise.reject(refusal) };
		await expect(buyOf(buying, plan)).rejects.toBe(refusal);
		expect(sent).toEqual([]);
		expect(buying.ledger.find(KEY)).toBeUndefined();
		expect((await buy(1)).id).toBe('gen-1');
	});

	test('nothing is sent after Stop', async () => {
		const { buy, end, sent } = tryOf([accepted()]);
		end.abort(new Error('stopped'));
		await expect(buy()).rejects.toThrow('stopped');
		expect(sent).toEqual([]);
	});
});
