/** One running n8n: started in its own folder, with packages installed as a user installs them, and stopped without leftovers. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { endWithUs } from '../processes/guard';
import { freePort } from '../processes/ports';
import { Advice, step } from '../processes/step';
import type { Runtime } from './runtime';

const READY = 'Editor is now accessible';
const WORKER_READY = 'n8n worker is now ready';
/** A cold start on two busy cores, with the database's first migrations. */
const START_LIMIT_MS = 300_000;
/** n8n waits up to 30 s for running executions before it goes. */
const STOP_LIMIT_MS = 45_000;

export interface InstanceOptions {
	runtime: Runtime;
	/** Database, binary data and community packages live here. */
	userFolder: string;
	/** Default: any free port. */
	port?: number;
	/** n8n's command: the whole n8n, or a worker of the queue mode. */
	command?: 'start' | 'worker';
	env?: Record<string, string>;
}

export interface N8nInstance {
	readonly url: string;
	readonly port: number;
	/** Of n8n's main process. */
	readonly pid: number | undefined;
	readonly userFolder: string;
	/** All that n8n printed so far. */
	printed(): string;
	/** Ends it the polite way. */
	stop(): Promise<void>;
	/** Ends it as a power cut would. */
	crash(): Promise<void>;
	/** Resolves when it has ended for whatever reason. */
	readonly ended: Promise<void>;
}

/**
 * Installs a package the way n8n's guide for manual installation says: npm, in the nodes folder.
 * @param spec a tarball's path, or a name with or without a version
 */
export async function installPackage(
	userFolder: string,
	spec: string,
	{ npmrc = [], title = 'Installing the package into n8n' } = {} as {
		npmrc?: string[];
		title?: string;
	},
): Promise<void> {
	const nodes = join(userFolder, '.n8n', 'nodes');
	mkdirSync(nodes, { recursive: true });
	// Without a package.json of its own, npm would install into the next folder above that has one.
	const manifest = join(nodes, 'package.json');
	if (!existsSync(manifest))
		writeFileSync(manifest, '{ "name": "installed-nodes", "private": true }\n');
	// n8n brings its own n8n-workflow, and leaves it out when its editor installs a package; so does this.
	const flags = ['--legacy-peer-deps', '--no-audit', '--no-fund', '--loglevel=error', ...npmrc];
	await step(title, 'npm', ['install', spec, ...flags], { cwd: nodes });
}

const QUIET = {
	N8N_LISTEN_ADDRESS: '127.0.0.1',
	N8N_SECURE_COOKIE: 'false',
	N8N_DIAGNOSTICS_ENABLED: 'false',
	N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
	N8N_TEMPLATES_ENABLED: 'false',
	N8N_PERSONALIZATION_ENABLED: 'false',
	N8N_HIRING_BANNER_ENABLED: 'false',
	N8N_ENFORCE_SETTINGS_FILE_PERMISSIONS: 'false',
	N8N_EXPRESSION_ENGINE: 'legacy',
};

/**
 * Starts n8n and resolves when it is ready for work.
 * @throws Advice with the end of what n8n printed, when it does not come up
 */
export async function startN8n(options: InstanceOptions): Promise<N8nInstance> {
	const { runtime, userFolder, command = 'start' } = options;
	mkdirSync(userFolder, { recursive: true });
	const port = options.port ?? (await freePort());
	const url = `http://127.0.0.1:${port}`;
	const child = spawn(runtime.node, [runtime.n8n, command], {
		// A group of its own, so that a crash takes its task runner along.
		detached: true,
		stdio: ['ignore', 'pipe', 'pipe'],
		env: {
			...withoutN8nSettings(process.env),
			...QUIET,
			PATH: `${dirname(runtime.node)}:${process.env.PATH}`,
			N8N_USER_FOLDER: userFolder,
			N8N_PORT: String(port),
			N8N_EDITOR_BASE_URL: url,
			WEBHOOK_URL: url,
			N8N_RUNNERS_BROKER_PORT: String(await freePort()),
			...options.env,
		},
	});
	const kill = (signal: NodeJS.Signals) => killGroup(child, signal);
	let printed = '';
	const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
	endWithUs(child);

	const sign = command === 'worker' ? WORKER_READY : READY;
	await new Promise<void>((resolve, reject) => {
		const giveUp = (what: string) => reject(new Advice(`${what}:\n${printed.slice(-3_000)}`));
		const late = setTimeout(() => {
			kill('SIGKILL');
			giveUp(`n8n was not ready after ${START_LIMIT_MS / 1_000} s`);
		}, START_LIMIT_MS);
		const listen = (chunk: Buffer) => {
			printed += String(chunk);
			if (printed.includes(sign)) {
				clearTimeout(late);
				resolve();
			}
		};
		child.stdout.on('data', listen);
		child.stderr.on('data', listen);
		child.once('error', reject);
		void ended.then(() => {
			clearTimeout(late);
			giveUp('n8n ended before it was ready');
		});
	});

	return {
		url,
		port,
		pid: child.pid,
		userFolder,
		ended,
		printed: () => printed,
		stop: async () => {
			kill('SIGTERM');
			const late = setTimeout(() => kill('SIGKILL'), STOP_LIMIT_MS);
			await ended;
			clearTimeout(late);
		},
		crash: async () => {
			kill('SIGKILL');
			await ended;
		},
	};
}

/** Settings of the person's own n8n must not leak into this one, and with Jest's NODE_ENV it ends at once. */
function withoutN8nSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
	const foreign =
		/^(N8N_|DB_|QUEUE_|EXECUTIONS_|WEBHOOK_|NODE_OPTIONS$|NODE_ENV$|JEST_WORKER_ID$|npm_)/;
	return Object.fromEntries(Object.entries(env).filter(([name]) => !foreign.test(name)));
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
	if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
	try {
		process.kill(signal === 'SIGKILL' ? -child.pid : child.pid, signal);
	} catch {
		// It has just ended.
	}
}
