// Makes dist/: each node and the credential with all that it imports in one file, and beside them what n8n
// reads as it is (icons, codex, field previews). As some seventy files they take 30 ms longer to load than an
// empty package, and weigh a quarter more. They are not minified, so that they can be read.
const { build: bundle } = require('esbuild');
const { dest, series, src } = require('gulp');
const { n8n } = require('./package.json');

const sourceOf = (built) => built.replace(/^dist\//, '').replace(/\.js$/, '.ts');

async function compile() {
	await bundle({
		entryPoints: [...n8n.nodes, ...n8n.credentials].map(sourceOf),
		outbase: '.',
		outdir: 'dist',
		bundle: true,
		external: ['n8n-workflow'],
		platform: 'node',
		format: 'cjs',
		target: 'es2022',
		sourcemap: true,
		sourcesContent: false,
	});
}

function copy() {
	return src(
		['nodes/**/*.{svg,node.json}', 'nodes/**/__schema__/**/*.json', 'credentials/**/*.svg'],
		{
			base: '.',
			encoding: false,
		},
	).pipe(dest('dist'));
}

exports.build = series(compile, copy);
