/** Many clips into one film, by Join Videos in n8n's engine and by FFmpeg's concat, from the same files. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensurePrograms, programPath } from '../../sandbox/processes/programs';
import { connect, node, startEngine } from '../../test/engine/harness';
import type { Engine, RunResult } from '../../test/engine/harness';
import { clipPath } from '../../test/unit/join/support';
import { median, range } from '../numbers';
import type { Effort, Part } from '../part';
import { amount, ratio } from '../report';

const MB = 1e6;
const CLIPS = 100;
const CLIP_SECONDS = 8;
/** About 10 MB for a clip. */
const VIDEO_BITS_PER_SECOND = 10e6;
/** Where the drift is looked at; its clips have 2 s, which is no whole number of AAC frames. */
const DRIFT_CLIPS = 10;
const DRIFT_CLIP_SECONDS = 2;
const RATE = 48_000;
const LOUD = 0.1;
const HALF_AAC_FRAME_MS = 10.7;

const ffmpeg = (...args: string[]) =>
	execFileSync(programPath('ffmpeg'), ['-v', 'error', '-nostdin', '-y', ...args], {
		maxBuffer: 1e9,
	});

/** A clip that a busy picture makes large. */
function makeClip(path: string): void {
	const picture = `testsrc2=s=1280x720:r=24:d=${CLIP_SECONDS},noise=alls=30:allf=t`;
	const sound = `sine=f=220:r=${RATE}:d=${CLIP_SECONDS}`;
	const inputs = ['-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', sound];
	const rate = ['-b:v', String(VIDEO_BITS_PER_SECOND), '-preset', 'ultrafast'];
	ffmpeg(...inputs, '-c:v', 'libx264', ...rate, '-pix_fmt', 'yuv420p', '-c:a', 'aac', path);
}

/** FFmpeg's own way, with the index in front as ours has it; milliseconds. */
function concat(folder: string, clip: string, count: number): { ms: number; film: string } {
	const list = join(folder, 'list.txt');
	const film = join(folder, 'concat.mp4');
	writeFileSync(list, `file '${clip}'\n`.repeat(count));
	const startedAt = performance.now();
	ffmpeg('-f', 'concat', '-safe', '0', '-i', list, '-c', 'copy', '-movflags', '+faststart', film);
	return { ms: performance.now() - startedAt, film };
}

const workflow = (count: number) => ({
	nodes: [
		node('Items', 'n8n-nodes-test.items'),
		node('Copies', 'n8n-nodes-test.copies', { count }),
		node('Join', 'n8n-nodes-aimlapi-veo.joinVideos'),
	],
	connections: connect('Items > Copies', 'Copies > Join'),
	resultNode: 'Join',
});

async function joinClips(engine: Engine, clip: string, count: number): Promise<RunResult> {
	const file = { base64: readFileSync(clip).toString('base64'), mimeType: 'video/mp4' };
	const items = [{ binary: { data: file } }];
	const credentials = { apiKey: '', baseUrl: '' };
	const result = await engine.run(workflow(count), { items, credentials });
	const made = result.outputs[0]?.[0]?.json.clips as unknown[] | undefined;
	if (made?.length !== count) throw new Error(result.error?.message ?? 'no film');
	return result;
}

/** The newest of the films that an engine has stored. */
function filmIn(engine: Engine, bytes: number): string {
	const names = readdirSync(engine.folder, { recursive: true, encoding: 'utf8' });
	const found = names
		.filter((name) => name.includes('binary_data/') && !name.endsWith('.metadata'))
		.map((name) => join(engine.folder, name))
		.find((path) => readFileSync(path).length === bytes);
	if (!found) throw new Error('The film is not in the store');
	return found;
}

/** Milliseconds by which the last clip's burst of sound comes late, out of FFmpeg's decoder. */
function driftOf(film: string): number {
	const pcm = ffmpeg('-i', film, '-map', '0:a', '-ac', '1', '-f', 'f32le', '-');
	const starts: number[] = [];
	for (let at = 0; at < pcm.length / 4; at++) {
		if (Math.abs(pcm.readFloatLE(4 * at)) < LOUD) continue;
		const seconds = at / RATE;
		if (starts.length === 0 || seconds - (starts.at(-1) ?? 0) > 1) starts.push(seconds);
	}
	const [first = NaN] = starts;
	const due = first + (DRIFT_CLIPS - 1) * DRIFT_CLIP_SECONDS;
	return 1_000 * ((starts[DRIFT_CLIPS - 1] ?? NaN) - due);
}

