// Which charts there are: everything that a machine's measures hold, grouped by resource and folded until it can be read.
// It goes by the names alone, so a probe that nobody has told the page about has its charts too.

import { type Unit, unitOf } from '@ganglion/topics/units';
import { fieldsOf, pathPart } from '../../../wire/leaves.ts';
import { texts } from '../texts.ts';
import { sayName, sayResource } from './names.ts';

/** Curves of one chart; of more, those that went highest. */
export const CURVES_MAX = 8;

/** So many stand in the order of the message. */
const CURVES_IN_ORDER_MAX = 5;

/** Charts on the page; the rest is told. */
export const CHARTS_MAX = 120;

/** So many items of a kind, as disks, have charts of their own; of more, each figure has one for all of them. */
const ITEMS_APART_MAX = 3;

/** What the plan has to know of a figure. */
export interface Known {
  /** The largest it was, in size. */
  readonly peak: number;
  readonly moved: boolean;
}

export interface Curve {
  readonly path: string;
  readonly title: string;
}

export interface Chart {
  /** Stays the same while the machine's figures do. */
  readonly id: string;
  readonly title: string;
  readonly unit: Unit;
  /** `cores`: a percentage for each of many alike, drawn as a heat map. */
  readonly kind: 'curves' | 'cores';
  readonly curves: readonly Curve[];
  /** Curves that are left out. */
  readonly more: number;
}

/** A figure that is no curve: it does not change, or is a moment. */
export interface Fact {
  readonly path: string;
  readonly title: string;
  /** `moment`: epoch milliseconds. `words`: a text, or yes and no. */
  readonly unit: Unit | 'moment' | 'words';
}

export interface Column {
  readonly field: string;
  readonly title: string;
  readonly unit: Fact['unit'];
}

/** Many of a kind that have words of their own, as processes: a row for each. */
export interface Items {
  readonly id: string;
  readonly title: string;
  /** Its words first, then what is largest of a whole. */
  readonly columns: readonly Column[];
  /** Where each stands; a cell's path is `<item>/<field>`. */
  readonly items: readonly string[];
}

export interface Group {
  /** The resource; empty for what belongs to none. */
  readonly resource: string;
  readonly title: string;
  /** Its percentage, `cpu_percentage`, where it has one. */
  readonly headline?: string;
  readonly charts: readonly Chart[];
  readonly facts: readonly Fact[];
  readonly tables: readonly Items[];
  /** Charts of figures that were 0 whenever somebody looked. */
  readonly quiet: readonly Chart[];
}

export interface Plan {
  readonly groups: readonly Group[];
  /** Charts beyond {@link CHARTS_MAX}. */
  readonly left_out: number;
}

interface Leaf extends Known {
  readonly path: string;
  /** The fields between the resource and its own name. */
  readonly parent: readonly string[];
  readonly field: string;
  readonly index?: string;
  readonly unit: Unit;
  /** Its name without the unit. */
  readonly stem: string;
}

const HEADLINE = '_percentage';
const RESULT = '_result';

/** A time in milliseconds since 1970, not a length of time: later than 1973. */
export const MOMENT_MS_MIN = 1e11;

