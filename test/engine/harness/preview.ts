/** What a node promises about its output before it has run: the field previews that n8n shows. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IDataObject } from 'n8n-workflow';

export interface Preview {
	type: string;
	properties?: Record<string, Preview>;
	items?: Preview;
}

const FOLDER = join(__dirname, '..', '..', '..', 'nodes', 'AimlVeo', '__schema__', 'v1.0.0');

/** The preview of an operation of the Veo node; none for another name. */
export function previewOf(operation: unknown): Preview | undefined {
	const path = join(FOLDER, `${String(operation)}.json`);
	return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Preview) : undefined;
}

const typeOf = (value: unknown) => (Array.isArray(value) ? 'array' : typeof value);

/** Where a value is of another type than promised; what is missing or null breaks no promise. */
export function misfits(value: unknown, preview: Preview, path = '$'): string[] {
	if (value === undefined || value === null) return [];
	if (typeOf(value) !== preview.type) return [`${path} is no ${preview.type}`];
	return Object.entries(preview.properties ?? {}).flatMap(([name, part]) =>
		misfits((value as IDataObject)[name], part, `${path}.${name}`),
	);
}

/** The paths of all fields that are promised. */
export const fieldsOf = ({ properties = {} }: Preview, path = '$'): string[] =>
	Object.entries(properties).flatMap(([name, part]) => [
		`${path}.${name}`,
		...fieldsOf(part, `${path}.${name}`),
	]);

/** Whether the row has something there. */
export function has(row: unknown, path: string): boolean {
	const value = path
		.split('.')
		.slice(1)
		.reduce<unknown>((part, name) => (part as IDataObject | undefined)?.[name], row);
	return value !== undefined && value !== null;
}
