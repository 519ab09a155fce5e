/** What is remembered of paid generations, and under which keys. */
import type { IDataObject } from 'n8n-workflow';
import { clientRequestId } from '../../nodes/AimlVeo/api/clientRequestId';
import { Ledger, ledgerOf } from '../../nodes/AimlVeo/generation/ledger';
import type { LedgerEntry } from '../../nodes/AimlVeo/generation/ledger';
import { hashRequest, ledgerKey, toolKey } from '../../nodes/AimlVeo/request/requestKey';

describe('hashRequest', () => {
	const body = { model: 'm', prompt: 'A hill', duration: 8 };

	test('is the same whatever the order of the fields', () => {
		expect(hashRequest({ duration: 8, prompt: 'A hill', model: 'm' })).toBe(hashRequest(body));
	});

	test('has 16 hexadecimal digits', () => {
		expect(hashRequest(body)).toMatch(/^[\da-f]{16}$/);
	});

	test.each<[string, IDataObject]>([
		['another prompt', { ...body, prompt: 'A hill ' }],
		['another number', { ...body, duration: 6 }],
		['one field more', { ...body, seed: 0 }],
		['one field less', { model: 'm', prompt: 'A hill' }],
		['the value in another field', { model: 'm', prompt: 'A hill', seed: 8 }],
		['false', { ...body, generate_audio: false }],
		['true', { ...body, generate_audio: true }],
		['a list', { ...body, image_urls: ['a', 'b'] }],
		['a list in another order', { ...body, image_urls: ['b', 'a'] }],
	])('is another one for %s', (_name, other) => {
		expect(hashRequest(other)).not.toBe(hashRequest(body));
	});

	test('all of these differ from each other', () => {
		const values = [true, false, 0, 1, ['a', 'b'], ['b', 'a'], ['a,b'], 'a'];
		const hashes = values.map((value) => hashRequest({ ...body, seed: value }));
		expect(new Set(hashes).size).toBe(values.length);
	});
});

test('a key holds run, item and request', () => {
	expect(ledgerKey(2, 7, 'abc')).toBe('2.7.abc');
	expect(ledgerKey(1, 11, 'a')).not.toBe(ledgerKey(11, 1, 'a'));
});

test('the key of a tool holds the request alone', () => {
	expect(toolKey('abc')).toBe(toolKey('abc'));
	expect(toolKey('abc')).not.toBe(toolKey('abd'));
	expect(toolKey('abc')).not.toBe(ledgerKey(0, 0, 'abc'));
});

