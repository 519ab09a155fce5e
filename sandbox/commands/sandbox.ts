/** `npm run sandbox`: the stand-in API alone, with a line for each request. */
import { parseArgs } from 'node:util';
import { startSandboxApi } from '../stand-ins/api';

async function main(): Promise<void> {
	const { values } = parseArgs({
		options: {
			port: { type: 'string', default: '4010' },
			'cdn-port': { type: 'string', default: '4011' },
			'generation-ms': { type: 'string', default: '20000' },
			help: { type: 'boolean', default: false },
		},
	});
	if (values.help) {
		console.log('npm run sandbox -- [--port 4010] [--cdn-port 4011] [--generation-ms 20000]');
		return;
	}
	const api = await startSandboxApi({
		port: Number(values.port),
		cdnPort: Number(values['cdn-port']),
		generationMs: Number(values['generation-ms']),
	});
	api.on('response', ({ at, server, method, path, status, aborted }) => {
		const time = new Date(at as number).toISOString().slice(11, 19);
		console.log(`${time} ${server} ${method} ${path} → ${aborted ? 'aborted' : status}`);
	});
	console.log(
		`AI/ML API sandbox   Base URL: ${api.baseUrl}   API Key: ${api.apiKey}   CDN: ${api.cdnUrl}`,
	);
	console.log('Try it:');
	console.log(
		`  curl -H 'Authorization: Bearer ${api.apiKey}' -H 'Content-Type: application/json' \\\n` +
			`    -d '{"model":"google/veo-3.1-t2v","prompt":"A lighthouse at dusk"}' ${api.baseUrl}/v2/video/generations`,
	);
	console.log('Ctrl-C ends it.');
	process.once('SIGINT', () => void api.stop());
	process.once('SIGTERM', () => void api.stop());
}

main().catch((cause: NodeJS.ErrnoException) => {
	console.error(
		cause.code === 'EADDRINUSE'
			? `${cause.message}. Choose other ports: npm run sandbox -- --port 0 --cdn-port 0`
			: cause.message,
	);
	process.exitCode = 1;
});
