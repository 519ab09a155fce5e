/** What the API did, compared with what this package assumes: one row for each fact, printed as it is found. */

/** `noted`: a fact that nothing is assumed about. */
export type Verdict = 'as assumed' | 'differs' | 'noted';

export interface Row {
	topic: string;
	assumed: string;
	seen: string;
	verdict: Verdict;
}

const MARKS: Record<Verdict, string> = { 'as assumed': '✓', differs: '≠', noted: '·' };

export class Notes {
	readonly rows: Row[] = [];

	constructor(private readonly print: (line: string) => void) {}

	/** A fact that the package relies on, and whether it holds. */
	check(topic: string, assumed: string, seen: string, holds: boolean): void {
		this.add({ topic, assumed, seen, verdict: holds ? 'as assumed' : 'differs' });
	}

	note(topic: string, seen: string): void {
		this.add({ topic, assumed: '', seen, verdict: 'noted' });
	}

	/** The rows of one part of the run: their topics begin with its name. */
	under(part: string): Pick<Notes, 'check' | 'note'> {
		return {
			check: (topic, ...more) => this.check(`${part}: ${topic}`, ...more),
			note: (topic, seen) => this.note(`${part}: ${topic}`, seen),
		};
	}

	private add(row: Row): void {
		this.rows.push(row);
		const other = row.verdict === 'differs' ? ` (assumed: ${row.assumed})` : '';
		this.print(`  ${MARKS[row.verdict]} ${row.topic}: ${row.seen}${other}`);
	}
}

export type Part = ReturnType<Notes['under']>;

/** The shape of a JSON value, without what it holds: `{ url: string }`, `[{ url: string }]`. */
export function shapeOf(value: unknown, depth = 0): string {
	if (value === undefined) return 'absent';
	if (value === null) return 'null';
	if (typeof value !== 'object') return typeof value;
	if (depth > 2) return '…';
	if (Array.isArray(value)) {
		return value.length === 0 ? '[]' : `[${shapeOf(value[0], depth + 1)}]`;
	}
	const entries = Object.entries(value as Record<string, unknown>);
	const parts = entries.map(([name, entry]) => `${name}: ${shapeOf(entry, depth + 1)}`);
	return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`;
}
