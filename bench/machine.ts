/** The machine, the versions and the day that the figures belong to. */
import { execFileSync } from 'node:child_process';
import { arch, cpus, loadavg, release, totalmem, type } from 'node:os';
import core from 'n8n-core/package.json';
import manifest from '../package.json';
import { PINNED } from '../sandbox/n8n/versions';

export type Machine = Record<string, string>;

function commit(): string {
	try {
		const git = (...args: string[]) =>
			execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
		const dirty = git('status', '--porcelain', '--', 'nodes', 'credentials') !== '';
		return `${git('rev-parse', '--short', 'HEAD')}${dirty ? ', with changes' : ''}`;
	} catch {
		return 'unknown';
	}
}

export function describeMachine(): Machine {
	const processors = cpus();
	return {
		Date: new Date().toISOString().slice(0, 10),
		Package: `${manifest.version} (commit ${commit()})`,
		n8n: `${PINNED.current} on Node ${PINNED.node}`,
		Engine: `n8n-core ${core.version} on Node ${process.versions.node}`,
		Processor: `${processors.length} × ${processors[0]?.model.trim() || 'unknown model'} (${arch()})`,
		Memory: `${(totalmem() / 1024 ** 3).toFixed(1)} GiB`,
		System: `${type()} ${release()}`,
		'Load at the start': loadavg()
			.map((load) => load.toFixed(2))
			.join(', '),
	};
}
