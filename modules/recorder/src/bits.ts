// Bits in bytes, the highest first.

/** Values up to this are written in pieces that fit JavaScript's integers of 32 bits. */
const PIECE_BITS = 24;
const PIECE = 2 ** PIECE_BITS;

/** Bytes past the end that a reader may touch. */
export const PADDING_BYTES = 8;

/** Writes bits at the end of a buffer that grows. One writer serves many texts: `reset` begins anew. */
export class BitWriter {
  #bytes: Uint8Array;
  #length = 0;
  #held = 0;
  #held_bits = 0;

  constructor(capacity_bytes = 4_096) {
    this.#bytes = new Uint8Array(capacity_bytes);
  }

  reset(): void {
    this.#length = 0;
    this.#held = 0;
    this.#held_bits = 0;
  }

  /** Whole bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** Writes the lowest `bits` (0 to 53) of a whole number that is not negative. */
  write(value: number, bits: number): void {
    let rest = bits;
    if (rest > PIECE_BITS) {
      let high = Math.floor(value / PIECE);
      rest -= PIECE_BITS;
      if (rest > PIECE_BITS) {
        const highest = Math.floor(high / PIECE);
        this.#put(highest, rest - PIECE_BITS);
        high -= highest * PIECE;
        rest = PIECE_BITS;
      }
      this.#put(high, rest);
      this.#put(value % PIECE, PIECE_BITS);
      return;
    }
    this.#put(value, rest);
  }

  /** Fills the last byte with noughts. */
  align(): void {
    if (this.#held_bits > 0) this.#put(0, 8 - this.#held_bits);
  }

  /** Writes a whole number that is not negative in bytes of seven bits. Aligned. */
  varint(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.#byte((rest % 128) | 128);
      rest = Math.floor(rest / 128);
    }
    this.#byte(rest);
  }

  /** Writes bytes as they are. Aligned. */
  copy(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** What was written, in the writer's own memory: valid until it writes again. Aligned. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #put(value: number, bits: number): void {
    this.#held = (this.#held << bits) | value;
    this.#held_bits += bits;
    while (this.#held_bits >= 8) {
      this.#held_bits -= 8;
      this.#byte((this.#held >>> this.#held_bits) & 255);
    }
    // What is written is let go, so that the next shift loses nothing.
    this.#held &= 255;
  }

  #byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#room(1);
    this.#bytes[this.#length++] = value;
  }

  #room(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + bytes));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

/** Reads bits. What is past the end reads as noughts; who reads checks lengths beforehand. */
export class BitReader {
  readonly #bytes: Uint8Array;
  /** In bits. */
  #at = 0;

  /** @param bytes with {@link PADDING_BYTES} behind what is read, so that a look ahead stays inside */
  constructor(bytes: Uint8Array, from_bytes = 0) {
    this.#bytes = bytes;
    this.#at = from_bytes * 8;
  }

  get position_bytes(): number {
    return (this.#at + 7) >>> 3;
  }

  seek(position_bytes: number): void {
    this.#at = position_bytes * 8;
  }

  align(): void {
    this.#at = (this.#at + 7) & ~7;
  }

  /** The next 24 bits or more, left-aligned in 32; they are not taken. */
  peek(): number {
    const bytes = this.#bytes;
    const at = this.#at >>> 3;
    const word =
      ((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number);
    return word << (this.#at & 7);
  }

  skip(bits: number): void {
    this.#at += bits;
  }

  /** Reads a whole number of `bits` bits, 0 to 53. */
  read(bits: number): number {
    let rest = bits;
    let value = 0;
    while (rest > PIECE_BITS) {
      value = value * PIECE + this.#take(PIECE_BITS);
      rest -= PIECE_BITS;
    }
    return rest === 0 ? value : value * 2 ** rest + this.#take(rest);
  }

  varint(): number {
    let value = 0;
    let factor = 1;
    for (let i = 0; i < 8; i++) {
      const byte = this.#bytes[this.#at >>> 3] ?? 0;
      this.#at += 8;
      value += (byte & 127) * factor;
      if (byte < 128) break;
      factor *= 128;
    }
    return value;
  }

  #take(bits: number): number {
    const value = this.peek() >>> (32 - bits);
    this.#at += bits;
    return value;
  }
}
