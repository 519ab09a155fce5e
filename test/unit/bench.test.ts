/** The bench's own arithmetic: what it says of a limit must be true. */
import { itemsChart } from '../../bench/chart';
import { median } from '../../bench/numbers';
import { amount, holds, measuredText, reportText, sectionsIn } from '../../bench/report';
import { loopWorkflow, ourWorkflow } from '../../bench/workflows';
import type { Limit, Section } from '../../bench/report';

const limit = (measured: number, bound: Limit['bound']): Limit => ({
	what: 'extra memory',
	measured,
	bound,
	limit: 60,
	unit: 'MB',
});

test.each([
	[60, 'at most', true],
	[60.01, 'at most', false],
	[60, 'at least', true],
	[59.99, 'at least', false],
	[NaN, 'at most', false],
	[NaN, 'at least', false],
] as const)('%d against %s 60: %s', (measured, bound, held) => {
	expect(holds(limit(measured, bound))).toBe(held);
});

test('the median does not mind the order', () => {
	expect(median([9, 1, 5])).toBe(5);
	expect(median([4, 1, 3, 2])).toBe(2.5);
	expect(median([])).toBeNaN();
});

test.each([
	[0, '0'],
	[0.01234, '0.0123'],
	[1.2345, '1.23'],
	[12.345, '12.3'],
	[10_000, '10,000'],
])('%d is written as %s', (value, text) => {
	expect(amount(value)).toBe(text);
});

test('the report says which limits do not hold, and how many do', () => {
	const section: Section = {
		name: 'download',
		title: 'A video of one gigabyte',
		method: 'Measured.',
		tookMs: 1_000,
		limits: [limit(50, 'at most'), limit(70, 'at most')],
		tables: [],
	};
	const machine = { Date: '2026-01-01', Package: '0.1.0' };
	const texts = new Map([[section.title, measuredText(section, machine)]]);
	const report = reportText(machine, [section], texts);
	expect(sectionsIn(report).get(section.title)).toBe(texts.get(section.title));
	expect(report).toContain('**1 of 2 limits hold.**');
	expect(report).toContain('| extra memory | 50 MB | at most 60 MB | holds |');
	expect(report).toContain('| extra memory | 70 MB | at most 60 MB | **does not hold** |');
});

test('the chart shows every point of both, inside its frame', () => {
	const svg = itemsChart(
		[
			{ items: 1, node: 27.5, loop: 30.2 },
			{ items: 100, node: 31, loop: 30.9 },
		],
		27,
	);
	expect(svg.match(/<title>(node|loop), /g)).toHaveLength(4);
	const heights = [...svg.matchAll(/ c?y1?="([\d.-]+)"/g)].map(([, y]) => Number(y));
	expect(heights.length).toBeGreaterThan(10);
	for (const y of heights) {
		expect(y).toBeGreaterThan(0);
		expect(y).toBeLessThan(360);
	}
});

test.each([true, false])('the compared workflows connect nodes that they have: %s', (download) => {
	const account = { apiKey: 'key', baseUrl: 'http://127.0.0.1:1' };
	for (const workflow of [ourWorkflow(2, download), loopWorkflow(2, download, account)]) {
		const names = workflow.nodes.map(({ name }) => name);
		const targets = Object.values(workflow.connections).flatMap(({ main = [] }) =>
			main.flatMap((output) => (output ?? []).map((target) => target.node)),
		);
		expect(targets.length).toBeGreaterThan(0);
		expect(names).toEqual(
			expect.arrayContaining([...Object.keys(workflow.connections), ...targets]),
		);
	}
});
