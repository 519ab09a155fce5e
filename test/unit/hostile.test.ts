/** Any answer, header or value of an expression ends in a plain result or in one of our messages. */
import fc from 'fast-check';
import type { IDataObject } from 'n8n-workflow';
import {
	asRow,
	isWebUrl,
	modelInId,
	readOutcome,
	readReason,
	readRetryAfterMs,
} from '../../nodes/AimlVeo/api/responses';
import { buildBody } from '../../nodes/AimlVeo/request/body';
import { fileNameFor, safeFileName, videoType } from '../../nodes/AimlVeo/generation/deliver';
import { textOf, ItemError } from '../../nodes/AimlVeo/shared/errors';
import { toApiMedia } from '../../nodes/AimlVeo/request/media';
import { splitMediaList } from '../../nodes/AimlVeo/request/mediaList';
import { MEDIA, MODELS, SETTINGS } from '../../nodes/AimlVeo/catalogue/models';
import { sniffMimeType } from '../../nodes/AimlVeo/request/sniff';
import { fakeClock, filesOf, noFiles } from './support';
import { waitForVideo } from '../../nodes/AimlVeo/generation/wait';
import { hashRequest } from '../../nodes/AimlVeo/request/requestKey';
import { asItemError, generationFailed } from '../../nodes/AimlVeo/shared/messages';

/** Names that readers look for, and names that every object has. */
const TELLING_KEYS = (
	'id status video url error message msg detail details errors reason title name loc meta model ' +
	'toString valueOf toJSON constructor __proto__ hasOwnProperty length then mimeType data fileName'
).split(' ');
const TELLING_TEXTS = [
	'completed',
	'error',
	'queued',
	'true',
	'8',
	'1080P',
	'https://example.com/a.png',
	'data:image/png;base64,iVBORw0KGgo=',
	'javascript:alert(1)',
	'file:///etc/passwd',
	'../../x',
	'',
];

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...TELLING_TEXTS));
const key = fc.oneof(fc.constantFrom(...TELLING_KEYS), fc.string({ maxLength: 5 }));
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
	json: fc.oneof(
		{ maxDepth: 5, withCrossShrink: true },
		fc.constantFrom(null, true, false, 0, -1, 4.5, 1e21),
		text,
		fc.integer(),
		// The shape in which APIs name the place of a wrong value.
		fc.record({
			detail: fc.array(fc.record({ loc: fc.array(tie('json'), { maxLength: 3 }), msg: text }), {
				maxLength: 2,
			}),
		}),
		fc.array(tie('json'), { maxLength: 4 }),
		fc
			.array(fc.tuple(key, tie('json')), { maxLength: 6 })
			// As JSON.parse makes it: `__proto__` is a key like any other.
			.map(
				(entries) =>
					JSON.parse(
						`{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join()}}`,
					) as unknown,
			),
	),
}));
const answer = fc
	.dictionary(key, json, { maxKeys: 8 })
	.map((value) => JSON.parse(JSON.stringify(value)) as IDataObject);

const circular: Record<string, unknown> = {};
circular.self = circular;

/** What JavaScript expressions can give beyond JSON. */
const expressionValue = fc.oneof(
	json,
	fc.constantFrom<unknown>(
		undefined,
		NaN,
		Infinity,
		-0,
		10n,
		Symbol('s'),
		() => 1,
		new Date(NaN),
		new Date(0),
		/x/,
		new Map(),
		new Error('own'),
		Object.create(null),
		Buffer.from('x'),
		circular,
		{
			toString: () => {
				throw new TypeError('no');
			},
		},
		{
			toJSON: () => {
				throw new TypeError('no');
			},
		},
		new Proxy({}, {}),
	),
	fc.anything(),
);