/** @param words by path: what is no number, or no more than yes and no */
export function planOf(figures: ReadonlyMap<string, Known>, words: ReadonlyMap<string, unknown>): Plan {
  const headlines = new Map<string, string>();
  const leaves = new Map<string, Leaf[]>();
  const facts = new Map<string, Fact[]>();
  for (const [path, known] of figures) {
    if (words.has(path)) continue;
    const fields = fieldsOf(path);
    const [resource = ''] = fields;
    if (fields.length > 1) {
      listIn(leaves, resource, leafOf(path, fields, known));
    } else if (resource.endsWith(HEADLINE)) {
      headlines.set(resource.slice(0, -HEADLINE.length), path);
    } else if (!resource.endsWith(RESULT)) {
      listIn(facts, '', { path, title: sayName(unitOf(resource).stem || resource), unit: unitOf(resource).unit });
    }
  }
  const tables = tablesOf(figures, words);
  const inTable = (path: string) => tables.some(({ items }) => items.includes(path.slice(0, path.lastIndexOf('/'))));
  for (const path of words.keys()) {
    if (inTable(path)) continue;
    const fields = fieldsOf(path);
    const resource = fields.length > 1 ? (fields[0] ?? '') : '';
    const unit = 'words';
    if (!path.endsWith(RESULT))
      listIn(facts, resource, { path, title: withItem(fields.slice(1, -1), sayName(fields.at(-1) ?? '')), unit });
  }
  // What goes by its place in a list is another from sample to sample: a curve through it would tell nothing.
  const byPlace = new Set(tables.flatMap(({ items }) => (items.some((item) => /\/\d+$/.test(item)) ? items : [])));
  let room = CHARTS_MAX;
  let left_out = 0;
  const groups: Group[] = [];
  for (const resource of inOrder(new Set([...headlines.keys(), ...leaves.keys(), ...facts.keys()]))) {
    const headline = headlines.get(resource);
    const of_it = leaves.get(resource) ?? [];
    const drawn = of_it.filter(
      (leaf) => !isFact(leaf, of_it) && !byPlace.has(leaf.path.slice(0, leaf.path.lastIndexOf('/'))),
    );
    const charts = chartsOf(resource, drawn);
    const loud = charts.filter(({ curves }) => curves.some(({ path }) => figures.get(path)?.peak !== 0));
    const shown = loud.slice(0, room);
    room -= shown.length;
    left_out += loud.length - shown.length;
    groups.push({
      resource,
      title: resource === '' ? texts.machine.other : sayResource(resource),
      ...(headline !== undefined && { headline }),
      charts: shown,
      quiet: charts.filter((chart) => !loud.includes(chart)),
      facts: [
        ...of_it.filter((leaf) => !drawn.includes(leaf) && !inTable(leaf.path)).map(factOf),
        ...(facts.get(resource) ?? []),
      ],
      tables: tables.filter(({ id }) => fieldsOf(id)[0] === resource),
    });
  }
  return { groups, left_out };
}

/** Of more than {@link ITEMS_APART_MAX} of a kind, those that have texts: as charts and facts nobody could read them. */
function tablesOf(figures: ReadonlyMap<string, Known>, words: ReadonlyMap<string, unknown>): Items[] {
  const lists = new Map<string, Map<string, Set<string>>>();
  const note = (path: string, is_text: boolean) => {
    const parts = path.split('/');
    if (parts.length < 4) return;
    const field = fieldsOf(parts.pop() ?? '')[0] ?? '';
    const item = parts.join('/');
    const list = parts.slice(0, -1).join('/');
    const items = lists.get(list);
    if (items === undefined && !is_text) return;
    const of_list = items ?? new Map<string, Set<string>>();
    lists.set(list, of_list);
    of_list.set(item, (of_list.get(item) ?? new Set()).add(field));
  };
  for (const [path, word] of words) if (typeof word === 'string') note(path, true);
  for (const [path, word] of words) if (typeof word !== 'string') note(path, false);
  for (const path of figures.keys()) if (!words.has(path)) note(path, false);
  return [...lists]
    .filter(([, items]) => items.size > ITEMS_APART_MAX)
    .map(([id, items]) => {
      const fields = [...new Set([...items.values()].flatMap((each) => [...each]))];
      const isText = (field: string) => [...items.keys()].some((item) => words.has(`${item}/${pathPart(field)}`));
      const columns = fields.map((field): Column => {
        if (isText(field)) return { field, title: sayName(field), unit: 'words' };
        const { unit, stem } = unitOf(field);
        return { field, title: sayName(stem || field), unit };
      });
      columns.sort((a, b) => columnPlace(a.unit) - columnPlace(b.unit));
      return { id, title: sayName(fieldsOf(id).at(-1) ?? ''), columns, items: [...items.keys()] };
    });
}

function columnPlace(unit: Fact['unit']): number {
  if (unit === 'words') return -1;
  // What is used of the CPU is what one looks for.
  if (unit === 'cores') return 0;
  const place = unit === 'moment' ? -1 : UNITS.indexOf(unit);
  return place === -1 ? UNITS.length : place;
}

