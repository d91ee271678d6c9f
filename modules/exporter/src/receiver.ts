// A real HTTP server for tests: it notes what comes, and answers as it is told, also in every bad way.

import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that came. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** How a request is answered. */
export type Answer = (response: ServerResponse) => void;

/** An answer of a status, a body and headers. */
export function says(status: number, body = '', headers: Record<string, string> = {}): Answer {
  return (response) => void response.writeHead(status, headers).end(body);
}

/** Every way in which a receiver may fail and be well again, by a name for people. */
export const FAILURES = {
  'a service that is not ready': says(503, 'not yet', { 'retry-after': '1' }),
  'a wish to be left alone': says(429, 'slow down', { 'retry-after': '1' }),
  'nothing at all': () => {},
  'a connection that breaks': (response) => response.destroy(),
  'half an answer': (response) => {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('{"ok":', () => response.destroy());
  },
} as const satisfies Readonly<Record<string, Answer>>;

export class Receiver {
  readonly received: Received[] = [];
  answer: Answer;
  readonly #server: Server;
  readonly #watchers = new Set<() => void>();

  private constructor(answer: Answer) {
    this.answer = answer;
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('error', () => {});
      request.on('end', () => {
        this.received.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks) });
        this.answer(response);
        for (const watcher of this.#watchers) watcher();
      });
    });
  }

  static async start(answer: Answer = says(204)): Promise<Receiver> {
    const receiver = new Receiver(answer);
    await new Promise<void>((resolve) => receiver.#server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resolves to all that came, when that is enough. */
  until(enough: (received: readonly Received[]) => boolean): Promise<readonly Received[]> {
    return new Promise((resolve) => {
      const look = () => {
        if (!enough(this.received)) return;
        this.#watchers.delete(look);
        resolve(this.received);
      };
      this.#watchers.add(look);
      look();
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
