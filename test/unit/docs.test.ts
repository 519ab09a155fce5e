/** What the documents say is there: commands, link targets, names of parameters, figures. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { INodePropertyOptions } from 'n8n-workflow';
import { AimlapiApi } from '../../credentials/AimlapiApi.credentials';
import { fields } from '../../nodes/AimlVeo/description/fields';
import { MODELS } from '../../nodes/AimlVeo/catalogue/models';
import { OPERATIONS } from '../../nodes/AimlVeo/operations/operations';
import { OPTIONS } from '../../nodes/AimlVeo/catalogue/parameters';
import manifest from '../../package.json';
import { readExample } from '../../sandbox/n8n/examples';
import { PINNED, REASONS } from '../../sandbox/n8n/versions';
import { purposeOf } from '../../scripts/docs/architecture';
import { slugOf, table, withParts } from '../../scripts/docs/markdown';
import { messageList, troubleshootingTable } from '../../scripts/docs/messages';
import { allJoinFields } from '../../scripts/docs/joinVideos';
import { SAMPLES } from '../../scripts/docs/samples';
import { allTriggerFields, fieldsIn, isCollection } from '../../scripts/docs/parameters';

const ROOT = join(__dirname, '..', '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const filesIn = (folder: string, ending: RegExp) =>
	existsSync(join(ROOT, folder))
		? readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
				.filter((name) => ending.test(name))
				.map((name) => `${folder}/${name}`)
		: [];

const DOCUMENTS = [
	...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
	...filesIn('docs', /\.md$/),
	...filesIn('.github', /\.md$/),
];
const WITH_COMMANDS = [...DOCUMENTS, ...filesIn('.github', /\.ya?ml$/)];

const withoutCode = (text: string) =>
	text.replace(/^(```+)[\s\S]*?^\1$/gm, '').replace(/(`+)(?!`).*?[^`]\1(?!`)/g, '');

const withoutMadeParts = (text: string) =>
	text.replace(/<!-- ([\w-]+) -->[\s\S]*?<!-- \/\1 -->/g, '');

/** `npm run x`, `npm test` and the like. */
const commandsIn = (text: string) =>
	[...text.matchAll(/\bnpm (?:run (?:-s |--silent )?([\w:-]+)|(test|start)\b)/g)].map(
		([, script, short]) => script ?? short ?? '',
	);

const linksIn = (text: string) =>
	[...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);

