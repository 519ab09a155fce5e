// Sends its first input to the loop output a number of times, then to the done output.
class Repeat {
	description = {
		displayName: 'Repeat',
		name: 'repeat',
		group: ['organization'],
		version: 1,
		description: 'Loops',
		defaults: { name: 'Repeat' },
		inputs: ['main'],
		outputs: ['main', 'main'],
		outputNames: ['done', 'loop'],
		properties: [{ displayName: 'Rounds', name: 'rounds', type: 'number', default: 2 }],
	};

	async execute() {
		const context = this.getContext('node');
		context.items ??= this.getInputData().map(({ json }) => ({ json: { ...json } }));
		context.round = (context.round ?? 0) + 1;
		const rounds = this.getNodeParameter('rounds', 0);
		return context.round > rounds ? [this.getInputData(), []] : [[], context.items];
	}
}
module.exports = { Repeat };
