/** n8n's queue mode with a real Redis and PostgreSQL: one main, two workers, each in a folder of its own, files in the database. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axios from 'axios';
import type { IWorkflowBase } from 'n8n-workflow';
import { readExample } from '../../sandbox/n8n/examples';
import { messageOf, outputOf } from '../../sandbox/n8n/restClient';
import { startN8n } from '../../sandbox/n8n/instance';
import type { N8nInstance } from '../../sandbox/n8n/instance';
import { joined } from '../unit/join/support';
import { record } from './facts';
import { startPostgres, startRedis } from './services';
import type { Service } from './services';
import {
	bytesOf,
	changed,
	filesOf,
	firstCheck,
	generationsOf,
	postsOf,
	recoveryOf,
	save,
	onceOpen,
	useN8n,
	VERSION,
} from './setup';
import { MINUTE_MS, startsOnce } from './videoFinished';

const AT_ONCE = 20;
const GENERATION_MS = 3_000;

const folder = mkdtempSync(join(tmpdir(), 'n8n-e2e-queue-'));
const services: Service[] = [];
const workers: N8nInstance[] = [];
const env: Record<string, string> = {
	EXECUTIONS_MODE: 'queue',
	OFFLOAD_MANUAL_EXECUTIONS_TO_WORKERS: 'true',
	// One key for all: credentials are written by one and read by another.
	N8N_ENCRYPTION_KEY: 'the-same-for-main-and-workers',
	DB_TYPE: 'postgresdb',
	DB_POSTGRESDB_HOST: '127.0.0.1',
	DB_POSTGRESDB_DATABASE: 'postgres',
	DB_POSTGRESDB_USER: 'n8n',
	QUEUE_BULL_REDIS_HOST: '127.0.0.1',
	// A worker that is gone is noticed within seconds; by default after a minute.
	QUEUE_WORKER_LOCK_DURATION: '5000',
	QUEUE_WORKER_LOCK_RENEW_TIME: '1000',
	QUEUE_WORKER_STALLED_INTERVAL: '2000',
};

beforeAll(async () => {
	const postgres = await startPostgres();
	const redis = await startRedis();
	services.push(postgres, redis);
	env.DB_POSTGRESDB_PORT = String(postgres.port);
	env.QUEUE_BULL_REDIS_PORT = String(redis.port);
	record('versions', `PostgreSQL ${postgres.version}`);
	record('versions', `Redis ${redis.version}`);
});

// Its hooks come after those above: the services are there when it starts, and go when it has ended.
afterAll(async () => {
	for (const { stop } of services) await stop();
	rmSync(folder, { recursive: true, force: true });
});
const stage = useN8n({ env });
afterAll(async () => {
	for (const worker of workers) await worker.stop();
});

let workflow: IWorkflowBase;

async function startWorker(): Promise<void> {
	const userFolder = join(folder, `worker-${workers.length + 1}`);
	const nodes = join('.n8n', 'nodes');
	cpSync(join(stage.userFolder, nodes), join(userFolder, nodes), { recursive: true });
	workers.push(await startN8n({ runtime: stage.runtime, userFolder, command: 'worker', env }));
}

/** The file, as the webhook answers. */
async function ask(prompt: string): Promise<Buffer> {
	const address = `${stage.n8n.url}/webhook/veo-file`;
	const answer = await onceOpen(
		async () => await axios.post<ArrayBuffer>(address, { prompt }, { responseType: 'arraybuffer' }),
	);
	return Buffer.from(answer.data);
}

/** Many executions at once; the executions a minute. */
async function askMany(name: string): Promise<number> {
	const prompts = Array.from({ length: AT_ONCE }, (_, index) => `${name}, number ${index};`);
	const startedAt = Date.now();
	const files = await Promise.all(prompts.map(ask));
	const minutes = (Date.now() - startedAt) / 60_000;
	for (const [index, prompt] of prompts.entries()) {
		const [generation, ...others] = generationsOf(stage.api, prompt);
		expect(others).toEqual([]);
		expect(postsOf(stage.api, prompt)).toHaveLength(1);
		expect(generation && files[index]?.equals(bytesOf(generation))).toBe(true);
	}
	return Math.round(AT_ONCE / minutes);
}

const executionsOn = ({ printed }: N8nInstance) =>
	printed().split('Worker started execution').length - 1;

