// What is expected of a measure, in one line: `disks.devices.*.busy_percentage < 90`. Read once, then asked of each measure.
//
//   <field> < <operand>      also <=, >, >=, =, !=
//   <field> never rises      also never falls: a counter, or what is true or false, false being the lower
//   <field> present          it comes with every measure; also absent: it never comes
//
// A field is a way into the measure: names between dots, in quotes where a name has a dot or a blank of its own; `*` in a name is
// any number of characters, so that a name that is but a `*` is every device, mount or interface. An operand is a number, true,
// false, a text in quotes, a field, or `5 % of` a field: one name stands beside the field that is judged, a longer way begins
// at the measure.

/** One value that an expression is about. */
export interface Met {
  /** What stood where the field has a `*`, between blanks; empty when it has none. */
  readonly element: string;
  /** The way to it with every name in its place. */
  readonly figure: string;
  readonly value: number | string | boolean | undefined;
  /** What it is held against; undefined for a word such as "present", and while the measure does not say. */
  readonly limit: number | string | boolean | undefined;
}

/** A comparison, or a word about how the value changes or whether it is there. */
export type Kind = 'comparison' | 'never rises' | 'never falls' | 'present' | 'absent';

/** An expression, ready for use. */
export interface Expression {
  readonly kind: Kind;
  /** The first name of the field, without `_percentage`: the resource. */
  readonly resource: string;
  /** The last name of the field. */
  readonly field: string;
  /** What is demanded of it, as it was written: `< 90`. */
  readonly demand: string;
  /** Whether it is about more than one value. */
  readonly is_many: boolean;
  /** Calls `meet` for each value there is; for one without `*` also when there is none. */
  each(body: Readonly<Record<string, unknown>>, meet: (met: Met) => void): void;
  /** Of a comparison: whether a value is as expected; undefined when it cannot be told. */
  holds(met: Met): boolean | undefined;
}

type Scalar = number | string | boolean;

/** One name in a field. */
interface Step {
  /** The name itself; undefined when it has a `*`. */
  readonly name: string | undefined;
  fits(name: string): boolean;
}

const OPERATORS = ['<=', '>=', '!=', '<', '>', '='] as const;
type Operator = (typeof OPERATORS)[number];

/** Values that an expression is asked about in one measure, at most. */
const ELEMENTS_MAX = 128;

/** Names in a field, and characters of an expression, at most. */
const STEPS_MAX = 8;
export const EXPRESSION_CHARACTERS_MAX = 300;

/** Why an expression cannot be read. */
export class NotUnderstood extends Error {}

/**
 * Reads an expression.
 *
 * @throws NotUnderstood
 */
export function readExpression(text: string): Expression {
  const tokens = tokensOf(text);
  const [first, ...rest] = tokens;
  if (first === undefined) throw new NotUnderstood('it is empty');
  const steps = stepsOf(first);
  const { kind, compare, operand } = readDemand(rest);
  const stars = steps.filter(({ name }) => name === undefined).length;
  const first_name = steps[0]?.name;
  if (first_name === undefined) throw new NotUnderstood('its field begins with a "*": name the resource');
  return {
    kind,
    resource: first_name.replace(/_percentage$/, '') || first_name,
    field: steps.at(-1)?.name ?? steps.findLast(({ name }) => name !== undefined)?.name ?? first_name,
    demand: rest.join(' '),
    is_many: stars > 0,
    each: stars > 0 ? manyIn(steps, operand) : oneIn(steps, kind, operand),
    holds({ value, limit }) {
      if (compare === undefined || value === undefined || limit === undefined) return undefined;
      return compare(value, limit);
    },
  };
}

type Operand = (parent: unknown, body: unknown) => Scalar | undefined;

/** Finds the value at the end of a way without `*`. */
function oneIn(steps: readonly Step[], kind: Kind, operand: Operand | undefined): Expression['each'] {
  const names = steps.map(({ name = '' }) => name);
  const figure = names.join('.');
  const is_told_when_missing = kind === 'present' || kind === 'absent';
  return (body, meet) => {
    let parent: unknown;
    let value: unknown = body;
    for (const name of names) {
      parent = value;
      value = ownOf(value, name);
    }
    if (value === undefined && !is_told_when_missing) return;
    meet({ element: '', figure, value: scalarOf(value), limit: operand?.(parent, body) });
  };
}

/** Finds all values at the ends of a way with a `*`. */
function manyIn(steps: readonly Step[], operand: Operand | undefined): Expression['each'] {
  return (body, meet) => {
    let left = ELEMENTS_MAX;
    const walk = (from: unknown, begin: number, above: unknown, element: string, figure: string): void => {
      let [value, parent, way] = [from, above, figure];
      for (let at = begin; at < steps.length; at++) {
        const step = steps[at] as Step;
        if (step.name === undefined) {
          walkEach(value, at, element, way);
          return;
        }
        parent = value;
        value = ownOf(value, step.name);
        if (value === undefined) return;
        way = way === '' ? step.name : `${way}.${step.name}`;
      }
      if (left-- > 0) meet({ element, figure: way, value: scalarOf(value), limit: operand?.(parent, body) });
    };
    const walkEach = (value: unknown, at: number, element: string, figure: string): void => {
      if (typeof value !== 'object' || value === null) return;
      const { fits } = steps[at] as Step;
      for (const key in value) {
        const each = ownOf(value, key);
        if (each === undefined) continue;
        const name = Array.isArray(value) ? nameIn(each, key) : key;
        if (fits(name)) walk(each, at + 1, value, element === '' ? name : `${element} ${name}`, `${figure}.${name}`);
      }
    };
    walk(body, 0, undefined, '', '');
  };
}

