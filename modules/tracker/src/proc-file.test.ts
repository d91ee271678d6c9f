import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { PROC_FILE_BYTES_MAX, ProcFile } from './proc-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'ganglion-proc-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Reads, and tells what was found as a text; undefined when there is no file. */
const textOf = (file: ProcFile) =>
  file.read() ? Buffer.from(file.bytes.slice(0, file.length)).toString('latin1') : undefined;

let path: string;
let serial = 0;
beforeEach(() => {
  path = join(folder, `file-${++serial}`);
});

it('tells what a file says now, each time', () => {
  writeFileSync(path, 'one\n');
  const file = new ProcFile(path);
  expect(textOf(file)).toBe('one\n');
  writeFileSync(path, 'two, and longer\n');
  expect(textOf(file)).toBe('two, and longer\n');
  writeFileSync(path, '');
  expect(textOf(file)).toBe('');
  file.close();
});

it('reads a file that outgrows its buffer, up to the limit', () => {
  const file = new ProcFile(path);
  for (const size of [4_095, 4_096, 4_097, 100_000, PROC_FILE_BYTES_MAX - 1]) {
    const text = 'x'.repeat(size);
    writeFileSync(path, text);
    // Not compared by expect, which would print a megabyte.
    expect(textOf(file) === text).toBe(true);
  }
  writeFileSync(path, 'x'.repeat(PROC_FILE_BYTES_MAX + 1));
  expect(() => textOf(file)).toThrow(expect.objectContaining({ code: 'PROC_TOO_LARGE' }));
  writeFileSync(path, 'small again');
  expect(textOf(file)).toBe('small again');
  file.close();
});

it('is nothing while there is no such file, and is read once there is', () => {
  const file = new ProcFile(path);
  expect(textOf(file)).toBeUndefined();
  writeFileSync(path, 'here');
  expect(textOf(file)).toBe('here');
  file.close();
});

it('says why a file that is there cannot be read', () => {
  const file = new ProcFile(folder);
  expect(() => textOf(file)).toThrow(expect.objectContaining({ code: 'PROC_UNREADABLE' }));
  expect(() => textOf(file)).toThrow(`${folder} not read: EISDIR`);
});

describe.runIf(existsSync('/proc/self/stat'))("the kernel's own files", () => {
  it('are read whole and anew each time', () => {
    const file = new ProcFile('/proc/uptime');
    expect(textOf(file)).toMatch(/^\d+\.\d+ \d+\.\d+\n$/);
    expect(textOf(file)).toMatch(/^\d+\.\d+ \d+\.\d+\n$/);
    file.close();
  });

  it('are opened again when what was open fails', async () => {
    // The files of a process that has ended cannot be read any more, as those of a device that was removed.
    const child = spawn('sleep', ['60']);
    await once(child, 'spawn');
    const ended = once(child, 'exit');
    symlinkSync(`/proc/${child.pid}/stat`, path);
    const file = new ProcFile(path);
    expect(textOf(file)).toMatch(new RegExp(`^${child.pid} `));
    child.kill('SIGKILL');
    await ended;
    rmSync(path);
    symlinkSync('/proc/self/stat', path);
    expect(textOf(file)).toMatch(new RegExp(`^${process.pid} `));
    file.close();
  });
});
