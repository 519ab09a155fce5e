/** How soon the package's own wait loop notices a finished video, and with how many status checks. */
import * as wait from '../../nodes/AimlVeo/generation/wait';
import { busiestWindow, GENERATIONS, generationTimesMs, schedule } from '../generationTimes';
import type { Schedule } from '../generationTimes';
import type { Part } from '../part';
import { amount, ratio } from '../report';

const FIXED_MS = [4_000, 10_000, 15_000];
/** What a hand-made loop usually waits. */
const LOOP_MS = 10_000;
const SECOND_MS = 1_000;

const seconds = (ms: number) => `${amount(ms / 1_000)} s`;

async function run() {
	const timesMs = generationTimesMs();
	const adaptive = await schedule(wait, timesMs);
	const fixed = new Map<number, Schedule>();
	for (const intervalMs of FIXED_MS)
		fixed.set(intervalMs, await schedule(wait, timesMs, intervalMs));
	const loop = fixed.get(LOOP_MS) ?? (await schedule(wait, timesMs, LOOP_MS));

	const row = (name: string, { meanDelayMs, longestDelayMs, meanChecks }: Schedule) => [
		name,
		ratio(meanDelayMs / adaptive.meanDelayMs),
		seconds(meanDelayMs),
		seconds(longestDelayMs),
		amount(meanChecks),
	];
	const busy = await Promise.all(
		[1, 10, 100].map(async (items) => [
			String(items),
			String(await busiestWindow(wait, items, SECOND_MS)),
		]),
	);
	const { count, medianMs, sigma, shortestMs, longestMs, seed } = GENERATIONS;
	return {
		method:
			`${amount(count)} generation times, log-normal with median ${seconds(medianMs)} and sigma ${sigma}, ` +
			`cut to ${seconds(shortestMs)} to ${seconds(longestMs)}, seed ${seed}; the package's own loop waits for each of them ` +
			'by a clock that only its sleeping moves. The check right after the submission counts.',
		limits: [
			{
				what: 'mean delay between "ready" and "noticed"',
				measured: adaptive.meanDelayMs / 1_000,
				bound: 'at most' as const,
				limit: 1.5,
				unit: 's',
			},
			{
				what: 'status checks per video, on average',
				measured: adaptive.meanChecks,
				bound: 'at most' as const,
				limit: 25,
				unit: 'checks',
			},
			{
				what: `mean delay against a loop that checks every ${seconds(LOOP_MS)}`,
				measured: adaptive.meanDelayMs / loop.meanDelayMs,
				bound: 'at most' as const,
				limit: 1,
				unit: '',
			},
		],
		tables: [
			{
				columns: [
					'schedule',
					'mean delay against adaptive',
					'mean delay',
					'longest',
					'checks per video',
				],
				rows: [
					row('adaptive', adaptive),
					...[...fixed].map(([ms, result]) => row(`every ${seconds(ms)}`, result)),
				],
			},
			{ columns: ['items that start at once', 'most checks in any second'], rows: busy },
		],
	};
}

export const schedulePart: Part = { name: 'schedule', title: 'When a video is noticed', run };
