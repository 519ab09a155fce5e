/**
 * `npm run owner -- <github owner> "<name>" <email>`: says who publishes the package. Only package.json names
 * the publisher. `npm run owner -- --check` fails while nobody is filled in.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const PLACEHOLDER = 'OWNER';
const FILE = join(__dirname, '..', 'package.json');

export interface Publisher {
	/** The GitHub user or organization that owns the repository. */
	owner: string;
	name: string;
	email: string;
}

interface Manifest {
	name: string;
	homepage: string;
	bugs: string;
	repository: { type: string; url: string };
	author: { name: string; email: string };
}

/** The owner that a package.json names. */
export function ownerOf({ repository }: Pick<Manifest, 'repository'>): string {
	const owner = /github\.com\/([^/]+)\//.exec(repository.url)?.[1];
	if (!owner) throw new Error(`package.json: no owner in ${repository.url}`);
	return owner;
}

/** The text of package.json with this publisher in it, in the order and layout that it has. */
export function withPublisher(text: string, { owner, name, email }: Publisher): string {
	if (!/^[a-z\d](?:[a-z\d-]{0,38})$/i.test(owner)) throw new Error(`'${owner}' is no GitHub name`);
	if (name.trim() === '') throw new Error('The name is empty');
	if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email)) throw new Error(`'${email}' is no e-mail address`);
	const manifest = JSON.parse(text) as Manifest;
	const home = `https://github.com/${owner}/${manifest.name}`;
	manifest.homepage = home;
	manifest.bugs = `${home}/issues`;
	manifest.repository.url = `git+${home}.git`;
	manifest.author = { name, email };
	return `${JSON.stringify(manifest, null, '\t')}\n`;
}

function main([owner = '', name = '', email = '']: string[]): void {
	const text = readFileSync(FILE, 'utf8');
	if (owner === '--check') {
		if (ownerOf(JSON.parse(text) as Manifest) !== PLACEHOLDER) return;
		throw new Error('Nobody is filled in yet: npm run owner -- <github owner> "<name>" <email>');
	}
	writeFileSync(FILE, withPublisher(text, { owner, name, email }));
	console.log(`package.json: ${owner}, ${name} <${email}>`);
}

if (require.main === module) {
	try {
		main(process.argv.slice(2));
	} catch (cause) {
		console.error((cause as Error).message);
		process.exitCode = 1;
	}
}
