// What is unusual for this machine. For each of the figures that tell most, a detector says whether something new begins, and a
// range how far outside of what is usual it is and stays. A finding needs both: one alone cries wolf.

import { Detector, State as Series } from '@ganglion/anomaly';
import { type Measure, Severity } from '@ganglion/topics';
import Type, { type Static } from 'typebox';
import { defineRule, type Found } from '../rule.ts';
import { FIGURES, Finder } from './anomaly-figures.ts';
import { BLOCK_MS, RANGE_FLOATS, Ranges } from './anomaly-range.ts';
import { sentenceOf } from './anomaly-words.ts';

/** Figures that are followed, at most: each takes 4 KB of a machine. */
const FIGURES_MAX = 32;

/** The samples of so much time are judged together, by their mean. */
const FOLD_MS = 5_000;

/** In a fold every second detector is asked, about the mean of two folds: that halves what a fold takes. */
const TURNS = 2;

/** From this score on a detector says that something new begins. */
const ONSET = 0.5;

/** For so long what it said counts. */
const ONSET_MS = 600_000;

/** Without its word a figure has to be so much further outside. */
const WITHOUT_ONSET = 1.5;

/** It is back when it is less far outside than this, and for so long. */
const BACK = 0.4;
const BACK_MS = 120_000;

/** The words of a finding are not older than this. */
const WORDS_MS = 60_000;

/** A time between two samples that is longer counts as this. */
const ELAPSED_MS_MAX = 60_000;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How much of what a detector said a fold ago still counts for the score: it fades in half a minute. */
const HEARD_KEPT = 0.85;

/** What is noted of one figure beside its range, as numbers in one array. Times are by the state's clock, 0 for never. */
const HEARD = 0;
const ONSET_AT_MS = 1;
const VALUE = 2;
const RAISED_MS = 3;
const BACK_SINCE_MS = 4;
/** Which level is furthest outside, or was when it was raised, and what was usual then. */
const SCALE = 5;
const USUAL_LOW = 6;
const USUAL_HIGH = 7;
/** When it was raised, epoch milliseconds. */
const SINCE_MS = 8;
const STANDING_FLOATS = 9;

interface State {
  /** For how long the machine was watched: a clock that does not jump. */
  watched_ms: number;
  /** By that clock: when the last fold and the last block ended. */
  fold_ms: number;
  block_ms: number;
  /** Folds so far. */
  folds: number;
  /** Made with the second sample: one that comes late is judged by a state that has only seen itself. */
  known: Known | undefined;
  /** Of the last fold. */
  score: number;
  resource: string | undefined;
  sentence: string | undefined;
  found: Found[];
  /** When that was put into words, by the clock above. */
  words_ms: number;
}

/** What is known of the figures, all arrays in their order. */
interface Known {
  readonly sums: Float64Array;
  readonly counts: Float64Array;
  readonly range: Float64Array;
  readonly standing: Float64Array;
  /** What the detector knows of each, from its first value on. */
  readonly series: (Series | undefined)[];
}

type Told = Pick<Found, 'resource' | 'figure' | 'sentence' | 'value' | 'limit'>;

