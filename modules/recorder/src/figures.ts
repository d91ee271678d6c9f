// The figures in a body: every number, and every boolean as 0 or 1, under the path of fields that leads to it. The paths are
// those by which the page names them: `cpu/core_percentages/0`; an element of an array that has a name or an id goes by that.

import type { Names } from './names.ts';

/** What ends the name of a band; its figure is 1, 2, 3 for LOW, MEDIUM, HIGH. */
export const BAND_ENDING = '_result';

/** How deep a figure may stand. */
const DEPTH_MAX = 8;

/** Figures of one body, at most. */
export const FIGURES_OF_BODY_MAX = 1_024;

/** Layouts that are remembered; past that they are found anew. */
const LAYOUTS_MAX = 10_000;

/** Places in bodies that are remembered; those beyond are found anew each time. */
const PLACES_MAX = 200_000;

/** What names an element of an array. */
const NAMES = ['name', 'id'] as const;

/** Which figures a body has, in which order. Bodies alike share one. */
export interface Layout {
  readonly figures: readonly number[];
}

/** A place in bodies: its figure, if there has been a number, and what stands below it. */
interface Place {
  readonly path: string;
  figure: number | undefined;
  below: Map<string, Place> | undefined;
}

/** Reads bodies. Its arrays are used again for each. */
export class FigureReader {
  readonly #names: Names;
  readonly #root: Place = { path: '', figure: 0, below: undefined };
  readonly #layouts = new Map<string, Layout>();
  #places = 0;
  readonly #figures: number[] = [];
  readonly #found: number[] = [];
  /** Figures of the last body that could not be kept. */
  left_out = 0;
  /** The values of the last body, in the order of its layout. */
  values: readonly number[] = this.#found;

  constructor(names: Names) {
    this.#names = names;
  }

  /**
   * Reads a body. Its values are in `values` until the next.
   *
   * @param likely the layout that it probably has: that of its machine's last body
   */
  read(body: object, likely: Layout | undefined): Layout {
    this.#begin();
    this.#walk(body, this.#root, DEPTH_MAX);
    return this.#layout(likely);
  }

  /** Takes figures that are given one by one, by the names of fields. */
  take(fields: Iterable<readonly [path: string, value: number]>, likely: Layout | undefined): Layout {
    this.#begin();
    for (const [path, value] of fields) this.#take(this.#below(this.#root, path), value);
    return this.#layout(likely);
  }

  #begin(): void {
    this.#figures.length = 0;
    this.#found.length = 0;
    this.values = this.#found;
    this.left_out = 0;
  }

  #walk(node: object, place: Place, depth: number): void {
    if (depth === 0) return;
    if (Array.isArray(node)) {
      const taken = new Set<string>();
      for (let i = 0; i < node.length; i++) {
        const element: unknown = node[i];
        const name = nameOf(element);
        const is_named = name !== undefined && !taken.has(name);
        if (is_named) taken.add(name);
        this.#visit(element, place, is_named ? name : String(i), depth);
      }
      return;
    }
    const fields = node as Readonly<Record<string, unknown>>;
    for (const field in fields) this.#visit(fields[field], place, field, depth);
  }

  #visit(value: unknown, place: Place, field: string, depth: number): void {
    if (typeof value === 'number') this.#take(this.#below(place, field), value);
    else if (typeof value === 'boolean') this.#take(this.#below(place, field), value ? 1 : 0);
    else if (typeof value === 'object' && value !== null) this.#walk(value, this.#below(place, field), depth - 1);
  }

  #below(place: Place, field: string): Place {
    const known = place.below?.get(field);
    if (known !== undefined) return known;
    const part = field.includes('~') || field.includes('/') ? field.replaceAll('~', '~0').replaceAll('/', '~1') : field;
    const below: Place = {
      path: place === this.#root ? part : `${place.path}/${part}`,
      figure: undefined,
      below: undefined,
    };
    if (this.#places < PLACES_MAX) {
      this.#places++;
      place.below ??= new Map();
      place.below.set(field, below);
    }
    return below;
  }

  #take(place: Place, value: number): void {
    place.figure ??= this.#names.figureOf(place.path);
    if (place.figure === 0 || this.#found.length >= FIGURES_OF_BODY_MAX) {
      this.left_out++;
      return;
    }
    this.#figures.push(place.figure);
    this.#found.push(value);
  }

  #layout(likely: Layout | undefined): Layout {
    const figures = this.#figures;
    if (likely !== undefined && isSame(likely.figures, figures)) return likely;
    const key = figures.join();
    const known = this.#layouts.get(key);
    if (known !== undefined) return known;
    // Two numbers under one path, as where an element is called like another's place: the last counts.
    const last = new Map(figures.map((figure, at) => [figure, at]));
    if (last.size < figures.length) {
      this.values = [...last.values()].map((at) => this.#found[at] as number);
      return { figures: [...last.keys()] };
    }
    const layout = { figures: [...figures] };
    if (this.#layouts.size >= LAYOUTS_MAX) this.#layouts.clear();
    this.#layouts.set(key, layout);
    return layout;
  }
}

function isSame(one: readonly number[], other: readonly number[]): boolean {
  if (one.length !== other.length) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}

function nameOf(element: unknown): string | undefined {
  if (typeof element !== 'object' || element === null) return undefined;
  for (const field of NAMES) {
    const name = (element as Readonly<Record<string, unknown>>)[field];
    if (typeof name === 'string' && name !== '') return name;
  }
  return undefined;
}
