/** Which addresses an API on the internet can fetch a file from. */
import { isPrivateAddress, lacksScheme, sharePageOf } from '../../nodes/AimlVeo/request/addresses';

test.each([
	'http://localhost/a',
	'http://localhost./a',
	'http://app.localhost/a',
	'http://127.0.0.1:8080/a',
	'http://127.1/a',
	'http://0x7f000001/a',
	'http://0.0.0.0/a',
	'http://10.1.2.3/a',
	'http://172.16.0.1/a',
	'http://172.31.255.255/a',
	'http://192.168.0.1/a',
	'http://169.254.169.254/a',
	'http://100.100.1.1/a',
	'http://[::1]/a',
	'http://[::]/a',
	'http://[fd00::1]/a',
	'http://[fe80::1]/a',
	'http://[::ffff:192.168.0.1]/a',
	'http://minio/a',
	'http://nas.local/a',
	'http://db.internal/a',
	'http://host.docker.internal/a',
	'http://pi.home.arpa/a',
	'http://fritz.lan/a',
])('%s is private', (url) => {
	expect(isPrivateAddress(url)).toBe(true);
});

test.each([
	'https://example.com/a',
	'https://api.aimlapi.com',
	'http://8.8.8.8/a',
	'http://172.15.0.1/a',
	'http://172.32.0.1/a',
	'http://192.169.0.1/a',
	'http://100.128.0.1/a',
	'http://[2606:4700::1111]/a',
	'http://[::ffff:8.8.8.8]/a',
	'https://local.example.com/a',
	'https://notlocal.net/a',
	'no address',
])('%s is not', (url) => {
	expect(isPrivateAddress(url)).toBe(false);
});

test.each<[string, string | undefined]>([
	['https://drive.google.com/drive/folders/1A', 'Google Drive'],
	['https://drive.google.com/thumbnail?id=1A', undefined],
	['https://drive.usercontent.google.com/download?id=1A', undefined],
	['https://www.dropbox.com/sh/a/b?dl=0', 'Dropbox'],
	['https://www.dropbox.com/s/a/b.jpg?raw=1', undefined],
	['https://onedrive.live.com/?id=1', 'OneDrive'],
	['https://onedrive.live.com/download?resid=1', undefined],
	['https://acme.sharepoint.com/:i:/g/AbC', 'OneDrive'],
	['https://acme.sharepoint.com/:i:/g/AbC?download=1', undefined],
	['https://share.icloud.com/photos/abc', 'iCloud'],
	['https://acme.wetransfer.com/downloads/a', 'WeTransfer'],
	['https://app.box.com/s/abc', 'Box'],
	['https://mega.nz/file/abc', 'MEGA'],
	['https://vimeo.com/123456', 'Vimeo'],
	['https://www.tiktok.com/@a/video/1', 'TikTok'],
	['https://www.instagram.com/reel/abc/', 'Instagram'],
	['https://github.com/a/b/blob/main/a.png?raw=true', undefined],
	['https://github.com/a/b/raw/main/a.png', undefined],
	['https://example.com/drive.google.com/file/d/1', undefined],
	['https://lh3.googleusercontent.com/abc', undefined],
])('%s is a page of %s', (url, service) => {
	expect(sharePageOf(new URL(url))?.name).toBe(service);
});

test.each<[string, boolean]>([
	['example.com/a.jpg', true],
	['cdn.example.co.uk:8443/a', true],
	['//cdn.example.com/a', true],
	['www.example.com', true],
	['photo.jpg', false],
	['photo', false],
	['/etc/passwd', false],
	['images/photo.jpg', false],
	['./photo.jpg', false],
	['https://example.com/a', false],
])('%s lacks its scheme: %s', (text, expected) => {
	expect(lacksScheme(text)).toBe(expected);
});
