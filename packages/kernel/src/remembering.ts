// What a module remembers of the sources that it has a share of: handed to it with the share, and asked of it again every
// few minutes, when it says that there is something new, and when the share is given up.

import type { Share, ShareHolder } from './bus.ts';
import { type CodedError, oneLine, reasonOf, shareLost } from './errors.ts';
import { type Log, LogLimiter } from './log.ts';
import type { SharedHandler } from './module.ts';

/** Sources of one share of which something is remembered, at most; of more nothing is, and that is counted. */
export const SOURCES_OF_SHARE_MAX = 20_000;

/** Bytes that are remembered of a source, at most. */
export const STATE_BYTES_MAX = 1_048_576;

/** Between a module's word that there is something new and the saving: what else is new by then is saved with it. */
const SOON_MS = 50;

/** In this time everything is saved once, a little each second. */
const ALL_MS = 300_000;
const TURN_MS = 1_000;

/** Before a source's name: what has been learnt of it. No source begins like this. */
const LEARNT = '\u0000';

/** States that are on their way at once when a share is given up. */
const AT_ONCE = 64;

/** Of a source that is to be saved soon: resolves when it is. */
interface Asked {
  readonly done: Promise<void>;
  /** What is new from now on has to be asked for again. */
  saving: boolean;
  resolve(): void;
  reject(why: CodedError): void;
}

export interface RememberingOptions {
  readonly handler: Omit<SharedHandler, 'message'>;
  /** The topic's family, for the log. */
  readonly family: string;
  readonly log: Log;
  readonly failed: (reason: string) => void;
  /** The answers that the bus has not taken over yet: what they tell of is saved after them. */
  readonly answers: Iterable<Promise<void>>;
}

/** Holds the shares of one subscription of one instance. */
export class Remembering implements ShareHolder {
  readonly #options: RememberingOptions;
  readonly #limiter = new LogLimiter();
  /** The sources of each share, the longest not saved first. */
  readonly #shares = new Map<Share, Set<string>>();
  readonly #asked = new Map<string, Asked>();
  #soon_timer: NodeJS.Timeout | undefined;
  #turn_timer: NodeJS.Timeout | undefined;

  constructor(options: RememberingOptions) {
    this.#options = options;
  }

