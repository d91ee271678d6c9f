import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { captured, folderOf, sysOf } from './captured.ts';
import {
  CPUINFO_CORES_MAX,
  coresIn,
  cpu_frequency,
  kilohertz,
  OLD_MS,
  Policies,
  parseCpuinfo,
} from './cpu-frequency.ts';

const frequencyOn = (machine: string) => new Policies(sysOf(machine), () => 0).read()?.figures;

/** A /sys with a core for each frequency, in kHz. */
function sysWith(...frequencies: readonly string[]) {
  const files: Record<string, string> = {};
  frequencies.forEach((kilohertz, core) => {
    files[`devices/system/cpu/cpufreq/policy${core}/affected_cpus`] = `${core}`;
    files[`devices/system/cpu/cpufreq/policy${core}/scaling_cur_freq`] = kilohertz;
  });
  return folderOf(files);
}

describe('the frequency of the CPU', () => {
  it('is that of the slowest and the fastest core, and the mean, beside what could be', () => {
    expect(frequencyOn('server-128-cores-linux-5.15')).toEqual({
      min_hertz: 2_450_000_000,
      mean_hertz: 2_925_000_000,
      max_hertz: 3_400_000_000,
      cores: 2,
      possible_min_hertz: 1_500_000_000,
      possible_max_hertz: 3_529_052_000,
      allowed_max_hertz: 3_529_052_000,
      governor: 'schedutil',
    });
    expect(frequencyOn('laptop-linux-6.1')).toMatchObject({
      allowed_max_hertz: 3_200_000_000,
      possible_max_hertz: 4_200_000_000,
    });
  });

  it('counts each of the cores that run alike', () => {
    expect(frequencyOn('raspberry-pi-linux-6.6')).toMatchObject({ cores: 4, mean_hertz: 1_800_000_000 });
  });

  it('leaves out a core that does not tell, and is nothing where none does', () => {
    expect(new Policies(sysWith('<unknown>', '1000000'), () => 0).read()?.figures).toEqual({
      min_hertz: 1_000_000_000,
      mean_hertz: 1_000_000_000,
      max_hertz: 1_000_000_000,
      cores: 1,
    });
    expect(new Policies(sysWith('<unknown>'), () => 0).read()).toBeUndefined();
    expect(new Policies(undefined, () => 0).read()).toBeUndefined();
  });

  it('goes on with the next core where it takes long, and forgets what is old', () => {
    let time_ms = 0;
    const sys = sysWith('1000000', '2000000', '3000000');
    const read = (name: string) => {
      if (name.endsWith('cur_freq')) time_ms += 10;
      return sys.read(name);
    };
    const policies = new Policies({ ...sys, read }, () => time_ms);
    const maxima = [0, 1, 2].map(() => policies.read()?.figures);
    expect(maxima.map((figures) => figures?.cores)).toEqual([1, 2, 3]);
    expect(maxima.map((figures) => figures?.max_hertz)).toEqual([1e9, 2e9, 3e9]);
    time_ms += OLD_MS + 1;
    expect(policies.read()?.figures).toMatchObject({ cores: 1, max_hertz: 1e9 });
  });

  it('is what /proc/cpuinfo says where nothing else is told', () => {
    expect(parseCpuinfo(captured('vm-2-cores-linux-6.18', 'cpuinfo') ?? '')?.figures).toEqual({
      min_hertz: 2_596_122_000,
      mean_hertz: 2_596_122_000,
      max_hertz: 2_596_122_000,
      cores: 2,
    });
    expect(parseCpuinfo('processor\t: 0\nBogoMIPS\t: 108.00\n')).toBeUndefined();
  });

  it('does not read a long /proc/cpuinfo', () => {
    const read = (online: string) => {
      const text = () => 'cpu MHz : 1000.0\n';
      const sys = folderOf({ 'devices/system/cpu/online': online });
      const proc = { read: () => undefined, text, folder: folderOf({}) };
      const none = undefined as never;
      return cpu_frequency.open({ proc, sys, files: undefined, os: none, statfs: none, now: () => 0 }).read();
    };
    expect(read(`0-${CPUINFO_CORES_MAX - 1}`)).toBeDefined();
    expect(read(`0-${CPUINFO_CORES_MAX}`)).toBeUndefined();
    expect(read('')).toBeUndefined();
  });
});

it.each([
  ['0', 1],
  ['0-3,8,10-11', 7],
  ['', Number.NaN],
  ['0-3,x', Number.NaN],
])('a list of cores, %j, has %d', (list, cores) => {
  expect(coresIn(list)).toBe(cores);
});

it('a frequency of any text is a number above nought or unknown', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'0123456789-x.') }), (text) => {
      const hertz = kilohertz(text);
      expect(Number.isNaN(hertz) || (Number.isSafeInteger(hertz) && hertz > 0)).toBe(true);
    }),
  );
});
