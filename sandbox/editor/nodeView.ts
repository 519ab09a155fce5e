/** The details of one node in n8n's editor: its credential, its fields, its output. */
import type { Locator, Page } from 'playwright-core';
import { byTestId } from './browser';
import { CredentialForm } from './credentialForm';

export interface PlayingVideo {
	width: number;
	height: number;
	seconds: number;
	playedSeconds: number;
}

export class NodeView {
	constructor(private readonly page: Page) {}

	private find(id: string): Locator {
		return byTestId(this.page, id);
	}

	get window(): Locator {
		return this.find('ndv');
	}

	get output(): Locator {
		return this.find('output-panel');
	}

	get video(): Locator {
		return this.output.locator('video');
	}

	/** What n8n says about a run that failed: what happened, and how to go on. */
	get errorMessage(): Locator {
		return byTestId(this.output, 'node-error-message').locator('div').first();
	}

	get errorDescription(): Locator {
		return byTestId(this.output, 'node-error-description').first();
	}

	get input(): Locator {
		return this.find('ndv-input-panel');
	}

	async ready(field: string): Promise<void> {
		await this.find('ndv').waitFor();
		await this.find(`parameter-input-${field}`).waitFor();
	}

	/** A field of the previous node in the input panel, by its path. */
	inputField(path: string): Locator {
		return this.input.locator(`[data-value="{{ $json.${path} }}"]`);
	}

	/** Drags a field of the previous node onto a part of this one, as a person does. */
	async drag(path: string, target: Locator): Promise<void> {
		const { mouse } = this.page;
		await this.inputField(path).hover();
		await mouse.down();
		// n8n shows where a field can be dropped once it moves.
		const from = (await this.inputField(path).boundingBox())!;
		await mouse.move(from.x + 40, from.y + 20, { steps: 5 });
		const to = (await target.boundingBox())!;
		await mouse.move(to.x + to.width / 2, to.y + to.height / 2, { steps: 12 });
		await mouse.up();
	}

	/** Where *Edit Fields* takes a new field. */
	get newAssignment(): Locator {
		return this.find('assignment-collection-drop-area');
	}

	/** The fields that *Edit Fields* sets. */
	get assignments(): Locator {
		return this.find('assignment');
	}

	async close(): Promise<void> {
		await this.find('ndv-close-button').click();
		await this.find('ndv').waitFor({ state: 'hidden' });
	}

	/** The text that a field shows. */
	async valueOf(field: string): Promise<string> {
		return await this.find(`parameter-input-${field}`).locator('input').first().inputValue();
	}

	async choose(field: string, label: string): Promise<void> {
		if ((await this.valueOf(field)) === label) return;
		await this.find(`parameter-input-${field}`).click();
		const option = this.page
			.locator('[data-test-id="parameter-input-item"]:visible')
			.filter({ has: this.page.getByText(label, { exact: true }) });
		await option.click();
		await option.waitFor({ state: 'hidden' });
	}

	async fill(field: string, text: string): Promise<void> {
		await this.find(`parameter-input-${field}`).locator('input, textarea').first().fill(text);
	}

	/** Display names of the fields that are shown, from top to bottom. */
	async shownFields(): Promise<string[]> {
		const labels = this.find('node-parameters').locator('[data-test-id="input-label"]:visible');
		const texts = await labels.allInnerTexts();
		return texts.map((text) => (text.split('\n')[0] ?? '').trim());
	}

	/** What can be added to a collection, told by the words on its button. */
	async addable(button: string): Promise<string[]> {
		await this.page.getByPlaceholder(button, { exact: true }).click();
		const entries = this.page.locator('[data-test-id="collection-parameter-option"]:visible');
		await entries.first().waitFor();
		const names = (await entries.allInnerTexts()).map((text) => text.trim());
		await this.page.keyboard.press('Escape');
		await entries.first().waitFor({ state: 'hidden' });
		return names;
	}

	/** The form for a new credential of this node. */
	async newCredential(): Promise<CredentialForm> {
		await this.find('node-credentials-select').click();
		await this.find('node-credentials-select-item-new').click();
		return await this.credentialForm();
	}

	/** The form of the credential that is chosen; n8n tests it when it opens. */
	async editCredential(): Promise<CredentialForm> {
		await this.find('credential-edit-button').click();
		return await this.credentialForm();
	}

	private async credentialForm(): Promise<CredentialForm> {
		const form = this.find('editCredential-modal');
		await form.waitFor();
		return new CredentialForm(form);
	}

	/** The name of the credential that is chosen. */
	async credential(): Promise<string> {
		return await this.find('node-credentials-select').evaluate((element) => {
			const input = element instanceof HTMLInputElement ? element : element.querySelector('input');
			return input?.value || (element as HTMLElement).innerText;
		});
	}

	async execute(): Promise<void> {
		await this.find('node-execute-button').click();
	}

	/** Opens the file of the first row and lets it play for a second. */
	async playVideo(): Promise<PlayingVideo> {
		await this.find('ndv-view-binary-data').first().click();
		await this.video.waitFor();
		await this.page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 1);
		return await this.video.evaluate((element) => {
			const { videoWidth, videoHeight, duration, currentTime } = element as HTMLVideoElement;
			return {
				width: videoWidth,
				height: videoHeight,
				seconds: duration,
				playedSeconds: currentTime,
			};
		});
	}
}
