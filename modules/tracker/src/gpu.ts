// What is told of a graphics processor, whoever tells it.

import Type, { type Static } from 'typebox';
import { Bytes, Celsius, Hertz, Percentage, Watts } from './figures.ts';
import { percentageOf } from './probe.ts';
import type { KeysOfNumbers } from './rate.ts';

export const Gpu = Type.Object({
  name: Type.Optional(Type.String({ title: 'Name' })),
  driver: Type.String({ title: 'Driver' }),
  asleep: Type.Optional(Type.Boolean({ title: 'Asleep, and not woken to be asked' })),
  used_percentage: Type.Optional(Percentage('Time in use')),
  awake_percentage: Type.Optional(Percentage('Time awake, busy or not')),
  memory_used_bytes: Type.Optional(Bytes('Memory in use')),
  memory_total_bytes: Type.Optional(Bytes('Memory')),
  memory_percentage: Type.Optional(Percentage('Memory in use of all')),
  celsius: Type.Optional(Celsius('Temperature')),
  watts: Type.Optional(Watts('Drawn')),
  watts_max: Type.Optional(Watts('That it may draw')),
  fan_percentage: Type.Optional(Percentage('Fan')),
  fan_rpm: Type.Optional(Type.Number({ title: 'Fan', minimum: 0, unit: '1/min' })),
  clock_hertz: Type.Optional(Hertz('Clock')),
  clock_max_hertz: Type.Optional(Hertz('Clock that it can reach')),
});

export type Gpu = Static<typeof Gpu>;

type FigureName = Exclude<KeysOfNumbers<Gpu>, 'memory_percentage'>;

/** Its figures as they were read. What is undefined, NaN or cannot be is not known. */
export type GpuFigures = { readonly [Name in FigureName]?: number | undefined };

/** More than there is, of anything that a graphics processor has. */
const MAXIMA: ReadonlyMap<FigureName, number> = new Map([
  ['used_percentage', 100],
  ['awake_percentage', 100],
  ['memory_used_bytes', 2 ** 50],
  ['memory_total_bytes', 2 ** 50],
  ['celsius', 200],
  ['watts', 10_000],
  ['watts_max', 10_000],
  ['fan_percentage', 100],
  ['fan_rpm', 1_000_000],
  ['clock_hertz', 1e11],
  ['clock_max_hertz', 1e11],
]);

/** The lowest is nought, but for its temperature. */
const COLDEST_CELSIUS = -60;

/** Adds those figures that are known. */
export function tellFigures(gpu: Gpu, figures: GpuFigures): void {
  for (const [name, maximum] of MAXIMA) {
    const figure = figures[name] ?? Number.NaN;
    if (figure >= (name === 'celsius' ? COLDEST_CELSIUS : 0) && figure <= maximum) gpu[name] = figure;
  }
  const { memory_used_bytes: used = Number.NaN, memory_total_bytes: total = Number.NaN } = gpu;
  if (total > 0 && used <= total) gpu.memory_percentage = percentageOf(used, total);
}
