/**
 * `npm start`: a real n8n with this package, the sandbox API, the examples, and one finished video. `--once`
 * ends after the video. AIMLAPI_KEY uses the real API, PORT another port.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startSandboxApi } from '../stand-ins/api';
import { ensureCredential, importExamples } from '../n8n/examples';
import { mp4Seconds } from '../media/mp4Seconds';
import { messageOf, N8nClient, outputOf, OWNER } from '../n8n/restClient';
import { installPackage, startN8n } from '../n8n/instance';
import { ensureN8n, packProject, PROJECT } from '../n8n/runtime';
import { assertPortFree } from '../processes/ports';
import { Advice, step } from '../processes/step';

const EXAMPLE = 'first-last-frame';
const FOLDER = join(PROJECT, '.sandbox');
/** Long enough to watch the node wait, short enough to wait for. */
const GENERATION_MS = 15_000;

/** One Ctrl-C comes from the terminal and once more from npm. */
const SAME_KEYPRESS_MS = 1_000;

type Closing = Array<() => Promise<void>>;

async function start(closing: Closing): Promise<{ url: string }> {
	const port = Number(process.env.PORT ?? 5678);
	const userFolder = join(FOLDER, 'user');
	const realKey = process.env.AIMLAPI_KEY;
	await assertPortFree(port);
	await step('Building the package', 'npm', ['run', 'build'], { cwd: PROJECT });
	const tarball = await packProject(join(FOLDER, 'packed'));
	const runtime = await ensureN8n();
	// npm takes a tarball of the same name and version for the one it knows.
	rmSync(join(userFolder, '.n8n', 'nodes'), { recursive: true, force: true });
	await installPackage(userFolder, tarball);

	let account = { apiKey: realKey ?? '', baseUrl: 'https://api.aimlapi.com' };
	if (!realKey) {
		const api = await startSandboxApi({ generationMs: GENERATION_MS });
		closing.push(async () => await api.stop());
		account = { apiKey: api.apiKey, baseUrl: api.baseUrl };
	}
	console.log(`▸ Starting n8n ${runtime.version}`);
	const instance = await startN8n({ runtime, userFolder, port });
	closing.push(async () => await instance.stop());
	const n8n = await new N8nClient(instance.url).connect();
	const credentialId = await ensureCredential(n8n, account);
	const workflow = (await importExamples(n8n, credentialId)).get(EXAMPLE);
	if (!workflow) throw new Error(`examples/${EXAMPLE}.json is missing`);

	console.log(`▸ Making a video with "${workflow.name}" (${realKey ? 'real' : 'sandbox'} API)`);
	const id = await n8n.run(workflow, 'Start');
	const execution = await n8n.waitFor(id, { limitMs: 1_100_000 });
	const binary = outputOf(execution, 'Make Video')[0]?.binary?.data;
	if (!binary) {
		throw new Advice(
			`The example returned no video: ${messageOf(execution) ?? execution.status}\n` +
				`Look at it in the editor: ${instance.url}/workflow/${workflow.id}/executions/${id}`,
		);
	}
	const bytes = await n8n.download(binary);
	mkdirSync(FOLDER, { recursive: true });
	const file = join(FOLDER, `${EXAMPLE}.mp4`);
	writeFileSync(file, bytes);
	console.log(`
The video       ${file} (${bytes.length} bytes, ${mp4Seconds(bytes).toFixed(1)} s)
In the editor   ${instance.url}/workflow/${workflow.id}/executions/${id}
Login           ${OWNER.email} / ${OWNER.password}
API             ${account.baseUrl}${realKey ? '' : ' (sandbox: costs nothing)'}
A real key      AIMLAPI_KEY=… npm start`);
	return instance;
}

/**
 * Resolves on Ctrl-C, and when the terminal is closed. A second signal ends everything at once: without a
 * listener for it, this process would end and leave n8n running.
 */
async function interruption(): Promise<void> {
	let firstAt = 0;
	await new Promise<void>((resolve) => {
		const listen = () => {
			if (firstAt === 0) firstAt = Date.now();
			else if (Date.now() - firstAt > SAME_KEYPRESS_MS) process.exit(130);
			resolve();
		};
		for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, listen);
	});
}

async function main(): Promise<void> {
	const { values } = parseArgs({ options: { once: { type: 'boolean', default: false } } });
	const closing: Closing = [];
	const close = async () => {
		for (const end of closing.splice(0).reverse()) await end();
	};
	const interrupted = interruption();
	try {
		const started = await Promise.race([start(closing), interrupted]);
		if (started && !values.once) {
			console.log('Stop            Ctrl-C');
			await interrupted;
		}
		console.log('\nStopping n8n …');
	} catch (cause) {
		console.error(`\n${cause instanceof Advice ? cause.message : (cause as Error).stack}`);
		process.exitCode = 1;
	} finally {
		await close();
	}
	// An npm that was interrupted midway must not hold the terminal.
	process.exit();
}

void main();
