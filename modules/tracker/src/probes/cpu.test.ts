import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ascii, Scanner } from '../scanner.ts';
import { captured, capturedLater } from './captured.ts';
import { type CpuTimes, parseStat as parse, timesOf, usage } from './cpu.ts';

const parseStat = (text: string) => parse(new Scanner(ascii(text)));

/** The use between the two captured moments of a machine. */
function usageOf(machine: string) {
  const [before, after] = [parseStat(captured(machine, 'stat') ?? ''), parseStat(capturedLater(machine, 'stat') ?? '')];
  if (before === undefined || after === undefined) throw new Error(`${machine} has no stat`);
  return usage(before, after, 1_000);
}

const stat = (...lines: string[]) => parseStat(`${lines.join('\n')}\nsoftirq 0\n`) as CpuTimes;

describe('the CPU from /proc/stat', () => {
  it('is the share of time that was neither idle nor waiting for I/O', () => {
    expect(usageOf('linux-2.6.18')).toEqual({
      percentage: 16,
      figures: {
        cores: 2,
        core_percentages: [32, 0],
        user_percentage: 10,
        nice_percentage: 0,
        system_percentage: 5,
        idle_percentage: 80,
        iowait_percentage: 4,
        irq_percentage: 0.5,
        softirq_percentage: 0.5,
        steal_percentage: 0,
        interrupts_per_second: 0,
        context_switches_per_second: 0,
        forks_per_second: 0,
      },
    });
  });

  it('is right for a real machine with one busy core', () => {
    expect(usageOf('vm-2-cores-linux-6.18')).toMatchObject({
      percentage: 50.75,
      figures: { cores: 2, core_percentages: [100, 2.97], user_percentage: 50.25, system_percentage: 0.5 },
    });
  });

  it('tells each core under its number, with null where one is offline', () => {
    const { percentage, figures } = usageOf('server-128-cores-linux-5.15') ?? {};
    expect(figures?.cores).toBe(126);
    expect(figures?.core_percentages).toHaveLength(128);
    expect(figures?.core_percentages?.[4]).toBe(80);
    expect(figures?.core_percentages?.[5]).toBeNull();
    expect(figures?.core_percentages?.[64]).toBe(100);
    expect(figures?.core_percentages?.[100]).toBeNull();
    expect(figures?.core_percentages?.[127]).toBe(0);
    expect(percentage).toBeCloseTo((63 * 80 + 100) / 126, 2);
  });

  it('tells a core that has just come online from the next reading on, and takes iowait that went back for nought', () => {
    expect(usageOf('laptop-linux-6.1')).toMatchObject({
      percentage: 32.5,
      figures: { cores: 3, core_percentages: [41.24, null, 25, null], iowait_percentage: 0 },
    });
  });

  it("takes guests' time out of user and nice, so that the modes add up to 100", () => {
    expect(usageOf('kvm-host-4-cores-linux-5.10')).toMatchObject({
      percentage: 47.5,
      figures: {
        core_percentages: [90, 100, 0, 0],
        user_percentage: 2.5,
        nice_percentage: 0,
        system_percentage: 2.5,
        idle_percentage: 52.5,
        guest_percentage: 37.5,
        guest_nice_percentage: 5,
      },
    });
  });

  it('counts stolen time as in use: there was work to do', () => {
    expect(usageOf('lxc-container')).toMatchObject({
      percentage: 60,
      figures: { steal_percentage: 35, core_percentages: [80, 40] },
    });
  });

  it('has no modes that an old kernel does not tell', () => {
    expect(usageOf('linux-2.4.20')).toEqual({
      percentage: 25,
      figures: {
        cores: 1,
        core_percentages: [25],
        user_percentage: 0,
        nice_percentage: 0,
        system_percentage: 25,
        idle_percentage: 75,
        interrupts_per_second: 100,
        context_switches_per_second: 100,
        forks_per_second: 1,
      },
    });
  });

  it('has no figures where every counter stands still', () => {
    expect(usageOf('gvisor-sandbox')).toBeUndefined();
  });

  it('has no figures for the moment in which the counters began again', () => {
    const before = stat('cpu  1000 0 1000 8000', 'cpu0 500 0 500 4000', 'cpu1 500 0 500 4000');
    const begun = stat('cpu  10 0 10 80', 'cpu0 5 0 5 40', 'cpu1 5 0 5 40');
    const after = stat('cpu  20 0 10 90', 'cpu0 15 0 5 40', 'cpu1 5 0 5 50');
    expect(usage(before, begun, 1_000)).toBeUndefined();
    expect(usage(begun, after, 1_000)).toMatchObject({ percentage: 50, figures: { core_percentages: [100, 0] } });
  });

  it('has no figure for a core whose counters began again alone', () => {
    const before = stat('cpu  1000 0 0 1000', 'cpu0 500 0 0 500', 'cpu1 500 0 0 500');
    const after = stat('cpu  1050 0 0 1050', 'cpu0 550 0 0 550', 'cpu1 3 0 0 4');
    expect(usage(before, after, 1_000)).toMatchObject({ percentage: 50, figures: { core_percentages: [50, null] } });
  });

  it('has no cores where none is told', () => {
    expect(usage(stat('cpu  1 1 1 1'), stat('cpu  2 1 1 2'), 1_000)).toMatchObject({ percentage: 50 });
    expect(usage(stat('cpu  1 1 1 1'), stat('cpu  2 1 1 2'), 1_000)?.figures).not.toHaveProperty('cores');
  });

  it('tells what the kernel was called upon for, a second', () => {
    const lines = (...[interrupts, switches, forks]: number[]) =>
      stat(
        `cpu  ${forks} 0 0 9`,
        `intr ${interrupts} 0 7 1`,
        `ctxt ${switches}`,
        `processes ${forks}`,
        'procs_blocked 3',
      );
    const figures = usage(lines(100, 2_000, 10), lines(350, 5_000, 10.5 * 2), 500)?.figures;
    expect(figures).toMatchObject({
      interrupts_per_second: 500,
      context_switches_per_second: 6_000,
      forks_per_second: 22,
    });
    expect(lines(1, 1, 1).blocked).toBe(3);
  });

  it('is nothing in an empty file', () => {
    expect(parseStat('')).toBeUndefined();
  });

  it.each([
    ['no line of all cores', 'cpu0 1 2 3 4\n'],
    ['too few columns', 'cpu  1 2 3\n'],
    ['a word among the numbers', 'cpu  1 2 3 x 5\n'],
    ['a negative number', 'cpu  1 2 3 -4\n'],
    ['a number beyond all counters', 'cpu  1 2 3 12345678901234567890123\n'],
    ['no space', 'cpu,1,2,3,4\n'],
    ['something else', 'intr 1 2 3\n'],
  ])('is refused with %s', (_, text) => {
    expect(() => parseStat(text)).toThrow(expect.objectContaining({ code: 'PROC_UNEXPECTED' }));
  });

  it('reads a last line without an end', () => {
    expect(parseStat('cpu  1 2 3 4\ncpu0 1 2 3 4')).toEqual({
      all: [1, 2, 3, 4],
      cores: [{ busy: 6, total: 10 }],
      online: 1,
    });
  });
});

