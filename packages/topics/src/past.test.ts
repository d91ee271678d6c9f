import fc from 'fast-check';
import { expect, it } from 'vitest';
import { packNumbers, past, unpackNumbers } from './past.ts';

it('numbers come back to the last bit, and none stays none', () => {
  fc.assert(
    fc.property(fc.array(fc.double(), { maxLength: 100 }), (numbers) => {
      expect([...unpackNumbers(packNumbers(Float64Array.from(numbers)))]).toEqual(numbers);
    }),
  );
});

it('any text is read as numbers or as none', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(unpackNumbers(text)).toBeInstanceOf(Float64Array);
    }),
  );
});

it.each([
  { what: 'range', machine: 'db-01', from_ms: 1, to_ms: 2, points_max: 1_000_000 },
  { what: 'range', machine: '', from_ms: 1, to_ms: 2, points_max: 100 },
  { what: 'events', from_ms: 1, to_ms: 2, limit: 0 },
  { what: 'instant' },
  { what: 'future' },
])('%j is no question about the past', (asked) => {
  expect(past.faultOfAsked(asked)).toBeDefined();
});

it('a question may leave out what has a default', () => {
  expect(past.faultOfAsked({ what: 'range', machine: 'db-01', from_ms: 1, to_ms: 2, points_max: 100 })).toBeUndefined();
  expect(past.faultOfAsked({ what: 'extent' })).toBeUndefined();
});
