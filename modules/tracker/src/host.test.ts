import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os, { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { DEFAULT_ROOT, openFolder, openHost } from './host.ts';
import type { Scanner } from './scanner.ts';

const root = mkdtempSync(join(tmpdir(), 'ganglion-host-'));
afterAll(() => rmSync(root, { recursive: true }));

const upper = (file: Scanner) => file.line().toUpperCase();
const length = (file: Scanner) => file.line().length;

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

  it('looks for a file that was not there again after a while', () => {
    writeFileSync(join(root, 'stat'), '');
    const host = openHost(root);
    expect(host.proc?.read('late', upper)).toBeUndefined();
    writeFileSync(join(root, 'late'), 'here');
    let samples = 0;
    while (host.proc?.read('late', upper) === undefined && samples < 1_000) {
      host.nextSample();
      samples++;
    }
    expect(samples).toBe(60);
    host.close();
  });

  it('reads a file of lines of any length whole, and keeps it not open', () => {
    writeFileSync(join(root, 'stat'), '');
    writeFileSync(join(root, 'long'), 'é'.repeat(10_000));
    const host = openHost(root);
    expect(host.proc?.text('long')).toBe('é'.repeat(10_000));
    expect(host.proc?.text('nothing')).toBeUndefined();
    host.close();
  });

  it("reads the machine's network, not that of the container it is in", () => {
    writeFileSync(join(root, 'stat'), '');
    for (const folder of ['net', '1/net']) {
      mkdirSync(join(root, folder), { recursive: true });
      writeFileSync(join(root, folder, 'dev'), folder);
    }
    const host = openHost(root);
    expect(host.proc?.read('net/dev', upper)).toBe('1/NET');
    host.close();
  });

  it('has the /sys that lies beside its /proc', () => {
    const machine = join(root, 'machine');
    mkdirSync(join(machine, 'proc'), { recursive: true });
    writeFileSync(join(machine, 'proc/stat'), '');
    expect(openHost(join(machine, 'proc')).sys).toBeUndefined();
    mkdirSync(join(machine, 'sys/class/net/eth0'), { recursive: true });
    writeFileSync(join(machine, 'sys/class/net/eth0/operstate'), 'up\n');
    const { sys } = openHost(join(machine, 'proc'));
    expect(sys?.read('class/net/eth0/operstate')).toBe('up');
    expect(sys?.read('class/net/eth0/speed')).toBeUndefined();
    expect(sys?.has('class/net/eth0')).toBe(true);
    expect(sys?.has('class/net/eth1')).toBe(false);
  });

  it('has small files and folders, and nothing where there is none', async () => {
    const machine = join(root, 'files');
    mkdirSync(join(machine, 'proc/42'), { recursive: true });
    writeFileSync(join(machine, 'proc/stat'), '');
    writeFileSync(join(machine, 'proc/42/comm'), 'é\n');
    const { proc, files } = openHost(join(machine, 'proc'));
    expect(proc?.folder.list('.').toSorted()).toEqual(['42', 'stat']);
    expect(proc?.folder.list('43')).toEqual([]);
    expect(files?.read('proc/42/comm')).toBe('é');
    expect(await files?.ask('proc/42/comm')).toBe('é');
    expect(await files?.ask('run/reboot-required')).toBeUndefined();
    expect(files?.about('proc/42/comm')).toEqual({ size_bytes: 3, written_ms: expect.closeTo(Date.now(), -5) });
    expect(files?.about('run')).toBeUndefined();
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

describe('a folder', () => {
  it('says when a file in it becomes another, until that is ended', async () => {
    const folder = openFolder(root);
    writeFileSync(join(root, 'watched'), 'one');
    const changed = vi.fn<(file: string) => void>();
    const end = folder.watch('watched', changed);
    const end_all = folder.watch('.', changed);
    writeFileSync(join(root, 'watched'), 'two');
    await expect.poll(() => changed).toHaveBeenCalledWith('watched');
    writeFileSync(join(root, 'new'), '');
    await expect.poll(() => changed).toHaveBeenCalledWith('new');
    end();
    end_all();
    changed.mockClear();
    const other = vi.fn<(file: string) => void>();
    const end_other = folder.watch('.', other);
    writeFileSync(join(root, 'watched'), 'three');
    await expect.poll(() => other).toHaveBeenCalled();
    expect(changed).not.toHaveBeenCalled();
    end_other();
  });

  it('says nothing of a file that is not there', () => {
    openFolder(root).watch('nothing', () => {})();
  });
});
