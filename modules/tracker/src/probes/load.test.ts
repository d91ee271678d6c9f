import { describe, expect, it } from 'vitest';
import { ascii, Scanner } from '../scanner.ts';
import { captured } from './captured.ts';
import { parseStat } from './cpu.ts';
import { loadOf, parseLoad as parse, withHeadline } from './load.ts';

const fileOf = (text = '') => new Scanner(ascii(text));
const parseLoad = (text: string) => parse(fileOf(text));

const loadOn = (machine: string) => {
  const figures = parseLoad(captured(machine, 'loadavg') ?? '');
  return figures && withHeadline(figures, parseStat(fileOf(captured(machine, 'stat')))?.online ?? 0);
};

describe('load from /proc/loadavg', () => {
  it("has the last minute's load for each core online as its headline", () => {
    expect(loadOn('server-128-cores-linux-5.15')).toEqual({
      percentage: 49.52,
      figures: { load_1: 62.4, load_5: 58.13, load_15: 51.02, runnable: 66, tasks: 4811 },
    });
    expect(loadOn('laptop-linux-6.1')?.percentage).toBe(60.5);
  });

  it('is 100 where there is more to do than the cores can', () => {
    expect(withHeadline({ load_1: 7.5, load_5: 3, load_15: 1 }, 2)).toMatchObject({ percentage: 100 });
  });

  it('of an idle machine is 0', () => {
    expect(loadOn('linux-2.4.20')).toMatchObject({ percentage: 0, figures: { load_1: 0, tasks: 37 } });
  });

  it('has no headline where the cores are not known', () => {
    expect(withHeadline({ load_1: 7.5, load_5: 3, load_15: 1 }, 0)).not.toHaveProperty('percentage');
  });

  it('has no tasks where they are not told', () => {
    expect(parseLoad('7.50 3.00 1.00\n')).toEqual({ load_1: 7.5, load_5: 3, load_15: 1 });
  });

  it('is nothing in an empty file, or in one that stands in for it', () => {
    expect(parseLoad('')).toBeUndefined();
    expect(loadOn('gvisor-sandbox')).toBeUndefined();
  });

  it.each(['load\n', '1 2 3 4/5 6\n', '-1.00 0.00 0.00 1/2 3\n', 'NaN NaN NaN 1/2 3\n', '1.00 2.00\n'])(
    'is refused when it is not written as the kernel does: %j',
    (text) => {
      expect(() => parseLoad(text)).toThrow(expect.objectContaining({ code: 'PROC_UNEXPECTED' }));
    },
  );
});

describe("load from Node's view", () => {
  const os = (platform: NodeJS.Platform) => ({
    platform: () => platform,
    loadavg: () => [1.23456, 0.5, 0.25],
    availableParallelism: () => 4,
  });

  it('is rounded as the kernel does', () => {
    expect(loadOf(os('darwin'))).toEqual({ percentage: 30.75, figures: { load_1: 1.23, load_5: 0.5, load_15: 0.25 } });
  });

  it('is nothing on Windows, which has none', () => {
    expect(loadOf(os('win32'))).toBeUndefined();
  });
});
