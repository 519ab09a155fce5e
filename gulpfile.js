// Copies what tsc leaves behind (icons and the codex) into dist/, beside the compiled files.
const { dest, src } = require('gulp');

function build() {
	return src(['nodes/**/*.{svg,node.json}', 'credentials/**/*.svg'], {
		base: '.',
		encoding: false,
	}).pipe(dest('dist'));
}

exports.build = build;
