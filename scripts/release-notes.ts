/** `npm run release-notes -- <tag>`: the part of CHANGELOG.md that belongs to a version, for a release. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..');

/**
 * The entry of one version, without its heading.
 * @param version `1.2.3`, or a tag `v1.2.3`
 * @throws Error when there is none, or nothing is under it
 */
export function releaseNotes(changelog: string, version: string): string {
	const wanted = version.replace(/^v/, '');
	const parts = changelog.split(/^## /m).slice(1);
	const part = parts.find((text) => /^\[?([^\]\s]+)/.exec(text)?.[1] === wanted);
	if (part === undefined) throw new Error(`CHANGELOG.md has no entry for ${wanted}`);
	const notes = part.slice(part.indexOf('\n') + 1).trim();
	if (notes === '') throw new Error(`The entry for ${wanted} in CHANGELOG.md is empty`);
	return notes;
}

if (require.main === module) {
	const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
		version: string;
	};
	try {
		const [tag = version] = process.argv.slice(2);
		if (tag.replace(/^v/, '') !== version) {
			throw new Error(`The tag ${tag} is not the version in package.json (${version})`);
		}
		console.log(releaseNotes(readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8'), tag));
	} catch (cause) {
		console.error((cause as Error).message);
		process.exitCode = 1;
	}
}
