// The leaves of a measure: every number in it under one name, however deep it stands. The server remembers measures by these
// names and the page shows them, so both take them from here.

/** How deep a leaf may stand; what is deeper is no leaf. */
export const LEAF_DEPTH_MAX = 8;

/** What names an element of an array, where it has one; else its place does. */
const NAMES = ['name', 'id'] as const;

/**
 * Calls `visit` for each number in a JSON object, and for each boolean as 0 or 1. Its path is the fields that lead there,
 * joined by `/`: `cpu/core_percentages/0`. An element of an array that has a text as `name` or `id`, which no other before it
 * had, goes by that: `disks/sda/busy_percentage` says the same wherever in the array `sda` stands.
 *
 * @param visitWord is called for each text and each boolean, as it is
 */
export function eachLeaf(body: object, visit: VisitLeaf, visitWord?: VisitWord): void {
  walk(body, '', LEAF_DEPTH_MAX, visit, visitWord);
}

type VisitLeaf = (path: string, value: number) => void;
type VisitWord = (path: string, value: string | boolean) => void;

/** The fields that a path goes through. */
export function fieldsOf(path: string): string[] {
  return path.split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** A field's name as it stands in a path, as in a JSON pointer: `a/b` is `a~1b`. */
export function pathPart(field: string): string {
  return field.includes('~') || field.includes('/') ? field.replaceAll('~', '~0').replaceAll('/', '~1') : field;
}

function walk(node: object, front: string, depth: number, visit: VisitLeaf, visitWord?: VisitWord): void {
  if (depth === 0) return;
  const names = Array.isArray(node) ? new Set<string>() : undefined;
  for (const [field, value] of Object.entries(node)) {
    const isObject = typeof value === 'object' && value !== null;
    let part = field;
    const name = names !== undefined && isObject ? nameOf(value) : undefined;
    if (name !== undefined && names?.has(name) === false) {
      names.add(name);
      part = name;
    }
    const path = front + pathPart(part);
    if (typeof value === 'string' || typeof value === 'boolean') visitWord?.(path, value);
    if (typeof value === 'number') visit(path, value);
    else if (typeof value === 'boolean') visit(path, value ? 1 : 0);
    else if (isObject) walk(value, `${path}/`, depth - 1, visit, visitWord);
  }
}

function nameOf(element: object): string | undefined {
  for (const field of NAMES) {
    const name: unknown = (element as Readonly<Record<string, unknown>>)[field];
    if (typeof name === 'string' && name !== '') return name;
  }
  return undefined;
}
