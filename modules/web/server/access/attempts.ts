// How often somebody may guess. Each failure makes the next attempt wait longer, for the account and for the address it
// comes from. Whoever guesses all the time so keeps an account waiting, from its owner too; but a browser that the owner has
// logged in with before is counted on its own, and waits for nobody else. Counted in tables of fixed size, by a hash that nobody outside can foresee: a million names take no more memory
// than one, none of them pushes another one out, and a name that nobody has is treated as one that somebody has.

import { createHmac, randomBytes } from 'node:crypto';

/** Places in a table. Two names that share one also share their waits, which is rare and harms nobody. */
const PLACES = 16_384;

/** A wait grows to this and no further, so that guessing at somebody's account does not lock them out for long. */
const WAIT_MS_MAX = 60_000;
const WAIT_MS_FIRST = 1_000;

/** Failures are forgotten after so long without another. */
const FORGET_MS = 3_600_000;

/** Failures that cost nothing yet. Many people may share an address. */
export const FREE_OF_ACCOUNT = 5;
export const FREE_OF_ADDRESS = 20;

class Table {
  readonly failures = new Uint16Array(PLACES);
  readonly open_ms = new Float64Array(PLACES);
  readonly free: number;
  readonly #salt = randomBytes(16);

  constructor(free: number) {
    this.free = free;
  }

  placeOf(key: string): Place {
    return new Place(this, createHmac('sha256', this.#salt).update(key).digest().readUInt32LE() % PLACES);
  }
}

class Place {
  readonly #table: Table;
  readonly #at: number;

  constructor(table: Table, at: number) {
    this.#table = table;
    this.#at = at;
  }

  wait_ms(now_ms: number): number {
    return Math.max(0, this.#open_ms - now_ms);
  }

  fail(now_ms: number): void {
    const { free, failures, open_ms } = this.#table;
    const forgotten = now_ms - this.#open_ms > FORGET_MS;
    const n = forgotten ? 1 : Math.min(65_535, this.#failures + 1);
    failures[this.#at] = n;
    open_ms[this.#at] = now_ms + (n < free ? 0 : Math.min(WAIT_MS_MAX, WAIT_MS_FIRST * 2 ** (n - free)));
  }

  /** Takes one failure back; its wait stays, or a right password would pay for wrong ones sent beside it. */
  takeBack(): void {
    this.#table.failures[this.#at] = Math.max(0, this.#failures - 1);
  }

  forget(): void {
    this.#table.failures[this.#at] = 0;
    this.#table.open_ms[this.#at] = 0;
  }

  get #failures(): number {
    return this.#table.failures[this.#at] ?? 0;
  }

  get #open_ms(): number {
    return this.#table.open_ms[this.#at] ?? 0;
  }
}

/** One attempt that was let through. */
export interface Attempt {
  /** The password was right: the account's or the browser's failures are forgotten, the address's stay but for this one. */
  succeed(): void;
  /** It was not made after all. */
  withdraw(): void;
}

/** Counts attempts to log in. */
export class Attempts {
  readonly #accounts = new Table(FREE_OF_ACCOUNT);
  readonly #addresses = new Table(FREE_OF_ADDRESS);
  readonly #browsers = new Table(FREE_OF_ACCOUNT);

  /** Lets an attempt through, or says how many milliseconds it comes too early. It counts as failed until it succeeds. */
  begin(account: string, address: string, now_ms: number): Attempt | number {
    return begin(now_ms, [this.#accounts.placeOf(account), this.#addresses.placeOf(networkOf(address))]);
  }

  /** The same for a browser that this account's owner was in with before. */
  beginKnown(browser: string, now_ms: number): Attempt | number {
    return begin(now_ms, [this.#browsers.placeOf(browser)]);
  }
}

/** @param places whose failures it counts among; the first is what a success clears */
function begin(now_ms: number, places: readonly [Place, ...Place[]]): Attempt | number {
  const wait_ms = Math.max(...places.map((place) => place.wait_ms(now_ms)));
  if (wait_ms > 0) return wait_ms;
  for (const place of places) place.fail(now_ms);
  const [own, ...others] = places;
  return {
    succeed: () => {
      own.forget();
      for (const place of others) place.takeBack();
    },
    withdraw: () => {
      for (const place of places) place.takeBack();
    },
  };
}

/** An address as one sender counts: of IPv6 the network, since one sender has a whole one. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*$/, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length);
  return [...front, ...new Array<string>(zeros).fill('0'), ...back].slice(0, 4).join(':');
}
