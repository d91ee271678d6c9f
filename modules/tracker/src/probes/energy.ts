// Energy: what the processor and its memory draw, as they count it themselves (RAPL). Only root may read it; for others, and
// in most virtual machines, there are no such figures.
//
// From /sys/class/powercap, see the kernel's power/powercap.

import { oneLine } from '@ganglion/kernel';
import Type, { type Static } from 'typebox';
import { Count, Watts } from '../figures.ts';
import type { Folder } from '../host.ts';
import { defineProbe, type Reading } from '../probe.ts';

/** Zones whose figures are in a measure; the others are counted. */
export const ZONES_MAX = 32;

const Zone = Type.Object({ watts: Watts('Drawn, on average') });

const schema = Type.Object({
  watts: Type.Optional(Watts('All processors together')),
  zones: Type.Record(Type.String(), Zone, { title: 'By processor and part of it' }),
  left_out: Type.Optional(Count(`Zones beyond the first ${ZONES_MAX}`)),
});

type Figures = Static<typeof schema>;

export const energy = defineProbe({
  name: 'energy',
  schema,
  every_ms: 10_000,
  open: ({ sys, now }) => {
    const readZones = () => (sys === undefined ? [] : zonesIn(sys));
    let before = readZones();
    let before_ms = now();
    return {
      read: () => {
        const after = readZones();
        const after_ms = now();
        const reading = energyBetween(before, after, after_ms - before_ms);
        before = after;
        before_ms = after_ms;
        return reading;
      },
    };
  },
});

/** One counter of energy. */
export interface EnergyZone {
  /** `package-0`, and `package-0 dram` for a part of it. */
  readonly name: string;
  /** Whether it stands for a whole processor. */
  readonly whole: boolean;
  /** Microjoules since it began, or since it began again. */
  readonly counted_uj: number;
  /** What it counts to before it begins again. */
  readonly counted_max_uj: number;
}

const FOLDER = 'class/powercap';

/** The zones that may be read. */
export function zonesIn(sys: Folder): EnergyZone[] {
  const names = new Map<string, string>();
  return sys
    .list(FOLDER)
    .toSorted()
    .flatMap((zone) => {
      // `intel-rapl:0` is a processor, `intel-rapl:0:2` a part of it; what else there is counts the same once more. AMD's
      // processors are called so too.
      const [, processor, part] = /^(intel-rapl:\d+)(:\d+)?$/.exec(zone) ?? [];
      if (processor === undefined) return [];
      const name = oneLine(sys.read(`${FOLDER}/${zone}/name`) || zone, 32);
      if (part === undefined) names.set(processor, name);
      const counted_uj = whole(sys.read(`${FOLDER}/${zone}/energy_uj`));
      const counted_max_uj = whole(sys.read(`${FOLDER}/${zone}/max_energy_range_uj`));
      // `psys` is the whole board: more than the processors, and not one of them.
      const is_whole = part === undefined && name.startsWith('package');
      const full_name = part === undefined ? name : `${names.get(processor) ?? processor} ${name}`;
      return Number.isNaN(counted_uj) ? [] : [{ name: full_name, whole: is_whole, counted_uj, counted_max_uj }];
    });
}

function whole(text: string | undefined): number {
  return text !== undefined && /^\d{1,19}$/.test(text) ? Number(text) : Number.NaN;
}

/** What was drawn between two readings. Undefined when nothing is known of any zone. */
export function energyBetween(
  before: readonly EnergyZone[],
  after: readonly EnergyZone[],
  elapsed_ms: number,
): Reading<Figures> | undefined {
  const counted = new Map(before.map(({ name, counted_uj }) => [name, counted_uj]));
  const zones = new Map<string, { watts: number }>();
  let all = 0;
  let left_out = 0;
  for (const zone of after) {
    const watts = wattsOf(counted.get(zone.name) ?? Number.NaN, zone, elapsed_ms);
    if (watts === undefined || zones.has(zone.name)) continue;
    if (zone.whole) all += watts;
    if (zones.size < ZONES_MAX) zones.set(zone.name, { watts });
    else left_out++;
  }
  if (zones.size === 0) return undefined;
  const figures: Figures = { zones: Object.fromEntries(zones) };
  if (all > 0) figures.watts = Math.round(all * 100) / 100;
  if (left_out > 0) figures.left_out = left_out;
  return { figures };
}

/** More than any processor draws: the counter did not wrap but began again. */
const WATTS_MAX = 5_000;

/** Undefined when it is not known. */
function wattsOf(
  before_uj: number,
  { counted_uj, counted_max_uj }: EnergyZone,
  elapsed_ms: number,
): number | undefined {
  const grown_uj = counted_uj >= before_uj ? counted_uj - before_uj : counted_uj - before_uj + counted_max_uj;
  const watts = Math.round(grown_uj / elapsed_ms / 10) / 100;
  return watts >= 0 && watts <= WATTS_MAX ? watts : undefined;
}
