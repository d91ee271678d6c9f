// `ganglion history`, and what `up` does when there can be no past.

import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@ganglion/kernel';
import recorder from '@ganglion/recorder';
import { runUnderTest } from '@ganglion/testkit';
import { measure } from '@ganglion/topics';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { readArguments } from '../arguments.ts';
import { runCommand } from '../cli.ts';
import { loadModules } from '../modules.ts';
import { withoutLostPast } from '../past.ts';
import { settingsFor } from '../settings/index.ts';

vi.setConfig({ testTimeout: 30_000 });

let said = '';

beforeEach(() => {
  said = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said += text;
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ganglion-history-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

describe('history plan', () => {
  const bytesOf = async (...words: string[]) => {
    said = '';
    await runCommand(['history', 'plan', '--json', ...words]);
    return JSON.parse(said).bytes;
  };

  test('says what so many machines take, more of them more, and with less kept less', async () => {
    const one = await bytesOf('--machines', '100');
    expect(await bytesOf('--machines', '1000')).toBeGreaterThan(8 * one);
    expect(await bytesOf('--machines', '100', '--figures', '120')).toBeGreaterThan(1.5 * one);
    expect(await bytesOf('--machines', '100', '--interval', '10s')).toBeLessThan(one);
    expect(await bytesOf('--machines', '100', '--recorder.keep_15min_ms', String(60 * 86_400_000))).toBeLessThan(one);
    said = '';
    await runCommand(['history', 'plan', '--machines', '100']);
    expect(said).toMatch(
      /^100 machines with 60 figures, a sample each 1 second, take [\d.]+ [MG]B:\n {2}samples +for 2 hours /,
    );
  });

  test.each([
    ['plan', '--machines', '0'],
    ['plan', '--figures', 'many'],
  ])('refuses %s %s %s', async (...words) => {
    await expect(runCommand(['history', ...words])).rejects.toMatchObject({ code: 'FLAG_VALUE_INVALID' });
  });
});

describe('history backup', () => {
  test('copies the past, also while a recorder uses it, and over nothing that is there', async () => {
    const folder = freshFolder();
    const copies = freshFolder();
    const copied = (name: string) => runCommand(['history', 'backup', join(copies, name), '--history', folder]);
    {
      await using subject = await runUnderTest(recorder, { config: { folder } });
      await subject.given(measure('db-01', { cpu_percentage: 5 }));
      mkdirSync(join(copies, 'used'));
      await copied('used/history.db');
      await expect(copied('used/history.db')).rejects.toMatchObject({ code: 'BACKUP_FAILED' });
    }
    await copied('unused.db');
    expect(existsSync(join(copies, 'unused.db'))).toBe(true);
    await using restored = await runUnderTest(recorder, { config: { folder: join(copies, 'used') } });
    const range = { what: 'range', machine: 'db-01', from_ms: 1, to_ms: Date.now() + 1_000, points_max: 10 };
    expect(await restored.ask('db-01.past', range)).toMatchObject({
      answer: { figures: [{ path: 'cpu_percentage' }] },
    });
  });

  test('of a database is left to the database', async () => {
    const database = ['--recorder.database', 'postgres://ganglion:s3cret@127.0.0.1:1/ganglion'];
    await expect(runCommand(['history', 'backup', 'x.db', ...database])).rejects.toMatchObject({
      code: 'BACKUP_BY_DATABASE',
      message: expect.not.stringContaining('s3cret'),
    });
    await runCommand(['history', 'plan', ...database]);
    expect(said).toContain('1 machine with 60 figures');
  });

  test('says so when there is none', async () => {
    const words = ['history', 'backup', join(freshFolder(), 'x.db'), '--history', freshFolder()];
    await expect(runCommand(words)).rejects.toMatchObject({ code: 'BACKUP_FAILED' });
  });
});

describe('up', () => {
  const modulesWith = async (folder: string, ...words: string[]) => {
    const modules = await loadModules([]);
    const warned: unknown[] = [];
    const log = { ...silentLog, warn: (fields: object) => warned.push(fields) };
    const settings = await settingsFor(readArguments(['up', '--history', folder, ...words]), modules);
    const names = (await withoutLostPast(modules, settings, log as never)).map(({ name }) => name);
    return { names, warned };
  };

  test('keeps a past where it can', async () => {
    const { names, warned } = await modulesWith(freshFolder());
    expect(names).toContain('recorder');
    expect(warned).toEqual([]);
  });

  test('runs without one, and says why, where it cannot', async () => {
    const folder = freshFolder();
    writeFileSync(join(folder, 'history.db'), 'not a database');
    const { names, warned } = await modulesWith(folder);
    expect(names).not.toContain('recorder');
    expect(names).toContain('web');
    expect(warned).toEqual([{ code: 'HISTORY_UNUSABLE' }]);
  });

  test('keeps one in a database that is not there yet, and none in what is no database', async () => {
    // Nobody listens there.
    const away = await modulesWith(freshFolder(), '--recorder.database', 'postgres://127.0.0.1:1/ganglion');
    expect(away.names).toContain('recorder');
    expect(away.warned).toEqual([]);
    const wrong = await modulesWith(freshFolder(), '--recorder.database', 'mysql://127.0.0.1/ganglion');
    expect(wrong.names).not.toContain('recorder');
    expect(wrong.warned).toEqual([{ code: 'HISTORY_DATABASE_INVALID' }]);
  });

  test('runs without one where nobody wants it', async () => {
    const { names, warned } = await modulesWith('none');
    expect(names).not.toContain('recorder');
    expect(warned).toEqual([]);
  });
});