export const anomaly = defineRule({
  name: 'anomaly',
  config: Type.Object(
    {
      threshold: Type.Number({
        minimum: 0,
        maximum: 1,
        default: 0.5,
        description: 'The anomaly score from which on an analysis says which resource it is, and compared to what',
      }),
      alerts: Type.Boolean({ default: true, description: 'Whether what stays unusual is an alert' }),
      severity: Type.Unsafe<Static<typeof Severity>>({
        ...Severity,
        default: 'warning',
        description: 'Of those alerts',
      }),
      beyond: Type.Number({
        minimum: 0,
        maximum: 100,
        default: 0.5,
        description: 'How far outside of its usual range a figure has to be, as a part of that range',
      }),
      warm_up_ms: Type.Integer({
        minimum: 0,
        maximum: 7 * DAY_MS,
        default: HOUR_MS,
        description: 'Nothing is found before a figure is known for so long',
      }),
      memory_ms: Type.Integer({
        minimum: HOUR_MS,
        maximum: 365 * DAY_MS,
        default: 3 * DAY_MS,
        description: 'What was usual and is so no more is half forgotten after this',
      }),
      used_to_ms: Type.Integer({
        minimum: 60_000,
        maximum: 30 * DAY_MS,
        default: 3 * HOUR_MS,
        description: 'What has lasted for so long is the new usual, and no finding any more',
      }),
      figures: Type.Array(
        Type.Object(
          {
            figure: Type.String({
              minLength: 1,
              description: 'A path in the measure; * for the largest of all devices',
            }),
            least: Type.Number({
              exclusiveMinimum: 0,
              description: 'How far outside of its usual range it has to be at least, in its own unit',
            }),
            over: Type.Optional(
              Type.Enum(['seconds', 'minutes'], {
                description:
                  'Whether it counts when it lasts for some seconds, or not until it lasts for minutes; seconds',
              }),
            ),
          },
          { additionalProperties: false },
        ),
        {
          maxItems: FIGURES_MAX,
          default: [...FIGURES],
          description: 'The figures that are followed',
        },
      ),
    },
    { additionalProperties: false, default: {} },
  ),

  judge({ threshold, alerts, severity, beyond, warm_up_ms, memory_ms, used_to_ms, figures }) {
    const finders = figures.map((figure) => new Finder(figure));
    const count = finders.length;
    const detector = new Detector();
    const ranges = new Ranges({ beyond, memory_ms, warm_up_ms });

    /** Judges what was folded. */
    function fold(state: State, known: Known, body: Measure, time_ms: number): void {
      const now_ms = state.watched_ms;
      ranges.elapse(Math.min(ELAPSED_MS_MAX, now_ms - state.fold_ms));
      const rolls = now_ms - state.block_ms >= BLOCK_MS;
      if (rolls) state.block_ms = now_ms;
      const { sums, counts, range, standing, series } = known;
      const turn = state.folds++ % TURNS;
      let score = 0;
      let worst = -1;
      let open = 0;
      for (let index = 0; index < count; index++) {
        const folded = counts[index] ?? 0;
        if (folded === 0) continue;
        const finder = finders[index] as Finder;
        const value = (sums[index] ?? 0) / folded;
        sums[index] = 0;
        counts[index] = 0;
        const at = index * STANDING_FLOATS;
        let onset = 0;
        if (index % TURNS === turn) {
          const begun = series[index];
          const own = begun ?? new Series();
          if (begun === undefined) series[index] = own;
          const before = begun === undefined ? value : (standing[at + VALUE] ?? value);
          onset = detector.next(own, time_ms, (before + value) / 2);
        }
        if (onset >= ONSET) standing[at + ONSET_AT_MS] = now_ms;
        const far = ranges.next(range, index, value, finder.least, finder.scale);
        const heard = Math.max(onset, (standing[at + HEARD] ?? 0) * HEARD_KEPT);
        standing[at + HEARD] = heard;
        standing[at + VALUE] = value;
        const is_known = ranges.known_ms(range, index) >= warm_up_ms;
        if (is_known) {
          const mine = (heard + Math.min(1, far)) / 2;
          if (mine > score) {
            score = mine;
            worst = index;
          }
          stand(known, index, far, now_ms, time_ms);
          if ((standing[at + RAISED_MS] ?? 0) > 0) open++;
        }
        if (rolls && (standing[at + RAISED_MS] ?? 0) === 0) ranges.roll(range, index);
      }
      state.fold_ms = now_ms;
      state.score = Math.round(score * 1_000) / 1_000;
      const told = score >= threshold && worst !== -1 ? tell(known, worst, body) : undefined;
      state.resource = told?.resource;
      state.sentence = told?.sentence;
      if (open > 0 && alerts) findIn(state, known, body, time_ms);
      else if (state.found.length > 0) state.found = [];
    }

    /** Lets one figure's trouble begin and end. */
    function stand({ range, standing }: Known, index: number, far: number, now_ms: number, time_ms: number): void {
      const at = index * STANDING_FLOATS;
      const { least } = finders[index] as Finder;
      const raised_ms = standing[at + RAISED_MS] ?? 0;
      if (raised_ms === 0) {
        const onset_ms = standing[at + ONSET_AT_MS] ?? 0;
        standing[at + SCALE] = ranges.scale;
        const is_begun = onset_ms > 0 && now_ms - onset_ms <= ONSET_MS;
        if (far < (is_begun ? 1 : WITHOUT_ONSET)) return;
        standing[at + RAISED_MS] = now_ms;
        standing[at + SINCE_MS] = time_ms;
        standing[at + BACK_SINCE_MS] = 0;
        standing[at + USUAL_LOW] = ranges.low(range, index, ranges.scale);
        standing[at + USUAL_HIGH] = ranges.high(range, index, ranges.scale);
        return;
      }
      if (ranges.farAt(range, index, standing[at + SCALE] ?? 0, least) >= BACK) standing[at + BACK_SINCE_MS] = 0;
      else if ((standing[at + BACK_SINCE_MS] ?? 0) === 0) standing[at + BACK_SINCE_MS] = now_ms;
      const back_ms = standing[at + BACK_SINCE_MS] ?? 0;
      const is_used_to = now_ms - raised_ms >= used_to_ms;
      if (!is_used_to && (back_ms === 0 || now_ms - back_ms < BACK_MS)) return;
      // It was told; the same again is no news.
      ranges.learn(range, index, is_used_to ? standing[at + VALUE] : undefined);
      standing[at + RAISED_MS] = 0;
    }

    /** What is said of a figure. */
    function tell({ range, standing }: Known, index: number, body: Measure): Told {
      const finder = finders[index] as Finder;
      const at = index * STANDING_FLOATS;
      const is_raised = (standing[at + RAISED_MS] ?? 0) > 0;
      const device = finder.deviceIn(body);
      const scale = standing[at + SCALE] ?? 0;
      // What lasts for seconds is seen in the figure itself, what lasts for minutes in its mean.
      const value = scale === 0 ? (standing[at + VALUE] ?? 0) : ranges.level(range, index, scale);
      const low = is_raised ? (standing[at + USUAL_LOW] ?? 0) : ranges.low(range, index, scale);
      const high = is_raised ? (standing[at + USUAL_HIGH] ?? 0) : ranges.high(range, index, scale);
      return {
        resource: device === undefined ? finder.resource : `${finder.resource} ${device}`,
        figure: device === undefined ? finder.figure : finder.figure.replace('*', () => device),
        sentence: sentenceOf({ figure: finder.figure, device, value, low, high, scale }),
        value,
        limit: value < low ? low : high,
      };
    }

    /** One finding for each resource: of its figures, the one whose trouble began first. */
    function findIn(state: State, known: Known, body: Measure, time_ms: number): void {
      const { standing } = known;
      const first = new Map<string, number>();
      for (let index = 0; index < count; index++) {
        const raised_ms = standing[index * STANDING_FLOATS + RAISED_MS] ?? 0;
        const { resource } = finders[index] as Finder;
        const other = first.get(resource);
        if (raised_ms === 0) continue;
        if (other === undefined || raised_ms < (standing[other * STANDING_FLOATS + RAISED_MS] ?? 0)) {
          first.set(resource, index);
        }
      }
      const is_same = first.size === state.found.length && state.found.every(({ key }) => first.has(key));
      if (is_same && state.watched_ms - state.words_ms < WORDS_MS) return;
      state.words_ms = state.watched_ms;
      state.found = [...first].map(([key, index]) => ({
        key,
        severity,
        since_ms: standing[index * STANDING_FLOATS + SINCE_MS] ?? time_ms,
        ...tell(known, index, body),
      }));
    }

    return {
      begin: (): State => begun(),

      sample(state, { body, time_ms, step_ms }, say) {
        state.watched_ms += step_ms;
        if (state.watched_ms === 0) {
          say.field('anomaly_score', 0);
          say.unsure();
          return;
        }
        state.known ??= beginKnown(count);
        const { sums, counts } = state.known;
        for (let index = 0; index < count; index++) {
          const value = (finders[index] as Finder).read(body);
          if (Number.isNaN(value)) continue;
          sums[index] = (sums[index] ?? 0) + value;
          counts[index] = (counts[index] ?? 0) + 1;
        }
        if (state.watched_ms - state.fold_ms >= FOLD_MS) fold(state, state.known, body, time_ms);
        say.field('anomaly_score', state.score);
        if (state.resource !== undefined) say.field('anomaly_resource', state.resource);
        if (state.sentence !== undefined) say.field('anomaly_sentence', state.sentence);
        for (const found of state.found) say.finding(found);
        if (state.watched_ms < warm_up_ms) say.unsure();
      },

      save({ known, ...rest }: State): Saved {
        if (known === undefined) return { ...rest, known };
        const { range, standing } = known;
        return { ...rest, known: { figures: figures.map(({ figure }) => figure), range, standing } };
      },

      learnt: ({ known }: State): Learnt => ({
        figures: figures.map(({ figure }) => figure),
        snapshots: known?.series.map((each) => each?.toBytes()) ?? [],
      }),

      restore(data, learnt) {
        if (!isSaved(data)) throw new TypeError('this is no state of the rule anomaly');
        const { known, ...rest } = data;
        if (known === undefined) return { ...rest, known };
        // A detector that knows nothing of a series would find everything unusual. So it is with a machine whose analyzer was killed before
        // it had learnt for long.
        if (learnt === undefined) return begun();
        if (!isLearnt(learnt)) throw new TypeError('this is nothing that the rule anomaly has learnt');
        const restored = beginKnown(count);
        // By name, so that what is known of a figure outlives other figures in the settings.
        for (const [index, { figure }] of figures.entries()) {
          const from = known.figures.indexOf(figure);
          if (from === -1) continue;
          restored.range.set(
            known.range.subarray(from * RANGE_FLOATS, (from + 1) * RANGE_FLOATS),
            index * RANGE_FLOATS,
          );
          const standing = known.standing.subarray(from * STANDING_FLOATS, (from + 1) * STANDING_FLOATS);
          restored.standing.set(standing, index * STANDING_FLOATS);
          const snapshot = learnt.snapshots[learnt.figures.indexOf(figure)];
          if (snapshot !== undefined) restored.series[index] = Series.from(snapshot);
        }
        return { ...rest, known: restored };
      },
    };
  },
});

