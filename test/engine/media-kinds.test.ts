/** Which file is meant, and whether the API accepts it: never silently the wrong one. */
import type { IDataObject } from 'n8n-workflow';
import { codeWorkflow, veoWorkflow } from './harness';
import { dataUriOf, fileOf, mediaBytes, posts, UNKNOWN_HOST, useEngine } from './setup';

const photo = 'https://example.com/photo.jpg';
const FRAMES = {
	operation: 'create',
	model: 'google/veo-3.1-first-last-image-to-video',
	prompt: 'A hill',
};
const IMAGE = { ...FRAMES, model: 'google/veo-3.1-i2v' };
const REFERENCES = { ...FRAMES, model: 'google/veo-3.1-reference-to-video' };
const EXTEND = { ...FRAMES, model: 'google/veo3-1-extend-video' };
const base64 = (text: string) => Buffer.from(text, 'latin1').toString('base64');
const first = dataUriOf('first-frame.jpg', 'image/jpeg');
const jpeg = (name: string) => mediaBytes(name);

/** Two images of the same size, which phones give the same name: n8n describes them alike. */
function twins() {
	const [a, b] = [jpeg('first-frame.jpg'), jpeg('last-frame.jpg')];
	const size = Math.max(a.length, b.length);
	const file = (bytes: Buffer) => ({
		base64: Buffer.concat([bytes, Buffer.alloc(size - bytes.length)]).toString('base64'),
		mimeType: 'image/jpeg',
		fileName: 'image.jpg',
	});
	return { First: file(a), Last: file(b) };
}
const uri = ({ base64: data }: { base64: string }) => `data:image/jpeg;base64,${data}`;

describe.each(['default', 'filesystem'] as const)('binary mode %s: twins', (binaryMode) => {
	const setup = useEngine({ binaryMode });
	const binary = twins();
	const run = async (parameters: IDataObject) =>
		await setup.engine.run(veoWorkflow(parameters), {
			items: [{ json: { name: 'Last', wide: false }, binary }],
			credentials: setup.api,
		});

	test.each([
		['={{ $binary.First }}', '={{ $binary.Last }}'],
		['={{ $binary["First"] }}', "={{ $binary['Last'] }}"],
		['={{ $input.item.binary.First }}', '={{ $input.item.binary.Last }}'],
		["={{ $('Items').item.binary.First }}", "={{ $('Items').first().binary.Last }}"],
		['={{ $node["Items"].binary.First }}', '={{ $node["Items"].binary["Last"] }}'],
		['={{ $json.wide ? $binary.Last : $binary.First }}', '={{ $binary[$json.name] }}'],
		['={{ Object.values($binary)[0] }}', '={{ Object.values($binary)[1] }}'],
		['First', 'Last'],
		['={{ "First" }}', ' Last '],
	])('%s and %s are two images', async (firstFrame, lastFrame) => {
		const result = await run({ ...FRAMES, firstFrame, lastFrame });
		expect(result.error).toBeUndefined();
		expect(posts(setup)[0]?.body).toMatchObject({
			image_url: uri(binary.First),
			last_image_url: uri(binary.Last),
		});
	});

	test.each<[string, unknown]>([
		['a list', '={{ [$binary.Last, $binary.First] }}'],
		['rows', ['={{ $binary.Last }}', '={{ $binary.First }}']],
		['a list and a name', '={{ [$binary.Last, "First"] }}'],
	])('%s of references', async (_name, referenceImages) => {
		const result = await run({ ...REFERENCES, referenceImages } as IDataObject);
		expect(result.error).toBeUndefined();
		const body = posts(setup)[0]?.body as IDataObject;
		expect(body.image_urls).toEqual([uri(binary.Last), uri(binary.First)]);
	});
});

