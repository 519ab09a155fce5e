/** One parameter of the table as a field of the editor. */
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import { MODELS } from '../catalogue/models';
import type { ParameterInfo } from '../catalogue/parameters';
import { byName } from './order';

export const modelOptions: INodePropertyOptions[] = MODELS.map(({ id, name, description }) => ({
	name,
	value: id,
	description,
})).sort(byName);

const EMPTY = { text: '', date: '', number: 0, flag: false, choice: '', models: [] as string[] };

/** The part that depends on what kind of value it holds. */
function kindOf(info: ParameterInfo): Partial<INodeProperties> & Pick<INodeProperties, 'type'> {
	switch (info.type) {
		case 'number':
			return {
				type: 'number',
				typeOptions: { minValue: info.min, ...(info.integer && { numberPrecision: 0 }) },
				// Visible without hovering.
				...(info.unit === 'seconds' && { hint: 'In seconds' }),
			};
		case 'flag':
			return { type: 'boolean' };
		case 'date':
			return { type: 'dateTime' };
		case 'choice':
			return {
				type: 'options',
				options: Object.entries(info.values).map(([value, name]) => ({ name, value })),
			};
		case 'models':
			return { type: 'multiOptions', options: modelOptions };
		case 'text':
			return { type: 'string', ...(info.rows && { typeOptions: { rows: info.rows } }) };
	}
}

/** Without its display conditions: they depend on where it is shown. */
export function parameterField(name: string, info: ParameterInfo): INodeProperties {
	return {
		displayName: info.label,
		name,
		default: info.initial ?? info.fallback ?? EMPTY[info.type],
		description: info.description,
		...kindOf(info),
		...(info.placeholder && { placeholder: info.placeholder }),
		...(info.required && { required: true }),
	};
}
