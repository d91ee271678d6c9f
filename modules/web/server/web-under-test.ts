// For the tests beside this file: the module running on an in-memory bus, and clients that remember what they heard.

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bus, encode, memoryBus, type Pulse, type RunningModule, runModule } from '@ganglion/kernel';
import {
  type Alert,
  type Analysis,
  alert,
  analysis,
  type Cause,
  type Death,
  death,
  type Measure,
  measure,
} from '@ganglion/topics';
import { type ClientOptions, WebSocket } from 'ws';
import { unpack } from '../wire/columns.ts';
import { type Frame, type Look, PAGE_PROTOCOL } from '../wire/frames.ts';
import { writeSecret } from './access/access-file.ts';
import web from './index.ts';

type Cleanup = () => unknown;
const cleanups: Cleanup[] = [];

/** Undoes what the functions of this file did since the last call; for `afterEach`. */
export async function cleanUp(): Promise<void> {
  for (let cleanup = cleanups.pop(); cleanup !== undefined; cleanup = cleanups.pop()) await cleanup();
}

/** An empty folder, gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ganglion-web-'));
  cleanups.push(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Writes a file of the login as another process would: for its owner alone, as a whole. */
export function writeAccess(path: string, content: unknown): void {
  writeSecret(path, JSON.stringify(content));
}

export const PASSWORD = 'correct horse battery';

/** {@link PASSWORD}, hashed at less cost than a user's, as the tests log in often. */
const HASHED = 'scrypt$10$8$1$YSBzYWx0IGZvciB0ZXN0cw$Z-sp_66aVfVra9Hbxdkhfzj6327SbSApJ69EaZABuzw';

/** A folder of the login with one user in it: ada, an admin, with {@link PASSWORD}. */
export function folderWithAda(): string {
  const access_dir = temporaryFolder();
  writeAccess(join(access_dir, 'users.json'), [{ name: 'ada', role: 'admin', password: HASHED, since_ms: 0 }]);
  return access_dir;
}

/** What a module did in the second before: nothing, but for what is given. */
export function pulseOf(module: string, more: Partial<Pulse> = {}): Pulse {
  return { module, interval_ms: 1_000, in: {}, out: {}, dropped: {}, failed: {}, counts: {}, ...more };
}

/** An alert as it was raised at the beginning of time, unless `more` says otherwise. */
export const finding = (id: string, more: Partial<Alert> = {}): Alert => ({
  id,
  state: 'raised',
  severity: 'warning',
  rule: 'bands',
  resource: 'cpu',
  sentence: 'CPU at 97 %',
  since_ms: 1_000,
  ...more,
});

export interface WebUnderTest {
  readonly bus: Bus;
  readonly running: RunningModule;
  readonly port: number;
  /** `127.0.0.1:<port>`. */
  readonly host: string;
  /** Publishes an analysis; its time is now unless it is given. */
  say(machine: string, body: Partial<Analysis> & object, time_ms?: number): Promise<void>;
  /** Publishes a measure; its time is now unless it is given. */
  measure(machine: string, body: object, time_ms?: number): Promise<void>;
  /** Patterns that the module listens to now. */
  readonly bound: ReadonlySet<string>;
  /** Resolves when `bound` fits. */
  binds(fits: (bound: ReadonlySet<string>) => boolean): Promise<void>;
  /** Publishes an alert of this `id`: a warning that was raised a minute ago, unless `more` says otherwise. */
  alert(machine: string, id: string, more?: Partial<Alert>): Promise<void>;
  /** Tells of a machine's death, as presence does. */
  die(machine: string, cause: Cause, died_ms?: number): Promise<void>;
  /** Resolves when a figure of the module's pulses has come to `n` in all. */
  counted(name: string, n: number): Promise<void>;
  /** What the pulses have counted so far. */
  readonly counts: ReadonlyMap<string, number>;
  readonly logged: readonly string[];
}