describe('what an expression gives without its content', () => {
	const setup = useEngine();

	test('and that could be either of two is refused, by their names', async () => {
		const { First, Last } = twins();
		const described =
			'={{ ({ mimeType: $binary.First.mimeType, fileName: $binary.First.fileName }) }}';
		const result = await setup.engine.run(veoWorkflow({ ...IMAGE, firstFrame: described }), {
			items: [{ binary: { First, Last } }],
			credentials: setup.api,
		});
		expect(result.error?.message).toBe(
			"'First Frame' matches more than one file of the item [item 0]",
		);
		expect(result.error?.description).toContain('First, Last');
		expect(posts(setup)).toEqual([]);
	});

	test('a file of another node, described like one of this item, is that of the other node', async () => {
		const { First, Last } = twins();
		const swap = '[{ json: {}, binary: { First: items[0].binary.Last } }]';
		const workflow = codeWorkflow(swap, {
			...IMAGE,
			firstFrame: '={{ $node["Items"].binary.First }}',
		});
		const result = await setup.engine.run(workflow, {
			items: [{ binary: { First, Last } }],
			credentials: setup.api,
		});
		expect(result.error).toBeUndefined();
		expect(posts(setup)[0]?.body).toMatchObject({ image_url: uri(First) });
	});

	test.each([
		["a drive's description", '={{ ({ id: "1AbC", mimeType: "image/jpeg", name: "a.jpg" }) }}'],
		['a made-up one', '={{ ({ mimeType: "image/jpeg" }) }}'],
	])('%s is refused', async (_name, firstFrame) => {
		const result = await setup.engine.run(veoWorkflow({ ...IMAGE, firstFrame }), {
			items: [{ binary: twins() }],
			credentials: setup.api,
		});
		// A type alone fits both.
		expect(result.error?.message).toMatch(/without content|more than one file/);
		expect(posts(setup)).toEqual([]);
	});
});

describe('types by content', () => {
	const setup = useEngine();
	const ftyp = (brand: string, more = '') =>
		`\0\0\0\x20ftyp${brand}\0\0\0\0${more}${'\0'.repeat(99)}`;
	const run = async (parameters: IDataObject, content: string) =>
		await setup.engine.run(veoWorkflow(parameters), {
			items: [
				{
					binary: {
						file: { base64: base64(content), mimeType: 'image/jpeg', fileName: 'IMG_0001.jpg' },
					},
				},
			],
			credentials: setup.api,
		});

	test.each<[string, string, string]>([
		['hevc', ftyp('hevc'), 'HEIC from an iPhone. Convert it to JPEG'],
		['heic', ftyp('heic'), 'HEIC from an iPhone. Convert it to JPEG'],
		['heix', ftyp('heix'), 'HEIC from an iPhone. Convert it to JPEG'],
		['heim', ftyp('heim'), 'HEIC from an iPhone. Convert it to JPEG'],
		['mif1', ftyp('mif1', 'mif1heic'), 'HEIC from an iPhone. Convert it to JPEG'],
		['mif1 of AVIF', ftyp('mif1', 'mif1avif'), 'is AVIF'],
		['avif', ftyp('avif'), 'is AVIF'],
		['GIF', `GIF89a${'\0'.repeat(50)}`, 'is a GIF'],
		['BMP', `BM\x36\0\0\0\0\0\0\0\x36${'\0'.repeat(50)}`, 'is a BMP'],
		['TIFF', `II*\0${'\0'.repeat(50)}`, 'is a TIFF'],
		['SVG', '<?xml version="1.0"?>\n<svg xmlns="x">', 'is an SVG drawing'],
		['PDF', '%PDF-1.7\n%\xe2\xe3', 'is a PDF'],
	])('First Frame: %s is named, with the way out', async (_name, content, hint) => {
		const result = await run({ ...IMAGE, firstFrame: 'file' }, content);
		expect(result.error?.message).toBe(
			"The file in 'First Frame' has a format that the API does not accept [item 0]",
		);
		expect(result.error?.description).toContain(hint);
		expect(posts(setup)).toEqual([]);
	});

	test.each(['M4B ', 'M4A ', 'heim', 'avif', 'crx '])(
		'Source Video: the brand %j is refused',
		async (brand) => {
			const result = await run({ ...EXTEND, sourceVideo: 'file' }, ftyp(brand, 'isommp42'));
			expect(result.error?.message).toBe("The file in 'Source Video' is not a video [item 0]");
			expect(posts(setup)).toEqual([]);
		},
	);

	test.each(['AVI ', 'mkv', 'nope'])('Source Video: %s is named', async (kind) => {
		const heads: Record<string, string> = {
			'AVI ': 'RIFF\0\0\0\0AVI LIST',
			mkv: '\x1a\x45\xdf\xa3\x9f\x42\x82\x88matroska',
			nope: ftyp('nope', 'isom'),
		};
		const head = heads[kind] ?? '';
		const result = await run({ ...EXTEND, sourceVideo: 'file' }, head);
		expect(result.error?.description).toContain('Convert it to MP4');
	});

	test.each([
		'isom',
		'iso5',
		'mp42',
		'avc1',
		'M4V ',
		'M4VP',
		'dash',
		'MSNV',
		'mmp4',
		'3gp5',
		'f4v ',
	])('Source Video: the brand %j is an MP4', async (brand) => {
		const result = await run({ ...EXTEND, sourceVideo: 'file' }, ftyp(brand));
		expect(result.error).toBeUndefined();
		expect((posts(setup)[0]?.body as IDataObject).video_url).toMatch(/^data:video\/mp4;/);
	});

	test.each(['wide', 'mdat', 'moov', 'free', 'skip'])(
		'Source Video: a MOV that begins with %j',
		async (box) => {
			const content = `\0\0\0\x08${box}\0\0\x10\0mdat${'\0'.repeat(99)}`;
			const result = await run({ ...EXTEND, sourceVideo: 'file' }, content);
			expect(result.error).toBeUndefined();
			expect((posts(setup)[0]?.body as IDataObject).video_url).toMatch(/^data:video\/quicktime;/);
		},
	);
});

