import { expect, test } from 'vitest';
import { STRANGERS_MAX, Strangers } from './strangers.ts';

const hear = (strangers: Strangers, key: string, sender?: string) => strangers.hear({ key, properties: { sender } });

test('rates are those of a second', () => {
  const strangers = new Strangers(() => false);
  for (let i = 0; i < 10; i++) hear(strangers, 'a.weather', 'weather');
  const { beats, changed } = strangers.end(500, true, 1);
  expect(beats).toMatchObject([{ instance: 'weather', interval_ms: 1_000, out: { weather: 20 } }]);
  expect(changed).toEqual(['weather']);
});

test('one that is silent is gone, comes back, and is forgotten in the end', () => {
  const strangers = new Strangers(() => false);
  const survey = (...heard: string[]) => {
    for (const sender of heard) hear(strangers, 'a.weather', sender);
    return strangers.end(1_000, false, 7).changed;
  };
  expect(survey('weather')).toEqual(['weather']);
  expect([survey(), survey('weather'), survey(), survey()]).toEqual([[], [], [], []]);
  expect(survey()).toEqual(['weather']);
  expect(strangers.get('weather')?.instance.gone).toEqual({ cause: 'silent', died_ms: 7 });
  expect(survey('weather')).toEqual(['weather']);
  expect(strangers.get('weather')?.instance).not.toHaveProperty('gone');
  for (let i = 0; i < 6; i++) survey();
  expect(strangers.get('weather')).toBeUndefined();
});

test('surveys that were cut short count for less', () => {
  const strangers = new Strangers(() => false);
  hear(strangers, 'a.weather', 'weather');
  strangers.end(1_000, false, 7);
  for (let i = 0; i < 11; i++) strangers.end(10, true, 8);
  expect(strangers.get('weather')?.instance).not.toHaveProperty('gone');
  expect(strangers.end(10, true, 8).changed).toEqual(['weather']);
});

test('one that turns out to pulse is no stranger', () => {
  const known = new Set<string>();
  const strangers = new Strangers((sender) => known.has(sender));
  hear(strangers, 'a.mood', 'mood-1');
  strangers.end(1_000, false, 1);
  known.add('mood-1');
  hear(strangers, 'a.mood', 'mood-1');
  expect(strangers.end(1_000, false, 2)).toEqual({ beats: [], changed: ['mood-1'] });
  expect(strangers.get('mood-1')).toBeUndefined();
});

test('names from outside are bounded in number and length', () => {
  const strangers = new Strangers(() => false);
  for (let i = 0; i < 1_000; i++) hear(strangers, `a.${'x'.repeat(100)}${i}`, `${i}`);
  hear(strangers, 'no family', '0');
  for (let i = 0; i < 100; i++) hear(strangers, `a.f${i}`, '0');
  const { beats } = strangers.end(1_000, false, 1);
  expect(beats).toHaveLength(STRANGERS_MAX);
  const families = Object.keys(beats[0]?.out ?? {});
  expect(families.length).toBeLessThanOrEqual(33);
  expect(families.every((family) => family.length <= 64)).toBe(true);
  expect(strangers.get('0')?.instance.publishes.length).toBeLessThanOrEqual(32);
});