  take(share: Share, remembered: ReadonlyMap<string, Uint8Array>): void {
    const sources = new Set<string>();
    const is_first = this.#shares.size === 0;
    this.#shares.set(share, sources);
    for (const [source, state] of remembered) {
      if (source.startsWith(LEARNT)) continue;
      if (sources.size >= SOURCES_OF_SHARE_MAX) {
        this.#failed('state_left_out', source, `more than ${SOURCES_OF_SHARE_MAX} sources in a share`);
        break;
      }
      sources.add(source);
      this.#try('state_unreadable', source, () =>
        this.#options.handler.restore(source, state, remembered.get(LEARNT + source)),
      );
    }
    if (!is_first) return;
    this.#turn_timer = setInterval(() => this.#turn(), TURN_MS);
    this.#try('state_unreadable', '', () => this.#options.handler.owner?.(true));
  }

  async give(share: Share): Promise<void> {
    let under_way: Promise<void>[] = [];
    for (const source of [...(this.#shares.get(share) ?? [])]) {
      under_way.push(this.#saveWhole(share, source));
      if (under_way.length < AT_ONCE) continue;
      await Promise.all(under_way);
      under_way = [];
    }
    await Promise.all(under_way);
  }

  lose(share: Share): void {
    const sources = this.#shares.get(share);
    if (sources === undefined) return;
    this.#shares.delete(share);
    for (const source of sources) {
      this.#asked.get(source)?.reject(shareLost());
      this.#asked.delete(source);
      this.#try('state_unsaved', source, () => this.#options.handler.release(source));
    }
    if (this.#shares.size > 0) return;
    clearInterval(this.#turn_timer);
    this.#try('state_unsaved', '', () => this.#options.handler.owner?.(false));
  }

  /** Whether a share is ours. */
  has(share: Share | undefined): boolean {
    return share !== undefined && this.#shares.has(share);
  }

  /** Notes that a message of a source has come. */
  heard(share: Share | undefined, source: string): void {
    const sources = share === undefined ? undefined : this.#shares.get(share);
    if (sources === undefined || sources.has(source)) return;
    if (sources.size < SOURCES_OF_SHARE_MAX) sources.add(source);
    else this.#failed('state_left_out', source, `more than ${SOURCES_OF_SHARE_MAX} sources in a share`);
  }

  /** Has a source saved soon, if it is ours. */
  remember(source: string): void {
    const share = this.#shareOf(source);
    if (share === undefined || this.#asked.get(source)?.saving === false) return;
    this.heard(share, source);
    let resolve: () => void = () => {};
    let reject: (why: CodedError) => void = () => {};
    const done = new Promise<void>((resolved, rejected) => {
      resolve = resolved;
      reject = rejected;
    });
    done.catch(() => {}); // Nobody may wait for it.
    this.#asked.set(source, { done, saving: false, resolve, reject });
    this.#soon_timer ??= setTimeout(() => void this.#saveAsked(), SOON_MS);
  }

  /** Resolves when what is asked for of a source is saved; undefined when nothing is. */
  pending(source: string): Promise<void> | undefined {
    return this.#asked.get(source)?.done;
  }

  /** The share of a source; where there is but one, that has what nobody knows. */
  #shareOf(source: string): Share | undefined {
    let last: Share | undefined;
    for (const [share, sources] of this.#shares) {
      if (sources.has(source)) return share;
      last = share;
    }
    return this.#shares.size === 1 ? last : undefined;
  }

  async #saveAsked(): Promise<void> {
    // What the answers tell is known to others before it is remembered that it was told.
    await Promise.allSettled(this.#options.answers);
    this.#soon_timer = undefined;
    for (const [source, asked] of this.#asked) {
      if (asked.saving) continue;
      asked.saving = true;
      const share = this.#shareOf(source);
      const saved = share === undefined ? Promise.reject(shareLost()) : this.#save(share, source);
      const end = () => {
        if (this.#asked.get(source) === asked) this.#asked.delete(source);
      };
      saved.finally(end).then(asked.resolve, asked.reject);
    }
  }

  async #turn(): Promise<void> {
    await Promise.allSettled(this.#options.answers);
    for (const [share, sources] of this.#shares) {
      let due = Math.ceil((sources.size * TURN_MS) / ALL_MS);
      for (const source of sources) {
        if (due-- <= 0) break;
        this.#saveWhole(share, source).catch(() => {});
      }
    }
  }

  /** Saves all there is of a source, which then has its turn after all others. Rejects only when the share was lost. */
  async #saveWhole(share: Share, source: string): Promise<void> {
    const { handler } = this.#options;
    this.#shares.get(share)?.delete(source);
    const saved = this.#save(share, source);
    if (handler.learnt === undefined) return saved;
    await Promise.all([saved, this.#put(share, LEARNT + source, () => handler.learnt?.(source))]);
  }

  /** Saves the state of a source. Rejects only when the share was lost. */
  async #save(share: Share, source: string): Promise<void> {
    const sources = this.#shares.get(share);
    let is_there = false;
    const saved = this.#put(share, source, () => {
      const state = this.#options.handler.save(source);
      is_there = state !== undefined;
      return state;
    });
    if (is_there) sources?.add(source);
    else sources?.delete(source);
    await saved;
  }

  async #put(share: Share, source: string, read: () => Uint8Array | undefined): Promise<void> {
    let state: Uint8Array | undefined;
    this.#try('state_unsaved', source, () => {
      state = read();
    });
    if (state !== undefined && state.byteLength > STATE_BYTES_MAX) {
      this.#failed('state_too_large', source, `${state.byteLength} bytes of at most ${STATE_BYTES_MAX}`);
      state = undefined;
    }
    try {
      await share.remember(source, state);
    } catch (error) {
      if (!this.#shares.has(share)) throw error;
      this.#failed('state_unsaved', source, reasonOf(error));
    }
  }

  #try(reason: string, source: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#failed(reason, source, reasonOf(error));
    }
  }

  #failed(reason: string, source: string, why: string): void {
    this.#options.failed(reason);
    const held_back = this.#limiter.pass(reason);
    if (held_back === undefined) return;
    const { family, log } = this.#options;
    log.warn({ family, reason, source: oneLine(source, 255), held_back }, `${family}: what is remembered, ${why}`);
  }
}