describe.each(['default', 'filesystem'] as const)('combined mode, files %s', (binaryMode) => {
	const setup = useEngine({ binaryMode });
	const binary = { photo: fileOf('first-frame.jpg', 'image/jpeg') };
	// n8n moves the files into the JSON when a node has run: one stands before ours.
	const passing = 'items.map(({ json, binary }) => ({ json, binary }))';
	const run = async (parameters: IDataObject) =>
		await setup.engine.run(
			{ ...codeWorkflow(passing, parameters), settings: { binaryMode: 'combined' } },
			{ items: [{ json: { index: 1 }, binary }], credentials: setup.api },
		);

	test.each([
		'photo',
		...(binaryMode === 'filesystem' ? ['_files.photo', '={{ $json._files.photo }}'] : []),
	])('%s', async (firstFrame) => {
		const result = await run({ ...IMAGE, firstFrame });
		expect(result.error).toBeUndefined();
		expect(posts(setup)[0]?.body).toMatchObject({ image_url: first });
	});

	test('an unknown name lists the fields once', async () => {
		const result = await run({ ...IMAGE, firstFrame: 'foto' });
		expect(result.error?.description).toContain('The item has these binary fields: photo.');
	});
});

describe('items as n8n does not keep them', () => {
	const setup = useEngine();
	const binary = { photo: fileOf('first-frame.jpg', 'image/jpeg') };
	const run = async (code: string, parameters: IDataObject) =>
		await setup.engine.run(codeWorkflow(code, parameters), {
			items: [{ binary }],
			credentials: setup.api,
		});
	const file = 'items[0].binary.photo';

	test.each<[string, string, string]>([
		['without json', `[{ binary: { photo: ${file} } }]`, 'photo'],
		['a file among the JSON fields', `[{ json: { image: ${file} } }]`, 'image'],
		['a file deep in the JSON', `[{ json: { out: { image: ${file} } } }]`, 'out.image'],
		[
			'a file by an expression',
			`[{ json: { out: { image: ${file} } } }]`,
			'={{ $json.out.image }}',
		],
		['the file itself as binary', `[{ json: {}, binary: ${file} }]`, 'data'],
		['a field with a list of one file', `[{ json: {}, binary: { photos: [${file}] } }]`, 'photos'],
	])('%s', async (_name, code, firstFrame) => {
		const result = await run(code, { ...IMAGE, firstFrame });
		expect(result.error).toBeUndefined();
		expect(posts(setup)[0]?.body).toMatchObject({ image_url: first });
	});

	test('a field with a list of files is as many references', async () => {
		const code = `[{ json: { photos: [${file}, ${file}] } }]`;
		const result = await run(code, { ...REFERENCES, referenceImages: ['photos'] });
		expect(result.error).toBeUndefined();
		expect(posts(setup)[0]?.body).toMatchObject({ image_urls: [first, first] });
	});

	test.each<[string, string, IDataObject, string, string]>([
		[
			'several files for one frame',
			`[{ json: {}, binary: { photos: [${file}, ${file}] } }]`,
			{ ...IMAGE, firstFrame: 'photos' },
			"'First Frame' has 2 files",
			'[0]',
		],
		[
			'Base64 as a binary field',
			`[{ json: {}, binary: { photo: ${file}.data } }]`,
			{ ...IMAGE, firstFrame: 'photo' },
			"The binary field in 'First Frame' does not contain a file",
			'prepareBinaryData',
		],
		[
			'a file without a type',
			`[{ json: {}, binary: { photo: { data: ${file}.data } } }]`,
			{ ...IMAGE, firstFrame: 'photo' },
			"The binary field in 'First Frame' does not contain a file",
			'mimeType',
		],
		[
			'a text as binary',
			`[{ json: {}, binary: 'photo' }]`,
			{ ...IMAGE, firstFrame: 'photo' },
			"'First Frame' is neither a URL nor a binary field of the item",
			'no binary fields',
		],
	])('%s', async (_name, code, parameters, message, hint) => {
		const result = await run(code, parameters);
		expect(result.error?.message).toBe(`${message} [item 0]`);
		expect(result.error?.description).toContain(hint);
		expect(posts(setup)).toEqual([]);
	});
});

