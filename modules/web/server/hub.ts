// Between one fleet and all clients: what the bus brings goes into the fleet and out to everyone.

import type { Duplex } from 'node:stream';
import type { BusStatus } from '@ganglion/kernel';
import type { WebSocket } from 'ws';
import { type Client, type Count, PageClient, PlainClient, type Round } from './client.ts';
import { type Entry, Fleet, type Heard } from './fleet.ts';
import { busOf, writeFrame, writePlain } from './frames.ts';
import type { Gone } from './wire.ts';

/** Characters an analysis may have in the plain dialect; a larger one is dropped. */
export const ANALYSIS_CHARACTERS_MAX = 16_384;

/** The longest time between two frames to a page. */
export const BEAT_MS = 1_000;

/** What the closing handshake may take at the stop, before the sockets are cut. */
export const GOODBYE_MS = 500;

export interface HubOptions {
  readonly machines_max: number;
  readonly client_silence_ms: number;
  /** The instance's name. */
  readonly server: string;
  readonly bus: { readonly status: BusStatus; onStatus(listener: (status: BusStatus) => void): () => void };
  readonly count: Count;
}

/** Keeps the fleet and serves the clients. */
export class Hub {
  readonly fleet: Fleet;
  readonly #options: HubOptions;
  readonly #started_ms = Date.now();
  readonly #pages = new Set<PageClient>();
  readonly #plains = new Set<PlainClient>();
  readonly #beats: NodeJS.Timeout;
  readonly #looks: NodeJS.Timeout;
  readonly #unwatch: () => void;
  #flush_due = false;
  #onEmpty: (() => void) | undefined;

  constructor(options: HubOptions) {
    this.#options = options;
    this.fleet = new Fleet(options.machines_max);
    this.#unwatch = options.bus.onStatus((status) => this.#tellBus(status));
    this.#beats = setInterval(() => this.#beat(), BEAT_MS);
    this.#looks = setInterval(() => this.#look(), options.client_silence_ms / 4);
  }

  /** Clients connected now. */
  get clients(): number {
    return this.#pages.size + this.#plains.size;
  }

  /** Takes an analysis off the bus. Plain clients have it when this returns, pages at the end of this turn. */
  hear(heard: Heard): void {
    const { fleet } = this;
    const { count } = this.#options;
    if (fleet.isLate(heard)) {
      count('analyses_late');
      return;
    }
    const plain = writePlain(heard);
    if (plain.length > ANALYSIS_CHARACTERS_MAX) {
      count('analyses_too_large');
      return;
    }
    const forgotten = fleet.forgotten;
    const entry = fleet.hear(heard, plain);
    if (fleet.forgotten > forgotten) count('machines_forgotten');
    if (this.#plains.size > 0) {
      const text = Buffer.from(plain);
      for (const client of this.#plains) client.change(entry, text);
    }
    this.#flushSoon();
  }

  /** A machine is gone. The plain dialect tells analyses alone. */
  bury(machine: string, gone: Gone, last_seen_ms: number): void {
    const forgotten = this.fleet.forgotten;
    this.#toldOf(this.fleet.bury(machine, gone, last_seen_ms, Date.now()));
    if (this.fleet.forgotten > forgotten) this.#options.count('machines_forgotten');
  }

  /** A machine is here. */
  revive(machine: string): void {
    const entry = this.fleet.revive(machine);
    if (entry !== undefined) this.#toldOf(entry);
  }

  /** Takes a new client in and sends it the state. `stream` carries `socket`. */
  add(socket: WebSocket, stream: Duplex, dialect: 'page' | 'plain'): void {
    const { count } = this.#options;
    count('clients_opened');
    if (dialect === 'plain') {
      const client = new PlainClient(this.fleet, socket, stream, {
        count,
        onClose: () => this.#closed(this.#plains, client),
      });
      this.#plains.add(client);
      client.catchUp();
    } else {
      const client = new PageClient(this.fleet, socket, stream, {
        count,
        onClose: () => this.#closed(this.#pages, client),
      });
      this.#pages.add(client);
      client.tell(this.#hello());
      client.catchUp();
    }
  }

  /** Says goodbye to every client and waits until all are gone, at most {@link GOODBYE_MS}. */
  async close(): Promise<void> {
    clearInterval(this.#beats);
    clearInterval(this.#looks);
    this.#unwatch();
    if (this.clients === 0) return;
    const empty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    for (const client of this.#all()) client.close(1001, 'the server stops');
    const cut = setTimeout(() => {
      for (const client of this.#all()) client.terminate();
    }, GOODBYE_MS);
    await empty;
    clearTimeout(cut);
  }

  *#all(): Generator<Client> {
    yield* this.#pages;
    yield* this.#plains;
  }

  #closed<C extends Client>(clients: Set<C>, client: C): void {
    clients.delete(client);
    this.#options.count('clients_closed');
    if (this.clients === 0) this.#onEmpty?.();
  }

  #toldOf(entry: Entry): void {
    for (const client of this.#plains) client.pass(entry);
    this.#flushSoon();
  }

  #flushSoon(): void {
    if (this.#pages.size === 0 || this.#flush_due) return;
    this.#flush_due = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#flush_due = false;
    const round: Round = new Map();
    for (const client of this.#pages) client.catchUp(round);
  }

  #hello(): Buffer {
    const { server, machines_max, bus } = this.#options;
    return writeFrame({
      type: 'hello',
      sent_ms: Date.now(),
      server,
      started_ms: this.#started_ms,
      machines_max,
      beat_ms: BEAT_MS,
      bus: busOf(bus.status),
    });
  }

  #tellBus(status: BusStatus): void {
    const bytes = writeFrame({ type: 'bus', sent_ms: Date.now(), bus: busOf(status) });
    for (const client of this.#pages) client.tell(bytes);
  }

  #beat(): void {
    const bytes = writeFrame({ type: 'beat', sent_ms: Date.now() });
    for (const client of this.#pages) client.beat(bytes);
  }

  #look(): void {
    for (const client of this.#all()) client.look(this.#options.client_silence_ms);
  }
}
