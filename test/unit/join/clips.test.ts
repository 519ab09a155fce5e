/** n8n's streams behind the clips: broken, hanging, stopped. A small stand-in for n8n, to break it at will. */
import { Readable } from 'node:stream';
import type { IExecuteFunctions } from 'n8n-workflow';
import { joinItems } from '../../../nodes/JoinVideos/join';
import { clipBytes } from './support';

interface Stand {
	/** The stream of the nth opening. */
	open: (opening: number) => Readable | Promise<Readable>;
	store?: (content: unknown) => Promise<unknown>;
	fileSize?: () => Promise<{ fileSize: number }>;
}

/** One item with one stored file. */
function standIn({ open, store, fileSize }: Stand) {
	let openings = 0;
	const stop = new AbortController();
	const ctx = {
		getInputData: () => [{ json: {} }],
		getNodeParameter: (name: string) => (name === 'inputBinaryField' ? 'data' : {}),
		getExecutionCancelSignal: () => stop.signal,
		getNode: () => ({ name: 'Join', type: 'join' }),
		continueOnFail: () => true,
		addExecutionHints: () => {},
		helpers: {
			assertBinaryData: () => ({ id: 'filesystem-v2:1' }),
			getBinaryMetadata: fileSize ?? (async () => ({ fileSize: clipBytes('a').length })),
			getBinaryStream: async () => await open(openings++),
			prepareBinaryData: store ?? (async (content: unknown) => await drained(content)),
		},
	};
	return { ctx: ctx as unknown as IExecuteFunctions, stop, openings: () => openings };
}

/** Reads a stream to its end, as a store does. */
async function drained(content: unknown) {
	let bytes = 0;
	for await (const part of content as AsyncIterable<Buffer>) bytes += part.length;
	return { bytes, mimeType: 'video/mp4', data: '' };
}

const whole = () => Readable.from([clipBytes('a')], { objectMode: false });
/** Begins well and never goes on. */
const hanging = () => {
	let asked = 0;
	return new Readable({
		read() {
			if (asked++ === 0) this.push(clipBytes('a').subarray(0, 20));
			else this.emit('hungry');
		},
	});
};
const broken = () =>
	Readable.from(
		(async function* () {
			yield clipBytes('a').subarray(0, 4_000);
			throw new Error('EIO: i/o error, read');
		})(),
		{ objectMode: false },
	);

const messageOf = async (ctx: IExecuteFunctions) => (await joinItems(ctx))[0]?.json.error;

test('a film comes out, as one stream', async () => {
	const { ctx, openings } = standIn({ open: whole });
	const [row] = await joinItems(ctx);
	expect(row?.json).toMatchObject({ duration: 2 });
	expect(row?.binary?.data).toMatchObject({ bytes: expect.any(Number) });
	expect(openings()).toBe(2);
});

test('an error of the store in the second pass names the clip, not the film', async () => {
	const { ctx } = standIn({ open: (opening) => (opening === 0 ? whole() : broken()) });
	expect(await messageOf(ctx)).toBe("The file in 'Input Binary Field' could not be read [item 0]");
});

test('so does one in the first pass, and one at opening', async () => {
	const late = Readable.from([], { objectMode: false });
	late.destroy(new Error('gone'));
	late.on('error', () => {});
	expect(await messageOf(standIn({ open: () => late }).ctx)).toMatch(/could not be read/);
	const refused = async () => await Promise.reject(new Error('File not found'));
	expect(await messageOf(standIn({ open: refused }).ctx)).toMatch(/could not be read/);
	const unknown = standIn({ open: whole, fileSize: refused });
	expect(await messageOf(unknown.ctx)).toMatch(/could not be read/);
});

test('what the store says of the film is passed on', async () => {
	const { ctx } = standIn({
		open: whole,
		store: async () => await Promise.reject(new Error('ENOSPC: no space left on device')),
	});
	expect(await messageOf(ctx)).toBe('n8n could not store the joined video');
});

test('the words of the store do not hide why the film broke off', async () => {
	const { ctx } = standIn({
		open: (opening) => (opening === 0 ? whole() : broken()),
		store: async (content) =>
			await drained(content).catch(() => {
				throw new Error('Premature close');
			}),
	});
	expect(await messageOf(ctx)).toMatch(/could not be read/);
});

describe('Stop', () => {
	const stoppedError = { message: 'The execution was canceled' };

	test('while a stream hangs in the first pass: it is destroyed', async () => {
		const stream = hanging();
		const { ctx, stop } = standIn({ open: () => stream });
		const work = joinItems(ctx);
		// It asks again when it has taken what there is.
		await new Promise((resolve) => stream.once('hungry', resolve));
		stop.abort();
		await expect(work).rejects.toMatchObject(stoppedError);
		expect(stream.destroyed).toBe(true);
	});

	test('while the store opens a file: what opens later is closed', async () => {
		const stream = whole();
		let opened: (stream: Readable) => void = () => {};
		const opening = new Promise<Readable>((resolve) => {
			opened = resolve;
		});
		let askedFor = () => {};
		const asked = new Promise<void>((resolve) => {
			askedFor = resolve;
		});
		const { ctx, stop } = standIn({
			open: async () => {
				askedFor();
				return await opening;
			},
		});
		const work = joinItems(ctx);
		await asked;
		stop.abort();
		await expect(work).rejects.toMatchObject(stoppedError);
		const closed = new Promise((resolve) => stream.once('close', resolve));
		opened(stream);
		await closed;
		expect(stream.destroyed).toBe(true);
	});

	test('while the store takes the film', async () => {
		let stored = () => {};
		const storing = new Promise<void>((resolve) => (stored = resolve));
		const { ctx, stop } = standIn({
			open: whole,
			store: async () => {
				stored();
				return await new Promise(() => {});
			},
		});
		const work = joinItems(ctx);
		await storing;
		stop.abort();
		await expect(work).rejects.toMatchObject(stoppedError);
	});

	test('before it begins', async () => {
		const { ctx, stop, openings } = standIn({ open: whole });
		stop.abort();
		await expect(joinItems(ctx)).rejects.toMatchObject(stoppedError);
		expect(openings()).toBe(0);
	});
});
