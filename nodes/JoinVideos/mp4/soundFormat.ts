/** How the sound of a track is encoded: its audio sample entries (ISO/IEC 14496-12, 12.2.3). */
import { childOf, childrenOf } from './boxes';
import type { Box } from './boxes';
import { configurationOf, indicationOf, specificInfoOf } from './decoderConfig';
import { ownEntry } from './pictureFormat';
import { damaged, Refused } from './refusal';

/** Fields of an AudioSampleEntry before its boxes. */
const FIELDS_BYTES = 28;
const ENTRY_LIMIT_BYTES = 2 ** 16;
/** Sampling frequencies by their index (ISO/IEC 14496-3, 1.6.3.4). */
const RATES = [
	96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
];
/** The index can name no higher one. */
const MAX_RATE = 96_000;
/** Object type indications of AAC: MPEG-4, and the three profiles of MPEG-2 (ISO/IEC 14496-1, table 5). */
const AAC_INDICATIONS = [0x40, 0x66, 0x67, 0x68];
/** AAC-LC with one raw data block that holds no spectral data, for one channel and for two (14496-3, 4.4.2.1). */
const SILENCE: Record<number, string> = { 1: '00000007', 2: '21000000001c' };
const AAC_LC = 2;
const NAMES: Record<number, string> = {
	1: 'AAC Main',
	2: 'AAC-LC',
	3: 'AAC-SSR',
	4: 'AAC-LTP',
	5: 'HE-AAC',
	29: 'HE-AAC v2',
};

export interface SoundFormat {
	/** The format's name for people. */
	readonly name: string;
	readonly sampleRate: number;
	readonly channels: number;
	/** Samples a frame; undefined when the tables must show it. */
	readonly frameLength?: number;
	/** For AAC: the AudioSpecificConfig, and what kind of stream it is. */
	readonly aac?: { readonly config: Buffer; readonly indication: number };
	/**
	 * Whether a frame can have a single byte. For other sound old QuickTime files write 1 as the size of all
	 * frames, whatever it is (QuickTime File Format, sample size atoms).
	 */
	readonly isByteWide: boolean;
	/** Equal for equal decoder configurations, where it is not AAC. */
	readonly configuration: string;
	/** The whole sample entry, header included. */
	readonly entry: Buffer;
	/** One frame of silence, where it can be made. */
	readonly silence?: Buffer;
}

/** Reads numbers of any width from bytes; zeros after their end, as a decoder does. */
class Bits {
	private at = 0;
	constructor(private readonly bytes: Buffer) {}
	get left(): number {
		return 8 * this.bytes.length - this.at;
	}
	take(width: number): number {
		let value = 0;
		for (let bit = 0; bit < width; bit++, this.at++) {
			value = value * 2 + (((this.bytes[this.at >> 3] ?? 0) >> (7 - (this.at & 7))) & 1);
		}
		return value;
	}
}

/** AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1) with GASpecificConfig (4.4.1). */
export function readAacConfig(config: Buffer) {
	const bits = new Bits(config);
	const objectType = () => {
		const type = bits.take(5);
		return type === 31 ? 32 + bits.take(6) : type;
	};
	const frequency = () => {
		const index = bits.take(4);
		return index === 15 ? bits.take(24) : (RATES[index] ?? 0);
	};
	let kind = objectType();
	const sampleRate = frequency();
	const channels = bits.take(4);
	const isHe = kind === 5 || kind === 29;
	if (isHe) {
		frequency();
		objectType();
	}
	const frameLength = bits.take(1) === 1 ? 960 : 1024;
	if (bits.take(1) === 1) bits.take(14);
	bits.take(1);
	// The backward compatible way to announce SBR: decoders without it see plain AAC-LC (1.6.6.2).
	const announcesSbr = bits.left >= 17 && bits.take(11) === 0x2b7 && bits.take(5) === 5;
	if (announcesSbr && bits.take(1) === 1) kind = 5;
	return { kind, sampleRate, channels, frameLength };
}

/** QuickTime's versions of the entry are longer (QuickTime File Format, sound sample description). */
function fieldsBytes(box: Box, stsdVersion: number): number {
	const version = stsdVersion === 0 ? box.u16(8) : 0;
	return FIELDS_BYTES + ({ 1: 16, 2: 36 }[version] ?? 0);
}

