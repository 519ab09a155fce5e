// n8n's own rules for everything; the files that never reach n8n may use Node.
import { config } from '@n8n/node-cli/eslint';

export default [
	...config,
	{
		files: ['sandbox/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts', 'scripts/**/*.ts'],
		rules: {
			'@n8n/community-nodes/no-dangerous-functions': 'off',
			'@n8n/community-nodes/no-restricted-globals': 'off',
			'@n8n/community-nodes/no-restricted-imports': 'off',
			'no-console': 'off',
			'@n8n/community-nodes/require-node-api-error': 'off',
		},
	},
	{ ignores: ['coverage/', '.sandbox/', '*.js', 'test/**/fixtures/**'] },
];
