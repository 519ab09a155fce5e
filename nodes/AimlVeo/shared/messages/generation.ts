/** What can happen to a generation that is paid for, until its file is stored. */
import { ItemError } from '../errors';
import { RUN_AGAIN, answered, duration, shortened } from './phrases';

/** @param reason what the API said with the last status */
export const timedOut = (seconds: number, generationId: string, status: string, reason?: string) =>
	new ItemError(`The video was not ready after ${duration(seconds)}`, {
		description: `Its last status was '${shortened(status)}'${reason ? `, and the AI/ML API said: "${reason}"` : ''}. The generation continues and stays yours. Retry this execution to keep waiting, or use 'Get Video' with the generation ID ${generationId}. You do not pay again. If videos often take this long, set a longer 'Timeout'.`,
		generationId,
		status,
		isRunning: true,
	});

/** What an agent's model is told about a video that is still being generated. */
export const notReadyYet = (generationId: string) =>
	`The video is not ready yet. It is already paid for, so do not change the arguments. Call this tool again with the same arguments, or get the video by its generation ID ${generationId}.`;

export const generationUnknown = (generationId: string) =>
	new ItemError('The AI/ML API does not know this generation ID', {
		description: `Check that the generation ID ${generationId} is complete, and that the credential belongs to the account that created it.`,
		generationId,
		httpCode: 404,
	});

export const checkRefused = (generationId: string, status: number, apiText: string) =>
	new ItemError('The AI/ML API refused the status request', {
		description: `${answered(status, apiText)}. The generation is not affected and stays yours. Use 'Get Video' with the generation ID ${generationId} to check it again.`,
		generationId,
		httpCode: status,
	});

export const answerUnreadable = (generationId: string, cause: string) =>
	new ItemError('The AI/ML API did not return a readable answer', {
		description: `${cause}. The generation is not affected. Use 'Get Video' with the generation ID ${generationId} in a few minutes.`,
		generationId,
	});

function reasonOf(status: string, reason?: string): string {
	if (reason) return `The AI/ML API says: "${reason}"`;
	const only = /^(error|failed)$/.test(status) ? '' : `, only the status '${shortened(status)}'`;
	return `The AI/ML API gave no reason${only}`;
}

/** @param charged whether the API names a charge all the same */
export const generationFailed = (
	generationId: string,
	status: string,
	reason?: string,
	charged = false,
) =>
	new ItemError('The video could not be generated', {
		description: [
			`${reasonOf(status, reason)}.`,
			charged
				? `It reports a charge anyway. Ask its support about the generation ID ${generationId}. To try again and pay again, change the prompt or the media, then ${RUN_AGAIN}.`
				: `It is not charged. Change the prompt or the media, then ${RUN_AGAIN} (generation ID ${generationId}).`,
		].join(' '),
		generationId,
		status,
		notCharged: !charged,
	});

export const noVideo = (generationId: string, status: string, reason?: string) =>
	new ItemError('The generation ended without a video', {
		description: `${reason ? `The AI/ML API says: "${reason}"` : 'Most often, the safety filter has blocked it'}. It is not charged. Change the prompt or the images, then ${RUN_AGAIN} (generation ID ${generationId}).`,
		generationId,
		status,
		notCharged: true,
		withoutVideo: true,
	});

export const videoUrlUnusable = (generationId: string, status: string) =>
	new ItemError('The AI/ML API did not return a usable URL for the video', {
		description: `The video is paid for and stays yours. Use 'Get Video' with the generation ID ${generationId} to request the URL again.`,
		generationId,
		status,
	});

export const downloadGivenUp = (
	generationId: string,
	status: string,
	url: string,
	attempts: number,
	cause: string,
) =>
	new ItemError(`The video is ready, but could not be downloaded in ${attempts} attempts`, {
		description: `${cause}. The video is paid for and stays yours. Use 'Get Video' with the generation ID ${generationId}, or open ${url}`,
		generationId,
		status,
		url,
	});

export const storeRefused = (generationId: string, status: string, url: string, cause: string) =>
	new ItemError('The video is ready, but n8n could not store the file', {
		description: `${cause}. The video is paid for and stays yours. Check that n8n's binary data storage is writable and has free space, then use 'Get Video' with the generation ID ${generationId}, or open ${url}`,
		generationId,
		status,
		url,
	});
