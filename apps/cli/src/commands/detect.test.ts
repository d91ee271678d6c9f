import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { runCommand } from '../cli.ts';

let said: string;
let warned: string;
let heard: () => void;
let folder: string;

beforeEach(() => {
  said = '';
  warned = '';
  heard = () => {};
  folder = mkdtempSync(join(tmpdir(), 'ganglion-detect-'));
  vi.spyOn(process.stdout, 'write').mockImplementation((text: string | Uint8Array, ...rest: unknown[]) => {
    said += text;
    heard();
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
  rmSync(folder, { recursive: true, force: true });
});

/** What the command writes for a file of these lines. */
async function detectIn(text: string): Promise<string[]> {
  const path = join(folder, 'series.csv');
  writeFileSync(path, text);
  await runCommand(['detect', path]);
  return said.split('\n').slice(0, -1);
}

/** A quiet series of five-minute values, and one value nobody can miss. */
function quietThenLoud(rows: number): string {
  const line = (row: number, value: number) =>
    `${new Date(Date.UTC(2014, 1, 14) + row * 300_000).toISOString().slice(0, 19).replace('T', ' ')},${value}`;
  return ['timestamp,value', ...Array.from({ length: rows }, (_, row) => line(row, 50 + ((row * 7) % 11) / 10))]
    .concat(line(rows, 900))
    .join('\n');
}

describe('a file', () => {
  test('comes out with a score for each row, as its timestamps and values stood there', async () => {
    const lines = await detectIn('timestamp,value\n2014-02-14 14:30:00,0.1320\n2014-02-14 14:35:00,1e3\n');
    expect(lines).toEqual([
      'timestamp,value,anomaly_score',
      '2014-02-14 14:30:00,0.1320,0.000000',
      '2014-02-14 14:35:00,1e3,0.000000',
    ]);
    expect(warned).toBe('');
  });

  test('shows what is unusual', async () => {
    const scores = (await detectIn(quietThenLoud(600))).slice(1).map((line) => Number(line.split(',')[2]));
    expect(scores).toHaveLength(601);
    expect(scores.at(-1)).toBeGreaterThan(0.9);
  });

  test('may have other ends of lines, a byte order mark, more columns and no last end', async () => {
    const lines = await detectIn('\uFEFFtimestamp,value,label\r\n1392388200,1,a\r\n1392388500000,2,b');
    expect(lines.slice(1)).toEqual(['1392388200,1,0.000000', '1392388500000,2,0.000000']);
  });

  test('loses only the rows that are none, and says how many and where', async () => {
    const lines = await detectIn(
      [
        'timestamp,value',
        '2014-02-14 14:30:00,1',
        'yesterday,2',
        '',
        '2014-02-14 14:35:00,two',
        'x',
        `${'9'.repeat(9_000)},1`,
      ]
        .concat('2014-02-14 14:40:00,3', '')
        .join('\n'),
    );
    expect(lines.slice(1)).toEqual(['2014-02-14 14:30:00,1,0.000000', '2014-02-14 14:40:00,3,0.000000']);
    expect(warned).toBe('ganglion: 4 rows passed by, the first at line 3: "yesterday" is no time\n');
  });

  test('that is empty is refused', async () => {
    await expect(detectIn('')).rejects.toMatchObject({ code: 'SERIES_HEADER_WRONG', configuration: true });
  });

  test('that is a folder is refused', async () => {
    await expect(runCommand(['detect', folder])).rejects.toMatchObject({
      code: 'SERIES_UNREADABLE',
      configuration: true,
    });
  });
});

describe('standard input', () => {
  test('is told row by row, before it ends', async () => {
    const input = new PassThrough();
    vi.spyOn(process, 'stdin', 'get').mockReturnValue(Object.assign(input, { fd: 0 }) as never);
    const running = runCommand(['detect', '-']);
    const wrote = (text: string) =>
      new Promise<void>((resolve) => {
        heard = () => said.endsWith(text) && resolve();
        heard();
      });
    input.write('timestamp,value\n2014-02-14 14:30:00,1\n2014-02-14 14:3');
    await wrote('2014-02-14 14:30:00,1,0.000000\n');
    input.write('5:00,2\n');
    await wrote('2014-02-14 14:35:00,2,0.000000\n');
    input.end('2014-02-14 14:40:00,3');
    await running;
    expect(said).toBe(
      [
        'timestamp,value,anomaly_score',
        '2014-02-14 14:30:00,1,0.000000',
        '2014-02-14 14:35:00,2,0.000000',
        '2014-02-14 14:40:00,3,0.000000',
        '',
      ].join('\n'),
    );
  });
});
