// Reads numbers and words out of the bytes of a file, from front to back. Straight loops over bytes: these are compiled
// after a few samples, while texts, lines and patterns cost many times as much each time, and leave garbage.

const SPACE = 0x20;
const NEWLINE = 0x0a;
const DOT = 0x2e;
const ZERO = 0x30;

/** Digits that a number may have, so that it stays exact. The kernel's counters of a century have fewer. */
const DIGITS_MAX = 15;

export class Scanner {
  readonly #bytes: Uint8Array;
  readonly #length: number;
  #at = 0;

  /** @param length how many of the bytes count */
  constructor(bytes: Uint8Array, length: number = bytes.length) {
    this.#bytes = bytes;
    this.#length = length;
  }

  /** Whether all has been read. */
  get ended(): boolean {
    return this.#at >= this.#length;
  }

  /** Takes a whole number of 1 to 15 digits; -1 when there is none here, and then nothing is taken. */
  whole(): number {
    const start = this.#at;
    let at = start;
    let number = 0;
    while (at < this.#length) {
      const digit = (this.#bytes[at] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) break;
      number = number * 10 + digit;
      at++;
    }
    if (at === start || at - start > DIGITS_MAX) return -1;
    this.#at = at;
    return number;
  }

  /** Takes a number with decimals, `0.85`; -1 when there is none here, and then nothing is taken. */
  decimal(): number {
    const start = this.#at;
    const whole = this.whole();
    if (whole !== -1 && this.#bytes[this.#at] === DOT && this.#at < this.#length) {
      const point = ++this.#at;
      const decimals = this.whole();
      const scale = 10 ** (this.#at - point);
      if (decimals !== -1) return (whole * scale + decimals) / scale;
    }
    this.#at = start;
    return -1;
  }

  /** Takes these bytes; false when others stand here, and then nothing is taken. */
  take(bytes: Uint8Array): boolean {
    const end = this.#at + bytes.length;
    if (end > this.#length) return false;
    for (let i = 0; i < bytes.length; i++) {
      if (this.#bytes[this.#at + i] !== bytes[i]) return false;
    }
    this.#at = end;
    return true;
  }

  /** Takes all spaces here. */
  spaces(): void {
    while (this.#bytes[this.#at] === SPACE && this.#at < this.#length) this.#at++;
  }

  /** Takes the end of a line, or of the file; false when there is more on this line, and then nothing is taken. */
  lineEnd(): boolean {
    if (this.ended) return true;
    if (this.#bytes[this.#at] !== NEWLINE) return false;
    this.#at++;
    return true;
  }

  /** Goes to the next line. */
  nextLine(): void {
    const end = this.#bytes.indexOf(NEWLINE, this.#at);
    // Behind the bytes that count there may be old ones.
    this.#at = end === -1 || end >= this.#length ? this.#length : end + 1;
  }

  /** The byte that stands here; -1 at the end. */
  peek(): number {
    return this.ended ? -1 : (this.#bytes[this.#at] ?? -1);
  }

  /** The text from here to the end of the line, for an error. */
  restOfLine(): string {
    const start = this.#at;
    let end = start;
    while (end < this.#length && this.#bytes[end] !== NEWLINE) end++;
    return Buffer.from(this.#bytes.slice(start, Math.min(end, start + 200))).toString('latin1');
  }
}

/** The bytes of an ASCII text, to look for. */
export function ascii(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}
