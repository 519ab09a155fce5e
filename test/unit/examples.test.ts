/** The examples hold nothing that n8n 3.0 takes away, as n8n 2.40 announces it, and nothing that pays twice. */
import { LATE_MS } from '../../nodes/AimlVeo/trigger/poll';
import { exampleNames, readExample } from '../../sandbox/n8n/examples';

/** Older agents run as this one from 3.0 on. */
const FIRST_AGENT = 2;
/** An older one gets an empty answer from n8n's human review, and ends without a video. */
const FIRST_AGENT_THAT_WAITS = 3;

test('there are examples, and one of them has an agent', () => {
	const types = exampleNames().flatMap((name) => readExample(name).nodes.map(({ type }) => type));
	expect(types).toContain('@n8n/n8n-nodes-langchain.agent');
});

test('start-videos starts a row again only long after its video came, however late', () => {
	const [, minutes] = JSON.stringify(readExample('start-videos')).match(/minutes: (\d+)/) ?? [];
	expect(Number(minutes) * 60_000).toBeGreaterThanOrEqual(2 * LATE_MS);
});

describe.each(exampleNames())('%s', (name) => {
	const { nodes } = readExample(name);

	test('has no agent of a version that is removed', () => {
		for (const { type, typeVersion } of nodes) {
			if (/\.agent(Tool)?$/.test(type)) expect(typeVersion).toBeGreaterThanOrEqual(FIRST_AGENT);
		}
	});

	test('puts the human review only before an agent that can wait for it', () => {
		if (!nodes.some(({ type }) => type.endsWith('HitlTool'))) return;
		const agents = nodes.filter(({ type }) => type.endsWith('.agent'));
		expect(agents).not.toEqual([]);
		for (const { typeVersion } of agents) {
			expect(typeVersion).toBeGreaterThanOrEqual(FIRST_AGENT_THAT_WAITS);
		}
	});

	test('calls no sub-workflow once for each item, and none from a file or an address', () => {
		for (const { type, parameters } of nodes) {
			if (!type.endsWith('.executeWorkflow')) continue;
			expect(parameters.mode ?? 'once').toBe('once');
			expect(['database', 'parameter']).toContain(parameters.source ?? 'database');
		}
	});

	test('extends videos with the provider that takes long ones', () => {
		for (const { parameters } of nodes) {
			if (!String(parameters.model).includes('extend')) continue;
			expect(parameters.videoSettings).toMatchObject({ provider: 'google' });
		}
	});

	test('asks for no binary data in memory', () => {
		expect(JSON.stringify(nodes)).not.toContain('BINARY_DATA_MODE');
	});
});
