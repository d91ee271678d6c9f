import type { Birth, Death } from '@ganglion/topics';
import { expect, test } from 'vitest';
import { type Kind, States } from './states.ts';

/** States with the words of those who are heard; `lives` is what has changed, in short. */
function watch(sources_max?: number) {
  const states = new States(sources_max);
  return {
    states,
    speak: (source: string, at_ms: number, kind: Kind = 'machine') =>
      states.heard({ kind, source, instance: `tracker@${source}`, time_ms: at_ms, received_ms: at_ms }),
    born: (source: string, body: Partial<Birth>, at_ms = body.born_ms ?? 0) =>
      states.born(source, { kind: 'machine', instance: 'tracker', born_ms: at_ms, about: {}, ...body }, at_ms),
    die: (source: string, at_ms: number, body: Partial<Death> = {}) => {
      const death: Death = { kind: 'machine', instance: 't', cause: 'connection_lost', died_ms: 0, last_seen_ms: 0 };
      states.died(source, { ...death, died_ms: at_ms, last_seen_ms: at_ms - 10, ...body }, at_ms);
    },
    lives: (now_ms: number, heard_since_ms = 0) =>
      states
        .changed(now_ms, heard_since_ms)
        .map(({ source, life, cause }) => [source, life, ...(cause ? [cause] : [])]),
  };
}

test('a state is told once, and again when it changes: late, gone, and here again at once', () => {
  const { states, speak, born, die, lives } = watch();
  for (let at_ms = 1000; at_ms <= 5000; at_ms += 1000) speak('db-01', at_ms);
  expect(lives(5_100)).toEqual([['db-01', 'live']]);
  expect(lives(7_000)).toEqual([]);
  expect(states.changed(7_001, 0)).toMatchObject([{ life: 'stale', since_ms: 5_000, last_seen_ms: 5_000 }]);
  speak('db-01', 7_500);
  expect(lives(7_500)).toEqual([['db-01', 'live']]);
  die('db-01', 8_000);
  expect(states.changed(8_001, 0)).toMatchObject([
    { life: 'dead', cause: 'connection_lost', since_ms: 8_000, last_seen_ms: 7_990 },
  ]);
  born('db-01', { born_ms: 8_500, about: { cores: 2 } });
  expect(states.changed(8_500, 0)).toMatchObject([{ life: 'live', since_ms: 8_500, about: { cores: 2 } }]);
});

test('whom nobody tells dead is dead of silence', () => {
  const { states, speak, lives } = watch();
  speak('a', 1_000);
  speak('a', 2_000);
  expect(lives(2_000)).toEqual([['a', 'live']]);
  expect(states.changed(6_001, 0)).toMatchObject([{ life: 'dead', cause: 'silent', since_ms: 2_000 }]);
  speak('a', 60_000);
  expect(lives(60_000)).toEqual([['a', 'live']]);
});

test('the interval that is told counts, not what seems to be one', () => {
  const { speak, born, lives } = watch();
  born('seldom', { interval_ms: 60_000 }, 1_000);
  speak('seldom', 1_000);
  speak('seldom', 1_100);
  expect(lives(1_100)).toEqual([['seldom', 'live']]);
  expect(lives(121_000)).toEqual([]);
  expect(lives(121_101)).toEqual([['seldom', 'stale']]);
});

test('while nobody could be heard nobody was late', () => {
  const { speak, lives } = watch();
  speak('a', 1_000);
  speak('a', 2_000);
  expect(lives(60_000, 59_000)).toEqual([['a', 'live']]);
});

test('last words are no sign of life, and what comes after them is', () => {
  const { speak, die, lives } = watch();
  speak('a', 1_000);
  die('a', 1_500);
  speak('a', 2_400);
  expect(lives(2_400)).toEqual([['a', 'dead', 'connection_lost']]);
  speak('a', 2_500);
  expect(lives(2_500)).toEqual([['a', 'live']]);
});

test('who comes later is told of the dead first, and not of instances that were stopped before', () => {
  const { born, die, lives } = watch();
  born('b', {}, 900);
  born('a', {}, 900);
  born('analyzer-7f3a@a', { kind: 'instance' }, 900);
  die('z', 500, { repeated: true });
  die('y', 500, { repeated: true, cause: 'stopped' });
  die('web-7f3a@a', 500, { kind: 'instance', repeated: true, cause: 'stopped' });
  die('web-7f3b@a', 500, { kind: 'instance', repeated: true });
  expect(lives(1_000)).toEqual([
    ['web-7f3b@a', 'dead', 'connection_lost'],
    ['y', 'dead', 'stopped'],
    ['z', 'dead', 'connection_lost'],
    ['a', 'live'],
    ['analyzer-7f3a@a', 'live'],
    ['b', 'live'],
  ]);
  die('analyzer-7f3a@a', 1_100, { kind: 'instance', cause: 'stopped' });
  expect(lives(1_100)).toEqual([['analyzer-7f3a@a', 'dead', 'stopped']]);
});

test('a machine and an instance of one name are two', () => {
  const { speak, lives } = watch();
  speak('a', 1_000);
  speak('a', 1_000, 'instance');
  expect(lives(1_000)).toHaveLength(2);
});

test('only so many are known: one that is dead gives way, and without such a one the newcomer is counted', () => {
  const { states, speak, die, lives } = watch(2);
  speak('a', 1_000);
  speak('b', 1_000);
  speak('c', 1_000);
  expect(lives(1_000)).toEqual([
    ['a', 'live'],
    ['b', 'live'],
  ]);
  expect(states.refused).toBe(1);
  die('a', 1_100);
  expect(lives(1_100)).toEqual([['a', 'dead', 'connection_lost']]);
  speak('c', 1_200);
  expect(lives(1_200)).toEqual([['c', 'live']]);
});
