/** The README's table of models, made from the node's table. */
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
	return texts.join(', ') || 'a prompt alone';
}

/** The values that a model takes; what the API uses when nothing is chosen stands first. */
function valuesOf(spec: SettingSpec | undefined): string {
	if (!spec) return '';
	const { apiDefault, values = [] } = spec;
	const others = values.filter((value) => value !== apiDefault);
	const first = values.filter((value) => value === apiDefault);
	return [...first, ...others].join(', ');
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
		`${MODELS.length} models. The value that stands first is used when you choose none.`,
		table(head, rows),
	].join('\n\n');
}
