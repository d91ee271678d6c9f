// A client that speaks the page's dialect: it is sent what it looks at, and of all the rest what changes rarely.

import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import type { Ask, Look, Recall } from '../wire/frames.ts';
import { Client, type ClientEvents } from './client.ts';
import type { Entry, Fleet } from './fleet.ts';
import { fitting, writeFigures, writeFrame, writeMachines } from './frames.ts';
import type { Reader } from './looks.ts';
import { messageOf } from './message.ts';

/** Machines in one `machines` frame, and in one `figures` frame. */
export const MACHINES_ROWS_MAX = 200;
export const FIGURES_ROWS_MAX = 2_000;

/** What is sent to a client at once, and how far it has come then. */
interface Step {
  readonly messages: Buffer;
  readonly told: number;
  readonly cursor: number;
  readonly folded: number;
}

/** Steps that were written in one turn: clients that have seen alike and look alike get the same bytes. */
export type Round = Map<string, Step>;

/** What a look brings besides the fleet. */
export interface Feed {
  /** Sends what waits, as much as the client takes now. */
  catchUp(): void;
  /** Takes another look, if it can bring that too and need not begin anew; returns whether it has. */
  goOn?(look: Look): boolean;
  /** The client looks elsewhere, or is gone. */
  close(): void;
}

export interface PageClientEvents extends ClientEvents {
  readonly read: Reader;
  /** The last minutes of the fleet, for who has just come; undefined when they are not told. */
  readonly lastMinutes: () => Uint8Array | undefined;
  /** It looks at something else now; returns what that brings besides the fleet. */
  readonly onLook: (client: PageClient, look: Look) => Feed | undefined;
  /** It wants something done. */
  readonly onOrder: (client: PageClient, ask: Ask, number: number) => void;
  /** It asks about the past. */
  readonly onRecall: (client: PageClient, recall: Recall, number: number) => void;
  /** Makes what it is told besides, whatever it looks at. */
  readonly news: (client: PageClient) => Feed;
}

export class PageClient extends Client {
  readonly #read: Reader;
  readonly #onLook: PageClientEvents['onLook'];
  readonly #onOrder: PageClientEvents['onOrder'];
  readonly #onRecall: PageClientEvents['onRecall'];
  readonly #news: Feed;
  readonly #lastMinutes: PageClientEvents['lastMinutes'];
  /** Which figures it is sent: all, those of some places, or none. */
  #figures: 'all' | 'none' | readonly number[] = 'all';
  #feed: Feed | undefined;
  /** The number of the last change that was more than figures, which it was sent. */
  #told = 0;
  /** Up to which change it has seen everything, whatever it looks at now. */
  #wide: number;
  #silent = true;

  constructor(fleet: Fleet, socket: WebSocket, stream: Duplex, events: PageClientEvents) {
    super(fleet, socket, stream, {
      ...events,
      onClose: (client) => {
        this.#feed?.close();
        events.onClose(client);
      },
    });
    this.#read = events.read;
    this.#onLook = events.onLook;
    this.#onOrder = events.onOrder;
    this.#onRecall = events.onRecall;
    this.#news = events.news(this);
    this.#lastMinutes = events.lastMinutes;
    // The state has the figures of now.
    this.#wide = fleet.serial;
    this.cursor = fleet.serial;
  }

  catchUp(round: Round = new Map()): void {
    while (!this.full && this.#step(round)) {
      // Until it has seen everything, or its line is full.
    }
    if (this.full) return;
    if (!this.whole) {
      this.whole = true;
      const last_minutes = this.#lastMinutes();
      if (last_minutes !== undefined) this.tell(last_minutes, true);
      this.tell(writeFrame({ type: 'ready', sent_ms: Date.now() }));
      // What changed while the state was on its way.
      this.catchUp(round);
      return;
    }
    this.#news.catchUp();
    this.#feed?.catchUp();
  }

  /** Sends a frame whatever its line; only for what is small and rare, or when its line is not full. */
  tell(bytes: string | Uint8Array, binary = false): void {
    this.#send(messageOf(bytes, binary));
  }

  /** Sends a message for all, `beat`, if nothing was sent since the last call. */
  beat(message: Buffer): void {
    if (this.#silent && !this.full) this.send(message);
    this.#silent = true;
  }

  #send(message: Buffer): void {
    this.#silent = false;
    this.send(message);
  }

