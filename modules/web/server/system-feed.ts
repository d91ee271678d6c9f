// What a look at the system brings one client: everyone who runs, then what changes, and pulses.

import type { Beat } from '../wire/frames.ts';
import { fold } from './beats.ts';
import type { Feed, PageClient } from './page-client.ts';

/** Instances in one frame. */
export const INSTANCES_ROWS_MAX = 500;

/** Names a client is owed at most: all that can be known and as many forgotten. Past that the oldest go. */
const OWED_MAX = 40_000;

export interface SystemFeedOptions {
  /** Everyone there is; taken over. */
  readonly names: Set<string>;
  /** An instance as it is told; undefined when it is not known any more. */
  readonly textOf: (name: string) => string | undefined;
  readonly onClose: () => void;
}

export class SystemFeed implements Feed {
  readonly #client: PageClient;
  readonly #options: SystemFeedOptions;
  /** Of whom it has to be told yet. */
  readonly #owed: Set<string>;
  /** What it could not be told of pulses, because its line was full. */
  #beats = new Map<string, Beat>();
  #begun = false;

  constructor(client: PageClient, options: SystemFeedOptions) {
    this.#client = client;
    this.#options = options;
    this.#owed = options.names;
  }

  /** Something of this instance has changed. */
  owe(name: string): void {
    this.#owed.add(name);
    if (this.#owed.size <= OWED_MAX) return;
    for (const oldest of this.#owed) {
      this.#owed.delete(oldest);
      return;
    }
  }

  /** Takes pulses, which `frames` are written for everyone who can take them now. */
  takeBeats(beats: ReadonlyMap<string, Beat>, frames: readonly string[]): void {
    if (this.#begun && this.#beats.size === 0 && this.#owed.size === 0 && !this.#client.full) {
      for (const frame of frames) this.#client.tell(frame);
    } else {
      for (const beat of beats.values()) fold(this.#beats, beat);
      if (this.#begun) this.catchUp();
    }
  }

  catchUp(): void {
    while ((this.#owed.size > 0 || !this.#begun) && !this.#client.full) this.#tellInstances();
    if (this.#beats.size === 0 || this.#client.full) return;
    const frames = writePulses(this.#beats.values());
    this.#beats = new Map();
    for (const frame of frames) this.#client.tell(frame);
  }

  close(): void {
    this.#options.onClose();
  }

  #tellInstances(): void {
    this.#begun = true;
    let instances = '';
    const forgotten: string[] = [];
    let rows = 0;
    for (const name of this.#owed) {
      if (rows++ === INSTANCES_ROWS_MAX) break;
      this.#owed.delete(name);
      const text = this.#options.textOf(name);
      if (text === undefined) forgotten.push(name);
      else instances += `${instances === '' ? '' : ','}${text}`;
    }
    const also = forgotten.length > 0 ? `,"forgotten":${JSON.stringify(forgotten)}` : '';
    this.#client.tell(`{"type":"instances","sent_ms":${Date.now()},"instances":[${instances}]${also}}`);
  }
}

/** `pulses` frames. */
export function writePulses(beats: Iterable<Beat>): string[] {
  const all = [...beats];
  const frames: string[] = [];
  for (let from = 0; from < all.length; from += INSTANCES_ROWS_MAX) {
    const pulses = all.slice(from, from + INSTANCES_ROWS_MAX);
    frames.push(JSON.stringify({ type: 'pulses', sent_ms: Date.now(), pulses }));
  }
  return frames;
}
