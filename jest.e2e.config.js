// End-to-end tests: real n8n versions with the packed package in them. N8N_VERSIONS names others.
const { PINNED } = require('./sandbox/n8n/pinned.json');

const versions = (process.env.N8N_VERSIONS ?? `${PINNED.current},${PINNED.previousMajor}`).split(
	',',
);
const project = (displayName, folder, N8N_VERSION) => ({
	displayName,
	testEnvironment: 'node',
	testMatch: [`<rootDir>/test/e2e/${folder}*.test.ts`],
	transform: { '^.+\\.ts$': '@swc/jest' },
	globals: { N8N_VERSION },
	globalSetup: '<rootDir>/test/e2e/global-setup.ts',
	globalTeardown: '<rootDir>/test/e2e/global-teardown.ts',
});

// Jest calls the global setup once, with one project's settings only.
process.env.VEO_VERSIONS = versions.join(',');

module.exports = {
	projects: [
		...versions.map((version) => project(`n8n ${version}`, 'each-version/', version)),
		project(`n8n ${versions[0]} and around`, '', versions[0]),
	],
	// The first start of an n8n on two busy cores takes more than a minute.
	testTimeout: 400_000,
	maxWorkers: 2,
	reporters: ['default', '<rootDir>/test/e2e/compatibility-reporter.cjs'],
	// A test that broke midway may leave a connection open; what it started ends with its process.
	forceExit: true,
};
