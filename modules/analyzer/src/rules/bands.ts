// LOW, MEDIUM or HIGH for every resource that has a headline percentage. A value that swings around a limit changes the band once.

import { compilePattern } from '@ganglion/kernel';
import { Band, headlinesOf } from '@ganglion/topics';
import Type, { type Static } from 'typebox';
import { Value } from 'typebox/value';
import { limitsOutOfOrder } from '../errors.ts';
import { defineRule, type Sample } from '../rule.ts';

const Limit = (description: string) => Type.Number({ minimum: 0, maximum: 100, unit: '%', description });

const MediumFrom = Limit('MEDIUM from this percentage on; below it is LOW');
const HighFrom = Limit('HIGH from this percentage on');

/** Entries of `limits`, so that judging a measure stays cheap. */
const LIMITS_MAX = 1_000;

interface Exception {
  readonly resource?: string;
  readonly machines?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly medium_from: number;
  readonly high_from: number;
  readonly alert_after_ms?: number;
}

type Ends = Pick<Exception, 'medium_from' | 'high_from'>;

/** What counts for one resource of one machine. */
interface Limits {
  readonly medium_from: number;
  readonly high_from: number;
  readonly alert_after_ms: number;
  /** From this percentage on, it is an alert at once. */
  readonly full_from: number;
}

/** Where the limits for all would cry wolf: memory is there to be used, and a file system that is half full has room for long. */
const USUAL: readonly Exception[] = ['memory', 'file_systems'].map((resource) => ({
  resource,
  medium_from: 75,
  high_from: 90,
}));

/** What is used up when it is full, so that nothing goes on: it waits for nobody, and does not come and go as work does. */
const USED_UP: ReadonlySet<string> = new Set(['memory', 'swap', 'file_systems', 'file_descriptors', 'conntrack']);
const USED_UP_AFTER_MS = 60_000;
const FULL_FROM = 99;

