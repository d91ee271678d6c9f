import { describe, expect, it } from 'vitest';
import { NAMES_MAX, Outages, sharedPattern } from './outages.ts';

const LIMITS = { machines_min: 3, window_ms: 2_000 };

describe('an outage', () => {
  it('is told once, with all who were cut off together', () => {
    const outages = new Outages(LIMITS);
    for (const [i, name] of ['site1.a', 'site1.b', 'site1.c'].entries()) outages.add(name, i * 100, 1_000 + i * 100);
    expect(outages.look(300)).toBeUndefined();
    expect(outages.look(1_000)).toEqual({
      machines: ['site1.a', 'site1.b', 'site1.c'],
      count: 3,
      first_ms: 1_000,
      last_ms: 1_200,
      pattern: 'site1.#',
    });
    expect(outages.look(5_000)).toBeUndefined();
  });

  it('is none when few die, or when they die apart', () => {
    const outages = new Outages(LIMITS);
    for (const at_ms of [0, 1_500, 3_000, 4_500]) {
      expect(outages.look(at_ms)).toBeUndefined();
      outages.add('a', at_ms, at_ms);
    }
    expect(outages.look(6_000)).toBeUndefined();
  });

  it('names no more than a message can hold, and says how many there are', () => {
    const outages = new Outages(LIMITS);
    for (let i = 0; i < NAMES_MAX + 5; i++) outages.add(`m${i}`, 0, 0);
    const told = outages.look(10_000);
    expect(told?.machines).toHaveLength(NAMES_MAX);
    expect(told?.count).toBe(NAMES_MAX + 5);
  });
});

it.each([
  [['site1.a', 'site1.b'], 'site1.#'],
  [['a.site1.example.com', 'b.site1.example.com'], '#.site1.example.com'],
  [['a', 'b'], '#'],
  [['site1.a', 'site2.a'], '#.a'],
])('what %s share is %s', (machines, pattern) => {
  expect(sharedPattern(machines)).toBe(pattern);
});
