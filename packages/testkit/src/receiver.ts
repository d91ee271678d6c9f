// A real HTTP server for tests: it notes what comes, and answers as it is told, also in every bad way.

import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that came. */
export interface Received {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly bytes: Buffer;
}

/** How a request is answered. */
export type Answer = (response: ServerResponse, request: Received) => void;

/** An answer of a status, a body and headers. */
export function says(status: number, body: string | object = '', headers: Record<string, string> = {}): Answer {
  return (response) => {
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

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
        const { method = '', url = '', headers } = request;
        const bytes = Buffer.concat(chunks);
        const came = { method, path: url, headers, body: bytes.toString(), bytes };
        this.received.push(came);
        this.answer(response, came);
        for (const watcher of this.#watchers) watcher();
      });
    });
  }

  static async start(answer: Answer = says(200)): Promise<Receiver> {
    const receiver = new Receiver(answer);
    await new Promise<void>((resolve) => receiver.#server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The last request, its body read as JSON. */
  get lastBody(): unknown {
    return JSON.parse(this.received.at(-1)?.body ?? '');
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