export const bands = defineRule({
  name: 'bands',
  version: 2,
  config: Type.Object(
    {
      medium_from: Type.Number({ ...MediumFrom, default: 25 }),
      high_from: Type.Number({ ...HighFrom, default: 75 }),
      margin: Type.Number({
        minimum: 0,
        maximum: 50,
        default: 3,
        unit: '%',
        description: 'A band is left only when the value is below its limit by so much; at most half of the band',
      }),
      dwell_ms: Type.Integer({
        minimum: 0,
        maximum: 3_600_000,
        default: 5_000,
        description: 'And for so long; it rises at once',
      }),
      alert_after_ms: Type.Integer({
        minimum: 0,
        maximum: 86_400_000,
        default: 600_000,
        description:
          'An alert is raised when a resource was HIGH for so long; 0 for none. What can be used up (memory, swap, file systems, ' +
          'file descriptors, tracked connections) is one after a minute at most, and at once when it is full',
      }),
      clear_ms: Type.Integer({
        minimum: 0,
        maximum: 86_400_000,
        default: 120_000,
        description:
          'And cleared when it was not for so long: one that comes and goes is one alert. At once when alert_after_ms is less than dwell_ms',
      }),
      limits: Type.Array(
        Type.Object(
          {
            resource: Type.Optional(Type.String({ minLength: 1, description: 'Which resource: cpu, memory …; all' })),
            machines: Type.Optional(
              Type.String({
                minLength: 1,
                description: 'Which machines, as a topic pattern: db.#, *.example.com; all',
              }),
            ),
            labels: Type.Optional(
              Type.Record(Type.String(), Type.String(), {
                description: 'Which machines, by their labels: { site = "berlin" }; all',
              }),
            ),
            medium_from: MediumFrom,
            high_from: HighFrom,
            alert_after_ms: Type.Optional(
              Type.Integer({
                minimum: 0,
                maximum: 86_400_000,
                description: 'HIGH for so long is an alert; 0 for none. Otherwise as without the entry',
              }),
            ),
          },
          { additionalProperties: false },
        ),
        {
          default: [],
          maxItems: LIMITS_MAX,
          description:
            'Other limits for some resources or machines; of those that fit, the last one counts. Without one, memory ' +
            'and file systems are MEDIUM from 75 on and HIGH from 90 on',
        },
      ),
    },
    { additionalProperties: false, default: {} },
  ),

  judge({ limits, margin, dwell_ms, clear_ms, ...everywhere }) {
    checkOrder('analyzer.bands', everywhere);
    for (const [index, limit] of limits.entries()) checkOrder(`analyzer.bands.limits.${index}`, limit);
    const exceptions = [...USUAL, ...limits].map((exception: Exception) => {
      const { resource, machines = '#', labels = {}, ...limit } = exception;
      return { resource, isFor: compilePattern(machines), labels: Object.entries(labels), limit };
    });
    // The last one that fits counts, so look from the end.
    exceptions.reverse();

    const limitsOf = (resource: string, machine: string, labels: Sample['labels']): Limits => {
      const exception = exceptions.find(
        (each) =>
          (each.resource ?? resource) === resource &&
          each.isFor(machine) &&
          each.labels.every(([label, value]) => labels[label] === value),
      )?.limit;
      const { medium_from, high_from } = exception ?? everywhere;
      const can_wait = !USED_UP.has(resource);
      const usual_ms = can_wait ? everywhere.alert_after_ms : Math.min(USED_UP_AFTER_MS, everywhere.alert_after_ms);
      const full_from = can_wait ? Number.POSITIVE_INFINITY : FULL_FROM;
      return { medium_from, high_from, alert_after_ms: exception?.alert_after_ms ?? usual_ms, full_from };
    };

    return {
      begin: (): State => stateOf(new Map()),

      sample(state, { machine, labels, body, time_ms }, say) {
        if (state.labels !== labels) {
          state.labels = labels;
          state.judged.clear();
        }
        for (const field in body) {
          const percentage = body[field];
          if (typeof percentage !== 'number') continue;
          let judged = state.judged.get(field);
          if (judged === undefined) {
            for (const [resource] of headlinesOf({ [field]: percentage })) {
              const limits = limitsOf(resource, machine, labels);
              judged = follow(state, field, resource, limits, percentage, time_ms);
            }
            if (judged === undefined) continue;
          }
          const { resource, result, limits, now } = judged;
          move(now, percentage, limits, time_ms, { margin, dwell_ms });
          say.field(field as `${string}_percentage`, percentage);
          say.field(result, now.band);
          const { alert_after_ms, high_from } = limits;
          if (alert_after_ms === 0 || (now.band !== 'HIGH' && now.trouble === undefined)) continue;
          // Who wants to be told at once hears of the end at once, too.
          const trouble = troubleOf(now, percentage, time_ms, limits, alert_after_ms < dwell_ms ? 0 : clear_ms);
          if (trouble === undefined) continue;
          say.finding({
            key: resource,
            resource,
            severity: 'warning',
            sentence: `${nameOf(resource)} at ${Math.round(trouble.value)} %, HIGH from ${high_from} % on`,
            since_ms: trouble.since_ms,
            value: trouble.value,
            limit: high_from,
            figure: field,
            ...(!trouble.raised && { pending: true }),
          });
        }
      },

      save: ({ standings }) => standings,
      restore: restored,
    };
  },
});

/** Resources of a machine that are judged, at most. */
const RESOURCES_MAX = 200;

/** A resource that is HIGH, or was a short while ago. */
const Trouble = Type.Object({
  since_ms: Type.Number(),
  /** The last that was HIGH. */
  value: Type.Number(),
  /** Whether it was HIGH for long enough to be an alert. */
  raised: Type.Boolean(),
});

type Trouble = Static<typeof Trouble>;

const Standing = Type.Object({
  band: Band,
  /** Since when it is in that band. */
  since_ms: Type.Number(),
  /** Since when it would be in a lower one; undefined when it would not. */
  lower_since_ms: Type.Union([Type.Number(), Type.Undefined()]),
  trouble: Type.Union([Trouble, Type.Undefined()]),
});

type Standing = Static<typeof Standing>;

interface State {
  /** By resource. */
  readonly standings: Map<string, Standing>;
  /** By the field of the headline; as long as the machine's labels are the same. */
  readonly judged: Map<string, Judged>;
  labels: Sample['labels'] | undefined;
}

