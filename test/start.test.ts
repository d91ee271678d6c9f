// npm start, as a person types it into a terminal.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { ROOT, start } from './support/program.ts';

/** Sends a signal as a terminal does: to npm and to all that it started. */
function toAll({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid !== undefined) process.kill(-pid, signal);
}

test.each([
  // npm passes the terminal's SIGINT on, and so it comes twice.
  ['one Ctrl-C', toAll, 'SIGINT'],
  ['a SIGTERM to npm', (npm: ChildProcess, signal: NodeJS.Signals) => npm.kill(signal), 'SIGTERM'],
] as const)('it shows the page, and %s stops it in order', async (_what, send, signal) => {
  const folder = mkdtempSync(join(tmpdir(), 'start-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const health = join(folder, 'health');
  // With a module that takes its time to stop, so that a second signal would come in between.
  const words = ['--port', '0', '--health-file', health, '--with', './test/support/stuck.ts'];
  const npm = spawn('npm', ['start', '--', ...words], {
    cwd: ROOT,
    // A process group of its own, as a shell gives it.
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => {
    if (npm.exitCode === null && npm.signalCode === null) toAll(npm, 'SIGKILL');
  });
  let url = '';
  for await (const line of createInterface({ input: npm.stdout })) {
    url = /http:\/\/localhost:\d+/.exec(line)?.[0] ?? '';
    if (url !== '') break;
  }
  expect(await (await fetch(url)).text()).toContain('<title>');
  expect(existsSync(health)).toBe(true);

  send(npm, signal);
  await once(npm, 'close');
  // Only an ordered stop removes it.
  expect(existsSync(health)).toBe(false);
  expect(() => toAll(npm, 'SIGKILL')).toThrow('ESRCH');
});

test('a setting that cannot be is one line, and exit code 2', async () => {
  const npm = start('npm', ['start', '--silent', '--', '--interval', '0']);
  expect(await npm.ended).toEqual({ code: 2, signal: null });
  expect(npm.errors.items).toEqual([expect.stringMatching(/^ganglion: .+: .+; .+ \[SETTING_INVALID\]$/)]);
  expect(npm.lines.items).toEqual([]);
});