  protected override understand(data: RawData): void {
    const said = this.#read(String(data));
    if (said.kind === 'look') this.#look(said.look);
    else if (said.kind === 'order') this.#onOrder(this, said.ask, said.number);
    else if (said.kind === 'recall') this.#onRecall(this, said.recall, said.number);
    else if (said.kind === 'invalid') this.count(said.what);
  }

  #look(look: Look): void {
    const goes_on = this.#feed?.goOn?.(look) === true;
    if (!goes_on) this.#feed?.close();
    if (!goes_on) this.#feed = undefined;
    this.#figures = look.view === 'fleet' ? (look.only ?? 'all') : 'none';
    this.cursor = this.#wide;
    this.#feed ??= this.#onLook(this, look);
    this.catchUp();
  }

  /** Sends what comes next; returns false when that is nothing. */
  #step(round: Round): boolean {
    const step = this.#next(round);
    if (step === undefined) return false;
    this.#send(step.messages);
    this.#told = step.told;
    this.move(step.cursor, step.folded);
    if (this.#figures === 'all') this.#wide = step.cursor;
    return true;
  }

  #next(round: Round): Step | undefined {
    // The state comes in words alone, and leaves nothing out.
    const figures = this.whole ? this.#figures : 'none';
    if (typeof figures === 'object') return this.#selected(figures);
    const key = figures === 'all' ? `${this.#told}/${this.cursor}` : `${this.#told}`;
    let step = round.get(key);
    if (step === undefined) {
      const told = this.fleet.toldSince(this.#told, MACHINES_ROWS_MAX);
      // A place may have got another machine: that is told before the figures of it.
      const all_told = told.length < MACHINES_ROWS_MAX;
      const changed = figures === 'all' && all_told ? this.#changed() : [];
      const last = changed.at(-1);
      step = this.#write(told, changed, {
        cursor: last?.serial ?? this.cursor,
        folded: last === undefined ? 0 : last.serial - this.cursor - changed.length,
      });
      if (step === undefined) return undefined;
      round.set(key, step);
    }
    return figures === 'all' ? step : { ...step, cursor: this.cursor };
  }

  #changed(): Entry[] {
    const changed = this.fleet.since(this.cursor, FIGURES_ROWS_MAX);
    return changed.slice(0, fitting(changed));
  }

  /** The same for a client that looks at some machines. What it does not want it does not miss. */
  #selected(ids: readonly number[]): Step | undefined {
    const told = this.fleet.toldSince(this.#told, MACHINES_ROWS_MAX);
    if (told.length === MACHINES_ROWS_MAX) return this.#write(told, [], { cursor: this.cursor, folded: 0 });
    const changed: Entry[] = [];
    if (this.cursor < this.fleet.serial) {
      for (const id of ids) {
        const entry = this.fleet.at(id);
        if (entry !== undefined && entry.serial > this.cursor) changed.push(entry);
      }
    }
    changed.sort((a, b) => a.serial - b.serial);
    const fit = fitting(changed);
    const cursor = fit < changed.length ? (changed[fit - 1]?.serial ?? this.cursor) : this.fleet.serial;
    return this.#write(told, changed.slice(0, fit), { cursor, folded: 0 });
  }

  #write(
    told: readonly Entry[],
    changed: readonly Entry[],
    { cursor, folded }: { readonly cursor: number; readonly folded: number },
  ): Step | undefined {
    if (told.length === 0 && changed.length === 0) return undefined;
    const sent_ms = Date.now();
    // What is told in words now has its figures there.
    const rows = changed.filter(({ told_serial }) => told_serial <= this.#told);
    const in_words = told.length > 0;
    const messages: Buffer[] = [];
    if (in_words) messages.push(messageOf(writeMachines(told, folded, sent_ms)));
    if (rows.length > 0) messages.push(messageOf(writeFigures(rows, in_words ? 0 : folded, sent_ms), true));
    return {
      messages: messages.length === 1 ? (messages[0] as Buffer) : Buffer.concat(messages),
      told: told.at(-1)?.told_serial ?? this.#told,
      cursor,
      folded,
    };
  }
}
