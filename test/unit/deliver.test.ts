/** Names and types of the delivered file. */
import { fileNameFor, safeFileName, videoType } from '../../nodes/AimlVeo/generation/deliver';

describe('safeFileName', () => {
	test.each([
		['intro.mp4', 'intro.mp4'],
		['Mein Film – Teil 1.mp4', 'Mein Film – Teil 1.mp4'],
		['映画 🎬.mp4', '映画 🎬.mp4'],
		['../../etc/passwd', '_.._etc_passwd'],
		['..\\..\\boot.ini', '_.._boot.ini'],
		['/absolute.mp4', '_absolute.mp4'],
		['C:\\clip.mp4', 'C__clip.mp4'],
		['a"; filename=evil.exe', 'a__ filename=evil.exe'],
		['a\r\nSet-Cookie: x', 'aSet-Cookie_ x'],
		['a\0b.mp4', 'ab.mp4'],
		['exe\u202e4pm.mp4', 'exe4pm.mp4'],
		['cut \ud83c in half', 'cut  in half'],
		['100%.mp4', '100_.mp4'],
		['.hidden', 'hidden'],
		['trailing. .', 'trailing'],
		['..', ''],
		[' . ', ''],
		['', ''],
	])('%j becomes %j', (name, safe) => {
		expect(safeFileName(name)).toBe(safe);
	});

	test('has 120 characters at the most, keeps its extension and cuts no character in half', () => {
		const name = safeFileName(`${'🎬'.repeat(200)}.mp4`);
		expect([...name]).toHaveLength(120);
		expect(name).toMatch(/^🎬+\.mp4$/u);
	});

	test('has no dot or space at its ends after cutting either', () => {
		expect(safeFileName(`abc. .${'x'.repeat(118)}`)).toBe('x'.repeat(118));
	});

	test('takes no longer for a hostile name', () => {
		const startMs = Date.now();
		safeFileName(`x${'. '.repeat(200_000)}x`);
		expect(Date.now() - startMs).toBeLessThan(1_000);
	});
});

describe('fileNameFor', () => {
	const ID = '9fa414f4-9733-46c8-a88c-ae46206f5e47:google/veo-3.1-t2v';
	test.each<[string, string | undefined, string | undefined, string, string]>([
		['the model and the id', undefined, 'google/veo-3.1-t2v', ID, 'veo-3.1-t2v-9fa414f4.mp4'],
		['no model', undefined, undefined, 'QWcoGFfDtx2Th5tCkeilb', 'veo-QWcoGFfD.mp4'],
		['a choice', 'intro.mp4', 'm', ID, 'intro.mp4'],
		['a choice without extension', 'intro', 'm', ID, 'intro.mp4'],
		['a choice of another extension', 'intro.webm', 'm', ID, 'intro.webm'],
		['a dot that begins no extension', 'Dr. Who', 'm', ID, 'Dr. Who.mp4'],
		['a choice of which nothing is left', '../', 'm', ID, '_.mp4'],
		['a choice of dots', '..', 'google/m', ID, 'm-9fa414f4.mp4'],
		['a hostile model', undefined, 'a/../../x"y', ID, 'x_y-9fa414f4.mp4'],
		['a hostile id', undefined, 'm', '../../etc', 'm-.._.._et.mp4'],
	])('%s', (_name, chosen, model, id, fileName) => {
		expect(fileNameFor(chosen, model, id)).toBe(fileName);
	});
});

test.each<[unknown, string | undefined]>([
	['video/mp4', 'video/mp4'],
	['video/mp4; codecs="avc1"', 'video/mp4'],
	[' VIDEO/WebM ', 'video/webm'],
	['video/x-matroska', 'video/x-matroska'],
	['video/mp4 "x"', 'video/mp4'],
	['video/', 'video/mp4'],
	['application/octet-stream', 'video/mp4'],
	['binary/octet-stream', 'video/mp4'],
	['application/mp4', 'video/mp4'],
	['', 'video/mp4'],
	[undefined, 'video/mp4'],
	['text/html; charset=utf-8', undefined],
	['application/json', undefined],
	['image/png', undefined],
	['xvideo/mp4', undefined],
])('the video type of %j is %j', (contentType, type) => {
	expect(videoType(contentType)).toBe(type);
});
