import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMeminfo } from '../meminfo.ts';
import { ascii, Scanner } from '../scanner.ts';
import { captured } from './captured.ts';
import { memoryIn, memoryOf } from './memory.ts';

const parseMemory = (text: string) => {
  const meminfo = parseMeminfo(new Scanner(ascii(text)));
  return meminfo && memoryIn(meminfo);
};
const memoryOn = (machine: string) => parseMemory(captured(machine, 'meminfo') ?? '');
const KB = 1024;

describe('memory from /proc/meminfo', () => {
  it('in use is what the kernel does not call available', () => {
    expect(memoryOn('raspberry-pi-linux-6.6')).toEqual({
      percentage: 50,
      figures: {
        total_bytes: 3_884_348 * KB,
        available_bytes: 1_942_174 * KB,
        available_from: 'kernel',
        used_bytes: 1_942_174 * KB,
        free_bytes: 121_234 * KB,
        cached_bytes: 1_712_345 * KB,
        buffers_bytes: 81_234 * KB,
        shared_bytes: 41_234 * KB,
        dirty_bytes: 412 * KB,
        writeback_bytes: 0,
      },
    });
  });

  it('is estimated on a kernel before 3.14, which does not say what is available', () => {
    const available_bytes = (144_512 + 204_800 + 2_457_600) * KB;
    expect(memoryOn('linux-2.6.18')).toMatchObject({
      percentage: 30.6,
      figures: { available_bytes, available_from: 'estimate', used_bytes: 4_044_512 * KB - available_bytes },
    });
    expect(memoryOn('linux-2.6.18')?.figures).not.toHaveProperty('shared_bytes');
  });

  it('is found below the table of a kernel of 2003', () => {
    expect(memoryOn('linux-2.4.20')).toMatchObject({
      figures: {
        total_bytes: 257_028 * KB,
        available_bytes: (15_364 + 40_960 + 102_400) * KB,
        cached_bytes: 102_400 * KB,
      },
    });
  });

  it('is estimated without shared memory where more is told to be available than there is', () => {
    expect(memoryOn('lxc-container')).toMatchObject({
      percentage: 31.25,
      figures: { available_bytes: (1_048_576 + 524_288 - 131_072) * KB, available_from: 'estimate' },
    });
  });

  it('tells the huge pages that are kept and how many of them are in use, and nothing where none are kept', () => {
    expect(memoryOn('kvm-host-4-cores-linux-5.10')?.figures).toMatchObject({
      huge_pages_bytes: 4_096 * 2_048 * KB,
      huge_pages_used_bytes: 3_072 * 2_048 * KB,
      transparent_huge_pages_bytes: 24_576_000 * KB,
    });
    expect(memoryOn('server-128-cores-linux-5.15')?.figures).not.toHaveProperty('huge_pages_bytes');
    const lines = (total: number, free: number) =>
      `MemTotal: 9 kB\nHugePages_Total: ${total}\nHugePages_Free: ${free}\nHugepagesize: 4 kB\n`;
    expect(parseMemory(lines(1, 2))?.figures).toEqual({ total_bytes: 9 * KB, huge_pages_bytes: 4 * KB });
    expect(parseMemory(lines(9e12, 2))?.figures).toEqual({ total_bytes: 9 * KB });
  });

  it('has no headline where neither available nor free is told', () => {
    expect(parseMemory('MemTotal: 1024 kB\nCached: 12 kB\n')).toEqual({
      figures: { total_bytes: 1_048_576, cached_bytes: 12_288 },
    });
  });

  it('is nothing in an empty file', () => {
    expect(parseMemory('')).toBeUndefined();
  });

  it.each(['MemTotal:        0 kB\nMemFree: 0 kB\n', 'MemFree:   12 kB\n', 'SwapMemTotal: 12 kB\n'])(
    'is refused without a total: %j',
    (text) => {
      expect(() => parseMemory(text)).toThrow(expect.objectContaining({ code: 'PROC_UNEXPECTED' }));
    },
  );

  it('in use and available add up to the total, whatever the kernel tells', () => {
    const names = ['MemFree', 'MemAvailable', 'Buffers', 'Cached', 'Shmem', 'SReclaimable'];
    const figures = fc.dictionary(fc.constantFrom(...names), fc.nat());
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e12 - 1 }), figures, (total, told) => {
        const lines = Object.entries({ MemTotal: total, ...told }).map(([name, kb]) => `${name}:   ${kb} kB\n`);
        const { percentage, figures: { available_bytes, used_bytes } = {} } = parseMemory(lines.join('')) ?? {};
        if (told['MemFree'] === undefined && available_bytes === undefined) return;
        expect((available_bytes ?? 0) + (used_bytes ?? 0)).toBe(total * KB);
        expect(percentage).toSatisfy((value: number) => value >= 0 && value <= 100);
      }),
    );
  });
});

describe("memory from Node's view", () => {
  const os = (platform: NodeJS.Platform, total: number, free: number) => ({
    platform: () => platform,
    totalmem: () => total,
    freemem: () => free,
  });

  it('on Windows is what the system calls available', () => {
    expect(memoryOf(os('win32', 1000, 250))).toEqual({
      percentage: 75,
      figures: { total_bytes: 1000, used_bytes: 750, available_bytes: 250, available_from: 'kernel' },
    });
  });

  it('elsewhere is only what is free, and says so', () => {
    expect(memoryOf(os('darwin', 1000, 250))).toEqual({
      percentage: 75,
      figures: { total_bytes: 1000, used_bytes: 750, free_bytes: 250, available_bytes: 250, available_from: 'free' },
    });
  });

  it.each([
    [0, 0],
    [1000, 1001],
    [Number.NaN, 1],
  ])('is nothing where Node knows no better than %d bytes, %d free', (total, free) => {
    expect(memoryOf(os('openbsd', total, free))).toBeUndefined();
  });
});