function leafOf(path: string, fields: readonly string[], known: Known): Leaf {
  const inner = fields.slice(1);
  const index = inner.length > 1 && /^\d+$/.test(inner.at(-1) ?? '') ? inner.pop() : undefined;
  const field = inner.pop() ?? '';
  const { peak, moved } = known;
  return { path, parent: inner, field, ...unitOf(field), ...(index !== undefined && { index }), peak, moved };
}

/** Whether a figure is no curve: a whole of which others are parts, a moment, a number of things that stays. */
function isFact(leaf: Leaf, all: readonly Leaf[]): boolean {
  if (leaf.unit === 'ms' && leaf.peak >= MOMENT_MS_MIN) return true;
  // What is left of a whole stands above the curves that use it up.
  if (leaf.unit === 'percentage' && leaf.stem === 'idle') return true;
  if (leaf.unit === 'count') return !leaf.moved && leaf.peak > 0 && Number.isInteger(leaf.peak);
  if (/(^|_)(total|max|limit|capacity|speed)(_|$)/.test(leaf.stem)) return true;
  return leaf.unit === 'bytes' && leaf.stem === 'size' && all.length > 1;
}

function factOf({ path, parent, stem, field, unit, peak }: Leaf): Fact {
  const is_moment = unit === 'ms' && peak >= MOMENT_MS_MIN;
  return { path, title: withItem(parent, sayName(stem || field)), unit: is_moment ? 'moment' : unit };
}

/** What is drawn first of a resource. */
const UNITS: readonly Unit[] = [
  'percentage',
  'celsius',
  'bytes_per_second',
  'bits_per_second',
  'bytes',
  'per_second',
  'ms',
];

function chartsOf(resource: string, leaves: readonly Leaf[]): Chart[] {
  const foldable = foldableOf(leaves);
  const isFolded = ({ parent }: Leaf) => parent.length > 0 && foldable.has(above(parent));
  const buckets = new Map<string, Leaf[]>();
  for (const leaf of leaves) {
    const { parent, field, unit, index } = leaf;
    if (index !== undefined) listIn(buckets, `${parent.join('/')}/${field}/#`, leaf);
    else if (isFolded(leaf)) listIn(buckets, `${above(parent)}/*/${field}`, leaf);
    else listIn(buckets, `${parent.join('/')}/${unit}`, leaf);
  }
  const parents = [...new Set(leaves.map(({ parent }) => parent.join('/')))];
  const placed: { chart: Chart; place: number }[] = [];
  for (const [id, all] of buckets) {
    const [first] = all;
    if (first === undefined) continue;
    const is_list = first.index !== undefined;
    const whole = is_list || isFolded(first);
    const unit_place = is_list ? -1 : (UNITS.indexOf(first.unit) + UNITS.length + 1) % (UNITS.length + 1);
    // Items one after another, each with its charts in the same order.
    const place = (isFolded(first) ? 0 : parents.indexOf(first.parent.join('/')) * 100) + unit_place;
    for (const part of whole ? [{ of: '', leaves: all }] : apart(all)) {
      const chart = chartOf(`${resource}/${id}${part.of}`, part.of, part.leaves, isFolded(first));
      placed.push({ chart, place });
    }
  }
  return placed.sort((a, b) => a.place - b.place).map(({ chart }) => chart);
}

/** Above whose fields there are more items alike than can have charts of their own. */
function foldableOf(leaves: readonly Leaf[]): ReadonlySet<string> {
  const items = new Map<string, Set<string>>();
  for (const { parent } of leaves) {
    if (parent.length === 0) continue;
    const of_it = items.get(above(parent)) ?? new Set();
    items.set(above(parent), of_it.add(parent.join('/')));
  }
  return new Set([...items].filter(([, { size }]) => size > ITEMS_APART_MAX).map(([place]) => place));
}

/**
 * Cuts what would be one chart where one scale does not do: numbers of different things, and more curves than can be told
 * apart. Those whose names begin alike stay together.
 */
