import fc from 'fast-check';
import { expect, it } from 'vitest';
import { captured } from './captured.ts';
import { parseFileNr } from './file-descriptors.ts';

it('is how many files are open of how many may be', () => {
  expect(parseFileNr(captured('vm-2-cores-linux-6.18', 'sys/fs/file-nr') ?? '')).toEqual({
    percentage: 0.02,
    figures: { open: 581, open_max: 2_466_177 },
  });
});

it('counts those no longer that an old kernel keeps for the next', () => {
  expect(parseFileNr('2000\t1500\t1000\n')).toEqual({ percentage: 50, figures: { open: 500, open_max: 1_000 } });
});

it('has no limit and no headline where it is set beyond all need', () => {
  expect(parseFileNr('1408\t0\t9223372036854775807\n')).toEqual({ figures: { open: 1_408 } });
  expect(parseFileNr('1408 0 0')).toEqual({ figures: { open: 1_408 } });
});

it('is 100 where the limit was set below what there is', () => {
  expect(parseFileNr('1408 0 1000')?.percentage).toBe(100);
});

it('of any text is nothing or sound', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'0123456789 \t\n-') }), (text) => {
      const { percentage = 0, figures } = parseFileNr(text) ?? {};
      expect(percentage >= 0 && percentage <= 100 && (figures?.open ?? 0) >= 0).toBe(true);
    }),
  );
});
