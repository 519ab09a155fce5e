/** Videos that somebody makes at the sandbox API, over HTTP as any client would. */
import axios from 'axios';
import type { Generation, SandboxApi } from '../../../sandbox/stand-ins/api';

export interface VideoOptions {
	model?: string;
	clientRequestId?: string;
	/** How long ago it was requested, in ms. */
	agoMs?: number;
	/** How long it takes from its request on; without it, as the sandbox is set. */
	takesMs?: number;
}

/** Requests one video, and finishes it unless it takes its time. */
export async function makeVideo(api: SandboxApi, options: VideoOptions = {}): Promise<Generation> {
	const { model = 'google/veo-3.1-t2v', clientRequestId, agoMs = 0, takesMs } = options;
	const { data } = await axios.post<{ id: string }>(
		`${api.baseUrl}/v2/video/generations`,
		{ model, prompt: 'A lighthouse at dusk' },
		{
			headers: {
				Authorization: `Bearer ${api.apiKey}`,
				...(clientRequestId && { 'X-Client-Request-Id': clientRequestId }),
			},
		},
	);
	const generation = api.generations.find(({ id }) => id === data.id);
	if (!generation) throw new Error('The sandbox lost a generation');
	generation.createdAt -= agoMs;
	generation.readyAt =
		takesMs === undefined ? generation.readyAt - agoMs : generation.createdAt + takesMs;
	return generation;
}

export async function makeVideos(
	api: SandboxApi,
	count: number,
	options: VideoOptions = {},
): Promise<Generation[]> {
	const made: Generation[] = [];
	for (let index = 0; index < count; index++) made.push(await makeVideo(api, options));
	return made;
}
