/** A large video into n8n, by our node and by n8n's own HTTP Request node, in a real n8n. */
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import axios from 'axios';
import type { IWorkflowBase } from 'n8n-workflow';
import { withCredential } from '../../sandbox/examples';
import { outputOf } from '../../sandbox/n8n/client';
import { median, range } from '../numbers';
import type { Effort, Part } from '../part';
import { amount, ratio } from '../report';
import { withStage } from '../stage';
import type { Stage } from '../stage';
import { ourDownload, theirDownload, TRIGGER } from '../workflows';

const GB = 1e9;
const MB = 1e6;
const SETTLE_MS = 2_000;

/** A value of `/proc/<pid>/status` in bytes. */
function memoryOf(pid: number, key: 'VmRSS' | 'VmHWM'): number {
	const status = readFileSync(`/proc/${pid}/status`, 'utf8');
	return Number(new RegExp(`${key}:\\s+(\\d+) kB`).exec(status)?.[1] ?? NaN) * 1024;
}

/** Linux keeps the peak of a process by itself; from here on it counts anew. */
const forgetPeak = (pid: number) => writeFileSync(`/proc/${pid}/clear_refs`, '5');

interface Download {
	name: string;
	workflow: IWorkflowBase;
	/** Bytes a second, and bytes of memory over idle. */
	speed: number[];
	extra: number[];
}

async function measure({ n8n, instance, files }: Stage, download: Download, bytes: number) {
	const pid = instance.pid ?? NaN;
	await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
	const idle = memoryOf(pid, 'VmRSS');
	forgetPeak(pid);
	const execution = await n8n.waitFor(await n8n.run(download.workflow, TRIGGER));
	const extra = memoryOf(pid, 'VmHWM') - idle;
	const file = outputOf(execution, 'Download')[0]?.binary?.data;
	const [ran] = execution.data.resultData.runData.Download ?? [];
	if (execution.status !== 'success' || file?.bytes !== bytes || !ran) {
		throw new Error(`${download.name}: ${execution.status}, ${file?.bytes} of ${bytes} bytes`);
	}
	for (const entry of readdirSync(files)) rmSync(join(files, entry), { recursive: true });
	return { extra, speed: (bytes / ran.executionTime) * 1_000 };
}

/** The address of a finished video of this API, made for the purpose. */
async function finishedVideo({ api }: Stage): Promise<{ id: string; url: string }> {
	const { data } = await axios.post<{ id: string }>(
		`${api.baseUrl}/v2/video/generations`,
		{ model: 'google/veo-3.1-t2v', prompt: 'A long film' },
		{ headers: { Authorization: `Bearer ${api.apiKey}` } },
	);
	const generation = api.find(data.id);
	if (!generation) throw new Error('The sandbox made no video');
	return { id: data.id, url: api.videoUrl(generation) };
}

async function run({ runs, quick }: Effort) {
	const bytes = quick ? GB / 5 : GB;
	const downloads = await withStage({ generationMs: 0 }, async (stage) => {
		const { id, url } = await finishedVideo(stage);
		const prepare = async (file: ReturnType<typeof theirDownload>): Promise<Download> => ({
			name: file.name,
			workflow: await stage.n8n.createWorkflow(withCredential(file, stage.credentialId)),
			speed: [],
			extra: [],
		});
		const [ours, theirs] = [await prepare(ourDownload(id)), await prepare(theirDownload(url))];
		// Code is loaded and compiled, and the heap is grown, before anything counts.
		stage.api.settings.videoBytes = bytes / 10;
		for (const download of [theirs, ours]) await measure(stage, download, bytes / 10);
		stage.api.settings.videoBytes = bytes;
		for (let round = 0; round < runs; round++) {
			console.log(`   round ${round + 1} of ${runs}`);
			for (const download of round % 2 === 0 ? [theirs, ours] : [ours, theirs]) {
				const { speed, extra } = await measure(stage, download, bytes);
				download.speed.push(speed);
				download.extra.push(extra);
			}
		}
		return { ours, theirs };
	});

	const { ours, theirs } = downloads;
	const perSecond = (value: number) => amount(value / MB);
	const row = ({ name, speed, extra }: Download) => [
		name,
		ratio(median(speed) / median(theirs.speed)),
		`${perSecond(median(speed))} MB/s (${range(speed, perSecond)})`,
		`${amount(median(extra) / MB)} MB (${range(extra, (value) => amount(value / MB))})`,
	];
	return {
		method:
			`One file of ${amount(bytes / MB)} MB from the sandbox's CDN into n8n's filesystem store, medians of ${runs} runs in turn. ` +
			"Time is the node's own as n8n records it, for ours with the question for the address; memory is the peak of n8n's process over idle.",
		limits: [
			{
				what: 'extra memory for the file',
				measured: median(ours.extra) / MB,
				bound: 'at most' as const,
				limit: 60,
				unit: 'MB',
			},
			{
				what: "throughput against n8n's HTTP Request node",
				measured: median(ours.speed) / median(theirs.speed),
				bound: 'at least' as const,
				limit: 0.9,
				unit: '',
			},
		],
		tables: [
			{
				columns: ['node', 'throughput against HTTP Request', 'throughput', 'extra memory'],
				rows: [row(ours), row(theirs)],
			},
		],
	};
}

export const downloadPart: Part = { name: 'download', title: 'A video of one gigabyte', run };
