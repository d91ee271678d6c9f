import { expect, test } from 'vitest';
import { didYouMean, nearest } from './suggest.ts';

test.each([
  ['trakcer', 'tracker'],
  ['analyser', 'analyzer'],
  ['upp', 'up'],
  ['interval_m', 'interval_ms'],
])('%s is taken for %s', (word, meant) => {
  expect(nearest(word, ['up', 'run', 'tracker', 'analyzer', 'web', 'interval_ms'])).toBe(meant);
});

test('a word that is like nothing gets no suggestion', () => {
  expect(nearest('mood', ['tracker', 'analyzer', 'web'])).toBeUndefined();
  expect(didYouMean('mood', ['tracker'])).toBe('');
  expect(didYouMean('mod', ['mood'])).toBe(' (did you mean "mood"?)');
});
