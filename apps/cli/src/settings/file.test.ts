import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readSettingsFile } from './file.ts';

function fileWith(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'settings-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'my.toml');
  writeFileSync(path, text);
  return path;
}

test('a settings file is read as TOML', async () => {
  const path = fileWith('exchange = "site"\n[tracker]\ninterval_ms = 500\n');
  expect(await readSettingsFile(path)).toMatchObject({
    path,
    tables: { exchange: 'site', tracker: { interval_ms: 500 } },
  });
});

test('a file that is no TOML is refused with its line and column, in one line', async () => {
  const path = fileWith('exchange = "site"\n[tracker]\ninterval_ms = 2s\n');
  await expect(readSettingsFile(path)).rejects.toMatchObject({
    code: 'FILE_SYNTAX',
    configuration: true,
    message: expect.stringMatching(/^settings file .*my\.toml, line 3, column \d+: [^\n]*; [^\n]*$/),
  });
});

test('a file that is named and not there is refused', async () => {
  await expect(readSettingsFile('/nowhere/my.toml')).rejects.toMatchObject({
    code: 'FILE_UNREADABLE',
    configuration: true,
    message: expect.stringContaining('there is no such file or folder'),
  });
});
