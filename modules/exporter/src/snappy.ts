// Snappy's block format, in which Prometheus takes what is sent to it. https://github.com/google/snappy/blob/main/format_description.txt

/** Bytes within which a repetition is looked for. */
const BLOCK_BYTES = 65_536;

const HASH_BITS = 14;

/** Nothing shorter is worth a copy. */
const MATCH_BYTES_MIN = 4;
/** Near its end a block is left as it is: there the look-ahead would leave it. */
const TAIL_BYTES = 8;

/** Compresses bytes; what does not get smaller stays about as it is. One at work keeps its table. */
export class Snappy {
  readonly #table = new Uint16Array(1 << HASH_BITS);

  compress(input: Uint8Array): Uint8Array {
    const from = Buffer.from(input.buffer, input.byteOffset, input.length);
    // The worst case: nothing is repeated.
    const output = Buffer.allocUnsafe(16 + input.length + Math.ceil(input.length / 6));
    let at = writeLength(output, input.length);
    for (let start = 0; start < from.length; start += BLOCK_BYTES) {
      at = this.#block(from, start, Math.min(start + BLOCK_BYTES, from.length), output, at);
    }
    return output.subarray(0, at);
  }

  #block(from: Buffer, start: number, end: number, to: Buffer, written: number): number {
    const table = this.#table.fill(0);
    let out = written;
    let literal = start;
    const last = end - TAIL_BYTES;
    let at = start + 1;
    // Where nothing repeats, it looks less and less often.
    let misses = 32;
    while (at < last) {
      const next = from.readUInt32LE(at);
      const hash = Math.imul(next, 0x1e35a7bd) >>> (32 - HASH_BITS);
      const candidate = start + (table[hash] as number);
      table[hash] = at - start;
      if (candidate >= at || from.readUInt32LE(candidate) !== next) {
        at += misses++ >> 5;
        continue;
      }
      misses = 32;
      let length = MATCH_BYTES_MIN;
      while (at + length < end && from[candidate + length] === from[at + length]) length++;
      if (at > literal) out = writeLiteral(from, literal, at, to, out);
      out = writeCopy(at - candidate, length, to, out);
      at += length;
      literal = at;
    }
    return literal < end ? writeLiteral(from, literal, end, to, out) : out;
  }
}

/** The length of what was compressed stands in front, seven bits a byte. */
function writeLength(to: Buffer, length: number): number {
  let at = 0;
  let rest = length;
  for (; rest >= 128; rest = Math.floor(rest / 128)) to[at++] = (rest % 128) + 128;
  to[at++] = rest;
  return at;
}

/** At most a block's bytes, so that the length fits two. */
function writeLiteral(from: Buffer, start: number, end: number, to: Buffer, written: number): number {
  let out = written;
  const n = end - start - 1;
  if (n < 60) to[out++] = n << 2;
  else if (n < 256) {
    to[out++] = 60 << 2;
    to[out++] = n;
  } else {
    to[out++] = 61 << 2;
    to[out++] = n & 255;
    to[out++] = n >> 8;
  }
  return out + from.copy(to, out, start, end);
}

/** Copies of 64 bytes at most; none of less than four, which the format has only for near ones. */
function writeCopy(offset: number, length: number, to: Buffer, written: number): number {
  let out = written;
  let rest = length;
  while (rest > 0) {
    const n = rest > 64 ? Math.min(64, rest - MATCH_BYTES_MIN) : rest;
    to[out++] = ((n - 1) << 2) | 2;
    to[out++] = offset & 255;
    to[out++] = offset >> 8;
    rest -= n;
  }
  return out;
}
