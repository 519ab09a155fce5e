// `CHAOS_WITHOUT_LEDGER=1 npm run chaos` loads this first: nothing that was paid for is remembered, and
// the matrix must turn red. It shows that the matrix can fail.
const { join } = require('node:path');

const { Ledger } = require(join(__dirname, '../../dist/nodes/AimlVeo/ledger.js'));
Ledger.prototype.find = () => undefined;
