/** The editor's fields, derived from the model table and the operations. */
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import { DEFAULT_MODEL, MEDIA, MODELS, SETTINGS, VALUE_NAMES } from '../catalogue/models';
import type { MediaName, SettingInfo, SettingName, SettingSpec } from '../catalogue/models';
import { FILTERS, OPTIONS, PARAMETERS } from '../catalogue/parameters';
import type { OperationName, ParameterInfo } from '../catalogue/parameters';
import { OPERATIONS } from '../operations/operations';
import { byDisplayName, byName } from './order';
import { modelOptions, parameterField } from './parameterField';

const forOperations = (operations: readonly OperationName[]) => ({
	show: { operation: [...operations] },
});
const REQUESTS = PARAMETERS.prompt.operations;
const showForRequests = forOperations(REQUESTS);

function settingField(name: SettingName, spec: SettingSpec): INodeProperties {
	const { label, type, hint, unit = '', placeholder }: SettingInfo = SETTINGS[name];
	const field: INodeProperties = {
		displayName: label,
		name,
		type: type === 'integer' ? 'number' : type,
		default: spec.apiDefault ?? { boolean: false, integer: 0, string: '' }[type],
		description: hint,
	};
	if (spec.values) {
		field.type = 'options';
		field.default = spec.apiDefault ?? spec.values[0];
		field.options = spec.values
			.map((value) => ({ name: VALUE_NAMES[String(value)] ?? `${value} ${unit}`.trim(), value }))
			.sort(byName);
	} else if (type === 'integer') {
		field.typeOptions = { numberPrecision: 0 };
	} else if (type === 'string') {
		field.typeOptions = { rows: 2 };
		field.placeholder = placeholder;
	}
	return field;
}

/** One field for each distinct way in which models accept a setting, shown only for these models. */
function settingFields(): INodeProperties[] {
	const variants = new Map<string, { field: INodeProperties; models: string[] }>();
	for (const model of MODELS) {
		for (const [name, spec] of Object.entries(model.settings) as Array<
			[SettingName, SettingSpec]
		>) {
			const key = JSON.stringify([name, spec]);
			const variant = variants.get(key) ?? { field: settingField(name, spec), models: [] };
			variant.models.push(model.id);
			variants.set(key, variant);
		}
	}
	return [...variants.values()]
		.map(({ field, models }) => ({ ...field, displayOptions: { show: { '/model': models } } }))
		.sort(byDisplayName);
}

/**
 * Never marked as required: with Model as an expression n8n shows every media field, and would refuse to run
 * while those of other models are empty. What is missing is reported before anything is paid for.
 */
function mediaField(name: MediaName): INodeProperties {
	const isVideo = MEDIA[name].kind === 'video';
	const list = name === 'referenceImages';
	const nothing = list ? [] : '';
	return {
		displayName: MEDIA[name].label,
		name,
		type: 'string',
		default: nothing,
		placeholder: isVideo
			? 'e.g. https://example.com/clip.mp4'
			: 'e.g. https://example.com/photo.jpg',
		description: MEDIA[name].hint,
		// Visible without hovering: nobody would guess that a file of the previous node can be used.
		hint: 'A URL, a data URI, or the name of a binary field',
		...(list && {
			typeOptions: { multipleValues: true, multipleValueButtonText: 'Add Reference Image' },
		}),
		displayOptions: {
			show: {
				...showForRequests.show,
				model: MODELS.filter(({ media }) => media[name]).map(({ id }) => id),
			},
		},
	};
}

const mediaFields = (Object.keys(MEDIA) as MediaName[]).map(mediaField);

const operationOptions: INodePropertyOptions[] = Object.entries(OPERATIONS)
	.map(([value, { name, action, description }]) => ({ name, value, action, description }))
	.sort(byName);

const shortActions = Object.entries(OPERATIONS).map(
	([name, { action }]) => [name, action.replace(/ videos?/, '').replace(' and ', ' & ')] as const,
);
const shortModel =
	'($parameter["model"] || "").split("/").pop().replace(/^veo-?3[.-]1-|(-image)?(-to)?-video|-generate/g, "")';

/** Under the node's name on the canvas, where some 25 letters fit: "Create & wait: t2v-fast". */
export const subtitle = `={{ ${JSON.stringify(Object.fromEntries(shortActions))}[$parameter["operation"]] + ($parameter["operation"].startsWith("create") ? ": " + ${shortModel} : "") }}`;

/** A field of its own, shown for its operations. */
function plainField(name: keyof typeof PARAMETERS): INodeProperties {
	const info: ParameterInfo = PARAMETERS[name];
	return { ...parameterField(name, info), displayOptions: forOperations(info.operations) };
}

/** A field inside a collection, which is shown for all of `operations`. */
function memberFields(
	members: Readonly<Record<string, ParameterInfo>>,
	operations: readonly OperationName[],
): INodeProperties[] {
	return Object.entries(members).map(([name, info]) => ({
		...parameterField(name, info),
		...(info.operations.length < operations.length && {
			displayOptions: { show: { '/operation': [...info.operations] } },
		}),
	}));
}

const OPTION_OPERATIONS = ['create', 'createAndWait', 'get'] as const;
const LIST_OPERATIONS = PARAMETERS.returnAll.operations;

export const fields: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		options: operationOptions,
		default: 'createAndWait',
	},
	{
		displayName: 'Model',
		name: 'model',
		type: 'options',
		options: modelOptions,
		default: DEFAULT_MODEL,
		description:
			'Model that generates the video. To use a newer model, enter its ID as an expression.',
		displayOptions: showForRequests,
	},
	plainField('prompt'),
	...mediaFields,
	plainField('generationId'),
	plainField('waitForCompletion'),
	plainField('download'),
	plainField('returnAll'),
	{
		...parameterField('limit', PARAMETERS.limit),
		displayOptions: { show: { operation: [...LIST_OPERATIONS], returnAll: [false] } },
	},
	{
		displayName: 'Filters',
		name: 'filters',
		type: 'collection',
		placeholder: 'Add Filter',
		default: {},
		description: 'Which videos to list. Without filters, those of the last 7 days.',
		options: memberFields(FILTERS, LIST_OPERATIONS),
		displayOptions: forOperations(LIST_OPERATIONS),
	},
	{
		displayName: 'Video Settings',
		name: 'videoSettings',
		type: 'collection',
		placeholder: 'Add Setting',
		default: {},
		description: "Settings that you do not add use the API's defaults",
		options: settingFields(),
		displayOptions: showForRequests,
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		options: memberFields(OPTIONS, OPTION_OPERATIONS),
		displayOptions: forOperations(OPTION_OPERATIONS),
	},
];
