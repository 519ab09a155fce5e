/** Drives n8n through the REST API that its editor uses. */
import { randomUUID } from 'node:crypto';
import axios from 'axios';
import type { AxiosInstance } from 'axios';
import { parse } from 'flatted';
import type {
	IBinaryData,
	IDataObject,
	INodeExecutionData,
	IRunExecutionData,
	IWorkflowBase,
} from 'n8n-workflow';

export const OWNER = {
	email: 'owner@example.com',
	password: 'Sandbox-2026',
	firstName: 'Sandbox',
	lastName: 'Owner',
};

/** What a workflow file in `examples/` holds. */
export type WorkflowFile = Pick<IWorkflowBase, 'name' | 'nodes' | 'connections'> & {
	settings?: IDataObject;
};

export interface Execution {
	id: string;
	status: string;
	mode: string;
	startedAt: string;
	stoppedAt: string;
	data: IRunExecutionData;
	workflowData: IWorkflowBase;
	customData?: Record<string, string>;
}

/** What n8n's list tells of an execution. */
export interface ExecutionSummary {
	id: string;
	status: string;
	/** When one that is waiting goes on by itself (ISO 8601). */
	waitTill?: string | null;
}

/** A node or credential as the editor knows it. */
export interface KnownType {
	name: string;
	displayName: string;
	iconUrl?: { light: string; dark: string };
}

const ENDED = new Set(['success', 'error', 'crashed', 'canceled', 'failed']);
const POLL_EVERY_MS = 250;

/** n8n 1.x stores an execution's new status first, and what its nodes did a moment later. */
function isStored({ status, data }: Execution): boolean {
	if (['success', 'waiting'].includes(status))
		return data?.resultData?.lastNodeExecuted !== undefined;
	return status !== 'error' || data?.resultData !== undefined;
}

export class N8nClient {
	private readonly http: AxiosInstance;

	constructor(readonly url: string) {
		this.http = axios.create({
			baseURL: `${url}/rest`,
			headers: { 'browser-id': randomUUID() },
			maxBodyLength: Infinity,
			maxContentLength: Infinity,
		});
		// Without the answer's text a failed call says only its number.
		this.http.interceptors.response.use(undefined, (cause: unknown) => {
			if (!axios.isAxiosError(cause)) throw cause;
			const { method, url: path } = cause.config ?? {};
			const said = JSON.stringify(cause.response?.data ?? cause.code);
			throw new Error(`n8n: ${method} ${path} → ${cause.response?.status}: ${said}`);
		});
	}

	/** Creates the owner if there is none yet, and logs in. */
	async connect(): Promise<this> {
		const settings = await this.get<{ userManagement: { showSetupOnFirstLoad: boolean } }>(
			'/settings',
		);
		const first = settings.userManagement.showSetupOnFirstLoad;
		const { email, password } = OWNER;
		const { headers } = first
			? await this.http.post('/owner/setup', OWNER)
			: await this.http.post('/login', { emailOrLdapLoginId: email, password });
		const cookies = (headers['set-cookie'] ?? []).map((cookie) => cookie.split(';')[0]);
		this.http.defaults.headers.common.Cookie = cookies.join('; ');
		return this;
	}

	private async get<T>(path: string, params?: IDataObject): Promise<T> {
		const { data } = await this.http.get<{ data: T }>(path, { params });
		return data.data;
	}

	private async post<T>(path: string, body: unknown = {}): Promise<T> {
		const { data } = await this.http.post<{ data: T }>(path, body);
		return data.data;
	}

	async credentials(): Promise<Array<{ id: string; name: string; type: string }>> {
		return await this.get('/credentials');
	}

	async createCredential(type: string, name: string, data: IDataObject): Promise<string> {
		return (await this.post<{ id: string }>('/credentials', { type, name, data })).id;
	}

	async updateCredential(id: string, type: string, name: string, data: IDataObject): Promise<void> {
		await this.http.patch(`/credentials/${id}`, { type, name, data });
	}

