// What every bench does besides measuring: says how far it is, and takes the names of its parts.

/** Says something, with the seconds since `startClock`. */
export type Say = (text: string) => void;

/** Starts the clock that stands before each line. */
export function startClock(): Say {
  const began_ms = performance.now();
  return (text) => console.log(`${((performance.now() - began_ms) / 1_000).toFixed(0).padStart(4)} s  ${text}`);
}

/** The parts that are asked for, all when none is. A name that none has ends the program with code 2. */
export function partsOf<Part>(all: Readonly<Record<string, Part>>, asked: readonly string[]): Part[] {
  const unknown = asked.find((name) => !Object.hasOwn(all, name));
  if (unknown !== undefined) {
    console.error(`There is no part "${unknown}"; there are ${Object.keys(all).join(', ')}.`);
    process.exit(2);
  }
  return Object.entries(all).flatMap(([name, part]) => (asked.length === 0 || asked.includes(name) ? [part] : []));
}
