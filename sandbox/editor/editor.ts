/** n8n's editor as a person uses it: the canvas, the node panel and the credential's form. */
import type { Locator, Page } from 'playwright-core';
import { byTestId, logIn, VIEWPORT } from './browser';
import { NodeView } from './nodeView';

/** Where the node panel opens. */
const NODE_PANEL = { x: VIEWPORT.width - 386, y: 65, width: 386, height: 575 };

/** A part of the canvas in pixels, with the texts in it that are cut off. */
export interface Box {
	name: string;
	left: number;
	top: number;
	right: number;
	bottom: number;
	cut: string[];
}

export class Editor {
	private constructor(
		readonly page: Page,
		private readonly url: string,
		readonly close: () => Promise<void>,
	) {}

	static async open(url: string): Promise<Editor> {
		const { page, close } = await logIn(url);
		return new Editor(page, url, close);
	}

	private find(id: string): Locator {
		return byTestId(this.page, id);
	}

	/** n8n follows the theme of the system until the person chooses one. */
	async theme(colorScheme: 'light' | 'dark'): Promise<void> {
		await this.page.emulateMedia({ colorScheme });
		await this.page.reload();
	}

	async newWorkflow(): Promise<void> {
		await this.page.goto(`${this.url}/workflow/new`);
		await this.find('canvas-plus-button').first().waitFor();
	}

	async openWorkflow(id: string): Promise<void> {
		await this.page.goto(`${this.url}/workflow/${id}`);
		await this.find('canvas-node').first().waitFor();
		// The view has come to rest when two measurements in a row find the nodes at the same place.
		let before = '';
		for (;;) {
			const now = JSON.stringify(await this.boxes());
			if (now === before) return;
			before = now;
			await this.page.waitForTimeout(300);
		}
	}

	/** Types into the search of the node panel; the entry with this name. */
	async searchNode(text: string, name: string): Promise<Locator> {
		const search = this.find('node-creator-search-bar');
		if (!(await search.isVisible())) await this.find('canvas-plus-button').first().click();
		await search.fill(text);
		const entry = this.find('node-creator-node-item').or(this.find('node-creator-action-item'));
		const found = entry.filter({
			has: this.page.locator('[data-test-id="node-creator-item-name"]', { hasText: name }),
		});
		await found.first().waitFor();
		return found.first();
	}

	/** Adds a node out of the node panel by one of its actions. */
	async addNode(entry: Locator, action: string): Promise<NodeView> {
		await entry.click();
		const item = this.find('node-creator-item-name').getByText(action, { exact: true });
		// In an empty workflow, n8n folds the actions of a node that has a trigger, too.
		const folded = this.find('node-creator-category-item').filter({ hasText: /^\s*Actions/ });
		await item.or(folded).first().waitFor();
		if (!(await item.isVisible())) await folded.first().click();
		await item.click();
		return await this.shownNode();
	}

	/** @param field a parameter of the node, which shows that all are there */
	async openNode(name: string, field?: string): Promise<NodeView> {
		await this.find('canvas-node').filter({ hasText: name }).first().dblclick();
		return await this.shownNode(field);
	}

	private async shownNode(field = 'operation'): Promise<NodeView> {
		const view = new NodeView(this.page);
		await view.ready(field);
		return view;
	}

	/** Saves the workflow that is open, and waits until n8n has it. */
	async save(): Promise<void> {
		const saved = this.page.waitForResponse(
			(response) =>
				response.request().method() === 'PATCH' && /\/rest\/workflows\//.test(response.url()),
		);
		await this.page.keyboard.press('Control+s');
		await saved;
	}

	/** All nodes and notes on the canvas. */
	async boxes(): Promise<Box[]> {
		return await this.find('canvas-node')
			.or(this.find('sticky'))
			.evaluateAll((parts) =>
				parts
					.filter(
						(part) =>
							part.getAttribute('data-test-id') === 'sticky' ||
							!part.querySelector('[data-test-id="sticky"]'),
					)
					.map((part) => {
						const { left, top, right, bottom } = part.getBoundingClientRect();
						const cut = [...part.querySelectorAll<HTMLElement>('*')].filter((text) => {
							const own = text.getBoundingClientRect();
							const overflows = text.scrollWidth > text.clientWidth + 1 && text.clientWidth > 0;
							const below = /^(P|LI|H2)$/.test(text.tagName) && own.bottom > bottom;
							return text.children.length === 0 && text.innerText && (overflows || below);
						});
						return {
							name: (part as HTMLElement).innerText.trim().split('\n')[0] ?? '',
							left,
							top,
							right,
							bottom,
							cut: cut.map((text) => text.innerText),
						};
					}),
			);
	}

	/** Closes n8n's messages in the corner, so that nothing is covered. */
	async dismissToasts(): Promise<void> {
		const toasts = this.page.locator('.el-notification__closeBtn');
		while ((await toasts.count()) > 0) {
			await toasts
				.first()
				.click({ timeout: 2_000 })
				.catch(() => undefined);
			await this.page.waitForTimeout(300);
		}
	}

	/**
	 * @param part what is in the image; default: the whole window
	 * @param pointAt where the mouse rests
	 */
	async screenshot(path: string, part?: Locator | 'nodePanel', pointAt?: Locator): Promise<void> {
		await this.dismissToasts();
		await (pointAt?.hover() ?? this.page.mouse.move(0, 0));
		const options = { path, animations: 'disabled' } as const;
		if (part !== undefined && part !== 'nodePanel') await part.screenshot(options);
		else await this.page.screenshot({ ...options, ...(part && { clip: NODE_PANEL }) });
	}
}
