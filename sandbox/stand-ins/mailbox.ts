/** A local mail server for tests: it accepts every mail over SMTP, keeps it, and follows the links in it as a person would. */
import { EventEmitter } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import axios from 'axios';

/** n8n takes other senders for a preview of the link, and ignores them. */
const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36';
const GREETING = '220 sandbox';
const ANSWERS: Record<string, string> = { DATA: '354 go on', QUIT: '221 bye' };

/** The text of a mail, without the soft line breaks and escapes of quoted-printable. */
const decoded = (mail: string): string =>
	mail
		.replace(/=\r\n/g, '')
		.replace(/(?:=[0-9A-F]{2})+/g, (run) => decodeURIComponent(run.replaceAll('=', '%')));

export class Mailbox extends EventEmitter {
	/** All mails so far, decoded. */
	readonly mails: string[] = [];
	private readonly sockets = new Set<Socket>();

	constructor(private readonly server: Server) {
		super();
		server.on('connection', (socket) => this.receive(socket));
	}

	/** What n8n's SMTP credential holds for this server. */
	get account() {
		const { port } = this.server.address() as AddressInfo;
		return {
			host: '127.0.0.1',
			port,
			secure: false,
			disableStartTls: true,
			user: '',
			password: '',
		};
	}

	private receive(socket: Socket): void {
		this.sockets.add(socket);
		socket.on('close', () => this.sockets.delete(socket)).on('error', () => {});
		let pending = '';
		let inMail = false;
		socket.write(`${GREETING}\r\n`);
		socket.setEncoding('utf8').on('data', (text) => {
			pending += String(text);
			for (;;) {
				const end = inMail ? '\r\n.\r\n' : '\r\n';
				const at = pending.indexOf(end);
				if (at < 0) return;
				const part = pending.slice(0, at);
				pending = pending.slice(at + end.length);
				const command = part.slice(0, 4).toUpperCase();
				if (inMail) this.keep(decoded(part));
				socket.write(`${inMail ? '250 kept' : (ANSWERS[command] ?? '250 ok')}\r\n`);
				inMail = !inMail && command === 'DATA';
			}
		});
	}

	private keep(mail: string): void {
		this.mails.push(mail);
		this.emit('mail');
	}

	/** The first mail that holds `text`, as soon as it is there. */
	async mailWith(text: string): Promise<string> {
		for (;;) {
			const mail = this.mails.find((candidate) => candidate.includes(text));
			if (mail !== undefined) return mail;
			await new Promise<void>((resolve) => this.once('mail', () => resolve()));
		}
	}

	async stop(): Promise<void> {
		for (const socket of this.sockets) socket.destroy();
		await new Promise((resolve) => this.server.close(resolve));
	}
}

/** Clicks on the button of the mail; what the page says. */
export async function answer(mail: string, approved: boolean): Promise<string> {
	const links = [...mail.matchAll(/href="([^"]+)"/g)].map(([, link = '']) =>
		link.replaceAll('&amp;', '&'),
	);
	const link = links.find((candidate) => candidate.includes(`approved=${approved}`));
	if (!link) throw new Error(`The mail has no such button:\n${mail}`);
	const { data } = await axios.get<string>(link, { headers: { 'user-agent': BROWSER } });
	return data;
}

export async function startMailbox(): Promise<Mailbox> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return new Mailbox(server);
}
