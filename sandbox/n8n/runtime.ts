/** Installs pinned n8n versions, each with the Node it wants, into a folder that git ignores. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageOverrides, PINNED } from './versions';

export const PROJECT = join(__dirname, '..', '..');

/** Where n8n is installed and its instances live; a folder outside the clone makes it a cache. */
export const SANDBOX_DIR = process.env.AIMLVEO_SANDBOX_DIR ?? join(PROJECT, '.sandbox');

/** Something the person in front of the terminal can mend: the message says how. */
export class Advice extends Error {}

export interface Runtime {
	version: string;
	/** The `node` program that runs this n8n. */
	node: string;
	/** The script to give it. */
	n8n: string;
}

export interface CommandOptions {
	cwd?: string;
	env?: NodeJS.ProcessEnv;
}

/** Runs a command to its end, with a sign of life on the terminal; its output is shown only if it fails. */
export async function step(
	title: string,
	command: string,
	args: string[],
	options: CommandOptions = {},
): Promise<string> {
	const startedAt = Date.now();
	const seconds = () => Math.round((Date.now() - startedAt) / 1_000);
	const alive = setInterval(() => console.log(`   ${title}: ${seconds()} s so far …`), 20_000);
	console.log(`▸ ${title}`);
	try {
		return await new Promise<string>((resolve, reject) => {
			const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
			let output = '';
			child.stdout.on('data', (chunk) => (output += String(chunk)));
			child.stderr.on('data', (chunk) => (output += String(chunk)));
			child.on('error', reject);
			child.on('close', (code) => {
				if (code === 0) resolve(output);
				else reject(new Advice(`${title} did not work.\n${output.slice(-3_000)}${wayOut(output)}`));
			});
		});
	} finally {
		clearInterval(alive);
	}
}

function wayOut(output: string): string {
	if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH/.test(output)) {
		return '\nnpm cannot reach its registry. Check the network and the proxy, and run the command again.';
	}
	if (/ENOSPC/.test(output)) {
		return '\nThe disk is full. n8n takes 3 GB; AIMLVEO_SANDBOX_DIR=<folder> puts it on another disk.';
	}
	return '\nMend what it says, and run the command again.';
}

/** n8n's database driver is compiled on the spot. */
function requireCompiler(): void {
	const missing = ['g++', 'make', 'python3'].filter(
		(program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status !== 0,
	);
	if (missing.length === 0) return;
	throw new Advice(
		`n8n's database driver is compiled here, which needs ${missing.join(' and ')}.\n` +
			'Debian, Ubuntu: sudo apt-get install g++ make python3\nmacOS: xcode-select --install',
	);
}

/** `install` fills a new folder, which appears under its name only when it is complete. */
async function once(name: string, install: (folder: string) => Promise<void>): Promise<string> {
	const folder = join(SANDBOX_DIR, name);
	if (existsSync(folder)) return folder;
	mkdirSync(SANDBOX_DIR, { recursive: true });
	for (const entry of readdirSync(SANDBOX_DIR)) {
		const [, owner] = /\.partial-(\d+)$/.exec(entry) ?? [];
		if (owner && !isAlive(Number(owner))) rmSync(join(SANDBOX_DIR, entry), { recursive: true });
	}
	const partial = `${folder}.partial-${process.pid}`;
	mkdirSync(partial, { recursive: true });
	try {
		await install(partial);
		// Somebody else may have been quicker.
		if (!existsSync(folder)) renameSync(partial, folder);
	} finally {
		rmSync(partial, { recursive: true, force: true });
	}
	return folder;
}

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		return false;
	}
}

/** The Node for this n8n: its home (with `bin/node` and headers), and the program itself. */
async function ensureNode(wanted: string | undefined): Promise<{ home: string; node: string }> {
	if (!wanted) return { home: dirname(dirname(process.execPath)), node: process.execPath };
	const part = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
	const folder = await once(`node-${wanted}`, async (partial) => {
		// The package `node` fetches this part by an install script; here it is named directly.
		writeFileSync(join(partial, 'package.json'), '{ "private": true }\n');
		await step(`Installing Node ${wanted} (100 MB)`, 'npm', npmInstall(`${part}@${wanted}`), {
			cwd: partial,
		});
	});
	const home = join(folder, 'node_modules', part);
	return { home, node: join(home, 'bin', 'node') };
}

const npmInstall = (...specs: string[]) => [
	'install',
	...specs,
	'--ignore-scripts',
	'--no-audit',
	'--no-fund',
	'--loglevel=error',
];

/**
 * An n8n that can be started, installed if it is not there yet (3 GB, some minutes).
 * @param version an exact n8n version, such as those in `PINNED`
 * @throws Advice when a compiler, the network or the disk stands in the way
 */
export async function ensureN8n(version: string = PINNED.current): Promise<Runtime> {
	const major = Number(version.split('.')[0]);
	const { home, node } = await ensureNode(major >= 2 ? PINNED.node : undefined);
	const nodeMajor = major >= 2 ? PINNED.node.split('.')[0] : process.versions.node.split('.')[0];
	const folder = await once(`n8n-${version}-node${nodeMajor}`, async (partial) => {
		requireCompiler();
		const manifest = { private: true, overrides: packageOverrides(version) };
		writeFileSync(join(partial, 'package.json'), JSON.stringify(manifest));
		const headers = existsSync(join(home, 'include', 'node')) ? { npm_config_nodedir: home } : {};
		const env = {
			...process.env,
			...headers,
			PATH: `${dirname(node)}:${process.env.PATH}`,
		};
		await step(
			`Installing n8n ${version} (3 GB, some minutes)`,
			'npm',
			npmInstall(`n8n@${version}`),
			{
				cwd: partial,
				env,
			},
		);
		await step("Compiling n8n's database driver", 'npm', ['rebuild', 'sqlite3'], {
			cwd: partial,
			env,
		});
	});
	return { version, node, n8n: join(folder, 'node_modules', 'n8n', 'bin', 'n8n') };
}

/** Packs the project as `npm publish` would; the path of the tarball. Its version can be set to another. */
export async function packProject(folder: string): Promise<string> {
	mkdirSync(folder, { recursive: true });
	const output = await step(
		'Packing n8n-nodes-aimlapi-veo',
		'npm',
		['pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder],
		{ cwd: PROJECT },
	);
	const [{ filename }] = JSON.parse(output.slice(output.indexOf('['))) as [{ filename: string }];
	return join(folder, filename);
}
