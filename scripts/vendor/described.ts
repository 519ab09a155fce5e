/** Reads what the vendor publishes about a model's request (`GET /docs-json?model=…`): any JSON in, plain facts out. */
import { asObject, asObjects, asText } from '../../nodes/AimlVeo/shared/values';

export interface Property {
	type?: string;
	/** Its enum. */
	values?: Array<string | number>;
	/** What its description marks as code: where any spelling will do, the vendor has no enum. */
	named?: string[];
	default?: string | number | boolean;
	maxItems?: number;
}

export interface DescribedRequest {
	/** By field name, `model` left out. */
	properties: ReadonlyMap<string, Property>;
	required: ReadonlySet<string>;
}

type Json = Readonly<Record<string, unknown>>;

const isValue = (value: unknown): value is string | number => /string|number/.test(typeof value);

/** What a `$ref` of the document points to. */
function resolved(document: Json, value: unknown): Json {
	const object = asObject(value) ?? {};
	const path = /^#\/(.+)$/.exec(asText(object.$ref) ?? '')?.[1];
	if (!path) return object;
	const target = path
		.split('/')
		.reduce<Json | undefined>((at, name) => asObject(at?.[name]), document);
	return target ?? {};
}

/** All request bodies of a document, each alternative by itself. */
function requestsOf(document: Json): Json[] {
	const operations = Object.values(asObject(document.paths) ?? {}).map((path) =>
		asObject(asObject(path)?.post),
	);
	return operations.flatMap((operation) => {
		const body = resolved(document, operation?.requestBody);
		const content = asObject(asObject(body.content)?.['application/json']);
		const schema = resolved(document, content?.schema);
		const alternatives = asObjects(schema.oneOf ?? schema.anyOf);
		return alternatives.length > 0
			? alternatives.map((alternative) => resolved(document, alternative))
			: [schema];
	});
}

const proseOf = (property: Json) => asText(property.description) ?? '';

function defaultOf(property: Json): Property['default'] {
	const said = property.default;
	const inProse = /`([^`\s]+)` \(default\)/.exec(proseOf(property))?.[1];
	// Numbers are written as text there.
	if (property.type === 'integer' && typeof said === 'string') return Number(said);
	return isValue(said) || typeof said === 'boolean' ? said : inProse;
}

function propertyOf(property: Json): Property {
	const named = [...proseOf(property).matchAll(/`([^`\s]+)`/g)].map(([, name = '']) => name);
	return {
		type: asText(property.type),
		values: Array.isArray(property.enum) ? property.enum.filter(isValue) : undefined,
		named: named.length > 0 ? [...new Set(named)] : undefined,
		default: defaultOf(property),
		maxItems: typeof property.maxItems === 'number' ? property.maxItems : undefined,
	};
}

/** The request that the document has for this model; undefined when it has none. */
export function readDescribed(document: unknown, id: string): DescribedRequest | undefined {
	const whole = asObject(document) ?? {};
	const schema = requestsOf(whole).find((request) => {
		const model = resolved(whole, asObject(request.properties)?.model);
		return Array.isArray(model.enum) && model.enum.includes(id);
	});
	if (!schema) return undefined;
	const properties = Object.entries(asObject(schema.properties) ?? {}).filter(
		([name]) => name !== 'model',
	);
	const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
	return {
		properties: new Map(
			properties.map(([name, property]) => [name, propertyOf(resolved(whole, property))]),
		),
		required: new Set(required.filter((name) => name !== 'model')),
	};
}
