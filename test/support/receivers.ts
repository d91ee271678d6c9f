// Real receivers of messages: a web server and a mail server. Each notes a message before it says that it has taken it.

import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { onTestFinished } from 'vitest';
import { Collected } from './collected.ts';

/** A message as a webhook has it. */
export interface Hooked {
  readonly key: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Its body, read as JSON. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** A mail. */
export interface Mailed {
  readonly key: string;
  readonly kind: string;
  readonly subject: string;
  readonly id: string;
  /** The first of its thread; empty for that one itself. */
  readonly answers: string;
  /** What is below the headers, as it reads. */
  readonly text: string;
}

/** What a channel takes for one message: up to so long, at random; so that a kill finds some that are sent and not noted. */
export interface Slow {
  readonly answer_ms_max?: number;
}

/** How a request is answered after it was noted; 200 and no body unless it says otherwise. */
export type Answering = (response: ServerResponse, request: Hooked) => void;

/** Starts a web server for the time of the test. */
export async function startHook(
  { answer_ms_max = 0 }: Slow = {},
  answering: Answering = (response) => response.end(),
): Promise<{ readonly url: string; readonly told: Collected<Hooked> }> {
  const told = new Collected<Hooked>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = await request.toArray().catch(() => []);
    // Its sender was killed before it had said all.
    if (!request.complete) return;
    const { headers, url: path = '' } = request;
    const body = JSON.parse(Buffer.concat(chunks).toString());
    const hooked = { key: String(headers['idempotency-key']), path, headers, body };
    told.push(hooked);
    soon(answer_ms_max, () => answering(response, hooked));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, told };
}

/** Starts a mail server for the time of the test. */
export async function startMail({ answer_ms_max = 0 }: Slow = {}): Promise<{
  readonly port: number;
  readonly told: Collected<Mailed>;
}> {
  const told = new Collected<Mailed>();
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData: (stream, _session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      // It does not end when the sender is killed before it has said all.
      stream.on('error', () => {});
      stream.on('end', () => {
        told.push(mailIn(Buffer.concat(chunks).toString()));
        soon(answer_ms_max, () => done());
      });
    },
  });
  // Whoever is killed ends no connection in order.
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { port: (server.server.address() as AddressInfo).port, told };
}

function soon(ms_max: number, then: () => void): void {
  if (ms_max === 0) then();
  else setTimeout(then, Math.random() * ms_max);
}

function mailIn(whole: string): Mailed {
  const end = whole.indexOf('\r\n\r\n');
  // A long header goes on in the next line.
  const headers = whole.slice(0, end).replace(/\r\n[ \t]+/g, ' ');
  const header = (name: string) => new RegExp(`^${name}: (.*)$`, 'im').exec(headers)?.[1]?.trim() ?? '';
  const body = whole.slice(end + 4);
  const text = /quoted-printable/i.test(header('Content-Transfer-Encoding')) ? unquoted(body) : body;
  return {
    key: header('X-Ganglion-Key'),
    kind: header('X-Ganglion-Kind'),
    subject: header('Subject'),
    id: header('Message-ID'),
    answers: header('In-Reply-To'),
    text: text.replaceAll('\r\n', '\n'),
  };
}

/** Quoted-printable, RFC 2045 section 6.7. */
function unquoted(text: string): string {
  const bytes = text
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}
