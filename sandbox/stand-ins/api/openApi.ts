/** `GET /docs-json?model=…`: the request of one model as an OpenAPI document, written the way the vendor writes it. */
import type { ServerResponse } from 'node:http';
import { refuse, send } from './respond';
import type { LogEntry, SandboxState } from './state';
import type { Field, Schema } from './schema';

type Json = Record<string, unknown>;

const MEDIA: Partial<Record<Field['type'], Json>> = {
	image: { type: 'string', format: 'uri' },
	video: { type: 'string', format: 'uri' },
	images: { type: 'array', items: { type: 'string', format: 'uri' } },
};

function propertyOf(field: Field): Json {
	const { type, enum: values, default: byDefault, caseInsensitive } = field;
	// The vendor writes what may be spelled in any case as prose, without an enum.
	if (caseInsensitive) {
		const names = values?.map((value) => `\`${value}\`${value === byDefault ? ' (default)' : ''}`);
		return { type, description: `One of ${names?.join(', ')}, in any case.` };
	}
	return {
		...(MEDIA[type] ?? { type }),
		...(values && { enum: values }),
		// The vendor writes default numbers as text.
		...(byDefault !== undefined && {
			default: type === 'integer' ? String(byDefault) : byDefault,
		}),
	};
}

/** The document of one model. */
export function describedRequest(id: string, schema: Schema): Json {
	const fields = Object.entries(schema);
	const body = {
		type: 'object',
		properties: {
			model: { type: 'string', enum: [id] },
			...Object.fromEntries(fields.map(([name, field]) => [name, propertyOf(field)])),
		},
		required: ['model', ...fields.filter(([, { required }]) => required).map(([name]) => name)],
		title: id,
	};
	const content = { 'application/json': { schema: body } };
	return {
		openapi: '3.0.0',
		info: { title: 'AI/ML API sandbox', version: '1.0.0' },
		paths: { '/v2/video/generations': { post: { requestBody: { required: true, content } } } },
	};
}

export function sendDescription(
	api: SandboxState,
	url: URL,
	entry: LogEntry,
	response: ServerResponse,
): void {
	const id = url.searchParams.get('model') ?? '';
	const schema = api.schemas[id];
	if (!schema) return refuse(response, entry, 404, `Unknown model '${id}'`);
	send(response, 200, describedRequest(id, schema));
}
