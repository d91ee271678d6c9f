// For the tests: somebody who answers about the past, and a past that follows from the time alone. The recorder has tests of its own;
// here its answers are only looked at.

import { defineModule, encode, type RunningModule, runModule, silentLog } from '@ganglion/kernel';
import {
  type Alert,
  type Birth,
  birth,
  type Death,
  death,
  type PastAnswered,
  type PastAsked,
  type PastEvent,
  packNumbers,
  past,
} from '@ganglion/topics';
import type { WebUnderTest } from './web-under-test.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const WIDTHS_MS = [0, 10 * SECOND_MS, MINUTE_MS, 15 * MINUTE_MS, 6 * HOUR_MS];

/** How long ago the past begins. */
const REACH_MS = 200 * DAY_MS;

/** The machine that is in trouble, and when, by the hours of a day. */
export const TROUBLED = 'site1.db-03';
export const TROUBLE = { from_ms: 3 * HOUR_MS, to_ms: 3.5 * HOUR_MS };
/** The machine that dies at that time, and is back after it. */
export const DYING = 'site1.web-02';

const machines = ['site1', 'site2'].flatMap((site) =>
  ['db', 'web', 'cache'].flatMap((kind) => [1, 2, 3].map((n) => `${site}.${kind}-0${n}`)),
);

const isTrouble = (time_ms: number) => time_ms % DAY_MS >= TROUBLE.from_ms && time_ms % DAY_MS < TROUBLE.to_ms;

/** CPU in percent of a machine at a time. */
export function cpuOf(machine: string, time_ms: number): number {
  const place = machines.indexOf(machine) + 1;
  const daily = 20 + 15 * Math.sin((2 * Math.PI * (time_ms % DAY_MS)) / DAY_MS + place);
  const hurried = 6 * Math.sin(time_ms / 7_000 + place) + 4 * Math.sin(time_ms / 47_000);
  return Math.min(100, Math.max(0, daily + hurried + (machine === TROUBLED && isTrouble(time_ms) ? 60 : 0)));
}

function bandOf(percentage: number): number {
  return percentage >= 75 ? 3 : percentage >= 25 ? 2 : 1;
}

/** By path what a machine measures. */
const FIGURES: Readonly<Record<string, (machine: string, time_ms: number) => number>> = {
  cpu_percentage: cpuOf,
  cpu_result: (machine, time_ms) => bandOf(cpuOf(machine, time_ms)),
  memory_percentage: (machine, time_ms) => 40 + cpuOf(machine, time_ms) / 4,
  'memory/used_bytes': (machine, time_ms) => 4e9 + 3e7 * cpuOf(machine, time_ms),
  'cpu/core_percentages/0': (machine, time_ms) => cpuOf(machine, time_ms + 3_000),
  'cpu/core_percentages/1': (machine, time_ms) => cpuOf(machine, time_ms + 9_000),
  'disks/devices/sda/busy_percentage': (machine, time_ms) => cpuOf(machine, time_ms * 3) / 2,
  'network/interfaces/eth0/receive_bytes_per_second': (machine, time_ms) => 1e5 * cpuOf(machine, time_ms * 2),
};

function range(asked: Extract<PastAsked, { what: 'range' }>): PastAnswered {
  const { machine, from_ms, to_ms, points_max, figures } = asked;
  const width_ms = WIDTHS_MS.find((width) => (to_ms - from_ms) / (width || SECOND_MS) <= points_max) ?? DAY_MS;
  const step_ms = width_ms || SECOND_MS;
  const times: number[] = [];
  for (let time_ms = Math.ceil(from_ms / step_ms) * step_ms; time_ms <= to_ms; time_ms += step_ms) times.push(time_ms);
  const paths = Object.keys(FIGURES).filter((path) => figures?.includes(path) ?? true);
  const column = (read: (time_ms: number) => number) => packNumbers(Float64Array.from(times, read));
  return {
    what: 'range',
    machine,
    width_ms,
    times_ms: packNumbers(Float64Array.from(times)),
    figures: paths.map((path) => {
      const read = FIGURES[path] as (machine: string, time_ms: number) => number;
      const spread = path.endsWith('_result') ? 0 : 0.25;
      return {
        path,
        mean: column((time_ms) => read(machine, time_ms)),
        ...(width_ms > 0 && {
          minimum: column((time_ms) => read(machine, time_ms) * (1 - spread)),
          maximum: column((time_ms) => read(machine, time_ms) * (1 + spread)),
        }),
      };
    }),
    left_out: 0,
  };
}

