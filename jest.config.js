// Unit tests for pure logic; engine tests run the built package in n8n's own engine.
const { join } = require('node:path');

const project = (name, more) => ({
	displayName: name,
	testEnvironment: 'node',
	testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
	transform: { '^.+\\.ts$': '@swc/jest' },
	...more,
});

// Read by test/engine/coverage.ts; scripts/coverage.mjs puts both coverages into one table.
if (process.argv.includes('--coverage')) {
	process.env.AIMLVEO_V8_COVERAGE = join(__dirname, 'coverage', 'v8');
}

module.exports = {
	projects: [
		project('unit'),
		project('engine', { setupFiles: ['<rootDir>/test/engine/coverage.ts'] }),
	],
	// A slow, busy machine still has time; nothing waits for a fixed time.
	testTimeout: 120_000,
	maxWorkers: 2,
	collectCoverageFrom: ['nodes/**/*.ts', 'credentials/**/*.ts'],
	coverageDirectory: 'coverage/unit',
	coverageProvider: 'v8',
	coverageReporters: ['json'],
};
