// What is read is what was written, to the last bit, whatever it is.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BitReader, BitWriter, PADDING_BYTES } from './bits.ts';
import { ColumnCodec } from './column.ts';

const codec = new ColumnCodec();

/** Writes a column and another thing behind it, and reads both. */
function passes(values: readonly number[]): { read: number[]; bytes: number } {
  const writer = new BitWriter(16);
  codec.write(writer, Float64Array.from(values), values.length);
  const bytes = writer.length;
  writer.varint(12_345);
  writer.copy(new Uint8Array(PADDING_BYTES));
  const reader = new BitReader(writer.view().slice());
  const read = new Float64Array(values.length + 3).fill(7);
  codec.read(reader, read, values.length);
  expect(reader.position_bytes).toBe(bytes);
  expect(reader.varint()).toBe(12_345);
  expect([...read.slice(values.length)]).toEqual([7, 7, 7]);
  return { read: [...read.slice(0, values.length)], bytes };
}

function staysTheSame(values: readonly number[]): void {
  const { read } = passes(values);
  // Object.is, since nought has a sign and NaN is not itself.
  expect(read.findIndex((value, i) => !Object.is(value, values[i]))).toBe(-1);
}

const decimal = fc.tuple(fc.maxSafeInteger(), fc.integer({ min: 0, max: 9 })).map(([n, d]) => Number(`${n}e-${d}`));

it('takes any numbers', () => {
  fc.assert(fc.property(fc.array(fc.double(), { minLength: 1, maxLength: 80 }), staysTheSame), { numRuns: 500 });
});

it('takes decimals as they stand in JSON', () => {
  fc.assert(fc.property(fc.array(decimal, { minLength: 1, maxLength: 80 }), staysTheSame), { numRuns: 500 });
});

it('takes numbers of any size that lie near each other, and far from each other', () => {
  const walk = fc
    .tuple(fc.maxSafeInteger(), fc.array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: 1, maxLength: 80 }))
    .map(([start, steps]) => {
      let at = Math.trunc(start / 8);
      return steps.map((step) => {
        at += step;
        return at;
      });
    });
  fc.assert(fc.property(walk, staysTheSame), { numRuns: 500 });
  const mixed = fc.array(fc.oneof(fc.integer({ min: 0, max: 3 }), fc.maxSafeInteger(), fc.constantFrom(0, -0)), {
    minLength: 1,
    maxLength: 80,
  });
  fc.assert(fc.property(mixed, staysTheSame), { numRuns: 500 });
});

it('takes what is at the edges of numbers', () => {
  const edges = [0, -0, 2 ** 49, -(2 ** 49), 2 ** 49 + 1, 2 ** 53, 5e-324, Number.MAX_VALUE, Infinity, -Infinity, NaN];
  staysTheSame(edges);
  for (const edge of edges) {
    staysTheSame([edge]);
    staysTheSame([edge, edge, edge]);
    staysTheSame([1, edge, 2.5, edge]);
  }
});

it('takes a figure that does not change in a few bytes, and a quiet one in little more', () => {
  expect(passes(new Array(60).fill(67_108_864)).bytes).toBeLessThanOrEqual(6);
  expect(passes(Array.from({ length: 60 }, (_, i) => (i === 30 ? 1 : 0))).bytes).toBeLessThanOrEqual(12);
  // The first of them costs twice: as the start, and as what is not on a line with nothing.
  expect(passes(Array.from({ length: 60 }, (_, i) => 1_700_000_000_000 + 1_000 * i)).bytes).toBeLessThanOrEqual(24);
});
