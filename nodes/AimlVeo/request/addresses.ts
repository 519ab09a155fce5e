/** From which addresses the API cannot fetch a file: pages that only show it, and private networks. */

/** A service whose share links open a page instead of the file. */
interface Service {
	readonly name: string;
	readonly host: RegExp;
	/** Tried on the path with its query; without it all of the host is pages. */
	readonly page?: RegExp;
	readonly wayOut: string;
}

const byNode = (node: string) =>
	`Download the file with n8n's ${node} node and enter the name of its binary field`;
const DOWNLOAD =
	'Download the file and enter the name of its binary field, or enter the direct URL of the file';

const SERVICES: readonly Service[] = [
	{
		name: 'Google Drive',
		host: /^(drive|docs)\.google\.com$/,
		// `uc` and `thumbnail` return the file of a public link.
		page: /^\/(?!uc\b|thumbnail\b)/,
		wayOut: byNode('Google Drive'),
	},
	{ name: 'Google Photos', host: /^photos\.(google\.com|app\.goo\.gl)$/, wayOut: DOWNLOAD },
	{
		name: 'Dropbox',
		host: /^(www\.)?dropbox\.com$/,
		page: /^(?!.*[?&](dl|raw)=1(&|$))/,
		wayOut: `Change dl=0 to dl=1 at the end of the link, or download the file with n8n's Dropbox node and enter the name of its binary field`,
	},
	{
		name: 'OneDrive',
		host: /^(1drv\.ms|onedrive\.live\.com|.+\.sharepoint\.com)$/,
		page: /^(?!\/download\b|.*\/_layouts\/15\/download\.aspx|.*[?&]download=1(&|$))/,
		wayOut: byNode('Microsoft OneDrive'),
	},
	{ name: 'iCloud', host: /^(www|share)\.icloud\.com$/, wayOut: DOWNLOAD },
	{ name: 'WeTransfer', host: /^((.+\.)?wetransfer\.com|we\.tl)$/, wayOut: DOWNLOAD },
	{ name: 'Box', host: /^(.+\.)?box\.com$/, page: /^\/(s|file|folder)\//, wayOut: byNode('Box') },
	{ name: 'MEGA', host: /^mega\.(nz|io)$/, wayOut: DOWNLOAD },
	{ name: 'YouTube', host: /^((www|m|music)\.)?(youtube\.com|youtu\.be)$/, wayOut: DOWNLOAD },
	{ name: 'Vimeo', host: /^(www\.)?vimeo\.com$/, page: /^\/\d+/, wayOut: DOWNLOAD },
	{ name: 'TikTok', host: /^((www|vm|m)\.)?tiktok\.com$/, wayOut: DOWNLOAD },
	{
		name: 'Instagram',
		host: /^(www\.)?instagram\.com$/,
		page: /^\/(p|reels?|tv|stories)\//,
		wayOut: DOWNLOAD,
	},
	{
		name: 'GitHub',
		host: /^github\.com$/,
		page: /^\/[^/]+\/[^/]+\/blob\/(?!.*[?&]raw=(1|true)\b)/,
		wayOut: "Use the URL that 'Raw' opens on that page",
	},
];

/** The service whose page this is, or undefined. */
export function sharePageOf(url: URL): Service | undefined {
	const path = url.pathname + url.search;
	return SERVICES.find(({ host, page }) => host.test(url.hostname) && (page?.test(path) ?? true));
}

/** The first four bytes of an IPv4 address, also inside an IPv6 one such as `::ffff:7f00:1`. */
function ipv4Of(host: string): number[] | undefined {
	if (/^\d+(\.\d+){3}$/.test(host)) return host.split('.').map(Number);
	const [, high = '', low = ''] = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/.exec(host) ?? [];
	if (high === '') return undefined;
	const words = [parseInt(high, 16), parseInt(low, 16)];
	return words.flatMap((word) => [word >> 8, word & 255]);
}

function isPrivateIpv4([a = 0, b = 0]: number[]): boolean {
	return (
		[0, 10, 127].includes(a) ||
		(a === 172 && b >= 16 && b <= 31) ||
		(a === 192 && b === 168) ||
		(a === 169 && b === 254) ||
		// Carrier-grade NAT, which Tailscale uses too.
		(a === 100 && b >= 64 && b <= 127)
	);
}

/** Names of home and office networks. */
const PRIVATE_NAME = /(^|\.)(localhost|local|internal|intranet|lan|home|corp|home\.arpa)$/;

/**
 * Whether only machines of the same network can reach this address.
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 */
export function isPrivate(url: URL): boolean {
	const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
	const ipv4 = ipv4Of(host);
	if (ipv4) return isPrivateIpv4(ipv4);
	if (host.includes(':')) return /^(::1?$|f[cd]|fe[89ab])/.test(host);
	return !host.includes('.') || PRIVATE_NAME.test(host);
}

/** Whether a text is an address of a private network; no when it is no address. */
export function isPrivateAddress(text: string): boolean {
	try {
		return isPrivate(new URL(text));
	} catch {
		return false;
	}
}

/** `example.com/a.jpg`, `//cdn.example.com/a.jpg`, `www.example.com`: a web address without its scheme. */
export const lacksScheme = (text: string): boolean =>
	/^(\/\/[\w-]+(\.[\w-]+)+|([a-z\d-]+\.)+[a-z]{2,}(:\d+)?\/|www\.[\w-]+\.)\S*$/i.test(text);
