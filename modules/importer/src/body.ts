// Puts a measure together, field by field; whatever an agent calls its things.

/** Items of a kind in a measure; more are left out. */
const ITEMS_MAX = 32;

/** Fields of one object; more are left out. */
const FIELDS_MAX = 200;

/** Elements of a list; more are left out. */
const LIST_MAX = 1_024;

/** A measure in the making: what it may hold the wire's contract says, which is checked when it is published. */
export type Fields = Record<string, unknown>;

export class Body {
  readonly fields: Fields = {};
  /** Figures that found no place. */
  left_out = 0;

  /** Sets a figure of a resource; one that is not known is left out. */
  set(resource: string, field: string, value: number | undefined): void {
    this.#put(this.#inside(this.fields, resource), field, value);
  }

  /** Sets a figure of an item, as of `sda` in the `devices` of `disks`. */
  item(resource: string, kind: string, item: string, field: string, value: number | undefined): void {
    if (value === undefined) return;
    const items = this.#inside(this.#inside(this.fields, resource), kind);
    if (!Object.hasOwn(items, item) && Object.keys(items).length >= ITEMS_MAX) this.left_out++;
    else this.#put(this.#inside(items, item), field, value);
  }

  /** Sets a figure of many alike, as the cores of a CPU; null where it is not known. */
  list(resource: string, field: string, values: readonly (number | undefined)[]): void {
    this.left_out += Math.max(0, values.length - LIST_MAX);
    this.#inside(this.fields, resource)[field] = values.slice(0, LIST_MAX).map((value) => value ?? null);
  }

  /** The items of a resource, by their names. */
  items(resource: string, kind: string): [item: string, fields: Readonly<Record<string, number>>][] {
    const of = this.fields[resource];
    const items = isFields(of) ? of[kind] : undefined;
    return isFields(items) ? (Object.entries(items) as [string, Record<string, number>][]) : [];
  }

  /** A figure that was set. */
  get(resource: string, field: string): number | undefined {
    const of = this.fields[resource];
    const value = isFields(of) ? of[field] : undefined;
    return typeof value === 'number' ? value : undefined;
  }

  /** Sets the headline of a resource, 0 to 100. */
  headline(resource: string, percentage: number | undefined): void {
    if (percentage === undefined || !Number.isFinite(percentage)) return;
    this.fields[`${resource}_percentage`] = rounded(Math.min(100, Math.max(0, percentage)));
  }

  #put(fields: Fields, field: string, value: number | undefined): void {
    if (value === undefined || !Number.isFinite(value)) return;
    const name = snake(field);
    if (!Object.hasOwn(fields, name) && Object.keys(fields).length >= FIELDS_MAX) this.left_out++;
    else fields[name] = Number.isInteger(value) ? value : rounded(value);
  }

  #inside(fields: Fields, name: string): Fields {
    const own = name === '__proto__' ? '_proto_' : name;
    const known = Object.hasOwn(fields, own) ? fields[own] : undefined;
    if (isFields(known)) return known;
    const made: Fields = {};
    fields[own] = made;
    return made;
  }
}

/** What part is of a whole, in percent; undefined of nothing. */
export function share(part: number, whole: number): number | undefined {
  return whole > 0 ? rounded((100 * part) / whole) : undefined;
}

/** The largest of what is known. */
export function largest(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

/** With two decimals, as the tracker's figures have. */
export function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

/** A name as the wire has them: `Load Average` is `load_average`. */
export function snake(name: string): string {
  const clean = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
  return clean === '' ? 'other' : clean;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
