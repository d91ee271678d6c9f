// A measure's body as paths and values, the way `past` names its columns: one meaning on both ends of the wire.

/** Fields within fields that are followed; what lies deeper is left out. */
const DEPTH_MAX = 8;

/** Every value of a body that is no object and no array, with its path: `cpu_percentage`, `cpu/core_percentages/0`. */
export function* leavesOf(body: object, before = '', depth = 0): Generator<[path: string, value: unknown]> {
  for (const [name, value] of Object.entries(body)) {
    const path = before + escaped(name);
    if (typeof value !== 'object' || value === null) yield [path, value];
    else if (depth < DEPTH_MAX) yield* leavesOf(value, `${path}/`, depth + 1);
  }
}

/** The fields that a path goes through. */
export function fieldsOf(path: string): string[] {
  return path.split('/').map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function escaped(name: string): string {
  return /[/~]/.test(name) ? name.replaceAll('~', '~0').replaceAll('/', '~1') : name;
}
