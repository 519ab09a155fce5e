// Cuts off the end of the last item's file in n8n's store, behind n8n's back: what is known of it stays.
const { truncateSync, statSync } = require('node:fs');

class CutShort {
	description = {
		displayName: 'Cut Short',
		name: 'cutShort',
		group: ['organization'],
		version: 1,
		description: 'Breaks a file',
		defaults: { name: 'Cut Short' },
		inputs: ['main'],
		outputs: ['main'],
		properties: [{ displayName: 'Bytes', name: 'bytes', type: 'number', default: 100 }],
	};

	async execute() {
		const items = this.getInputData();
		const path = this.helpers.getBinaryPath(items.at(-1).binary.data.id);
		truncateSync(path, statSync(path).size - this.getNodeParameter('bytes', 0));
		return [items];
	}
}
module.exports = { CutShort };
