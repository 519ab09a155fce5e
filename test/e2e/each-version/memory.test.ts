/** The files when n8n keeps them in memory instead of on disk. */
import { readExample } from '../../../sandbox/n8n/examples';
import { outputOf } from '../../../sandbox/n8n/restClient';
import { record } from '../facts';
import { bytesOf, filesOf, save, useN8n } from '../setup';

const stage = useN8n({ env: { N8N_DEFAULT_BINARY_DATA_MODE: 'default' } });

test('first-last-frame in memory mode', async () => {
	const workflow = await save(stage, readExample('first-last-frame'));
	const execution = await stage.n8n.runToEnd(workflow, 'Start');
	expect(execution.status).toBe('success');
	const [row] = outputOf(execution, 'Make Video');
	// Neither on disk nor in the database: the file is in the execution itself.
	expect(row?.binary?.data?.id).toBeUndefined();
	const [file] = await filesOf(stage, execution, 'Make Video');
	const generation = stage.api.find(String(row?.json.id));
	expect(generation && file?.equals(bytesOf(generation))).toBe(true);
	record('modes', 'Binary data in memory');
});
