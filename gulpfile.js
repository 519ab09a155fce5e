// Copies into dist/ what n8n reads as it is, beside what tsc made: icons, codex, field previews.
const { dest, src } = require('gulp');

function copy() {
	return src(
		['nodes/**/*.{svg,node.json}', 'nodes/**/__schema__/**/*.json', 'credentials/**/*.svg'],
		{
			base: '.',
			encoding: false,
		},
	).pipe(dest('dist'));
}

exports.build = copy;
