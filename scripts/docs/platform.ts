/** What the documents say about versions and examples, out of the files that hold it. */
import manifest from '../../package.json';
import { exampleNames, readExample } from '../../sandbox/examples';
import { PINNED } from '../../sandbox/n8n/versions';
import { table } from './markdown';

export const compatibility = () =>
	`Tested with n8n ${PINNED.current} and n8n ${PINNED.previousMajor}, on Node ${manifest.engines.node.replace(/^>=/, '')} and later, in the editor, from triggers, in queue mode and as a tool of an AI Agent. What passed on which version, and what a crash leaves behind: [docs/compatibility.md](docs/compatibility.md).`;

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
