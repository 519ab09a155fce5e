// n8n loads the credential and the node from the paths in package.json; nothing is exported here.
module.exports = {};
