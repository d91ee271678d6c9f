// Batteries: how full each is, what it gives, how worn it is, and whether the machine has mains power. Also those of a UPS
// that the kernel knows; not those of a mouse.
//
// From /sys/class/power_supply, see the kernel's ABI/testing/sysfs-class-power.

import { oneLine } from '@ganglion/kernel';
import Type, { type Static } from 'typebox';
import { Count, Percentage, Watts } from '../figures.ts';
import type { Folder } from '../host.ts';
import { defineProbe, percentageOf, type Reading } from '../probe.ts';

/** Batteries whose figures are in a measure; the others are counted. */
export const BATTERIES_MAX = 32;

const Battery = Type.Object({
  charge_percentage: Type.Optional(Percentage('Charge')),
  state: Type.Optional(Type.String({ title: 'What it does' })),
  watts: Type.Optional(Watts('What it gives or takes')),
  health_percentage: Type.Optional(Percentage('What it can hold, of what it could when new')),
  cycles: Type.Optional(Count('Times it was charged')),
});

type Battery = Static<typeof Battery>;

const schema = Type.Object({
  mains: Type.Optional(Type.Boolean({ title: 'Mains power' })),
  batteries: Type.Optional(Type.Record(Type.String(), Battery, { title: 'By battery' })),
  left_out: Type.Optional(Count(`Batteries beyond the first ${BATTERIES_MAX}`)),
});

type Figures = Static<typeof schema>;

export const batteries = defineProbe({
  name: 'batteries',
  schema,
  every_ms: 10_000,
  open: ({ sys, files }, changed = () => {}) => {
    if (sys === undefined) return { read: () => undefined };
    // udev writes down what it does: the mains was plugged in or out, a battery changed.
    const close = files?.watch('run/udev/data', (file) => {
      if (file.startsWith('+power_supply:')) changed();
    });
    return {
      // The machine's firmware is asked, which may take its time.
      read: () => batteriesIn(sys),
      close: () => close?.(),
    };
  },
});

const FOLDER = 'class/power_supply';

/** Undefined where there is none: a machine with mains power alone has nothing to tell. */
export async function batteriesIn(sys: Folder): Promise<Reading<Figures> | undefined> {
  const figures: Figures = {};
  const all: [string, Battery][] = [];
  let left_out = 0;
  for (const name of sys.list(FOLDER).toSorted()) {
    const told = parseUevent((await sys.ask(`${FOLDER}/${name}/uevent`)) ?? '');
    const type = told.get('TYPE') ?? sys.read(`${FOLDER}/${name}/type`);
    if (type === 'Mains' || type === 'USB') {
      const online = told.get('ONLINE');
      // Of several, one is enough.
      if (online === '1' || (online === '0' && figures.mains === undefined)) figures.mains = online === '1';
    } else if (type === 'Battery' || type === 'UPS') {
      // What is only connected has a battery of its own; a slot may be empty.
      if (told.get('SCOPE') === 'Device' || told.get('PRESENT') === '0') continue;
      const battery = batteryOf(told);
      if (Object.keys(battery).length === 0) continue;
      if (all.length < BATTERIES_MAX) all.push([oneLine(name, 64), battery]);
      else left_out++;
    }
  }
  if (all.length === 0) return undefined;
  figures.batteries = Object.fromEntries(all);
  if (left_out > 0) figures.left_out = left_out;
  return { figures };
}

/** Parses all that a supply tells, `POWER_SUPPLY_CAPACITY=81`, by the names behind the first two words. */
export function parseUevent(text: string): ReadonlyMap<string, string> {
  const told = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, name, value] = /^POWER_SUPPLY_([A-Z_]+)=(.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) told.set(name, value);
  }
  return told;
}

/** By the kernel's words, see its sysfs-class-power; `Unknown` is left out. */
const STATES: ReadonlyMap<string, string> = new Map([
  ['Charging', 'charging'],
  ['Discharging', 'discharging'],
  ['Not charging', 'not charging'],
  ['Full', 'full'],
]);

/** The figures of one battery: empty when it tells none. */
export function batteryOf(told: ReadonlyMap<string, string>): Battery {
  // Some drivers tell a current below nought while the battery gives it.
  const number = (name: string) => {
    const text = told.get(name) ?? '';
    return /^-?\d{1,12}$/.test(text) ? Math.abs(Number(text)) : Number.NaN;
  };
  const battery: Battery = {};
  const charge = number('CAPACITY');
  if (charge <= 100) battery.charge_percentage = charge;
  const state = STATES.get(told.get('STATUS') ?? '');
  if (state !== undefined) battery.state = state;
  // Millionths of a watt, of an ampere, of a volt.
  const power = number('POWER_NOW');
  const watts = (Number.isNaN(power) ? (number('CURRENT_NOW') * number('VOLTAGE_NOW')) / 1_000_000 : power) / 1_000_000;
  if (watts <= 1_000_000) battery.watts = Math.round(watts * 100) / 100;
  for (const [full, when_new] of FULL) {
    const [holds, held] = [number(full), number(when_new)];
    // A new one may hold more than it is said to.
    if (holds > 0 && held > 0) battery.health_percentage = percentageOf(Math.min(holds, held), held);
  }
  const cycles = number('CYCLE_COUNT');
  // Nought where the driver does not know.
  if (cycles > 0) battery.cycles = cycles;
  return battery;
}

const FULL = [
  ['ENERGY_FULL', 'ENERGY_FULL_DESIGN'],
  ['CHARGE_FULL', 'CHARGE_FULL_DESIGN'],
] as const;
