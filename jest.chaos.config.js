// `npm run chaos`: what can go wrong × the operations it can strike, through n8n's engine; one table at the end.
module.exports = {
	displayName: 'chaos',
	testEnvironment: 'node',
	testMatch: ['<rootDir>/test/chaos/**/*.test.ts'],
	transform: { '^.+\\.ts$': '@swc/jest' },
	globalSetup: '<rootDir>/test/chaos/before.ts',
	globalTeardown: '<rootDir>/test/chaos/after.ts',
	testTimeout: 120_000,
	maxWorkers: 2,
};
