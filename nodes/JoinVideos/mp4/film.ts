/** The plan of a film: all that is known before a byte of it is written. */
import type { Clip } from './clip';
import { checkFit, shownSizeOf } from './fit';
import { layOut } from './layout';
import type { Layout } from './layout';
import { writeHead } from './moov';
import { planPicture } from './pictureTrack';
import type { PictureTrack } from './pictureTrack';
import { Refused } from './refusal';
import { planSound } from './soundTrack';
import type { SoundTrack } from './soundTrack';

/** A day: what claims to be longer would take its silence from thin air. */
const LIMIT_S = 86_400;
/** Precision of the seconds in the result. */
const PER_SECOND = 1_000_000;

export interface Film {
	readonly clips: readonly Clip[];
	readonly picture: PictureTrack;
	readonly sound?: SoundTrack;
	readonly layout: Layout;
	/** Everything in front of the data: `ftyp`, `moov`, the header of `mdat`. */
	readonly head: Buffer;
	/** Size of the whole file. */
	readonly bytes: number;
	/** Pixels, as a person sees them. */
	readonly width: number;
	readonly height: number;
	/** Seconds. */
	readonly duration: number;
	readonly starts: readonly number[];
	readonly durations: readonly number[];
}

/**
 * Plans the film of these clips, in this order.
 * @param needsSetsInside after copying it has ended with `SetsChange`
 * @throws Refused when they cannot be joined
 */
export function planFilm(
	clips: readonly Clip[],
	withSound: boolean,
	needsSetsInside = false,
): Film {
	checkFit(clips, withSound);
	const picture = planPicture(clips, needsSetsInside);
	const length = (picture.starts.at(-1) ?? 0) / picture.timescale;
	if (length > LIMIT_S) throw new Refused({ reason: 'tooLong', seconds: length, limit: LIMIT_S });
	const sound = withSound ? planSound(clips, picture) : undefined;
	const layout = layOut(clips, picture, sound);
	const head = writeHead({ clips, picture, sound, layout });
	const seconds = (ticks: number) =>
		Math.round((ticks / picture.timescale) * PER_SECOND) / PER_SECOND;
	const { starts } = picture;
	const [first] = clips;
	return {
		clips,
		picture,
		sound,
		layout,
		head,
		bytes: head.length + layout.bytes,
		...(first ? shownSizeOf(first.picture) : { width: 0, height: 0 }),
		duration: seconds(starts.at(-1) ?? 0),
		starts: starts.slice(0, -1).map(seconds),
		durations: starts.slice(1).map((end, position) => seconds(end - (starts[position] ?? 0))),
	};
}
