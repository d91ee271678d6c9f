import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { runCommand } from '../cli.ts';

const NOON_MS = Date.UTC(2026, 0, 5, 12);
const MINUTE_MS = 60_000;

let said: string;
let warned: string;
let folder: string;

beforeEach(() => {
  said = '';
  warned = '';
  folder = mkdtempSync(join(tmpdir(), 'ganglion-replay-'));
  vi.stubEnv('TZ', 'UTC');
  vi.spyOn(process.stdout, 'write').mockImplementation((text: string | Uint8Array, ...rest: unknown[]) => {
    said += text;
    const taken = rest.at(-1);
    if (typeof taken === 'function') taken();
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    warned += text;
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const line = (topic: string, source: string, time_ms: number, body: unknown, more: object = {}) =>
  JSON.stringify({ topic, source, time: new Date(time_ms).toISOString(), body, ...more });

/** A machine whose CPU is busy from the second minute to the sixth, a sample every five seconds. */
function busy(source = 'db-01'): string[] {
  return Array.from({ length: 120 }, (_, i) => {
    const after_ms = i * 5_000;
    const cpu_percentage = after_ms >= MINUTE_MS && after_ms < 6 * MINUTE_MS ? 90 : 5;
    return line('measure', source, NOON_MS + after_ms, { cpu_percentage });
  });
}

/** Who is HIGH for a minute is an alert. */
const SOON = '[analyzer.bands]\nalert_after_ms = 60_000\n';

/** What the command writes for a record of these lines. */
async function replayed(lines: readonly string[], { toml = SOON, json = false } = {}): Promise<string[]> {
  const [record, config] = [join(folder, 'record.jsonl'), join(folder, 'rules.toml')];
  writeFileSync(record, `${lines.join('\n')}\n`);
  writeFileSync(config, toml);
  await runCommand(['replay', record, '--config', config, ...(json ? ['--json'] : [])]);
  return said.split('\n').slice(0, -1);
}

describe('a record', () => {
  test('tells what would have been raised, and when it ended, by the times of the record', async () => {
    expect(await replayed(busy())).toEqual([
      '2026-01-05',
      '12:02:00  WARNING   db-01     CPU at 90 %, HIGH from 75 % on (bands)',
      '12:08:05  OVER      db-01     CPU at 90 %, HIGH from 75 % on (after 7 min 5 s, bands)',
      '120 messages of 1 machine in 9 min 55 s; 1 alert (1 warning); 0 still on',
    ]);
    expect(warned).toBe('');
  });

  test('is judged by the rules of the settings, and beside them by those on trial', async () => {
    const toml =
      '[analyzer.bands]\nalert_after_ms = 0\n[analyzer.shadow.bands]\nhigh_from = 85\nalert_after_ms = 120_000\n';
    expect(await replayed(busy(), { toml })).toEqual([
      '2026-01-05',
      '12:03:00  WARNING   db-01     CPU at 90 %, HIGH from 85 % on (bands, on trial)',
      '12:08:05  OVER      db-01     CPU at 90 %, HIGH from 85 % on (after 7 min 5 s, bands, on trial)',
      '120 messages of 1 machine in 9 min 55 s; no alerts; 1 alert (1 warning) of rules on trial; 0 still on',
    ]);
  });

  test('is told to a program as the bus would have it', async () => {
    const [raised, cleared, ...more] = (await replayed(busy(), { json: true })).map((each) => JSON.parse(each));
    expect(more).toEqual([]);
    expect(raised).toMatchObject({
      topic: 'alert',
      source: 'db-01',
      time: '2026-01-05T12:02:00.000Z',
      body: { state: 'raised', rule: 'bands', since_ms: NOON_MS + MINUTE_MS },
    });
    expect(cleared).toMatchObject({ body: { id: raised.body.id, state: 'cleared' } });
  });

  test('says the same each time', async () => {
    const once = await replayed(busy(), { json: true });
    said = '';
    expect(await replayed(busy(), { json: true })).toEqual(once);
  });

  test('shows a switch that fails as one incident, which names what its machines share', async () => {
    const labels = (i: number) => ({ switch: `sw-${i % 5}` });
    const machines = Array.from({ length: 50 }, (_, i) => `node-${i}`);
    const birth = (i: number) => ({ kind: 'machine', instance: '', born_ms: NOON_MS, about: { labels: labels(i) } });
    const death = {
      kind: 'machine',
      instance: '',
      cause: 'connection_lost',
      died_ms: NOON_MS + 4_000,
      last_seen_ms: NOON_MS,
    };
    const lines = [
      ...[0, 1, 2].flatMap((second) =>
        machines.map((name) => line('measure', name, NOON_MS + second * 1_000, { cpu_percentage: 1 })),
      ),
      ...machines.map((name, i) => line('birth', name, NOON_MS + 2_500, birth(i))),
      ...machines.map((name) => line('measure', name, NOON_MS + 3_000, { cpu_percentage: 1 })),
      ...machines.flatMap((name, i) => (i % 5 === 3 ? [line('death', name, NOON_MS + 4_000 + i, death)] : [])),
      ...machines.flatMap((name, i) =>
        i % 5 === 3 ? [] : [line('measure', name, NOON_MS + 6_000, { cpu_percentage: 1 })],
      ),
    ];
    const text = (await replayed(lines)).join('\n');
    expect(text).toMatch(/TOGETHER\s+10 machines with switch = sw-3, first node-3: gone since/);
    expect(text).toMatch(/10 alerts \(10 critical\); 1 incident; 10 still on/);
  });

  test('of changes alone is put together', async () => {
    const first = line(
      'measure',
      'db-01',
      NOON_MS,
      { cpu_percentage: 1, disks: { sda: 1 } },
      { sender: 't', version: 'a' },
    );
    const expect_disks = '[analyzer.expectations]\nexpect = [{ that = "disks present", for_ms = 0 }]\n';
    const then = line(
      'measure',
      'db-01',
      NOON_MS + 5_000,
      { cpu_percentage: 1 },
      { sender: 't', version: 'b', since: 'a' },
    );
    expect(await replayed([first, then], { toml: expect_disks })).toHaveLength(1);
    said = '';
    const whole = line('measure', 'db-01', NOON_MS + 5_000, { cpu_percentage: 1 });
    expect((await replayed([first, whole], { toml: expect_disks })).join()).toContain('disks does not come');
  });

  test('may have other messages and lines that are none, which are passed by and counted', async () => {
    const lines = [
      ...busy().slice(0, 2),
      line('analysis', 'db-01', NOON_MS, {}),
      'LOW',
      '{}',
      line('measure', 'x', NOON_MS, 7),
    ];
    expect((await replayed(lines)).at(-1)).toMatch(/^2 messages of 1 machine/);
    expect(warned).toBe('ganglion: 3 lines passed by, the first at line 4: it is no JSON\n');
  });

  test('comes from standard input where no file is named', async () => {
    const input = new PassThrough();
    vi.spyOn(process, 'stdin', 'get').mockReturnValue(input as never);
    input.end(busy().join('\n'));
    const config = join(folder, 'rules.toml');
    writeFileSync(config, SOON);
    await runCommand(['replay', '-', '--config', config]);
    expect(said).toContain('1 alert (1 warning)');
  });
});

describe('it is refused', () => {
  test.each<[string, string[], string]>([
    ['when it is empty', [], 'it is empty'],
    ['when it is something else', ['timestamp,value', '1,2'], 'line 1: it is no JSON'],
    ['when there is nothing in it that rules judge', [line('analysis', 'db-01', NOON_MS, {})], 'none of its messages'],
  ])('%s', async (_when, lines, why) => {
    const record = join(folder, 'record.jsonl');
    writeFileSync(record, lines.join('\n'));
    await expect(runCommand(['replay', record])).rejects.toMatchObject({
      code: 'RECORD_EMPTY',
      configuration: true,
      message: expect.stringContaining(why),
    });
  });

  test('when the file is not there', async () => {
    await expect(runCommand(['replay', join(folder, 'none')])).rejects.toMatchObject({
      code: 'RECORD_UNREADABLE',
      configuration: true,
    });
  });

  test('with the file and the line, when a rule does not understand its settings', async () => {
    const toml = '[analyzer.bands]\nmedium_from = 9\nhigh_from = 3\n';
    await expect(replayed(busy(), { toml })).rejects.toMatchObject({
      code: 'LIMITS_OUT_OF_ORDER',
      configuration: true,
      message: expect.stringContaining('rules.toml, line 1'),
    });
  });
});
