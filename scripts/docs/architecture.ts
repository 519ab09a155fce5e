/** The list of the node's files for docs/architecture.md, each with what it says at its top. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { table } from './markdown';

const ROOT = join(__dirname, '..', '..');
const FOLDERS = ['credentials', 'nodes/AimlVeo', 'nodes/JoinVideos'];
/** The folder whose files go by their names alone. */
const MAIN = /^(credentials|nodes\/AimlVeo)\/|^nodes\//;

/** The first sentence of a file's leading comment. */
export function purposeOf(source: string): string {
	const comment = /^\s*\/\*\*([\s\S]*?)\*\//.exec(source)?.[1] ?? '';
	const text = comment
		.split('\n')
		.map((line) => line.replace(/^\s*\*?\s?/, ''))
		.join(' ')
		.replace(/\s+/g, ' ')
		.replace(/@see.*/, '')
		.trim();
	return (/^.*?[.](?=\s+(?:[A-Z'`]|n8n)|$)/.exec(text)?.[0] ?? text).replace(/\.$/, '');
}

export function fileTable(): string {
	const rows = FOLDERS.flatMap((folder) =>
		readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
			.filter((name) => name.endsWith('.ts'))
			.sort()
			.map((name) => [
				`[${`${folder}/${name}`.replace(MAIN, '')}](../${folder}/${name})`,
				purposeOf(readFileSync(join(ROOT, folder, name), 'utf8')),
			]),
	);
	for (const [link, purpose] of rows) {
		if (!purpose) throw new Error(`${link} does not say at its top what it is for`);
	}
	return table(['File', 'What it is for'], rows);
}
