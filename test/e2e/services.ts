/** A real Redis and a real PostgreSQL, each in its own folder and on a free port, removed after the test. */
import { execFileSync, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endWithUs } from '../../sandbox/processes/guard';
import { freePort } from '../../sandbox/processes/ports';
import { programPath } from '../../sandbox/processes/programs';

const START_LIMIT_MS = 120_000;

export interface Service {
	port: number;
	/** What the program says of itself. */
	version: string;
	stop(): Promise<void>;
}

interface Command {
	/** Its own; deleted when it has ended. */
	folder: string;
	program: string;
	args: string[];
	/** What it prints when it takes connections. */
	ready: string;
	stopSignal: NodeJS.Signals;
	user?: User;
}

interface User {
	uid: number;
	gid: number;
}

async function start({
	folder,
	program,
	args,
	ready,
	stopSignal,
	user,
}: Command): Promise<() => Promise<void>> {
	const child = spawn(program, args, {
		detached: true,
		stdio: ['ignore', 'pipe', 'pipe'],
		env: { ...process.env, LC_ALL: 'C' },
		...user,
	});
	endWithUs(child);
	const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
	let printed = '';
	await new Promise<void>((resolve, reject) => {
		const giveUp = () => reject(new Error(`${program} did not start:\n${printed}`));
		const late = setTimeout(giveUp, START_LIMIT_MS);
		const listen = (chunk: Buffer) => {
			printed += String(chunk);
			if (!printed.includes(ready)) return;
			clearTimeout(late);
			resolve();
		};
		child.stdout.on('data', listen);
		child.stderr.on('data', listen);
		child.once('error', reject);
		void ended.then(giveUp);
	});
	return async () => {
		child.kill(stopSignal);
		await ended;
		rmSync(folder, { recursive: true, force: true });
	};
}

/** The number in what a program says of its version. */
function versionOf(program: string): string {
	const said = execFileSync(program, ['--version'], { encoding: 'utf8' });
	return /\d+(\.\d+)+/.exec(said)?.[0] ?? said;
}

/** A folder directly in the system's one for such: another user must be able to enter it. */
const newFolder = (name: string) => mkdtempSync(join(tmpdir(), `n8n-e2e-${name}-`));

export async function startRedis(): Promise<Service> {
	const folder = newFolder('redis');
	const program = programPath('redis-server');
	const port = await freePort();
	const settings = { port, bind: '127.0.0.1', dir: folder, save: '', appendonly: 'no' };
	const stop = await start({
		folder,
		program,
		args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]),
		ready: 'Ready to accept connections',
		stopSignal: 'SIGTERM',
	});
	return { port, version: versionOf(program), stop };
}

/** PostgreSQL refuses to run as root: then the user of the Debian package runs it. */
function postgresUser(): User | undefined {
	if (process.getuid?.() !== 0) return undefined;
	const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
	return { uid: id('-u'), gid: id('-g') };
}

/** The database `postgres` of the user `n8n`, who needs no password. */
export async function startPostgres(): Promise<Service> {
	const folder = newFolder('postgres');
	const program = programPath('postgres');
	const user = postgresUser();
	if (user) chownSync(folder, user.uid, user.gid);
	const data = join(folder, 'data');
	const flags = ['--username=n8n', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'];
	execFileSync(join(program, '..', 'initdb'), [`--pgdata=${data}`, ...flags], {
		stdio: 'pipe',
		cwd: folder,
		...user,
	});
	const port = await freePort();
	const settings = {
		listen_addresses: '127.0.0.1',
		unix_socket_directories: folder,
		// It is thrown away: it need not survive a power cut.
		fsync: 'off',
		full_page_writes: 'off',
		synchronous_commit: 'off',
	};
	const stop = await start({
		folder,
		program,
		args: [
			...['-D', data, '-p', String(port)],
			...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
		],
		ready: 'database system is ready to accept connections',
		// Ends sessions instead of waiting for them.
		stopSignal: 'SIGINT',
		user,
	});
	return { port, version: versionOf(program), stop };
}
