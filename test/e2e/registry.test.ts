/** The package is published to a registry, installed into n8n by its name and updated, as n8n's guide for manual installation says. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IWorkflowBase } from 'n8n-workflow';
import { readExample } from '../../sandbox/n8n/examples';
import { outputOf } from '../../sandbox/n8n/restClient';
import { installPackage } from '../../sandbox/n8n/instance';
import { PROJECT } from '../../sandbox/n8n/runtime';
import { startRegistry } from '../../sandbox/stand-ins/registry';
import type { Registry } from '../../sandbox/stand-ins/registry';
import { step } from '../../sandbox/processes/step';
import { record } from './facts';
import { bytesOf, changed, filesOf, save, TARBALL, useN8n, VERSION } from './setup';

const NAME = 'n8n-nodes-aimlapi-veo';
const HIGHER_VERSION = '99.0.0';

interface Published {
	id: string;
	files: Array<{ path: string }>;
}

interface Manifest {
	version: string;
	[field: string]: unknown;
}

let registry: Registry;
const folder = mkdtempSync(join(tmpdir(), 'n8n-e2e-registry-'));

const readManifest = (path: string) =>
	JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as Manifest;

/** The publisher's command of the release workflow; without provenance, which only GitHub can vouch for. */
async function publish(cwd: string, ...more: string[]): Promise<Published> {
	const flags = ['--access', 'public', '--ignore-scripts', '--json', '--loglevel=error'];
	const output = await step(
		`npm publish ${more.join(' ')}`,
		'npm',
		['publish', ...more, ...flags, ...registry.npmrc],
		{ cwd },
	);
	const said = JSON.parse(output.slice(output.indexOf('{'))) as
		| Published
		| Record<string, Published>;
	// Some versions of npm put it under the package's name.
	return NAME in said ? (said as Record<string, Published>)[NAME]! : (said as Published);
}

/** The packed package with another version, in a folder of its own: the working tree stays as it is. */
async function unpackedWith(version: string): Promise<string> {
	await step('Unpacking the package', 'tar', ['-xzf', TARBALL, '-C', folder]);
	const path = join(folder, 'package');
	writeFileSync(join(path, 'package.json'), JSON.stringify({ ...readManifest(path), version }));
	return path;
}

const install = async (userFolder: string, spec: string) =>
	await installPackage(userFolder, spec, { npmrc: registry.npmrc });

const stage = useN8n({
	install: async (userFolder) => {
		registry = await startRegistry(folder);
		const rehearsed = await publish(PROJECT, '--dry-run');
		await expect(install(userFolder, NAME)).rejects.toThrow(/E404|404 Not Found/);
		const published = await publish(folder, TARBALL);
		const paths = ({ files }: Published) => files.map(({ path }) => path).sort();
		expect(published.id).toBe(rehearsed.id);
		expect(paths(published)).toEqual(paths(rehearsed));
		await install(userFolder, NAME);
	},
});

afterAll(async () => {
	await registry?.stop();
	rmSync(folder, { recursive: true, force: true });
});

const installedVersion = () =>
	readManifest(join(stage.userFolder, '.n8n', 'nodes', 'node_modules', NAME)).version;

let workflow: IWorkflowBase;

async function makesItsVideo(): Promise<void> {
	const execution = await stage.n8n.runToEnd(workflow, 'Start');
	expect(execution.status).toBe('success');
	const [row] = outputOf(execution, 'Make Video');
	const [file] = await filesOf(stage, execution, 'Make Video');
	const generation = stage.api.find(String(row?.json.id));
	expect(generation && file?.equals(bytesOf(generation))).toBe(true);
}

test('a dry run publishes nothing; the published package is installed by its name, and works', async () => {
	expect(installedVersion()).toBe(readManifest(PROJECT).version);
	const example = changed(readExample('first-last-frame'), 'Make Video', {
		options: { pollInterval: 1 },
	});
	workflow = await save(stage, example);
	await makesItsVideo();
});

test('after an update to a higher version the saved workflow still runs', async () => {
	await stage.instance.stop();
	await publish(await unpackedWith(HIGHER_VERSION));
	await install(stage.userFolder, `${NAME}@latest`);
	expect(installedVersion()).toBe(HIGHER_VERSION);
	await stage.restart();
	workflow = await stage.n8n.workflow(workflow.id);
	await makesItsVideo();
	record('modes', `Installed by name from a registry, and updated (n8n ${VERSION})`);
});
