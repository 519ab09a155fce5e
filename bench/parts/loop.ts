/** The node against the hand-made loop of HTTP Request, Wait, HTTP Request and If, in a real n8n. */
import type { IWorkflowBase } from 'n8n-workflow';
import { withCredential } from '../../sandbox/n8n/examples';
import { messageOf, outputOf } from '../../sandbox/n8n/restClient';
import type { WorkflowFile } from '../../sandbox/n8n/restClient';
import { itemsChart } from '../chart';
import { median, range } from '../numbers';
import type { Effort, Part } from '../part';
import { amount, ratio } from '../report';
import { withStage } from '../stage';
import type { Stage } from '../stage';
import { loopWorkflow, ourWorkflow, TRIGGER, workingNodes } from '../workflows';

const GENERATION_MS = 27_000;
/** Only these are compared without a download too; the rest is for the chart. */
const COMPARED = [1, 10];
const COUNTS = [1, 10, 30, 100];
/** So that workflows that run side by side do not wake at the same moment. */
const APART_MS = 400;

export const CHART = 'images/items-against-time.svg';

interface Contender {
	who: 'node' | 'loop';
	items: number;
	download: boolean;
	workflow: IWorkflowBase;
	nodes: number;
	seconds: number[];
}

async function contenders(stage: Stage, counts: number[]): Promise<Contender[]> {
	const found: Contender[] = [];
	for (const items of counts) {
		for (const download of COMPARED.includes(items) ? [true, false] : [true]) {
			const files: Array<[Contender['who'], WorkflowFile]> = [
				['node', ourWorkflow(items, download)],
				['loop', loopWorkflow(items, download, stage.api)],
			];
			for (const [who, file] of files) {
				const workflow = await stage.n8n.createWorkflow(withCredential(file, stage.credentialId));
				found.push({
					who,
					items,
					download,
					workflow,
					nodes: workingNodes(file),
					seconds: [],
				});
			}
		}
	}
	return found;
}

/** One run, checked: as many videos as items, or the time means nothing. */
async function runOnce({ n8n }: Stage, contender: Contender): Promise<void> {
	const { workflow, items, who, download } = contender;
	const id = await n8n.run(workflow, TRIGGER);
	const execution = await n8n.waitFor(id);
	const last = who === 'node' ? 'Veo' : download ? 'Download' : 'Ready?';
	const rows = outputOf(execution, last);
	const files = rows.filter(({ binary }) => binary?.data).length;
	if (execution.status !== 'success' || rows.length !== items || (download && files !== items)) {
		const found = `${execution.status}, ${rows.length} rows, ${files} files`;
		throw new Error(`${workflow.name}: ${found}. ${messageOf(execution) ?? ''}`);
	}
	const tookMs = Date.parse(execution.stoppedAt) - Date.parse(execution.startedAt);
	contender.seconds.push(tookMs / 1_000);
}

async function run({ runs, quick }: Effort) {
	const generationMs = quick ? 3_000 : GENERATION_MS;
	const counts = quick ? COMPARED : COUNTS;
	const all = await withStage({ generationMs, balanceUsd: 1e9 }, async (stage) => {
		const found = await contenders(stage, counts);
		for (let round = 0; round < runs; round++) {
			for (const items of counts) {
				console.log(`   round ${round + 1} of ${runs}: ${items} items`);
				// Those with the same items run side by side, and so under the same conditions.
				const rivals = found.filter((contender) => contender.items === items);
				if (round % 2 === 1) rivals.reverse();
				const started = rivals.map(async (contender, index) => {
					await new Promise((resolve) => setTimeout(resolve, index * APART_MS));
					await runOnce(stage, contender);
				});
				await Promise.all(started);
				stage.api.reset();
			}
		}
		return found;
	});

	const find = (who: Contender['who'], items: number, download: boolean) => {
		const found = all.find(
			(entry) => entry.who === who && entry.items === items && entry.download === download,
		);
		if (!found) throw new Error(`${who} was not measured with ${items} items`);
		return found;
	};
	const took = (who: Contender['who'], items: number, download = true) =>
		median(find(who, items, download).seconds);
	const seconds = (value: number) => `${amount(value)} s`;
	const rows = counts.flatMap((items) =>
		(COMPARED.includes(items) ? [true, false] : [true]).map((download) => {
			const node = find('node', items, download);
			const loop = find('loop', items, download);
			return [
				String(items),
				download ? 'yes' : 'no',
				ratio(took('node', items, download) / took('loop', items, download)),
				`${seconds(median(node.seconds))} (${range(node.seconds, amount)})`,
				`${seconds(median(loop.seconds))} (${range(loop.seconds, amount)})`,
				`${node.nodes} against ${loop.nodes}`,
			];
		}),
	);
	const most = counts.at(-1) ?? 1;
	return {
		method:
			`Generations of ${amount(generationMs / 1_000)} s; time from the start to the end of the execution as n8n ` +
			`records it, medians of ${runs} runs, the two side by side. The loop is HTTP Request → Wait (10 s) → HTTP Request → If, ` +
			'and another HTTP Request for the file. Above ten items the node has "Max Concurrent" set to their number.',
		limits: [
			...COMPARED.flatMap((items) => [
				{
					what: `${items === 1 ? 'one item' : `${items} items`} with download, node against loop`,
					measured: took('node', items) / took('loop', items),
					bound: 'at most' as const,
					limit: 1,
					unit: '',
				},
			]),
			{
				what: 'ten items against one',
				measured: took('node', 10) / took('node', 1),
				bound: 'at most' as const,
				limit: 1.15,
				unit: '',
			},
			...(most === 100
				? [
						{
							what: 'a hundred items at once against one',
							measured: took('node', 100) / took('node', 1),
							bound: 'at most' as const,
							limit: 1.3,
							unit: '',
						},
					]
				: []),
		],
		tables: [
			{
				columns: [
					'items',
					'download',
					'node against loop',
					'node (range)',
					'loop (range)',
					'nodes that do the work',
				],
				rows,
			},
		],
		chart: {
			path: CHART,
			alt: 'Items against total time, for the node and for the loop',
			svg: itemsChart(
				counts.map((items) => ({ items, node: took('node', items), loop: took('loop', items) })),
				generationMs / 1_000,
			),
		},
	};
}

export const loopPart: Part = { name: 'loop', title: 'The node against a hand-made loop', run };
