import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Detector } from './detector.ts';
import { PARTS } from './settings.ts';
import { STATE_BYTES_MAX, State } from './state.ts';

const STEP_MS = 300_000;
const START_MS = Date.UTC(2026, 0, 5);

/** Any number, those that are none among them, and series of the usual kinds. */
const rows = fc.array(fc.tuple(fc.double(), fc.double()), { maxLength: 300 });
const usual_values = fc.array(fc.double({ min: -1_000, max: 1_000, noNaN: true }), { minLength: 50, maxLength: 400 });

function judge(values: readonly number[], state = new State(), from_row = 0, detector = new Detector()): number[] {
  return values.map((value, row) => detector.next(state, START_MS + (from_row + row) * STEP_MS, value));
}

/** A sequence between 0 and 1 that is the same each time. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Days of five-minute values: 20 by night, 80 from eight to eight, and a little noise. */
function days(count: number, seed = 1): number[] {
  const random = noise(seed);
  return Array.from({ length: count * 288 }, (_, row) => {
    const hour = ((row % 288) * 24) / 288;
    return (hour >= 8 && hour < 20 ? 80 : 20) + 4 * random();
  });
}

describe('any numbers', () => {
  test('are scored from 0 to 1', () => {
    fc.assert(
      fc.property(rows, (series) => {
        const detector = new Detector();
        const state = new State();
        for (const [time_ms, value] of series) {
          const score = detector.next(state, time_ms, value);
          expect(score >= 0 && score <= 1).toBe(true);
        }
      }),
    );
  });

  test('leave a state of at most 4 KB, in which nothing is poisoned', () => {
    fc.assert(
      fc.property(rows, (series) => {
        const detector = new Detector();
        const state = new State();
        for (const [time_ms, value] of series) detector.next(state, time_ms, value);
        const bytes = state.toBytes();
        expect(bytes.length).toBeLessThanOrEqual(STATE_BYTES_MAX);
        // Whatever came, it goes on and still finds what nobody can miss.
        const scores = judge([...days(4), 100_000], State.from(bytes));
        expect(scores.every((score) => score >= 0 && score <= 1)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  test('are judged the same each time', () => {
    fc.assert(
      fc.property(usual_values, (values) => {
        expect(judge(values)).toEqual(judge(values));
      }),
    );
  });

  test('are judged the same beside others by the same detector', () => {
    fc.assert(
      fc.property(usual_values, usual_values, (one, other) => {
        const detector = new Detector();
        const states = [new State(), new State()] as const;
        const scores = one.map((value, row) => {
          detector.next(states[1], START_MS + row * STEP_MS, other[row] ?? 0);
          return detector.next(states[0], START_MS + row * STEP_MS, value);
        });
        expect(scores).toEqual(judge(one));
      }),
    );
  });

  test('are judged the same after a move to another detector', () => {
    fc.assert(
      fc.property(usual_values, fc.nat(400), (values, cut) => {
        const state = new State();
        const before = judge(values.slice(0, cut), state);
        const after = judge(values.slice(cut), State.from(state.toBytes()), Math.min(cut, values.length));
        expect([...before, ...after]).toEqual(judge(values));
      }),
    );
  });
});

describe('what the values are measured in', () => {
  const values = [...days(6), ...days(1).map((value) => value + 60)];
  const scores = judge(values);

  test.each([
    ['a thousandth', (value: number) => value / 1_000],
    ['a million times as much', (value: number) => value * 1e6],
    ['a constant more', (value: number) => value + 12_345],
    ['a constant less', (value: number) => value - 1e9],
  ])('hardly changes a score: %s', (_what, change) => {
    for (const [row, score] of judge(values.map(change)).entries()) expect(score).toBeCloseTo(scores[row] ?? -1, 2);
  });
});

describe('what is no number', () => {
  test('is told as 0 and changes nothing', () => {
    const values = days(3);
    const detector = new Detector();
    const state = new State();
    const scores = values.map((value, row) => {
      for (const none of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        expect(detector.next(state, START_MS + row * STEP_MS, none)).toBe(0);
      }
      return detector.next(state, START_MS + row * STEP_MS, value);
    });
    expect(scores).toEqual(judge(values));
  });

  test('as a time only hides the season', () => {
    const detector = new Detector();
    const state = new State();
    const scores = [...days(4), 500].map((value) => detector.next(state, Number.NaN, value));
    expect(scores.at(-1)).toBeGreaterThan(0.5);
  });
});

describe('the detector', () => {
  const random = noise(7);
  const flat = Array.from({ length: 2_000 }, () => 50 + random());

  test('sees a spike at once', () => {
    expect(judge([...flat, 90]).at(-1)).toBeGreaterThan(0.9);
  });

  test('tells the onset of a new level, and gets used to it', () => {
    const scores = judge([...flat, ...flat.map((value) => value + 20)]).slice(flat.length);
    expect(Math.max(...scores.slice(0, 3))).toBeGreaterThan(0.9);
    expect(Math.max(...scores.slice(1_000))).toBeLessThan(0.5);
  });

  test('is not surprised by a day like the others, and is by a day without its rise', () => {
    const usual = days(13);
    const night = usual.slice(0, 90);
    const idle = Array.from({ length: 288 }, (_, row) => night[row % 90] ?? 0);
    const of_last_day = (values: readonly number[]) => Math.max(...judge(values).slice(-288));
    expect(of_last_day(usual)).toBeLessThan(0.5);
    expect(of_last_day([...usual.slice(0, -288), ...idle])).toBeGreaterThan(0.5);
  });

  test('says hardly anything of weeks whose weekends are quiet', () => {
    const weeks = days(8 * 7).map((value, row) => (Math.floor(row / 288) % 7 >= 5 ? 20 + (value - 20) / 3 : value));
    const told = judge(weeks)
      .slice(2 * 7 * 288)
      .filter((score) => score >= 0.5);
    expect(told.length).toBeLessThanOrEqual(6);
  });

  test('tells a day that is a little lower than all others', () => {
    const usual = days(14);
    const lower = days(1, 9).map((value) => value - 4);
    expect(Math.max(...judge([...usual, ...lower]).slice(usual.length))).toBeGreaterThan(0.5);
  });

  test('says nothing of a line', () => {
    expect(Math.max(...judge(Array.from({ length: 3_000 }, () => 45)))).toBe(0);
  });

  test('does not mind gaps, repeats and steps back in time', () => {
    const detector = new Detector();
    const state = new State();
    const random_time = noise(3);
    const scores = days(6).map((value, row) =>
      detector.next(state, START_MS + (row - 40 * Math.floor(random_time() * 3)) * STEP_MS, value),
    );
    expect(scores.every((score) => score >= 0 && score <= 1)).toBe(true);
  });

  test.each(PARTS)('works without %s', (part) => {
    const scores = judge([...flat, 500], new State(), 0, new Detector({ without: [part] }));
    expect(scores.at(-1)).toBeGreaterThan(0.5);
  });

  test('refuses bytes that are no snapshot', () => {
    expect(() => State.from(new Uint8Array(10))).toThrow(RangeError);
    expect(() => State.from(new Uint8Array(new State().toBytes().length))).toThrow(/layout/);
  });
});