describe('Ledger', () => {
	const KEY = ledgerKey(0, 0, 'hash');
	const entry = (req: string, more: Partial<LedgerEntry> = {}): LedgerEntry => ({
		req,
		at: 4_000,
		body: 'body',
		model: 'm',
		...more,
	});

	test('a submission under way has no id; an accepted one has', () => {
		const ledger = new Ledger({});
		expect(ledger.find(KEY)).toBeUndefined();
		ledger.sending(KEY, entry('n8n.1'));
		expect(ledger.find(KEY)).toEqual(entry('n8n.1'));
		ledger.accepted(KEY, 'gen-1', 'queued', 'm', 5_000);
		expect(ledger.find(KEY)).toEqual({
			req: 'n8n.1',
			at: 5_000,
			body: 'body',
			id: 'gen-1',
			model: 'm',
		});
	});

	test('a state is kept where it tells something, the model where the id does not', () => {
		const ledger = new Ledger({});
		ledger.accepted(KEY, 'gen-1:google/veo', 'error', 'google/veo', 5_000);
		expect(ledger.find(KEY)).toEqual({
			req: '',
			at: 5_000,
			id: 'gen-1:google/veo',
			status: 'error',
		});
	});

	test('an id that came without a word of acceptance is kept beside, until it is accepted', () => {
		const ledger = new Ledger({});
		ledger.sending(KEY, entry('n8n.1'));
		ledger.maybe(KEY, 'gen-9');
		expect(ledger.find(KEY)).toEqual(entry('n8n.1', { maybe: 'gen-9' }));
		expect(ledger.summaryOf(0)).toEqual({ ids: [], unanswered: ['n8n.1'] });
		ledger.accepted(KEY, 'gen-9', 'queued', 'm', 5_000);
		expect(ledger.find(KEY)).not.toHaveProperty('maybe');
		// Nothing is under way there.
		ledger.maybe(ledgerKey(0, 1, 'hash'), 'gen-8');
		expect(ledger.find(ledgerKey(0, 1, 'hash'))).toBeUndefined();
	});

	test('one that was surely not taken is forgotten, and counts as no attempt', () => {
		const ledger = new Ledger({});
		ledger.sending(KEY, entry('n8n.1'));
		ledger.forget(KEY);
		expect(ledger.find(KEY)).toBeUndefined();
		expect(ledger.nextAttempt(KEY)).toBe(1);
	});

	test('one that ended at no cost is discarded, and the next attempt has a number', () => {
		const ledger = new Ledger({});
		for (const attempt of [1, 2, 3]) {
			expect(ledger.nextAttempt(KEY)).toBe(attempt);
			ledger.sending(KEY, entry(`n8n.${attempt}`));
			ledger.accepted(KEY, 'gen', 'queued', 'm', 0);
			ledger.discard(KEY);
			expect(ledger.find(KEY)).toBeUndefined();
		}
		expect(ledger.nextAttempt(ledgerKey(0, 1, 'hash'))).toBe(1);
	});

	test('an id that comes without a submission under way is kept too', () => {
		const ledger = new Ledger({});
		ledger.accepted(KEY, 'gen-1', 'queued', 'm', 0);
		expect(ledger.find(KEY)).toMatchObject({ id: 'gen-1' });
	});

	test('lives in the context, and so outlives the run that wrote it', () => {
		const context: IDataObject = { other: 'kept' };
		const first = new Ledger(context);
		first.accepted(KEY, 'gen-1', 'queued', 'm', 0);
		const stored = JSON.parse(JSON.stringify(context)) as IDataObject;
		expect(new Ledger(stored).find(KEY)).toMatchObject({ id: 'gen-1' });
		expect(new Ledger(stored).nonce).toBe(first.nonce);
		expect(stored.other).toBe('kept');
	});

	test('each execution has a number of its own', () => {
		const nonces = Array.from({ length: 50 }, () => new Ledger({}).nonce);
		expect(new Set(nonces).size).toBe(50);
		for (const nonce of nonces) expect(nonce).toMatch(/^[\da-f]{8}$/);
	});

	test('a node has one ledger in a process, whichever run asks for it', () => {
		const context: IDataObject = {};
		expect(ledgerOf(context)).toBe(ledgerOf(context));
		expect(ledgerOf({})).not.toBe(ledgerOf(context));
	});

	test('1,000 items take less than 250 kB of the stored execution', () => {
		const context: IDataObject = {};
		const ledger = new Ledger(context);
		const id = '9fa414f4-9733-46c8-a88c-ae46206f5e47:google/veo-3.1-first-last-image-to-video';
		const model = 'google/veo-3.1-first-last-image-to-video';
		const origin = { instanceId: 'instance', executionId: '123456', runIndex: 0, nodeId: 'node' };
		for (let itemIndex = 0; itemIndex < 1_000; itemIndex++) {
			const hash = hashRequest({ prompt: `Item ${itemIndex}` });
			const key = ledgerKey(0, itemIndex, hash);
			const req = clientRequestId(
				{ ...origin, itemIndex },
				{ hash, nonce: ledger.nonce, body: hash, attempt: 1 },
			);
			const at = 1_785_000_000_000;
			ledger.sending(key, { req, at, model, body: hashRequest({ model, prompt: hash }) });
			ledger.accepted(key, id, 'queued', model, at);
		}
		const bytes = JSON.stringify(context).length;
		expect(bytes / 1_000).toBeGreaterThan(100);
		expect(bytes / 1_000).toBeLessThan(250);
	});

	describe('what a run paid for', () => {
		const ledger = new Ledger({});
		ledger.accepted(ledgerKey(0, 0, 'a'), 'gen-1', 'queued', 'm', 0);
		ledger.sending(ledgerKey(0, 1, 'a'), entry('n8n.1'));
		ledger.accepted(ledgerKey(1, 0, 'a'), 'gen-2', 'queued', 'm', 0);
		ledger.accepted(ledgerKey(11, 0, 'a'), 'gen-3', 'queued', 'm', 0);
		ledger.accepted(toolKey('a'), 'gen-4', 'queued', 'm', 0);

		test.each<[number | 'tool', string[], string[]]>([
			[0, ['gen-1'], ['n8n.1']],
			[1, ['gen-2'], []],
			[11, ['gen-3'], []],
			[2, [], []],
			['tool', ['gen-4'], []],
		])('%s', (run, ids, unanswered) => {
			expect(ledger.summaryOf(run)).toEqual({ ids, unanswered });
		});
	});

	describe('the same body under another key', () => {
		const ledger = new Ledger({});
		ledger.sending(ledgerKey(0, 1, 'a'), entry('n8n.1'));
		ledger.sending(ledgerKey(0, 11, 'b'), entry('n8n.2', { body: 'other' }));

		test('is found for the same item of the same run', () => {
			expect(ledger.keyOfBody(ledgerKey(0, 1, 'edited'), 'body')).toBe(ledgerKey(0, 1, 'a'));
		});

		test.each([
			['another body', ledgerKey(0, 1, 'a'), 'third'],
			['another item', ledgerKey(0, 2, 'a'), 'body'],
			['an item whose number begins with the same digit', ledgerKey(0, 1, 'a'), 'other'],
			['another run', ledgerKey(1, 1, 'a'), 'body'],
		])('is not found for %s', (_name, key, body) => {
			expect(ledger.keyOfBody(key, body)).toBeUndefined();
		});

		test('is not found when what was accepted is another one', () => {
			const accepted = new Ledger({});
			accepted.sending(KEY, entry('n8n.1'));
			accepted.accepted(KEY, 'gen-1', 'queued', 'm', 0);
			expect(accepted.keyOfBody(ledgerKey(0, 0, 'edited'), 'body')).toBe(KEY);
			accepted.discard(KEY);
			expect(accepted.keyOfBody(ledgerKey(0, 0, 'edited'), 'body')).toBeUndefined();
		});
	});

	describe('prices', () => {
		const OTHER = ledgerKey(0, 1, 'hash');

		test('one that was approved is written down with the request, and stays when it is accepted', () => {
			const ledger = new Ledger({});
			ledger.reserved.set(KEY, 3_200_000);
			ledger.sending(KEY, entry('n8n.1'));
			expect(ledger.find(KEY)).toMatchObject({ usd: 3_200_000 });
			ledger.accepted(KEY, 'gen-1', 'queued', 'm', 0);
			expect(ledger.find(KEY)).toMatchObject({ usd: 3_200_000 });
		});

		test('what was spent, and what is approved, counts once, beside the own', () => {
			const ledger = new Ledger({});
			ledger.reserved.set(KEY, 1_000_000);
			ledger.reserved.set(OTHER, 20_000_000);
			expect(ledger.spentBeside(new Set())).toBe(21_000_000);
			ledger.sending(KEY, entry('n8n.1'));
			expect(ledger.spentBeside(new Set())).toBe(21_000_000);
			expect(ledger.spentBeside(new Set([KEY]))).toBe(20_000_000);
			expect(ledger.spentBeside(new Set([OTHER]))).toBe(1_000_000);
			ledger.reserved.clear();
			expect(ledger.spentBeside(new Set())).toBe(1_000_000);
			ledger.discard(KEY);
			expect(ledger.spentBeside(new Set())).toBe(0);
		});
	});

	describe('one that version 0.1.0 wrote', () => {
		const stored = () => ({
			veoLedger: {
				struck: {},
				entries: { [KEY]: { sent: 'n8n.1.0.0.abcdef12', id: 'gen-1', status: 'queued', at: 5 } },
			},
		});

		test('still tells what was paid for', () => {
			expect(new Ledger(stored()).summaryOf(0)).toEqual({ ids: ['gen-1'], unanswered: [] });
		});

		test('is found by the hash of the body, which was its key', () => {
			expect(new Ledger(stored()).keyOfBody(ledgerKey(0, 0, 'entered'), 'hash')).toBe(KEY);
		});

		test('gets a number of its own for what comes', () => {
			expect(new Ledger(stored()).nonce).toMatch(/^[\da-f]{8}$/);
		});
	});
});