async function measureDrift(folder: string) {
	const engine = await startEngine({ binaryMode: 'filesystem' });
	try {
		const result = await joinClips(engine, clipPath('a'), DRIFT_CLIPS);
		const bytes = result.outputs[0]?.[0]?.files.data?.bytes ?? NaN;
		const theirs = concat(folder, clipPath('a'), DRIFT_CLIPS).film;
		return { ours: driftOf(filmIn(engine, bytes)), theirs: driftOf(theirs) };
	} finally {
		await engine.stop();
	}
}

/** Time and memory of one joining, in a process of its own that has joined a little before. */
async function measure(clip: string, count: number): Promise<{ ms: number; extra: number }> {
	const engine = await startEngine({ binaryMode: 'filesystem' });
	try {
		await joinClips(engine, clip, 2);
		const { tookMs, maxRssBytes, rssBeforeBytes } = await joinClips(engine, clip, count);
		return { ms: tookMs, extra: maxRssBytes - rssBeforeBytes };
	} finally {
		await engine.stop();
	}
}

async function run({ runs, quick }: Effort) {
	await ensurePrograms(['ffmpeg']);
	const count = quick ? 10 : CLIPS;
	const folder = mkdtempSync(join(tmpdir(), 'veo-bench-join-'));
	const clear = () => rmSync(folder, { recursive: true, force: true });
	// An interrupted bench, too, must not leave gigabytes behind.
	process.once('exit', clear);
	try {
		const clip = join(folder, 'clip.mp4');
		makeClip(clip);
		const bytes = readFileSync(clip).length;
		const ours: number[] = [];
		const theirs: number[] = [];
		const extra: number[] = [];
		for (let round = 0; round < runs; round++) {
			console.log(`   round ${round + 1} of ${runs}`);
			theirs.push(concat(folder, clip, count).ms);
			const measured = await measure(clip, count);
			ours.push(measured.ms);
			extra.push(measured.extra);
		}
		const drift = await measureDrift(folder);
		const seconds = (ms: number[]) =>
			`${amount(median(ms) / 1_000)} s (${range(ms, (value) => amount(value / 1_000))})`;
		const late = (ms: number) => `${amount(ms)} ms`;
		return {
			method:
				`${count} clips of ${amount(bytes / MB)} MB (the same one again and again) in the file system, medians of ${runs} runs in turn: Join Videos in n8n's engine, ` +
				'and `ffmpeg -f concat -c copy -movflags +faststart`. Memory is the peak of the process over what it had right before; the largest counts. ' +
				`The drift is by how much the sound of the tenth of ${DRIFT_CLIPS} clips of ${DRIFT_CLIP_SECONDS} s comes late.`,
			limits: [
				{
					what: 'extra memory for the film',
					measured: Math.max(...extra) / MB,
					bound: 'at most' as const,
					limit: 80,
					unit: 'MB',
				},
				{
					what: "time against FFmpeg's concat",
					measured: median(ours) / median(theirs),
					bound: 'at most' as const,
					limit: 1.3,
					unit: '',
				},
				{
					what: 'drift of the sound at the tenth clip',
					measured: Math.abs(drift.ours),
					bound: 'at most' as const,
					limit: HALF_AAC_FRAME_MS,
					unit: 'ms',
				},
			],
			tables: [
				{
					columns: ['joined by', 'time (range)', 'against FFmpeg', 'drift at the tenth clip'],
					rows: [
						['Join Videos', seconds(ours), ratio(median(ours) / median(theirs)), late(drift.ours)],
						['FFmpeg', seconds(theirs), ratio(1), late(drift.theirs)],
					],
				},
			],
		};
	} finally {
		process.off('exit', clear);
		clear();
	}
}

export const joinPart: Part = { name: 'join', title: 'A hundred clips become one film', run };
