/** Installs pinned n8n versions, each with the Node it needs, into a folder that git ignores. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ensurePrograms } from '../processes/programs';
import { step } from '../processes/step';
import { packageOverrides, PINNED } from './versions';

export const PROJECT = join(__dirname, '..', '..');

/** Where n8n is installed and its instances live; a folder outside the clone makes it a cache. */
export const SANDBOX_DIR = process.env.AIMLVEO_SANDBOX_DIR ?? join(PROJECT, '.sandbox');

export interface Runtime {
	version: string;
	/** The `node` program that runs this n8n. */
	node: string;
	/** The script to give it. */
	n8n: string;
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

/**
 * A package with a folder of its own, installed if it is not there yet.
 * @param name of the folder, with the version in it
 * @param overrides versions of parts that the package asks for
 */
export async function ensurePackage(
	name: string,
	spec: string,
	overrides: Record<string, string> = {},
): Promise<string> {
	return await once(name, async (partial) => {
		writeFileSync(join(partial, 'package.json'), JSON.stringify({ private: true, overrides }));
		await step(`Installing ${spec}`, 'npm', npmInstall(spec), { cwd: partial });
	});
}

/** The Node for this n8n: its home (with `bin/node` and headers), and the program itself. */
async function ensureNode(wanted: string | undefined): Promise<{ home: string; node: string }> {
	if (!wanted) return { home: dirname(dirname(process.execPath)), node: process.execPath };
	const part = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
	// The package `node` fetches this part by an install script; here it is named directly.
	const folder = await ensurePackage(`node-${wanted}`, `${part}@${wanted}`);
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
		// n8n's database driver is compiled on the spot.
		await ensurePrograms(['g++', 'make', 'python3']);
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