/** Runs the module on a free port. `config` overrides its settings. */
export async function startWeb(config: object = {}, bus: Bus = memoryBus()): Promise<WebUnderTest> {
  const bound = new Set<string>();
  const onBound = new Set<() => void>();
  const change = (pattern: string, isBound: boolean) => {
    if (bound.has(pattern) === isBound) throw new Error(`${pattern} is bound twice, or not`);
    if (isBound) bound.add(pattern);
    else bound.delete(pattern);
    for (const look of onBound) look();
  };
  const watched_bus: Bus = Object.assign(Object.create(bus), {
    subscribe: (...[options, handler]: Parameters<Bus['subscribe']>) => {
      const subscription = bus.subscribe(options, handler);
      change(options.pattern, true);
      return {
        ready: subscription.ready,
        cancel: async () => {
          await subscription.cancel();
          if (bound.has(options.pattern)) change(options.pattern, false);
        },
      };
    },
  });
  const counts = new Map<string, number>();
  const waits = new Set<() => void>();
  bus.subscribe(
    { name: 'test', pattern: '#.pulse', delivery: 'live', limit_messages: 1000, in_flight_max: 100, onDrop: () => {} },
    async ({ payload }) => {
      const pulse: Pulse = JSON.parse(Buffer.from(payload).toString());
      for (const [name, n] of Object.entries(pulse.counts)) counts.set(name, (counts.get(name) ?? 0) + n);
      for (const look of waits) look();
    },
  );
  const logged: string[] = [];
  let port = 0;
  const log = (fields: object, text: string) => {
    logged.push(text);
    if ('port' in fields) port = Number(fields.port);
  };
  const running = await runModule(web, {
    bus: watched_bus,
    log: { debug: log, info: log, warn: log, error: log },
    config: { port: 0, ...config },
    instance: 'web-test',
    pulse_interval_ms: 10,
  });
  cleanups.push(() => running.stop());
  await running.ready;
  let serial = 0;
  return {
    bus,
    running,
    port,
    host: `127.0.0.1:${port}`,
    say: (machine, body, time_ms = Date.now()) =>
      bus.publish(encode(analysis(machine, body as Analysis, time_ms), `${serial++}`, 'tracker-test', undefined)),
    measure: (machine, body, time_ms = Date.now()) => {
      const whole = { cpu_percentage: 1, ...body } as Measure;
      return bus.publish(encode(measure(machine, whole, time_ms), `${serial++}`, 'tracker-test', undefined));
    },
    bound,
    binds: (fits) =>
      new Promise((resolve) => {
        const look = () => {
          if (!fits(bound)) return;
          onBound.delete(look);
          resolve();
        };
        onBound.add(look);
        look();
      }),
    alert: (machine, id, more = {}) => {
      const body = { ...finding(id), since_ms: Date.now() - 60_000, ...more };
      return bus.publish(encode(alert(machine, body), `${serial++}`, 'analyzer-test', undefined));
    },
    die: (machine, cause, died_ms = Date.now()) => {
      const body: Death = { kind: 'machine', instance: 'tracker-test', cause, died_ms, last_seen_ms: died_ms };
      return bus.publish(encode(death(machine, body, died_ms), `${serial++}`, 'presence-test', undefined));
    },
    counted: (name, n) =>
      new Promise((resolve) => {
        const look = () => {
          if ((counts.get(name) ?? 0) < n) return;
          waits.delete(look);
          resolve();
        };
        waits.add(look);
        look();
      }),
    counts,
    logged,
  };
}

/** A client that keeps what it hears until a test takes it. */
export class Listening {
  readonly socket: WebSocket;
  readonly #heard: unknown[] = [];
  readonly #waiting: ((message: unknown) => void)[] = [];
  readonly closed: Promise<{ code: number; why: string }>;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data, binary) => {
      const message: unknown = binary ? unpack(Uint8Array.from(data as Buffer).buffer) : JSON.parse(data.toString());
      const taker = this.#waiting.shift();
      if (taker === undefined) this.#heard.push(message);
      else taker(message);
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, why) => resolve({ code, why: why.toString() }));
    });
  }

  /** The next message, parsed. */
  async next<Shape = Record<string, unknown>>(): Promise<Shape> {
    const message = this.#heard.shift() ?? (await new Promise((resolve) => this.#waiting.push(resolve)));
    return message as Shape;
  }

  look(look: Look): void {
    this.socket.send(JSON.stringify({ look }));
  }

  /** Resolves when the server has read all that was sent to it. */
  answers(): Promise<void> {
    return new Promise((resolve) => {
      this.socket.once('pong', () => resolve());
      this.socket.ping();
    });
  }

  /** The next frame of a type; those of other types before it are passed over. */
  async nextOf<Type extends Frame['type']>(type: Type): Promise<Extract<Frame, { readonly type: Type }>> {
    const frames = await this.until((frame) => frame.type === type);
    return frames.at(-1) as Extract<Frame, { readonly type: Type }>;
  }

  /** Frames of the page's dialect up to and with the first that fits. */
  async until(fits: (frame: Frame) => boolean): Promise<Frame[]> {
    const frames: Frame[] = [];
    for (;;) {
      const frame = await this.next<Frame>();
      frames.push(frame);
      if (fits(frame)) return frames;
    }
  }
}

