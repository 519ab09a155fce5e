// Makes dist/: the nodes of a folder and the credential with all that they import in one file, and beside
// them what n8n reads as it is (icons, codex, field previews). As some eighty files they take 30 ms longer
// to load than an empty package, and weigh a quarter more. They are not minified, so that they can be read.
const { build: bundle } = require('esbuild');
const { dest, series, src } = require('gulp');
const { writeFile } = require('node:fs/promises');
const { basename, dirname } = require('node:path');
const { n8n } = require('./package.json');

const SHARED = 'nodes.js';

const sourceOf = (built) => built.replace(/^dist\//, '').replace(/\.js$/, '.ts');

/** What esbuild builds: one file, or one for all nodes of a folder, so that what they share is packed once. */
function entryOf(folder, built) {
	if (built.length === 1) return { entryPoints: [sourceOf(built[0])], outfile: built[0] };
	const lines = built.map((file) => `export * from './${basename(file, '.js')}';`);
	return {
		stdin: { contents: lines.join('\n'), resolveDir: sourceOf(folder), loader: 'ts' },
		outfile: `${folder}/${SHARED}`,
	};
}

async function bundleFolder(folder, built) {
	const entry = entryOf(folder, built);
	await bundle({
		...entry,
		bundle: true,
		external: ['n8n-workflow'],
		platform: 'node',
		format: 'cjs',
		target: 'es2022',
		sourcemap: true,
		sourcesContent: false,
	});
	if (!entry.stdin) return;
	for (const file of built) await writeFile(file, `module.exports = require('./${SHARED}');\n`);
}

async function compile() {
	const all = [...n8n.nodes, ...n8n.credentials];
	const inFolder = (folder) => all.filter((file) => dirname(file) === folder);
	const folders = [...new Set(all.map(dirname))];
	await Promise.all(folders.map((folder) => bundleFolder(folder, inFolder(folder))));
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
