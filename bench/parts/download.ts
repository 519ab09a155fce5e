/** A large video into n8n, by our node and by n8n's own HTTP Request node, in a real n8n. */
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import axios from 'axios';
import type { IWorkflowBase } from 'n8n-workflow';
import type { LogEntry } from '../../sandbox/stand-ins/api';
import { withCredential } from '../../sandbox/n8n/examples';
import { messageOf, outputOf } from '../../sandbox/n8n/restClient';
import { median, range } from '../numbers';
import type { Effort, Part } from '../part';
import { amount, ratio } from '../report';
import { withStage } from '../stage';
import type { Stage } from '../stage';
import { ourDownload, theirDownload, TRIGGER } from '../workflows';

const GB = 1e9;
const MB = 1e6;
const WARM_UP = 3;
const PAUSE_MS = 2_000;
const POLL_MS = 500;
const SETTLED_MS = 20_000;
const SETTLED_WITHIN = 2 * MB;
const SETTLED_LIMIT_MS = 120_000;
/** Linux counts processor time in hundredths of a second. */
const TICKS_PER_SECOND = 100;

/** A value of `/proc/<pid>/status` in bytes. */
function memoryOf(pid: number, key: 'VmRSS' | 'VmHWM'): number {
	const status = readFileSync(`/proc/${pid}/status`, 'utf8');
	return Number(new RegExp(`${key}:\\s+(\\d+) kB`).exec(status)?.[1] ?? NaN) * 1024;
}

/** Linux keeps the peak of a process by itself; from here on it counts anew. */
const forgetPeak = (pid: number) => writeFileSync(`/proc/${pid}/clear_refs`, '5');

/** Memory once it has come to rest: n8n gives back what its start took only after half a minute. */
async function comeToRest(pid: number): Promise<void> {
	const givenUpAt = Date.now() + SETTLED_LIMIT_MS;
	let settled = memoryOf(pid, 'VmRSS');
	for (let since = Date.now(); Date.now() - since < SETTLED_MS && Date.now() < givenUpAt; ) {
		await new Promise((resolve) => setTimeout(resolve, POLL_MS));
		const now = memoryOf(pid, 'VmRSS');
		if (Math.abs(now - settled) < SETTLED_WITHIN) continue;
		settled = now;
		since = Date.now();
	}
}

/** Seconds of processor time of a process so far, in user and kernel mode. */
function processorTimeOf(pid: number): number {
	const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
	return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

interface Download {
	name: string;
	/** An n8n of its own: what the other left in memory must not count as idle. */
	stage: Stage;
	workflow: IWorkflowBase;
	/** Bytes a second, bytes of memory over idle, seconds of processor time. */
	speed: number[];
	extra: number[];
	work: number[];
}

async function measure(download: Download, bytes: number) {
	const { n8n, instance, files, api } = download.stage;
	const pid = instance.pid ?? NaN;
	api.settings.videoBytes = bytes;
	const served = new Promise<void>((resolve) => {
		const listener = ({ server }: LogEntry) => {
			if (server !== 'cdn') return;
			api.off('response', listener);
			resolve();
		};
		api.on('response', listener);
	});
	await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
	forgetPeak(pid);
	const [idle, workBefore] = [memoryOf(pid, 'VmRSS'), processorTimeOf(pid)];
	const id = await n8n.run(download.workflow, TRIGGER);
	// Asking n8n how it stands costs memory too: not before all is over.
	await served;
	await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
	const extra = memoryOf(pid, 'VmHWM') - idle;
	const work = processorTimeOf(pid) - workBefore;
	const execution = await n8n.waitFor(id);
	const file = outputOf(execution, 'Download')[0]?.binary?.data;
	const [ran] = execution.data.resultData.runData.Download ?? [];
	if (execution.status !== 'success' || file?.bytes !== bytes || !ran) {
		const found = `${execution.status}, ${file?.bytes} of ${bytes} bytes`;
		throw new Error(`${download.name}: ${found}. ${messageOf(execution) ?? ''}`);
	}
	for (const entry of readdirSync(files)) rmSync(join(files, entry), { recursive: true });
	return { extra, work, speed: (bytes / ran.executionTime) * 1_000 };
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

async function run({ runs: usualRuns, quick }: Effort) {
	// Loopback reads come in large or in small pieces by chance, and a run is three times as fast or not.
	const runs = quick ? usualRuns : usualRuns + 2;
	const bytes = quick ? GB / 5 : GB;
	const options = { generationMs: 0 };
	const prepare = async (stage: Stage, who: 'ours' | 'theirs'): Promise<Download> => {
		const { id, url } = await finishedVideo(stage);
		const file = who === 'ours' ? ourDownload(id) : theirDownload(url);
		const workflow = await stage.n8n.createWorkflow(withCredential(file, stage.credentialId));
		const download: Download = {
			name: file.name,
			stage,
			workflow,
			speed: [],
			extra: [],
			work: [],
		};
		// A few small files first: code is loaded before anything counts.
		for (let round = 0; round < WARM_UP; round++) await measure(download, MB);
		return download;
	};
	const compare = async (ours: Download, theirs: Download) => {
		for (const download of [ours, theirs]) {
			await comeToRest(download.stage.instance.pid ?? NaN);
		}
		for (let round = 0; round < runs; round++) {
			console.log(`   round ${round + 1} of ${runs}`);
			for (const download of round % 2 === 0 ? [theirs, ours] : [ours, theirs]) {
				const { speed, extra, work } = await measure(download, bytes);
				download.speed.push(speed);
				download.extra.push(extra);
				download.work.push(work);
			}
		}
		return { ours, theirs };
	};
	const { ours, theirs } = await withStage(options, async (one) => {
		const first = await prepare(one, 'ours');
		return await withStage(options, async (other) => {
			return await compare(first, await prepare(other, 'theirs'));
		});
	});

	const perSecond = (value: number) => amount(value / MB);
	const row = ({ name, speed, extra, work }: Download) => [
		name,
		ratio(median(speed) / median(theirs.speed)),
		`${perSecond(median(speed))} MB/s (${range(speed, perSecond)})`,
		`${amount(median(work))} s (${range(work, amount)})`,
		`${amount(Math.max(...extra) / MB)} MB (${extra.map((value) => amount(value / MB)).join(', ')})`,
	];
	return {
		method:
			`One file of ${amount(bytes / MB)} MB from the sandbox's CDN into n8n's filesystem store, medians of ${runs} runs in turn, each node in an n8n of its own. ` +
			"Time is the node's own as n8n records it, for ours with the question for the address. Memory is the peak of n8n's " +
			'process over what it had right before; the largest counts, since a later run reuses what an earlier one left.',
		limits: [
			{
				what: 'extra memory for the file',
				measured: Math.max(...ours.extra) / MB,
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
				columns: [
					'node',
					'throughput against HTTP Request',
					'throughput',
					'processor time',
					'extra memory',
				],
				rows: [row(ours), row(theirs)],
			},
		],
	};
}

export const downloadPart: Part = { name: 'download', title: 'A video of one gigabyte', run };