/** The anchors of a document's headings; a heading that comes again is counted. */
function anchorsIn(text: string): Set<string> {
	const anchors = new Set<string>();
	for (const [, heading = ''] of text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/^#+ (.+)$/gm)) {
		const slug = slugOf(heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1'));
		let anchor = slug;
		for (let again = 1; anchors.has(anchor); again++) anchor = `${slug}-${again}`;
		anchors.add(anchor);
	}
	return anchors;
}

/** What is wrong with a link from this document; undefined when nothing is. */
function brokenLink(document: string, target: string): string | undefined {
	if (/^[a-z]+:/i.test(target)) return target.startsWith('https://') ? undefined : 'not https';
	const [path = '', anchor] = target.split('#');
	const file = path === '' ? document : join(dirname(document), decodeURIComponent(path));
	if (!existsSync(join(ROOT, file))) return `${file} is not there`;
	if (anchor === undefined) return undefined;
	return anchorsIn(read(file)).has(anchor) ? undefined : `${file} has no heading for #${anchor}`;
}

describe('the checks below see what they are to see', () => {
	test('commands', () => {
		expect(commandsIn('`npm run docs -- --check`, npm test && npm start, npm run -s scan')).toEqual(
			['docs', 'test', 'start', 'scan'],
		);
	});

	test('links, but none in code', () => {
		expect(linksIn('[a](b.md) ![c](d.png) `[e](f)`\n```\n[g](h)\n```\n[i](#j)')).toEqual([
			'b.md',
			'd.png',
			'#j',
		]);
	});

	test.each([
		['README.md', 'docs/none.md', 'is not there'],
		['README.md', '#none', 'no heading'],
		['docs/architecture.md', 'README.md', 'is not there'],
		['README.md', 'http://example.com', 'not https'],
	])('in %s a link to %s', (document, target, reason) => {
		expect(brokenLink(document, target)).toContain(reason);
	});

	test('headings as GitHub anchors them', () => {
		expect([...anchorsIn('# A, b: `c`\n## X\n## X\n```\n# no\n```\n### [Link](y)!')]).toEqual([
			'a-b-c',
			'x',
			'x-1',
			'link',
		]);
	});

	test('made parts', () => {
		const text = 'a\n<!-- x -->\nold\n<!-- /x -->\nb';
		expect(withParts(text, { x: 'new' })).toBe('a\n<!-- x -->\n\nnew\n\n<!-- /x -->\nb');
		expect(withoutMadeParts(text)).toBe('a\n\nb');
		expect(() => withParts('a', { x: 'new' })).toThrow('no markers');
		expect(() => withParts(text, {})).toThrow('x');
		expect(table(['a'], [['b|c']])).toBe('| a |\n| --- |\n| b\\|c |');
	});

	test('what a file says at its top', () => {
		expect(purposeOf('/**\n * One thing for n8n. More\n * of it.\n */\nx')).toBe(
			'One thing for n8n',
		);
		expect(purposeOf('#!/bin/sh\n# Makes clips. All of\n# them.\nset -e')).toBe('Makes clips');
		expect(purposeOf('// One thing,\n// in two lines.\nx')).toBe('One thing, in two lines');
		expect(purposeOf('const x = 1; // It.')).toBe('');
		expect(purposeOf('#!/bin/sh\nset -e')).toBe('');
	});
});

test('the made parts are what the script makes', () => {
	const check = () =>
		execFileSync(process.execPath, ['--import', 'tsx', 'scripts/docs.ts', '--check'], {
			cwd: ROOT,
			encoding: 'utf8',
			stdio: ['ignore', 'pipe', 'pipe'],
		});
	expect(check()).toBe('');
});

test('the pinned versions stand with their reasons where people look', () => {
	const text = read('docs/compatibility.md');
	for (const name of ['current', 'previousMajor', 'node'] as const) {
		expect(text).toContain(` ${PINNED[name]}: ${REASONS[name]}\n`);
	}
});

test('each message is documented once, and the most frequent ones with advice', () => {
	const headings = [...messageList().matchAll(/^### .+$/gm)].map(String);
	expect(headings).toHaveLength(Object.keys(SAMPLES).length);
	expect(troubleshootingTable().split('\n').length).toBeGreaterThan(10);
});

describe.each(WITH_COMMANDS)('%s', (document) => {
	const commands = [...new Set(commandsIn(read(document)))];

	test('names commands that are there', () => {
		expect(commands.filter((name) => !(name in manifest.scripts))).toEqual([]);
	});
});

describe.each(DOCUMENTS)('%s', (document) => {
	const text = read(document);

	test('links to what is there', () => {
		const broken = linksIn(text).flatMap((target) => {
			const reason = brokenLink(document, target);
			return reason ? [`${target}: ${reason}`] : [];
		});
		expect(broken).toEqual([]);
	});

	test('shows images that are not empty, with words for those who do not see them', () => {
		for (const [, words, target = ''] of text.matchAll(/!\[(.*?)\]\(([^)]+)\)/g)) {
			expect(words).not.toBe('');
			expect(statSync(join(ROOT, dirname(document), target)).size).toBeGreaterThan(0);
		}
	});

	test('is written in plain signs', () => {
		expect(text).not.toMatch(/[\u2013\u2014]|[^\S\n]$/m);
	});
});

describe('README.md and docs/parameters.md', () => {
	const readme = read('README.md');
	const prose = withoutMadeParts(readme);
	const reference = read('docs/parameters.md');

	test('the README has the parts that n8n asks for, in its order', () => {
		expect([...readme.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)).toEqual([
			'Installation',
			'Operations',
			'Credentials',
			'Compatibility',
			'Usage',
			'Resources',
			'Version history',
		]);
	});

	/** What n8n itself calls the things that the README speaks of. */
	const OF_N8N =
		'Settings|Community Nodes|Install|Create Credential|On Error|Poll Times|Retry On Fail|Retry|Stop|Wait|If|Binary|n8n Form Trigger'.split(
			'|',
		);

	test('print in bold what is written so in the editor', () => {
		const inside = fields.filter(isCollection).flatMap(fieldsIn);
		const names = [
			'Join Videos',
			'AI/ML API Veo Trigger',
			...[
				...fields,
				...inside,
				...allTriggerFields,
				...allJoinFields,
				...new AimlapiApi().properties,
			].map(({ displayName }) => displayName),
			...Object.values(OPERATIONS).map(({ name }) => name),
			...OF_N8N,
		];
		const bold = [...withoutCode(readme + reference).matchAll(/\*\*(.+?)\*\*/g)].map(
			([, name]) => name,
		);
		expect(bold).toEqual(expect.arrayContaining(['Max Cost (USD)', 'Create Video and Wait']));
		expect(bold.filter((name) => !names.includes(name ?? ''))).toEqual([]);
		expect(OF_N8N.filter((name) => !bold.includes(name))).toEqual([]);
	});

	test('tell of every parameter', () => {
		const others = [...allJoinFields, ...allTriggerFields];
		for (const { displayName } of others) expect(reference).toContain(`**${displayName}**`);
		for (const field of fields) {
			const inner = isCollection(field) ? fieldsIn(field) : [];
			for (const { displayName } of [field, ...inner]) {
				if (!/^(Operation|Options|Filters)$/.test(displayName)) {
					expect(reference).toContain(`**${displayName}**`);
				}
			}
		}
	});

	test('tell of every value of a setting', () => {
		const settings = fields.find(({ name }) => name === 'videoSettings');
		for (const { type, options = [] } of fieldsIn(settings!)) {
			for (const { value } of type === 'options' ? (options as INodePropertyOptions[]) : []) {
				expect(reference).toContain(`\`${value}\``);
			}
		}
	});

	test('write names of fields as the code does', () => {
		const sources = ['nodes', 'credentials', 'sandbox', 'examples']
			.flatMap((folder) => filesIn(folder, /\.(ts|json)$/))
			.map(read)
			.join('\n');
		const names = [...(readme + reference).matchAll(/`([\w.]+)`/g)]
			.flatMap(([, name = '']) => name.split('.'))
			.filter((name) => /^[a-z]+[A-Z_]\w*$/.test(name));
		expect(names).toEqual(expect.arrayContaining(['estimatedCostUsd', 'executionId']));
		expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(sources))).toEqual([]);
	});

	test("the README quotes the credential's messages as they are", () => {
		const messages = JSON.stringify(new AimlapiApi().test.rules);
		const quoted = [...prose.matchAll(/"((?:The) [^"]+)":/g)].map(([, words = '']) => words);
		expect(quoted.length).toBeGreaterThan(1);
		for (const words of quoted) {
			expect(messages.toLowerCase()).toContain(words.toLowerCase().replace(/\.$/, ''));
		}
	});

	test('the README has no figure that nothing holds', () => {
		const sources = filesIn('nodes', /\.ts$/).map(read).join('\n');
		const [, pictureMb, videoMb] =
			/LIMIT_MB[^{]*\{ image: (\d+), video: (\d+) \}/.exec(sources) ?? [];
		const note = JSON.stringify(readExample('wait-without-worker'));
		const facts = [
			/\d+\.\d+/.exec(MODELS[0]?.name ?? '')?.[0],
			pictureMb,
			videoMb,
			String(OPTIONS.maxConcurrent.fallback),
			/keep it at (\d+) seconds or more/.exec(note)?.[1],
		];
		expect(facts).not.toContain(undefined);
		const figures = withoutCode(prose)
			.replace(/^\d+\. /gm, '')
			.replace(/\]\([^)]*\)/g, ']')
			.replace(/n8n|MP4/g, '')
			.match(/\d[\d.,]*\d|\d/g);
		expect(figures?.length).toBeGreaterThan(3);
		expect(figures?.filter((figure) => !facts.includes(figure))).toEqual([]);
	});
});

test('what a person wrote about the messages holds no figures of its own', () => {
	const written = [
		...read('scripts/docs/messages.ts').matchAll(/(?:cause|wayOut):\s*(['"])(.+)\1/g),
	];
	expect(written.length).toBeGreaterThan(20);
	for (const [, , text = ''] of written) {
		expect(text.replace(/`[^`]*`|n8n|Base64/g, '')).not.toMatch(/\d/);
	}
});
