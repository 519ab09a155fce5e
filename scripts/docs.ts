/**
 * `npm run docs`: writes the generated parts of the documents: tables of models and parameters, messages,
 * files. `npm run docs -- --check` changes nothing, and fails when one of them is out of date.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { FOLDERS, fileTable } from './docs/architecture';
import { withParts } from './docs/markdown';
import { joinMessages, joinTable } from './docs/joinVideos';
import { hintList, messageList, troubleshootingTable } from './docs/messages';
import { modelTable } from './docs/models';
import {
	filterTable,
	operationTable,
	optionTable,
	parameterTable,
	settingTable,
	triggerTable,
} from './docs/parameters';
import { compatibility, exampleTable, installation, unverified } from './docs/platform';

const ROOT = join(__dirname, '..');

/** Documents, and how each of their parts is made. */
export const DOCUMENTS: Record<string, Record<string, () => string>> = {
	'README.md': {
		unverified,
		operations: operationTable,
		compatibility,
		models: modelTable,
		troubleshooting: troubleshootingTable,
		examples: exampleTable,
	},
	'docs/installation.md': { installation },
	'docs/messages.md': { messages: messageList, hints: hintList, 'join-messages': joinMessages },
	'docs/parameters.md': {
		parameters: parameterTable,
		settings: settingTable,
		options: optionTable,
		filters: filterTable,
		trigger: triggerTable,
		join: joinTable,
	},
	'docs/architecture.md': Object.fromEntries(
		FOLDERS.map((folder) => [`files-${folder}`, () => fileTable(folder)]),
	),
};

/** The document as it should be. */
export function made(document: string, text: string): string {
	const makers = Object.entries(DOCUMENTS[document] ?? {});
	return withParts(text, Object.fromEntries(makers.map(([name, make]) => [name, make()])));
}

function main(): void {
	const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
	for (const document of Object.keys(DOCUMENTS)) {
		const file = join(ROOT, document);
		const text = readFileSync(file, 'utf8');
		const wanted = made(document, text);
		if (wanted === text) continue;
		if (values.check) {
			console.error(`${document} is out of date: run npm run docs`);
			process.exitCode = 1;
		} else {
			writeFileSync(file, wanted);
			console.log(`${document} is written`);
		}
	}
}

if (require.main === module) main();
