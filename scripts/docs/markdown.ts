/** Markdown for the generated parts of the documents: tables, anchors, markers. */

/** Headings as GitHub and npm turn them into anchors. */
export const slugOf = (heading: string): string =>
	heading
		.toLowerCase()
		.replace(/[^\p{L}\p{N}\s_-]/gu, '')
		.trim()
		.replace(/\s/g, '-');

const cell = (text: string) => text.replace(/\|/g, '\\|').replace(/\s*\n\s*/g, ' ');

/** A table without padding: with it, every change of one cell would change all rows. */
export const table = (head: readonly string[], rows: ReadonlyArray<readonly string[]>): string =>
	[head, head.map(() => '---'), ...rows]
		.map((cells) => `| ${cells.map(cell).join(' | ')} |`)
		.join('\n');

export const code = (text: string | number | boolean) => `\`${text}\``;

const markers = (name: string) => [`<!-- ${name} -->`, `<!-- /${name} -->`] as const;

/**
 * The document with the made parts put between their markers, `<!-- name -->` and `<!-- /name -->`.
 * @throws Error for a part without markers, or markers without a part
 */
export function withParts(document: string, parts: Readonly<Record<string, string>>): string {
	let text = document;
	for (const [name, part] of Object.entries(parts)) {
		const [begin, end] = markers(name);
		const from = text.indexOf(begin);
		const to = text.indexOf(end);
		if (from < 0 || to < from) throw new Error(`There are no markers ${begin} … ${end}`);
		text = `${text.slice(0, from + begin.length)}\n\n${part}\n\n${text.slice(to)}`;
	}
	const unknown = [...text.matchAll(/<!-- \/([\w-]+) -->/g)]
		.map(([, name = '']) => name)
		.filter((name) => !(name in parts));
	if (unknown.length > 0) throw new Error(`Nothing is made for the markers ${unknown.join(', ')}`);
	return text;
}
