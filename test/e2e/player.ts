/** Plays a video in a real browser for a test: Chromium through Playwright, Firefox through its own page. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPage } from '../../sandbox/editor/browser';
import { endWithUs } from '../../sandbox/processes/guard';
import { programPath } from '../../sandbox/processes/programs';

/** Everything the browser is asked to do; runs inside the page. */
export interface Player {
	load(base64: string): Promise<void>;
	/** The picture at this time, RGBA as text. */
	seek(seconds: number): Promise<string>;
	/** Number and media time of each frame that was seen in playing to the end. */
	play(): Promise<Array<{ number: number; seconds: number }>>;
	/** Seconds at which bursts of sound begin. */
	bursts(base64: string): Promise<number[]>;
}

function installPlayer(): void {
	const bytesOf = (base64: string) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
	const video = document.createElement('video');
	video.muted = true;
	document.body.append(video);
	const canvas = document.createElement('canvas');
	const context = canvas.getContext('2d', { willReadFrequently: true })!;
	const event = async (name: string) =>
		await new Promise<void>((resolve, reject) => {
			video.addEventListener(name, () => resolve(), { once: true });
			const fail = () => reject(new Error(`${video.error?.message}`));
			if (video.error) fail();
			video.addEventListener('error', fail, { once: true });
		});
	const draw = () => {
		canvas.width = video.videoWidth;
		canvas.height = video.videoHeight;
		context.drawImage(video, 0, 0);
		return context.getImageData(0, 0, canvas.width, canvas.height).data;
	};
	/** The number that each frame of the clips shows: one field a bit, from left to right. */
	const numberIn = (pixels: Uint8ClampedArray) => {
		let number = 0;
		for (let bit = 0; bit < 8; bit++) {
			const x = Math.floor(((bit + 0.5) * canvas.width) / 8);
			const at = 4 * (Math.floor(canvas.height / 2) * canvas.width + x);
			const light = 0.3 * pixels[at]! + 0.59 * pixels[at + 1]! + 0.11 * pixels[at + 2]!;
			if (light > 130) number += 2 ** bit;
		}
		return number;
	};
	const player: Player = {
		async load(base64) {
			video.src = URL.createObjectURL(new Blob([bytesOf(base64)], { type: 'video/mp4' }));
			await event('loadeddata');
		},
		async seek(seconds) {
			const sought = event('seeked');
			const shown = new Promise((resolve) => video.requestVideoFrameCallback(resolve));
			video.currentTime = seconds;
			await sought;
			await shown;
			let text = '';
			for (const value of draw()) text += String.fromCharCode(value);
			return btoa(text);
		},
		async play() {
			const seen: Array<{ number: number; seconds: number }> = [];
			video.currentTime = 0;
			await event('seeked');
			const look = (_now: number, { mediaTime }: { mediaTime: number }) => {
				seen.push({ number: numberIn(draw()), seconds: mediaTime });
				video.requestVideoFrameCallback(look);
			};
			video.requestVideoFrameCallback(look);
			const ended = event('ended');
			await video.play();
			await ended;
			return seen;
		},
		async bursts(base64) {
			const audio = new OfflineAudioContext(1, 1, 48_000);
			const decoded = await audio.decodeAudioData(bytesOf(base64).buffer);
			const samples = decoded.getChannelData(0);
			const found: number[] = [];
			for (let at = 0; at < samples.length; at++) {
				if (Math.abs(samples[at]!) < 0.1) continue;
				const seconds = at / decoded.sampleRate;
				if (found.length === 0 || seconds - found.at(-1)! > 0.3) found.push(seconds);
			}
			return found;
		},
	};
	Object.assign(window, { player });
}

export interface Browser {
	ask<T>(method: keyof Player, argument?: string | number): Promise<T>;
	close(): Promise<void>;
}

export async function inChromium(): Promise<Browser> {
	const { page, close } = await openPage();
	await page.goto('about:blank');
	await page.evaluate(installPlayer);
	const ask = async <T>(method: keyof Player, argument?: string | number) =>
		(await page.evaluate(
			async ([name, value]) => {
				const { player } = window as unknown as { player: Record<string, (x: unknown) => unknown> };
				return await player[name as string]!(value);
			},
			[method, argument],
		)) as T;
	return { ask, close };
}

/** Asks the test what to do, does it, answers, and asks again; runs inside the page. */
async function obey(): Promise<void> {
	const { player } = window as unknown as { player: Record<string, (x: unknown) => unknown> };
	for (;;) {
		const { method, argument } = (await (await fetch('/task')).json()) as Task;
		const answer = await Promise.resolve(argument)
			.then(async (value) => ({ result: await player[method]!(value) }))
			.catch((cause: Error) => ({ failure: cause.message }));
		await fetch('/answer', { method: 'POST', body: JSON.stringify(answer) });
	}
}

interface Task {
	method: keyof Player;
	argument?: string | number;
}
interface Answer {
	result?: unknown;
	failure?: string;
}

/** No first-run pages, and nothing asked of any network but this machine. */
const PREFERENCES = {
	'browser.shell.checkDefaultBrowser': false,
	'datareporting.policy.dataSubmissionEnabled': false,
	'media.autoplay.default': 0,
	'network.proxy.type': 1,
	'network.proxy.http': '127.0.0.1',
	'network.proxy.http_port': 9,
	'network.proxy.ssl': '127.0.0.1',
	'network.proxy.ssl_port': 9,
};

async function bodyOf(request: IncomingMessage): Promise<string> {
	const parts: Buffer[] = [];
	for await (const part of request) parts.push(part as Buffer);
	return Buffer.concat(parts).toString();
}

/** One task at a time: whoever comes first, the test with a task or the page, waits for the other. */
class Exchange {
	private idle?: ServerResponse;
	private task?: Task;
	private settle?: (answer: Answer) => void;

	private meet(): void {
		if (!this.idle || !this.task) return;
		this.idle.end(JSON.stringify(this.task));
		this.idle = undefined;
		this.task = undefined;
	}

	async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
		if (request.url === '/task') {
			this.idle = response;
			return this.meet();
		}
		if (request.url === '/answer') {
			const answer = JSON.parse(await bodyOf(request)) as Answer;
			response.end();
			return this.settle?.(answer);
		}
		response.setHeader('content-type', 'text/html');
		response.end(`<!DOCTYPE html><body><script>(${installPlayer})();(${obey})()</script>`);
	}

	async ask(task: Task): Promise<unknown> {
		const answered = new Promise<Answer>((resolve) => {
			this.settle = resolve;
		});
		this.task = task;
		this.meet();
		const { result, failure } = await answered;
		if (failure !== undefined) throw new Error(failure);
		return result;
	}
}

export async function inFirefox(): Promise<Browser> {
	const exchange = new Exchange();
	const server = createServer((request, response) => void exchange.serve(request, response));
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	const profile = mkdtempSync(join(tmpdir(), 'veo-firefox-'));
	const lines = Object.entries(PREFERENCES).map(
		([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
	);
	writeFileSync(join(profile, 'user.js'), lines.join('\n'));
	const address = `http://127.0.0.1:${port}/`;
	const args = ['--headless', '--no-remote', '--profile', profile, address];
	const child = spawn(programPath('firefox'), args, { detached: true, stdio: 'ignore' });
	endWithUs(child);
	const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
	return {
		ask: async <T>(method: keyof Player, argument?: string | number) =>
			(await exchange.ask({ method, argument })) as T,
		close: async () => {
			child.kill();
			await ended;
			server.closeAllConnections();
			server.close();
			rmSync(profile, { recursive: true, force: true });
		},
	};
}
