// A column: one figure over time, in few bits and exact to the last. Decimals become whole numbers; of these is told how each
// differs from what was to be expected, in Rice's code: small differences are short, and a large one costs what it is
// long. What is no decimal is told by the bits in which it differs from the one before.

import type { BitReader, BitWriter } from './bits.ts';
import { DIGITS_MAX, digitsOf, POWERS, wholeOf } from './decimals.ts';

/** What a value is expected to be. */
const MIDDLE = 0;
const LAST = 1;
const LINE = 2;

/** How a column is written: its first four bits. Up to {@link DIGITS_MAX} they are the digits of decimals. */
const FLOATING = 15;

/** Ones in a row that say: what follows is told in full, its length in six bits before it. */
const ESCAPE_ONES = 20;
const ESCAPE = 2 ** ESCAPE_ONES - 1;
const LENGTH_BITS = 6;

/** The largest parameter of Rice's code; one that is larger says that nothing changes. */
const RICE_MAX = 50;
const RICE_BITS = 6;
const UNCHANGED = 63;

/** What a column's first and middle value may take. */
const WHOLE_BITS = 53;

/** Writes and reads columns. Its arrays are used again for each; none is longer than the longest column. */
export class ColumnCodec {
  #wholes = new Float64Array(128);
  #steps = new Float64Array(128);
  readonly #bits = new DataView(new ArrayBuffer(8));

  /** Writes the first `length` of the values; at least one. Aligned before and after. */
  write(writer: BitWriter, values: Float64Array, length: number): void {
    const digits = digitsOf(values, length);
    if (digits === -1) this.#writeFloating(writer, values, length);
    else this.#writeDecimals(writer, values, length, digits);
    writer.align();
  }

  /** Reads `length` values into an array. What is damaged reads as something else, and never past the array. */
  read(reader: BitReader, values: Float64Array, length: number): void {
    const kind = reader.read(4);
    if (kind <= DIGITS_MAX) this.#readDecimals(reader, values, length, kind);
    else this.#readFloating(reader, values, length, kind);
    reader.align();
  }

  #writeDecimals(writer: BitWriter, values: Float64Array, length: number, digits: number): void {
    if (this.#wholes.length < length) {
      this.#wholes = new Float64Array(length * 2);
      this.#steps = new Float64Array(length * 2);
    }
    const wholes = this.#wholes;
    let sum = 0;
    for (let i = 0; i < length; i++) {
      const whole = wholeOf(values[i] as number, digits);
      wholes[i] = whole;
      sum += whole / length;
    }
    const first = wholes[0] as number;
    writer.write(digits, 4);

    // Which expectation is nearest: the middle of all, the one before, or the line through the two before.
    const middle = Math.round(sum);
    let from_middle = 0;
    let from_last = 0;
    let from_line = 0;
    let before = first;
    let step_before = 0;
    for (let i = 1; i < length; i++) {
      const whole = wholes[i] as number;
      const step = whole - before;
      from_middle += Math.abs(whole - middle);
      from_last += Math.abs(step);
      from_line += Math.abs(step - step_before);
      before = whole;
      step_before = step;
    }
    if (from_last === 0) {
      writer.write(LAST, 2);
      writer.write(UNCHANGED, RICE_BITS);
      writeSigned(writer, first);
      return;
    }
    from_middle += Math.abs(first - middle);
    const expected =
      from_middle <= from_last && from_middle <= from_line ? MIDDLE : from_last <= from_line ? LAST : LINE;
    const steps = this.#stepsFrom(expected, length, middle);
    const count = expected === MIDDLE ? length : length - 1;
    const rice = bestRice(steps, count);
    writer.write(expected, 2);
    writer.write(rice, RICE_BITS);
    writeSigned(writer, expected === MIDDLE ? middle : first);
    for (let i = 0; i < count; i++) writeRice(writer, steps[i] as number, rice);
  }

  /** How the values differ from what is expected, none of them negative: 0, -1, 1, -2 are 0, 1, 2, 3. */
  #stepsFrom(expected: number, length: number, middle: number): Float64Array {
    const wholes = this.#wholes;
    const steps = this.#steps;
    if (expected === MIDDLE) {
      for (let i = 0; i < length; i++) steps[i] = unsigned((wholes[i] as number) - middle);
      return steps;
    }
    let before = wholes[0] as number;
    let step_before = 0;
    for (let i = 1; i < length; i++) {
      const whole = wholes[i] as number;
      const step = whole - before;
      steps[i - 1] = unsigned(expected === LAST ? step : step - step_before);
      before = whole;
      step_before = step;
    }
    return steps;
  }

  #readDecimals(reader: BitReader, values: Float64Array, length: number, digits: number): void {
    const power = POWERS[digits] as number;
    const expected = reader.read(2);
    const rice = reader.read(RICE_BITS);
    const start = readSigned(reader);
    if (rice > RICE_MAX) {
      values.fill(start / power, 0, length);
      return;
    }
    if (expected === MIDDLE) {
      for (let i = 0; i < length; i++) values[i] = (start + signed(readRice(reader, rice))) / power;
      return;
    }
    let whole = start;
    let step = 0;
    values[0] = whole / power;
    for (let i = 1; i < length; i++) {
      const difference = signed(readRice(reader, rice));
      step = expected === LAST ? difference : step + difference;
      whole += step;
      values[i] = whole / power;
    }
  }

  #writeFloating(writer: BitWriter, values: Float64Array, length: number): void {
    const bits = this.#bits;
    writer.write(FLOATING, 4);
    let high = 0;
    let low = 0;
    // The window of the bits that differ: so many noughts before it, so many bits in it.
    let leading = -1;
    let width = 0;
    for (let i = 0; i < length; i++) {
      bits.setFloat64(0, values[i] as number);
      const next_high = bits.getUint32(0);
      const next_low = bits.getUint32(4);
      const high_x = (next_high ^ high) >>> 0;
      const low_x = (next_low ^ low) >>> 0;
      high = next_high;
      low = next_low;
      if (high_x === 0 && low_x === 0) {
        writer.write(0, 1);
        continue;
      }
      const noughts_before = high_x !== 0 ? Math.clz32(high_x) : 32 + Math.clz32(low_x);
      const noughts_behind = low_x !== 0 ? 31 - Math.clz32(low_x & -low_x) : 63 - Math.clz32(high_x & -high_x);
      if (leading === -1 || noughts_before < leading || 64 - noughts_behind > leading + width) {
        leading = noughts_before;
        width = 64 - noughts_before - noughts_behind;
        writer.write(0b11, 2);
        writer.write(leading, 6);
        writer.write(width - 1, 6);
      } else writer.write(0b10, 2);
      writeWindow(writer, high_x, low_x, 64 - leading - width, width);
    }
  }

  #readFloating(reader: BitReader, values: Float64Array, length: number, kind: number): void {
    if (kind !== FLOATING) {
      values.fill(Number.NaN, 0, length);
      return;
    }
    const bits = this.#bits;
    let high = 0;
    let low = 0;
    let leading = 0;
    let width = 64;
    for (let i = 0; i < length; i++) {
      if (reader.read(1) === 1) {
        if (reader.read(1) === 1) {
          leading = reader.read(6);
          width = reader.read(6) + 1;
        }
        const behind = Math.max(0, 64 - leading - width);
        // The window in two halves: what reaches into the high word, and the rest.
        const in_high = Math.max(0, width - Math.max(0, 32 - behind));
        const in_low = width - in_high;
        const upper = in_high === 0 ? 0 : reader.read(Math.min(32, in_high));
        const lower = in_low === 0 ? 0 : reader.read(Math.min(32, in_low));
        if (in_high > 0) high = (high ^ (behind > 32 ? upper * 2 ** (behind - 32) : upper)) >>> 0;
        if (in_low > 0) low = (low ^ (lower * 2 ** behind)) >>> 0;
      }
      bits.setUint32(0, high);
      bits.setUint32(4, low);
      values[i] = bits.getFloat64(0);
    }
  }
}

