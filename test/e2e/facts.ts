/** What the tests find out for docs/compatibility.md: written here, read by the reporter. */
import { appendFileSync } from 'node:fs';

export type Topic = 'versions' | 'modes' | 'examples' | 'kills' | 'crash' | 'queue';

/** A Markdown line for the topic's list; said several times, it stands there once. */
export function record(topic: Topic, line: string): void {
	const file = process.env.VEO_FACTS;
	if (file) appendFileSync(file, `${JSON.stringify({ topic, line })}\n`);
}
