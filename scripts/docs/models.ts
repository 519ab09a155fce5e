/** The README's table of models, generated from the node's table. */
import { MEDIA, MODELS, SETTINGS } from '../../nodes/AimlVeo/catalogue/models';
import type {
	MediaName,
	Model,
	SettingName,
	SettingSpec,
} from '../../nodes/AimlVeo/catalogue/models';
import { code, table } from './markdown';

const COLUMNS: readonly SettingName[] = ['duration', 'resolution', 'aspectRatio'];

function needs({ media }: Model): string {
	const names = Object.keys(media) as MediaName[];
	const texts = names.map((name) =>
		media[name] === 'required' ? MEDIA[name].label : `${MEDIA[name].label} (optional)`,
	);
	return texts.join(', ') || 'Prompt only';
}

/** The values that a model accepts; the API's default, where it is known, is in italics. */
function valuesOf(spec: SettingSpec | undefined): string {
	if (!spec) return '';
	const { apiDefault, values = [] } = spec;
	return values.map((value) => (value === apiDefault ? `_${value}_` : value)).join(', ');
}

export function modelTable(): string {
	const rows = MODELS.map((model) => {
		return [
			`${model.name}<br>${code(model.id)}`,
			needs(model),
			...COLUMNS.map((name) => valuesOf(model.settings[name])),
		];
	});
	const head = ['Model', 'Needs', ...COLUMNS.map((name) => SETTINGS[name].label)];
	return [
		`${MODELS.length} models. Values in italics are the API's defaults, where its documentation names them.`,
		table(head, rows),
	].join('\n\n');
}
