/** Whether clips can follow each other in one track, and which two values prevent it. */
import type { Clip, Picture } from './clip';
import type { PictureFormat } from './pictureFormat';
import { Refused } from './refusal';
import type { Trait } from './refusal';
import { soundDifference } from './soundFormat';

interface Difference {
	trait: Trait;
	values: [string, string];
}

/** What a player does to the picture: the matrix without its shift (ISO/IEC 14496-12, 8.3.2). */
function rotationOf({ matrix }: Picture): string {
	const [a, b, c, d] = [0, 4, 12, 16].map((at) => matrix.readInt32BE(at) / 2 ** 16);
	const known: Record<string, string> = {
		'1,0,0,1': 'not rotated',
		'0,1,-1,0': 'rotated by 90°',
		'-1,0,0,-1': 'rotated by 180°',
		'0,-1,1,0': 'rotated by 270°',
	};
	const key = [a, b, c, d].join();
	return known[key] ?? `transformed (${key})`;
}

/** The size that a person sees: rotated by a quarter, width and height are swapped. */
export function shownSizeOf(picture: Picture): { width: number; height: number } {
	const width = Math.round(picture.shownWidth);
	const height = Math.round(picture.shownHeight);
	const isUpright = !/ 90| 270/.test(rotationOf(picture));
	return isUpright ? { width, height } : { width: height, height: width };
}

const sizeOf = ({ width, height }: PictureFormat) => `${width} × ${height}`;
const shapeOf = ({ shownWidth, shownHeight }: Picture) =>
	`${Math.round(shownWidth)} × ${Math.round(shownHeight)}`;

/** Sample entries of H.264 may differ: each clip brings its parameter sets along. */
function formatDifference(a: PictureFormat, b: PictureFormat): Difference | undefined {
	const differ = (trait: Trait, value: (format: PictureFormat) => string): Difference => ({
		trait,
		values: [value(a), value(b)],
	});
	if (sizeOf(a) !== sizeOf(b)) return differ('size', sizeOf);
	if (a.type !== b.type) return differ('codec', ({ codec }) => codec);
	if (a.avc && b.avc) {
		return a.avc.lengthBytes === b.avc.lengthBytes
			? undefined
			: differ('NAL length size', ({ avc }) => `${avc?.lengthBytes} bytes`);
	}
	if (a.configuration === b.configuration) return undefined;
	return differ('decoder configuration', ({ codec }) => `${codec} of its own kind`);
}

/** A person sees the same size, but one clip's frames lie on their side, as phones record them. */
function isOnlyRotated(a: Picture, b: Picture): boolean {
	const [one, other] = [shownSizeOf(a), shownSizeOf(b)];
	return (
		one.width === other.width && one.height === other.height && rotationOf(a) !== rotationOf(b)
	);
}

function pictureDifference(a: Picture, b: Picture): Difference | undefined {
	const rotations: [string, string] = [rotationOf(a), rotationOf(b)];
	const [first] = Object.values(a.formats);
	for (const format of Object.values(b.formats)) {
		const difference = first && formatDifference(first, format);
		if (difference?.trait === 'size' && isOnlyRotated(a, b)) {
			return { trait: 'rotation', values: rotations };
		}
		if (difference) return difference;
	}
	// Another sample aspect ratio shows here: it would be drawn in the first clip's shape.
	if (shapeOf(a) !== shapeOf(b)) return { trait: 'shape', values: [shapeOf(a), shapeOf(b)] };
	return rotations[0] === rotations[1] ? undefined : { trait: 'rotation', values: rotations };
}

/**
 * @param withSound whether the clips' sound is to be joined, too
 * @throws Refused with the first clip that differs, the one it differs from, and both values
 */
export function checkFit(clips: readonly Clip[], withSound: boolean): void {
	const [first] = clips;
	const sounding = withSound ? clips.findIndex(({ sound }) => sound) : -1;
	const sound = clips[sounding]?.sound;
	for (const [position, clip] of clips.entries()) {
		const difference = first && pictureDifference(first.picture, clip.picture);
		if (difference) throw new Refused({ reason: 'differ', clips: [0, position], ...difference });
		if (!sound || !clip.sound) continue;
		const unlike = soundDifference(sound.format, clip.sound.format);
		if (unlike) throw new Refused({ reason: 'differ', clips: [sounding, position], ...unlike });
		if (sound.timescale !== clip.sound.timescale || sound.frameTicks !== clip.sound.frameTicks) {
			const values: [string, string] = [
				`${sound.frameTicks} of ${sound.timescale} a second`,
				`${clip.sound.frameTicks} of ${clip.sound.timescale} a second`,
			];
			throw new Refused({
				reason: 'differ',
				trait: 'frame length',
				clips: [sounding, position],
				values,
			});
		}
	}
}
