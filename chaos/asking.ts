// Requests as somebody sends them who is no browser: with any header, and from any address of this machine.

import { Agent, request } from 'node:http';
import { WebSocket } from 'ws';

export interface Answer {
  readonly status: number;
  readonly text: string;
  /** `name=value` of each cookie that is set. */
  readonly cookies: readonly string[];
}

export interface Asking {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Fields of a form. */
  readonly form?: Readonly<Record<string, string>>;
  /** Where it comes from. */
  readonly address?: string;
}

/** Asks one server on this machine. Close it at the end. */
export class Asker {
  readonly port: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 50 });

  constructor(port: number) {
    this.port = port;
  }

  ask(path: string, { method = 'GET', headers = {}, form, address = '127.0.0.1' }: Asking = {}): Promise<Answer> {
    const type = form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
    const options = {
      ...{ agent: this.#agent, host: '127.0.0.1', port: this.port, localAddress: address },
      ...{ path, method: form === undefined ? method : 'POST', headers: { ...type, ...headers } },
    };
    return new Promise((resolve, reject) => {
      const asking = request(options, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part) => {
          text += part;
        });
        response.on('end', () => {
          const cookies = (response.headers['set-cookie'] ?? []).map((cookie) => cookie.split(';', 1)[0] ?? '');
          resolve({ status: response.statusCode ?? 0, text, cookies });
        });
      });
      asking.on('error', reject);
      asking.end(form === undefined ? undefined : new URLSearchParams(form).toString());
    });
  }

  login(name: string, password: string, asking: Asking = {}): Promise<Answer> {
    return this.ask('/login', { ...asking, form: { name, password } });
  }

  /** Tries to open the socket; resolves to the status of the answer, 101 when it opens. */
  async upgrade(headers: Readonly<Record<string, string>>, protocols: string[] = []): Promise<number> {
    const socket = this.open(headers, protocols);
    const status = await new Promise<number>((resolve, reject) => {
      socket.once('open', () => resolve(101));
      socket.once('unexpected-response', (_request, response) => resolve(response.resume().statusCode ?? 0));
      socket.once('error', reject);
    });
    socket.terminate();
    return status;
  }

  open(headers: Readonly<Record<string, string>>, protocols: string[] = []): WebSocket {
    return new WebSocket(`ws://127.0.0.1:${this.port}/ws`, protocols, { headers });
  }

  close(): void {
    this.#agent.destroy();
  }
}
