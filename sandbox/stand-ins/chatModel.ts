/**
 * A local chat model for tests. It speaks OpenAI's protocol: it calls the only tool it is given with a fixed
 * prompt, and then answers with what the tool said. Without a tool it answers with a fixed text.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface ChatRequest {
	stream?: boolean;
	messages: Array<{ role: string; content: unknown }>;
	tools?: Array<{ function: { name: string; parameters: Schema } }>;
}

/** The part of a JSON schema that matters here. */
interface Schema {
	properties?: Record<string, Schema>;
	type?: string;
}

interface Message {
	role: 'assistant';
	content: string | null;
	tool_calls?: Array<{
		index: number;
		id: string;
		type: 'function';
		function: { name: string; arguments: string };
	}>;
}

export interface ChatModel {
	/** The base URL for an OpenAI credential. */
	readonly url: string;
	/** All that it was asked, in order. */
	readonly requests: ChatRequest[];
	stop(): Promise<void>;
}

/** The prompt for each field; an object is filled field by field. */
function filled({ properties, type }: Schema, prompt: string): unknown {
	if (type !== 'object' && !properties) return prompt;
	const fields = Object.entries(properties ?? {});
	return Object.fromEntries(fields.map(([name, field]) => [name, filled(field, prompt)]));
}

function answerTo(
	{ messages, tools = [] }: ChatRequest,
	prompt: string,
	nextText: () => string,
): Message {
	const said = messages.findLast(({ role }) => role === 'tool');
	if (said) return { role: 'assistant', content: `The tool said: ${String(said.content)}` };
	const tool = tools[0]?.function;
	if (!tool) return { role: 'assistant', content: nextText() };
	const call = { name: tool.name, arguments: JSON.stringify(filled(tool.parameters, prompt)) };
	return {
		role: 'assistant',
		content: null,
		tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: call }],
	};
}

function send(response: ServerResponse, message: Message, stream: boolean): void {
	const head = { id: 'chatcmpl-1', created: 0, model: 'sandbox' };
	const finish_reason = message.tool_calls ? 'tool_calls' : 'stop';
	if (!stream) {
		response.writeHead(200, { 'content-type': 'application/json' });
		const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
		const choices = [{ index: 0, message, finish_reason }];
		return void response.end(
			JSON.stringify({ ...head, object: 'chat.completion', choices, usage }),
		);
	}
	response.writeHead(200, { 'content-type': 'text/event-stream' });
	for (const choice of [
		{ index: 0, delta: message, finish_reason: null },
		{ index: 0, delta: {}, finish_reason },
	]) {
		const chunk = { ...head, object: 'chat.completion.chunk', choices: [choice] };
		response.write(`data: ${JSON.stringify(chunk)}\n\n`);
	}
	response.end('data: [DONE]\n\n');
}

async function readJson(request: IncomingMessage): Promise<ChatRequest> {
	const chunks: Buffer[] = [];
	for await (const chunk of request) chunks.push(chunk as Buffer);
	return JSON.parse(Buffer.concat(chunks).toString('utf8')) as ChatRequest;
}

/**
 * @param prompt what it puts into every field of the tool
 * @param texts what it says when it has no tool, in turn; the last one stays
 */
export async function startChatModel(
	prompt: string,
	texts = ['I have no tool.'],
): Promise<ChatModel> {
	const requests: ChatRequest[] = [];
	const left = [...texts];
	const nextText = () => (left.length > 1 ? left.shift() : left[0]) ?? '';
	const server = createServer((request, response) => {
		const isChat = request.method === 'POST' && request.url === '/v1/chat/completions';
		if (!isChat) return void response.writeHead(404).end();
		readJson(request).then(
			(asked) => {
				requests.push(asked);
				send(response, answerTo(asked, prompt, nextText), asked.stream === true);
			},
			() => response.writeHead(400).end(),
		);
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
		requests,
		stop: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}
