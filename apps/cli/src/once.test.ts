import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as probes from '@ganglion/tracker/probes';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { runCommand } from './cli.ts';
import { LATE } from './once.ts';

const CAPTURED = 'modules/tracker/src/probes/fixtures/vm-2-cores-linux-6.18';

let said: string;

beforeEach(() => {
  said = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text, ...rest: unknown[]) => {
    said += text;
    for (const each of rest) if (typeof each === 'function') each();
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
});

test('what comes late are probes that are read less often', () => {
  const slow = Object.values(probes).filter(({ every_ms = 0 }) => every_ms > 0);
  expect(slow.map(({ name }) => name)).toEqual(expect.arrayContaining([...LATE]));
});

test('a tracker prints one sample of this machine with what comes late, and needs no broker', async () => {
  await runCommand(['run', 'tracker', '--once', '--json', '--machine', 'm', '--interval', '100ms']);
  const { body, ...rest } = JSON.parse(said);
  expect(rest).toEqual({ topic: 'measure', source: 'm', time: expect.any(String) });
  expect(body).toMatchObject({ cpu_percentage: expect.any(Number), memory: {}, file_systems: {}, processes: {} });
});

test('it is whole where a tracker would tell changes alone, but for the probes that are left out', async () => {
  const words = ['--interval', '100ms', '--tracker.report', 'changes', '--probe', 'processes=off'];
  await runCommand(['run', 'tracker', '--once', '--json', ...words]);
  const { body } = JSON.parse(said);
  expect(body).toMatchObject({ cpu_percentage: expect.any(Number), memory: {}, file_systems: {} });
  expect(body).not.toHaveProperty('processes');
});

test('where no time passes there is no sample, and that is an error', { timeout: 10_000 }, async () => {
  const root = mkdtempSync(join(tmpdir(), 'ganglion-once-'));
  cpSync(join(CAPTURED, 'proc'), root, { recursive: true });
  writeFileSync(join(root, 'stat'), 'cpu  1 2 3 4\n');
  const failed = runCommand(['run', 'tracker', '--once', '--tracker.root', root]);
  await expect(failed).rejects.toMatchObject({ code: 'SAMPLE_MISSING', configuration: false });
  expect(said).toBe('');
  rmSync(root, { recursive: true });
});