describe('addresses', () => {
	const setup = useEngine();
	const run = async (parameters: IDataObject, baseUrl = setup.api.baseUrl) =>
		await setup.engine.run(veoWorkflow(parameters), {
			items: [{ binary: {} }],
			credentials: { apiKey: setup.api.apiKey, baseUrl },
		});

	test.each([
		['https://drive.google.com/file/d/1AbC/view?usp=sharing', 'Google Drive'],
		['https://drive.google.com/open?id=1AbC', 'Google Drive'],
		['https://docs.google.com/document/d/1AbC/edit', 'Google Drive'],
		['https://photos.app.goo.gl/AbC', 'Google Photos'],
		['https://www.dropbox.com/scl/fi/abc/a.jpg?rlkey=x&dl=0', 'Dropbox'],
		['https://www.dropbox.com/s/abc/a.jpg', 'Dropbox'],
		['https://www.youtube.com/watch?v=abc', 'YouTube'],
		['https://youtu.be/abc', 'YouTube'],
		['https://1drv.ms/i/s!AbC', 'OneDrive'],
		['https://www.icloud.com/iclouddrive/abc', 'iCloud'],
		['https://we.tl/t-abc', 'WeTransfer'],
		['https://github.com/a/b/blob/main/a.png', 'GitHub'],
	])('%s is a page', async (firstFrame, service) => {
		const result = await run({ ...IMAGE, firstFrame });
		expect(result.error?.message).toBe(
			`'First Frame' is a page on ${service}, not a file [item 0]`,
		);
		expect(posts(setup)).toEqual([]);
	});

	test.each([
		'https://drive.google.com/uc?export=download&id=1AbC',
		'https://www.dropbox.com/scl/fi/abc/a.jpg?rlkey=x&dl=1',
		'https://dl.dropboxusercontent.com/s/abc/a.jpg',
		'https://raw.githubusercontent.com/a/b/main/a.png',
		'https://i.ytimg.com/vi/abc/hq.jpg',
	])('%s is a file', async (firstFrame) => {
		expect((await run({ ...IMAGE, firstFrame })).error).toBeUndefined();
		expect(posts(setup)[0]?.body).toMatchObject({ image_url: firstFrame });
	});

	test.each([
		'http://localhost:5678/a.jpg',
		'http://127.0.0.1/a.jpg',
		'http://2130706433/a.jpg',
		'https://192.168.1.20/a.jpg',
		'https://172.20.0.2/a.jpg',
		'http://[::1]/a.jpg',
		'http://minio:9000/a.jpg',
		'http://nas.local/a.jpg',
	])('%s is out of reach of a public API, and in reach of one beside it', async (firstFrame) => {
		const result = await run(
			{ ...IMAGE, firstFrame, options: { timeout: 1 } },
			`https://${UNKNOWN_HOST}`,
		);
		expect(result.error?.message).toBe(
			"'First Frame' has an address that the API cannot reach [item 0]",
		);
		expect(result.error?.description).toContain('HTTP Request');
		expect((await run({ ...IMAGE, firstFrame })).error).toBeUndefined();
	});

	test.each(['example.com/a.jpg', '//cdn.example.com/a.jpg', 'www.example.com'])(
		'%s lacks its scheme',
		async (firstFrame) => {
			const result = await run({ ...IMAGE, firstFrame });
			expect(result.error?.message).toBe("'First Frame' is an incomplete URL [item 0]");
			expect(result.error?.description).toMatch(/'https:\/\/(www|cdn)?\.?example\.com/);
		},
	);

	test.each([
		['https://example.com/my photo.jpg', 'https://example.com/my%20photo.jpg'],
		[' "https://example.com/a.jpg" ', 'https://example.com/a.jpg'],
		['\u200bhttps://example.com/a.jpg\u00a0\r\n', 'https://example.com/a.jpg'],
		['https://example.com/фото.jpg', 'https://example.com/%D1%84%D0%BE%D1%82%D0%BE.jpg'],
		[
			'={{ ({ id: "att1", url: "https://example.com/a.jpg", type: "image/jpeg" }) }}',
			'https://example.com/a.jpg',
		],
		['={{ [{ url: "https://example.com/a.jpg" }] }}', 'https://example.com/a.jpg'],
		[
			'={{ ({ type: "file", file: { url: "https://example.com/a.jpg" } }) }}',
			'https://example.com/a.jpg',
		],
	])('%s becomes %s', async (firstFrame, expected) => {
		expect((await run({ ...IMAGE, firstFrame })).error).toBeUndefined();
		expect(posts(setup)[0]?.body).toMatchObject({ image_url: expected });
	});

	const data = jpeg('first-frame.jpg').toString('base64');
	test.each<[string, string]>([
		['Base64 in lines', `data:image/jpeg;base64,${data.replace(/.{76}/g, '$&\r\n')}`],
		[
			'base64url without padding',
			`data:image/jpeg;base64,${data.replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')}`,
		],
		['percent-encoded Base64', `data:image/jpeg;base64,${encodeURIComponent(data)}`],
		['Base64 alone', data],
		['Base64 alone, in lines', data.replace(/.{76}/g, '$&\n')],
	])('%s becomes a clean data URI', async (_name, firstFrame) => {
		const result = await run({ ...IMAGE, firstFrame });
		expect(result.error).toBeUndefined();
		expect(posts(setup)[0]?.body).toMatchObject({ image_url: first });
	});

	test('media that the model does not take are refused, not left out', async () => {
		const result = await run({
			...FRAMES,
			model: '={{ "google/veo-3.1-t2v" }}',
			firstFrame: photo,
		});
		expect(result.error?.message).toBe(
			"'Veo 3.1 Text to Video' does not support 'First Frame' [item 0]",
		);
		expect(result.error?.description).toContain('Veo 3.1 Image to Video');
		expect(posts(setup)).toEqual([]);
	});

	test('of a fixed model, hidden media are none of its business', async () => {
		const result = await run({ ...FRAMES, model: 'google/veo-3.1-t2v', firstFrame: photo });
		expect(result.error).toBeUndefined();
		expect(posts(setup)[0]?.body).not.toHaveProperty('image_url');
	});
});
