/** Requests the vendor's catalogue and the description of each model, without a key, and compares them. */
import { asObject, asObjects } from '../../nodes/AimlVeo/shared/values';
import { MODELS } from '../../nodes/AimlVeo/catalogue/models';
import type { Answer, Ask } from '../exchange';
import { compareCatalogue, compareRequest, quoted } from './compare';
import { readDescribed } from './described';

/** What differs, by model ID; models without a difference are left out. */
export type Findings = ReadonlyMap<string, readonly string[]>;

type Sleep = (ms: number) => Promise<void>;

const ATTEMPTS = 3;
const PAUSE_MS = 10_000;

/** Reading is free, so trouble on the way is no finding before some attempts. */
async function read(ask: Ask, sleep: Sleep, path: string): Promise<Answer> {
	let trouble = '';
	for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
		if (attempt > 1) await sleep(PAUSE_MS);
		try {
			const answer = await ask({ path });
			if (answer.status < 500 && answer.status !== 429) return answer;
			trouble = `GET ${path}: HTTP ${answer.status}`;
		} catch (cause) {
			trouble = (cause as Error).message;
		}
	}
	throw new Error(`${trouble}, ${ATTEMPTS} times`);
}

/**
 * @throws Error when the vendor cannot be asked, or does not answer with a catalogue: that must not
 * pass for models that are gone
 */
export async function watchVendor(ask: Ask, sleep: Sleep): Promise<Findings> {
	const catalogue = await read(ask, sleep, '/v1/models?include=pricing');
	if (asObjects(asObject(catalogue.body)?.data).length === 0) {
		throw new Error(`GET /v1/models gave no catalogue (HTTP ${catalogue.status})`);
	}
	const findings = compareCatalogue(catalogue.body);
	for (const model of MODELS) {
		const answer = await read(ask, sleep, `/docs-json?model=${encodeURIComponent(model.id)}`);
		const described = readDescribed(answer.body, model.id);
		const found = described
			? compareRequest(model, described)
			: [`has no description under ${quoted('/docs-json')} (HTTP ${answer.status})`];
		if (found.length > 0) findings.set(model.id, [...(findings.get(model.id) ?? []), ...found]);
	}
	return findings;
}

/** The findings as the text of an issue. */
export function asIssue(findings: Findings): string {
	const parts = [...findings].flatMap(([id, found]) => [
		`### ${quoted(id)}`,
		'',
		...found.map((finding) => `- ${finding}`),
		'',
	]);
	return [
		'The public descriptions of the API differ from `MODELS` in `nodes/AimlVeo/catalogue/models.ts`:',
		'',
		...parts,
		'`npm run vendor` shows the same. A difference may also be a slip in the descriptions: try it, or ask the vendor. A weekly run rewrites this text, so write what you find out into comments.',
		'',
	].join('\n');
}
