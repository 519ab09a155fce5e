/**
 * `npm run vendor`: what the vendor has changed since the table of models was written. It needs no key
 * and costs nothing. `-- --report <file>` also writes the differences to a file, if there are any.
 */
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { askAt } from './exchange';
import { asIssue, watchVendor } from './vendor/watch';

async function main(): Promise<void> {
	const { values } = parseArgs({
		options: {
			'base-url': { type: 'string', default: 'https://api.aimlapi.com' },
			report: { type: 'string' },
		},
	});
	const findings = await watchVendor(askAt(values['base-url']), async (ms) => await sleep(ms));
	if (findings.size === 0) {
		console.log('The vendor describes what the table of models holds.');
		return;
	}
	console.log(asIssue(findings));
	if (values.report) writeFileSync(values.report, asIssue(findings));
}

main().catch((cause: Error) => {
	console.error(cause.message);
	process.exitCode = 1;
});
