// Returns its first input a number of times, each with the same files.
class Copies {
	description = {
		displayName: 'Copies',
		name: 'copies',
		group: ['organization'],
		version: 1,
		description: 'Multiplies an item',
		defaults: { name: 'Copies' },
		inputs: ['main'],
		outputs: ['main'],
		properties: [{ displayName: 'Count', name: 'count', type: 'number', default: 2 }],
	};

	async execute() {
		const [{ json, binary }] = this.getInputData();
		const length = this.getNodeParameter('count', 0);
		return [Array.from({ length }, () => ({ json: { ...json }, binary, pairedItem: 0 }))];
	}
}
module.exports = { Copies };
