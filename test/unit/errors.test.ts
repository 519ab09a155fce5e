/** Every message: what happened, then what to do; as it reaches the user through n8n's own classes. */
import { NodeApiError, NodeOperationError } from 'n8n-workflow';
import * as errors from '../../nodes/AimlVeo/shared/messages';
import { shownValue, textOf, toNodeError, ItemError } from '../../nodes/AimlVeo/shared/errors';
import { asItemError } from '../../nodes/AimlVeo/shared/messages';
import { ID, LINK, NO_BUILDERS, OTHER_ID, REQUEST, SAMPLES } from '../../scripts/docs/samples';
import { NODE } from './support';

const paid = (ids: string[] = [], unanswered: string[] = []) => ({ ids, unanswered });

test('each builder has its samples', () => {
	const others: readonly string[] = NO_BUILDERS;
	expect(Object.keys(SAMPLES).sort()).toEqual(
		Object.keys(errors)
			.filter((name) => !others.includes(name))
			.sort(),
	);
	for (const list of Object.values(SAMPLES)) expect(list).not.toHaveLength(0);
});

const ALL = Object.entries(SAMPLES).flatMap(([name, list]) =>
	list.map((error) => [name, error] as const),
);

describe.each(ALL)('%s', (name, error) => {
	const { message } = error;
	const { description } = error.details;

	test('says what happened in one clear line', () => {
		expect(message).toMatch(/^['A-Z].{9,149}[^.!…:\s]$/);
		expect(message).not.toMatch(/error|problem|failure|mistake/i);
		expect(message).not.toMatch(/undefined|null|NaN|\[object|\s\s/);
	});

	test('says how to go on', () => {
		expect(description).toMatch(
			/\b(use|enter|choose|check|correct|describe|let|lower|make|remove|run|change|look|open|report|top up)\b|Nothing was/i,
		);
		expect(description).not.toMatch(/\b(error|problem|failure|mistake)/i);
		expect(description).not.toMatch(/undefined|null|NaN|\[object|\s\s|\.\.|\?\.|!\./);
	});

	test('ends with a full stop, or with an address that can be clicked', () => {
		expect(description).toMatch(/\.$|https:\/\/\S+\w$/);
	});

	test('keeps ids and addresses out of the message', () => {
		expect(message).not.toMatch(/https?:/);
		for (const held of [ID, OTHER_ID, LINK]) expect(message).not.toContain(held);
		if (name !== 'maybeAccepted') expect(message).not.toContain(REQUEST);
	});

	test('names the generation and the address that it holds', () => {
		for (const detail of [error.details.generationId, error.details.url]) {
			if (detail !== undefined) expect(description).toContain(detail);
		}
	});

	test("reaches the user as it is, through n8n's own classes", () => {
		const nodeError = toNodeError(NODE, error, 3);
		expect(nodeError.message).toBe(`${message} [item 3]`);
		expect(nodeError.description).toBe(description);
		expect(nodeError.context.itemIndex).toBe(3);
		if (error.details.httpCode === undefined) {
			expect(nodeError).toBeInstanceOf(NodeOperationError);
		} else {
			expect(nodeError).toBeInstanceOf(NodeApiError);
			expect((nodeError as NodeApiError).httpCode).toBe(String(error.details.httpCode));
		}
	});
});

test('one second is not "1 seconds"', () => {
	expect(errors.timedOut(1, ID, 'queued').message).toBe('The video was not ready after 1 second');
});

test('long values are shortened', () => {
	const long = 'x'.repeat(200);
	for (const text of [
		errors.operationUnknown(long).message,
		errors.settingNotTaken('Seed', long, [], 'm').message,
		errors.mediaNotUnderstood('First Frame', long, []).details.description,
		errors.timedOut(1, ID, long).details.description,
	]) {
		expect(text).toContain(`${'x'.repeat(77)}…`);
		expect(text).not.toContain('x'.repeat(78));
	}
	expect(errors.operationUnknown('x'.repeat(80)).message).toContain('x'.repeat(80));
});

test('only what every item would meet ends the run, and only what is free is discarded', () => {
	const having = (key: 'endsRun' | 'notCharged') => [
		...new Set(ALL.filter(([, { details }]) => details[key]).map(([name]) => name)),
	];
	expect(having('endsRun').sort()).toEqual([
		'badKey',
		'blockedOnTheWay',
		'credentialUnusable',
		'noCredits',
		'notReached',
		'redirected',
		'withGeneration',
		'withPaid',
	]);
	// The last one adds to one of the others.
	expect(having('notCharged').sort()).toEqual(['generationFailed', 'noVideo', 'withPaid']);
});

test('an address that may be reached later does not end the run; one that never will does', () => {
	expect(errors.notReached('x').details.endsRun).not.toBe(true);
	expect(errors.notReached('x', true).details.endsRun).toBe(true);
});

test('a failure that was charged is not told as free', () => {
	const { details } = errors.generationFailed(ID, 'error', 'Too dark', true);
	expect(details.notCharged).not.toBe(true);
	expect(details.description).not.toMatch(/not charged/);
});

test('a state that says more than "error" is told, with or without a reason of the API', () => {
	expect(errors.generationFailed(ID, 'canceled').details.description).toContain("'canceled'");
	expect(errors.generationFailed(ID, 'error').details.description).not.toContain("'error'");
});

test('only a video that goes on is told as one', () => {
	const goingOn = ALL.filter(([, { details }]) => details.isRunning).map(([name]) => name);
	expect([...new Set(goingOn)]).toEqual(['timedOut']);
});

test('only an earlier try is told as one', () => {
	expect(errors.maybeAccepted(REQUEST, 'x', { isOld: true }).details.isOldRequest).toBe(true);
	expect(errors.maybeAccepted(REQUEST, 'x').details.isOldRequest).not.toBe(true);
});

test('parameterUnreadable keeps ours', () => {
	const own = errors.promptMissing();
	expect(errors.parameterUnreadable(own)).toBe(own);
});

test('withGeneration leaves alone what names its generation already', () => {
	const own = errors.timedOut(5, 'gen-1', 'queued');
	expect(errors.withGeneration(own, 'gen-2')).toBe(own);
});

describe('withPaid', () => {
	const described = (error: ItemError, ids: string[], unanswered: string[] = []) =>
		errors.withPaid(error, paid(ids, unanswered)).details.description;

	test('leaves alone what is alone', () => {
		const own = errors.promptMissing();
		expect(errors.withPaid(own, paid())).toBe(own);
	});

	test('or what is alone with its own generation or request', () => {
		const failed = errors.timedOut(5, ID, 'queued');
		expect(errors.withPaid(failed, paid([ID]))).toBe(failed);
		const lost = errors.maybeAccepted(REQUEST, 'The connection was lost');
		expect(errors.withPaid(lost, paid([], [REQUEST]))).toBe(lost);
	});

	test('names all others, and keeps all that the message knew', () => {
		const refusal = errors.requestRefused(400, 'No such thing');
		const more = errors.withPaid(refusal, paid([ID, 'gen-2'], [REQUEST, 'n8n.8']));
		expect(more.message).toBe(refusal.message);
		expect(more.details).toEqual({
			...refusal.details,
			description: more.details.description,
		});
		for (const id of [ID, 'gen-2', REQUEST, 'n8n.8']) {
			expect(more.details.description).toContain(id);
		}
	});

	test('its own ID is not named as another one', () => {
		const own = errors.timedOut(5, 'gen-1', 'queued');
		const addition = described(own, ['gen-1', 'gen-2']).slice(own.details.description.length);
		expect(addition).toContain('gen-2');
		expect(addition).not.toContain('gen-1');
	});

	test('as soon as anything is paid, a retry is the way, not a new run', () => {
		const again = /run the workflow again/;
		for (const [, error] of ALL) {
			expect(described(error, ['gen-2'])).not.toMatch(again);
			expect(described(error, [], ['n8n.8'])).not.toMatch(again);
			expect(described(error, ['gen-2'])).toMatch(/retry/i);
		}
		expect(errors.requestRefused(400, 'x').details.description).toMatch(again);
	});

	test('of hundreds it names the first, and where the others are', () => {
		const ids = Array.from({ length: 60 }, (_, index) => `gen-${index}`);
		const text = described(errors.promptMissing(), ids, ids);
		expect(text.match(/and 10 more, see n8n's log/g)).toHaveLength(2);
		expect(text).toContain('gen-49');
		expect(text).not.toContain('gen-50');
	});
});

describe('stopped', () => {
	test('names all that is paid for, and may be', () => {
		const { description } = errors.stopped(paid([ID, 'gen-2'], [REQUEST])).details;
		for (const id of [ID, 'gen-2', REQUEST]) expect(description).toContain(id);
	});

	test('says so when it is nothing', () => {
		expect(errors.stopped(paid()).details.description).toBe('Nothing was submitted.');
	});

	test("does not advise a retry, which n8n's editor does not offer then", () => {
		for (const what of [paid(), paid([ID]), paid([], [REQUEST]), paid([ID], [REQUEST])]) {
			expect(errors.stopped(what).details.description).not.toMatch(/retry/i);
		}
	});
});

describe('for a model, which reads nothing but one text', () => {
	test.each(ALL)('%s: the message has the way on and the IDs', (_name, error) => {
		const told = errors.forAgents(error);
		expect(told.message).toBe(`${error.message}. ${error.details.description}`);
		expect(told.details).toEqual(error.details);
		expect(told.message).not.toMatch(/undefined|null|NaN|\[object|\s\s|\.\./);
		if (error.details.generationId) expect(told.message).toContain(error.details.generationId);
		expect(toNodeError(NODE, told).message).toBe(told.message);
	});

	test('a video that is not ready: the ID, and not to buy another one', () => {
		expect(errors.notReadyYet(ID)).toContain(ID);
		expect(errors.notReadyYet(ID)).toMatch(/same arguments/);
		expect(errors.notReadyYet(ID)).toMatch(/\.$/);
	});
});

test('asItemError keeps ours and names the cause of others', () => {
	const own = errors.promptMissing();
	expect(asItemError(own, ID)).toBe(own);
	const other = asItemError(new RangeError('Out of range'), ID);
	expect(other.message).toBe('The node could not continue: Out of range');
	expect(other.details.description).toContain(ID);
	expect(other.details.generationId).toBe(ID);
});

test('textOf', () => {
	expect(textOf('plain')).toBe('plain');
	expect(textOf(new TypeError('typed'))).toBe('typed');
	for (const cause of [undefined, null, {}, 5, new Error('')]) {
		expect(textOf(cause)).toBe('unknown cause');
	}
});

test.each([
	['text', 'text'],
	[5, '5'],
	[null, 'null'],
	[{ a: 1 }, '{"a":1}'],
	[['a'], '["a"]'],
	[{ toJSON: () => undefined }, 'an object'],
])('shownValue(%p)', (value, shown) => {
	expect(shownValue(value)).toBe(shown);
});

test('a ItemError has a name of its own', () => {
	expect(new ItemError('x', { description: 'y' })).toMatchObject({
		name: 'ItemError',
		message: 'x',
	});
});