/** A resource, ready to be judged. */
interface Judged {
  readonly resource: string;
  /** The field that tells its band. */
  readonly result: `${string}_result`;
  readonly limits: Limits;
  readonly now: Standing;
}

function stateOf(standings: Map<string, Standing>): State {
  return { standings, judged: new Map(), labels: undefined };
}

/** Undefined when so many are judged that there is no place for it. */
function follow(
  state: State,
  field: string,
  resource: string,
  limits: Limits,
  percentage: number,
  since_ms: number,
): Judged | undefined {
  let now = state.standings.get(resource);
  if (now === undefined) {
    if (state.standings.size >= RESOURCES_MAX) return undefined;
    now = { band: bandOf(percentage, limits, 0), since_ms, lower_since_ms: undefined, trouble: undefined };
    state.standings.set(resource, now);
  }
  const judged: Judged = { resource, result: `${resource}_result`, limits, now };
  state.judged.set(field, judged);
  return judged;
}

/** @throws TypeError when it is nothing that was saved */
function restored(data: unknown): State {
  if (!(data instanceof Map)) throw new TypeError('no standings');
  for (const [resource, standing] of data) {
    if (typeof resource !== 'string' || !Value.Check(Standing, standing)) throw new TypeError('no standing');
  }
  return stateOf(data);
}

/** A band rises at once; it falls when the value has been below the limit by the margin for the dwell time. */
function move(
  now: Standing,
  percentage: number,
  limit: Limits,
  time_ms: number,
  { margin, dwell_ms }: { readonly margin: number; readonly dwell_ms: number },
): void {
  const band = bandOf(percentage, limit, 0);
  if (RANK[band] > RANK[now.band]) {
    enter(now, band, time_ms);
    return;
  }
  const lower = bandOf(percentage, limit, margin);
  if (RANK[lower] >= RANK[now.band]) {
    now.lower_since_ms = undefined;
    return;
  }
  now.lower_since_ms ??= time_ms;
  // The clock was set back: what was since then is not known.
  if (time_ms < now.lower_since_ms) now.lower_since_ms = time_ms;
  if (time_ms - now.lower_since_ms >= dwell_ms) enter(now, lower, time_ms);
}

/** The trouble with a resource: raised when it was HIGH for long enough, and over when it was not for long enough. */
function troubleOf(
  now: Standing,
  value: number,
  time_ms: number,
  { alert_after_ms, full_from }: Limits,
  clear_ms: number,
): Trouble | undefined {
  if (now.band === 'HIGH') {
    now.trouble ??= { since_ms: now.since_ms, value, raised: false };
    // What it is on its way out is no more what was wrong.
    if (now.lower_since_ms === undefined) {
      now.trouble.value = value;
      now.trouble.raised ||= time_ms - now.trouble.since_ms >= alert_after_ms || value >= full_from;
    }
  } else if (now.trouble?.raised !== true || time_ms - now.since_ms >= clear_ms) now.trouble = undefined;
  return now.trouble;
}

function enter(now: Standing, band: Band, time_ms: number): void {
  now.band = band;
  now.since_ms = time_ms;
  now.lower_since_ms = undefined;
}

const RANK: Readonly<Record<Band, number>> = { LOW: 0, MEDIUM: 1, HIGH: 2 };

/** The band of a percentage whose limits are lower by a margin, but never by more than would leave a band no room. */
function bandOf(percentage: number, { medium_from, high_from }: Ends, margin: number): Band {
  if (percentage < medium_from - Math.min(margin, medium_from / 2)) return 'LOW';
  return percentage < high_from - Math.min(margin, (high_from - medium_from) / 2) ? 'MEDIUM' : 'HIGH';
}

/** What people call a resource: `file_systems` is "File systems". */
function nameOf(resource: string): string {
  if (resource === 'cpu') return 'CPU';
  const words = resource.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function checkOrder(path: string, { medium_from, high_from }: Ends): void {
  if (medium_from >= high_from) throw limitsOutOfOrder(path, medium_from, high_from);
}
