// Measures how long n8n-core's own loader takes for the package in a given folder, in a fresh process.
// Plain JavaScript: a transpiling hook would weigh on each file that is loaded.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
// The peer that n8n brings along: it is there long before any node is.
require('n8n-workflow');
const { PackageDirectoryLoader } = require('n8n-core');

const loader = new PackageDirectoryLoader(process.argv[2]);
const startedAt = performance.now();
await loader.loadAll();
const ms = performance.now() - startedAt;
const types = [...Object.keys(loader.nodeTypes), ...Object.keys(loader.credentialTypes)];
process.stdout.write(JSON.stringify({ ms, types }));
// n8n-core leaves things open that nobody waits for here.
process.exit(0);