describe('the CPU from any two readings', () => {
  const ticks = fc.oneof(
    fc.nat(),
    fc.maxSafeInteger().map((n) => Math.abs(n) % 1e15),
  );
  const row = (columns: number) => fc.array(ticks, { minLength: columns, maxLength: columns });
  const times = (columns: number) => fc.record({ all: row(columns), cores: fc.array(row(columns), { maxLength: 4 }) });
  const two = fc.integer({ min: 4, max: 10 }).chain((columns) => fc.tuple(times(columns), times(columns)));
  const text = ({ all, cores }: { all: number[]; cores: number[][] }) => [
    `cpu  ${all.join(' ')}`,
    ...cores.map((core, n) => `cpu${n} ${core.join(' ')}`),
  ];

  it('stays within 0 to 100, and the modes add up to 100', () => {
    fc.assert(
      fc.property(two, ([first, second]) => {
        const reading = usage(stat(...text(first)), stat(...text(second)), 1_000);
        if (reading === undefined) return;
        const { core_percentages, cores, ...modes } = reading.figures;
        const shares = Object.values(modes);
        const all = [reading.percentage ?? -1, ...shares, ...(core_percentages ?? [])].filter(
          (share) => share !== null,
        );
        for (const share of all) expect(share).toSatisfy((value: number) => value >= 0 && value <= 100);
        // Two decimals each: ten roundings are off by 0.05 at most.
        expect(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 100)).toBeLessThan(0.051);
        const { idle_percentage = 0, iowait_percentage = 0 } = modes;
        expect(Math.abs(100 - idle_percentage - iowait_percentage - (reading.percentage ?? -1))).toBeLessThan(0.021);
        expect(cores).toBe(second.cores.length === 0 ? undefined : second.cores.length);
      }),
    );
  });
});

describe("the CPU from Node's view", () => {
  const os = (
    platform: NodeJS.Platform,
    ...times: { user: number; nice: number; sys: number; idle: number; irq: number }[]
  ) => ({
    platform: () => platform,
    cpus: () => times.map((each) => ({ model: 'any', speed: 1, times: each })),
  });
  const zero = { user: 0, nice: 0, sys: 0, idle: 0, irq: 0 };
  const usageOn = (platform: NodeJS.Platform, ...times: (typeof zero)[]) => {
    const before = timesOf(os(platform, ...times.map(() => zero)));
    const after = timesOf(os(platform, ...times));
    return before && after && usage(before, after, 1_000);
  };

  it('has the modes that Node knows', () => {
    expect(
      usageOn('freebsd', { user: 200, nice: 100, sys: 100, idle: 500, irq: 100 }, { ...zero, idle: 1000 }),
    ).toEqual({
      percentage: 25,
      figures: {
        cores: 2,
        core_percentages: [50, 0],
        user_percentage: 10,
        nice_percentage: 5,
        system_percentage: 5,
        idle_percentage: 75,
        irq_percentage: 5,
      },
    });
  });

  it('does not count interrupts twice on Windows, and has no mode that it does not know', () => {
    expect(usageOn('win32', { user: 300, nice: 0, sys: 200, idle: 500, irq: 80 })).toEqual({
      percentage: 50,
      figures: { cores: 1, core_percentages: [50], user_percentage: 30, system_percentage: 20, idle_percentage: 50 },
    });
  });

  it('has no interrupts on macOS', () => {
    expect(usageOn('darwin', { user: 300, nice: 0, sys: 200, idle: 500, irq: 0 })?.figures).toEqual({
      cores: 1,
      core_percentages: [50],
      user_percentage: 30,
      nice_percentage: 0,
      system_percentage: 20,
      idle_percentage: 50,
    });
  });

  it('is nothing where Node sees no core', () => {
    expect(timesOf(os('linux'))).toBeUndefined();
  });
});