/** Opens a WebSocket in the plain dialect. */
export function openPlain(host: string, options: ClientOptions = {}): Promise<Listening> {
  return opened(new WebSocket(`ws://${host}/ws`, options));
}

/** Opens a WebSocket in the page's dialect. */
export function openPage(host: string, options: ClientOptions = {}): Promise<Listening> {
  return opened(new WebSocket(`ws://${host}/ws`, PAGE_PROTOCOL, options));
}

function opened(socket: WebSocket): Promise<Listening> {
  cleanups.push(() => socket.terminate());
  const listening = new Listening(socket);
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(listening));
    socket.once('error', reject);
  });
}

/** Tries to open a WebSocket that is refused; resolves to the answer. */
export function refused(url: string, protocols: string[] = [], options: ClientOptions = {}) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const socket = new WebSocket(url, protocols, options);
    socket.once('open', () => reject(new Error('it was not refused')));
    socket.once('error', reject);
    socket.once('unexpected-response', (_request, response) => {
      let text = '';
      response.on('data', (data) => {
        text += data;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
  });
}

/** Opens a WebSocket by hand; resolves to the bare connection. */
export async function rawWebSocket(host: string): Promise<Socket> {
  const stream = rawConnection(host);
  const fields = 'connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13';
  stream.write(`GET /ws HTTP/1.1\r\nhost: ${host}\r\n${fields}\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`);
  await once(stream, 'data');
  return stream;
}

/** Sends bytes and resolves to all that comes back before the server closes. */
export async function rawAnswer(host: string, text: string): Promise<string> {
  const stream = rawConnection(host);
  let answer = '';
  stream.on('data', (data) => {
    answer += data;
  });
  stream.write(text);
  await once(stream, 'close');
  return answer;
}

function rawConnection(host: string): Socket {
  const [hostname, port] = host.split(':');
  const stream = connect(Number(port), hostname);
  stream.on('error', () => {}); // Cut while something is on its way: the answer has come before.
  cleanups.push(() => stream.destroy());
  return stream;
}

/** A form as a browser sends it from our own page. */
export function send(host: string, path: string, fields: Record<string, string>, headers: Record<string, string> = {}) {
  const type = 'application/x-www-form-urlencoded';
  return ask(
    host,
    path,
    { origin: `http://${host}`, 'content-type': type, ...headers },
    'POST',
    new URLSearchParams(fields).toString(),
  );
}

/** Logs in as ada, or tries as somebody else. */
export function login(host: string, name = 'ada', password = PASSWORD) {
  return send(host, '/login', { name, password });
}

/** The cookies that an answer sets, as the browser sends them back; empty when it sets none. */
export function cookiesOf({ headers }: { readonly headers: Record<string, unknown> }): string {
  const set = headers['set-cookie'];
  return Array.isArray(set) ? set.map((cookie: string) => cookie.split(';', 1)[0]).join('; ') : '';
}

/** Asks over HTTP with headers that `fetch` would not let through, such as `host`. */
export function ask(host: string, path: string, headers: Record<string, string> = {}, method = 'GET', body = '') {
  const [hostname, port] = host.split(':');
  return new Promise<{ status: number; headers: Record<string, string>; body: Buffer }>((resolve, reject) => {
    const asking = request({ hostname, port, path, method, headers, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers as Record<string, string>,
          body: Buffer.concat(parts),
        }),
      );
    });
    asking.on('error', reject);
    asking.end(body);
  });
}
