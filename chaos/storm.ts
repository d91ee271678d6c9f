// 4. A hundred thousand hostile messages on the page's socket: no crash, no growth, every one counted, and an honest
// browser that is connected meanwhile misses nothing.

import { connect as connectTcp, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { CHROMIUM } from '@ganglion/testkit';
import { type Channel, connect } from 'amqplib';
import * as fc from 'fast-check';
import { chromium, type Page } from 'playwright-core';

import { WebSocket } from 'ws';
import { unpack } from '../modules/web/wire/columns.ts';
import type { Chaos, Finding } from './context.ts';
import { allowed, binary, breaking, frameOf, GOODBYE, half, type Shot } from './frames.ts';
import { badHandshakes, handshake } from './handshakes.ts';
import { GROWTH_MEGABYTES_MAX, growth_megabytes } from './memory.ts';
import { type Place, portOf, runModule } from './programs.ts';
import { countPulses } from './pulses.ts';

/** Hostile connections at once. */
const CONNECTIONS = 50;

/** Connections of one address that the server is told to take, and those that come at once to see that it does. */
const ADDRESS_CONNECTIONS_MAX = 200;
const CROWD = 400;

/** Addresses that the storm comes from, so that the honest browser has another. Each has ports of its own. */
const ADDRESSES = ['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5'];
const CROWD_ADDRESS = '127.0.0.6';
const TRICKLE_ADDRESS = '127.0.0.7';

/** Connections that send a byte a second and never become a request, or never a message. */
const TRICKLING = 50;

/** A client that says and takes nothing for so long is closed. */
const SILENCE_MS = 10_000;

/** Longer than the server gives those that trickle: 10 s for a request, {@link SILENCE_MS} and a quarter for a client. */
const TRICKLE_MS = 30_000;

/** Machines that the honest browser looks at; each speaks once a second. */
const MACHINES = 20;

/** What one connection does after its handshake, or in place of it. */
type Script =
  | { readonly kind: 'handshake'; readonly bytes: Buffer }
  | { readonly kind: 'frames'; readonly shots: readonly Shot[]; readonly half: Buffer | undefined };

const scripts: fc.Arbitrary<Script> = fc.oneof(
  { arbitrary: badHandshakes.map((bytes) => ({ kind: 'handshake', bytes }) as const), weight: 20 },
  // Just what is allowed, and then one that breaks off in the middle.
  {
    arbitrary: fc
      .tuple(fc.array(allowed, { maxLength: 20 }), half)
      .map(([shots, half]) => ({ kind: 'frames', shots, half }) as const),
    weight: 6,
  },
  // One that breaks the protocol, and some behind it.
  {
    arbitrary: fc
      .tuple(fc.array(allowed, { maxLength: 3 }), breaking, fc.array(allowed, { maxLength: 3 }))
      .map(
        ([before, shot, after]) => ({ kind: 'frames', shots: [...before, shot, ...after], half: undefined }) as const,
      ),
    weight: 30,
  },
  // A flood.
  {
    arbitrary: fc
      .array(fc.oneof({ arbitrary: allowed, weight: 9 }, { arbitrary: binary, weight: 1 }), {
        minLength: 60,
        maxLength: 120,
        size: 'max',
      })
      .map((shots) => ({ kind: 'frames', shots, half: undefined }) as const),
    weight: 4,
  },
);

/** What was sent, by how it has to be counted. */
interface Sent {
  /** Requests that no WebSocket comes of. */
  handshakes: number;
  /** Messages, pings and pongs that the server reads. */
  messages: number;
  /** Messages without an end. */
  halves: number;
  /** Messages behind one that breaks the protocol: they go down with their connection. */
  behind: number;
  /** Connections that were cut at once, because their address has too many. */
  crowded: number;
  /** Requests and messages that come a byte a second. */
  trickling_requests: number;
  trickling_messages: number;
}

export async function storm({ quick, say, startBroker }: Chaos): Promise<Finding[]> {
  const broker = await startBroker();
  const place: Place = { broker: broker.url, exchange: 'chaos' };
  const limits = [
    '--web.address_connections_max',
    `${ADDRESS_CONNECTIONS_MAX}`,
    '--web.client_silence_ms',
    `${SILENCE_MS}`,
  ];
  const web = await runModule(place, 'web', '--port', '0', ...limits);
  const port = portOf(web);
  const counted = await countPulses(place, 'web');
  const browser = await chromium.launch(CHROMIUM);
  const honest = await Honest.open(place, port, await browser.newPage());

  const messages_max = quick ? 4_000 : 100_000;
  const sent: Sent = {
    handshakes: 0,
    messages: 0,
    halves: 0,
    behind: 0,
    crowded: 0,
    trickling_requests: 0,
    trickling_messages: 0,
  };
  const all = () => Object.values(sent).reduce((sum, n) => sum + n, 0);
  const memory_megabytes: number[] = [];
  say(`storm: ${2 * TRICKLING} connections trickle`);
  const trickling = trickle(port, sent);
  const generated = fc.sample(scripts, { numRuns: quick ? 500 : 4_000, seed: 2016 });
  let next = 0;
  let told = 0;
  const attacker = async () => {
    while (all() < messages_max && web.runs) {
      const i = next++;
      await play(port, generated[i % generated.length] as Script, ADDRESSES[i % ADDRESSES.length] ?? '', sent);
      if (i % 100 === 0) memory_megabytes.push(web.resident_megabytes);
      if (all() - told < 20_000) continue;
      told += 20_000;
      say(`storm: ${told.toLocaleString('en')} messages on the socket`);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, attacker));
  say(`storm: ${CROWD} connections at once from one address`);
  sent.crowded += await crowd(port);
  await trickling;
  memory_megabytes.push(web.resident_megabytes);

  const honestly = await honest.close();
  const accounts = () => accountsOf(counted.counts, sent);
  for (let waited_ms = 0; waited_ms < 20_000 && accounts().some(({ off }) => off > 0); waited_ms += 250)
    await pause(250);
  await pause(2_500); // Too much is as wrong as too little.
  const off = accounts().filter((account) => account.off !== 0);
  await counted.close();
  await browser.close();

  const grown = growth_megabytes(memory_megabytes);
  const by_kind = [...counted.counts].filter(([name]) => name.startsWith('refused_'));
  const refused = by_kind.map(([name, n]) => `${name.slice('refused_'.length)} ${n.toLocaleString('en')}`).join(', ');
  const kinds = new Set(web.log.flatMap(({ refused }) => (typeof refused === 'string' ? [refused] : [])));
  const unlogged = ['connection', 'handshake', 'message', 'request'].filter((kind) => !kinds.has(kind));
  const forged = web.log.filter(({ level }) => !['info', 'warn', 'error'].includes(level)).length;
  return [
    {
      scenario: 'storm',
      done:
        `${all().toLocaleString('en')} hostile messages on the socket: ${sent.messages.toLocaleString('en')} that it reads, ` +
        `${sent.halves.toLocaleString('en')} halves, ${sent.behind.toLocaleString('en')} behind a broken one, ` +
        `${sent.handshakes.toLocaleString('en')} handshakes, ${sent.crowded} of a crowd, ${sent.trickling_requests + sent.trickling_messages} that trickle`,
      seen:
        `${web.runs ? 'the server runs' : 'the server has ended'}, its memory grew by ${grown.toFixed(0)} MB ` +
        `(${Math.max(...memory_megabytes).toFixed(0)} at most); ${(counted.counts.get('client_messages') ?? 0).toLocaleString('en')} allowed ` +
        `and without a meaning; refused: ${refused}`,
      lost:
        `${off.reduce((sum, account) => sum + Math.abs(account.off), 0)} not counted, or as what they are not` +
        `${off.map((account) => ` (${account.what} ${account.off})`).join('')}, ${forged} forged lines in the log` +
        `${unlogged.length > 0 ? `, not in the log: ${unlogged.join(', ')}` : ''}`,
      outcome:
        web.runs && off.length === 0 && forged === 0 && unlogged.length === 0 && grown <= GROWTH_MEGABYTES_MAX
          ? 'holds'
          : 'FAILS',
    },
    {
      scenario: 'storm',
      done: `${honestly.said.toLocaleString('en')} analyses meanwhile`,
      seen: `Chromium's page was told ${honestly.page.toLocaleString('en')}, a script ${honestly.plain.toLocaleString('en')}`,
      lost: `${honestly.said - honestly.page} and ${honestly.said - honestly.plain}`,
      outcome: honestly.said === honestly.page && honestly.said === honestly.plain ? 'holds' : 'FAILS',
    },
  ];
}

/** How many of what was sent the server has not counted as what it is; less than nought is too many. */
function accountsOf(
  counts: ReadonlyMap<string, number>,
  sent: Sent,
): { readonly what: string; readonly off: number }[] {
  const counted = (...names: string[]) => names.reduce((sum, name) => sum + (counts.get(name) ?? 0), 0);
  const requests = ['request', 'handshake', 'host', 'origin', 'path', 'subprotocol'].map((kind) => `refused_${kind}`);
  return [
    { what: 'messages', off: sent.messages - counted('client_messages', 'refused_message') },
    { what: 'halves', off: sent.halves - counted('clients_lost') },
    { what: 'trickling messages', off: sent.trickling_messages - counted('clients_closed_dead') },
    { what: 'requests', off: sent.handshakes + sent.trickling_requests - counted(...requests) },
    { what: 'connections', off: sent.crowded - counted('refused_connection') },
  ];
}

/** Plays one script on a connection of its own, to its end. */
async function play(port: number, script: Script, address: string, sent: Sent): Promise<void> {
  const line = new Line(port, address);
  if (script.kind === 'handshake') {
    line.socket.end(script.bytes);
    await line.closed;
    sent.handshakes++;
    return;
  }
  line.socket.write(handshake());
  if ((await line.answer) !== 101) throw new Error('a good handshake was refused');
  const { shots, half } = script;
  const bad = shots.findIndex(({ breaks }) => breaks);
  const read = bad === -1 ? shots : shots.slice(0, bad + 1);
  line.socket.end(Buffer.concat([...shots.map(({ bytes }) => bytes), half ?? GOODBYE]));
  await line.closed;
  sent.messages += messagesIn(read);
  sent.behind += messagesIn(shots.slice(read.length));
  sent.halves += half === undefined ? 0 : 1;
}

function messagesIn(shots: readonly Shot[]): number {
  return shots.reduce((sum, { messages }) => sum + messages, 0);
}

/** Many connections of one address at once, each a good handshake; resolves to how many were cut. */
async function crowd(port: number): Promise<number> {
  const lines = Array.from({ length: CROWD }, () => new Line(port, CROWD_ADDRESS));
  for (const { socket } of lines) socket.write(handshake());
  const answers = await Promise.all(lines.map(({ answer }) => answer));
  for (const { socket } of lines) socket.end(GOODBYE);
  await Promise.all(lines.map(({ closed }) => closed));
  return answers.filter((status) => status !== 101).length;
}

/** Requests and messages that come a byte a second; resolves when the server has cut all of them. */
async function trickle(port: number, sent: Sent): Promise<void> {
  const lines = Array.from({ length: 2 * TRICKLING }, () => new Line(port, TRICKLE_ADDRESS));
  const clients = lines.slice(TRICKLING);
  for (const { socket } of clients) socket.write(handshake());
  await Promise.all(clients.map(({ answer }) => answer));
  const text = frameOf(Buffer.alloc(500, 0x61), { opcode: 1 });
  let i = 0;
  const drops = setInterval(() => {
    lines.forEach(({ socket }, n) => {
      const bytes = n < TRICKLING ? handshake() : text;
      if (socket.writable) socket.write(bytes.subarray(i, i + 1));
    });
    i++;
  }, 1_000);
  await Promise.race([Promise.all(lines.map(({ closed }) => closed)), pause(TRICKLE_MS)]);
  sent.trickling_requests = lines.slice(0, TRICKLING).filter(({ socket }) => socket.closed).length;
  sent.trickling_messages = clients.filter(({ socket }) => socket.closed).length;
  for (const { socket } of lines) socket.destroy();
  clearInterval(drops);
  const left = lines.length - sent.trickling_requests - sent.trickling_messages;
  if (left > 0) throw new Error(`${left} that trickle were left alone`);
}

/** A bare connection that reads everything and heeds nothing. */
class Line {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  /** The status of the first answer; 0 when the connection ended without one. */
  readonly answer: Promise<number>;

  constructor(port: number, address: string) {
    this.socket = connectTcp({ host: '127.0.0.1', port, localAddress: address });
    this.socket.on('error', () => {}); // Being cut is what we are here for.
    this.socket.setNoDelay(true);
    this.closed = new Promise((resolve) => this.socket.once('close', () => resolve()));
    this.answer = new Promise((resolve) => {
      this.socket.once('data', (data) => resolve(Number(data.toString('latin1').split(' ', 2)[1])));
      this.socket.once('close', () => resolve(0));
    });
    this.socket.resume();
  }
}

/** A browser and a script that behave, and a fleet for them to look at. */
class Honest {
  readonly #channel: Channel;
  readonly #exchange: string;
  readonly #close: () => Promise<void>;
  readonly #plain: WebSocket;
  readonly #timer: NodeJS.Timeout;
  #said = 0;
  #told_page = 0;
  #told_plain = 0;

  static async open({ broker, exchange }: Place, port: number, page: Page): Promise<Honest> {
    const connection = await connect(broker);
    const channel = await connection.createChannel();
    const plain = new WebSocket(`ws://127.0.0.1:${port}/ws`);
    await new Promise((resolve, reject) => plain.once('open', resolve).once('error', reject));
    const honest = new Honest(channel, exchange, plain, () => connection.close());
    const ready = new Promise<void>((resolve) => {
      page.on('websocket', (socket) => {
        socket.on('framereceived', ({ payload }) => {
          if (typeof payload === 'string') {
            const { type, machines = [], folded = 0 } = JSON.parse(payload);
            if (type === 'ready') resolve();
            honest.#told_page += machines.length + folded;
          } else {
            const frame = unpack(new Uint8Array(payload).buffer);
            if (frame?.type === 'figures') honest.#told_page += frame.ids.length + (frame.folded ?? 0);
          }
        });
      });
    });
    await page.goto(`http://127.0.0.1:${port}/`);
    await ready;
    return honest;
  }

  constructor(channel: Channel, exchange: string, plain: WebSocket, close: () => Promise<void>) {
    this.#channel = channel;
    this.#exchange = exchange;
    this.#plain = plain;
    this.#close = close;
    plain.on('message', () => this.#told_plain++);
    this.#timer = setInterval(() => this.#say(), 1_000 / MACHINES);
  }

  /** Stops; resolves to what was said and what the two were told, when they were told all, or after a while. */
  async close(): Promise<{ said: number; page: number; plain: number }> {
    clearInterval(this.#timer);
    const behind = () => this.#told_page < this.#said || this.#told_plain < this.#said;
    for (let waited_ms = 0; waited_ms < 10_000 && behind(); waited_ms += 100) await pause(100);
    this.#plain.close();
    await this.#close();
    return { said: this.#said, page: this.#told_page, plain: this.#told_plain };
  }

  #say(): void {
    const key = `honest-${this.#said % MACHINES}.example.com.analysis`;
    const body = { cpu_result: 'LOW', cpu_percentage: this.#said++ % 100 };
    this.#channel.publish(this.#exchange, key, Buffer.from(JSON.stringify(body)));
  }
}
