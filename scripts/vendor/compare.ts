/** What differs between the node's table of models and the vendor's descriptions, as sentences for an issue. */
import { asObject, asObjects, asText } from '../../nodes/AimlVeo/shared/values';
import {
	MAX_REFERENCE_IMAGES,
	MEDIA,
	MODELS,
	SETTINGS,
} from '../../nodes/AimlVeo/catalogue/models';
import type {
	MediaName,
	Model,
	SettingName,
	SettingSpec,
} from '../../nodes/AimlVeo/catalogue/models';
import type { DescribedRequest, Property } from './described';

/** Text of the vendor's, so that it can neither mention people nor lay out the issue. */
export const quoted = (value: unknown) =>
	`\`${String(value)
		.replace(/[`\r\n]/g, "'")
		.slice(0, 80)}\``;

const list = (values: readonly unknown[]) => values.map(quoted).join(', ');

/** A field as the table has it. */
interface Ours extends SettingSpec {
	type: string;
	required: boolean;
	isMedia: boolean;
}

function fieldsOf(model: Model): Map<string, Ours> {
	const media = Object.entries(model.media) as Array<[MediaName, string]>;
	const settings = Object.entries(model.settings) as Array<[SettingName, SettingSpec]>;
	return new Map<string, Ours>([
		['prompt', { type: 'string', required: true, isMedia: false }],
		...media.map(([name, need]): [string, Ours] => [
			MEDIA[name].field,
			{
				type: name === 'referenceImages' ? 'array' : 'string',
				required: need === 'required',
				isMedia: true,
			},
		]),
		...settings.map(([name, spec]): [string, Ours] => [
			SETTINGS[name].field,
			{ ...spec, type: SETTINGS[name].type, required: false, isMedia: false },
		]),
	]);
}

function valueFindings(name: string, ours: Ours, theirs: Property): string[] {
	if (!ours.values) {
		return theirs.values ? [`${name} takes only ${list(theirs.values)}`] : [];
	}
	const values: ReadonlyArray<string | number> | undefined = theirs.values ?? theirs.named;
	if (!values) return [`${name} no longer says which values it takes`];
	const added = values.filter((value) => !ours.values?.includes(value));
	const gone = ours.values.filter((value) => !values.includes(value));
	return [
		...(added.length > 0 ? [`${name} also takes ${list(added)}`] : []),
		...(gone.length > 0 ? [`${name} no longer takes ${list(gone)}`] : []),
	];
}

function defaultFindings(name: string, ours: Ours, theirs: Property): string[] {
	if (theirs.default === ours.apiDefault) return [];
	// A single value needs no default.
	if (theirs.default === undefined && ours.values?.length === 1) return [];
	if (theirs.default === undefined) {
		return [`${name} has no default any more; the table has ${quoted(ours.apiDefault)}`];
	}
	const had = ours.apiDefault === undefined ? 'none' : quoted(ours.apiDefault);
	return [`${name} defaults to ${quoted(theirs.default)}; the table has ${had}`];
}

function fieldFindings(field: string, ours: Ours, theirs: Property, isRequired: boolean): string[] {
	const name = quoted(field);
	const needs = ours.required
		? `${name} is no longer required`
		: `${name} is required, and optional in the table`;
	return [
		...(isRequired === ours.required ? [] : [needs]),
		...(theirs.type === ours.type
			? []
			: [`${name} is of type ${quoted(theirs.type)}; the table has ${quoted(ours.type)}`]),
		...(ours.type === 'array' && (theirs.maxItems ?? MAX_REFERENCE_IMAGES) !== MAX_REFERENCE_IMAGES
			? [`${name} takes up to ${quoted(theirs.maxItems)}; the node up to ${MAX_REFERENCE_IMAGES}`]
			: []),
		...(ours.isMedia
			? []
			: [...valueFindings(name, ours, theirs), ...defaultFindings(name, ours, theirs)]),
	];
}

/** One model of the table against its description. */
export function compareRequest(model: Model, described: DescribedRequest): string[] {
	const ours = fieldsOf(model);
	const { properties, required } = described;
	const added = [...properties].filter(([name]) => !ours.has(name));
	return [
		...added.map(
			([name, { type }]) =>
				`new field ${quoted(name)} (${quoted(type)}${required.has(name) ? ', required' : ''})`,
		),
		...[...ours].flatMap(([name, field]) => {
			const theirs = properties.get(name);
			return theirs
				? fieldFindings(name, field, theirs, required.has(name))
				: [`field ${quoted(name)} is gone`];
		}),
	];
}

/** The table begins with this version; older Veo models are left out of it on purpose. */
const SINCE = 3.1;

/** Whether an ID looks like a Veo model that belongs into the table; one without a version does. */
export function isCandidate(id: string): boolean {
	// Versions are written 3.1, 3-1 and 3; what follows a longer number is a build, as in -001.
	const match = /\bveo[-_]?(?:(\d+)(?:[.-](\d)(?!\d))?)?/i.exec(id);
	if (!match) return false;
	const [, major, minor = '0'] = match;
	return major === undefined || Number(`${major}.${minor}`) >= SINCE;
}

const namesOf = (row: Readonly<Record<string, unknown>>) => [
	String(row.id),
	...(Array.isArray(row.aliases) ? row.aliases.map(String) : []),
];

const PRICE_KINDS = ['fixed', 'variants', 'variable'];

/** The table against the catalogue (`GET /v1/models?include=pricing`), by model ID. */
export function compareCatalogue(catalogue: unknown): Map<string, string[]> {
	const rows = asObjects(asObject(catalogue)?.data);
	const known = new Set(MODELS.map(({ id }) => id));
	const findings = new Map<string, string[]>();
	for (const { id } of MODELS) {
		const row = rows.find((candidate) => namesOf(candidate).includes(id));
		const kind = asText(asObject(row?.pricing)?.kind);
		if (!row) findings.set(id, ['is gone from the catalogue']);
		else if (!PRICE_KINDS.includes(kind ?? '')) {
			findings.set(id, [`its price is of the kind ${quoted(kind)}, which the node cannot read`]);
		}
	}
	for (const row of rows) {
		const names = namesOf(row);
		if (names.some((name) => known.has(name)) || !names.some(isCandidate)) continue;
		findings.set(String(row.id), ['is new in the catalogue']);
	}
	return findings;
}
