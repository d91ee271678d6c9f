import { expect, test } from 'vitest';
import { LABELS_MAX } from '../wire/frames.ts';
import { LabelBook } from './labels.ts';

test('what a birth says is kept until another says otherwise, and said to be new but once', () => {
  const book = new LabelBook(10);
  expect(book.take('a', { site: 'berlin' })).toBe(true);
  expect(book.take('a', { site: 'berlin' })).toBe(false);
  expect(book.of('a')).toEqual({ site: 'berlin' });
  expect(book.take('a', undefined)).toBe(true);
  expect(book.of('a')).toBeUndefined();
});

test('what is no label is passed over, and of too many the first are taken', () => {
  const book = new LabelBook(10);
  for (const nothing of [null, 7, 'site', [], {}, { site: 7 }, { site: 'x'.repeat(65) }, { ['x'.repeat(65)]: 'a' }]) {
    expect(book.take('a', nothing)).toBe(false);
  }
  book.take('a', Object.fromEntries(Array.from({ length: 99 }, (_, i) => [`l${i}`, 'x'])));
  expect(Object.keys(book.of('a') ?? {})).toHaveLength(LABELS_MAX);
});

test('of too many machines the one labelled longest ago is let go', () => {
  const book = new LabelBook(2);
  for (const name of ['a', 'b', 'c']) book.take(name, { site: name });
  expect([book.of('a'), book.of('b'), book.of('c')]).toEqual([undefined, { site: 'b' }, { site: 'c' }]);
});
