/** Many items with a fast API: what one more item costs, in n8n's own engine. */
import { startSandboxApi } from '../../sandbox/stand-ins/api';
import { startEngine, veoWorkflow } from '../../test/engine/harness';
import { median, range } from '../numbers';
import type { Effort, Part } from '../part';
import { amount, ratio } from '../report';

const FEW = 100;
const MANY = 1_000;
const WARM_UP = 20;
const MIB = 1024 ** 2;

const itemsOf = (count: number) =>
	Array.from({ length: count }, (_, index) => ({ json: { prompt: `Lighthouse ${index}` } }));

const workflow = veoWorkflow({
	operation: 'createAndWait',
	model: 'google/veo-3.1-t2v',
	prompt: '={{ $json.prompt }}',
});

/** Milliseconds and memory for this many items, in a process of its own that has run a few before. */
async function measure(items: number): Promise<{ ms: number; mib: number }> {
	const api = await startSandboxApi({ generationMs: 0, balanceUsd: 1e9 });
	const engine = await startEngine({ binaryMode: 'filesystem' });
	try {
		await engine.run(workflow, { items: itemsOf(WARM_UP), credentials: api });
		api.reset();
		const result = await engine.run(workflow, { items: itemsOf(items), credentials: api });
		const files = result.outputs[0]?.filter(({ files: { data } }) => (data?.bytes ?? 0) > 0) ?? [];
		if (result.status !== 'success' || files.length !== items) {
			throw new Error(`${items} items: ${result.error?.message ?? `${files.length} files`}`);
		}
		return { ms: result.tookMs, mib: (result.maxRssBytes - result.rssBeforeBytes) / MIB };
	} finally {
		await engine.stop();
		await api.stop();
	}
}

async function run({ runs, quick }: Effort) {
	const counts = quick ? [10, 100] : [FEW, MANY];
	const results = new Map<number, Array<{ ms: number; mib: number }>>(
		counts.map((items) => [items, []]),
	);
	for (let round = 0; round < runs; round++) {
		for (const items of counts) {
			console.log(`   round ${round + 1} of ${runs}: ${items} items`);
			results.get(items)?.push(await measure(items));
		}
	}
	const perItem = (items: number, key: 'ms' | 'mib') =>
		(results.get(items) ?? []).map((result) => result[key] / items);
	const [few = FEW, many = MANY] = counts;
	const growth = (key: 'ms' | 'mib') => median(perItem(many, key)) / median(perItem(few, key));
	const row = (items: number) => {
		const [ms, mib] = [perItem(items, 'ms'), perItem(items, 'mib')];
		return [
			amount(items),
			`${amount(median(ms))} ms (${range(ms, amount)})`,
			`${amount(median(mib) * 1024)} KiB (${range(mib, (value) => amount(value * 1024))})`,
			`${amount((median(ms) * items) / 1_000)} s`,
			`${amount(median(mib) * items)} MiB`,
		];
	};
	return {
		method:
			`Create Video and Wait with download and the default of ten at once, against an API whose videos are ready at the first check; ` +
			`in n8n's engine, filesystem mode, medians of ${runs} runs, each in a fresh process after ${WARM_UP} items to warm up. ` +
			'Memory is the peak of the process over what it had before.',
		limits: [
			{
				what: `time per item at ${amount(many)} against that at ${amount(few)}`,
				measured: growth('ms'),
				bound: 'at most' as const,
				limit: 1.5,
				unit: '',
			},
		],
		tables: [
			{
				columns: ['items', 'time per item', 'memory per item', 'time', 'memory'],
				rows: [
					...counts.map(row),
					[
						`${amount(many)} against ${amount(few)}`,
						ratio(growth('ms')),
						ratio(growth('mib')),
						'',
						'',
					],
				],
			},
		],
	};
}

export const scalePart: Part = { name: 'scale', title: 'A hundred and a thousand items', run };
