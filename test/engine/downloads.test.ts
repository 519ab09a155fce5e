/** The content of a download decides its type, whatever the server calls it. */
import { createHash } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import { veoWorkflow } from './harness';
import { mediaBytes, TEXT, useEngine } from './setup';

const mp4 = mediaBytes('landscape-4s.mp4');
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const PAGE = Buffer.from(`<!DOCTYPE html><html><body>Sign in ${' '.repeat(500)}</body></html>`);
const XML = Buffer.from(
	'<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>',
);
const JSON_TEXT = Buffer.from(JSON.stringify({ message: 'Not found, and more of it '.repeat(9) }));
/** A QuickTime file as older cameras write it: its first box is `wide`. */
const MOV = Buffer.concat([Buffer.from('\0\0\0\x08wide\0\0\x10\0mdat', 'latin1'), mp4]);
const BRAND = Buffer.concat([Buffer.from('\0\0\0\x10ftypnope\0\0\0\0', 'latin1'), mp4]);
const WEBM = Buffer.concat([Buffer.from('\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm', 'latin1'), mp4]);

describe.each(['default', 'filesystem'] as const)('binary mode %s', (binaryMode) => {
	const setup = useEngine({ binaryMode, speed: 20 });
	const run = async (parameters: IDataObject = {}) =>
		await setup.engine.run(veoWorkflow({ ...TEXT, ...parameters }), { credentials: setup.api });
	const answer = (contentType: string, content: Buffer, times = 99) =>
		setup.api.fault({ on: 'cdn', action: { kind: 'content', contentType, content }, times });

	test.each<[string, string, Buffer, string]>([
		['a page as video/mp4', 'video/mp4', PAGE, 'a web page'],
		['XML as octets', 'application/octet-stream', XML, 'XML'],
		['JSON as video/mp4', 'video/mp4', JSON_TEXT, 'text'],
		['an image as video/mp4', 'video/mp4', mediaBytes('first-frame.png'), 'image/png'],
		['a page as a page', 'text/html', PAGE, 'text/html'],
		['a few bytes', 'video/mp4', mp4.subarray(0, 40), '40 bytes'],
	])('%s is no video', async (_name, contentType, content, found) => {
		answer(contentType, content);
		const result = await run();
		expect(result.error?.message).toContain('could not be downloaded in 4 attempts');
		expect(result.error?.description).toContain(`The server sent ${found} instead of a video`);
		expect(result.error?.description).toContain(setup.api.generations[0]?.id);
		expect(result.unhandled).toEqual([]);
	});

	test.each<[string, string, Buffer, string]>([
		['an MP4 as text', 'text/plain', mp4, 'video/mp4'],
		['an MP4 as JSON', 'application/json', mp4, 'video/mp4'],
		['an MP4 as octets', 'application/octet-stream', mp4, 'video/mp4'],
		['a MOV as MP4', 'video/mp4', MOV, 'video/quicktime'],
		['a WebM as octets', 'binary/octet-stream', WEBM, 'video/webm'],
		['an MP4 of an unknown brand', 'video/mp4', BRAND, 'video/mp4'],
		['unknown bytes as a video', 'video/x-own', Buffer.alloc(9_000, 0xee), 'video/x-own'],
	])('%s is one, whole', async (_name, contentType, content, mimeType) => {
		answer(contentType, content);
		const result = await run();
		expect(result.error).toBeUndefined();
		const file = result.outputs[0]?.[0]?.files.data;
		expect(file).toMatchObject({ mimeType, bytes: content.length, sha256: sha256(content) });
	});

	test('a page once, then the video', async () => {
		answer('video/mp4', PAGE, 1);
		const result = await run();
		expect(result.outputs[0]?.[0]?.files.data).toMatchObject({
			sha256: sha256(mediaBytes('landscape-8s.mp4')),
		});
	});

	test.each([
		['Promo 25.11.2026', 'Promo 25.11.2026.mp4'],
		['Scene 1.10', 'Scene 1.10.mp4'],
		['2026-11-25T10:00:00.000Z', '2026-11-25T10_00_00.000Z.mp4'],
		['intro.MOV', 'intro.MOV'],
		['={{ 42 }}', '42.mp4'],
		['="{{ "final" }}"', 'final.mp4'],
	])('File Name %s', async (fileName, expected) => {
		const result = await run({ options: { fileName, binaryField: '={{ 7 }}' } });
		expect(result.outputs[0]?.[0]?.files['7']?.fileName).toBe(expected);
	});
});
