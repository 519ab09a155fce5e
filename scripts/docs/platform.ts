/** What the documents say about versions and examples, made from the files that hold it. */
import manifest from '../../package.json';
import { exampleNames, readExample } from '../../sandbox/n8n/examples';
import { PINNED } from '../../sandbox/n8n/versions';
import { code, table } from './markdown';

export const compatibility = () =>
	`Tested with n8n ${PINNED.current} and n8n ${PINNED.previousMajor}, on Node ${manifest.engines.node.replace(/^>=/, '')} and later, in the editor, from triggers, in queue mode and as a tool of an AI Agent. What passed on which version, and what a crash leaves behind: [docs/compatibility.md](docs/compatibility.md).`;

/** @see https://docs.n8n.io/integrations/community-nodes/installation-and-management/environment-variable-installation */
const LISTED_SINCE = '2.21';
const VERIFIED_ONLY_SINCE = '3.0';

const shell = (...lines: string[]) => ['```sh', ...lines, '```'].join('\n');

/** How to install where the editor does not offer it. */
export function installation(): string {
	const { name, version } = manifest;
	const list = JSON.stringify([{ name, version }]);
	return [
		'### Where n8n takes only verified packages',
		`n8n has not verified this package yet. n8n ${VERIFIED_ONLY_SINCE} neither installs nor loads such packages unless it is told to, and an earlier n8n may be set not to install them. To allow them, set this on the main process and on each worker, and restart n8n:`,
		shell('N8N_UNVERIFIED_PACKAGES_ENABLED=true'),
		'n8n Cloud offers verified packages only.',
		'### From a list in the environment',
		`From n8n ${LISTED_SINCE} on, n8n can install its packages from a list when it starts:`,
		shell('N8N_COMMUNITY_PACKAGES_MANAGED_BY_ENV=true', `N8N_COMMUNITY_PACKAGES='${list}'`),
		`Put all your packages into the list: n8n removes the others. Where only verified packages are taken, n8n starts only if the entry has a ${code('checksum')} too; ${code(`npm view ${name}@${version} dist.integrity`)} prints it.`,
		`In queue mode the main process installs, and tells the workers that are running. For those that start later, set ${code('N8N_REINSTALL_MISSING_PACKAGES=true')} and ${code('N8N_UNVERIFIED_PACKAGES_ENABLED=true')} on the workers.`,
		'### By hand',
		shell(
			'mkdir -p ~/.n8n/nodes && cd ~/.n8n/nodes',
			`npm install --legacy-peer-deps ${name}  # then restart n8n`,
		),
		'In the official Docker image, where the container is called `n8n`:',
		shell(
			`docker exec n8n sh -c 'mkdir -p ~/.n8n/nodes && cd ~/.n8n/nodes && npm install --legacy-peer-deps ${name}'`,
			'docker restart n8n',
		),
		`Keep ${code('/home/node/.n8n')} in a volume, or the package goes with the container. In queue mode, do the same on the main process and on each worker.`,
		'It brings no dependencies along. The flag keeps npm from fetching a second n8n-workflow: n8n has its own.',
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
