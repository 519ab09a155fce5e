/** Once after all end-to-end tests: the packed package and the notes go. */
import { rmSync } from 'node:fs';

export default function globalTeardown(): void {
	const folder = process.env.VEO_FOLDER;
	if (folder) rmSync(folder, { recursive: true, force: true });
}
