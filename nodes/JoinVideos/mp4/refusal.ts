/** Why clips cannot be joined, as data: one entry for each reason, with the values that a message needs. */

/** What two clips must have in common. */
export type Trait =
	| 'size'
	| 'shape'
	| 'rotation'
	| 'codec'
	| 'decoder configuration'
	| 'NAL length size'
	| 'sound format'
	| 'sound configuration'
	| 'sample rate'
	| 'channel count'
	| 'frame length';

export type Refusal =
	| { reason: 'empty' }
	/** `found` is what the first bytes look like, with its article. */
	| { reason: 'notMp4'; found: string }
	/** The file ends before its `moov` box. */
	| { reason: 'cutBeforeIndex' }
	| { reason: 'indexTooLarge'; bytes: number; limit: number }
	| { reason: 'tooManySamples'; count: number; limit: number }
	/** Of a sound track. */
	| { reason: 'tooManySoundFrames'; count: number; limit: number }
	| { reason: 'tooLong'; seconds: number; limit: number }
	| { reason: 'compressedIndex' }
	/** `box` is the type of the box whose content contradicts itself or the file. */
	| { reason: 'damagedIndex'; box: string }
	| { reason: 'fragmented' }
	| { reason: 'encrypted'; format: string }
	| { reason: 'noPicture' }
	| { reason: 'dataMissing'; bytes: number }
	/** The clip plays only a part of its frames. */
	| { reason: 'trimmed'; atStart: number; atEnd: number }
	| { reason: 'edited'; what: 'several edits' | 'another speed' | 'late picture' }
	| { reason: 'soundVaries' }
	/** The sizes of the sound's frames are not in bytes. */
	| { reason: 'unmeasuredSound' }
	| { reason: 'differ'; trait: Trait; clips: [number, number]; values: [string, string] }
	/** The clip needs silence, which can be made for AAC-LC with one or two channels only. */
	| { reason: 'noSilence'; format: string; seconds: number };

/** Thrown instead of any other error when the cause lies in the clips. */
export class Refused extends Error {
	/** @param clip position of the clip, where one alone is the cause and it is known */
	constructor(
		readonly refusal: Refusal,
		readonly clip?: number,
	) {
		super(refusal.reason);
		this.name = 'Refused';
	}

	/** The same refusal of the clip at this position, unless it names its clip already. */
	of(clip: number): Refused {
		return this.clip === undefined ? new Refused(this.refusal, clip) : this;
	}
}

/** The refusal of an index that contradicts itself, with the box in which that shows. */
export const damaged = (box: string) => new Refused({ reason: 'damagedIndex', box });
