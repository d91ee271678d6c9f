import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Folder } from '../host.ts';
import { folderOf, sysOf } from './captured.ts';
import { parseCelsius, readSensors, SENSORS_MAX, sensorsIn } from './sensors.ts';

async function sensorsOf(sys: Folder | undefined) {
  return sys && (await readSensors(sys, sensorsIn(sys)))?.figures;
}

/** A chip's files. */
function chip(number: number, name: string, files: Readonly<Record<string, string>>): Record<string, string> {
  const folder = `class/hwmon/hwmon${number}`;
  const entries = Object.entries(files).map(([file, text]) => [`${folder}/${file}`, text]);
  return { [`${folder}/name`]: name, ...Object.fromEntries(entries) };
}

describe('sensors', () => {
  it('tell how hot each part is, how fast fans turn and what is drawn, and which is the hottest', async () => {
    expect(await sensorsOf(sysOf('laptop-linux-6.1'))).toEqual({
      hottest: 'coretemp Package id 0',
      hottest_celsius: 47,
      temperatures: {
        'acpitz temp1': { celsius: 43, critical_celsius: 128 },
        'nvme Composite': { celsius: 38.9, high_celsius: 83.9, critical_celsius: 87.9 },
        // Its limit of 65,262 °C is none.
        'nvme Sensor 1': { celsius: 38.9 },
        'thinkpad CPU': { celsius: 46 },
        'coretemp Package id 0': { celsius: 47, high_celsius: 100, critical_celsius: 100 },
        'coretemp Core 0': { celsius: 45, high_celsius: 100, critical_celsius: 100 },
        'coretemp Core 2': { celsius: 47, high_celsius: 100, critical_celsius: 100 },
        'iwlwifi_1 temp1': { celsius: 36 },
        pch_cannonlake: { celsius: 44.5 },
      },
      fans: { 'thinkpad fan1': { rpm: 2_637 }, 'thinkpad fan2': { rpm: 0 } },
      power: { 'BAT0 power1': { watts: 9.88 } },
    });
  });

  it('are told apart where there are several of a kind', async () => {
    const { temperatures, power } = (await sensorsOf(sysOf('server-128-cores-linux-5.15'))) ?? {};
    expect(Object.keys(temperatures ?? {})).toEqual([
      'k10temp Tctl',
      'k10temp Tccd1',
      'k10temp 2 Tctl',
      'k10temp 2 Tccd1',
      'nvme Composite',
    ]);
    expect(power).toEqual({ 'power_meter power1': { watts: 412 } });
  });

  it('are told once where a chip is a thermal zone too', async () => {
    expect(await sensorsOf(sysOf('raspberry-pi-linux-6.6'))).toEqual({
      hottest: 'cpu_thermal temp1',
      hottest_celsius: 52.6,
      temperatures: { 'cpu_thermal temp1': { celsius: 52.6 } },
    });
  });

  it('are thermal zones where there is no chip', async () => {
    const zone = { 'class/thermal/thermal_zone0/type': 'cpu-thermal', 'class/thermal/thermal_zone0/temp': '40000' };
    expect((await sensorsOf(folderOf(zone)))?.temperatures).toEqual({ 'cpu-thermal': { celsius: 40 } });
  });

  it('are nothing where none answers', async () => {
    expect(await sensorsOf(folderOf(chip(0, 'acpitz', { temp1_input: '' })))).toBeUndefined();
    expect(await sensorsOf(folderOf({}))).toBeUndefined();
  });

  it('are bounded, cores last, and what is left out is counted and not asked', async () => {
    const cores = Array.from({ length: 40 }, (_, n) => [
      [`temp${n + 1}_input`, '40000'],
      [`temp${n + 1}_label`, `Core ${n}`],
    ]).flat();
    const sys = folderOf({
      ...chip(0, 'coretemp', Object.fromEntries(cores)),
      ...chip(1, 'nvme', { temp1_input: '1' }),
    });
    const asked: string[] = [];
    const ask = (name: string) => {
      asked.push(name);
      return sys.ask(name);
    };
    const figures = await sensorsOf({ ...sys, ask });
    expect(Object.keys(figures?.temperatures ?? {})).toHaveLength(SENSORS_MAX);
    expect(Object.keys(figures?.temperatures ?? {})[0]).toBe('nvme temp1');
    expect(figures?.left_out).toBe(41 - SENSORS_MAX);
    expect(asked).toHaveLength(SENSORS_MAX);
  });
});

it('a temperature of any text is one that can be, or none', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.integer().map(String)), (text) => {
      const celsius = parseCelsius(text) ?? 0;
      expect(celsius >= -60 && celsius <= 200 && !Object.is(celsius, -0)).toBe(true);
    }),
  );
});
