// Tracker, analyzer and web as three processes that meet on a broker.

import { describe, expect, test } from 'vitest';
import { machineOn, useBrowser } from './support/browser.ts';
import { join } from './support/exchange.ts';
import { ganglion } from './support/program.ts';
import { listenPlain } from './support/socket.ts';
import { at, ownPlace, run, runWeb } from './support/system.ts';

const NAMES = ['db-01.example.com', 'WEB-Server 7', 'größe.東京', 'a.b.measure', '#.*'];

describe('over RabbitMQ', () => {
  const open = useBrowser();

  test('three processes bring a machine to the page, each name whole', async () => {
    const place = ownPlace();
    const [web] = await Promise.all([
      runWeb(place),
      run(place, 'analyzer'),
      ...NAMES.map((name) => run(place, 'tracker', '--machine', name, '--interval', '500ms')),
    ]);

    const { page, complaints } = await open(`http://localhost:${web.port}/`);
    for (const name of NAMES) await machineOn(page, name).waitFor();
    expect(complaints).toEqual([]);
  });

  test('a script hears the state of every known machine first, then each change', async () => {
    const place = ownPlace();
    const web = await runWeb(place);
    await run(place, 'analyzer');
    const stranger = await join(place.broker, place.exchange);
    const analyses = await stranger.hear('#.analysis');
    for (const name of NAMES) stranger.say(`${name}.measure`, { cpu_percentage: 30, tape_percentage: 10 });
    await analyses.until((heard) => heard.length === NAMES.length);

    const socket = await listenPlain(web.port);
    await socket.until((heard) => heard.length === NAMES.length);
    expect(socket.items.map(({ machine }) => machine).sort()).toEqual([...NAMES].sort());
    expect(socket.items[0]).toMatchObject({ cpu_result: 'MEDIUM', tape_result: 'LOW', tape_percentage: 10 });

    // A band rises at once.
    stranger.say('db-01.example.com.measure', { cpu_percentage: 80 });
    expect(await socket.next()).toMatchObject({ machine: 'db-01.example.com', cpu_result: 'HIGH' });
  });

  test('a tap prints one JSON object a line, with topic, source, time and body and nothing else', async () => {
    const place = ownPlace();
    await run(place, 'tracker', '--machine', 'db-01.example.com', '--interval', '100ms');
    const tap = ganglion('tap', '#.measure', '--json', '--count', '3', ...at(place));
    expect(await tap.ended).toEqual({ code: 0, signal: null });

    const lines = tap.lines.items.map((line) => JSON.parse(line));
    expect(lines.length).toBe(3);
    for (const line of lines) {
      expect(Object.keys(line)).toEqual(['topic', 'source', 'time', 'body']);
      expect(line).toMatchObject({ topic: 'measure', source: 'db-01.example.com' });
      expect(new Date(line.time).toISOString()).toBe(line.time);
      expect(line.body.cpu_percentage).toBeGreaterThanOrEqual(0);
      expect(line.body.cpu_percentage).toBeLessThanOrEqual(100);
    }
  });

  test('a name may fill a routing key and no more, and a longer one is told at the start', async () => {
    const place = ownPlace();
    const longest = 'ä'.repeat(123); // 246 bytes: with `.analysis`, the longer of its two topics, 255.
    await run(place, 'analyzer');
    const stranger = await join(place.broker, place.exchange);
    const analyses = await stranger.hear('#.analysis');
    await run(place, 'tracker', '--machine', longest, '--interval', '100ms');
    expect((await analyses.next()).key).toBe(`${longest}.analysis`);

    const too_long = ganglion('run', 'tracker', '--machine', `${longest}ä`, ...at(place));
    expect(await too_long.ended).toEqual({ code: 2, signal: null });
    expect(too_long.errors.items).toEqual([expect.stringMatching(/^ganglion: .*255.* \[[A-Z_]+\]$/)]);
  });
});
