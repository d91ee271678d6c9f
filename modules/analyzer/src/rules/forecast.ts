// What fills up, and when it is full: file systems, their inodes, memory that leaks, swap, file descriptors, connections, threads.
// Said only while the level goes up steadily enough that the line through it can be believed, and taken back when it does not.

import type { Measure } from '@ganglion/topics';
import Type from 'typebox';
import { horizonsOutOfOrder } from '../errors.ts';
import { defineRule, type Say } from '../rule.ts';
import { addLevel, beginLevel, type Level, type Nature, soonest, type Trend } from './forecast-trend.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** What is followed of a machine, at most. */
const FOLLOWED_MAX = 200;

/** What has not come for so long is not followed any more. */
const FORGOTTEN_MS = HOUR_MS;

/** What was said goes on until it is further off than so many times what it is said within. */
const HELD = 2;

/** From here on it is full: there is nothing left to foresee. */
const FULL = 0.99;

/** When its size changes by more than this, all is different. */
const RESIZED = 0.01;

/** What is kept in files goes on for long; what follows the work of the machine goes down with it. */
const STORAGE: Nature = { reach: 3, is_work: false };
const WORK: Nature = { reach: 1, is_work: true };

export const forecast = defineRule({
  name: 'forecast',
  version: 2,
  config: Type.Object(
    {
      warning_within_ms: Type.Integer({
        minimum: MINUTE_MS,
        maximum: 30 * DAY_MS,
        default: DAY_MS,
        description: 'Something is found when it is full within this time',
      }),
      critical_within_ms: Type.Integer({
        minimum: 0,
        maximum: 30 * DAY_MS,
        default: 2 * HOUR_MS,
        description: 'And is critical within this; 0 for never',
      }),
      without: Type.Array(Type.String({ minLength: 1 }), {
        default: [],
        maxItems: 100,
        description: 'What is not followed: swap, "file_systems /scratch"',
        wanted: 'a list of resources, as ["swap", "file_systems /scratch"]',
      }),
    },
    { additionalProperties: false, default: {} },
  ),

  judge({ warning_within_ms, critical_within_ms, without }) {
    if (critical_within_ms > warning_within_ms) throw horizonsOutOfOrder(warning_within_ms, critical_within_ms);
    const left_out = new Set(without);

    /** Says what is to be said of a level, after it has been taken. */
    const tell = (
      each: Followed,
      { key, resource, figure, words }: Vessel,
      value: number,
      time_ms: number,
      say: Say,
    ) => {
      const trend = soonest(each.level);
      const is_full = each.said !== undefined && value >= FULL;
      const within_ms = each.said === undefined ? warning_within_ms : HELD * warning_within_ms;
      if (!is_full && (trend === undefined || trend.full_ms - time_ms > within_ms)) {
        each.said = undefined;
        return;
      }
      const in_ms = trend === undefined ? 0 : Math.max(0, trend.full_ms - time_ms);
      const was_critical = each.said?.is_critical ?? false;
      const is_critical = is_full || in_ms <= critical_within_ms * (was_critical ? HELD : 1);
      const when = is_full || trend === undefined ? '' : ` in ${timeLeft(trend, time_ms)}`;
      each.said ??= { since_ms: time_ms, when, percentage: 0, is_critical };
      if (each.said.when !== when || each.said.percentage === 0) each.said.percentage = Math.round(value * 100);
      each.said.when = when;
      each.said.is_critical = is_critical && critical_within_ms > 0;
      say.finding({
        key,
        resource,
        severity: each.said.is_critical ? 'critical' : 'warning',
        sentence: `${words}${when}`,
        since_ms: each.said.since_ms,
        value: each.said.percentage,
        limit: 100,
        figure,
      });
    };

    return {
      begin: (): State => new Map(),

      sample(state, { body, time_ms }, say) {
        let came = 0;
        eachVessel(body, (name, element, used, size, vesselOf) => {
          const id = element === '' ? name : `${name} ${element}`;
          const nature = name === 'file_systems' || name === 'inodes' ? STORAGE : WORK;
          let each = state.get(id);
          if (each === undefined) {
            if (state.size >= FOLLOWED_MAX || left_out.has(id) || left_out.has(name)) return;
            each = { level: beginLevel(), size, time_ms, said: undefined };
            state.set(id, each);
          } else if (Math.abs(size - each.size) > RESIZED * each.size) {
            each.level = beginLevel();
            each.size = size;
          }
          each.time_ms = time_ms;
          came++;
          const value = Math.min(1, used / size);
          addLevel(each.level, value, time_ms, nature);
          if (each.said === undefined && !each.level.trends.some((trend) => trend !== undefined)) return;
          tell(each, vesselOf(element), value, time_ms, say);
        });
        if (came === state.size) return;
        for (const [id, each] of state) if (time_ms - each.time_ms > FORGOTTEN_MS) state.delete(id);
      },

      restore: restored,
    };
  },
});

/** What is followed, by its name and, of several, which of them. */
type State = Map<string, Followed>;

interface Followed {
  level: Level;
  size: number;
  /** When it came last. */
  time_ms: number;
  said: { readonly since_ms: number; when: string; percentage: number; is_critical: boolean } | undefined;
}

