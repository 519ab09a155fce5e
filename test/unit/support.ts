/** What several unit tests use. */
import { VeoError } from '../../nodes/AimlVeo/errors';
import type { BinarySource } from '../../nodes/AimlVeo/media';

/** An item without files. */
export const noFiles: BinarySource = {
	fields: [],
	read: async () => {
		throw new Error('no such file');
	},
};

/** An item with these files. */
export const filesOf = (files: Record<string, Buffer>): BinarySource => ({
	fields: Object.keys(files),
	read: async (source) => {
		const file = typeof source === 'string' ? files[source] : undefined;
		return file ?? Buffer.from(typeof source === 'string' ? '' : source.data, 'base64');
	},
});

/** The VeoError that the work ends with; any other end is passed on. */
export async function refusalOf(work: Promise<unknown>): Promise<VeoError> {
	try {
		await work;
	} catch (cause) {
		if (cause instanceof VeoError) return cause;
		throw cause;
	}
	throw new Error('Nothing was refused');
}

/** A clock that only sleeping moves. */
export function fakeClock(startMs = 1_000_000) {
	let nowMs = startMs;
	const sleeps: number[] = [];
	return {
		sleeps,
		now: () => nowMs,
		pass: (ms: number) => {
			nowMs += ms;
		},
		sleep: async (ms: number) => {
			sleeps.push(ms);
			nowMs += ms;
		},
	};
}
