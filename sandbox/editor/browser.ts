/** A real Chromium that is logged in to n8n. AIMLVEO_CHROMIUM names one that is not in PATH. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Locator, Page } from 'playwright-core';
import { OWNER } from '../n8n/restClient';
import { Advice } from '../processes/step';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
/** Nothing is asked of the network but the n8n under test. */
const QUIET = [
	'--no-sandbox',
	'--disable-gpu',
	'--disable-quic',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync',
];
/** The first load of the editor on two busy cores. */
const STEP_LIMIT_MS = 60_000;

export const VIEWPORT = { width: 1440, height: 900 };

/** @throws Advice when there is none */
export function findChromium(): string {
	const folders = (process.env.PATH ?? '').split(delimiter);
	const candidates = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
	const found = process.env.AIMLVEO_CHROMIUM ?? candidates.find((path) => existsSync(path));
	if (found) return found;
	throw new Advice(
		'A Chromium is needed. Debian, Ubuntu: sudo apt-get install chromium\n' +
			'Or name one: AIMLVEO_CHROMIUM=<path of the program>',
	);
}

/** A page of a browser of its own; `close` ends the browser. */
export async function openPage(): Promise<{ page: Page; close: () => Promise<void> }> {
	const browser = await chromium.launch({ executablePath: findChromium(), args: QUIET });
	const page = await browser.newPage({ viewport: VIEWPORT });
	page.setDefaultTimeout(STEP_LIMIT_MS);
	return { page, close: async () => await browser.close() };
}

/** The page after the login; `close` ends the browser. */
export async function logIn(url: string): Promise<{ page: Page; close: () => Promise<void> }> {
	const { page, close } = await openPage();
	await page.goto(`${url}/signin`);
	await page.locator('input[name=emailOrLdapLoginId]').fill(OWNER.email);
	await page.locator('input[type=password]').fill(OWNER.password);
	await page.getByRole('button', { name: 'Sign in' }).click();
	await page.waitForURL(/\/(home|workflow)/);
	return { page, close };
}

export const byTestId = (root: Page | Locator, id: string): Locator =>
	root.locator(`[data-test-id="${id}"]`);
