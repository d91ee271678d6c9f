// Between one fleet and all clients: what the bus brings goes into the fleet and out to everyone.

import type { Duplex } from 'node:stream';
import { type BusStatus, CodedError, type Context, compilePattern } from '@ganglion/kernel';
import type { Alert, Death, Order, Silences } from '@ganglion/topics';
import type { WebSocket } from 'ws';
import {
  type AlertRow,
  type Ask,
  type Gone,
  type HelloFrame,
  type Look,
  PASS_ENDED,
  type Recall,
  type RefusedFrame,
  TICK_MS,
} from '../wire/frames.ts';
import type { Pass } from './access/access.ts';
import { AlertFeed } from './alert-feed.ts';
import { AlertBook } from './alerts.ts';
import { type Client, type Count, PlainClient } from './client.ts';
import { Details } from './details.ts';
import { Eyes, WATCHED_MAX } from './eyes.ts';
import { type Entry, Fleet } from './fleet.ts';
import { busOf, plainOf, writeFrame, writePlain } from './frames.ts';
import { Headlines } from './headlines.ts';
import { LabelBook } from './labels.ts';
import { messageReader, type Reader } from './looks.ts';
import { MachineFeed } from './machine-feed.ts';
import { messageOf } from './message.ts';
import { Orders } from './orders.ts';
import { type Feed, PageClient, type Round } from './page-client.ts';
import { LastMinutes } from './peaks.ts';
import { type Ask as AskPast, Recalls } from './recalls.ts';
import { type Heard, hasFields } from './state.ts';
import { System } from './system.ts';
import { type Keepers, Tally, TallyFeed } from './tally.ts';

/** Characters an analysis may have in the plain dialect; a larger one is dropped. */
export const ANALYSIS_CHARACTERS_MAX = 16_384;

/** The longest time between two frames to a page. */
export const BEAT_MS = 1_000;

/** What the closing handshake may take at the stop, before the sockets are cut. */
export const GOODBYE_MS = 500;

/** How long those who keep alerts may take to repeat them when this server is heard anew. */
export const ROLL_CALL_MS = 10_000;

const MEBIBYTE = 2 ** 20;

/** View links of different scopes that are open at once; each costs a look at every message. */
export const VIEWS_MAX = 100;

/**
 * What some clients see alike. A view link has a fleet of its own, so that nothing of other machines, not even how many
 * there are or how often they speak, is in what its clients are sent.
 */
interface View {
  readonly scope: string;
  readonly fleet: Fleet;
  readonly sees: (machine: string) => boolean;
  readonly last_minutes: LastMinutes;
  readonly tally: Tally;
  readonly pages: Set<PageClient>;
  readonly plains: Set<PlainClient>;
}

/** What a client may look at besides machines. */
type May = Pick<HelloFrame, 'sees_system' | 'may_tap' | 'may_order'>;

export interface HubOptions {
  readonly machines_max: number;
  readonly client_silence_ms: number;
  readonly past_mebibytes: number;
  readonly details_mebibytes: number;
  readonly listen: Context['listen'];
  readonly tap: Context['tap'];
  /** Publishes an order; resolves to whether the bus has taken it over. */
  readonly order: (order: Order) => Promise<boolean>;
  /** Asks whoever records. */
  readonly ask: AskPast;
  /** The instance's name. */
  readonly server: string;
  readonly bus: { readonly status: BusStatus; onStatus(listener: (status: BusStatus) => void): () => void };
  readonly count: Count;
  /** A client sent what it may not. */
  readonly onRefused: (what: string, from: Duplex) => void;
  /** Of these passes, those that hold no more; called once a second while somebody is in by one. */
  readonly ended: (passes: Iterable<Pass>) => ReadonlySet<Pass>;
}

