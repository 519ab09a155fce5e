// Takes the place of a trigger; its output is pinned by the test.
class Items {
	description = {
		displayName: 'Items',
		name: 'items',
		group: ['trigger'],
		version: 1,
		description: 'Pinned items',
		defaults: { name: 'Items' },
		inputs: [],
		outputs: ['main'],
		properties: [],
	};

	async execute() {
		return [[{ json: {} }]];
	}
}
module.exports = { Items };
