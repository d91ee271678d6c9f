// The known signal: what a machine measures at its n-th sample follows from its name, n and the seed, so that whoever compares
// needs to be told no values. Decimals, whose sums can be told exactly, and one figure of all the bits that a number has.

/** The figures of a sample, by the paths under which they are recorded. */
export const PATHS = [
  'cpu_percentage',
  'signal/whole',
  'signal/hundredths',
  'signal/sparse',
  'signal/floating',
] as const;
export type Path = (typeof PATHS)[number];

/** Of a figure with all its bits a sum depends on the order; all else of it does not. */
export const FLOATING: Path = 'signal/floating';

/** A sample as it was sent, the first time. */
export interface Sent {
  readonly machine: string;
  readonly serial: number;
  readonly time_ms: number;
}

/** What a process that sends has done. */
export interface Account {
  readonly sent: readonly Sent[];
  readonly late: number;
  readonly twice: number;
  /** How many times its clock was set. */
  readonly steps: number;
  /** What the bus has not taken over. */
  readonly lost: number;
}

/** Numbers from 0 on and below 1, always the same from the same begin. */
export function randomFrom(begin: string): () => number {
  let state = 0;
  for (const letter of begin) state = Math.imul(state ^ letter.charCodeAt(0), 0x01000193) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A value of a sample as it is told: decimals as whole numbers and how many digits of them are behind the point. */
export interface Value {
  readonly whole: number;
  readonly digits: number;
}

/** What a machine measures; a figure that is not there in this sample is undefined. */
export function valuesOf(seed: number, machine: string, serial: number): Record<Path, Value | undefined> {
  const random = randomFrom(`${seed} ${machine} ${serial}`);
  const upTo = (n: number) => Math.floor(random() * n);
  return {
    cpu_percentage: { whole: upTo(10_001), digits: 2 },
    // Now and then a peak, that has to be seen in every cell above it.
    'signal/whole': { whole: upTo(random() < 0.01 ? 2 ** 40 : 1_000), digits: 0 },
    'signal/hundredths': { whole: upTo(2_000_001) - 1_000_000, digits: 2 },
    'signal/sparse': random() < 0.5 ? { whole: upTo(100), digits: 0 } : undefined,
    'signal/floating': { whole: random() + random() * 2 ** -32, digits: 0 },
  };
}

/** A value as it stands in the message. */
export function numberOf({ whole, digits }: Value): number {
  return whole / 10 ** digits;
}

/** The body of a sample. */
export function bodyOf(seed: number, machine: string, serial: number) {
  const values = valuesOf(seed, machine, serial);
  const number = (path: Path) => {
    const value = values[path];
    return value === undefined ? undefined : numberOf(value);
  };
  return {
    cpu_percentage: number('cpu_percentage') ?? 0,
    signal: {
      whole: number('signal/whole'),
      hundredths: number('signal/hundredths'),
      sparse: number('signal/sparse'),
      floating: number('signal/floating'),
    },
  };
}
