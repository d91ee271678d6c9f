import { expect, test } from 'vitest';
import { fitOf } from './matches.ts';

const best = (typed: string, ...texts: string[]) =>
  texts
    .filter((text) => fitOf(typed, text) !== undefined)
    .sort((a, b) => (fitOf(typed, b) ?? 0) - (fitOf(typed, a) ?? 0));

test('every word must stand in the text, in any order and case', () => {
  expect(best('WEB 2', 'site2.web-07', 'site1.web-01', 'site1.db-02')).toEqual(['site2.web-07']);
});

test('the front of the text comes first, then the front of a word, then the inside; of equals the shorter', () => {
  expect(best('db', 'mdb-1', 'site1.db-1', 'db-100', 'db-1')).toEqual(['db-1', 'db-100', 'site1.db-1', 'mdb-1']);
});

test('nothing typed fits everything', () => {
  expect(fitOf(' ', 'a')).toBeDefined();
});
