/** Downloads a finished video without the key, and checks what it is. */
import { mp4Facts } from './mp4';
import type { Part } from './notes';
import type { Context } from './context';

/** Encoders round to whole frames. */
const TOLERANCE_S = 0.5;

function noteFile(part: Part, bytes: Buffer, seconds: number | undefined): void {
	const facts = mp4Facts(bytes);
	const length = `${facts.seconds.toFixed(2)} s`;
	if (seconds === undefined) part.note('length', length);
	else {
		const isRight = Math.abs(facts.seconds - seconds) <= TOLERANCE_S;
		part.check('length', `${seconds} s`, length, isRight);
	}
	const size = `${facts.width} × ${facts.height}`;
	part.check('picture', '1280 × 720', size, size === '1280 × 720');
	part.check(
		'formats',
		'avc1 (H.264) with mp4a (AAC)',
		`${facts.video ?? 'no picture'} with ${facts.audio ?? 'no sound'}`,
		facts.video === 'avc1' && facts.audio === 'mp4a',
	);
}

/** The bytes, or undefined when there are none to be had. */
export async function checkFile(
	{ ask, notes }: Context,
	name: string,
	url: string,
	seconds: number | undefined,
): Promise<Buffer | undefined> {
	const part = notes.under(`${name}, the file`);
	const { status, headers, bytes } = await ask({ path: url });
	part.check('without the key', 'HTTP 200', `HTTP ${status}`, status === 200);
	if (status !== 200) return undefined;
	const type = headers['content-type'] ?? 'none';
	part.check('content-type', 'video/mp4', type, type === 'video/mp4');
	const length = headers['content-length'];
	part.check(
		'content-length',
		'the length of the file',
		length === undefined
			? 'absent'
			: Number(length) === bytes.length
				? 'the length of the file'
				: 'another length',
		Number(length) === bytes.length,
	);
	part.note('accept-ranges', headers['accept-ranges'] ?? 'absent');
	try {
		noteFile(part, bytes, seconds);
	} catch (cause) {
		part.check('content', 'an MP4', (cause as Error).message, false);
	}
	return bytes;
}
