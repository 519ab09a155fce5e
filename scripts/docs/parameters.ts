/** The tables of docs/parameters.md, generated from the node's fields. */
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import { fields } from '../../nodes/AimlVeo/description/fields';
import { triggerFields } from '../../nodes/AimlVeo/description/triggerFields';
import { MODELS } from '../../nodes/AimlVeo/catalogue/models';
import { OPERATIONS } from '../../nodes/AimlVeo/operations/operations';
import type { OperationName } from '../../nodes/AimlVeo/catalogue/parameters';
import { code, table } from './markdown';

/** Examples for the fields whose placeholder, values or default do not give one. */
const EXAMPLES: Record<string, string> = {
	after: '2026-11-01T00:00:00',
	before: '2026-11-08T00:00:00',
	seed: '42',
};

export const isCollection = ({ type }: INodeProperties) => type === 'collection';
export const fieldsIn = ({ options = [] }: INodeProperties) => options as INodeProperties[];

/** Fields of the same name (one for each way in which models take a setting) count as one. */
function byName(all: readonly INodeProperties[]): INodeProperties[][] {
	const groups = new Map<string, INodeProperties[]>();
	for (const field of all) groups.set(field.name, [...(groups.get(field.name) ?? []), field]);
	return [...groups.values()];
}

const shownFor = (field: INodeProperties, name: string): unknown[] | undefined =>
	field.displayOptions?.show?.[name] ?? field.displayOptions?.show?.[`/${name}`];

/** Some of all names; the exceptions, where they are fewer. */
function listed(some: readonly string[] | undefined, all: readonly string[]): string {
	if (!some || some.length === all.length) return 'all';
	const others = all.filter((name) => !some.includes(name));
	return others.length < Math.min(3, some.length)
		? `all but ${others.join(', ')}`
		: some.join(', ');
}

function operationsOf(field: INodeProperties): string {
	const shown = shownFor(field, 'operation') as OperationName[] | undefined;
	return listed(
		shown?.map((name) => OPERATIONS[name].name),
		Object.values(OPERATIONS).map(({ name }) => name),
	);
}

function modelsOf(group: readonly INodeProperties[]): string {
	const ids = group.flatMap((field) => shownFor(field, 'model') ?? []);
	const names = MODELS.filter(({ id }) => ids.includes(id)).map(({ name }) => name);
	return listed(
		names,
		MODELS.map(({ name }) => name),
	);
}

function exampleOf(group: readonly INodeProperties[]): string {
	const [field] = group;
	if (!field) return '';
	const own = EXAMPLES[field.name] ?? field.placeholder?.replace(/^e\.g\. /, '');
	if (own) return code(own);
	if (field.type === 'boolean') return code(!group.some((one) => one.default === true));
	if (field.name === 'model') return 'see the table of models';
	if (/options/i.test(field.type)) {
		const values = group.flatMap(({ options = [] }) => options as INodePropertyOptions[]);
		return [...new Set(values.map(({ value }) => code(value)))].join(', ');
	}
	if (field.default === '') throw new Error(`scripts/docs: no example for '${field.name}'`);
	return code(String(field.default));
}

const text = ({ description: said = '' }: INodeProperties) => said;
const title = ({ displayName }: INodeProperties) => `**${displayName}**`;

type Column = { head: string; of: (group: readonly INodeProperties[]) => string };

function collectionTable(name: string, column?: Column): string {
	const collection = fields.find((field) => field.name === name);
	if (!collection) throw new Error(`scripts/docs: no collection '${name}'`);
	const rows = byName(fieldsIn(collection)).map((group) => {
		const inherited = group.map((field) => ({
			...field,
			displayOptions: field.displayOptions ?? collection.displayOptions,
		}));
		const cells = group.slice(0, 1).map((field) => [title(field), text(field)]);
		const [first = '', said = ''] = cells.flat();
		return [first, ...(column ? [column.of(inherited)] : []), said, exampleOf(group)];
	});
	const heads = [collection.displayName, ...(column ? [column.head] : [])];
	return table([...heads, 'What it is', 'Example or values'], rows);
}

export const operationTable = () =>
	table(
		['Operation', 'What it does'],
		Object.values(OPERATIONS).map(({ name, description: said }) => [`**${name}**`, said]),
	);

export function parameterTable(): string {
	const rows = fields
		.filter((field) => !isCollection(field) && field.name !== 'operation')
		.map((field) => [title(field), operationsOf(field), text(field), exampleOf([field])]);
	return table(['Parameter', 'Operations', 'What it is', 'Example or values'], rows);
}

export const settingTable = () =>
	collectionTable('videoSettings', { head: 'Models', of: modelsOf });
export const optionTable = () =>
	collectionTable('options', {
		head: 'Operations',
		of: ([field]) => (field ? operationsOf(field) : ''),
	});
/** All fields of the trigger, those inside the collections too. */
export const allTriggerFields = triggerFields.flatMap((field) =>
	isCollection(field) ? fieldsIn(field) : [field],
);

export const triggerTable = () =>
	table(
		['AI/ML API Veo Trigger', 'What it is', 'Example or values'],
		allTriggerFields.map((field) => [title(field), text(field), exampleOf([field])]),
	);

export const filterTable = () => collectionTable('filters');
