// Figures: every number of a message under a name that no format has to be told about. Names are made of those in the message
// by where they stand: below a resource, what is in `devices` or `interfaces` are its items, and an item is a label.
//
//   disks / devices / vda / read_bytes_per_second    `read`, in bytes per second, of `disks`, with device="vda"
//   pressure / cpu / some_percentage                 `cpu_some`, a percentage, of `pressure`
//   cpu / core_percentages / 3                       `core`, a percentage, of `cpu`, with core="3"
//   cpu_percentage                                   `usage`, a percentage, with resource="cpu"

import { unitOf } from '@ganglion/topics';
import { singular, type Unit } from './unit.ts';

/** A name and a text. */
export type Label = readonly [name: string, value: string];

/** What a number is. The same object for the same figure of all machines, so that a format may keep what it makes of it. */
export interface Figure {
  /** The resource, or what is ours: `usage`, `band`, `up`, `machine`. */
  readonly resource: string;
  /** The name without its unit; the objects in between joined to it. May be empty. */
  readonly stem: string;
  readonly unit: Unit;
  /** Which of several. */
  readonly labels: readonly Label[];
  /** Whether it says something by its labels, and is 1. */
  readonly is_info: boolean;
}

/** Takes a figure and its value, in the unit of the message. */
export type Visit = (figure: Figure, value: number) => void;

/** How deep a figure may stand. */
const DEPTH_MAX = 8;

/** Names that are remembered, with the items in them; past that all are forgotten and built anew. */
export const NAMES_MAX = 200_000;

/** Texts that become labels, at most so long; longer ones are left out. */
const TEXT_CHARACTERS_MAX = 200;

/** Epoch milliseconds, and no length of time: later than 1973. */
const MOMENT_MS_MIN = 1e11;

const PERCENTAGE = '_percentage';
const RESULT = '_result';

/** What is known of one name at one place in a message. */
interface Place {
  readonly name: string;
  readonly inside: Map<string, Place>;
  /** What a number here is; made when one stands here. */
  figure?: Figure;
  moment?: Figure;
  /** What its texts say, by the texts. */
  infos?: Map<string, Figure>;
}

/** Where a walk is: what the names above mean. */
interface Front {
  readonly resource: string;
  /** Names in between that are no items. */
  readonly words: readonly string[];
  readonly labels: readonly Label[];
  /** A name that is either of what its items are called, or a word of the figures' names. */
  readonly open: string | undefined;
}

export class Figures {
  readonly #names_max: number;
  readonly #onForgotten: () => void;
  #measure = placeOf('');
  #analysis = placeOf('');
  #names = 0;

  /** @param onForgotten called when there were too many names */
  constructor(onForgotten: () => void = () => {}, names_max = NAMES_MAX) {
    this.#onForgotten = onForgotten;
    this.#names_max = names_max;
  }

  /** Visits every number of a measure, booleans as 0 and 1, and what the texts of its items say. */
  measure(body: Readonly<Record<string, unknown>>, visit: Visit): void {
    this.#makeRoom();
    for (const name in body) {
      const value = body[name];
      const place = this.#inside(this.#measure, name);
      if (typeof value === 'number') {
        place.figure ??= headlineOf(name);
        visit(place.figure, value);
      } else if (typeof value === 'object' && value !== null) {
        this.#walk(place, value, { resource: name, words: [], labels: NONE, open: undefined }, DEPTH_MAX, visit);
      }
    }
  }