/** Keeps the fleet and serves the clients. */
export class Hub {
  readonly fleet: Fleet;
  readonly system: System;
  readonly alerts: AlertBook;
  readonly #orders: Orders;
  readonly #recalls: Recalls;
  readonly #options: HubOptions;
  readonly #started_ms = Date.now();
  readonly #whole: View;
  /** By scope; a view is there while it has clients. */
  readonly #views = new Map<string, View>();
  /** By client, for those whose pass can end. */
  readonly #passes = new Map<Client, Pass>();
  readonly #read: Reader = messageReader();
  readonly #headlines: Headlines;
  readonly #labels: LabelBook;
  readonly #details: Details;
  readonly #eyes: Eyes;
  readonly #beats: NodeJS.Timeout;
  readonly #checks: NodeJS.Timeout;
  readonly #unwatch: () => void;
  #roll_call: NodeJS.Timeout | undefined;
  #flush_due = false;
  #flush_timer: NodeJS.Timeout | undefined;
  /** When pages were told last, by a clock that nobody sets. */
  #flushed_ms = Number.NEGATIVE_INFINITY;
  #onEmpty: (() => void) | undefined;

  constructor(options: HubOptions) {
    this.#options = options;
    const { count, listen, tap } = options;
    this.system = new System({
      listen,
      tap,
      count,
      onAnalyzers: () => this.#tellAll(this.#analyzers()),
      onRecorders: () => this.#tellAll(this.#recorders()),
      onKeepers: () => this.#tellKeepers(),
    });
    this.#headlines = new Headlines(options.past_mebibytes * MEBIBYTE, () => count('past_not_kept'));
    this.#details = new Details(options.details_mebibytes * MEBIBYTE, () => count('details_not_kept'));
    this.#eyes = new Eyes({ listen, details: this.#details, count });
    this.#labels = new LabelBook(options.machines_max);
    this.fleet = new Fleet(options.machines_max, ({ machine }) => {
      this.#headlines.forget(machine);
      this.#labels.forget(machine);
    });
    this.alerts = new AlertBook({ count, onChange: (before, after) => this.#tallyAll(before, after) });
    this.#orders = new Orders({ book: this.alerts, bus: options.bus, publish: options.order });
    this.#recalls = new Recalls({ ask: options.ask, is_recorded: () => this.system.is_recorded });
    this.#whole = viewOf('#', this.fleet, this.#headlines, () => this.system.judged_by);
    this.#unwatch = options.bus.onStatus((status) => this.#tellBus(status));
    this.#beats = setInterval(() => this.#beat(), BEAT_MS);
    this.#checks = setInterval(() => this.#check(), options.client_silence_ms / 4);
  }

  /** Clients connected now. */
  get clients(): number {
    let clients = 0;
    for (const { pages, plains } of this.#all_views()) clients += pages.size + plains.size;
    return clients;
  }

  /** Whether a client that sees `scope` can be served. */
  hasRoomFor(scope: string): boolean {
    return scope === '#' || this.#views.has(scope) || this.#views.size < VIEWS_MAX;
  }

  /** Takes an analysis off the bus. Plain clients have it when this returns, pages at the end of this turn or {@link TICK_MS} after the last. */
  hear(heard: Heard): void {
    const { fleet } = this;
    const { count } = this.#options;
    if (fleet.isLate(heard)) {
      count('analyses_late');
      return;
    }
    if (isTooLarge(heard, fleet)) {
      count('analyses_too_large');
      return;
    }
    const forgotten = fleet.forgotten;
    const entry = fleet.hear(heard);
    entry.state.labels ??= this.#labels.of(heard.source);
    this.#headlines.add(entry.state);
    if (fleet.forgotten > forgotten) count('machines_forgotten');
    this.#spread(entry, true);
  }

  /** A machine is gone. The plain dialect tells analyses alone. */
  bury(machine: string, gone: Gone, last_seen_ms: number): void {
    const forgotten = this.fleet.forgotten;
    this.#spread(this.fleet.bury(machine, gone, last_seen_ms, Date.now()), false);
    if (this.fleet.forgotten > forgotten) this.#options.count('machines_forgotten');
  }

  /** A machine is here. `labels`: what it is labelled with, as it says itself. */
  revive(machine: string, labels: unknown): void {
    const revived = this.fleet.revive(machine);
    const labelled = this.#labels.take(machine, labels);
    const known = this.fleet.named(machine);
    if (labelled && known !== undefined) {
      known.state.labels = this.#labels.of(machine);
      this.#spread(this.fleet.tell(known), false);
    } else if (revived !== undefined) {
      this.#spread(revived, false);
    }
  }

  /** Takes an alert off the bus. */
  hearAlert(machine: string, alert: Alert): void {
    this.alerts.hear(machine, alert, Date.now());
    this.#flushSoon();
  }

  /** Takes the silences that an instance keeps. */
  hearSilences(instance: string, { silences }: Silences): void {
    this.alerts.hearSilences(instance, silences);
    this.#flushSoon();
  }

  /** An instance is gone. */
  buryInstance(name: string, death: Death): void {
    this.system.died(name, death);
    this.alerts.forgetSilencesOf(name);
    this.#flushSoon();
  }

  /** This server was not there for a while, and now those who keep alerts repeat them. */
  callTheRoll(): void {
    clearTimeout(this.#roll_call);
    const from_ms = performance.now();
    this.#roll_call = setTimeout(() => {
      if (this.alerts.endUnheard(from_ms, this.system.keepers, Date.now())) this.#flushSoon();
    }, ROLL_CALL_MS);
  }

  /** Takes a new client in and sends it the state, as much of it as its pass shows. `stream` carries `socket`. */
  add(socket: WebSocket, stream: Duplex, dialect: 'page' | 'plain', pass: Pass): void {
    this.#options.count('clients_opened');
    const view = this.#viewFor(pass.scope);
    const client =
      dialect === 'plain' ? this.#addPlain(view, socket, stream) : this.#addPage(view, socket, stream, pass);
    if (pass.kind !== 'open') this.#passes.set(client, pass);
    client.catchUp();
  }

  /** Closes the clients whose pass holds no more. */
  recheck(): void {
    if (this.#passes.size === 0) return;
    const ended = this.#options.ended(this.#passes.values());
    for (const [client, pass] of this.#passes) {
      if (!ended.has(pass)) continue;
      this.#passes.delete(client);
      this.#options.count('clients_closed_ended');
      client.close(PASS_ENDED, 'the login or the link holds no more');
    }
  }

  /** Says goodbye to every client and waits until all are gone, at most {@link GOODBYE_MS}. */
  async close(): Promise<void> {
    clearInterval(this.#beats);
    clearInterval(this.#checks);
    clearTimeout(this.#flush_timer);
    clearTimeout(this.#roll_call);
    this.#unwatch();
    this.#eyes.close();
    this.system.close();
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
    for (const { pages, plains } of this.#all_views()) {
      yield* pages;
      yield* plains;
    }
  }

  *#all_views(): Generator<View> {
    yield this.#whole;
    yield* this.#views.values();
  }

  #viewFor(scope: string): View {
    if (scope === '#') return this.#whole;
    let view = this.#views.get(scope);
    if (view === undefined) {
      view = viewOf(scope, new Fleet(this.#options.machines_max), this.#headlines, () => this.system.judged_by);
      for (const { row } of this.alerts.changes.values()) view.tally.move(undefined, row);
      for (const entry of this.fleet.since(0, this.fleet.size))
        if (view.sees(entry.state.machine)) view.fleet.adopt(entry.state, true);
      this.#views.set(scope, view);
    }
    return view;
  }

  #addPlain(view: View, socket: WebSocket, stream: Duplex): PlainClient {
    const client: PlainClient = new PlainClient(view.fleet, socket, stream, {
      count: this.#options.count,
      onRefused: (what) => this.#options.onRefused(what, stream),
      onClose: () => this.#closed(view, view.plains, client),
    });
    view.plains.add(client);
    return client;
  }

  #addPage(view: View, socket: WebSocket, stream: Duplex, pass: Pass): PageClient {
    const client: PageClient = new PageClient(view.fleet, socket, stream, {
      count: this.#options.count,
      onRefused: (what) => this.#options.onRefused(what, stream),
      onClose: () => this.#closed(view, view.pages, client),
      read: this.#read,
      lastMinutes: () => view.last_minutes.frame,
      onLook: (client, look) => this.#feedOf(view, client, look, this.#mayOf(view, pass)),
      onOrder: (client, ask, number) => void this.#order(client, ask, number, pass, this.#mayOf(view, pass)),
      onRecall: (client, recall, number) => void this.#recall(view, client, recall, number),
      news: (client) => new TallyFeed(client, view.tally),
    });
    view.pages.add(client);
    client.tell(this.#hello(view, pass));
    if (this.system.unjudged_since_ms !== undefined) client.tell(this.#analyzers());
    if (this.system.is_recorded) client.tell(this.#recorders());
    return client;
  }

  /** What a look brings besides the fleet; undefined when that is nothing, or refused. */
  #feedOf(view: View, client: PageClient, look: Look, may: May): Feed | undefined {
    if (look.view === 'fleet') return undefined;
    const machine = (name: string) => this.#feedOfMachine(view, client, name);
    const options = { book: this.alerts, sees: view.sees, whole: view === this.#whole, machine };
    if (look.view === 'machine') return new AlertFeed(client, { ...options, only: look.machine }, look.machine);
    if (look.view === 'alerts') return new AlertFeed(client, options, look.machine);
    if (!may.sees_system) return refuse(client, 'system', 'A link shows machines, and not the system.');
    const tap = may.may_tap ? look.tap : undefined;
    if (tap !== look.tap) refuse(client, 'tap', 'Only an admin may listen in.');
    return this.system.look(client, tap, (why) => refuse(client, 'tap', why));
  }

  #mayOf(view: View, { role }: Pass): May {
    const sees_system = view === this.#whole;
    const is_admin = sees_system && role === 'admin';
    return { sees_system, may_tap: is_admin, may_order: is_admin };
  }

  async #order(client: PageClient, ask: Ask, number: number, pass: Pass, { may_order }: May): Promise<void> {
    const refused = await this.#orders.pass(ask, pass, may_order);
    if (refused !== undefined) this.#options.count('orders_refused');
    const told = refused !== undefined && { refused };
    client.tell(writeFrame({ type: 'ordered', sent_ms: Date.now(), number, ...told }));
  }

  async #recall(view: View, client: PageClient, recall: Recall, number: number): Promise<void> {
    const answer = await this.#recalls.answer(client, recall, number, { sees: view.sees, whole: view === this.#whole });
    if (answer.is_refused) this.#options.count('recalls_refused');
    client.tell(answer.bytes, answer.is_binary);
  }

  #tallyAll(before: AlertRow | undefined, after: AlertRow | undefined): void {
    for (const { tally } of this.#all_views()) tally.move(before, after);
  }

  #tellKeepers(): void {
    for (const { tally } of this.#all_views()) tally.changed();
    this.#flushSoon();
  }

  #feedOfMachine(view: View, client: PageClient, machine: string): Feed | undefined {
    // Whoever may not see it is not told whether there is one.
    if (!view.sees(machine))
      return refuse(client, 'machine', `${machine} is not among the machines that this link shows.`);
    const feed = new MachineFeed(client, machine, {
      eyes: this.#eyes,
      pasts: [this.#headlines.of(machine), this.#details.of(machine)],
      onSkipped: () => this.#options.count('measures_skipped'),
    });
    try {
      if (this.#eyes.look(machine, feed)) return feed;
      return refuse(client, 'machine', `${WATCHED_MAX} machines are looked at already; try again when fewer are.`);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      return refuse(client, 'machine', error.message);
    }
  }

  #closed<C extends Client>(view: View, clients: Set<C>, client: C): void {
    clients.delete(client);
    this.#passes.delete(client);
    if (view.pages.size + view.plains.size === 0) this.#views.delete(view.scope);
    this.#options.count('clients_closed');
    if (this.clients === 0) this.#onEmpty?.();
  }

  /** Shows a change of the whole fleet to everyone who may see it. `analysed`: the plain dialect has words for it. */
  #spread(entry: Entry, analysed: boolean): void {
    this.#show(this.#whole, entry, analysed);
    for (const view of this.#views.values()) {
      if (!view.sees(entry.state.machine)) continue;
      this.#show(view, view.fleet.adopt(entry.state, entry.told_serial === entry.serial), analysed);
    }
  }

  #show({ pages, plains }: View, entry: Entry, analysed: boolean): void {
    if (plains.size > 0 && analysed) {
      const message = messageOf(plainOf(entry.state) ?? '');
      for (const client of plains) client.change(entry, message);
    } else {
      for (const client of plains) client.pass(entry);
    }
    if (pages.size > 0) this.#flushSoon();
  }

  #flushSoon(): void {
    if (this.#flush_due) return;
    this.#flush_due = true;
    const wait_ms = this.#flushed_ms + TICK_MS - performance.now();
    if (wait_ms <= 0) setImmediate(this.#flush);
    else this.#flush_timer = setTimeout(this.#flush, wait_ms);
  }

  readonly #flush = (): void => {
    this.#flush_due = false;
    this.#flushed_ms = performance.now();
    for (const { pages } of this.#all_views()) {
      const round: Round = new Map();
      for (const client of pages) client.catchUp(round);
    }
  };

  #hello(view: View, pass: Pass): Buffer {
    const { kind, who, role } = pass;
    const { server, machines_max, bus } = this.#options;
    return writeFrame({
      type: 'hello',
      sent_ms: Date.now(),
      // Whoever sees a part of the fleet is not told the name of this machine.
      server: view === this.#whole ? server : server.replace(/@.*$/, ''),
      started_ms: this.#started_ms,
      machines_max,
      beat_ms: BEAT_MS,
      bus: busOf(view === this.#whole ? bus.status : withoutWhy(bus.status)),
      ...(kind === 'session' && { user: { name: who, role } }),
      ...this.#mayOf(view, pass),
    });
  }

  #tellBus(status: BusStatus): void {
    for (const view of this.#all_views()) {
      if (view.pages.size === 0) continue;
      const bus = busOf(view === this.#whole ? status : withoutWhy(status));
      const bytes = writeFrame({ type: 'bus', sent_ms: Date.now(), bus });
      for (const client of view.pages) client.tell(bytes);
    }
  }

  #tellAll(bytes: Buffer): void {
    for (const { pages } of this.#all_views()) for (const client of pages) client.tell(bytes);
  }

  #recorders(): Buffer {
    return writeFrame({ type: 'recorders', sent_ms: Date.now(), there: this.system.is_recorded });
  }

  #analyzers(): Buffer {
    const gone_since_ms = this.system.unjudged_since_ms;
    return writeFrame({
      type: 'analyzers',
      sent_ms: Date.now(),
      ...(gone_since_ms !== undefined && { gone_since_ms }),
    });
  }

  #beat(): void {
    this.recheck();
    this.#details.tidy(performance.now());
    this.system.tidy(Date.now());
    const message = messageOf(writeFrame({ type: 'beat', sent_ms: Date.now() }));
    for (const { pages } of this.#all_views()) for (const client of pages) client.beat(message);
  }

  #check(): void {
    for (const client of this.#all()) client.check(this.#options.client_silence_ms);
  }
}

function viewOf(scope: string, fleet: Fleet, headlines: Headlines, keepers: () => Keepers): View {
  const last_minutes = new LastMinutes(fleet, headlines);
  const sees = compilePattern(scope);
  return { scope, fleet, sees, last_minutes, tally: new Tally(sees, keepers), pages: new Set(), plains: new Set() };
}

/** Whether an analysis is too large for the plain dialect. Most are too small for any doubt, and need not be written for it. */
function isTooLarge({ source, body, time_ms }: Heard, fleet: Fleet): boolean {
  const layout = fleet.named(source)?.state.layout;
  if (layout?.characters_max !== undefined && hasFields(body, layout)) {
    if (layout.characters_max <= ANALYSIS_CHARACTERS_MAX / 2) return false;
  }
  return writePlain(source, body, time_ms).length > ANALYSIS_CHARACTERS_MAX;
}

/** The reason may name a broker. */
function withoutWhy({ connected, since_ms }: BusStatus): BusStatus {
  return { connected, since_ms };
}

/** Tells a client that it is not shown what it looks at. */
function refuse(client: PageClient, what: RefusedFrame['what'], why: string): undefined {
  client.tell(writeFrame({ type: 'refused', sent_ms: Date.now(), what, why }));
}
