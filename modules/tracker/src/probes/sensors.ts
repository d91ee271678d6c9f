// Sensors: how hot it is, how fast the fans turn, and what the parts draw that measure it themselves.
//
// From /sys/class/hwmon, see the kernel's hwmon/sysfs-interface, and /sys/class/thermal for what is not there too. Voltages
// are left out: whether one is good nobody can say without the board's manual. A sensor may sit at a slow wire, or in a disk
// that is busy: each is asked in a way that holds up nobody, one after the other.

import { oneLine } from '@ganglion/kernel';
import Type, { type Static } from 'typebox';
import { Celsius, Count, Watts } from '../figures.ts';
import type { Folder } from '../host.ts';
import { defineProbe, type Reading } from '../probe.ts';

/** Sensors whose figures are in a measure, of each kind; the others are counted, and not asked. */
export const SENSORS_MAX = 32;

/** Characters of a sensor's name. */
const NAME_MAX = 64;

/** Which sensors there are is looked up again after this time. */
export const LOOK_UP_MS = 60_000;

const Temperature = Type.Object({
  celsius: Celsius('Now'),
  high_celsius: Type.Optional(Celsius('Too hot from here on')),
  critical_celsius: Type.Optional(Celsius('Harmful from here on')),
});

const Fan = Type.Object({
  rpm: Type.Number({ title: 'Now', minimum: 0, unit: '1/min' }),
});

const Draw = Type.Object({ watts: Watts('Now') });

const schema = Type.Object({
  hottest: Type.Optional(Type.String({ title: 'The hottest' })),
  hottest_celsius: Type.Optional(Celsius('How hot it is')),
  temperatures: Type.Optional(Type.Record(Type.String(), Temperature, { title: 'Temperatures' })),
  fans: Type.Optional(Type.Record(Type.String(), Fan, { title: 'Fans' })),
  power: Type.Optional(Type.Record(Type.String(), Draw, { title: 'Power' })),
  left_out: Type.Optional(Count(`Sensors beyond the first ${SENSORS_MAX} of a kind`)),
});

type Figures = Static<typeof schema>;
type Temperature = Static<typeof Temperature>;

export const sensors = defineProbe({
  name: 'sensors',
  schema,
  every_ms: 10_000,
  open: ({ sys, now }) => {
    let found: Found | undefined;
    let found_ms = Number.NEGATIVE_INFINITY;
    return {
      read: async () => {
        if (sys === undefined) return undefined;
        if (found === undefined || now() - found_ms >= LOOK_UP_MS) {
          found = sensorsIn(sys);
          found_ms = now();
        }
        return readSensors(sys, found);
      },
    };
  },
});

/** A sensor: its name and the file where it tells its figure. */
export interface Sensor {
  readonly name: string;
  readonly file: string;
  /** Degrees that do not change. */
  readonly high_celsius?: number | undefined;
  readonly critical_celsius?: number | undefined;
}

interface Found {
  readonly temperatures: readonly Sensor[];
  readonly fans: readonly Sensor[];
  readonly power: readonly Sensor[];
  readonly left_out: number;
}

const HWMON = 'class/hwmon';
const THERMAL = 'class/thermal';

/** The sensors of a machine, those of cores last: there are many, and they are much alike. */
export function sensorsIn(sys: Folder): Found {
  const chips = chipsIn(sys);
  const temperatures: Sensor[] = [];
  const fans: Sensor[] = [];
  const power: Sensor[] = [];
  for (const { folder, name } of chips) {
    for (const file of inOrder(sys.list(folder))) {
      const [, kind, number] = /^(temp|fan|power)(\d+)_(?:input|average)$/.exec(file) ?? [];
      if (kind === undefined) continue;
      const label = sys.read(`${folder}/${kind}${number}_label`) || `${kind}${number}`;
      const sensor = { name: oneLine(`${name} ${label}`, NAME_MAX), file: `${folder}/${file}` };
      if (kind === 'fan') fans.push(sensor);
      else if (kind === 'power') power.push(sensor);
      else {
        const degrees = (what: string) => parseCelsius(sys.read(`${folder}/temp${number}_${what}`));
        temperatures.push({ ...sensor, high_celsius: degrees('max'), critical_celsius: degrees('crit') });
      }
    }
  }
  temperatures.push(...zonesIn(sys, new Set(chips.map(({ chip }) => chip))));
  const isCore = ({ name }: Sensor) => / Core \d+$/.test(name);
  const ordered = [...temperatures.filter((each) => !isCore(each)), ...temperatures.filter(isCore)];
  const kinds = [ordered, fans, power].map(distinct);
  const [first = [], second = [], third = []] = kinds.map((kind) => kind.slice(0, SENSORS_MAX));
  const left_out = kinds.reduce((sum, { length }) => sum + Math.max(0, length - SENSORS_MAX), 0);
  return { temperatures: first, fans: second, power: third, left_out };
}

