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

/** The VeoError that the work ends with; any other end fails the test. */
export async function refusalOf(work: Promise<unknown>): Promise<VeoError> {
	const end: unknown = await work.then(
		() => 'nothing was refused',
		(cause: unknown) => cause,
	);
	expect(end).toBeInstanceOf(VeoError);
	return end as VeoError;
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
