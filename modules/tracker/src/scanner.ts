// Reads numbers and words out of the bytes of a file, from front to back. What is skipped is passed over by the runtime's own
// search, and a row of many numbers is split by it as a text: a tracker's code is never optimized (see the command's
// run.ts), and there a loop over bytes costs five times as much.

const SPACE = 0x20;
const NEWLINE = 0x0a;
const ZERO = 0x30;

/** Digits that a number may have, so that it stays exact. */
const DIGITS_MAX = 15;

/** From here on the runtime compares faster than a loop, for all that it costs to call. */
const LONG_BYTES = 64;

/** Digits of the kernel's largest counters, of 64 bits. */
const COUNTER_DIGITS_MAX = 20;

/** What a counter of the kernel goes up to. */
export const COUNTER_MAX = 2 ** 64;

export class Scanner {
  readonly #bytes: Buffer;
  readonly #length: number;
  #at = 0;

  /** @param length how many of the bytes count */
  constructor(bytes: Buffer, length: number = bytes.length) {
    this.#bytes = bytes;
    this.#length = length;
  }

  /** Whether all has been read. */
  get ended(): boolean {
    return this.#at >= this.#length;
  }

  /** Takes a whole number of 1 to 15 digits; -1 when there is none here, and then nothing is taken. */
  whole(): number {
    return this.#digits(DIGITS_MAX);
  }

  /**
   * Takes a counter of the kernel, a whole number of up to 64 bits; -1 when there is none here, and then nothing is taken.
   * Above 2^53 it is rounded, to 2,048 at worst: a rate does not notice.
   */
  counter(): number {
    return this.#digits(COUNTER_DIGITS_MAX);
  }

  #digits(digits_max: number): number {
    const bytes = this.#bytes;
    const length = this.#length;
    const start = this.#at;
    let at = start;
    let number = 0;
    for (; at < length; at++) {
      const digit = (bytes[at] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) break;
      number = number * 10 + digit;
    }
    if (at === start || at - start > digits_max) return -1;
    this.#at = at;
    return number;
  }

  /** Takes these bytes; false when others stand here, and then nothing is taken. */
  take(bytes: Buffer): boolean {
    const end = this.#at + bytes.length;
    if (end > this.#length) return false;
    if (bytes.length > LONG_BYTES) {
      if (this.#bytes.compare(bytes, 0, bytes.length, this.#at, end) !== 0) return false;
      this.#at = end;
      return true;
    }
    const mine = this.#bytes;
    const at = this.#at;
    for (let i = 0; i < bytes.length; i++) if (mine[at + i] !== bytes[i]) return false;
    this.#at = end;
    return true;
  }

  /** Takes all spaces here. */
  spaces(): void {
    const bytes = this.#bytes;
    const length = this.#length;
    let at = this.#at;
    while (at < length && bytes[at] === SPACE) at++;
    this.#at = at;
  }

  /** Goes to the next line. */
  nextLine(): void {
    const end = this.#bytes.indexOf(NEWLINE, this.#at);
    // Behind the bytes that count there may be old ones.
    this.#at = end === -1 || end >= this.#length ? this.#length : end + 1;
  }

  /**
   * Goes behind the next place where these bytes stand, or the first in the file when there is none from here on; false
   * when there is none at all, and then nothing is taken. A newline at their beginning stands for the beginning of a line,
   * also of this one and of the first.
   */
  seek(bytes: Buffer): boolean {
    const start = this.#at;
    if (start > 0 && this.#find(bytes)) return true;
    this.#at = 0;
    if (bytes[0] === NEWLINE) {
      const length = bytes.length - 1;
      if (length <= this.#length && this.#bytes.compare(bytes, 1, bytes.length, 0, length) === 0) {
        this.#at = length;
        return true;
      }
    }
    if (this.#find(bytes)) return true;
    this.#at = start;
    return false;
  }

  #find(bytes: Buffer): boolean {
    // At the beginning of a line the newline before it counts as one that is still to come.
    const from = this.#bytes[this.#at - 1] === NEWLINE ? this.#at - 1 : this.#at;
    const found = this.#bytes.indexOf(bytes, from);
    // Behind the bytes that count there may be old ones.
    if (found === -1 || found + bytes.length > this.#length) return false;
    this.#at = found + bytes.length;
    return true;
  }

  /** Seeks a label and takes the counter behind it. NaN when there is none. */
  counterAfter(label: Buffer): number {
    const counted = this.seek(label) ? this.counter() : -1;
    return counted === -1 ? Number.NaN : counted;
  }

  /** Goes back to the front. */
  restart(): void {
    this.#at = 0;
  }

  /** Takes the text from here to the end of the line, and that end. */
  line(): string {
    const start = this.#at;
    this.nextLine();
    const ended = this.#bytes[this.#at - 1] === NEWLINE && this.#at > start;
    return this.#bytes.toString('latin1', start, ended ? this.#at - 1 : this.#at);
  }

  /**
   * Takes the numbers of this line from here on, with spaces between them, and its end.
   *
   * @param numbers gets as many as it has room for
   * @returns how many there were, up to the first that is no counter
   */
  numbers(numbers: Float64Array | number[], room: number): number {
    const words = this.line().split(' ');
    let at = 0;
    for (let i = 0; i < words.length && at < room; i++) {
      const word = words[i];
      if (word === '') continue;
      const number = Number(word);
      if (!(number >= 0 && number <= COUNTER_MAX)) break;
      numbers[at++] = number;
    }
    return at;
  }

  /** The text from here to the end. */
  rest(): string {
    return this.#bytes.toString('latin1', this.#at, this.#length);
  }
}

/** The bytes of a text that holds no more than Latin letters, to look for. */
export function ascii(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}
