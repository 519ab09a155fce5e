/** Finds programs such as Chromium or Redis, installs them where possible, or says how to get them. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Advice, step } from './step';

/** Names a program goes by, and the Debian package that brings it. */
const PROGRAMS = {
	chromium: {
		names: ['chromium', 'chromium-browser', 'google-chrome'],
		debianPackage: 'chromium',
	},
	'redis-server': { names: ['redis-server'], debianPackage: 'redis-server' },
	postgres: { names: ['postgres'], debianPackage: 'postgresql' },
	ffmpeg: { names: ['ffmpeg'], debianPackage: 'ffmpeg' },
	firefox: { names: ['firefox-esr', 'firefox'], debianPackage: 'firefox-esr' },
	'g++': { names: ['g++', 'c++'], debianPackage: 'g++' },
	make: { names: ['make'], debianPackage: 'make' },
	python3: { names: ['python3'], debianPackage: 'python3' },
} as const;

export type ProgramName = keyof typeof PROGRAMS;

/** Debian keeps PostgreSQL's programs out of PATH. */
const POSTGRES_FOLDER = '/usr/lib/postgresql';
/** While it exists and says 101, Debian's packages do not start services of theirs. */
const SERVICE_POLICY = '/usr/sbin/policy-rc.d';

function find(name: ProgramName): string | undefined {
	const folders = (process.env.PATH ?? '').split(delimiter);
	if (name === 'postgres' && existsSync(POSTGRES_FOLDER)) {
		const versions = readdirSync(POSTGRES_FOLDER).sort((a, b) => Number(b) - Number(a));
		folders.push(...versions.map((version) => join(POSTGRES_FOLDER, version, 'bin')));
	}
	const places = PROGRAMS[name].names.flatMap((program) =>
		folders.map((folder) => join(folder, program)),
	);
	return places.find((place) => existsSync(place));
}

async function installDebianPackages(packages: string[]): Promise<void> {
	const isPolicyOurs = !existsSync(SERVICE_POLICY);
	if (isPolicyOurs) writeFileSync(SERVICE_POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
	const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
	try {
		await step('Reading the lists of Debian packages', 'apt-get', ['update'], { env });
		const flags = ['install', '--yes', '--no-install-recommends'];
		await step(`Installing ${packages.join(', ')}`, 'apt-get', [...flags, ...packages], { env });
	} finally {
		if (isPolicyOurs) rmSync(SERVICE_POLICY);
	}
}

/**
 * Sees to it that all of these are there; root on Debian gets the missing ones installed.
 * @throws Advice that names what is to be installed
 */
export async function ensurePrograms(names: readonly ProgramName[]): Promise<void> {
	const missing = names.filter((name) => !find(name));
	if (missing.length === 0) return;
	const packages = missing.map((name) => PROGRAMS[name].debianPackage);
	const isRoot = process.getuid?.() === 0;
	const hasApt = spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status === 0;
	if (isRoot && hasApt) return await installDebianPackages(packages);
	throw new Advice(
		`${missing.join(', ')}: not on this machine.\n` +
			`Debian, Ubuntu: sudo apt-get install ${packages.join(' ')}\n` +
			'Elsewhere: install them in the usual way (macOS brings a compiler with xcode-select --install), so that they are found in PATH.',
	);
}

/**
 * The program's path.
 * @throws Advice when it is missing
 */
export function programPath(name: ProgramName): string {
	const path = find(name);
	if (path) return path;
	throw new Advice(`${name} is missing: install the package ${PROGRAMS[name].debianPackage}`);
}
