/** The credential: its fields, and its expressions as n8n resolves them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { INode, INodeTypes } from 'n8n-workflow';
import { Workflow } from 'n8n-workflow';
import { AimlapiApi } from '../../credentials/AimlapiApi.credentials';
import { CREDENTIAL, normalizeBaseUrl } from '../../nodes/AimlVeo/api/client';
import { AimlVeo } from '../../nodes/AimlVeo/AimlVeo.node';

const credential = new AimlapiApi();
const NODE: INode = {
	id: '1',
	name: 'Veo',
	type: 'veo',
	typeVersion: 1,
	position: [0, 0],
	parameters: {},
};
const description = new AimlVeo().description;
const nodeTypes: INodeTypes = {
	getByName: () => ({ description }),
	getByNameAndVersion: () => ({ description }),
	getKnownTypes: () => ({}),
};
const workflow = new Workflow({ nodes: [NODE], connections: {}, active: false, nodeTypes });

/** As n8n resolves an expression in a credential type. */
const resolve = (expression: unknown, $credentials: Record<string, string>) =>
	workflow.expression.getSimpleParameterValue(
		NODE,
		String(expression),
		'internal',
		{ $credentials },
		undefined,
		'',
	);

test('the node asks for this credential', () => {
	expect(CREDENTIAL).toBe(credential.name);
	expect(description.credentials).toEqual([{ name: credential.name, required: true }]);
});

test('the key is masked and required, and has no default', () => {
	expect(credential.properties).toContainEqual(
		expect.objectContaining({
			displayName: 'API Key',
			name: 'apiKey',
			typeOptions: { password: true },
			required: true,
			default: '',
		}),
	);
});

test('the base URL has its default', () => {
	expect(credential.properties).toContainEqual(
		expect.objectContaining({ name: 'baseUrl', default: 'https://api.aimlapi.com' }),
	);
});

test('the key is sent as Bearer, without the spaces that were pasted with it', () => {
	const header = credential.authenticate.properties.headers?.Authorization;
	expect(resolve(header, { apiKey: ' abc\n' })).toBe('Bearer abc');
});

test('both icons are there', () => {
	for (const icon of Object.values(credential.icon)) {
		const file = join(__dirname, '..', '..', 'credentials', icon.replace('file:', ''));
		expect(readFileSync(file, 'utf8')).toContain('<svg');
	}
});

test('the test asks for the balance, which costs nothing', () => {
	expect(credential.test.request).toMatchObject({ url: '/v2/billing' });
	expect(credential.test.request.method ?? 'GET').toBe('GET');
});

test.each([401, 403])('the test says what HTTP %d means and what to do', (status) => {
	const rule = credential.test.rules?.find(({ properties }) => properties.value === status);
	const { message } = rule!.properties as { message: string };
	expect(message).toMatch(/https:\/\/aimlapi\.com\/app\//);
	expect(message).not.toMatch(/error|problem|failure|mistake/i);
});

test('the test tells an empty account from a bad key', () => {
	const messages = credential.test.rules!.map(({ type, properties }) => [
		type,
		properties.value,
		/no credits/.test(properties.message),
	]);
	expect(messages).toEqual([
		['responseCode', 401, false],
		['responseCode', 403, true],
		['responseSuccessBody', 0, true],
	]);
});

describe.each([
	['https://api.aimlapi.com', 'https://api.aimlapi.com'],
	['https://api.aimlapi.com/', 'https://api.aimlapi.com'],
	['https://api.aimlapi.com//', 'https://api.aimlapi.com'],
	['https://api.aimlapi.com/v1', 'https://api.aimlapi.com'],
	['https://api.aimlapi.com/v2/', 'https://api.aimlapi.com'],
	[' https://api.aimlapi.com/v2// ', 'https://api.aimlapi.com'],
	['http://127.0.0.1:4010', 'http://127.0.0.1:4010'],
	['https://gateway.example/aiml', 'https://gateway.example/aiml'],
	['https://gateway.example/aiml/v2', 'https://gateway.example/aiml'],
	['https://gateway.example/v3', 'https://gateway.example/v3'],
	['', ''],
])('the base URL "%s"', (baseUrl, normalized) => {
	test('of the node', () => {
		expect(normalizeBaseUrl(baseUrl)).toBe(normalized);
	});

	test("of the credential's test is the same", () => {
		expect(resolve(credential.test.request.baseURL, { baseUrl })).toBe(normalized);
	});
});