/** Something that can be full. */
interface Vessel {
  readonly key: string;
  readonly resource: string;
  readonly figure: string;
  /** That it is full. */
  readonly words: string;
}

type Visit = (name: string, element: string, used: number, size: number, vesselOf: (element: string) => Vessel) => void;

/** Everything in a measure that can be full, with how much of it is. */
function eachVessel(body: Measure, visit: Visit): void {
  const offer = (
    name: string,
    element: string,
    used: unknown,
    size: unknown,
    vesselOf: (element: string) => Vessel,
  ) => {
    if (typeof used === 'number' && typeof size === 'number' && size > 0 && used >= 0) {
      visit(name, element, used, size, vesselOf);
    }
  };
  const mounts = tableIn(tableIn(body['file_systems'])?.['mounts']);
  for (const mount in mounts) {
    const figures = tableIn(mounts[mount]);
    if (figures === undefined || figures['read_only'] === true) continue;
    const { used_bytes, available_bytes, inodes, inodes_used } = figures;
    // What root alone may use is not there for anybody who fills it.
    const size =
      typeof used_bytes === 'number' && typeof available_bytes === 'number' ? used_bytes + available_bytes : 0;
    offer('file_systems', mount, used_bytes, size, fileSystem);
    offer('inodes', mount, inodes_used, inodes, inodesOf);
  }
  const memory = tableIn(body['memory']);
  offer('memory', '', memory?.['used_bytes'], memory?.['total_bytes'], memoryOf);
  const swap = tableIn(body['swap']);
  offer('swap', '', swap?.['used_bytes'], swap?.['total_bytes'], swapOf);
  const files = tableIn(body['file_descriptors']);
  offer('file_descriptors', '', files?.['open'], files?.['open_max'], fileDescriptorsOf);
  const conntrack = tableIn(body['conntrack']);
  offer('conntrack', '', conntrack?.['connections'], conntrack?.['connections_max'], connectionsOf);
  const processes = tableIn(body['processes']);
  offer('processes', '', processes?.['threads'], processes?.['threads_max'], threadsOf);
  const units = tableIn(tableIn(body['cgroups'])?.['units']);
  for (const unit in units) {
    const figures = tableIn(units[unit]);
    offer('cgroups', unit, figures?.['memory_bytes'], figures?.['memory_max_bytes'], unitMemory);
  }
}

const fileSystem = (mount: string): Vessel => ({
  key: `file_systems ${mount}`,
  resource: `file_systems ${mount}`,
  figure: `file_systems.mounts.${mount}.used_percentage`,
  words: `${mount} full`,
});

const inodesOf = (mount: string): Vessel => ({
  key: `inodes ${mount}`,
  resource: `file_systems ${mount}`,
  figure: `file_systems.mounts.${mount}.inodes_percentage`,
  words: `${mount} out of inodes`,
});

const memoryOf = (): Vessel => whole('memory', 'memory_percentage', 'Memory used up');
const swapOf = (): Vessel => whole('swap', 'swap_percentage', 'Swap used up');
const fileDescriptorsOf = (): Vessel =>
  whole('file_descriptors', 'file_descriptors_percentage', 'Out of file descriptors');
const connectionsOf = (): Vessel => whole('conntrack', 'conntrack_percentage', 'Connection tracking full');
const threadsOf = (): Vessel => whole('processes', 'processes.threads', 'Out of threads');

const unitMemory = (unit: string): Vessel => ({
  key: `cgroups ${unit}`,
  resource: `cgroups ${unit}`,
  figure: `cgroups.units.${unit}.memory_bytes`,
  words: `${unit}: memory used up`,
});

function whole(resource: string, figure: string, words: string): Vessel {
  return { key: resource, resource, figure, words };
}

function tableIn(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
}

/** `3 h (2–5 h)`: when it is full, and from when to when it may be. */
function timeLeft({ full_ms, earliest_ms, latest_ms }: Trend, time_ms: number): string {
  const in_ms = full_ms - time_ms;
  const [unit, unit_ms] = UNITS.find(([, each_ms]) => in_ms >= 1.5 * each_ms) ?? ['min', MINUTE_MS];
  const shown = (left_ms: number, round: (value: number) => number) => roughly(Math.max(0, left_ms) / unit_ms, round);
  const at = shown(in_ms, Math.round);
  const earliest = shown(earliest_ms - time_ms, Math.floor);
  const latest = shown(latest_ms - time_ms, Math.ceil);
  return at === 0 ? 'less than a minute' : `${at} ${unit} (${earliest}–${latest} ${unit})`;
}

const UNITS: readonly (readonly [string, number])[] = [
  ['days', DAY_MS],
  ['h', HOUR_MS],
  ['min', MINUTE_MS],
];

/** Two figures of a number tell all that is known, and do not change with every sample. */
function roughly(value: number, round: (value: number) => number): number {
  if (value < 10) return round(value);
  return value < 30 ? round(value / 2) * 2 : round(value / 5) * 5;
}

/** @throws TypeError when it is nothing that was saved */
function restored(data: unknown): State {
  if (!(data instanceof Map)) throw new TypeError('no levels');
  for (const [name, each] of data) {
    const level = tableIn(tableIn(each)?.['level']);
    if (typeof name !== 'string' || !(level?.['means'] instanceof Float32Array)) throw new TypeError('no level');
  }
  return data;
}
