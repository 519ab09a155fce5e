/** Runs commands that take a while: shows progress, and says what to do if one fails. */
import { spawn } from 'node:child_process';

/** Something the person in front of the terminal can mend: the message says how. */
export class Advice extends Error {}

export interface CommandOptions {
	cwd?: string;
	env?: NodeJS.ProcessEnv;
}

/** Runs a command to its end, with a sign of life on the terminal; its output is shown only if it fails. */
export async function step(
	title: string,
	command: string,
	args: string[],
	options: CommandOptions = {},
): Promise<string> {
	const startedAt = Date.now();
	const seconds = () => Math.round((Date.now() - startedAt) / 1_000);
	const alive = setInterval(() => console.log(`   ${title}: ${seconds()} s so far …`), 20_000);
	console.log(`▸ ${title}`);
	try {
		return await new Promise<string>((resolve, reject) => {
			const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
			let output = '';
			child.stdout.on('data', (chunk) => (output += String(chunk)));
			child.stderr.on('data', (chunk) => (output += String(chunk)));
			child.on('error', reject);
			child.on('close', (code) => {
				if (code === 0) resolve(output);
				else reject(new Advice(`${title} did not work.\n${output.slice(-3_000)}${wayOut(output)}`));
			});
		});
	} finally {
		clearInterval(alive);
	}
}

function wayOut(output: string): string {
	if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH/.test(output)) {
		return '\nnpm cannot reach its registry. Check the network and the proxy, and run the command again.';
	}
	if (/ENOSPC/.test(output)) {
		return '\nThe disk is full. n8n takes 3 GB; AIMLVEO_SANDBOX_DIR=<folder> puts it on another disk.';
	}
	return '\nMend what it says, and run the command again.';
}
