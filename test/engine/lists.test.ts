/** How many images Reference Images contains: rows, lists and texts of all kinds. */
import { veoWorkflow } from './harness';
import { dataUriOf, fileOf, posts, useEngine } from './setup';

const setup = useEngine();
const cloud = 'https://res.cloudinary.com/demo/image/upload/w_300,h_200,c_fill/sample.jpg';
const url = (name: string) => `https://example.com/${name}.jpg`;
const jpeg = dataUriOf('first-frame.jpg', 'image/jpeg');
const png = dataUriOf('first-frame.png', 'image/png');
const binary = {
	photo: fileOf('first-frame.jpg'),
	'photo a': fileOf('first-frame.png'),
	'0': fileOf('first-frame.jpg'),
	фото1: fileOf('first-frame.png'),
	'a,b': fileOf('first-frame.jpg'),
};
const attachment = (name: string) => ({ id: `att-${name}`, url: url(name), type: 'image/jpeg' });
const json = { attachments: [attachment('a'), attachment('b')] };
const run = async (referenceImages: unknown) =>
	await setup.engine.run(
		veoWorkflow({
			operation: 'create',
			model: 'google/veo-3.1-reference-to-video',
			prompt: 'A hill',
			referenceImages: referenceImages as string[],
		}),
		{ items: [{ json, binary }], credentials: setup.api },
	);
const text = (value: string) => `={{ ${JSON.stringify(value)} }}`;

test.each<[string, unknown, string[]]>([
	['a row with commas', [cloud], [cloud]],
	['rows with commas', [cloud, `${cloud}?b`], [cloud, `${cloud}?b`]],
	['a row with a comma before a field name', ['https://e.com/x,photo'], ['https://e.com/x,photo']],
	['a list with commas', `={{ ["${cloud}", "photo"] }}`, [cloud, jpeg]],
	['one lone text with commas', text(cloud), [cloud]],
	['lone addresses with commas', text(`${cloud},${cloud}, ${url('a')}`), [cloud, cloud, url('a')]],
	['lines', text(`${cloud}\r\n${url('a')}\n\nphoto\n`), [cloud, url('a'), jpeg]],
	['blanks and tabs', text(`${url('a')}\t${url('b')} ${url('c')}`), ['a', 'b', 'c'].map(url)],
	['names of all kinds', text('0, photo a,фото1'), [jpeg, png, png]],
	['a name with a comma', text('a,b'), [jpeg]],
	['a name with a comma, in a row', ['a,b'], [jpeg]],
	['a name behind an address', text(`${cloud},photo`), [cloud, jpeg]],
	['a data URI between', text(`photo,${png},${url('a')}`), [jpeg, png, url('a')]],
	['a data URI in lines', text(`${png.replace(/.{90}/g, '$&\n')}\n${url('a')}`), [png, url('a')]],
	['semicolons', text(`${cloud};${url('a')} ; ${url('b')};`), [cloud, url('a'), url('b')]],
	['quotes', text(`"${url('a')}"`), [url('a')]],
	['attachments', '={{ $json.attachments }}', [url('a'), url('b')]],
	['an attachment in a row', ['={{ $json.attachments[1] }}'], [url('b')]],
	['attachments in a row', ['={{ $json.attachments }}', 'photo'], [url('a'), url('b'), jpeg]],
	['attachments as JSON', '={{ JSON.stringify($json.attachments) }}', [url('a'), url('b')]],
	['gaps', ['', url('a'), ' ', '={{ null }}'], [url('a')]],
])('%s', async (_name, referenceImages, expected) => {
	const result = await run(referenceImages);
	expect(result.error).toBeUndefined();
	expect(posts(setup)[0]?.body).toMatchObject({ image_urls: expected });
});

test.each<[string, unknown, string, string]>([
	[
		'an unknown name among others',
		text('photo, foto'),
		'neither a URL nor a binary field',
		'photo, foto',
	],
	['two names in one row', ['photo, 0'], 'neither a URL nor a binary field', 'photo a'],
	['too many lines', text('photo\n0\nphoto a\nфото1'), 'has 4 images', 'at most 3'],
])('%s', async (_name, referenceImages, message, hint) => {
	const result = await run(referenceImages);
	expect(result.error?.message).toContain(message);
	expect(result.error?.description).toContain(hint);
	expect(posts(setup)).toEqual([]);
});