const isClean = (message: string) => {
	expect(message).not.toMatch(/\[object |undefined/);
	expect(message).not.toBe('');
};

/** The result, or undefined when a ItemError ended the work; any other end fails the test. */
async function resultOf<T>(work: () => Promise<T>): Promise<T | undefined> {
	try {
		return await work();
	} catch (cause) {
		expect(cause).toBeInstanceOf(ItemError);
		const { message, details } = cause as ItemError;
		isClean(message);
		isClean(details.description);
		return undefined;
	}
}

describe('answers of the API', () => {
	test('any JSON has a reason of up to 500 characters, or none', () => {
		fc.assert(
			fc.property(json, (value) => {
				const reason = readReason(value);
				if (reason === undefined) return;
				expect(reason.length).toBeGreaterThan(0);
				expect(reason.length).toBeLessThanOrEqual(500);
				if (!JSON.stringify(value).includes('[object')) isClean(reason.replace('undefined', ''));
			}),
			{ numRuns: 2_000 },
		);
	});

	test('any JSON object is one of four outcomes, with texts only', () => {
		fc.assert(
			fc.property(answer, (value) => {
				const outcome = readOutcome(value);
				const { charged = false, ...texts } = { charged: undefined, ...outcome };
				expect(typeof charged).toBe('boolean');
				for (const part of Object.values(texts)) expect(typeof part).toBe('string');
				if (outcome.kind === 'failed') {
					const { message, details } = generationFailed('id', outcome.status, outcome.reason);
					expect(message + details.description).not.toContain('[object Object]');
				}
			}),
			{ numRuns: 2_000 },
		);
	});

	test('any JSON object is a row without `error`, and otherwise unchanged', () => {
		fc.assert(
			fc.property(answer, fc.option(text, { nil: undefined }), (value, model) => {
				const row = asRow(value, model);
				expect(Object.keys(row)).not.toContain('error');
				expect({ ...value, ...row }).toEqual({ ...value, model: row.model ?? value.model });
				expect(Object.keys(row).length).toBeGreaterThanOrEqual(Object.keys(value).length - 1);
				expect(row.model).toEqual(value.model ?? model ?? value.model);
			}),
		);
	});

	test('any checks, in any order: the wait ends by its deadline', async () => {
		const check = fc.oneof(
			answer.map((value) => ({ kind: 'answer' as const, answer: value })),
			fc.constant({ kind: 'unknownId' as const }),
			fc.record({
				kind: fc.constant('noAnswer' as const),
				cause: fc.constantFrom('The connection was lost', 'HTTP 500'),
				retryAfterMs: fc.option(fc.oneof(fc.nat(), fc.constant(Infinity)), { nil: undefined }),
			}),
		);
		await fc.assert(
			fc.asyncProperty(
				fc.array(check, { minLength: 1, maxLength: 20 }),
				fc.integer({ min: 1_000, max: 300_000 }),
				async (checks, timeoutMs) => {
					const clock = fakeClock();
					const startMs = clock.now();
					let count = 0;
					const finished = await resultOf(
						async () =>
							await waitForVideo({
								generationId: 'id',
								submittedAtMs: startMs,
								timeoutMs,
								stagger: 0.3,
								check: async () => checks[count++ % checks.length]!,
								sleep: clock.sleep,
								now: clock.now,
							}),
					);
					expect(clock.now() - startMs).toBeLessThanOrEqual(timeoutMs);
					expect(count).toBeLessThan(200);
					if (finished) expect(typeof finished.outcome.url).toBe('string');
				},
			),
		);
	});

	test('only absolute http(s) addresses are downloaded', () => {
		fc.assert(
			fc.property(
				fc.oneof(
					text,
					fc.webUrl(),
					fc.webUrl().map((url) => url.replace(/^http/, 'ftp')),
				),
				(url) => {
					if (isWebUrl(url)) expect(new URL(url).protocol).toMatch(/^https?:$/);
					else expect(url).not.toMatch(/^https?:\/\/[a-z\d]+(\.[a-z]+)+\/?$/);
				},
			),
		);
	});

	test('any id has a model of plain characters, or none', () => {
		fc.assert(
			fc.property(text, text, (left, right) => {
				const model = modelInId(`${left}:${right}`);
				if (model !== undefined) expect(model).toMatch(/^[\w./-]+$/);
			}),
		);
	});

	test('any header has a time to wait of 0 or more, or none', () => {
		const header = fc.oneof(expressionValue, fc.date().map(String), fc.integer().map(String));
		fc.assert(
			fc.property(header, fc.nat(), (value, nowMs) => {
				const ms = readRetryAfterMs(value, nowMs);
				if (ms !== undefined) expect(ms).toBeGreaterThanOrEqual(0);
			}),
			{ numRuns: 1_000 },
		);
	});

	test('any content type is a video type of plain characters, or none', () => {
		const type = fc.oneof(
			text,
			text.map((end) => `video/${end}`),
			expressionValue,
		);
		fc.assert(
			fc.property(type, (value) => {
				const found = videoType(value);
				if (found !== undefined) expect(found).toMatch(/^video\/[\w.+-]+$/);
			}),
			{ numRuns: 1_000 },
		);
	});
});

describe('file names', () => {
	const isSafe = (name: string) => {
		expect(name).not.toMatch(/[\\/:*?"<>|;%\p{Cc}\p{Cf}\p{Cs}]/u);
		expect(name).not.toMatch(/^[.\s]|[.\s]$/);
		expect(Array.from(name).length).toBeLessThanOrEqual(124);
		// As a download header holds it.
		expect(() => encodeURIComponent(name)).not.toThrow();
	};

	test('out of any text stay in their folder and break no header', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (name) =>
				isSafe(safeFileName(name)),
			),
			{ numRuns: 1_000 },
		);
		fc.assert(
			fc.property(
				fc.string({ unit: fc.constantFrom('.', '/', '\\', ' ', 'a', '\ud83c') }),
				(name) => isSafe(safeFileName(name)),
			),
		);
	});

	test('out of any choice, model and id too, and never without an extension', () => {
		const maybe = fc.option(text, { nil: undefined });
		fc.assert(
			fc.property(maybe, maybe, text, (chosen, model, id) => {
				const name = fileNameFor(chosen, model, id);
				isSafe(name);
				expect(name).toMatch(/.\.[a-z\d]{2,4}$/i);
			}),
			{ numRuns: 1_000 },
		);
	});
});