interface Demand {
  readonly kind: Kind;
  readonly compare?: (value: Scalar, limit: Scalar) => boolean | undefined;
  readonly operand?: Operand;
}

function readDemand(tokens: readonly string[]): Demand {
  const words = tokens.join(' ');
  if (words === 'never rises' || words === 'never falls' || words === 'present' || words === 'absent') {
    return { kind: words };
  }
  const [operator, ...operand] = tokens;
  const compare = OPERATORS.find((each) => each === operator);
  if (compare === undefined) {
    const wanted = `${OPERATORS.join(', ')}, "never rises", "never falls", "present" or "absent"`;
    throw new NotUnderstood(
      `after the field there is ${operator === undefined ? 'nothing' : `"${words}"`}, and not ${wanted}`,
    );
  }
  if (operand.length === 0) throw new NotUnderstood(`after "${compare}" there is nothing`);
  return {
    kind: 'comparison',
    compare: (value, limit) => compared(compare, value, limit),
    operand: readOperand(operand),
  };
}

function readOperand(tokens: readonly string[]): Operand {
  const [first = '', second, third, fourth, ...more] = tokens;
  if (second === '%' && third === 'of' && fourth !== undefined && more.length === 0) {
    const share = numberIn(first);
    if (share === undefined) throw new NotUnderstood(`"${first}" is no number`);
    const field = readField(fourth);
    return (parent, body) => {
      const whole = field(parent, body);
      return typeof whole === 'number' ? (whole * share) / 100 : undefined;
    };
  }
  const is_percentage = second === '%' && third === undefined;
  if (second !== undefined && !is_percentage) throw new NotUnderstood(`"${tokens.slice(1).join(' ')}" is too much`);
  const value = numberIn(first) ?? constantIn(first);
  if (value !== undefined) return () => value;
  if (is_percentage) throw new NotUnderstood(`"${first}" is no number`);
  return readField(first);
}

function readField(text: string): Operand {
  const names = stepsOf(text).map(({ name }) => name);
  if (names.includes(undefined)) throw new NotUnderstood(`"${text}" is held against, and has a "*"`);
  const way = names as string[];
  return (parent, body) => scalarOf(way.reduce<unknown>(ownOf, way.length === 1 ? (parent ?? body) : body));
}

function compared(operator: Operator, value: Scalar, limit: Scalar): boolean | undefined {
  if (operator === '=') return value === limit;
  if (operator === '!=') return value !== limit;
  if (typeof value !== 'number' || typeof limit !== 'number') return undefined;
  if (operator === '<') return value < limit;
  if (operator === '<=') return value <= limit;
  return operator === '>' ? value > limit : value >= limit;
}

function numberIn(text: string): number | undefined {
  return /^-?(\d[\d_]*\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text.replaceAll('_', '')) : undefined;
}

function constantIn(text: string): Scalar | undefined {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^["']/.test(text) ? text.slice(1, -1) : undefined;
}

/** Words, operators and texts in quotes; a quote inside a field belongs to it. */
function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  const token = /\s*(<=|>=|!=|[<>=%]|(?:"[^"]*"|'[^']*'|[^\s<>=!%"'])+)\s*/y;
  while (token.lastIndex < text.length) {
    const at = token.lastIndex;
    const [, found] = token.exec(text) ?? [];
    if (found === undefined) throw new NotUnderstood(`"${text.slice(at, at + 20)}" cannot be read`);
    tokens.push(found);
  }
  return tokens;
}

function stepsOf(text: string): Step[] {
  const steps: Step[] = [];
  const step = /(?:"([^"]+)"|'([^']+)'|([^.\s"']+))(\.|$)/y;
  while (step.lastIndex < text.length) {
    const at = step.lastIndex;
    const [, double, single, bare, dot] = step.exec(text) ?? [];
    const name = double ?? single ?? bare;
    if (name === undefined || (dot === '.' && step.lastIndex === text.length)) {
      throw new NotUnderstood(`"${text}" is no field: "${text.slice(at)}" is not names between dots`);
    }
    steps.push(bare?.includes('*') === true ? { name: undefined, fits: fitting(bare) } : { name, fits: () => true });
  }
  if (steps.length > STEPS_MAX) throw new NotUnderstood(`"${text}" has more than ${STEPS_MAX} names`);
  return steps;
}

function fitting(pattern: string): (name: string) => boolean {
  if (pattern === '*') return () => true;
  const parts = pattern.split('*').map((part) => part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  // Two stars beside each other are one, so that no pattern takes long to fit.
  const expression = new RegExp(
    `^${parts.filter((part, i) => part !== '' || i === 0 || i === parts.length - 1).join('.*')}$`,
    's',
  );
  return (name) => expression.test(name);
}

/** What a list's element is called by: its name, itself when it is a text, else its place. */
function nameIn(element: unknown, place: string): string {
  if (typeof element === 'string') return element;
  const name = ownOf(element, 'name');
  return typeof name === 'string' ? name : place;
}

function ownOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

function scalarOf(value: unknown): Scalar | undefined {
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean') return value;
  // Something that is there, and no figure: `system present`.
  return value === undefined || value === null ? undefined : true;
}
