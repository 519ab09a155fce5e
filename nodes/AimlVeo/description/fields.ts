/** The editor's fields, derived from the model table and the operations. */
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import { listFields } from './listFields';
import { DEFAULT_MODEL, MEDIA, MODELS, SETTINGS, VALUE_NAMES } from '../catalogue/models';
import type { MediaName, SettingInfo, SettingName, SettingSpec } from '../catalogue/models';
import { OPERATIONS } from '../operations/operations';
import type { OperationName } from '../operations/operations';
import { DEFAULT_BINARY_FIELD, DEFAULT_MAX_CONCURRENT, DEFAULT_TIMEOUT_S } from '../request/plan';

const forOperations = (...operations: OperationName[]) => ({ show: { operation: operations } });
const showForRequests = forOperations('create', 'createAndWait');
const showForResults = forOperations('createAndWait', 'get');

/**
 * Alphabetical, with numbers by their size: 720p before 1080p. Without `localeCompare`, whose first use
 * takes longer than loading all the rest of the package.
 */
const compare = (a: string, b: string) =>
	parseFloat(a) - parseFloat(b) || (a < b ? -1 : Number(a > b));
const byName = <T extends { name: string }>(a: T, b: T) => compare(a.name, b.name);
const byDisplayName = (a: INodeProperties, b: INodeProperties) =>
	compare(a.displayName, b.displayName);

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

/** One field for each distinct way in which models take a setting, shown for just these models. */
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
 * Never marked as required: with Model as an expression n8n shows every media field, and would refuse to
 * run while those of other models are empty. What is missing is told before anything is paid.
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
		// Visible without hovering: that a file of the node before will do is not to be guessed.
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

const modelOptions: INodePropertyOptions[] = MODELS.map(({ id, name, description }) => ({
	name,
	value: id,
	description,
})).sort(byName);

const optionFields: INodeProperties[] = [
	{
		displayName: 'Estimate Only',
		name: 'estimateOnly',
		type: 'boolean',
		default: true,
		description:
			'Whether to return the price and the request that would be sent instead of making the video',
		displayOptions: { show: { '/operation': showForRequests.show.operation } },
	},
	{
		displayName: 'File Name',
		name: 'fileName',
		type: 'string',
		default: '',
		placeholder: 'e.g. intro.mp4',
		description: 'Name of the video file; if empty, it is made of the model and the generation ID',
		displayOptions: { show: { '/operation': showForResults.show.operation } },
	},
	{
		displayName: 'Max Concurrent',
		name: 'maxConcurrent',
		type: 'number',
		typeOptions: { minValue: 1, numberPrecision: 0 },
		default: DEFAULT_MAX_CONCURRENT,
		description: 'How many items are under way at the same time',
	},
	{
		displayName: 'Max Cost (USD)',
		name: 'maxCost',
		type: 'number',
		typeOptions: { minValue: 0 },
		default: 10,
		description:
			'What all items of this node may cost together in one execution; if the prices in the catalogue give more, or cannot be known ahead, nothing is submitted',
		displayOptions: { show: { '/operation': showForRequests.show.operation } },
	},
	{
		displayName: 'Output Binary Field',
		name: 'binaryField',
		type: 'string',
		default: DEFAULT_BINARY_FIELD,
		description: 'Name of the binary field that holds the video',
		displayOptions: { show: { '/operation': showForResults.show.operation } },
	},
	{
		displayName: 'Poll Interval',
		name: 'pollInterval',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: 10,
		description:
			'Seconds between two looks at the video; without this option they follow how long videos usually take',
		hint: 'In seconds',
		displayOptions: { show: { '/operation': showForResults.show.operation } },
	},
	{
		displayName: 'Timeout',
		name: 'timeout',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: DEFAULT_TIMEOUT_S,
		description: 'Seconds to wait for a video at most; it stays yours when the time is over',
		hint: 'In seconds',
	},
];

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
		description: 'Model that makes the video; an expression may give the ID of a newer one',
		displayOptions: showForRequests,
	},
	{
		displayName: 'Prompt',
		name: 'prompt',
		type: 'string',
		typeOptions: { rows: 4 },
		default: '',
		required: true,
		placeholder: 'e.g. The camera flies from the shore to the lighthouse at dusk',
		description: 'What is to be seen and heard in the video',
		displayOptions: showForRequests,
	},
	...mediaFields,
	{
		displayName: 'Generation ID',
		name: 'generationId',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. 9fa414f4-9733-46c8-a88c-ae46206f5e47:google/veo-3.1-t2v',
		description: 'The ID that Create Video gave',
		displayOptions: forOperations('get'),
	},
	{
		displayName: 'Wait for Completion',
		name: 'waitForCompletion',
		type: 'boolean',
		default: false,
		description: 'Whether to wait until the video is ready instead of returning its state at once',
		displayOptions: forOperations('get'),
	},
	{
		displayName: 'Download Video',
		name: 'download',
		type: 'boolean',
		default: true,
		description: 'Whether to put the video file into the output; otherwise only its URL is there',
		displayOptions: showForResults,
	},
	...listFields(modelOptions),
	{
		displayName: 'Video Settings',
		name: 'videoSettings',
		type: 'collection',
		placeholder: 'Add Setting',
		default: {},
		description: "What is not added here is left to the API's defaults",
		options: settingFields(),
		displayOptions: showForRequests,
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		options: optionFields,
		displayOptions: forOperations('create', 'createAndWait', 'get'),
	},
];
