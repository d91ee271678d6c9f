import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os, { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { DEFAULT_ROOT, openHost } from './host.ts';
import type { Scanner } from './scanner.ts';

const root = mkdtempSync(join(tmpdir(), 'ganglion-host-'));
afterAll(() => rmSync(root, { recursive: true }));

const upper = (file: Scanner) => file.restOfLine().toUpperCase();
const length = (file: Scanner) => file.restOfLine().length;

describe('a host', () => {
  it('reads a file once a sample, whoever asks', () => {
    writeFileSync(join(root, 'stat'), 'one');
    const host = openHost(root);
    expect(host.proc?.read('stat', upper)).toBe('ONE');
    writeFileSync(join(root, 'stat'), 'three');
    expect(host.proc?.read('stat', upper)).toBe('ONE');
    expect(host.proc?.read('stat', length)).toBe(3);
    host.nextSample();
    expect(host.proc?.read('stat', length)).toBe(5);
    expect(host.proc?.read('stat', upper)).toBe('THREE');
    host.close();
    host.close();
  });

  it('parses a file once a sample for all who parse it alike', () => {
    writeFileSync(join(root, 'stat'), 'one');
    const host = openHost(root);
    const parse = vi.fn(length);
    for (let sample = 1; sample <= 3; sample++) {
      host.nextSample();
      expect(host.proc?.read('stat', parse)).toBe(3);
      expect(host.proc?.read('stat', parse)).toBe(3);
      expect(parse).toHaveBeenCalledTimes(sample);
    }
    host.close();
  });

  it('passes on what a parser throws, to each who asks', () => {
    writeFileSync(join(root, 'stat'), 'one');
    const host = openHost(root);
    const fail = () => {
      throw new Error('not understood');
    };
    expect(() => host.proc?.read('stat', fail)).toThrow('not understood');
    expect(() => host.proc?.read('stat', fail)).toThrow('not understood');
    expect(host.proc?.read('stat', upper)).toBe('ONE');
    host.close();
  });

  it('has nothing for a file that is not there', () => {
    writeFileSync(join(root, 'stat'), '');
    const host = openHost(root);
    expect(host.proc?.read('pressure/cpu', upper)).toBeUndefined();
    expect(host.proc?.read('stat', upper)).toBe('');
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