beforeAll(async () => {
	stage.api.settings.generationMs = GENERATION_MS;
	await startWorker();
	const example = changed(readExample('webhook-file'), 'Make Video', {
		options: { pollInterval: 1 },
	});
	workflow = await save(stage, example);
	await stage.n8n.activate(workflow.id);
	// The first execution of a worker loads what the others find loaded.
	await ask('The first of all');
});

test(`${AT_ONCE} executions at once, with one worker and with two: all delivered, each paid for once`, async () => {
	const one = await askMany('One worker');
	await startWorker();
	await ask('The first of the second worker');
	const two = await askMany('Two workers');
	for (const worker of workers) expect(executionsOn(worker)).toBeGreaterThan(0);
	const line = `${AT_ONCE} executions at once, ${GENERATION_MS / 1_000} s for each generation, 10 executions at a time in each worker: ${one} executions a minute with one worker, ${two} with two, all on one machine.`;
	process.stdout.write(`${line}\n`);
	record('queue', `${line} Each delivered its own file, and was paid for once.`);
	record('modes', `Queue mode: one main, two workers (n8n ${VERSION})`);
});

test('the files are in the database', async () => {
	const [newest] = await stage.n8n.executions(workflow.id);
	const [row] = outputOf(await stage.n8n.execution(newest!.id), 'Make Video');
	expect(row?.binary?.data?.id).toMatch(/^database/);
	record('modes', 'Binary data in the database');
});

test('clips in the database become one film in the database', async () => {
	const example = changed(readExample('storyboard-to-film'), 'Make Videos', {
		options: { pollInterval: 1 },
	});
	const execution = await stage.n8n.runToEnd(await save(stage, example), 'Start');
	expect(messageOf(execution)).toBeUndefined();
	const clips = await filesOf(stage, execution, 'Make Videos');
	expect(clips).toHaveLength(3);
	const [film] = await filesOf(stage, execution, 'Join Videos');
	expect(film?.equals((await joined(clips)).bytes)).toBe(true);
	expect(outputOf(execution, 'Join Videos')[0]?.binary?.data?.id).toMatch(/^database/);
});

test(
	'the trigger polls in the main, and its executions run on a worker, also after the main starts again',
	async () => {
		const onWorkers = () => workers.map(executionsOn).reduce((sum, count) => sum + count);
		const before = onWorkers();
		await startsOnce(stage, false);
		expect(onWorkers() - before).toBe(2);
		record(
			'modes',
			'Started by the trigger in queue mode. n8n does not show a file in the editor that a trigger stored in its database, but the next nodes can use it',
		);
	},
	10 * MINUTE_MS,
);

test('a worker that is killed during the wait loses no generation', async () => {
	const prompt = 'Its worker is killed';
	stage.api.settings.generationMs = 15_000;
	const answer = ask(prompt).then(
		() => 'delivered',
		(cause: unknown) =>
			axios.isAxiosError(cause) ? `HTTP ${cause.response?.status}` : String(cause),
	);
	await firstCheck(stage.api, prompt);
	const [generation] = generationsOf(stage.api, prompt);
	// Its log has the ID from the moment of payment.
	const itsWorker = workers.find(({ printed }) => printed().includes(generation!.id));
	expect(itsWorker).toBeDefined();
	await itsWorker!.crash();
	workers.splice(workers.indexOf(itsWorker!), 1);

	const [{ id } = { id: '' }] = await stage.n8n.executions(workflow.id);
	const lost = await stage.n8n.waitFor(id);
	const said = await answer;
	expect(lost.status).not.toBe('success');
	while (stage.api.find(generation!.id)?.status !== 'completed') {
		await new Promise((resolve) => setTimeout(resolve, 250));
	}
	const found = await stage.n8n.runToEnd(await save(stage, recoveryOf(id)), 'Start');
	expect(messageOf(found)).toBeUndefined();
	expect(outputOf(found, 'Of This Execution').map(({ json }) => json.id)).toEqual([generation!.id]);
	const [file] = await filesOf(stage, found, 'Get Video');
	expect(file?.equals(bytesOf(generation!))).toBe(true);
	expect(postsOf(stage.api, prompt)).toHaveLength(1);
	record(
		'queue',
		`A worker killed (\`kill -9\`) while it waits for a video: n8n does not run the execution again on the other worker. It shows it as *${lost.status}* ("${messageOf(lost) ?? 'no message'}") and answers the waiting webhook with ${said}. The generation's ID is in the worker's log from the moment of payment, and **Get Many Videos** finds it by \`n8n.executionId\`. In this suite, the other worker fetched the file, and the API received one POST.`,
	);
});
