/**
 * `AIMLAPI_KEY=… npm run live`: tries this package's assumptions on the live API. It buys one of the
 * cheapest videos, says first what it will spend, and asks. `-- --help` lists the options.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { normalizeBaseUrl } from '../nodes/AimlVeo/api/client';
import manifest from '../package.json';
import { reportOf, tableOf } from './live/report';
import { runLive } from './live/run';

/** Git ignores it. */
const FOLDER = join(__dirname, '..', '.sandbox');

const HELP = `AIMLAPI_KEY=… npm run live -- [options]

  --yes                  do not ask, if the price is known
  --frames               also a video with first and last frame, sent as data URIs
  --source-video         also an extension of the first video, sent as a data URI
  --extend-twice         also two extensions in a row, with the provider google
  --again-after <s>      when the finished ID is checked again (600)
  --base-url <address>   of the API (https://api.aimlapi.com)
  --report <file>        where the report goes (.sandbox/live-report.md)`;

async function confirmed(question: string, isKnown: boolean, yes: boolean): Promise<boolean> {
	if (yes && isKnown) return true;
	if (!process.stdin.isTTY) {
		console.log(
			isKnown
				? `${question} There is nobody to ask: add -- --yes`
				: `${question} The price is not known, and there is nobody to ask`,
		);
		return false;
	}
	const terminal = createInterface({ input: process.stdin, output: process.stdout });
	const answer = await terminal.question(`${question} [y/N] `);
	terminal.close();
	return /^y(es)?$/i.test(answer.trim());
}

async function main(): Promise<void> {
	const { values } = parseArgs({
		options: {
			yes: { type: 'boolean', default: false },
			frames: { type: 'boolean', default: false },
			'source-video': { type: 'boolean', default: false },
			'extend-twice': { type: 'boolean', default: false },
			'again-after': { type: 'string', default: '600' },
			'base-url': { type: 'string', default: 'https://api.aimlapi.com' },
			report: { type: 'string', default: join(FOLDER, 'live-report.md') },
			help: { type: 'boolean', default: false },
		},
	});
	if (values.help) return console.log(HELP);
	const key = process.env.AIMLAPI_KEY?.trim() ?? '';
	const againAfterMs = Number(values['again-after']) * 1_000;
	if (key === '') throw new Error(`There is no key.\n${HELP}`);
	if (!(againAfterMs >= 0)) throw new Error('--again-after takes a number of seconds');
	const baseUrl = normalizeBaseUrl(values['base-url']);

	const { rows, bought, bytes } = await runLive({
		baseUrl,
		key,
		options: {
			frames: values.frames,
			sourceVideo: values['source-video'],
			extendTwice: values['extend-twice'],
		},
		againAfterMs,
		clock: { now: () => Date.now(), sleep: async (ms) => await sleep(ms) },
		print: console.log,
		confirm: async (question, isKnown) => await confirmed(question, isKnown, values.yes),
	});
	console.log(`\n${tableOf(rows).replaceAll(key, '[hidden]')}\n`);
	const about = {
		package: `${manifest.name} ${manifest.version}`,
		date: new Date().toISOString().slice(0, 10),
		bought,
	};
	mkdirSync(dirname(values.report), { recursive: true });
	writeFileSync(values.report, reportOf(about, rows, [key, new URL(baseUrl).host]));
	console.log(
		`Report  ${values.report} (without the key and without addresses: paste it into an issue)`,
	);
	if (!bytes) return;
	const video = join(dirname(values.report), 'live.mp4');
	writeFileSync(video, bytes);
	console.log(`Video   ${video}`);
}

main().catch((cause: Error) => {
	console.error(cause.message);
	process.exitCode = 1;
});