function writeWindow(writer: BitWriter, high: number, low: number, behind: number, width: number): void {
  const in_high = Math.max(0, width - Math.max(0, 32 - behind));
  const in_low = width - in_high;
  if (in_high > 0) writer.write(behind > 32 ? Math.floor(high / 2 ** (behind - 32)) : high, in_high);
  if (in_low > 0) writer.write(Math.floor(low / 2 ** behind), in_low);
}

function unsigned(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}

function signed(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

/** The parameter with which the steps take the fewest bits: from a guess downwards, or upwards. */
function bestRice(steps: Float64Array, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += steps[i] as number;
  const guess = Math.max(0, Math.min(RICE_MAX, Math.floor(Math.log2((sum / count) * Math.LN2 + 1e-9))));
  let best = guess;
  let best_bits = bitsWith(steps, count, guess);
  for (const direction of [-1, 1]) {
    for (let rice = guess + direction; rice >= 0 && rice <= RICE_MAX; rice += direction) {
      const bits = bitsWith(steps, count, rice);
      if (bits >= best_bits) break;
      best = rice;
      best_bits = bits;
    }
    if (best !== guess) break;
  }
  return best;
}

function bitsWith(steps: Float64Array, count: number, rice: number): number {
  const factor = 2 ** -rice;
  let bits = 0;
  for (let i = 0; i < count; i++) {
    const step = steps[i] as number;
    const ones = Math.floor(step * factor);
    bits += ones < ESCAPE_ONES ? ones + 1 + rice : ESCAPE_ONES + LENGTH_BITS + lengthOf(step);
  }
  return bits;
}

function writeRice(writer: BitWriter, value: number, rice: number): void {
  const factor = 2 ** rice;
  const ones = Math.floor(value / factor);
  if (ones < ESCAPE_ONES) {
    writer.write(2 ** (ones + 1) - 2, ones + 1);
    if (rice > 0) writer.write(value - ones * factor, rice);
    return;
  }
  const length = lengthOf(value);
  writer.write(ESCAPE, ESCAPE_ONES);
  writer.write(length, LENGTH_BITS);
  writer.write(value, length);
}

function readRice(reader: BitReader, rice: number): number {
  const ahead = reader.peek();
  const ones = Math.clz32(~ahead);
  if (ones < ESCAPE_ONES) {
    const taken = ones + 1 + rice;
    if (taken <= 24) {
      reader.skip(taken);
      return rice === 0 ? ones : ones * (1 << rice) + ((ahead << (ones + 1)) >>> (32 - rice));
    }
    reader.skip(ones + 1);
    return ones * 2 ** rice + reader.read(rice);
  }
  reader.skip(ESCAPE_ONES);
  return reader.read(Math.min(WHOLE_BITS, reader.read(LENGTH_BITS)));
}

/** Bits of a whole number. */
function lengthOf(value: number): number {
  return value < 2 ** 31 ? 32 - Math.clz32(value) : 32 - Math.clz32(Math.floor(value / 2 ** 31)) + 31;
}

function writeSigned(writer: BitWriter, value: number): void {
  const whole = unsigned(value);
  const length = lengthOf(whole);
  writer.write(length, LENGTH_BITS);
  if (length > 0) writer.write(whole, length);
}

function readSigned(reader: BitReader): number {
  return signed(reader.read(Math.min(WHOLE_BITS, reader.read(LENGTH_BITS))));
}
