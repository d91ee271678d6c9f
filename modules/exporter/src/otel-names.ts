// Names and units as OpenTelemetry's semantic conventions have them for the metrics of a system, and for all else one that fits beside
// them. https://opentelemetry.io/docs/specs/semconv/system/system-metrics/

import type { Figure, Label } from './figures.ts';
import { fieldOf, type Unit } from './unit.ts';

/** What a figure is to OpenTelemetry. */
export interface Metric {
  readonly name: string;
  /** By the Unified Code for Units of Measure. */
  readonly unit: string;
  /** `amount`: what can be added up over attributes and hosts. */
  readonly kind: 'gauge' | 'amount';
  readonly attributes: readonly Label[];
  /** What the value in the message is divided by. */
  readonly divisor: number;
}

const UNITS: Readonly<Record<Unit, readonly [unit: string, divisor: number]>> = {
  percentage: ['1', 100],
  bytes: ['By', 1],
  bytes_per_second: ['By/s', 1],
  bits_per_second: ['bit/s', 1],
  per_second: ['1/s', 1],
  ms: ['s', 1_000],
  moment: ['s', 1_000],
  seconds: ['s', 1],
  celsius: ['Cel', 1],
  watts: ['W', 1],
  volts: ['V', 1],
  hertz: ['Hz', 1],
  rpm: ['{revolution}/min', 1],
  cores: ['{cpu}', 1],
  ppm: ['[ppm]', 1],
  count: ['1', 1],
};

interface Convention {
  readonly name: string;
  readonly kind: Metric['kind'];
  readonly unit?: string;
  readonly attributes?: readonly Label[];
  /** Our label's name, and the convention's. */
  readonly renames?: Readonly<Record<string, string>>;
}

const cpuMode = (mode: string): Convention => ({
  name: 'system.cpu.utilization',
  kind: 'gauge',
  attributes: [['cpu.mode', mode]],
});
const memoryState = (state: string): Convention => ({
  name: 'system.memory.usage',
  kind: 'amount',
  attributes: [['system.memory.state', state]],
});
const MOUNT = { mount: 'system.filesystem.mountpoint' };
const fileSystem = (name: string, kind: Metric['kind'], state?: string): Convention => ({
  name: `system.filesystem.${name}`,
  kind,
  ...(state !== undefined && { attributes: [['system.filesystem.state', state] as const] }),
  renames: MOUNT,
});

/** By resource and field, what the conventions have a name for, with the same meaning. Counters are not among them: ours are rates. */
const CONVENTIONS: Readonly<Record<string, Convention>> = {
  'cpu user_percentage': cpuMode('user'),
  'cpu nice_percentage': cpuMode('nice'),
  'cpu system_percentage': cpuMode('system'),
  'cpu idle_percentage': cpuMode('idle'),
  'cpu iowait_percentage': cpuMode('iowait'),
  'cpu irq_percentage': cpuMode('interrupt'),
  'cpu softirq_percentage': cpuMode('softirq'),
  'cpu steal_percentage': cpuMode('steal'),
  'cpu cores': { name: 'system.cpu.logical.count', kind: 'amount', unit: '{cpu}' },
  'memory used_bytes': memoryState('used'),
  'memory free_bytes': memoryState('free'),
  'memory cached_bytes': memoryState('cached'),
  'memory buffers_bytes': memoryState('buffers'),
  'memory total_bytes': { name: 'system.memory.limit', kind: 'amount' },
  'memory available_bytes': { name: 'system.memory.linux.available', kind: 'amount' },
  'swap used_bytes': {
    name: 'system.paging.usage',
    kind: 'amount',
    attributes: [['system.paging.state', 'used']],
  },
  'swap free_bytes': {
    name: 'system.paging.usage',
    kind: 'amount',
    attributes: [['system.paging.state', 'free']],
  },
  'file_systems used_bytes': fileSystem('usage', 'amount', 'used'),
  'file_systems available_bytes': fileSystem('usage', 'amount', 'free'),
  'file_systems used_percentage': fileSystem('utilization', 'gauge'),
  'file_systems total_bytes': fileSystem('limit', 'amount'),
};

/** The headline of these resources has a name, too. */
const HEADLINES: Readonly<Record<string, Convention>> = {
  memory: { name: 'system.memory.utilization', kind: 'gauge', attributes: [['system.memory.state', 'used']] },
  swap: { name: 'system.paging.utilization', kind: 'gauge', attributes: [['system.paging.state', 'used']] },
};

/** What a figure is to OpenTelemetry. */
export function conventional(figure: Figure): Metric {
  const { resource, stem, unit, labels } = figure;
  const [unit_name, divisor] = UNITS[unit];
  const convention = conventionOf(figure);
  if (convention === undefined) {
    const share = unit === 'percentage' ? 'utilization' : '';
    const words = ['ganglion', resource === 'usage' ? '' : resource, stem === resource ? '' : stem, share];
    const generic = words.filter((word) => word !== '').join('.');
    return { name: generic, unit: unit_name, kind: 'gauge', attributes: labels, divisor };
  }
  const { name, kind, attributes = [], renames = {} } = convention;
  const own =
    figure.resource === 'usage' ? [] : labels.map(([label, value]): Label => [renames[label] ?? label, value]);
  return { name, unit: convention.unit ?? unit_name, kind, attributes: [...own, ...attributes], divisor };
}

function conventionOf({ resource, stem, unit, labels }: Figure): Convention | undefined {
  if (resource === 'usage') {
    const [, of = ''] = labels[0] ?? [];
    return Object.hasOwn(HEADLINES, of) ? HEADLINES[of] : undefined;
  }
  const key = `${resource} ${fieldOf(stem, unit)}`;
  return Object.hasOwn(CONVENTIONS, key) ? CONVENTIONS[key] : undefined;
}
