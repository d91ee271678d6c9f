// A machine that is gone: presence has told of its death, or nothing has come of it for a while; and one that should be there and
// never came.

import { compilePattern } from '@ganglion/kernel';
import { clockIn } from '@ganglion/topics';
import Type from 'typebox';
import { timeZoneUnknown } from '../errors.ts';
import { defineRule, type Found, type Gone, type Pause } from '../rule.ts';

/** Names and patterns in a list, at most. */
const MACHINES_MAX = 1_000;

/** Nothing shorter than this is a silence. */
const SILENT_MS_MIN = 10_000;

const Machines = (description: string) =>
  Type.Array(Type.String({ minLength: 1, maxLength: 255 }), {
    default: [],
    maxItems: MACHINES_MAX,
    description,
    wanted: 'a list of names and patterns, as ["db-01", "site1.#"]',
  });

export const presence = defineRule({
  name: 'presence',
  config: Type.Object(
    {
      severity: Type.Enum(['info', 'warning', 'critical'], {
        default: 'critical',
        description: 'Of a machine that was cut off or fell silent',
      }),
      stopped: Type.Enum(['none', 'info', 'warning', 'critical'], {
        default: 'info',
        description: 'Of one whose tracker was stopped in order; none: it is no finding',
      }),
      stopped_after_ms: Type.Integer({
        minimum: 0,
        maximum: 86_400_000,
        default: 60_000,
        description: 'And is not back after so long: a restart is no news',
      }),
      silent_intervals: Type.Integer({
        minimum: 0,
        maximum: 1_000,
        default: 5,
        description: `Without presence: of which nothing came for so many of its intervals, and ${SILENT_MS_MIN / 1_000} s; 0 for never`,
      }),
      expect: Machines(
        'Machines that should be there: names, each found when it never comes, and patterns; those that fit are found, too, when they are stopped in order',
      ),
      expected_after_ms: Type.Integer({
        minimum: 0,
        maximum: 86_400_000,
        default: 60_000,
        description: 'What a machine that should be there may take to come at the start',
      }),
      ignore: Machines('Machines that come and go as they like'),
      time_zone: Type.String({ default: '', description: "Of the times in sentences; the analyzer's own" }),
    },
    { additionalProperties: false, default: {} },
  ),

  judge(config) {
    const { severity, silent_intervals, stopped_after_ms, expected_after_ms } = config;
    const clock = timesIn(config.time_zone);
    const isExpected = anyOf(config.expect);
    const isIgnored = anyOf(config.ignore);
    const of = (more: Pick<Found, 'severity' | 'sentence' | 'since_ms'> & Partial<Found>): Found => ({
      key: 'machine',
      resource: 'machine',
      ...more,
    });

    const whenGone = ({ cause, died_ms }: Gone, { machine, time_ms }: Pause): Found | undefined => {
      if (cause !== 'stopped') {
        const sentence = `gone since ${clock(died_ms)}: ${cause === 'silent' ? 'it fell silent' : 'its connection ended'}`;
        return of({ severity, sentence, since_ms: died_ms });
      }
      const of_stopped = isExpected(machine) ? severity : config.stopped;
      if (of_stopped === 'none') return undefined;
      const sentence = `stopped at ${clock(died_ms)}`;
      const pending = time_ms - died_ms < stopped_after_ms;
      return of({ severity: of_stopped, sentence, since_ms: died_ms, ...(pending && { pending }) });
    };

    const whenSilent = (state: State, { machine, seen, silent_ms, time_ms, interval_ms }: Pause): Found | undefined => {
      if (!seen) {
        if (!isExpected(machine)) return undefined;
        state.awaited_since_ms ??= time_ms;
        const since_ms = state.awaited_since_ms;
        const pending = time_ms - since_ms < expected_after_ms;
        const sentence = 'should be there, and was never heard';
        return of({ severity, sentence, since_ms, ...(pending && { pending }) });
      }
      if (silent_intervals === 0) return undefined;
      if (silent_ms < Math.max(SILENT_MS_MIN, silent_intervals * (interval_ms ?? 0))) return undefined;
      const since_ms = time_ms - silent_ms;
      return of({ severity, sentence: `silent since ${clock(since_ms)}`, since_ms });
    };

    return {
      expects: config.expect.filter((each) => !/[*#]/.test(each)),
      begin: (): State => ({}),

      sample(state) {
        // It is here.
        state.found = undefined;
        state.told = undefined;
        state.awaited_since_ms = undefined;
      },

      pause(state, pause, say) {
        if (isIgnored(pause.machine)) return;
        const { gone } = pause;
        if (gone !== undefined) {
          state.found = whenGone(gone, pause);
          state.told = true;
        } else {
          // What was told of its death was taken back: it has its time to speak again.
          if (state.told === true) state.found = undefined;
          state.told = undefined;
          // One that is silent stays so until it speaks: whoever judges it anew has not heard for how long.
          if (state.found === undefined || state.found.pending === true) state.found = whenSilent(state, pause);
        }
        if (state.found !== undefined) say.finding(state.found);
      },
    };
  },
});

interface State {
  found?: Found | undefined;
  /** Whether presence has told it. */
  told?: boolean | undefined;
  /** Since when one is waited for that never came. */
  awaited_since_ms?: number | undefined;
}

function anyOf(patterns: readonly string[]): (machine: string) => boolean {
  const fit = patterns.map(compilePattern);
  return (machine) => fit.some((fits) => fits(machine));
}

/** Writes times of day, as `10:02:07`. */
function timesIn(time_zone: string): (time_ms: number) => string {
  try {
    clockIn(time_zone);
  } catch {
    throw timeZoneUnknown('analyzer.presence.time_zone', time_zone);
  }
  const format = new Intl.DateTimeFormat('en-GB', {
    ...(time_zone !== '' && { timeZone: time_zone }),
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
  return (time_ms) => format.format(time_ms);
}
