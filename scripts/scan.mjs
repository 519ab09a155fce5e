// n8n's verification scan, run on this folder and on the packed tarball instead of a published package.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
	analyzePackage,
	SOURCE_FILE_PATTERNS,
} from '@n8n/scan-community-package/scanner/scanner.mjs';

const project = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'veo-scan-'));
try {
	const packed = execFileSync(
		'npm',
		['pack', '--json', '--ignore-scripts', '--pack-destination', folder],
		{ cwd: project, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
	);
	const [{ filename }] = JSON.parse(packed);
	execFileSync('tar', ['-xzf', filename], { cwd: folder });
	const results = {
		source: await analyzePackage(project, SOURCE_FILE_PATTERNS),
		tarball: await analyzePackage(join(folder, 'package')),
	};
	for (const [name, { passed, message, details }] of Object.entries(results)) {
		console.log(`scan of the ${name}: ${passed ? 'nothing found' : `${message}\n${details}`}`);
		if (!passed) process.exitCode = 1;
	}
} finally {
	rmSync(folder, { recursive: true, force: true });
}
