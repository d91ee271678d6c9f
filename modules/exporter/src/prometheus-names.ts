// Names and units as Prometheus has them: base units, which end the name. https://prometheus.io/docs/practices/naming/

import type { Figure, Label } from './figures.ts';
import type { Named } from './fleet.ts';
import { Made } from './made.ts';
import type { Unit } from './unit.ts';

/** All figures of one name. */
export interface Family {
  /** `ganglion_disks_read_bytes_per_second`. */
  readonly name: string;
  /** `bytes_per_second`; empty for a number of things. */
  readonly unit: string;
  /** What it is, in a line. */
  readonly help: string;
  /** What the value in the message is divided by. */
  readonly divisor: number;
}

const UNITS: Readonly<Record<Unit, readonly [name: string, divisor: number]>> = {
  percentage: ['ratio', 100],
  bytes: ['bytes', 1],
  bytes_per_second: ['bytes_per_second', 1],
  bits_per_second: ['bits_per_second', 1],
  per_second: ['per_second', 1],
  ms: ['seconds', 1_000],
  moment: ['timestamp_seconds', 1_000],
  seconds: ['seconds', 1],
  celsius: ['celsius', 1],
  watts: ['watts', 1],
  volts: ['volts', 1],
  hertz: ['hertz', 1],
  rpm: ['rpm', 1],
  cores: ['cores', 1],
  ppm: ['ppm', 1],
  count: ['', 1],
};

/** What a format takes the last word of a name for; said of a gauge it says nothing. */
const RESERVED = /_(total|count|sum|bucket|created|info)$/;

const HELP: Readonly<Record<string, string>> = {
  usage: 'How much of a resource is in use.',
  band: 'Whether a resource is judged to be in this band.',
  up: 'Whether the machine is heard.',
};

/** Names of labels that are ours: an owner's label of such a name is put behind `label_`. */
const OURS = new Set(['machine', 'resource', 'band', 'job', 'instance', 'le', 'quantile']);

/** Labels that say whose a figure is. */
const OF_MACHINES = new Set(['machine', 'job', 'instance']);

/** Series that are told apart; past that all are forgotten and told apart anew. */
const SERIES_MAX = 200_000;

/** The family that a figure belongs to. */
export function familyOf({ resource, stem, unit, is_info }: Figure): Family {
  const [unit_name, divisor] = UNITS[unit];
  // `load_1` of `load` is `load_1`.
  const rest = stem === resource ? '' : stem.startsWith(`${resource}_`) ? stem.slice(resource.length + 1) : stem;
  const words = ['ganglion', resource, rest, unit_name].filter((word) => word !== '');
  const name = words.join('_').replace(/[^a-zA-Z0-9_]/g, '_');
  const words_for_people = `${resource}: ${stem}`.replaceAll('_', ' ');
  const help = Object.hasOwn(HELP, resource) ? HELP[resource] : words_for_people;
  return {
    name: unit_name === '' && !is_info ? name.replace(RESERVED, '') : name,
    unit: unit_name,
    help: (help ?? '').replace(/[^ -~]|[\\"]/g, '?'),
    divisor,
  };
}

/** A value in the base unit. Percentages have two decimals: 12.21 is 0.1221 and not 0.12210000000000001. */
export function inBaseUnit(value: number, divisor: number): number {
  if (divisor === 1) return value;
  const hundredths = Math.round(value * 100);
  return hundredths / 100 === value ? hundredths / (100 * divisor) : value / divisor;
}

/** A label's name as it may be: letters, digits and `_`, and not first `__` or a digit. */
export function labelName(name: string): string {
  const clean = name.replace(/[^a-zA-Z0-9_]/g, '_').replace(/^__+/, '_');
  return /^[a-zA-Z_]/.test(clean) ? clean : `_${clean}`;
}

/** Names and values of a figure's own labels. */
export function ownLabels({ labels }: Figure): readonly Label[] {
  return unique(
    labels.map(([label, value]) => {
      const name = labelName(label);
      return [OF_MACHINES.has(name) ? `label_${name}` : name, value];
    }),
  );
}

/**
 * Figures that are one series, since their names differ in what Prometheus has no letters for: of a machine that has several, only the
 * first counts. It would take none of them.
 */
export class Twins {
  /** The first of each series, and so what all of them have in common. */
  readonly #firsts = new Map<string, Figure>();
  readonly #first = new Made<Figure, Figure>((figure) => {
    const series = JSON.stringify([familyOf(figure).name, ...ownLabels(figure)]);
    if (this.#firsts.size >= SERIES_MAX) this.#firsts.clear();
    const first = this.#firsts.get(series) ?? figure;
    this.#firsts.set(series, first);
    return first;
  });

  /** Whether one of a machine's figures is a series that another of them is already. */
  isOther(figures: readonly Figure[], at: number): boolean {
    const figure = figures[at] as Figure;
    const first = this.#first.of(figure);
    if (first === figure) return false;
    return figures.some((each, i) => each === first || (i < at && this.#first.of(each) === first));
  }
}

/** Names and values of what a machine is called by. */
export function machineLabels({ name, labels }: Named): readonly Label[] {
  const given = labels.map(([label, value]): Label => {
    const clean = labelName(label);
    return [OURS.has(clean) ? `label_${clean}` : clean, value];
  });
  return unique([['machine', name], ...given]);
}

/** The first of each name: two names may become one. */
function unique(labels: readonly Label[]): readonly Label[] {
  const seen = new Set<string>();
  return labels.filter(([name]) => !seen.has(name) && seen.add(name));
}
