/** What the documents say about versions and examples, generated from the files that define them. */
import manifest from '../../package.json';
import { exampleNames, readExample } from '../../sandbox/n8n/examples';
import { PINNED } from '../../sandbox/n8n/versions';
import { code, table } from './markdown';

export const compatibility = () =>
	`Tested with n8n ${PINNED.current} and n8n ${PINNED.previousMajor}, on Node ${manifest.engines.node.replace(/^>=/, '')} and later, in the editor, from triggers, in queue mode, and as a tool of an AI Agent. All results, and what a crash leaves behind: [docs/compatibility.md](docs/compatibility.md).`;

/** @see https://docs.n8n.io/integrations/community-nodes/installation-and-management/environment-variable-installation */
const LISTED_SINCE = '2.21';
const VERIFIED_ONLY_SINCE = '3.0';

const shell = (...lines: string[]) => ['```sh', ...lines, '```'].join('\n');

/** What the README says while n8n has not verified the package. */
export const unverified = () =>
	`n8n has not verified this package yet: n8n Cloud does not offer it, and n8n ${VERIFIED_ONLY_SINCE} needs ${code('N8N_UNVERIFIED_PACKAGES_ENABLED=true')}. For this setting, Docker, queue mode, a list of packages, and manual installation, see [docs/installation.md](docs/installation.md).`;

/** How to install where the editor does not offer it. */
export function installation(): string {
	const { name, version } = manifest;
	const list = JSON.stringify([{ name, version }]);
	return [
		'## If n8n accepts only verified packages',
		`n8n has not verified this package yet. By default, n8n ${VERIFIED_ONLY_SINCE} does not install or load unverified packages. Earlier versions can be set up the same way. To allow them, set this on the main process and on each worker, then restart n8n:`,
		shell('N8N_UNVERIFIED_PACKAGES_ENABLED=true'),
		'n8n Cloud offers only verified packages.',
		'## From a list in the environment',
		`Since version ${LISTED_SINCE}, n8n can install packages from a list when it starts:`,
		shell('N8N_COMMUNITY_PACKAGES_MANAGED_BY_ENV=true', `N8N_COMMUNITY_PACKAGES='${list}'`),
		`Put all your packages into the list, because n8n removes the others. If n8n accepts only verified packages, it starts only if the entry also has a ${code('checksum')}. To print it, run ${code(`npm view ${name}@${version} dist.integrity`)}.`,
		`In queue mode, the main process installs the packages and tells the running workers. For workers that start later, set ${code('N8N_REINSTALL_MISSING_PACKAGES=true')} and ${code('N8N_UNVERIFIED_PACKAGES_ENABLED=true')} on the workers.`,
		'## By hand',
		shell(
			'mkdir -p ~/.n8n/nodes && cd ~/.n8n/nodes',
			`npm install --legacy-peer-deps ${name}  # then restart n8n`,
		),
		'In a container of the official Docker image, here called `n8n`:',
		shell(
			`docker exec n8n sh -c 'mkdir -p ~/.n8n/nodes && cd ~/.n8n/nodes && npm install --legacy-peer-deps ${name}'`,
			'docker restart n8n',
		),
		`Keep ${code('/home/node/.n8n')} in a volume. Otherwise, the package is lost with the container. In queue mode, do the same on the main process and on each worker.`,
		'The package has no dependencies. The flag keeps npm from installing a second n8n-workflow, because n8n has its own.',
	].join('\n\n');
}

/** The title of the note in the example tells what it shows. */
function promiseOf(name: string): string {
	const note = readExample(name).nodes.find(({ type }) => type.endsWith('.stickyNote'));
	const title = /^#+ (.+)$/m.exec(String(note?.parameters.content ?? ''))?.[1];
	if (!title) throw new Error(`examples/${name}.json has no note with a title`);
	return title;
}

export function exampleTable(): string {
	const rows = exampleNames().map((name) => [`[${name}](examples/${name}.json)`, promiseOf(name)]);
	return table(['Example', 'What it shows'], rows);
}
