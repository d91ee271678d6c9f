// What others install: the packed command in a folder of its own, with nothing around it but the npm registry.

import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Program, ROOT, start } from '../../../test/support/program.ts';

// It packs and installs.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tarball-'));
  npm(ROOT, 'pack', '--workspace', 'apps/cli', '--pack-destination', folder);
  const [tarball = 'none'] = readdirSync(folder);
  npm(folder, 'install', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball}`);
});

afterAll(() => rmSync(folder, { recursive: true }));

function npm(cwd: string, ...words: string[]): void {
  execFileSync('npm', words, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
}

function ganglion(...words: string[]): Program {
  return start(join(folder, 'node_modules/.bin/ganglion'), words);
}

test('it says its version', async () => {
  const version = ganglion('--version');
  expect(await version.ended).toEqual({ code: 0, signal: null });
  expect(version.lines.items).toEqual([JSON.parse(readFileSync(join(ROOT, 'apps/cli/package.json'), 'utf8')).version]);
});

test('it needs only what it cannot take in, and takes no tests along', () => {
  const installed = readdirSync(join(folder, 'node_modules/ganglion'), { recursive: true, encoding: 'utf8' });
  expect(installed.filter((name) => /\.test\.|\.ts$|^src/.test(name))).toEqual([]);
  expect(installed).toEqual(
    expect.arrayContaining(['bin/ganglion.js', 'dist/main.js', 'dist/LICENSES.txt', 'README.md', 'LICENSE']),
  );
  for (const name of ['typebox', 'amqplib', 'pino', 'hono', 'ws', '@ganglion']) {
    expect(readdirSync(join(folder, 'node_modules'))).not.toContain(name);
  }
});

test("it shows the page and runs a stranger's module from a folder without packages", async () => {
  const strangers = mkdtempSync(join(tmpdir(), 'stranger-'));
  copyFileSync(join(ROOT, 'examples/hello-module/mood.ts'), join(strangers, 'mood.ts'));
  const up = ganglion('up', '--port', '0', '--with', join(strangers, 'mood.ts'));
  const url = (await up.lines.first((line) => line.includes('http://'))).trim();
  await up.lines.first((line) => line.startsWith('  mood '));
  const page = await (await fetch(url)).text();
  expect(page).toContain('<title>');
  const [, script = 'none'] = /<script[^>]* src="([^"]+)"/.exec(page) ?? [];
  expect((await fetch(new URL(script, url))).status).toBe(200);
  expect(await up.stop('SIGINT')).toEqual({ code: 0, signal: null });
  expect(up.errors.items.filter((line) => line.includes('"warn"') || line.includes('"error"'))).toEqual([]);
  rmSync(strangers, { recursive: true });
});