  /** Visits what an analysis says besides the percentages that it has from the measure. */
  analysis(body: object, visit: Visit): void {
    this.#makeRoom();
    const fields = body as Readonly<Record<string, unknown>>;
    for (const name in fields) {
      const value = fields[name];
      if (name.endsWith(PERCENTAGE)) continue;
      const place = this.#inside(this.#analysis, name);
      if (typeof value === 'string' && name.endsWith(RESULT)) this.#bands(place, name, value, visit);
      else if (typeof value === 'number') {
        place.figure ??= figureOf('analysis', unitOf(name), NONE);
        visit(place.figure, value);
      } else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
        const front = { resource: 'analysis', words: [name], labels: NONE, open: undefined };
        this.#walk(place, value, front, DEPTH_MAX, visit);
      }
    }
  }

  /** A 1 for the band that it is, a 0 for the others: so that `band="HIGH"` can be counted, and told from not being judged. */
  #bands(place: Place, name: string, band: string, visit: Visit): void {
    for (const each of BANDS) {
      const of_band = this.#inside(place, each);
      of_band.figure ??= figureOf('band', NAMELESS, [
        ['resource', name.slice(0, -RESULT.length)],
        ['band', each],
      ]);
      visit(of_band.figure, band === each ? 1 : 0);
    }
  }

  #walk(place: Place, node: object, front: Front, depth: number, visit: Visit): void {
    if (depth === 0) return;
    const is_item = front.open === undefined && front.labels.length > 0;
    let texts: Label[] | undefined;
    const fields = node as Readonly<Record<string, unknown>>;
    for (const name in fields) {
      const value = fields[name];
      switch (typeof value) {
        case 'number':
          this.#number(place, name, value, front, visit);
          break;
        case 'boolean':
          this.#number(place, name, value ? 1 : 0, front, visit);
          break;
        case 'string':
          if (is_item && value !== '' && value.length <= TEXT_CHARACTERS_MAX) {
            texts ??= [];
            texts.push([name, value]);
          }
          break;
        case 'object':
          if (value === null) break;
          if (Array.isArray(value)) this.#list(this.#inside(place, name), name, value, front, visit);
          else this.#walk(this.#inside(place, name), value, step(front, name), depth - 1, visit);
      }
    }
    if (texts !== undefined) visit(this.#info(place, texts, front), 1);
  }

  #number(place: Place, name: string, value: number, front: Front, visit: Visit): void {
    const at = this.#inside(place, name);
    if (value >= MOMENT_MS_MIN && name.endsWith('_ms')) {
      at.moment ??= figureOf(front.resource, { ...named(front, name), unit: 'moment' }, front.labels);
      visit(at.moment, value);
    } else {
      at.figure ??= figureOf(front.resource, named(front, name), front.labels);
      visit(at.figure, value);
    }
  }

  /**
   * Numbers of many alike, as the cores of a CPU. Objects in a list are left out: what is first today is another tomorrow,
   * and each would be a figure of its own for a moment.
   */
  #list(place: Place, name: string, list: readonly unknown[], front: Front, visit: Visit): void {
    const whole = named(front, name);
    for (let at = 0; at < list.length; at++) {
      const value = list[at];
      if (typeof value !== 'number') continue;
      const element = this.#inside(place, String(at));
      element.figure ??= figureOf(front.resource, whole, [
        ...front.labels,
        [singular(unitOf(name).stem || name), String(at)],
      ]);
      visit(element.figure, value);
    }
  }

  #info(place: Place, texts: readonly Label[], front: Front): Figure {
    place.infos ??= new Map();
    const key = texts.map(([name, value]) => `${name}\n${value}`).join('\n');
    let figure = place.infos.get(key);
    if (figure === undefined) {
      const known = new Set(front.labels.map(([name]) => name));
      const labels = [...front.labels, ...texts.filter(([name]) => !known.has(name))];
      figure = { resource: front.resource, stem: 'info', unit: 'count', labels, is_info: true };
      place.infos.set(key, figure);
      this.#names++;
    }
    return figure;
  }

  #inside(place: Place, name: string): Place {
    let found = place.inside.get(name);
    if (found === undefined) {
      found = placeOf(name);
      place.inside.set(name, found);
      this.#names++;
    }
    return found;
  }

  #makeRoom(): void {
    if (this.#names < this.#names_max) return;
    this.#measure = placeOf('');
    this.#analysis = placeOf('');
    this.#names = 0;
    this.#onForgotten();
  }
}

const BANDS = ['LOW', 'MEDIUM', 'HIGH'];
const NONE: readonly Label[] = [];
const NAMELESS = { unit: 'count', stem: '' } as const;

function placeOf(name: string): Place {
  return { name, inside: new Map() };
}

/** `cpu_percentage` is how much of the CPU is in use. Other numbers that stand alone, as `sequence`, are of the measure. */
function headlineOf(name: string): Figure {
  if (!name.endsWith(PERCENTAGE)) return figureOf('measure', unitOf(name), NONE);
  return figureOf('usage', { unit: 'percentage', stem: '' }, [['resource', name.slice(0, -PERCENTAGE.length)]]);
}

function figureOf(
  resource: string,
  { unit, stem }: { readonly unit: Unit; readonly stem: string },
  labels: readonly Label[],
): Figure {
  return { resource, stem, unit, labels, is_info: false };
}

/** The way into an object: its name is what items are called if the next is one, else a word of the figures' names. */
function step(front: Front, name: string): Front {
  if (front.open === undefined) return { ...front, open: name };
  return { ...front, labels: withLabel(front.labels, [singular(front.open), name]), open: undefined };
}

/** Of items in items of the same name, the second is another label. */
function withLabel(labels: readonly Label[], [name, value]: Label): readonly Label[] {
  const free = labels.some(([known]) => known === name) ? `${name}_${labels.length + 1}` : name;
  return [...labels, [free, value]];
}

function named(front: Front, name: string): { readonly unit: Unit; readonly stem: string } {
  const { unit, stem } = unitOf(name);
  const words = front.open === undefined ? front.words : [...front.words, front.open];
  return { unit, stem: [...words, stem].filter((word) => word !== '').join('_') };
}
