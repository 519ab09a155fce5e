/** What several unit tests use. */
import type { INode } from 'n8n-workflow';
import type { Reading } from '../../nodes/AimlVeo/api/aimlapi';
import { ItemError } from '../../nodes/AimlVeo/shared/errors';
import type { BinarySource } from '../../nodes/AimlVeo/request/files';
import type { Reader } from '../../nodes/AimlVeo/api/retry';

/** The node, as n8n's errors name it. */
export const NODE: INode = {
	id: '1',
	name: 'Veo',
	type: 'n8n-nodes-aimlapi-veo.aimlVeo',
	typeVersion: 1,
	position: [0, 0],
	parameters: {},
};

/** An item without files. */
export const noFiles: BinarySource = {
	fields: [],
	open: async () => {
		throw new Error('no such file');
	},
};

/** An item with these files in memory. */
export const filesOf = (files: Record<string, Buffer>): BinarySource => ({
	fields: Object.keys(files),
	open: async (source) => {
		const named = typeof source === 'string' ? files[source] : undefined;
		const file = named ?? Buffer.from(typeof source === 'string' ? '' : source.data, 'base64');
		return { head: file.subarray(0, 256), byteLength: file.length, read: async () => file };
	},
});

/** The same item with its files in n8n's store: `reads` tells which were read to their end. */
export function storedFilesOf(files: Record<string, Buffer>, folder = 'filesystem-v2:temp') {
	const reads: string[] = [];
	const inMemory = filesOf(files);
	const source: BinarySource = {
		fields: inMemory.fields,
		open: async (name, label) => ({
			...(await inMemory.open(name, label)),
			storedId: `${folder}/binary_data/id-of-${String(name)}`,
			read: async () => {
				reads.push(String(name));
				return await (await inMemory.open(name, label)).read();
			},
		}),
	};
	return { source, reads };
}

/** The ItemError that the work ends with; any other end fails the test. */
export async function refusalOf(work: Promise<unknown>): Promise<ItemError> {
	const end: unknown = await work.then(
		() => 'nothing was refused',
		(cause: unknown) => cause,
	);
	expect(end).toBeInstanceOf(ItemError);
	return end as ItemError;
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

/** Lets all begin that can. */
export const settle = async () => await new Promise(setImmediate);

/** Readings by turn (the last one repeats) or by path, with what was asked, by a clock that only sleeping moves. */
export function readerOf(readings: Reading[] | ((path: string) => Reading)) {
	const clock = fakeClock();
	const paths: string[] = [];
	const read = async (path: string): Promise<Reading> => {
		paths.push(path);
		if (typeof readings === 'function') return readings(path);
		return readings[Math.min(paths.length, readings.length) - 1]!;
	};
	const reader: Reader = { api: { read }, sleep: clock.sleep };
	return { reader, paths, clock };
}
