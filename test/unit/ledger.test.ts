/** What is remembered of paid generations, and under which keys. */
import type { IDataObject } from 'n8n-workflow';
import { clientRequestId, hashRequest, Ledger, ledgerKey } from '../../nodes/AimlVeo/ledger';

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

describe('clientRequestId', () => {
	const idOf = (executionId: string, attempt = 1, nodeId = 'node', hash = 'hash') =>
		clientRequestId(executionId, 0, 3, nodeId, hash, attempt);

	test('names execution, run and item', () => {
		expect(idOf('4711')).toMatch(/^n8n\.4711\.0\.3\.[\da-f]{8}$/);
	});

	test('tells attempts, nodes and requests apart', () => {
		expect(idOf('1', 2)).toBe(`${idOf('1')}.2`);
		expect(idOf('1', 1, 'other')).not.toBe(idOf('1'));
		expect(idOf('1', 1, 'node', 'other')).not.toBe(idOf('1'));
	});

	test.each(['x'.repeat(300), 'ü/&\r\nX: y', ''])('is one that the API keeps', (executionId) => {
		const id = clientRequestId(executionId, 99_999, 99_999, 'n'.repeat(99), 'h', 1_000_000);
		expect(id).toMatch(/^[A-Za-z0-9._:-]{1,128}$/);
	});
});

describe('Ledger', () => {
	const KEY = ledgerKey(0, 0, 'hash');

	test('a submission under way has no id; an accepted one has', () => {
		const ledger = new Ledger({});
		expect(ledger.find(KEY)).toBeUndefined();
		ledger.sending(KEY, 'n8n.1');
		expect(ledger.find(KEY)).toEqual({ sent: 'n8n.1' });
		ledger.accepted(KEY, 'gen-1', 'queued', 5_000);
		expect(ledger.find(KEY)).toEqual({ sent: 'n8n.1', id: 'gen-1', status: 'queued', at: 5_000 });
	});

	test('one that was surely not taken is forgotten, and counts as no attempt', () => {
		const ledger = new Ledger({});
		ledger.sending(KEY, 'n8n.1');
		ledger.forget(KEY);
		expect(ledger.find(KEY)).toBeUndefined();
		expect(ledger.nextAttempt(KEY)).toBe(1);
	});

	test('one that ended at no cost is struck out, and the next attempt has a number', () => {
		const ledger = new Ledger({});
		for (const attempt of [1, 2, 3]) {
			expect(ledger.nextAttempt(KEY)).toBe(attempt);
			ledger.sending(KEY, `n8n.${attempt}`);
			ledger.accepted(KEY, 'gen', 'queued', 0);
			ledger.strike(KEY);
			expect(ledger.find(KEY)).toBeUndefined();
		}
		expect(ledger.nextAttempt(ledgerKey(0, 1, 'hash'))).toBe(1);
	});

	test('an id that comes without a submission under way is kept too', () => {
		const ledger = new Ledger({});
		ledger.accepted(KEY, 'gen-1', 'queued', 0);
		expect(ledger.find(KEY)).toMatchObject({ id: 'gen-1' });
	});

	test('lives in the context, and so outlives the run that wrote it', () => {
		const context: IDataObject = { other: 'kept' };
		new Ledger(context).accepted(KEY, 'gen-1', 'queued', 0);
		const stored = JSON.parse(JSON.stringify(context)) as IDataObject;
		expect(new Ledger(stored).find(KEY)).toMatchObject({ id: 'gen-1' });
		expect(stored.other).toBe('kept');
	});

	test('1,000 items take less than 250 kB of the stored execution', () => {
		const context: IDataObject = {};
		const ledger = new Ledger(context);
		const id = '9fa414f4-9733-46c8-a88c-ae46206f5e47:google/veo-3.1-first-last-image-to-video';
		for (let item = 0; item < 1_000; item++) {
			const hash = hashRequest({ prompt: `Item ${item}` });
			const key = ledgerKey(0, item, hash);
			ledger.sending(key, clientRequestId('123456', 0, item, 'node', hash, 1));
			ledger.accepted(key, id, 'queued', 1_785_000_000_000);
		}
		const bytes = JSON.stringify(context).length;
		expect(bytes / 1_000).toBeGreaterThan(100);
		expect(bytes / 1_000).toBeLessThan(250);
	});
});
