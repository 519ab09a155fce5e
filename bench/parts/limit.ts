/** Many items whose status checks are limited by the API, in n8n's own engine, with and without that limit. */
import { startSandboxApi } from '../../sandbox/stand-ins/api';
import { startEngine, veoWorkflow } from '../../test/engine/harness';
import { median, range } from '../numbers';
import type { Effort, Part } from '../part';
import { amount, ratio } from '../report';

const ITEMS = 10;
const GENERATION_MS = 150_000;
/** What `/v2/logs` allows; a limit of the route that tells how a video stands is not documented. */
const CHECKS_PER_MINUTE = 200;

const workflow = veoWorkflow({
	operation: 'createAndWait',
	model: 'google/veo-3.1-t2v',
	prompt: '={{ $json.prompt }}',
});

interface Result {
	seconds: number;
	delivered: number;
	checks: number;
	refused: number;
}

async function measure(generationMs: number, checksPerMinute: number): Promise<Result> {
	const api = await startSandboxApi({ generationMs, checksPerMinute });
	const engine = await startEngine({ binaryMode: 'filesystem' });
	try {
		const items = Array.from({ length: ITEMS }, (_, index) => ({
			json: { prompt: `Lighthouse ${index}` },
		}));
		const result = await engine.run(workflow, { items, credentials: api });
		const checks = api.log.filter(({ path }) => path.includes('generation_id='));
		return {
			seconds: result.tookMs / 1_000,
			delivered: result.outputs[0]?.filter(({ files }) => files.data).length ?? 0,
			checks: checks.length,
			refused: checks.filter(({ status }) => status === 429).length,
		};
	} finally {
		await engine.stop();
		await api.stop();
	}
}

async function run({ runs, quick }: Effort) {
	const generationMs = quick ? 6_000 : GENERATION_MS;
	const free: Result[] = [];
	const limited: Result[] = [];
	for (let round = 0; round < runs; round++) {
		console.log(`   round ${round + 1} of ${runs}`);
		// Side by side: most of the time both wait.
		const [one, other] = await Promise.all([
			measure(generationMs, Infinity),
			measure(generationMs, CHECKS_PER_MINUTE),
		]);
		free.push(one);
		limited.push(other);
	}
	const seconds = (results: Result[]) => results.map((result) => result.seconds);
	const refusedShare = median(limited.map(({ refused, checks }) => (100 * refused) / checks));
	const row = (name: string, results: Result[]) => [
		name,
		`${amount(median(seconds(results)))} s (${range(seconds(results), amount)})`,
		amount(median(results.map(({ delivered }) => delivered))),
		amount(median(results.map(({ checks }) => checks))),
		amount(median(results.map(({ refused }) => refused))),
	];
	const slower = median(seconds(limited)) / median(seconds(free));
	return {
		method: `${ITEMS} videos of ${amount(generationMs / 1_000)} s each, at once, in n8n's engine; the API refuses each status check over ${CHECKS_PER_MINUTE} in the last minute, and refused ones count too. Medians of ${runs} runs, with and without the limit side by side.`,
		limits: [
			{
				what: 'videos delivered under the limit',
				measured: Math.min(...limited.map(({ delivered }) => delivered)),
				bound: 'at least' as const,
				limit: ITEMS,
				unit: 'videos',
			},
			{
				what: 'time under the limit against that without',
				measured: slower,
				bound: 'at most' as const,
				limit: 1.3,
				unit: '',
			},
			{
				what: 'share of the checks that are refused',
				measured: refusedShare,
				bound: 'at most' as const,
				limit: 5,
				unit: '%',
			},
		],
		tables: [
			{
				columns: ['', 'time', 'delivered', 'checks', 'refused'],
				rows: [
					row('without a limit', free),
					row(`${CHECKS_PER_MINUTE} checks a minute`, limited),
					['', ratio(slower), '', '', ''],
				],
			},
		],
	};
}

export const limitPart: Part = { name: 'limit', title: 'When status checks are limited', run };
