// Turns its input into items of any shape, as n8n's Code node does.
class Code {
	description = {
		displayName: 'Code',
		name: 'code',
		group: ['transform'],
		version: 1,
		description: 'Runs code',
		defaults: { name: 'Code' },
		inputs: ['main'],
		outputs: ['main'],
		properties: [{ displayName: 'Code', name: 'code', type: 'string', default: '' }],
	};

	async execute() {
		const run = new Function('items', `return ${this.getNodeParameter('code', 0)}`);
		return [run(this.getInputData())];
	}
}
module.exports = { Code };
