/** The main job through the public door: loaded by n8n, run by n8n, over HTTP, a video in n8n's store. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { startSandboxApi } from '../../sandbox/stand-ins/api';
import type { SandboxApi } from '../../sandbox/stand-ins/api';
import { videoFileOf } from '../../sandbox/stand-ins/api/cdn';
import { startEngine, veoWorkflow } from './harness';
import type { Engine } from './harness';

describe.each(['default', 'filesystem'] as const)('binary mode %s', (binaryMode) => {
	let api: SandboxApi;
	let engine: Engine;
	beforeAll(async () => {
		api = await startSandboxApi();
		engine = await startEngine({ binaryMode });
	});
	afterAll(async () => {
		await engine.stop();
		await api.stop();
	});

	test('a prompt and two images in, a video out', async () => {
		const result = await engine.run(
			veoWorkflow({
				prompt: 'From dawn to dusk',
				firstFrame: 'https://example.com/a.jpg',
				lastFrame: 'https://example.com/b.jpg',
			}),
			{ credentials: api },
		);
		expect(result.error).toBeUndefined();
		const [row] = result.outputs[0] ?? [];
		const [generation] = api.settled();
		expect(row?.json).toMatchObject({
			id: generation?.id,
			status: 'completed',
			model: 'google/veo-3.1-first-last-image-to-video',
			video: { url: expect.stringContaining('/generations/') },
		});
		expect(row?.json).not.toHaveProperty('error');
		expect(row?.pairedItem).toEqual({ item: 0 });
		const file = readFileSync(videoFileOf(generation!));
		expect(row?.files.data).toMatchObject({
			fileName: `veo-3.1-first-last-image-to-video-${generation?.id.slice(0, 8)}.mp4`,
			mimeType: 'video/mp4',
			bytes: file.length,
			sha256: createHash('sha256').update(file).digest('hex'),
		});
	});
});
