// Where the figures of an analysis stand. Machines that run alike send the same fields in the same order for ever, so how a
// body is read is found out once, and shared by all who send such bodies.

/** Resources of one machine that are told. */
export const RESOURCES_MAX = 64;

/** What a field of a body is. */
export const NOTHING = 0;
export const PERCENTAGE = 1;
export const BAND = 2;
/** 0 to 1, told as a percentage. */
export const SCORE = 3;

/** How unusual a machine is stands beside its resources, as if it were one. */
const SCORE_FIELD = 'anomaly_score';
const SCORE_NAME = 'anomaly';

const PERCENTAGE_ENDING = '_percentage';
const BAND_ENDING = '_result';

/** Characters that a number or a band takes at most, and what stands around it. */
const VALUE_CHARACTERS_MAX = 32;
/** How bodies with certain fields in a certain order are read. */
export interface Layout {
  readonly fields: readonly string[];
  /** Of each field: {@link PERCENTAGE}, {@link BAND}, {@link SCORE} or {@link NOTHING}… */
  readonly kinds: readonly number[];
  /** …and of which of `names` it speaks. */
  readonly places: readonly number[];
  /** The resources, in the order of the body. */
  readonly names: readonly string[];
  /** The same as JSON. */
  readonly quoted: readonly string[];
  /** Characters that such a body takes at most; undefined when it has fields of which that cannot be said. */
  readonly characters_max: number | undefined;
  /** The fields as one text. */
  readonly key: string;
  /** Machines that send such bodies. */
  users: number;
}

/** Whether two of them tell of the same resources in the same order. */
export function haveSameNames(one: Layout, other: Layout): boolean {
  return one.names.length === other.names.length && one.names.every((name, i) => other.names[i] === name);
}

/** The layouts in use. There are never more than machines. */
export class Layouts {
  readonly #layouts = new Map<string, Layout>();

  get size(): number {
    return this.#layouts.size;
  }

  /** The layout of a body, with one user more. */
  take(body: object): Layout {
    const fields = Object.keys(body);
    const key = JSON.stringify(fields);
    let layout = this.#layouts.get(key);
    if (layout === undefined) {
      layout = layoutOf(fields, key);
      this.#layouts.set(key, layout);
    }
    layout.users++;
    return layout;
  }

  /** One of its users has gone. What was taken elsewhere is left alone. */
  release(layout: Layout): void {
    if (this.#layouts.get(layout.key) === layout && --layout.users === 0) this.#layouts.delete(layout.key);
  }
}

function layoutOf(fields: readonly string[], key: string): Layout {
  const places_of = new Map<string, number>();
  const kinds: number[] = [];
  const places: number[] = [];
  let characters = 0;
  let known = true;
  for (const field of fields) {
    const kind = kindOf(field);
    const name = field.slice(0, -(kind === BAND ? BAND_ENDING : PERCENTAGE_ENDING).length);
    let place = kind === NOTHING ? undefined : places_of.get(name);
    if (kind !== NOTHING && place === undefined && places_of.size < RESOURCES_MAX) {
      place = places_of.size;
      places_of.set(name, place);
    }
    kinds.push(place === undefined ? NOTHING : kind);
    places.push(place ?? 0);
    characters += JSON.stringify(field).length + VALUE_CHARACTERS_MAX;
    known &&= kind !== NOTHING || field === SCORE_FIELD;
  }
  // Behind the resources, wherever it stands in the body.
  const score = fields.indexOf(SCORE_FIELD);
  if (score !== -1 && places_of.size < RESOURCES_MAX && !places_of.has(SCORE_NAME)) {
    kinds[score] = SCORE;
    places[score] = places_of.size;
    places_of.set(SCORE_NAME, places_of.size);
  }
  const names = [...places_of.keys()];
  const quoted = names.map((name) => JSON.stringify(name));
  return { fields, kinds, places, names, quoted, characters_max: known ? characters : undefined, key, users: 0 };
}

function kindOf(field: string): number {
  if (field.endsWith(BAND_ENDING) && field.length > BAND_ENDING.length) return BAND;
  return field.endsWith(PERCENTAGE_ENDING) && field.length > PERCENTAGE_ENDING.length ? PERCENTAGE : NOTHING;
}