/** The chips, under names of their own: of two alike the second is called `nvme 2`. */
function chipsIn(sys: Folder): { folder: string; chip: string; name: string }[] {
  const times = new Map<string, number>();
  return inOrder(sys.list(HWMON)).map((folder) => {
    const chip = sys.read(`${HWMON}/${folder}/name`) || folder;
    const time = (times.get(chip) ?? 0) + 1;
    times.set(chip, time);
    return { folder: `${HWMON}/${folder}`, chip, name: time === 1 ? chip : `${chip} ${time}` };
  });
}

/** The thermal zones that are not chips as well. */
function zonesIn(sys: Folder, chips: ReadonlySet<string>): Sensor[] {
  return inOrder(sys.list(THERMAL)).flatMap((zone) => {
    if (!/^thermal_zone\d+$/.test(zone)) return [];
    const type = sys.read(`${THERMAL}/${zone}/type`);
    if (type === undefined || type === '') return [];
    // The kernel makes a chip of a zone, and gives it the zone's name without dashes.
    if (chips.has(type) || chips.has(type.replaceAll('-', '_'))) return [];
    if (type === 'x86_pkg_temp' && chips.has('coretemp')) return [];
    return [{ name: oneLine(type, NAME_MAX), file: `${THERMAL}/${zone}/temp` }];
  });
}

/** By the numbers in the names: `temp2_input` before `temp10_input`. */
function inOrder(names: readonly string[]): string[] {
  const number = (name: string) => Number(/\d+/.exec(name)?.[0] ?? -1);
  return names.toSorted((a, b) => number(a) - number(b) || (a < b ? -1 : 1));
}

/** Of several with one name, the first: a chip may tell a figure as it is and as a mean. */
function distinct(sensors: readonly Sensor[]): Sensor[] {
  const names = new Map<string, Sensor>();
  for (const sensor of sensors) if (!names.has(sensor.name)) names.set(sensor.name, sensor);
  return [...names.values()];
}

/** Asks each sensor. Undefined where none answers. */
export async function readSensors(sys: Folder, found: Found): Promise<Reading<Figures> | undefined> {
  const figures: Figures = {};
  const temperatures: [string, Temperature][] = [];
  for (const { name, file, high_celsius, critical_celsius } of found.temperatures) {
    const celsius = parseCelsius(await sys.ask(file));
    if (celsius === undefined) continue;
    const temperature: Temperature = { celsius };
    if (high_celsius !== undefined) temperature.high_celsius = high_celsius;
    if (critical_celsius !== undefined) temperature.critical_celsius = critical_celsius;
    temperatures.push([name, temperature]);
    if (celsius > (figures.hottest_celsius ?? Number.NEGATIVE_INFINITY)) {
      figures.hottest = name;
      figures.hottest_celsius = celsius;
    }
  }
  const fans: [string, Static<typeof Fan>][] = [];
  for (const { name, file } of found.fans) {
    const rpm = parseWhole(await sys.ask(file), 1_000_000);
    if (rpm !== undefined) fans.push([name, { rpm }]);
  }
  const power: [string, Static<typeof Draw>][] = [];
  for (const { name, file } of found.power) {
    const microwatts = parseWhole(await sys.ask(file), 1e12);
    if (microwatts !== undefined) power.push([name, { watts: Math.round(microwatts / 10_000) / 100 }]);
  }
  if (temperatures.length > 0) figures.temperatures = Object.fromEntries(temperatures);
  if (fans.length > 0) figures.fans = Object.fromEntries(fans);
  if (power.length > 0) figures.power = Object.fromEntries(power);
  if (Object.keys(figures).length === 0) return undefined;
  if (found.left_out > 0) figures.left_out = found.left_out;
  return { figures };
}

/** What a part can have that still works. Where no sensor is connected, drivers tell other figures. */
const [COLDEST_CELSIUS, HOTTEST_CELSIUS] = [-60, 200];

/** Parses a temperature, thousandths of a degree. Undefined when it is none that can be. */
export function parseCelsius(text: string | undefined): number | undefined {
  if (text === undefined || !/^-?\d{1,9}$/.test(text)) return undefined;
  // Never the nought below nought.
  const celsius = Math.round(Number(text) / 100) / 10 || 0;
  return celsius >= COLDEST_CELSIUS && celsius <= HOTTEST_CELSIUS ? celsius : undefined;
}

function parseWhole(text: string | undefined, maximum: number): number | undefined {
  if (text === undefined || !/^\d{1,15}$/.test(text)) return undefined;
  const number = Number(text);
  return number <= maximum ? number : undefined;
}