function events({ from_ms, to_ms, machine, limit }: Extract<PastAsked, { what: 'events' }>): PastAnswered {
  const all: PastEvent[] = [];
  for (let day_ms = Math.floor(from_ms / DAY_MS) * DAY_MS; day_ms <= to_ms; day_ms += DAY_MS) {
    const [began_ms, ended_ms] = [day_ms + TROUBLE.from_ms, day_ms + TROUBLE.to_ms];
    const alert = (state: Alert['state']): Alert => ({
      id: `${day_ms}`,
      state,
      severity: 'critical',
      rule: 'bands',
      resource: 'cpu',
      sentence: 'CPU 93 %',
      since_ms: began_ms,
      ...(state === 'cleared' && { until_ms: ended_ms }),
    });
    const body = { kind: 'machine', instance: '' } as const;
    all.push(
      { time_ms: began_ms, family: 'alert', source: TROUBLED, body: { ...alert('raised') } },
      { time_ms: ended_ms, family: 'alert', source: TROUBLED, body: { ...alert('cleared') } },
      {
        time_ms: began_ms + MINUTE_MS,
        family: 'death',
        source: DYING,
        body: { ...body, cause: 'connection_lost', died_ms: began_ms + MINUTE_MS, last_seen_ms: began_ms },
      },
      {
        time_ms: ended_ms + MINUTE_MS,
        family: 'birth',
        source: DYING,
        body: { ...body, born_ms: ended_ms + MINUTE_MS, about: {} },
      },
    );
  }
  const fit = all.filter(
    ({ time_ms, source }) => time_ms >= from_ms && time_ms <= to_ms && (machine ?? source) === source,
  );
  fit.sort((a, b) => a.time_ms - b.time_ms);
  return { what: 'events', events: fit.slice(-limit), left_out: Math.max(0, fit.length - limit) };
}

function instant({ at_ms }: Extract<PastAsked, { what: 'instant' }>): PastAnswered {
  const day_ms = Math.floor(at_ms / DAY_MS) * DAY_MS;
  const died_ms = day_ms + TROUBLE.from_ms + MINUTE_MS;
  const is_dead = at_ms >= died_ms && at_ms < day_ms + TROUBLE.to_ms + MINUTE_MS;
  return {
    what: 'instant',
    at_ms,
    machines: machines.map((machine) => {
      const is_gone = machine === DYING && is_dead;
      const time_ms = is_gone ? died_ms : at_ms - 300;
      const figures = Object.fromEntries(
        ['cpu_percentage', 'cpu_result', 'memory_percentage'].map((path) => [
          path,
          FIGURES[path]?.(machine, time_ms) ?? 0,
        ]),
      );
      const gone = is_gone && { gone: { cause: 'connection_lost' as const, died_ms } };
      return { machine, time_ms, interval_ms: 1_000, labels: { site: machine.slice(0, 5) }, figures, ...gone };
    }),
    left_out: 0,
  };
}

export function answerAboutThePast(asked: PastAsked): PastAnswered {
  switch (asked.what) {
    case 'range':
      return range(asked);
    case 'instant':
      return instant(asked);
    case 'events':
      return events(asked);
    case 'extent': {
      const now_ms = Date.now();
      const levels = WIDTHS_MS.map((width_ms) => ({ width_ms, from_ms: now_ms - REACH_MS }));
      return { what: 'extent', oldest_ms: now_ms - REACH_MS, newest_ms: now_ms, levels };
    }
  }
}

/** Somebody who records joins a web server's bus. */
export async function record({ bus }: WebUnderTest): Promise<RunningModule> {
  const recorder = defineModule({
    name: 'recorder',
    answers: { past },
    start: () => ({ past: ({ body }) => answerAboutThePast(body) }),
  });
  const running = await runModule(recorder, { bus, log: silentLog, instance: 'recorder-1' });
  const body: Birth = { kind: 'instance', instance: 'recorder-1', born_ms: 1, about: { listens: ['#.past'] } };
  await bus.publish(encode(birth('recorder-1', body), 'born', 'presence-test', undefined));
  return running;
}

/** Presence tells that who records is gone. */
export async function forget({ bus }: WebUnderTest): Promise<void> {
  const now_ms = Date.now();
  const body: Death = {
    kind: 'instance',
    instance: 'recorder-1',
    cause: 'stopped',
    died_ms: now_ms,
    last_seen_ms: now_ms,
  };
  await bus.publish(encode(death('recorder-1', body, now_ms), 'died', 'presence-test', undefined));
}
