/** How a generation that is paid for goes on, up to its file. */
import { ItemError } from '../errors';
import { RUN_AGAIN, answered, duration, shortened } from './phrases';

/** @param reason what the API said with the last status */
export const timedOut = (seconds: number, generationId: string, status: string, reason?: string) =>
	new ItemError(`The video was not ready after ${duration(seconds)}`, {
		description: `Its last status was '${shortened(status)}'${reason ? `, and the AI/ML API said: "${reason}"` : ''}. The generation goes on and stays yours. Use 'Get Video' with the generation ID ${generationId}, or set a longer 'Timeout'. A retry of this execution goes on waiting for it.`,
		generationId,
		status,
		isRunning: true,
	});

/** What a model is told of a video that is still in the making. */
export const notReadyYet = (generationId: string) =>
	`The video is not ready yet. It is paid for: do not change the arguments. Call this tool again with the same arguments, or get the video with the generation ID ${generationId}.`;

export const generationUnknown = (generationId: string) =>
	new ItemError('The AI/ML API does not know this generation ID', {
		description: `Check the generation ID ${generationId}, and that the credential belongs to the account that made it.`,
		generationId,
		httpCode: 404,
	});

export const checkRefused = (generationId: string, status: number, apiText: string) =>
	new ItemError('The AI/ML API refused to say how the video stands', {
		description: `${answered(status, apiText)}. The generation is not affected and stays yours: use 'Get Video' with the generation ID ${generationId}.`,
		generationId,
		httpCode: status,
	});

export const answerUnreadable = (generationId: string, cause: string) =>
	new ItemError('The AI/ML API gave no readable answer', {
		description: `${cause}. The generation is not affected: use 'Get Video' with the generation ID ${generationId} again in a few minutes.`,
		generationId,
	});

function reasonOf(status: string, reason?: string): string {
	if (reason) return `The AI/ML API says: "${reason}"`;
	const only = /^(error|failed)$/.test(status) ? '' : `, only the status '${shortened(status)}'`;
	return `The AI/ML API gives no reason${only}`;
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
				? `It names a charge all the same: ask its support about the generation ID ${generationId}. To try again, which pays again, change the prompt or the media and ${RUN_AGAIN}.`
				: `It is not charged. Change the prompt or the media and ${RUN_AGAIN} (generation ID ${generationId}).`,
		].join(' '),
		generationId,
		status,
		notCharged: !charged,
	});

export const noVideo = (generationId: string, status: string, reason?: string) =>
	new ItemError('The generation ended without a video', {
		description: `${reason ? `The AI/ML API says: "${reason}"` : 'Most often the safety filter held it back'}. It is not charged. Change the prompt or the images and ${RUN_AGAIN} (generation ID ${generationId}).`,
		generationId,
		status,
		notCharged: true,
	});

export const videoUrlUnusable = (generationId: string, status: string) =>
	new ItemError('The AI/ML API gave an address for the video that is not a web address', {
		description: `The video is paid for and stays yours. Use 'Get Video' with the generation ID ${generationId} to ask for its address again.`,
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
		description: `${cause}. It is paid for and stays yours: use 'Get Video' with the generation ID ${generationId}, or open ${url}`,
		generationId,
		status,
		url,
	});

export const storeRefused = (generationId: string, status: string, url: string, cause: string) =>
	new ItemError('The video is ready, but n8n could not store the file', {
		description: `${cause}. It is paid for and stays yours: check that n8n's binary data storage has room and can be written to, then use 'Get Video' with the generation ID ${generationId}, or open ${url}`,
		generationId,
		status,
		url,
	});
