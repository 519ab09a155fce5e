/** Ends every program that was started here when this process ends, even by Ctrl-C, kill -9 or a test runner that gives up. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

/** A line says that all is well; the end of the pipe without one says that this process is gone. */
const SCRIPT = 'read -r _ || kill -s KILL -- "-$1"';

/**
 * Ties a program to this process. An `exit` listener would not do: Jest gives tests a `process` of
 * their own, and nothing listens when this one is killed.
 *
 * @param child started with `detached`, so that what it starts itself goes with it
 */
export function endWithUs(child: ChildProcess): void {
	if (child.pid === undefined) return;
	const group = String(child.pid);
	const guard = spawn('sh', ['-c', SCRIPT, 'guard', group], {
		// A Ctrl-C in the terminal must not reach it.
		detached: true,
		stdio: ['pipe', 'ignore', 'ignore'],
	});
	guard.unref();
	guard.stdin.on('error', () => undefined);
	child.once('exit', () => guard.stdin.end('ended\n'));
}
