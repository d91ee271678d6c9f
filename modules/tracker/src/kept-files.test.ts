import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { KEPT_BYTES_MAX, KEPT_MAX, KeptFiles } from './kept-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'ganglion-kept-'));
afterAll(() => rmSync(folder, { recursive: true }));
const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

describe('files that are kept open', () => {
  it('say what they say now', () => {
    const files = new KeptFiles(folder);
    write('a', 'one\n');
    expect(files.read('a')).toBe('one');
    write('a', 'é\n');
    expect(files.read('a')).toBe('é');
    expect(files.size).toBe(1);
    files.close();
  });

  it('are nothing where there is none, and are looked for again', () => {
    const files = new KeptFiles(folder);
    expect(files.read('late')).toBeUndefined();
    write('late', 'here');
    expect(files.read('late')).toBe('here');
    mkdirSync(join(folder, 'sub'));
    expect(files.read('sub')).toBeUndefined();
    expect(files.size).toBe(1);
    files.close();
  });

  it('are nothing where they have more than is read', () => {
    const files = new KeptFiles(folder);
    write('long', 'x'.repeat(KEPT_BYTES_MAX));
    expect(files.read('long')).toBeUndefined();
    write('long', 'x'.repeat(KEPT_BYTES_MAX - 1));
    expect(files.read('long')).toHaveLength(KEPT_BYTES_MAX - 1);
    files.close();
  });

  it('are bounded: the others are opened each time, and all are let go of in the end', () => {
    const files = new KeptFiles(folder);
    const names = Array.from({ length: KEPT_MAX + 10 }, (_, n) => `many-${n}`);
    for (const name of names) write(name, name);
    for (const name of [...names, ...names]) expect(files.read(name)).toBe(name);
    expect(files.size).toBe(KEPT_MAX);
    files.keepOnly((name) => name === 'many-3');
    expect(files.size).toBe(1);
    files.close();
    expect(files.size).toBe(0);
  });

  it.runIf(process.platform === 'linux')('are as many descriptors as they say', () => {
    const open = () => readdirSync('/proc/self/fd').length;
    const before = open();
    const files = new KeptFiles('/proc/self');
    expect(files.read('stat')).toMatch(/^\d+ /);
    expect(open()).toBe(before + 1);
    files.close();
    expect(open()).toBe(before);
  });
});
