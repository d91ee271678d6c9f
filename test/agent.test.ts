// The agent as it is made: copied alone into an empty folder, it measures this machine, once and over a broker.

import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { freshExchange, sharedRabbitmq } from '@ganglion/testkit';
import { measure } from '@ganglion/topics';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import * as exchanges from './support/exchange.ts';
import { type Program, ROOT, start } from './support/program.ts';

let made: string;

beforeAll(() => {
  made = mkdtempSync(join(tmpdir(), 'agent-'));
  execFileSync(process.execPath, [join(ROOT, 'scripts/build-agent.mjs'), '--folder', made], { stdio: 'pipe' });
});

afterAll(() => rmSync(made, { recursive: true }));

/** The agent in its two shapes: what is copied, and how it is run there. */
const SHAPES = [
  { shape: 'one file', name: 'ganglion-agent.mjs', command: (path: string) => [process.execPath, path] },
  { shape: 'one executable', name: 'ganglion-agent', command: (path: string) => [path] },
];

describe.each(SHAPES)('the agent as $shape, alone in an empty folder', ({ name, command }) => {
  function agent(...words: string[]): Program {
    const folder = mkdtempSync(join(tmpdir(), 'agent-alone-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    copyFileSync(join(made, name), join(folder, name));
    const [program = '', ...options] = command(join(folder, name));
    // No other program is found from there, Node neither.
    const running = start(program, [...options, ...words], { PATH: folder, HOME: folder, NODE_PATH: '' });
    onTestFinished(() => expect(readdirSync(folder)).toEqual([name]));
    return running;
  }

  test('tells one sample as JSON, and ends', async () => {
    const once = agent('run', 'tracker', '--once', '--json', '--machine', 'db-01.example.com');
    expect(await once.ended).toEqual({ code: 0, signal: null });
    expect(once.errors.items).toEqual([]);
    expect(once.lines.items).toHaveLength(1);
    const { topic, source, time, body } = JSON.parse(once.lines.items[0] ?? '');
    expect({ topic, source }).toEqual({ topic: 'measure', source: 'db-01.example.com' });
    expect(new Date(time).toISOString()).toBe(time);
    expect(measure.explain(body)).toBe('');
    // What is read aside is there too.
    expect(body).toMatchObject({ memory: { total_bytes: expect.any(Number) }, file_systems: {}, processes: {} });
  });

  test('tells it to a person as well', async () => {
    const once = agent('run', 'tracker', '--once');
    expect(await once.ended).toEqual({ code: 0, signal: null });
    expect(once.lines.items).toEqual(expect.arrayContaining([expect.stringMatching(/^CPU +[\d.]+ %$/)]));
    expect(once.lines.items).toEqual(expect.arrayContaining([expect.stringMatching(/^ {2}Cores online +\d+$/)]));
  });

  test('says with its exit code that there is no sample to be had', async () => {
    const nowhere = agent('run', 'tracker', '--once', '--tracker.root', '/nowhere');
    expect(await nowhere.ended).toEqual({ code: 2, signal: null });
    expect(nowhere.errors.items.at(-1)).toContain('[ROOT_INVALID]');
  });

  test('measures over a broker, and stops in order', async () => {
    const [broker, exchange] = [sharedRabbitmq(), freshExchange()];
    const stranger = await exchanges.join(broker, exchange);
    const measures = await stranger.hear('#.measure');
    const words = ['--broker', broker, '--exchange', exchange, '--machine', 'db-01', '--interval', '200ms'];
    const tracker = agent('run', 'tracker', ...words);
    await measures.until((heard) => heard.length >= 3);
    for (const { key, text } of measures.items) {
      expect(key).toBe('db-01.measure');
      expect(measure.explain(JSON.parse(text))).toBe('');
    }
    expect(await tracker.stop()).toEqual({ code: 0, signal: null });
  });

  test('holds the tracker alone, and says so', async () => {
    const web = agent('run', 'web');
    expect(await web.ended).toEqual({ code: 2, signal: null });
    expect(web.errors.items).toEqual([expect.stringContaining('[MODULE_NOT_IN_AGENT]')]);
    const up = agent('up');
    expect(await up.ended).toEqual({ code: 2, signal: null });
    expect(up.errors.items).toEqual([expect.stringContaining('[COMMAND_UNKNOWN]')]);
  });
});

test('the agent as one file asks for little memory when it is run by its name', () => {
  const file = join(made, 'ganglion-agent.mjs');
  const first_line = readFileSync(file, 'utf8').split('\n', 1);
  expect(first_line).toEqual(['#!/usr/bin/env -S node --lite-mode']);
  const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH']}` };
  const text = execFileSync(file, ['run', 'tracker', '--once', '--json'], { env, encoding: 'utf8' });
  expect(measure.explain(JSON.parse(text).body)).toBe('');
});
