/** The tables of files in docs/architecture.md, each file with what it says at its top. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { table } from './markdown';

const ROOT = join(__dirname, '..', '..');
const SOURCE = /\.(ts|js|mjs|cjs|sh)$/;

/** Folders of the repository, each with a table of its own. */
export const FOLDERS = ['nodes', 'credentials', 'sandbox', 'test', 'bench', 'scripts'] as const;

/** The comment that a file begins with, without its marks. */
function leadingComment(source: string): string {
	const text = source.replace(/^#!.*\n/, '').trimStart();
	const block = /^\/\*\*([\s\S]*?)\*\//.exec(text)?.[1];
	const lines = block?.split('\n') ?? /^(?:(?:\/\/|#).*\n)*/.exec(text)?.[0].split('\n') ?? [];
	return lines
		.map((line) => line.replace(/^\s*(?:\*|\/\/|#)?\s?/, ''))
		.join(' ')
		.replace(/\s+/g, ' ')
		.replace(/@see.*|@example.*/, '')
		.trim();
}

/** The first sentence of a file's leading comment. */
export function purposeOf(source: string): string {
	const text = leadingComment(source);
	return (/^.*?[.](?=\s+(?:[A-Z'`]|n8n)|$)/.exec(text)?.[0] ?? text).replace(/\.$/, '');
}

/** @throws Error for a file that does not say what it is for */
export function fileTable(folder: (typeof FOLDERS)[number]): string {
	const rows = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
		.filter((name) => SOURCE.test(name))
		.sort()
		.map((name) => {
			const purpose = purposeOf(readFileSync(join(ROOT, folder, name), 'utf8'));
			if (!purpose) throw new Error(`${folder}/${name} does not say at its top what it is for`);
			return [`[${name}](../${folder}/${name})`, purpose];
		});
	return table(['File', 'What it is for'], rows);
}
