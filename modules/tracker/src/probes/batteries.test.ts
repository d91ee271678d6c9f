import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batteriesIn, batteryOf, parseUevent } from './batteries.ts';
import { folderOf, sysOf } from './captured.ts';

const battery = (...lines: readonly string[]) =>
  batteryOf(parseUevent(lines.map((line) => `POWER_SUPPLY_${line}\n`).join('')));

describe('batteries', () => {
  it('tell their charge, what they give and how worn they are, and whether there is mains power', async () => {
    const sys = sysOf('laptop-linux-6.1') ?? folderOf({});
    // The mouse has one of its own.
    expect(await batteriesIn(sys)).toEqual({
      figures: {
        mains: false,
        batteries: {
          BAT0: { charge_percentage: 81, state: 'discharging', watts: 9.88, health_percentage: 84.53, cycles: 311 },
        },
      },
    });
  });

  it('give a current where they tell no power, also one below nought', () => {
    expect(battery('CURRENT_NOW=-1500000', 'VOLTAGE_NOW=12000000')).toEqual({ watts: 18 });
  });

  it('that are better than new are as good as new', () => {
    expect(battery('CHARGE_FULL=5100000', 'CHARGE_FULL_DESIGN=5000000')).toEqual({ health_percentage: 100 });
  });

  it('have no figures that they do not know', () => {
    expect(battery('STATUS=Unknown', 'CYCLE_COUNT=0', 'CAPACITY=101', 'ENERGY_FULL=0', 'POWER_NOW=')).toEqual({});
  });

  it('are nothing on a machine without, and where the slot is empty', async () => {
    const uevent = (text: string) => folderOf({ 'class/power_supply/BAT0/uevent': text });
    expect(await batteriesIn(uevent('POWER_SUPPLY_TYPE=Mains\nPOWER_SUPPLY_ONLINE=1'))).toBeUndefined();
    expect(
      await batteriesIn(uevent('POWER_SUPPLY_TYPE=Battery\nPOWER_SUPPLY_PRESENT=0\nPOWER_SUPPLY_CAPACITY=9')),
    ).toBeUndefined();
    expect(await batteriesIn(folderOf({}))).toBeUndefined();
  });

  it('are bounded, and it is said how many are left out', async () => {
    const text = 'POWER_SUPPLY_TYPE=Battery\nPOWER_SUPPLY_CAPACITY=9';
    const all = Array.from({ length: 40 }, (_, n) => [`class/power_supply/BAT${n}/uevent`, text]);
    const reading = await batteriesIn(folderOf(Object.fromEntries(all)));
    expect(reading?.figures.left_out).toBe(8);
  });
});

it('a battery of any text has percentages from 0 to 100, and nothing below nought', () => {
  const name = fc.constantFrom('CAPACITY', 'POWER_NOW', 'CURRENT_NOW', 'VOLTAGE_NOW', 'CHARGE_FULL', 'CYCLE_COUNT');
  const line = fc.tuple(name, fc.oneof(fc.integer().map(String), fc.string())).map((parts) => parts.join('='));
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const { charge_percentage = 0, health_percentage = 0, watts = 0, cycles = 0 } = battery(...lines);
      for (const share of [charge_percentage, health_percentage]) expect(share >= 0 && share <= 100).toBe(true);
      for (const number of [watts, cycles]) expect(number >= 0 && Number.isFinite(number)).toBe(true);
    }),
  );
});
