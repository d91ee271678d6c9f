// Detectors to measure ours and the scorer against. Each is one published or obvious idea, whole.

/** Gives each row a score from 0 to 1; may not look ahead. */
export type Judge = (time_ms: number, value: number) => number;

/** Never detects anything: 0 points. */
export function silent(): Judge {
  return () => 0;
}

/** Draws its scores from a fixed sequence (mulberry32). */
export function random(seed = 1): Judge {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** How improbable a value is under the mean and deviation of the last 6,400, renewed every 100: the benchmark's own. */
export function windowedGaussian(window_rows = 6_400, step_rows = 100): Judge {
  const window: number[] = [];
  const step: number[] = [];
  let mean = 0;
  let deviation = 1;
  const learn = () => {
    mean = window.reduce((sum, value) => sum + value, 0) / window.length;
    deviation = Math.sqrt(window.reduce((sum, value) => sum + (value - mean) ** 2, 0) / window.length) || 1e-6;
  };
  return (_time_ms, value) => {
    const score = window.length === 0 ? 0 : 1 - tail(Math.abs(value - mean) / deviation);
    if (window.length < window_rows) {
      window.push(value);
      learn();
    } else if (step.push(value) === step_rows) {
      window.splice(0, step_rows, ...step.splice(0));
      learn();
    }
    return score;
  };
}

/** The upper tail of the standard normal distribution, z ≥ 0; W. J. Cody's form as in Numerical Recipes, to 1.2e-7 of itself. */
function tail(z: number): number {
  const x = z / Math.SQRT2;
  const t = 1 / (1 + 0.5 * x);
  const series = [
    0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368,
    -1.26551223,
  ].reduce((sum, term) => sum * t + term, 0);
  return 0.5 * t * Math.exp(-x * x + series);
}
