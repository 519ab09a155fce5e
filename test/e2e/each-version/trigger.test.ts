/** The trigger in an active workflow and in the editor: what starts it, and what it says. */
import { messageOf, outputOf } from '../../../sandbox/n8n/restClient';
import { makeVideo } from '../../engine/harness/videos';
import { record } from '../facts';
import { accountOf, save, useN8n } from '../setup';
import { MINUTE_MS, NAME, startsOnce, workflowOf } from '../videoFinished';

const stage = useN8n();

test('Fetch Test Event says that there is no video, then returns the newest', async () => {
	stage.api.settings.generationMs = 0;
	const workflow = await save(stage, workflowOf({}));
	const none = await stage.n8n.runToEnd(workflow, NAME);
	expect(none.status).toBe('error');
	expect(messageOf(none)).toBe('No finished video in the last 7 days');
	await makeVideo(stage.api, { agoMs: MINUTE_MS });
	const newest = await makeVideo(stage.api);
	const execution = await stage.n8n.runToEnd(workflow, NAME);
	expect(messageOf(execution)).toBeUndefined();
	expect(outputOf(execution, 'Next').map(({ json }) => json.id)).toEqual([newest.id]);
});

test('a wrong key is reported at the activation', async () => {
	const { n8n, api } = stage;
	const account = { ...accountOf(api), apiKey: 'a-wrong-key' };
	const id = await n8n.createCredential('aimlapiApi', 'Wrong', account);
	const workflow = await n8n.createWorkflow(workflowOf({}, { id, name: 'Wrong' }));
	expect(await n8n.activationMessage(workflow.id)).toContain(
		'The AI/ML API did not accept the API key',
	);
});

test(
	'two videos start one execution; n8n restarts while the API is down; nothing arrives twice',
	async () => {
		await startsOnce(stage);
		record(
			'modes',
			'Started by **AI/ML API Veo Trigger**: two finished videos start one execution; after n8n restarts during an outage of the API, the next video arrives, and none arrives twice',
		);
	},
	10 * MINUTE_MS,
);
