// Calls its tool with given arguments, as n8n's AI Agent does: before version 3 it invokes the tool itself,
// from version 3 on it asks the engine to run it. Its rows are what the model would be given.
const answer = (result) => ({ json: { answer: result } });

class Agent {
	description = {
		displayName: 'Agent',
		name: 'agent',
		group: ['transform'],
		version: 1,
		description: 'Calls a tool',
		defaults: { name: 'Agent' },
		inputs: ['main', { type: 'ai_tool', displayName: 'Tool' }],
		outputs: ['main'],
		properties: [
			{ displayName: 'Version', name: 'version', type: 'number', default: 2 },
			{ displayName: 'Together', name: 'together', type: 'boolean', default: false },
			{ displayName: 'Fails', name: 'fails', type: 'number', default: 0 },
			{ displayName: 'Calls', name: 'calls', type: 'json', default: [] },
		],
	};

	async execute(response) {
		const calls = this.getNodeParameter('calls', 0);
		if (this.getNodeParameter('version', 0) === 3) return viaEngine(calls, response);
		const [tool] = [await this.getInputConnectionData('ai_tool', 0)].flat();
		const invoke = async (call) =>
			await tool.invoke(call).then(answer, (cause) => answer(`Error: ${cause.message}`));
		if (this.getNodeParameter('together', 0)) return [await Promise.all(calls.map(invoke))];
		const rows = [];
		for (const call of calls) rows.push(await invoke(call));
		const context = this.getContext('node');
		context.tries = (context.tries ?? 0) + 1;
		if (context.tries <= this.getNodeParameter('fails', 0)) throw new Error('The agent fails');
		return [rows];
	}
}

function viaEngine(calls, response) {
	if (!response?.actionResponses?.length) {
		const actions = calls.map((input, index) => ({
			actionType: 'ExecutionNodeAction',
			nodeName: 'Veo',
			input,
			type: 'ai_tool',
			id: `call-${index}`,
			metadata: {},
		}));
		return { actions, metadata: {} };
	}
	return [
		response.actionResponses.map(({ data }) =>
			data.error
				? answer(`Error: ${data.error.message}`)
				: answer(JSON.stringify(Object.values(data.data ?? {})[0]?.[0])),
		),
	];
}
module.exports = { Agent };
