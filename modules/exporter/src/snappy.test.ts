import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Snappy } from './snappy.ts';

/** Reads the block format, as its description says. */
function decompress(input: Uint8Array): Buffer {
  let at = 0;
  let length = 0;
  for (let shift = 1; ; shift *= 128) {
    const byte = input[at++] as number;
    length += (byte & 127) * shift;
    if (byte < 128) break;
  }
  const output: number[] = [];
  while (at < input.length) {
    const tag = input[at++] as number;
    if ((tag & 3) === 0) {
      let n = tag >> 2;
      if (n >= 60) {
        const bytes = n - 59;
        n = 0;
        for (let i = 0; i < bytes; i++) n += (input[at++] as number) << (8 * i);
      }
      for (let i = 0; i <= n; i++) output.push(input[at++] as number);
      continue;
    }
    if ((tag & 3) !== 2) throw new Error(`there is no copy of kind ${tag & 3} here`);
    const offset = (input[at] as number) + (input[at + 1] as number) * 256;
    at += 2;
    if (offset === 0 || offset > output.length) throw new Error(`offset ${offset} at ${output.length}`);
    for (let i = 0; i <= tag >> 2; i++) output.push(output[output.length - offset] as number);
  }
  if (output.length !== length) throw new Error(`${output.length} bytes of ${length}`);
  return Buffer.from(output);
}

const snappy = new Snappy();

it('what is compressed can be read again, whatever it is', () => {
  const repeated = fc
    .tuple(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.nat(2_000))
    .map(([part, times]) => Buffer.alloc(part.length * times, part));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 3_000 }), repeated), (bytes) => {
      expect(decompress(snappy.compress(bytes)).equals(bytes)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

it('text that repeats gets much smaller, over more than one block', () => {
  const text = Array.from({ length: 5_000 }, (_, i) => `ganglion_up{machine="db-${i}.example.com"} 1\n`).join('');
  const bytes = Buffer.from(text);
  const small = snappy.compress(bytes);
  expect(decompress(small).toString()).toBe(text);
  expect(small.length).toBeLessThan(bytes.length / 3);
});
