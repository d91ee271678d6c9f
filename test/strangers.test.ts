// Modules that others wrote, started as their authors would and seen to work on a real broker; see examples/.

import { describe, expect, test } from 'vitest';
import { join } from './support/exchange.ts';
import { python } from './support/program.ts';
import { at, ownPlace, run, up } from './support/system.ts';

const HELLO = './examples/hello-module/mood.ts';

describe('the smallest module, in TypeScript', () => {
  test('runs on a broker: it answers every measure', async () => {
    const place = ownPlace();
    await run(place, HELLO);
    const stranger = await join(place.broker, place.exchange);
    const moods = await stranger.hear('#.mood');
    stranger.say('db-01.example.com.measure', { cpu_percentage: 10 });
    stranger.say('db-02.measure', { cpu_percentage: 90 });
    await moods.until((heard) => heard.length === 2);
    expect(moods.items.map(({ key, text }) => [key, JSON.parse(text)])).toEqual([
      ['db-01.example.com.mood', { mood: 'calm' }],
      ['db-02.mood', { mood: 'busy' }],
    ]);
  });

  test('is one of the modules of a process that has no broker', async () => {
    const all = await up('--with', HELLO);
    await all.lines.first((line) => /^ *mood +listens to measure, publishes mood$/.test(line));
  });

  test('joins the one process with --with', async () => {
    const place = ownPlace();
    const stranger = await join(place.broker, place.exchange);
    const moods = await stranger.hear('#.mood');
    await up(...at(place), '--with', HELLO, '--machine', 'db-01', '--interval', '200ms');
    const mood = await moods.next();
    expect(mood.key).toBe('db-01.mood');
    expect(['calm', 'busy']).toContain(JSON.parse(mood.text).mood);
  });
});

describe('the module in Python', () => {
  test('answers every measure with the time of the measure, and passes over what is none', async () => {
    const place = ownPlace();
    const stranger = await join(place.broker, place.exchange);
    const weathers = await stranger.hear('#.weather');
    const weather = python('examples/python-module/weather.py', place.broker, place.exchange);
    await weather.lines.first((line) => line === 'listening');
    stranger.say('db-01.example.com.measure', 'no JSON');
    stranger.say('db-01.example.com.measure', { cpu_percentage: 99 });
    const answer = await weathers.next();
    expect(answer).toMatchObject({ key: 'db-01.example.com.weather', type: 'weather' });
    expect(JSON.parse(answer.text)).toEqual({ weather: 'storm' });

    await run(place, 'tracker', '--machine', 'größe.東京', '--interval', '200ms');
    const measures = await stranger.hear('#.measure');
    const measured = await measures.next();
    expect(await weathers.first(({ time }) => time === measured.time)).toMatchObject({ key: 'größe.東京.weather' });
  });

  test('waits for an exchange that is not there yet', async () => {
    const place = ownPlace();
    const weather = python('examples/python-module/weather.py', place.broker, place.exchange);
    await weather.lines.first((line) => line.includes('no exchange'));
    await join(place.broker, place.exchange);
    await weather.lines.first((line) => line === 'listening');
  });
});