function apart(leaves: readonly Leaf[]): { of: string; leaves: Leaf[] }[] {
  const all = [...leaves];
  const is_count = all[0]?.unit === 'count';
  if (!is_count && all.length <= CURVES_MAX) return [{ of: '', leaves: all }];
  const families = new Map<string, Leaf[]>();
  for (const leaf of all) listIn(families, leaf.stem.split('_')[0] ?? '', leaf);
  const rest: Leaf[] = [];
  const parts: { of: string; leaves: Leaf[] }[] = [];
  for (const [of, family] of families) {
    if (family.length > 1) parts.push({ of, leaves: family });
    else if (is_count) parts.push({ of: family[0]?.stem ?? of, leaves: family });
    else rest.push(...family);
  }
  return rest.length === 0 ? parts : [{ of: '', leaves: rest }, ...parts];
}

function chartOf(id: string, of: string, leaves: readonly Leaf[], folded: boolean): Chart {
  const first = leaves[0] as Leaf;
  const { unit, parent, field, stem, index } = first;
  const is_list = index !== undefined;
  const kind = is_list && unit === 'percentage' ? 'cores' : 'curves';
  // Of many, the largest come first: they have the marks that are told apart best.
  const by_size = kind !== 'cores' && leaves.length > CURVES_IN_ORDER_MAX;
  const in_order = by_size ? [...leaves].sort((a, b) => b.peak - a.peak).slice(0, CURVES_MAX) : leaves;
  const curves = in_order.map((leaf) => ({ path: leaf.path, title: curveTitle(leaf) }));
  return { id, kind, unit, title: title(), curves, more: leaves.length - curves.length };

  function curveTitle(leaf: Leaf): string {
    if (is_list) return leaf.index ?? '';
    if (folded) return itemName(leaf.parent.at(-1) ?? '');
    if (leaf.stem === '') return sayName(leaf.parent.at(-1) ?? leaf.field);
    // Under "TCP" it is "opened", not "TCP opened".
    const of_family = of !== '' && leaves.length > 1 && leaf.stem.startsWith(`${of}_`);
    const is_known = Object.hasOwn(texts.machine.names, leaf.stem);
    return sayName(of_family && !is_known ? leaf.stem.slice(of.length + 1) : leaf.stem);
  }

  function title(): string {
    const item = is_list || folded ? [] : parent;
    if (is_list || folded) return sayName(stem || field);
    if (curves.length === 1) return stem === '' ? withItem(item, '') || sayName(field) : withItem(item, sayName(stem));
    const both = curves.length === 2 ? texts.machine.both(curves[0]?.title ?? '', curves[1]?.title ?? '') : '';
    if (of !== '') return withItem(item, both === '' ? sayName(of) : texts.machine.of(sayName(of), both));
    if (both !== '') return withItem(item, both);
    const ends = new Set(leaves.map((leaf) => leaf.stem.split('_').at(-1) ?? ''));
    const [end = ''] = ends;
    return withItem(item, ends.size === 1 && end !== '' ? sayName(end) : texts.machine.kinds[unit]);
  }
}

/** `sda` and "Read" are "sda: Read"; what is above the item, as `devices`, everyone knows. */
function withItem(parent: readonly string[], title: string): string {
  const item = parent.at(-1);
  if (item === undefined) return title;
  return title === '' ? itemName(item) : texts.machine.of(itemName(item), title);
}

/** The name of one of several: its own, as `eth0`, unless it is a word that people write otherwise. */
function itemName(item: string): string {
  const { names, words } = texts.machine;
  return Object.hasOwn(names, item) || Object.hasOwn(words, item) || Object.hasOwn(texts.resources, item)
    ? Object.hasOwn(texts.resources, item)
      ? sayResource(item)
      : sayName(item)
    : item;
}

function above(parent: readonly string[]): string {
  return parent.slice(0, -1).join('/');
}

/** The resources everyone knows first, then the others as they came; what belongs to none last. */
function inOrder(resources: ReadonlySet<string>): string[] {
  const known = texts.machine.order.filter((name) => resources.has(name));
  const others = [...resources].filter((name) => name !== '' && !known.includes(name));
  return [...known, ...others, ...(resources.has('') ? [''] : [])];
}

function listIn<Value>(lists: Map<string, Value[]>, name: string, value: Value): void {
  const list = lists.get(name);
  if (list === undefined) lists.set(name, [value]);
  else list.push(value);
}
