/** A local package registry (verdaccio), to publish to and to install from. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import axios from 'axios';
import { endWithUs } from '../processes/guard';
import { ensurePackage } from '../n8n/runtime';
import { PINNED } from '../n8n/versions';
import { freePort } from '../processes/ports';
import { Advice } from '../processes/step';

const START_LIMIT_MS = 60_000;
const READY = 'http address';

/** Its program, installed if it is not there yet (60 MB). */
export async function ensureVerdaccio(): Promise<string> {
	const version = PINNED.verdaccio;
	// A part of it asks for node-fetch by the tag `cjs`, which not every registry mirror has.
	const folder = await ensurePackage(`verdaccio-${version}`, `verdaccio@${version}`, {
		'node-fetch': '2.7.0',
	});
	return join(folder, 'node_modules', 'verdaccio', 'bin', 'verdaccio');
}

export interface Registry {
	readonly url: string;
	/** Settings for npm, as arguments: this registry, and who publishes. */
	readonly npmrc: string[];
	stop(): Promise<void>;
}

/**
 * Starts an empty one that knows no other registry: what is not published to it does not exist.
 * @param folder for its packages and its users
 */
export async function startRegistry(folder: string): Promise<Registry> {
	const port = await freePort();
	const url = `http://127.0.0.1:${port}/`;
	const config = join(folder, 'verdaccio.json');
	const settings = {
		storage: join(folder, 'storage'),
		auth: { htpasswd: { file: join(folder, 'htpasswd') } },
		packages: { '**': { access: '$all', publish: '$authenticated' } },
		log: { type: 'stdout', format: 'pretty', level: 'warn' },
		web: { enable: false },
	};
	// JSON is YAML too.
	writeFileSync(config, JSON.stringify(settings));
	const child = spawn(
		process.execPath,
		[await ensureVerdaccio(), '--config', config, '--listen', url.slice(0, -1)],
		{ cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
	);
	const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
	endWithUs(child);
	let printed = '';
	await new Promise<void>((resolve, reject) => {
		const giveUp = () => reject(new Advice(`The registry did not start:\n${printed}`));
		const late = setTimeout(giveUp, START_LIMIT_MS);
		const listen = (chunk: Buffer) => {
			printed += String(chunk);
			if (printed.includes(READY)) resolve();
		};
		child.stdout.on('data', listen);
		child.stderr.on('data', listen);
		void ended.then(giveUp);
		child.once('error', reject);
		void ended.finally(() => clearTimeout(late));
	});
	const user = { name: 'publisher', password: 'Sandbox-2026' };
	const { data } = await axios.put<{ token: string }>(
		`${url}-/user/org.couchdb.user:${user.name}`,
		user,
	);
	return {
		url,
		npmrc: [`--registry=${url}`, `--${url.slice('http:'.length)}:_authToken=${data.token}`],
		stop: async () => {
			child.kill('SIGTERM');
			await ended;
		},
	};
}
