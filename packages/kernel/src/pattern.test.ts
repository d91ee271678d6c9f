import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePattern } from './pattern.ts';

/** The textbook definition, slow and plain. */
function matches(pattern: readonly string[], key: readonly string[]): boolean {
  const [want, ...rest] = pattern;
  if (want === undefined) return key.length === 0;
  if (want === '#') return matches(rest, key) || (key.length > 0 && matches(pattern, key.slice(1)));
  return key.length > 0 && (want === '*' || want === key[0]) && matches(rest, key.slice(1));
}

describe('a topic pattern', () => {
  it.each([
    ['#.measure', 'db-01.example.com.measure', true],
    ['#.measure', 'measure', true],
    ['#.measure', 'db-01.measures', false],
    ['#.measure', 'db-01.measure.old', false],
    ['*.measure', 'db-01.measure', true],
    ['*.measure', 'db-01.example.com.measure', false],
    ['site1.#', 'site1', true],
    ['site1.#', 'site1.db.measure', true],
    ['site1.#', 'site10.db.measure', false],
    ['site1.#.measure', 'site1.measure', true],
    ['#', '', true],
    ['#', 'a.b.c', true],
    ['*', '', true],
    ['', '', true],
    ['', 'a', false],
    ['a..b', 'a..b', true],
    ['a.*.b', 'a..b', true],
    ['#.*', 'a.b', true],
    ['*.#.*', 'a', false],
    ['straße.*', 'straße.measure', true],
  ])('%s and %s: %s', (pattern, key, expected) => {
    expect(compilePattern(pattern)(key)).toBe(expected);
  });

  it('agrees with the textbook definition on any words', () => {
    const word = fc.constantFrom('a', 'b', '');
    const key = fc.array(word, { minLength: 1, maxLength: 6 });
    const pattern = fc.array(fc.oneof(word, fc.constant('*'), fc.constant('#')), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(pattern, key, (want, words) => {
        expect(compilePattern(want.join('.'))(words.join('.'))).toBe(matches(want, words));
      }),
    );
  });

  it('takes no longer for many wildcards than their number', () => {
    const many = compilePattern(`${'#.*.'.repeat(60)}x`);
    expect(many(`${'a.'.repeat(120)}y`)).toBe(false);
  });
});
