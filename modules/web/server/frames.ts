// Writes both dialects. What each says stands in ../wire/frames.ts.

import type { BusStatus } from '@ganglion/kernel';
import type { Analysis } from '@ganglion/topics';
import { packFigures } from '../wire/columns.ts';
import { type Bus, NO_FIGURE, type TextFrame } from '../wire/frames.ts';
import type { Entry } from './fleet.ts';
import type { Layout } from './layout.ts';
import { BANDS, type State } from './state.ts';

/** Figures in one frame, all columns together, but for a single machine that has more. */
const FIGURES_MAX = 65_536;

const WAITED_MS_MAX = 65_535;
const LATE_MS_MAX = 2_147_483_647;

/** An analysis in the plain dialect. A field of the body that is named `machine` or `time` gives way to ours. */
export function writePlain(machine: string, body: Analysis, time_ms: number): string {
  // Assigned, not spread, which takes seven times as long. The name twice: for its place, and so that it wins.
  const told: { [field: string]: unknown } = { machine };
  Object.assign(told, body);
  told['machine'] = machine;
  delete told['time'];
  told['time'] = new Date(time_ms).toISOString();
  return JSON.stringify(told);
}

/** The newest analysis of a machine in the plain dialect, written once; undefined when it never had one. */
export function plainOf(state: State): string | undefined {
  if (state.body !== undefined) state.plain ??= writePlain(state.machine, state.body, state.time_ms);
  return state.plain;
}

/** A `machines` frame. What is known of a machine is written once, however many frames it goes into. */
export function writeMachines(entries: readonly Entry[], folded: number, sent_ms: number): Buffer {
  let machines = '';
  for (const { id, state } of entries) {
    state.page ??= writeState(state);
    machines += `${machines === '' ? '' : ','}{"id":${id},${state.page}`;
  }
  const told = folded > 0 ? `,"folded":${folded}` : '';
  return Buffer.from(`{"type":"machines","sent_ms":${sent_ms},"machines":[${machines}]${told}}`);
}

/** How many of these machines one `figures` frame can hold: with each resource that only one has, all grow wider. */
export function fitting(entries: readonly Entry[]): number {
  const seen = new Set<Layout>();
  const names = new Set<string>();
  for (let i = 0; i < entries.length; i++) {
    const layout = entries[i]?.state.layout;
    if (layout !== undefined && !seen.has(layout)) {
      seen.add(layout);
      for (const name of layout.names) names.add(name);
    }
    if (i > 0 && (i + 1) * names.size > FIGURES_MAX) return i;
  }
  return entries.length;
}

/** A `figures` frame. */
export function writeFigures(entries: readonly Entry[], folded: number, sent_ms: number): Uint8Array {
  const rows = entries.length;
  const ids = new Uint32Array(rows);
  const late_ms = new Int32Array(rows);
  const waited_ms = new Uint16Array(rows);
  const columns = new Map<string, Uint16Array>();
  /** For each of a layout's names its column. */
  const of_layout = new Map<Layout, Uint16Array[]>();
  for (let row = 0; row < rows; row++) {
    const { id, state } = entries[row] as Entry;
    ids[row] = id;
    late_ms[row] = Math.max(-LATE_MS_MAX, Math.min(LATE_MS_MAX, state.received_ms - state.time_ms));
    waited_ms[row] = Math.max(0, Math.min(WAITED_MS_MAX, sent_ms - state.received_ms));
    const { layout, percentages } = state;
    if (layout === undefined) continue;
    let targets = of_layout.get(layout);
    if (targets === undefined) {
      targets = layout.names.map((name) => {
        const column = columns.get(name) ?? new Uint16Array(rows).fill(NO_FIGURE);
        columns.set(name, column);
        return column;
      });
      of_layout.set(layout, targets);
    }
    for (let i = 0; i < targets.length; i++) {
      const percentage = percentages[i] as number;
      if (!Number.isNaN(percentage)) (targets[i] as Uint16Array)[row] = Math.round(percentage * 100);
    }
  }
  const told = folded > 0 ? { folded } : {};
  return packFigures({
    type: 'figures',
    sent_ms,
    ids,
    late_ms,
    waited_ms,
    resources: [...columns.keys()],
    hundredths: [...columns.values()],
    ...told,
  });
}

/** Any other frame that is text. */
export function writeFrame(frame: TextFrame): Buffer {
  return Buffer.from(JSON.stringify(frame));
}

/** The bus's state as the page is told it. */
export function busOf({ connected, since_ms, why }: BusStatus): Bus {
  return why === undefined ? { connected, since_ms } : { connected, since_ms, why };
}

/** All of a `Machine` that follows its `id`, written by hand: at a thousand machines a second it counts. */
function writeState(state: State): string {
  const { machine, time_ms, received_ms, first_ms, interval_ms, high_ms, gone, labels, unusual, layout } = state;
  let text = `"machine":${JSON.stringify(machine)},"time_ms":${time_ms},"received_ms":${received_ms},"first_ms":${first_ms}`;
  if (interval_ms !== undefined) text += `,"interval_ms":${interval_ms}`;
  if (high_ms !== undefined) text += `,"high_ms":${high_ms}`;
  if (gone !== undefined) text += `,"gone":${JSON.stringify(gone)}`;
  if (labels !== undefined) text += `,"labels":${JSON.stringify(labels)}`;
  if (unusual !== undefined) text += `,"unusual":${JSON.stringify(unusual)}`;
  text += ',"resources":{';
  const length = layout?.names.length ?? 0;
  for (let i = 0; i < length; i++) {
    const band = BANDS[state.bands[i] ?? 0];
    const percentage = state.percentages[i] as number;
    text += `${i === 0 ? '' : ','}${layout?.quoted[i]}:{`;
    if (band !== undefined) text += `"band":"${band}",`;
    if (!Number.isNaN(percentage)) text += `"percentage":${percentage},`;
    text += `"since_ms":${state.since_ms[i]}}`;
  }
  return `${text}}}`;
}
