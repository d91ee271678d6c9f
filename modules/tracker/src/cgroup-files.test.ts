import fc from 'fast-check';
import { expect, it } from 'vitest';
import { limitOf, numberAfter, numberOf, parseCpuMax } from './cgroup-files.ts';

it('a number stands behind its label at the beginning of a line', () => {
  const text = 'usage_usec 7\nnr_usage_usec 8\nnr_periods 9';
  expect(numberAfter(text, 'usage_usec ')).toBe(7);
  expect(numberAfter(text, 'nr_periods ')).toBe(9);
  expect(numberAfter(text, 'periods ')).toBeNaN();
  expect(numberAfter('', 'usage_usec ')).toBeNaN();
});

it.each(['max', '', '-1', '1.5', '9223372036854771712'])('there is no limit of %j', (text) => {
  expect(limitOf(text)).toBeNaN();
});

it.each([
  ['50000 100000', 0.5],
  ['max 100000', Number.NaN],
  ['', Number.NaN],
])('of the CPU %j is %d cores', (text, cores) => {
  expect(parseCpuMax(text)).toBe(cores);
});

it('of any text a number is from nought on, or unknown', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'0129max \n-') }), (text) => {
      for (const number of [numberOf(text), limitOf(text), numberAfter(text, 'max '), parseCpuMax(text)]) {
        expect(Number.isNaN(number) || number >= 0).toBe(true);
      }
    }),
  );
});
