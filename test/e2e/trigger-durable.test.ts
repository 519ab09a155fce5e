/** The trigger under n8n's durable scheduler, which keeps the state of a poll by itself. */
import { record } from './facts';
import { useN8n } from './setup';
import { MINUTE_MS, startsOnce } from './videoFinished';

const stage = useN8n({
	env: {
		N8N_SCHEDULER_ENABLED: 'true',
		N8N_SCHEDULER_POLL_TRIGGERS_ENABLED: 'true',
		N8N_POLLER_DURABLE_CURSORS_ENABLED: 'true',
		N8N_USE_WORKFLOW_PUBLICATION_SERVICE: 'true',
	},
});

test(
	'two videos start one execution; n8n restarts while the API is down; nothing arrives twice',
	async () => {
		await startsOnce(stage);
		expect(stage.instance.printed()).not.toMatch(/durable poll cursors stay disabled/);
		record(
			'modes',
			"Started by the trigger under n8n's durable scheduler (`N8N_SCHEDULER_ENABLED`)",
		);
	},
	10 * MINUTE_MS,
);
