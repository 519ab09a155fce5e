/** The sentences of the hint, when there is none, and how IDs are kept in the execution's custom data. */
import { withIds } from '../../nodes/AimlVeo/operations/customData';
import { hintOf, startFacts } from '../../nodes/AimlVeo/operations/hint';
import type { RunFacts } from '../../nodes/AimlVeo/operations/hint';
import type { RequestPlan } from '../../nodes/AimlVeo/request/plan';
import { generationFailed, noVideo, promptMissing } from '../../nodes/AimlVeo/shared/messages';
import { HINTS, ID, OTHER_ID } from '../../scripts/docs/samples';

const row = (json: object) => [{ json: json as never }];
const video = (usdSpent?: number) =>
	row({ id: 'a', video: { url: 'https://x' }, ...(usdSpent && { usage: { usdSpent } }) });
const facts = (more: Partial<RunFacts> = {}): RunFacts => ({ ...startFacts(1_000), ...more });
const bought = (count: number) =>
	new Map(Array.from({ length: count }, (_, index) => [index, 'bought' as const]));
const planOf = (itemIndex: number, more: Partial<RequestPlan> = {}) =>
	({ itemIndex, key: `0.${itemIndex}.x`, options: {}, ...more }) as RequestPlan;

test.each(Object.entries(HINTS))('%s is whole sentences, safe as HTML', (_name, samples) => {
	expect(samples).not.toHaveLength(0);
	for (const text of samples) {
		expect(text).toMatch(/^['A-Z0-9].*[.]$/);
		expect(text).not.toMatch(/[<>&]|undefined|NaN|\[object|\s\s|error|problem|failure|mistake/i);
		expect(text).not.toMatch(/\b1 (videos|of them were)|\b(item \d+[,-]|1 of \d+ videos were)/);
	}
});

describe('a hint', () => {
	const of = (given: RunFacts, rows: Parameters<typeof hintOf>[2], plans: RequestPlan[] = []) =>
		hintOf(given, plans, rows, 95_400)?.message;

	test('sums exactly, and rounds the seconds', () => {
		const rows = [video(0.1), video(0.1), video(0.1)];
		expect(of(facts({ sources: bought(3) }), rows)).toBe('3 videos, $0.30 charged, 94 s.');
	});

	test('of a clock that was set back counts no time', () => {
		const given = facts({ sources: bought(2), beginMs: 99_000 });
		expect(of(given, [video(1), video(1)])).toBe('2 videos, $2.00 charged, 0 s.');
	});

	test('does not come where the rows tell all', () => {
		expect(of(facts(), [])).toBeUndefined();
		expect(of(facts({ sources: bought(1) }), [video(1)])).toBeUndefined();
		expect(of(facts({ sources: bought(2) }), [video(), video()])).toBeUndefined();
		const failures = new Map([[0, promptMissing()]]);
		expect(of(facts({ failures }), [row({ error: 'x' })])).toBeUndefined();
	});

	test('names failed items that cost nothing in order; of others the row tells', () => {
		const failures = new Map([
			[7, noVideo(ID, 'completed')],
			[3, noVideo(ID, 'completed', 'Blocked')],
			[5, generationFailed(ID, 'error')],
			[1, generationFailed(ID, 'error', 'x', true)],
		]);
		expect(of(facts({ failures }), [])).toBe(
			'The safety filter most likely held back items 3, 7. Not charged. Item 5 could not be generated. Not charged.',
		);
	});

	test('tells nothing of the settings of an item that was refused', () => {
		const plans = [planOf(0, { leftOut: ['Seed'] }), planOf(1, { leftOut: ['Seed'] })];
		expect(of(facts(), [row({ error: 'x' }), row({ id: 'a' })], plans)).toBe(
			"Left out, because the model does not have it: 'Seed' (item 1).",
		);
		expect(of(facts(), [row({ error: 'x' }), row({ error: 'x' })], plans)).toBeUndefined();
	});

	test('counts what the ledger and the API knew', () => {
		const sources = new Map<number, 'bought' | 'ledger' | 'api'>([
			[0, 'ledger'],
			[1, 'api'],
			[2, 'bought'],
			[3, 'ledger'],
		]);
		expect(of(facts({ sources }), [])).toBe(
			"2 of 4 videos were bought in the earlier try and were not paid for again. 1 of 4 videos was found in the API's records and was not paid for again.",
		);
	});
});

describe('IDs in the custom data', () => {
	const longId = (length: number, letter = 'a') => letter.repeat(length);

	test('come after those that were there, each once', () => {
		expect(withIds(undefined, [ID])).toBe(ID);
		expect(withIds('', [ID, ID])).toBe(ID);
		expect(withIds(ID, [ID, OTHER_ID])).toBe(`${ID}, ${OTHER_ID}`);
		expect(withIds(5, [ID])).toBe(ID);
	});

	test('fit to the last character, and no ID is cut', () => {
		const fitting = [longId(255), longId(255, 'b')];
		expect(withIds(undefined, fitting)).toHaveLength(512);
		expect(withIds(undefined, [longId(255), longId(256, 'b')])).toBe(longId(255));
		expect(withIds(longId(512), [ID])).toBe(longId(512));
		expect(withIds(undefined, [longId(513)])).toBe('');
	});
});
