// Passes its input on, as n8n's own No Operation does.
class NoOp {
	description = {
		displayName: 'No Op',
		name: 'noOp',
		group: ['organization'],
		version: 1,
		description: 'Passes items on',
		defaults: { name: 'No Op' },
		inputs: ['main'],
		outputs: ['main'],
		properties: [],
	};

	async execute() {
		return [this.getInputData()];
	}
}
module.exports = { NoOp };
