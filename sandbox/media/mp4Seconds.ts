/** Reads how long an MP4 plays, as its movie header (`mvhd`) says. */

/**
 * Seconds of the video.
 * @throws Error when the bytes hold no movie header
 * @see ISO/IEC 14496-12, 8.2.2
 */
export function mp4Seconds(bytes: Buffer): number {
	const at = bytes.indexOf('mvhd', 0, 'latin1');
	if (at < 0) throw new Error('Not an MP4: it has no movie header');
	const isLong = bytes.readUInt8(at + 4) === 1;
	const timescale = bytes.readUInt32BE(at + (isLong ? 24 : 16));
	const duration = isLong ? Number(bytes.readBigUInt64BE(at + 28)) : bytes.readUInt32BE(at + 20);
	return duration / timescale;
}
