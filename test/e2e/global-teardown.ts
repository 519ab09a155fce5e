/** Removes the packed package and the notes after all end-to-end tests. */
import { rmSync } from 'node:fs';

export default function globalTeardown(): void {
	const folder = process.env.VEO_FOLDER;
	if (folder) rmSync(folder, { recursive: true, force: true });
}
