/** The form of a credential in n8n's editor. */
import type { Locator } from 'playwright-core';
import { byTestId } from './browser';

export const CONNECTED = 'Connection tested successfully';

export class CredentialForm {
	constructor(readonly root: Locator) {}

	/** Enters the account and saves it; n8n tests it then. */
	async save(account: { apiKey: string; baseUrl: string }): Promise<void> {
		for (const [name, value] of Object.entries(account)) {
			await byTestId(this.root, `parameter-input-${name}`).locator('input').fill(value);
		}
		await byTestId(this.root, 'credential-save-button').click();
	}

	/** n8n's words about the settings that were saved, when they do not work. */
	async complaint(): Promise<string> {
		const more = this.root.getByText('More details', { exact: true });
		await more.click();
		await more.waitFor({ state: 'hidden' });
		return await this.root.innerText();
	}

	async connected(): Promise<void> {
		await this.root.getByText(CONNECTED).filter({ visible: true }).waitFor();
	}

	/** Resolves when the settings were found to work; n8n closes the form of a new credential by itself then. */
	async accepted(): Promise<void> {
		await this.root.page().waitForFunction((text) => {
			const form = document.querySelector<HTMLElement>('[data-test-id="editCredential-modal"]');
			return !form?.checkVisibility() || form.innerText.includes(text);
		}, CONNECTED);
	}

	async close(): Promise<void> {
		// Escape would close the node behind it as well.
		const button = this.root.getByRole('button', { name: 'Close' });
		if (await this.root.isVisible()) await button.click();
		await this.root.waitFor({ state: 'hidden' });
	}
}
