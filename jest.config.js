// Unit tests for pure logic; engine tests run the built package in n8n's own engine.
const project = (name) => ({
	displayName: name,
	testEnvironment: 'node',
	testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
	transform: { '^.+\\.ts$': '@swc/jest' },
});

module.exports = {
	projects: [project('unit'), project('engine')],
	// A slow, busy machine still has time; nothing waits for a fixed time.
	testTimeout: 120_000,
	maxWorkers: 2,
	collectCoverageFrom: ['nodes/**/*.ts', 'credentials/**/*.ts'],
	coverageProvider: 'v8',
};
