// npm start, as a person types it into a terminal.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { ROOT, start } from './support/program.ts';

/** Starts npm in a process group of its own, as a shell does; npm runs its script with `shell`. */
function npmStart(shell: string, ...words: string[]): ChildProcess {
  const npm = spawn('npm', ['start', `--script-shell=${shell}`, '--', ...words], {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => {
    if (npm.exitCode === null && npm.signalCode === null) toAll(npm, 'SIGKILL');
  });
  return npm;
}

/** Sends a signal as a terminal does: to npm and to all that it started. */
function toAll({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid !== undefined) process.kill(-pid, signal);
}

// bash stays out of npm's way, so that npm's own signal comes as well as the terminal's; other shells do not.
test.each(['bash', 'sh'])('it shows the page, and one Ctrl-C stops it in order, with %s in between', async (shell) => {
  const folder = mkdtempSync(join(tmpdir(), 'start-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const health = join(folder, 'health');
  const npm = npmStart(shell, '--port', '0', '--health-file', health);
  let url: string | undefined;
  for await (const line of createInterface({ input: npm.stdout ?? process.stdin })) {
    url = /http:\/\/localhost:\d+/.exec(line)?.[0];
    if (url !== undefined) break;
  }
  expect(await (await fetch(url ?? '')).text()).toContain('<title>');
  expect(existsSync(health)).toBe(true);

  toAll(npm, 'SIGINT');
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