	/** n8n's own answer to the button in the credential's form. */
	async testCredential(id: string, type: string, name: string, data: IDataObject) {
		return await this.post<{ status: 'OK' | 'Error'; message: string }>('/credentials/test', {
			credentials: { id, name, type, data },
		});
	}

	/** Titles of what n8n's own report says will break in the saved workflows with this major version. */
	async breakingChanges(major: number): Promise<string[]> {
		const { report } = await this.get<{
			report: { workflowResults: Array<{ ruleTitle: string }> };
		}>('/breaking-changes/report', { version: `v${major}` });
		return report.workflowResults.map(({ ruleTitle }) => ruleTitle);
	}

	/** Where the owner's data tables are. */
	private async tablesPath(): Promise<string> {
		return `/projects/${(await this.get<{ id: string }>('/projects/personal')).id}/data-tables`;
	}

	/** A data table with columns of text; its ID. */
	async createTable(name: string, columns: string[]): Promise<string> {
		const body = { name, columns: columns.map((column) => ({ name: column, type: 'string' })) };
		return (await this.post<{ id: string }>(await this.tablesPath(), body)).id;
	}

	async tables(): Promise<Array<{ id: string; name: string }>> {
		return (await this.get<{ data: Array<{ id: string; name: string }> }>(await this.tablesPath()))
			.data;
	}

	async insertRows(tableId: string, data: IDataObject[]): Promise<void> {
		await this.post(`${await this.tablesPath()}/${tableId}/insert`, { data, returnType: 'count' });
	}

	/** In the order in which they were inserted. */
	async rows(tableId: string): Promise<IDataObject[]> {
		const path = `${await this.tablesPath()}/${tableId}/rows`;
		return (await this.get<{ data: IDataObject[] }>(path, { sortBy: 'id:asc' })).data;
	}

	async nodeTypes(): Promise<KnownType[]> {
		return (await this.http.get<KnownType[]>(`${this.url}/types/nodes.json`)).data;
	}

	async credentialTypes(): Promise<KnownType[]> {
		return (await this.http.get<KnownType[]>(`${this.url}/types/credentials.json`)).data;
	}

	/** What n8n serves under this path, such as an icon. */
	async file(path: string): Promise<{ type: string; bytes: Buffer }> {
		const { data, headers } = await this.http.get<ArrayBuffer>(`${this.url}/${path}`, {
			responseType: 'arraybuffer',
		});
		return { type: String(headers['content-type']), bytes: Buffer.from(data) };
	}

	async workflows(): Promise<Array<{ id: string; name: string }>> {
		return await this.get('/workflows');
	}

	async createWorkflow(workflow: WorkflowFile): Promise<IWorkflowBase> {
		return await this.post('/workflows', { settings: {}, active: false, ...workflow });
	}

	async workflow(id: string): Promise<IWorkflowBase & { versionId: string }> {
		return await this.get(`/workflows/${id}`);
	}

	async updateWorkflow(id: string, changes: Partial<IWorkflowBase>): Promise<void> {
		const { versionId } = await this.workflow(id);
		await this.http.patch(`/workflows/${id}`, { ...changes, versionId });
	}

	/** n8n 2.x publishes a version; 1.x flips a switch. */
	async activate(id: string): Promise<void> {
		const { versionId } = await this.workflow(id);
		try {
			await this.post(`/workflows/${id}/activate`, { versionId });
		} catch (cause) {
			if (!String(cause).includes('404')) throw cause;
			await this.http.patch(`/workflows/${id}`, { active: true, versionId });
		}
	}

	/** What n8n says when the workflow cannot be activated: 1.x at once, 2.x after some tries. */
	async activationMessage(id: string): Promise<string> {
		try {
			await this.activate(id);
		} catch (cause) {
			return String(cause);
		}
		for (;;) {
			const status = JSON.stringify(await this.get(`/workflows/${id}/publication-status`));
			if (/fail/i.test(status)) return status;
			await new Promise((resolve) => setTimeout(resolve, POLL_EVERY_MS));
		}
	}