function begun(): State {
  return {
    watched_ms: 0,
    fold_ms: 0,
    block_ms: 0,
    folds: 0,
    known: undefined,
    score: 0,
    resource: undefined,
    sentence: undefined,
    found: [],
    words_ms: 0,
  };
}

function beginKnown(figures: number): Known {
  return {
    sums: new Float64Array(figures),
    counts: new Float64Array(figures),
    range: Ranges.begin(figures),
    standing: new Float64Array(figures * STANDING_FLOATS),
    series: Array.from({ length: figures }, () => undefined),
  };
}

/** A state as it is kept: what was being folded is left out, and what the detector has learnt is kept apart. */
interface Saved extends Omit<State, 'known'> {
  readonly known:
    | {
        readonly figures: readonly string[];
        readonly range: Float64Array;
        readonly standing: Float64Array;
      }
    | undefined;
}

/** What the detector has learnt, which is most of it. */
interface Learnt {
  readonly figures: readonly string[];
  readonly snapshots: readonly (Uint8Array | undefined)[];
}

function isLearnt(data: unknown): data is Learnt {
  if (typeof data !== 'object' || data === null || !('figures' in data && 'snapshots' in data)) return false;
  return Array.isArray(data.figures) && Array.isArray(data.snapshots);
}

function isSaved(data: unknown): data is Saved {
  if (
    typeof data !== 'object' ||
    data === null ||
    !('fold_ms' in data && 'folds' in data && 'known' in data && 'found' in data)
  )
    return false;
  const { known, found } = data;
  if (typeof data.fold_ms !== 'number' || !Array.isArray(found)) return false;
  if (known === undefined) return true;
  return (
    typeof known === 'object' &&
    known !== null &&
    'figures' in known &&
    Array.isArray(known.figures) &&
    'range' in known &&
    known.range instanceof Float64Array &&
    'standing' in known &&
    known.standing instanceof Float64Array
  );
}
