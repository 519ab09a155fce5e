/** The client request ID: what it says, what is returned, and that the API keeps all of it. */
import fc from 'fast-check';
import {
	clientRequestId,
	isOfExecution,
	nonceOf,
	readClientRequestId,
	readRequest,
	referenceLengths,
} from '../../nodes/AimlVeo/api/clientRequestId';

const ORIGIN = {
	instanceId: 'instance',
	executionId: '4711',
	runIndex: 0,
	itemIndex: 3,
	nodeId: 'node',
};
const NONCE = '0123abcd';
const BODY = '89abcdef01234567';

describe('clientRequestId', () => {
	const idOf = (other: Partial<typeof ORIGIN> = {}, attempt = 1, hash = 'hash', nonce = NONCE) =>
		clientRequestId({ ...ORIGIN, ...other }, { hash, nonce, body: BODY, attempt });

	test('names execution, run and item', () => {
		expect(idOf()).toMatch(/^n8n\.4711\.0\.3\.[\da-f]{8}-0123abcd-89abcdef$/);
		expect(idOf({ runIndex: 12, itemIndex: 0 })).toMatch(/^n8n\.4711\.12\.0\./);
	});

	test('tells attempts, nodes and requests apart', () => {
		expect(idOf({}, 2)).toBe(`${idOf()}.2`);
		expect(idOf({ nodeId: 'other' })).not.toBe(idOf());
		expect(idOf({}, 1, 'other')).not.toBe(idOf());
	});

	test('tells apart executions of the same number: of other instances, and after a new database', () => {
		expect(idOf({ instanceId: 'other' })).not.toBe(idOf());
		expect(idOf({}, 1, 'hash', 'ffff0000')).not.toBe(idOf());
	});

	test('all retries of an execution have the same nonce, and no others', () => {
		const nonce = nonceOf('instance', 'workflow', 1_785_000_000_000);
		expect(nonce).toMatch(/^[\da-f]{8}$/);
		expect(nonceOf('instance', 'workflow', 1_785_000_000_000)).toBe(nonce);
		expect(nonceOf('other', 'workflow', 1_785_000_000_000)).not.toBe(nonce);
		expect(nonceOf('instance', 'other', 1_785_000_000_000)).not.toBe(nonce);
		expect(nonceOf('instance', 'workflow', 1_785_000_000_001)).not.toBe(nonce);
		// A log may write capitals.
		const read = readRequest(idOf({ executionId: 'a/b' }, 2, 'hash', nonce).toUpperCase())!;
		expect(read).toMatchObject({ nonce, body: BODY.slice(0, 8), attempt: 2 });
		expect([isOfExecution(read, 'a/b'), isOfExecution(read, 'a/c')]).toEqual([true, false]);
	});

	test('is the same for the same request', () => {
		expect(idOf()).toBe(idOf());
	});

	test.each(['x'.repeat(300), 'ü/&\r\nX: y', ''])('is one that the API keeps', (executionId) => {
		const origin = {
			instanceId: 'i'.repeat(99),
			executionId,
			runIndex: 99_999,
			itemIndex: 99_999,
			nodeId: 'n'.repeat(99),
		};
		const id = clientRequestId(origin, { hash: 'h', nonce: NONCE, body: BODY, attempt: 1_000_000 });
		expect(id).toMatch(/^[A-Za-z0-9._:-]{1,128}$/);
	});
});

describe('readClientRequestId', () => {
	const facts = { executionId: '4711', runIndex: 2, itemIndex: 3, attempt: 1 };

	test('reads what clientRequestId wrote', () => {
		const part = { hash: 'hash', nonce: NONCE, body: BODY, attempt: 1 };
		const origin = { ...ORIGIN, runIndex: 2 };
		expect(readClientRequestId(clientRequestId(origin, part))).toEqual(facts);
		const third = clientRequestId(origin, { ...part, attempt: 3 });
		expect(readClientRequestId(third)).toEqual({ ...facts, attempt: 3 });
	});

	test('reads those of versions before, which had no nonce or no hash of the body', () => {
		expect(readClientRequestId('n8n.4711.2.3.abcdef12-0123abcd')).toEqual(facts);
		expect(readClientRequestId('n8n.4711.2.3.abcdef12')).toEqual(facts);
		expect(readClientRequestId('n8n.4711.2.3.abcdef12.2')).toEqual({ ...facts, attempt: 2 });
	});

	test.each([
		'n8n.4711.2.3',
		'n8n.4711.2.3.abcdef1',
		'n8n.4711.2.3.abcdefgh',
		'n8n.4711.2.3.abcdef12-',
		'n8n.4711.2.3.abcdef12-xyz',
		'n8n.4711.2.3.abcdef12:',
		'n8n.4711.2.3.abcdef12:a b',
		'n8n.4711.x.3.abcdef12',
		'n8n.47 11.2.3.abcdef12',
		' n8n.4711.2.3.abcdef12',
		'other.4711.2.3.abcdef12',
		'',
	])('"%s" is none', (id) => {
		expect(readClientRequestId(id)).toBeUndefined();
	});
});

describe('a reference', () => {
	const part = { hash: 'hash', nonce: NONCE, body: BODY, attempt: 1 };
	const idWith = (reference: string, attempt = 1) =>
		clientRequestId(ORIGIN, { ...part, attempt, reference });

	test('stands in it as it is, where the header takes it', () => {
		expect(idWith('order-4711')).toMatch(
			/^n8n\.4711\.0\.3\.[\da-f]{8}-0123abcd-89abcdef:order-4711$/,
		);
		expect(idWith('a:b.c-d', 2)).toMatch(/-0123abcd-89abcdef\.2:a:b\.c-d$/);
	});

	test('is encoded, where the header does not take it', () => {
		expect(idWith('Row 7')).toMatch(/:Row_207$/);
		expect(idWith('a_b')).toMatch(/:a_5fb$/);
		expect(idWith('é')).toMatch(/:_c3_a9$/);
	});

	test('comes back as it was, in the characters that the API keeps', () => {
		fc.assert(
			fc.property(
				fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
				fc.integer({ min: 1, max: 999 }),
				(reference, attempt) => {
					const { length, max } = referenceLengths(ORIGIN, reference);
					fc.pre(length <= max);
					const id = idWith(reference, attempt);
					expect(id).toMatch(/^[A-Za-z0-9._:-]+$/);
					expect(readClientRequestId(id)).toEqual({
						executionId: '4711',
						runIndex: 0,
						itemIndex: 3,
						attempt,
						reference,
					});
				},
			),
		);
	});

	test('comes back from a log that writes small letters', () => {
		expect(readClientRequestId(idWith('é 7').toLowerCase())?.reference).toBe('é 7');
	});

	test('that fits makes an ID that the API keeps, up to attempt 999', () => {
		const { max } = referenceLengths(ORIGIN, '');
		const longest = 'x'.repeat(max);
		expect(referenceLengths(ORIGIN, longest).length).toBe(max);
		expect(idWith(longest, 999)).toHaveLength(128);
		// After that it travels without the reference.
		expect(idWith(longest, 1_000)).toBe(idWith('x', 1_000).replace(/:x$/, ''));
	});
});
