// How often somebody may guess. Each failure makes the next attempt wait longer, for the account and for the address it
// comes from. Counted in two tables of fixed size, by a hash that nobody outside can foresee: a million names take no more memory
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
  readonly #salt = randomBytes(16);
  readonly #failures = new Uint16Array(PLACES);
  readonly #open_ms = new Float64Array(PLACES);
  readonly #free: number;

  constructor(free: number) {
    this.#free = free;
  }

  placeOf(key: string): number {
    return createHmac('sha256', this.#salt).update(key).digest().readUInt32LE() % PLACES;
  }

  wait_ms(place: number, now_ms: number): number {
    return Math.max(0, (this.#open_ms[place] ?? 0) - now_ms);
  }

  fail(place: number, now_ms: number): void {
    const forgotten = now_ms - (this.#open_ms[place] ?? 0) > FORGET_MS;
    const failures = forgotten ? 1 : Math.min(65_535, (this.#failures[place] ?? 0) + 1);
    this.#failures[place] = failures;
    const wait_ms = failures < this.#free ? 0 : Math.min(WAIT_MS_MAX, WAIT_MS_FIRST * 2 ** (failures - this.#free));
    this.#open_ms[place] = now_ms + wait_ms;
  }

  /** Takes one failure back; its wait stays, or a right password would pay for wrong ones sent beside it. */
  takeBack(place: number): void {
    this.#failures[place] = Math.max(0, (this.#failures[place] ?? 0) - 1);
  }

  forget(place: number): void {
    this.#failures[place] = 0;
    this.#open_ms[place] = 0;
  }
}

/** One attempt that was let through. */
export interface Attempt {
  /** The password was right: the account's failures are forgotten, the address's stay but for this one. */
  succeed(): void;
  /** It was not made after all. */
  withdraw(): void;
}

/** Counts attempts to log in. */
export class Attempts {
  readonly #accounts = new Table(FREE_OF_ACCOUNT);
  readonly #addresses = new Table(FREE_OF_ADDRESS);

  /** Lets an attempt through, or says how many milliseconds it comes too early. It counts as failed until it succeeds. */
  begin(account: string, address: string, now_ms: number): Attempt | number {
    const account_place = this.#accounts.placeOf(account);
    const address_place = this.#addresses.placeOf(networkOf(address));
    const wait_ms = Math.max(
      this.#accounts.wait_ms(account_place, now_ms),
      this.#addresses.wait_ms(address_place, now_ms),
    );
    if (wait_ms > 0) return wait_ms;
    this.#accounts.fail(account_place, now_ms);
    this.#addresses.fail(address_place, now_ms);
    return {
      succeed: () => {
        this.#accounts.forget(account_place);
        this.#addresses.takeBack(address_place);
      },
      withdraw: () => {
        this.#accounts.takeBack(account_place);
        this.#addresses.takeBack(address_place);
      },
    };
  }
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
