/** Hands a film to n8n's store: as a stream if the clips came from a store, otherwise as a whole. */
import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';
import { unlessStopped } from './clips';
import type { Source } from './clips';
import { JoinError, storeRefused, unforeseen } from './errors';
import { copyFilm, SetsChange } from './mp4/copy';
import type { Film } from './mp4/film';
import { Refused } from './mp4/refusal';

const MIME_TYPE = 'video/mp4';

/** All bytes in one piece. */
async function gathered(bytes: AsyncIterable<Buffer>, length: number): Promise<Buffer> {
	const film = Buffer.alloc(length);
	let at = 0;
	for await (const part of bytes) at += part.copy(film, at);
	return film;
}

const isOurs = (cause: unknown) =>
	cause instanceof Refused || cause instanceof JoinError || cause instanceof SetsChange;
const asOurs = (cause: unknown): Error => (isOurs(cause) ? (cause as Error) : unforeseen(cause));

/**
 * Copies the clips into a film and stores it.
 * @throws SetsChange when the film is to be planned anew
 * @throws Refused or JoinError when a clip cannot be read to its end, or n8n's store refuses; then nothing is kept
 */
export async function storeFilm(
	ctx: IExecuteFunctions,
	film: Film,
	sources: readonly Source[],
	fileName: string,
	stop?: AbortSignal,
): Promise<IBinaryData> {
	// n8n's store may put the cause for which a stream broke into words of its own.
	let failure: Error | undefined;
	async function* bytes(): AsyncGenerator<Buffer> {
		try {
			yield* copyFilm(film, async (position) => await opened(sources[position]));
		} catch (cause) {
			failure = asOurs(cause);
			throw asOurs(cause);
		}
	}
	try {
		const streams = sources.find(({ streamClass }) => streamClass)?.streamClass;
		const content = streams
			? streams.from(bytes(), { objectMode: false })
			: await gathered(bytes(), film.bytes);
		return await unlessStopped(ctx.helpers.prepareBinaryData(content, fileName, MIME_TYPE), stop);
	} catch (cause) {
		throw failure ?? (isOurs(cause) ? cause : storeRefused(cause));
	}
}

async function opened(source: Source | undefined) {
	if (!source) throw unforeseen('a clip is missing');
	return await source.open();
}
