// Breaks one part of the built trigger, loaded before n8n's engine: the matrix must notice each.
const Module = require('node:module');

/** What stands in the built file, and what is put in its place. */
const BREAKS = {
	memory: ['seen[print] === void 0 && ', ''],
	lookingBack: ['var HORIZON_MS = DAY_MS', 'var HORIZON_MS = 0 * DAY_MS'],
	lock: ['if (known.isPolling) return null;', ''],
	calm: ['isPassing = ({ details }) => details.isOnTheWay === true', 'isPassing = () => false'],
	recollection: ['if (!stored || !sure) return stored ?? sure;', 'return stored;'],
	confirmation: ['stored?.turn === this.handed.turn', 'true'],
	order: [
		'const isComplete = opened.isComplete && handed.length === open.length;',
		'const isComplete = true;',
	],
	grace: ['since: nowMs - GRACE_MS,', 'since: nowMs,'],
	hour: ['const isDue = nowMs - this.toldAtMs', 'const isDue = true || nowMs'],
	firstPoll: ['const isRegular = ', 'const isRegular = true || '],
	filters: ['const others = reading.videos.filter(', 'const others = [].filter('],
	oldRows: ['seen: entriesOf(reading.videos, nowMs)', 'seen: {}'],
	late: ['if (lateMs(', 'if (false && lateMs('],
	perVideo: ['faults >= MAX_FAULTS', 'faults > 99'],
};

const [from, to] = BREAKS[process.env.BROKEN_TRIGGER] ?? [];
const compile = Module.prototype._compile;

Module.prototype._compile = function (content, file, ...more) {
	if (!/AimlVeo.nodes\.js$/.test(file)) return compile.call(this, content, file, ...more);
	if (content.split(from).length !== 2) throw new Error(`The trigger is not as it was: ${from}`);
	return compile.call(this, content.replace(from, to), file, ...more);
};
