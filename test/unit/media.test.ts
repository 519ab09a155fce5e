/** What a media field may hold, told by the first bytes of the file. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StoredMedia, toApiMedia } from '../../nodes/AimlVeo/request/media';
import type { MediaKind } from '../../nodes/AimlVeo/request/media';
import { splitMediaList } from '../../nodes/AimlVeo/request/mediaList';
import { sniffMimeType } from '../../nodes/AimlVeo/request/sniff';
import { isUnset } from '../../nodes/AimlVeo/shared/values';
import { filesOf, noFiles, refusalOf, storedFilesOf } from './support';

const media = (name: string) => readFileSync(join(__dirname, '..', '..', 'sandbox', 'media', name));
const bytes = (text: string) => Buffer.from(text, 'latin1');
const ftyp = (brand: string) => bytes(`\0\0\0\x20ftyp${brand}\0\0\0\0`);
const PNG = bytes('\x89PNG\r\n\x1a\n\0\0\0\rIHDR');
const PNG_URI = `data:image/png;base64,${PNG.toString('base64')}`;

describe('sniffMimeType', () => {
	test.each<[string, Buffer, string | undefined]>([
		['a PNG of the sandbox', media('first-frame.png'), 'image/png'],
		['a JPEG of the sandbox', media('first-frame.jpg'), 'image/jpeg'],
		['an MP4 of the sandbox', media('landscape-4s.mp4'), 'video/mp4'],
		['WebP', bytes('RIFF\x24\0\0\0WEBPVP8 '), 'image/webp'],
		['WAV', bytes('RIFF\x24\0\0\0WAVEfmt '), undefined],
		['MOV', ftyp('qt  '), 'video/quicktime'],
		['MP4 of another brand', ftyp('dash'), 'video/mp4'],
		['AVIF', ftyp('avif'), undefined],
		['HEIC', ftyp('heic'), undefined],
		['audio', ftyp('M4A '), undefined],
		['WebM', bytes('\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm'), 'video/webm'],
		['Matroska', bytes('\x1a\x45\xdf\xa3\x9f\x42\x82\x88matroska'), undefined],
		['GIF', bytes('GIF89a'), undefined],
		['a PNG that is cut', bytes('\x89PNG\r\n'), undefined],
		['nothing', Buffer.alloc(0), undefined],
	])('%s', (_name, head, mimeType) => {
		expect(sniffMimeType(head)).toBe(mimeType);
	});
});

const take = async (value: unknown, kind: MediaKind = 'image', files = noFiles) =>
	await toApiMedia(value, kind, 'First Frame', files, true);

describe('what is taken', () => {
	test.each(['https://example.com/a.png?x=1,2#y', 'http://127.0.0.1/a', 'HTTPS://EXAMPLE.COM/A'])(
		'the URL %s, as it is',
		async (url) => {
			expect(await take(` ${url} `)).toBe(url);
		},
	);

	test('a data URI, with the type that its bytes tell', async () => {
		const base64 = PNG.toString('base64');
		expect(await take(`data:;base64,${base64}`)).toBe(PNG_URI);
		expect(await take(`DATA:image/jpeg;charset=x; base64 ,${base64}`)).toBe(PNG_URI);
	});

	test('a binary field by its name, also when it looks like something else', async () => {
		const files = filesOf({ photo: PNG, 'https://a.b/c': PNG });
		expect(await take('photo', 'image', files)).toBe(PNG_URI);
		expect(await take('https://a.b/c', 'image', files)).toBe(PNG_URI);
	});

	test('a binary object', async () => {
		const file = { mimeType: 'text/plain', data: PNG.toString('base64') };
		expect(await take(file, 'image', filesOf({}))).toBe(PNG_URI);
	});

	test('a video for extending', async () => {
		const clip = media('landscape-4s.mp4');
		const uri = await take('clip', 'video', filesOf({ clip }));
		expect(uri).toBe(`data:video/mp4;base64,${clip.toString('base64')}`);
	});
});

describe('a stored file', () => {
	const photo = media('first-frame.png');
	const stored = async (file = photo, folder?: string) => {
		const { source, reads } = storedFilesOf({ photo: file }, folder);
		const value = (await take('photo', 'image', source)) as StoredMedia;
		expect(value).toBeInstanceOf(StoredMedia);
		return { value, reads };
	};

	test('is checked by its head and read only when it is sent', async () => {
		const { value, reads } = await stored();
		const uri = `data:image/png;base64,${photo.toString('base64')}`;
		expect(value.preview(60)).toBe(uri.slice(0, 60));
		expect(value).toHaveLength(uri.length);
		expect(reads).toEqual([]);
		expect(await value.load()).toBe(uri);
		expect(reads).toEqual(['photo']);
	});

	test('stays the same when n8n moves it to the folder of its execution', async () => {
		const { value } = await stored();
		const moved = await stored(photo, 's3:workflows/1/executions/2');
		expect(JSON.stringify(value)).toBe('"id-of-photo"');
		expect(JSON.stringify(moved.value)).toBe(JSON.stringify(value));
	});

	test('is refused by its head, or its size', async () => {
		const large = Buffer.concat([PNG, Buffer.alloc(20_000_001 - PNG.length)]);
		for (const [file, message] of [
			[bytes('hello there'), 'is not an image'],
			[large, 'is too large'],
		] as const) {
			const { source, reads } = storedFilesOf({ photo: file });
			expect((await refusalOf(take('photo', 'image', source))).message).toContain(message);
			expect(reads).toEqual([]);
		}
	});

	test('that is gone when it is sent is named', async () => {
		const { source } = storedFilesOf({ photo });
		const gone = async () => await Promise.reject(new Error('no such file'));
		const open = async (name: string) => ({ ...(await source.open(name, '')), read: gone });
		const value = await take('photo', 'image', { ...source, open } as typeof source);
		const refusal = await refusalOf((value as StoredMedia).load());
		expect(refusal.message).toBe("The file in 'First Frame' could not be read");
	});
});

describe('what is refused', () => {
	const files = filesOf({
		photo: PNG,
		text: bytes('hello there'),
		page: bytes(' <!DOCTYPE HTML><p>'),
		zip: bytes('PK\x03\x04\x14\0\x08\0'),
		nothing: Buffer.alloc(0),
		clip: ftyp('isom'),
	});
	test.each<[string, unknown, string, string]>([
		['a list', ['photo'], 'is not a URL, a data URI, or a binary field', '$binary'],
		['a number', 5, 'is not a URL, a data URI, or a binary field', '$binary'],
		['an object', { data: 'x' }, 'is not a URL, a data URI, or a binary field', '$binary'],
		['an unknown name', 'foto', 'is neither a URL nor a binary field of the item', "'foto'"],
		['a path', '/etc/passwd', 'is neither a URL nor a binary field of the item', 'photo, text'],
		['another scheme', 'ftp://a/b', 'is not a URL that the API can open', 'https://'],
		['a local file', 'file:///a', 'is not a URL that the API can open', 'https://'],
		['a script', 'javascript:alert(1)', 'is not a URL that the API can open', 'https://'],
		['a URL with a password', 'https://a:b@c.d', 'is not a URL that the API can open', 'password'],
		['half a URL', 'https://', 'is not a URL that the API can open', 'https://'],
		['no base64', 'data:image/png,abc', 'a data URI that cannot be read', 'Base64'],
		['no comma', 'data:image/png;base64', 'a data URI that cannot be read', 'Base64'],
		['empty data', 'data:image/png;base64,', 'a data URI that cannot be read', 'Base64'],
		['broken Base64', 'data:image/png;base64,a*b', 'a data URI that cannot be read', 'Base64'],
		['data of text', 'data:image/png;base64,aGVsbG8=', 'is not an image', 'the data URI is text'],
		['a text file', 'text', 'is not an image', "'text' is text"],
		['a web page', 'page', 'is not an image', "'page' is a web page"],
		['an archive', 'zip', 'is not an image', "'zip' is a file of another type"],
		['an empty file', 'nothing', 'is not an image', "'nothing' is empty"],
		['a video', 'clip', 'is not an image', "'clip' is video/mp4"],
	])('%s', async (_name, value, message, hint) => {
		const refusal = await refusalOf(take(value, 'image', files));
		expect(refusal.message).toContain("'First Frame'");
		expect(refusal.message).toContain(message);
		expect(refusal.details.description).toContain(hint);
	});

	test('an image as a video', async () => {
		const refusal = await refusalOf(take('photo', 'video', files));
		expect(refusal.message).toBe("The file in 'First Frame' is not a video");
		expect(refusal.details.description).toContain('MP4, WebM, or MOV');
	});

	test('a file that n8n cannot open, with the cause', async () => {
		const broken = { ...noFiles, fields: ['photo'] };
		const refusal = await refusalOf(take('photo', 'image', broken));
		expect(refusal.message).toBe("The file in 'First Frame' could not be read");
		expect(refusal.details.description).toContain("'photo': no such file");
	});

	test.each<[string, object]>([
		['without a name', { mimeType: 'image/png' }],
		['with a name that is no text', { mimeType: 'image/png', fileName: { a: 1 } }],
	])('a binary object %s', async (_name, value) => {
		const refusal = await refusalOf(take(value, 'image', noFiles));
		expect(refusal.details.description).toContain("'the binary object': no such file");
	});
});

describe('sizes', () => {
	const pngOf = (byteLength: number) => Buffer.concat([PNG, Buffer.alloc(byteLength - PNG.length)]);
	const uriOf = (file: Buffer) => `data:image/png;base64,${file.toString('base64')}`;

	test('20 MB pass', async () => {
		const file = pngOf(20_000_000);
		expect(await take('photo', 'image', filesOf({ photo: file }))).toBe(uriOf(file));
		expect(await take(uriOf(file))).toBe(uriOf(file));
	});

	test('one byte more does not', async () => {
		const files = filesOf({ photo: pngOf(20_000_001) });
		const refusal = await refusalOf(take('photo', 'image', files));
		expect(refusal.message).toBe("The file in 'First Frame' is too large");
		expect(refusal.details.description).toContain('It is 21 MB, but at most 20 MB');
	});

	test('nor in a data URI', async () => {
		const refusal = await refusalOf(take(uriOf(pngOf(20_000_001))));
		expect(refusal.message).toBe("The file in 'First Frame' is too large");
	});

	test('a video may be larger', async () => {
		const clip = Buffer.concat([ftyp('isom'), Buffer.alloc(21_000_000)]);
		expect(await take('clip', 'video', filesOf({ clip }))).toMatch(/^data:video\/mp4/);
	});
});

describe('splitMediaList', () => {
	const a = 'https://e.com/a.png';
	const b = 'https://e.com/b,c.png';
	test.each<[string, unknown, unknown[]]>([
		['nothing', undefined, []],
		['blank', ' ', []],
		['one', a, [a]],
		['a list', [a, b], [a, b]],
		['a list with gaps', ['', a, null, ' '], [a]],
		['lists in lists', [[a], [[b]]], [a, b]],
		['separated by commas', `${a}, ${b},photo`, [a, b, 'photo']],
		['commas at the end', `${a}, ,`, [a]],
		['commas only', ',,', []],
		['commas inside', b, [b]],
		['data URIs', `${PNG_URI},${PNG_URI}`, [PNG_URI, PNG_URI]],
		[
			'a data URI with a name-like content',
			'data:image/png;base64,abc',
			['data:image/png;base64,abc'],
		],
		['names', 'one, two,three', ['one', 'two', 'three']],
		['a JSON list as text', JSON.stringify([a, b]), [a, b]],
		['a text that begins like a list', '[draft', ['[draft']],
		['an object', { mimeType: 'image/png' }, [{ mimeType: 'image/png' }]],
		['a number', 5, [5]],
	])('%s', (_name, value, parts) => {
		expect(splitMediaList(value, filesOf({ one: PNG, two: PNG, three: PNG, photo: PNG }))).toEqual(
			parts,
		);
	});
});

test('isUnset', () => {
	for (const value of [undefined, null, '', ' \t']) expect(isUnset(value)).toBe(true);
	for (const value of [0, false, 'a', [], {}]) expect(isUnset(value)).toBe(false);
});