describe('what a retry knows of the execution before', () => {
	/** These runs of an execution, by default of the one after the retried one. */
	const before = (context: IDataObject, runs: number[], retried?: string, own?: string) => {
		const ledger = new Ledger(context);
		const executionId = own ?? String(Number(retried ?? '6') + 1);
		for (const run of runs) {
			ledger.begin(run, executionId, retried ? { executionId: retried } : undefined);
		}
		return ledger;
	};
	/** What n8n hands on of a node's context. */
	const stored = (context: IDataObject) => JSON.parse(JSON.stringify(context)) as IDataObject;

	test('a new execution is the retry of none', () => {
		const ledger = before({}, [0, 1, 2]);
		expect(ledger.crashes).toEqual([]);
		expect(ledger.ordinalOf(2)).toBe(2);
	});

	test('a context that is gone tells a crash; runs count from the first one', () => {
		const ledger = before({}, [1, 2], '7');
		expect(ledger.crashes).toEqual([{ executionId: '7' }]);
		expect([ledger.ordinalOf(1), ledger.ordinalOf(2)]).toEqual([0, 1]);
	});

	test('a context with the run tells an ordinary end', () => {
		const context = {};
		before(context, [0, 1]);
		const ledger = before(stored(context), [1, 2], '7');
		expect(ledger.crashes).toEqual([]);
		expect(ledger.ordinalOf(2)).toBe(2);
	});

	test('a context that an earlier execution wrote tells that the retry crashed', () => {
		const context = {};
		before(context, [0, 1]);
		const retry = stored(context);
		before(context, [1], '7');
		const ledger = before(retry, [1, 1, 2], '8');
		expect(ledger.crashes).toEqual([{ executionId: '8' }]);
		expect(ledger.ordinalOf(1)).toBe(1);
		expect(before(stored(retry), [2], '9').crashes).toEqual([{ executionId: '8' }]);
	});

	test('a context without the last run tells a crash in it, where n8n saves progress', () => {
		const context = {};
		before(context, [0, 1]);
		const ledger = before(stored(context), [2], '7');
		expect(ledger.crashes).toEqual([{ executionId: '7' }]);
		expect(ledger.ordinalOf(2)).toBe(2);
	});

	test('entries of a version that wrote down no runs tell an ordinary end', () => {
		const context = {};
		new Ledger(context).sending('0.0.a', { req: 'r', at: 1 });
		expect(before(stored(context), [0], '7').crashes).toEqual([]);
	});

	test('a retry of the retry that ended by itself keeps counting, and remembers the crash', () => {
		const context = {};
		before(context, [1], '7');
		const ledger = before(stored(context), [1], '8');
		expect(ledger.crashes).toEqual([{ executionId: '7' }]);
		expect(ledger.ordinalOf(1)).toBe(0);
	});

	test('the tries of one retry remember it once; a later run adds the retry itself', () => {
		const context = {};
		before(context, [0, 0, 1], '7');
		expect(before(stored(context), [2, 2], '8').crashes).toEqual([
			{ executionId: '7' },
			{ executionId: '8' },
		]);
	});
});
