/** The key to the AI/ML API: how it is entered, sent and tested. */
import type {
	IAuthenticateGeneric,
	ICredentialTestRequest,
	ICredentialType,
	INodeProperties,
} from 'n8n-workflow';

export class AimlapiApi implements ICredentialType {
	name = 'aimlapiApi';

	displayName = 'AI/ML API';

	icon = { light: 'file:aimlapi.svg', dark: 'file:aimlapi.dark.svg' } as const;

	documentationUrl = 'https://www.npmjs.com/package/n8n-nodes-aimlapi-veo#credentials';

	properties: INodeProperties[] = [
		{
			displayName: 'API Key',
			name: 'apiKey',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			required: true,
			description:
				'Create a key at <a href="https://aimlapi.com/app/keys" target="_blank">aimlapi.com/app/keys</a>',
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			default: 'https://api.aimlapi.com',
			description: 'Change it only to use your own gateway or the sandbox',
		},
	];

	authenticate: IAuthenticateGeneric = {
		type: 'generic',
		properties: { headers: { Authorization: '=Bearer {{ $credentials.apiKey.trim() }}' } },
	};

	/** @see https://docs.aimlapi.com : reading the balance is free */
	test: ICredentialTestRequest = {
		request: {
			baseURL:
				'={{ $credentials.baseUrl.trim().replace(/\\/+$/, "").replace(/\\/v[12]$/, "").replace(/\\/+$/, "") }}',
			url: '/v2/billing',
		},
		rules: [
			{
				type: 'responseCode',
				properties: {
					value: 401,
					message:
						'The API key was not accepted. Copy it again from https://aimlapi.com/app/keys, or create a new one.',
				},
			},
			{
				type: 'responseCode',
				properties: {
					value: 403,
					message:
						'The API key is valid, but the account has no credits or lacks permission. Top up at https://aimlapi.com/app/billing.',
				},
			},
			{
				type: 'responseSuccessBody',
				properties: {
					key: 'current_balance',
					value: 0,
					message:
						'The API key is valid, but the account has no credits. Top up at https://aimlapi.com/app/billing.',
				},
			},
		] as ICredentialTestRequest['rules'],
	};
}
