// What the page knows: the newest of every machine and the last minutes of its figures. Frames go in as they arrive;
// once for each drawn picture the view takes out what has changed.

import { PATIENCE_MS } from '@ganglion/topics/life';
import type { Bus, Frame, HelloFrame, Machine } from '../../../server/wire.ts';
import { History } from './history.ts';

/** Resources of a machine whose last minutes are kept. */
export const HISTORIES_MAX = 16;

/**
 * A server that has just started knows no machine yet. What it does not name is shown on, as what it was, until the
 * server is this old.
 */
export const YOUNG_SERVER_MS = 15_000;

/** A server whose bus was there when it started has it this soon. */
const FIRST_CONNECTION_MS = 1_000;

/** What is known of a machine. */
export interface Known {
  machine: Machine;
  readonly histories: Map<string, History>;
  /** The state it was last named in; see `hello` in wire.ts. */
  state: number;
}

/** What has changed since the last time it was taken. */
export interface Changes {
  /** Machines with something new, those that are new themselves included. */
  readonly changed: ReadonlySet<string>;
  /** Whether a machine came or went. */
  readonly membership: boolean;
}

export class Store {
  readonly machines = new Map<string, Known>();
  hello: HelloFrame | undefined;
  bus: Bus | undefined;
  /** The server's clock in the newest frame, epoch milliseconds: how far what is known goes. */
  now_ms = 0;
  /** Whether the whole state has been here once. */
  ready = false;
  /** Analyses that newer ones overtook on the way here. */
  folded = 0;
  /** Machines let go because there were too many. */
  forgotten = 0;

  #changed = new Set<string>();
  #membership = false;
  #state = 0;
  /** There may be machines that the server did not name since its last `hello`. */
  #unnamed_left = false;

  apply(frame: Frame): void {
    this.now_ms = frame.sent_ms;
    switch (frame.type) {
      case 'hello':
        this.hello = frame;
        this.bus = frame.bus;
        this.#state++;
        this.#unnamed_left = false;
        break;
      case 'fleet':
        this.folded += frame.folded ?? 0;
        for (const machine of frame.machines) this.#learn(machine);
        break;
      case 'ready':
        this.ready = true;
        this.#unnamed_left = true;
        break;
      case 'bus':
        this.bus = frame.bus;
        break;
    }
    if (this.#unnamed_left && this.heard_since_ms + YOUNG_SERVER_MS < this.now_ms) this.#forgetUnnamed();
  }

  /** Since when the server has been able to hear what machines say, by its clock. */
  get heard_since_ms(): number {
    return Math.max(this.hello?.started_ms ?? 0, this.bus?.since_ms ?? 0);
  }

  /**
   * Since when a machine that is not heard is silent of its own. When the bus was away the others come back to it one by
   * one, and are not late meanwhile.
   */
  get silence_since_ms(): number {
    const { hello, bus } = this;
    const was_away = bus !== undefined && hello !== undefined && bus.since_ms > hello.started_ms + FIRST_CONNECTION_MS;
    return this.heard_since_ms + (was_away ? PATIENCE_MS : 0);
  }

  /** What has changed since the last call. */
  take(): Changes {
    const changes = { changed: this.#changed, membership: this.#membership };
    this.#changed = new Set();
    this.#membership = false;
    return changes;
  }

  #learn(machine: Machine): void {
    const name = machine.machine;
    let known = this.machines.get(name);
    if (known === undefined) {
      known = { machine, histories: new Map(), state: this.#state };
      this.#membership = true;
      this.#makeRoom();
    } else {
      known.machine = machine;
      known.state = this.#state;
      // Put back at the end: the map is in the order in which machines spoke.
      this.machines.delete(name);
    }
    this.machines.set(name, known);
    this.#changed.add(name);
    for (const [resource, { percentage }] of Object.entries(machine.resources)) {
      if (percentage === undefined) continue;
      let history = known.histories.get(resource);
      if (history === undefined) {
        if (known.histories.size >= HISTORIES_MAX) continue;
        history = new History();
        known.histories.set(resource, history);
      }
      history.add(machine.received_ms, percentage);
    }
  }

  #makeRoom(): void {
    if (this.machines.size < (this.hello?.machines_max ?? Number.POSITIVE_INFINITY)) return;
    const [oldest] = this.machines.keys();
    if (oldest === undefined) return;
    this.forgotten++;
    this.#forget(oldest);
  }

  #forgetUnnamed(): void {
    this.#unnamed_left = false;
    for (const [name, { state }] of this.machines) if (state < this.#state) this.#forget(name);
  }

  #forget(name: string): void {
    this.machines.delete(name);
    this.#changed.delete(name);
    this.#membership = true;
  }
}
