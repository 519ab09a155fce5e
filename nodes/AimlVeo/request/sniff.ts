/** What a file is, by its first bytes and never by its name. */

/** What the first bytes say. */
export interface Format {
	/** As a message names it. */
	readonly name: string;
	/** The media type of what the API accepts; undefined for everything else. */
	readonly mimeType?: string;
	/** What a person would call it, if the API accepts other files of its kind; then with the way to get one. */
	readonly kind?: 'image' | 'video';
	readonly wayOut?: string;
}

const taken = (mimeType: string): Format => ({ name: mimeType, mimeType });
const image = (name: string, wayOut = 'Convert it to JPEG or PNG before this node'): Format => ({
	name,
	kind: 'image',
	wayOut,
});
const video = (name: string): Format => ({
	name,
	kind: 'video',
	wayOut: 'Convert it to MP4 before this node',
});

const latin = (bytes: Buffer, from: number, to: number) => bytes.toString('latin1', from, to);

const HEIC = image(
	'HEIC from an iPhone',
	"Convert it to JPEG before this node. To take photos as JPEG, choose 'Settings > Camera > Formats > Most Compatible' on the iPhone",
);
const AVIF = image('AVIF');

/**
 * Brands of files that hold a video, and no others: audio books, still images and camera raw files have
 * the same first bytes otherwise.
 * @see https://mp4ra.org/registered-types/brands
 */
const VIDEO_BRANDS = new Set(
	(
		'isom,iso2,iso3,iso4,iso5,iso6,iso7,iso8,iso9,isoa,isob,isoc,mp41,mp42,mp71,avc1,avc3,hvc1,hev1,' +
		'av01,M4V ,M4VH,M4VP,dash,msdh,msix,cmfc,cmf2,cmff,cmfl,cmfs,piff,isml,lmsg,MSNV,msnv,mmp4,mp4v,' +
		'f4v ,F4V ,F4P ,XAVC,FACE,niko,pana,CAEP,NDSC,NDSH,NDSM,NDSP,NDSS,NDXC,NDXH,NDXM,NDXP,NDXS,' +
		'3g2a,3g2b,3g2c,3ge6,3ge7,3gg6,3gp1,3gp2,3gp3,3gp4,3gp5,3gp6,3gp7,3gp8,3gp9,3gs7,3gr6,KDDI,kddi'
	).split(','),
);

/** Files whose `ftyp` box names one of these. */
function brandOf(bytes: Buffer): Format {
	const brand = latin(bytes, 8, 12);
	if (brand === 'qt  ') return taken('video/quicktime');
	if (VIDEO_BRANDS.has(brand)) return taken('video/mp4');
	if (/^avi[fso]$/.test(brand)) return AVIF;
	if (/^he[iv][cxms]$/.test(brand)) return HEIC;
	// A still image of a neutral brand says further on how it is coded.
	if (/^(mif[12]|msf1|miaf)$/.test(brand)) {
		return latin(bytes, 16, 64).includes('avif') ? AVIF : HEIC;
	}
	if (/^(M4A|M4B|M4P|F4A|F4B) $/i.test(brand)) return { name: 'an audio file' };
	if (/^(crx |jp2 |jpx |jxl )$/.test(brand)) return image('a camera raw or JPEG 2000 image');
	return video(`an MP4 of the unknown brand '${brand.replace(/[^\w -]/g, '?').trim()}'`);
}

/** Older QuickTime files begin with one of these boxes, without an `ftyp`. */
function isQuickTimeBox(bytes: Buffer): boolean {
	const size = bytes.length >= 8 ? bytes.readUInt32BE(0) : 2;
	// A text that holds one of these words here would be a box of half a gigabyte.
	const plausible = size <= 1 || (size >= 8 && size < 0x2000_0000);
	return plausible && /^(wide|mdat|moov|free|skip|pnot)$/.test(latin(bytes, 4, 8));
}

/**
 * Formats with fixed bytes: offset, signature, what it is.
 * @see https://en.wikipedia.org/wiki/List_of_file_signatures
 */
const SIGNATURES: ReadonlyArray<readonly [offset: number, signature: string, format: Format]> = [
	[0, '\x89PNG\r\n\x1a\n', taken('image/png')],
	[0, '\xff\xd8\xff', taken('image/jpeg')],
	[0, 'GIF8', image('a GIF')],
	[0, 'BM', image('a BMP')],
	[0, 'II*\0', image('a TIFF or a camera raw file')],
	[0, 'MM\0*', image('a TIFF or a camera raw file')],
	[0, '8BPS', image('a Photoshop file')],
	[0, '\0\0\x01\0', image('an icon')],
	[0, '\0\0\0\x0cJXL ', image('JPEG XL')],
	[0, '\xff\x0a', image('JPEG XL')],
	[0, '%PDF', image('a PDF', 'Export the page as JPEG or PNG before this node')],
	[0, 'PK\x03\x04', { name: 'a file of another type (ZIP)' }],
	[0, '\x1f\x8b', { name: 'a file of another type (gzip)' }],
	[0, 'FLV\x01', video('Flash video')],
	[0, '\x30\x26\xb2\x75\x8e\x66\xcf\x11', video('Windows Media')],
	[0, '\0\0\x01\xba', video('MPEG')],
	[0, 'ID3', { name: 'an audio file' }],
	[0, 'OggS', video('an Ogg file')],
	[8, 'WEBP', taken('image/webp')],
	[8, 'AVI ', video('AVI')],
	[8, 'WAVE', { name: 'an audio file' }],
];

/** Signatures so short, or so common in other files, that more must fit. */
function holds(bytes: Buffer, offset: number, signature: string): boolean {
	if (latin(bytes, offset, offset + signature.length) !== signature) return false;
	if (signature === 'BM') return bytes.length > 14 && bytes.readUInt32LE(6) === 0;
	return offset === 0 || latin(bytes, 0, 4) === 'RIFF';
}

/** What looks like text to a person: a page, a drawing, a message of a server. */
function textFormat(bytes: Buffer): Format | undefined {
	const head = bytes.toString('utf8', 0, 250).replace(/^\ufeff/, '');
	if (/^\s*<(!doctype html|html|head|body)\b/i.test(head)) return { name: 'a web page' };
	if (/<svg\b/i.test(head) && /^\s*</.test(head)) {
		return image('an SVG drawing', 'Export it as PNG before this node');
	}
	if (/^\s*<\?xml\b/i.test(head)) return { name: 'XML' };
	// The last character may be cut in the middle.
	const isText = !/[^\P{Cc}\s]|\ufffd(?!$)/u.test(head);
	return isText ? { name: 'text' } : undefined;
}

/** What a file is, by up to its first 256 bytes; undefined when they do not show it. */
export function formatOf(bytes: Buffer): Format | undefined {
	if (bytes.length === 0) return { name: 'empty' };
	if (latin(bytes, 4, 8) === 'ftyp') return brandOf(bytes);
	if (isQuickTimeBox(bytes)) return taken('video/quicktime');
	const match = SIGNATURES.find(([offset, signature]) => holds(bytes, offset, signature));
	if (match) return match[2];
	if (latin(bytes, 0, 4) === '\x1a\x45\xdf\xa3') {
		return latin(bytes, 0, 64).includes('webm') ? taken('video/webm') : video('Matroska');
	}
	return textFormat(bytes);
}

/** The media type of a file that the API accepts: PNG, JPEG, WebP, MP4, MOV, WebM; otherwise undefined. */
export const sniffMimeType = (bytes: Buffer): string | undefined => formatOf(bytes)?.mimeType;