	async deactivate(id: string): Promise<void> {
		const { versionId } = await this.workflow(id);
		try {
			await this.post(`/workflows/${id}/deactivate`);
		} catch (cause) {
			if (!String(cause).includes('404')) throw cause;
			await this.http.patch(`/workflows/${id}`, { active: false, versionId });
		}
	}

	/**
	 * Starts the workflow as the editor's button does; the execution's id.
	 * @param json what the trigger is to give out, such as the message of a chat
	 */
	async run(workflowData: IWorkflowBase, trigger: string, json?: IDataObject): Promise<string> {
		const given = json && {
			data: {
				startTime: Date.now(),
				executionTime: 0,
				executionIndex: 0,
				source: [],
				data: { main: [[{ json }]] },
			},
		};
		const { executionId } = await this.post<{ executionId: string }>(
			`/workflows/${workflowData.id}/run`,
			{ workflowData, triggerToStartFrom: { name: trigger, ...given } },
		);
		return executionId;
	}

	async execution(id: string): Promise<Execution> {
		const { data, ...rest } = await this.get<Omit<Execution, 'data'> & { data?: string }>(
			`/executions/${id}`,
		);
		// n8n stores it a moment after the execution itself.
		const parsed = data === undefined ? undefined : (parse(data) as IRunExecutionData);
		return { ...rest, data: parsed as IRunExecutionData };
	}

	/** Executions of a workflow, newest first. */
	async executions(workflowId: string): Promise<ExecutionSummary[]> {
		const filter = JSON.stringify({ workflowId });
		return (await this.get<{ results: ExecutionSummary[] }>('/executions', { filter, limit: 100 }))
			.results;
	}

	/**
	 * The execution once `wanted` holds, by default once it has ended.
	 * @throws Error with its state when that takes longer than `limitMs`
	 */
	async waitFor(
		id: string,
		{ wanted = (status: string) => ENDED.has(status), limitMs = 180_000 } = {},
	): Promise<Execution> {
		const deadline = Date.now() + limitMs;
		for (;;) {
			const execution = await this.execution(id);
			if (wanted(execution.status) && isStored(execution)) return execution;
			if (Date.now() > deadline) {
				throw new Error(`Execution ${id} is still ${execution.status} after ${limitMs} ms`);
			}
			await new Promise((resolve) => setTimeout(resolve, POLL_EVERY_MS));
		}
	}

	async runToEnd(workflow: IWorkflowBase, trigger: string): Promise<Execution> {
		return await this.waitFor(await this.run(workflow, trigger));
	}

	async stop(id: string): Promise<void> {
		await this.post(`/executions/${id}/stop`);
	}

	/** *Executions → Retry*; the id of the new execution. */
	async retry(id: string, loadWorkflow: boolean): Promise<string> {
		const retried = await this.post<{ id: string }>(`/executions/${id}/retry`, { loadWorkflow });
		return String(retried.id);
	}

	/** The bytes of a file that a node gave out, from wherever this n8n stores them. */
	async download({ id, data }: IBinaryData): Promise<Buffer> {
		if (!id) return Buffer.from(data, 'base64');
		const { data: bytes } = await this.http.get<ArrayBuffer>('/binary-data', {
			params: { id, action: 'download' },
			responseType: 'arraybuffer',
		});
		return Buffer.from(bytes);
	}
}

/** What a node gave out, in its last round; empty when it did not run. */
export function outputOf(execution: Execution, node: string, output = 0): INodeExecutionData[] {
	return execution.data.resultData.runData[node]?.at(-1)?.data?.main?.[output] ?? [];
}

/** The message of what ended the execution. */
export const messageOf = (execution: Execution): string | undefined =>
	execution.data.resultData.error?.message;
