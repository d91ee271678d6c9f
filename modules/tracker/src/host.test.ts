import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os, { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { DEFAULT_ROOT, openHost } from './host.ts';

const root = mkdtempSync(join(tmpdir(), 'ganglion-host-'));
afterAll(() => rmSync(root, { recursive: true }));

describe('a host', () => {
  it('reads a file once a sample, whoever asks', () => {
    writeFileSync(join(root, 'stat'), 'one');
    const host = openHost(root);
    expect(host.proc?.read('stat')).toBe('one');
    writeFileSync(join(root, 'stat'), 'two');
    expect(host.proc?.read('stat')).toBe('one');
    host.nextSample();
    expect(host.proc?.read('stat')).toBe('two');
    host.close();
    host.close();
  });

  it('has nothing for a file that is not there', () => {
    writeFileSync(join(root, 'stat'), '');
    const host = openHost(root);
    expect(host.proc?.read('pressure/cpu')).toBeUndefined();
    host.close();
  });

  it.each(['/nowhere', tmpdir()])('is refused with a root that is no /proc: %s', (wrong) => {
    expect(() => openHost(wrong)).toThrow(
      expect.objectContaining({ code: 'ROOT_INVALID', configuration: true, message: expect.stringContaining(wrong) }),
    );
  });

  it('has a /proc by default on Linux, and only there', () => {
    const host = openHost(DEFAULT_ROOT);
    expect(host.proc !== undefined).toBe(process.platform === 'linux');
    expect(host.os).toBe(os);
    host.close();
  });
});
