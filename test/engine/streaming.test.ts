/** A large video goes through n8n's engine without being held in memory, where n8n itself streams. */
import { startSandboxApi } from '../../sandbox/stand-ins/api';
import type { SandboxApi } from '../../sandbox/stand-ins/api';
import { startEngine, veoWorkflow } from './harness';
import type { RunResult } from './harness';

const VIDEO_BYTES = 400_000_000;
const GET = { operation: 'get', download: true };

let api: SandboxApi;
beforeAll(async () => {
	api = await startSandboxApi();
});
afterAll(async () => await api.stop());

/** The video of this size, brought into a fresh engine; the run before it loads all code. */
async function download(binaryMode: 'default' | 'filesystem', bytes: number): Promise<RunResult> {
	// A small heap: whatever is kept as text or objects cannot hide in it.
	const engine = await startEngine({ binaryMode, execArgv: ['--max-old-space-size=192'] });
	try {
		api.settings.videoBytes = undefined;
		const made = await engine.run(
			veoWorkflow({ operation: 'createAndWait', model: 'google/veo-3.1-t2v', prompt: 'A film' }),
			{ credentials: api },
		);
		expect(made.error).toBeUndefined();
		api.settings.videoBytes = bytes;
		const generationId = String(made.outputs[0]?.[0]?.json.id);
		return await engine.run(veoWorkflow({ ...GET, generationId }), { credentials: api });
	} finally {
		await engine.stop();
	}
}

/** What streaming may cost, for any size; the system may take memory back while it is measured. */
const limitFor = (bytes: number) => bytes / 3;
const grownBytes = ({ maxRssBytes, rssBeforeBytes }: RunResult) => maxRssBytes - rssBeforeBytes;

test('filesystem mode: 400 MB cost a small part of their size', async () => {
	const result = await download('filesystem', VIDEO_BYTES);
	expect(result.error).toBeUndefined();
	expect(result.outputs[0]?.[0]?.files.data?.bytes).toBe(VIDEO_BYTES);
	expect(grownBytes(result)).toBeLessThan(limitFor(VIDEO_BYTES));
});

test('the figure can tell: in memory mode, where n8n holds the file, it is above the limit', async () => {
	const bytes = VIDEO_BYTES / 10;
	const result = await download('default', bytes);
	expect(result.error).toBeUndefined();
	expect(grownBytes(result)).toBeGreaterThan(limitFor(bytes));
});