/**
 * The fields that a decoder of uncompressed sound goes by: version, channels, bits, rate, and those of the
 * longer versions, such as the order of bytes.
 */
const ownFieldsOf = (box: Box, fields: number): string =>
	[box.slice(8, 10), box.slice(16, 20), box.slice(24, fields)]
		.map((bytes) => bytes.toString('hex'))
		.join(' ');

function readEntry(box: Box, stsdVersion: number): SoundFormat {
	if (box.length > ENTRY_LIMIT_BYTES || box.length < FIELDS_BYTES) throw damaged('stsd');
	const fields = fieldsBytes(box, stsdVersion);
	if (box.type === 'enca' || childOf(box, 'sinf', fields)) {
		throw new Refused({ reason: 'encrypted', format: box.type });
	}
	const wave = childOf(box, 'wave', fields);
	const esds = childOf(box, 'esds', fields) ?? (wave && childOf(wave, 'esds'));
	const known = {
		channels: box.u16(16),
		sampleRate: box.u16(24),
		isByteWide: box.u16(16) === 1 && (box.u16(18) <= 8 || /^[au]law$/.test(box.type)),
		entry: ownEntry(box),
		configuration: `${ownFieldsOf(box, fields)} ${configurationOf(box, fields)}`,
	};
	if (box.type !== 'mp4a' || !esds) return { ...known, name: box.type.trim() };
	const indication = indicationOf(esds);
	if (!AAC_INDICATIONS.includes(indication)) {
		return { ...known, name: indication === 0x6b || indication === 0x69 ? 'MP3' : 'mp4a' };
	}
	return { ...known, ...aacFormat(specificInfoOf(esds), indication, known.channels) };
}

function aacFormat(config: Buffer, indication: number, entryChannels: number) {
	const { kind, sampleRate, channels, frameLength } = readAacConfig(config);
	// Frames of other object types, such as USAC, have lengths of their own.
	if (!(kind in NAMES) || sampleRate === 0) return { name: `AAC object type ${kind}` };
	const isPlain = kind === AAC_LC && frameLength === 1024 && sampleRate <= MAX_RATE;
	const silence = isPlain ? SILENCE[channels] : undefined;
	return {
		name: NAMES[kind] ?? '',
		sampleRate,
		// The configuration 7 stands for eight channels (1.6.3.5).
		channels: channels === 0 ? entryChannels : channels === 7 ? 8 : channels,
		frameLength,
		// Without a channel configuration a program config element lists the channels (4.4.1.1).
		configuration: channels === 0 ? config.toString('hex') : '',
		aac: { config, indication },
		silence: silence ? Buffer.from(silence, 'hex') : undefined,
	};
}

/**
 * The format of a sound track.
 * @param used which sample entries samples refer to
 * @throws Refused when they differ: only frames of one format can follow each other
 */
export function readSoundFormat(stsd: Box, used: ReadonlySet<number>): SoundFormat {
	const formats: SoundFormat[] = [];
	let entry = 0;
	for (const box of childrenOf(stsd, 8)) {
		if (used.has(entry)) formats.push(readEntry(box, stsd.version));
		entry += 1;
	}
	const [first, ...others] = formats;
	if (!first || formats.length < used.size) throw damaged('stsd');
	if (others.some((other) => soundDifference(first, other))) {
		throw new Refused({ reason: 'soundVaries' });
	}
	return first;
}

/** In what two formats differ, with both values; undefined when one track can hold frames of both. */
export function soundDifference(a: SoundFormat, b: SoundFormat) {
	const differ = (
		trait:
			| 'sound format'
			| 'sound configuration'
			| 'sample rate'
			| 'channel count'
			| 'frame length',
	) => {
		const value = ({ name, sampleRate, channels, frameLength }: SoundFormat) =>
			({
				'sound format': name,
				'sound configuration': `${name} of its own kind`,
				'sample rate': `${sampleRate} Hz`,
				'channel count': String(channels),
				'frame length': String(frameLength),
			})[trait];
		return { trait, values: [value(a), value(b)] as [string, string] };
	};
	if (a.name !== b.name) return differ('sound format');
	if (a.sampleRate !== b.sampleRate) return differ('sample rate');
	if (a.channels !== b.channels) return differ('channel count');
	if (a.frameLength !== b.frameLength) return differ('frame length');
	return a.configuration !== b.configuration ? differ('sound configuration') : undefined;
}
