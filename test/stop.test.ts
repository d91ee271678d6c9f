// How a process ends: in order at the first signal, at once at the second, and without losing what it answered for.

import { describe, expect, test } from 'vitest';
import { join } from './support/exchange.ts';
import { ganglion } from './support/program.ts';
import { at, logOf, ownPlace, run, runWeb, up } from './support/system.ts';

const IN_ORDER = { code: 0, signal: null };
const STUCK = './test/support/stuck.ts';

describe('the first signal', () => {
  test('ends everything in one process in order', async () => {
    const all = await up();
    expect(await all.stop('SIGTERM')).toEqual(IN_ORDER);
  });

  test('ends each module over RabbitMQ in order, SIGINT as well as SIGTERM', async () => {
    const place = ownPlace();
    const stranger = await join(place.broker, place.exchange);
    await stranger.hear('#'); // Somebody hears their last words.
    const programs = [await run(place, 'tracker'), await run(place, 'analyzer'), await runWeb(place)];
    for (const [i, program] of programs.entries()) {
      expect(await program.stop(i % 2 === 0 ? 'SIGINT' : 'SIGTERM')).toEqual(IN_ORDER);
      expect(logOf(program).filter(({ level }) => level === 'error' || level === 'warn')).toEqual([]);
    }
  });

  test('ends a module whose broker never answered', async () => {
    const tracker = ganglion('run', 'tracker', '--broker', 'amqp://127.0.0.1:1');
    await tracker.errors.first((line) => line.includes('"level":"warn"'));
    expect(await tracker.stop()).toEqual(IN_ORDER);
  });

  test('lets a module that does not finish its stop go, and says so', async () => {
    const stuck = await run(ownPlace(), STUCK);
    expect((await stuck.stop()).signal).toBeNull();
    expect(logOf(stuck)).toContainEqual(expect.objectContaining({ code: 'STOP_TIMED_OUT' }));
  });
});

test('the second signal ends it at once', async () => {
  const stuck = await run(ownPlace(), STUCK);
  stuck.signal('SIGTERM');
  await stuck.errors.first((line) => line.includes('stopping'));
  expect(await stuck.stop('SIGTERM')).toEqual({ code: 143, signal: null });
  expect(logOf(stuck).filter(({ level }) => level === 'error')).toEqual([]);
});

test('an analyzer that is stopped in the middle of its work leaves the rest to the next one', async () => {
  const MEASURES = 3000;
  const place = ownPlace();
  const first = await run(place, 'analyzer');
  const stranger = await join(place.broker, place.exchange);
  const analyses = await stranger.hear('#.analysis');
  for (let i = 0; i < MEASURES; i++) stranger.say(`m${i}.measure`, { cpu_percentage: 50 });

  await analyses.next();
  expect(await first.stop()).toEqual(IN_ORDER);
  const before = new Set(analyses.items.map(({ key }) => key)).size;
  await run(place, 'analyzer');
  const heard = new Set<string>();
  await analyses.first(({ key }) => heard.add(key).size === MEASURES);
  expect(before).toBeLessThan(MEASURES);
});

test('a measure that was taken before the stop is on the exchange after it', async () => {
  const place = ownPlace();
  const stranger = await join(place.broker, place.exchange);
  const said = await stranger.hear('#');
  const tracker = ganglion('run', 'tracker', ...at(place), '--interval', '100ms');
  await said.first(({ key }) => key.endsWith('.measure'));
  await tracker.stop();

  // Whatever the tracker was told to be taken over stands in our queue before this.
  stranger.say('end.of-test', {});
  await said.first(({ key }) => key === 'end.of-test');
  const all = said.items.slice(0, -1);
  // An instance numbers what it says, and its last word is a pulse.
  const numbers = all.map(({ id = '' }) => Number(id.slice(id.lastIndexOf('/') + 1)));
  expect(numbers).toEqual(numbers.map((_, i) => i + 1));
  expect(all.at(-1)?.type).toBe('pulse');
});