describe('values out of expressions', () => {
	const modelId = fc.constantFrom(...MODELS.map(({ id }) => id));
	const record = (names: string[]) =>
		fc.record(Object.fromEntries(names.map((name) => [name, expressionValue])), {
			requiredKeys: [],
		});
	const input = fc.record({
		model: fc.oneof({ weight: 4, arbitrary: modelId }, expressionValue),
		prompt: fc.oneof({ weight: 4, arbitrary: fc.constant('A hill') }, expressionValue),
		media: record(Object.keys(MEDIA)),
		settings: record(Object.keys(SETTINGS)) as fc.Arbitrary<IDataObject>,
	});
	const binaries = fc.constantFrom(
		noFiles,
		filesOf({ '': Buffer.alloc(0), data: Buffer.from('hi') }),
	);

	test('make a body that can be sent, or are refused', async () => {
		await fc.assert(
			fc.asyncProperty(input, binaries, async (wish, files) => {
				const body = await resultOf(async () => await buildBody(wish, files));
				if (!body) return;
				expect(body.model.trim()).not.toBe('');
				expect(body.prompt).not.toBe('');
				for (const [name, value] of Object.entries(body)) {
					expect(['string', 'number', 'boolean', 'object']).toContain(typeof value);
					if (typeof value === 'object') expect(name).toBe('image_urls');
					if (typeof value === 'number') expect(Number.isSafeInteger(value)).toBe(true);
				}
				expect(hashRequest(body)).toMatch(/^[\da-f]{16}$/);
				expect(JSON.parse(JSON.stringify(body))).toEqual(body);
			}),
			{ numRuns: 2_000 },
		);
	});

	test('make a web address or a data URI of an image, or are refused', async () => {
		const like = fc.oneof(
			expressionValue,
			text.map((end) => `https://example.com/${end}`),
			text.map((end) => `data:image/png;base64,${end}`),
			fc.base64String().map((end) => `data:;base64,${end}`),
			fc.record({ mimeType: text, fileName: expressionValue, data: text }),
		);
		await fc.assert(
			fc.asyncProperty(
				like,
				fc.constantFrom('image', 'video'),
				binaries,
				async (value, kind, files) => {
					const media = await resultOf(
						async () => await toApiMedia(value, kind, 'First Frame', files),
					);
					if (media === undefined) return;
					expect(media).toMatch(
						new RegExp(`^(https?:[^\\s]+|data:${kind}/\\w+;base64,[\\w+/-]+=*)$`, 'i'),
					);
				},
			),
			{ numRuns: 2_000 },
		);
	});

	test('make a list of images without blanks', () => {
		fc.assert(
			fc.property(expressionValue, (value) => {
				for (const part of splitMediaList(value, noFiles)) {
					if (typeof part === 'string') expect(part.trim()).not.toBe('');
				}
			}),
			{ numRuns: 1_000 },
		);
	});

	test.each([
		['commas', 'a,'.repeat(100_000)],
		['commas only', ','.repeat(200_000)],
		['brackets', '['.repeat(200_000)],
		['lists in lists', `${'['.repeat(50_000)}${']'.repeat(50_000)}`],
		['data URIs', 'data:,'.repeat(50_000)],
		['spaces', `x${' '.repeat(200_000)}x`],
		['semicolons', `data:${'; '.repeat(100_000)}base64,`],
	])('no hang: %s', async (_name, value) => {
		const startMs = Date.now();
		await resultOf(
			async () =>
				await buildBody(
					{
						model: 'google/veo-3.1-reference-to-video',
						prompt: 'x',
						media: { referenceImages: value },
						settings: {},
					},
					noFiles,
				),
		);
		await resultOf(async () => await toApiMedia(value, 'image', 'First Frame', noFiles));
		expect(Date.now() - startMs).toBeLessThan(2_000);
	});

	const deepList = Array.from({ length: 20_000 }).reduce<unknown[]>((inner) => [inner], []);
	const ownList: unknown[] = [];
	ownList.push(ownList);

	test.each([
		['is deep', deepList],
		['holds itself', ownList],
	])('a list that %s is refused', async (_name, referenceImages) => {
		const model = 'google/veo-3.1-reference-to-video';
		const wish = { model, prompt: 'x', media: { referenceImages }, settings: {} };
		expect(await resultOf(async () => await buildBody(wish, noFiles))).toBeUndefined();
	});

	test('any bytes are a known type or none', () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
				const type = sniffMimeType(Buffer.from(bytes));
				if (type !== undefined) expect(type).toMatch(/^(image|video)\//);
			}),
		);
	});

	test('any cause that is thrown becomes a message of ours', () => {
		fc.assert(
			fc.property(expressionValue, (cause) => {
				expect(typeof textOf(cause)).toBe('string');
				expect(asItemError(cause)).toBeInstanceOf(ItemError);
			}),
		);
	});
});
