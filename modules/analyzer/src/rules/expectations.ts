// What is expected of any field of a measure, against any limit, over a time: one line of the settings each.

import { compilePattern } from '@ganglion/kernel';
import { type Measure, Severity } from '@ganglion/topics';
import Type, { type Static } from 'typebox';
import { Value } from 'typebox/value';
import { expectationInvalid } from '../errors.ts';
import { defineRule, type Say } from '../rule.ts';
import {
  EXPRESSION_CHARACTERS_MAX,
  type Expression,
  type Met,
  NotUnderstood,
  readExpression,
} from './expectations-language.ts';
import { type Expectation, USUAL } from './expectations-usual.ts';

/** Expectations at most, and values of a machine that are followed. */
const EXPECTATIONS_MAX = 500;
const FOLLOWED_MAX = 500;

/** A field of many that has not come for so long is not expected any more: somebody has taken it away. */
const FORGOTTEN_MS = 86_400_000;

const DAY_MS = 86_400_000;

const WANTED =
  'an expectation, as "disks.devices.*.busy_percentage < 90", "paging.oom_kills never rises" or "gpus present"';

export const expectations = defineRule({
  name: 'expectations',
  config: Type.Object(
    {
      usual: Type.Boolean({
        default: true,
        description: 'Whether what anyone expects is expected, too; docs/rules.md lists it',
      }),
      without: Type.Array(Type.String(), {
        default: [],
        maxItems: 100,
        description: 'Names of usual ones that are not expected',
      }),
      expect: Type.Array(
        Type.Object(
          {
            that: Type.String({ minLength: 1, maxLength: EXPRESSION_CHARACTERS_MAX, wanted: WANTED }),
            name: Type.Optional(
              Type.String({ minLength: 1, maxLength: 60, description: 'Of a usual one: instead of that' }),
            ),
            for_ms: Type.Optional(Type.Integer({ minimum: 0, maximum: 7 * DAY_MS })),
            clear_ms: Type.Optional(Type.Integer({ minimum: 0, maximum: 7 * DAY_MS })),
            severity: Type.Optional(Severity),
            machines: Type.Optional(Type.String({ minLength: 1, description: 'As a topic pattern: db.#; all' })),
            labels: Type.Optional(Type.Record(Type.String(), Type.String())),
            sentence: Type.Optional(
              Type.String({
                minLength: 1,
                maxLength: 300,
                description: 'With {element}, {value} and {limit} in their places',
              }),
            ),
          },
          { additionalProperties: false },
        ),
        {
          default: [],
          maxItems: EXPECTATIONS_MAX,
          description:
            'What is expected, one line each: { that = "disks.devices.*.busy_percentage < 90", for_ms = 60_000, clear_ms = 300_000, ' +
            'severity = "critical", machines = "db.#" }. Without those: a minute, five minutes, warning, all machines',
          wanted: `a list of tables, each with that = ${WANTED}`,
        },
      ),
    },
    { additionalProperties: false, default: {} },
  ),

  judge({ usual, without, expect }) {
    const named = new Map(Object.entries(usual ? USUAL : {}));
    for (const [index, name] of without.entries()) {
      if (!Object.hasOwn(USUAL, name)) {
        const wanted = `some of ${Object.keys(USUAL).join(', ')}`;
        throw expectationInvalid(`analyzer.expectations.without.${index}`, `"${name}" is no usual one`, wanted);
      }
      named.delete(name);
    }
    const own: Ready[] = [];
    for (const [index, each] of expect.entries()) {
      const { name } = each;
      if (name !== undefined) named.delete(name);
      own.push(ready(name ?? each.that, each, `analyzer.expectations.expect.${index}.that`));
    }
    const all = [...[...named].map(([name, each]) => ready(name, each, `analyzer.expectations.usual.${name}`)), ...own];

    return {
      begin: (): State => stateOf(new Map()),

      sample(state, { machine, body, labels, step_ms, time_ms }, say) {
        if (state.wanted === undefined || state.labels !== labels) {
          state.labels = labels;
          state.wanted = all.filter(
            (each) => each.isFor(machine) && each.labels.every(([label, value]) => labels[label] === value),
          );
        }
        state.round++;
        for (const each of state.wanted) judge(each, state, body, step_ms, time_ms, say);
      },

      save: ({ standings }) => standings,
      restore: (data) => restored(data, new Set(all.map(({ name }) => name))),
    };
  },
});

/** An expectation, ready for use. */
interface Ready {
  readonly name: string;
  readonly expression: Expression;
  readonly for_ms: number;
  readonly clear_ms: number;
  readonly severity: Severity;
  readonly sentence: string | undefined;
  readonly isFor: (machine: string) => boolean;
  readonly labels: readonly (readonly [string, string])[];
}

/** How it stands with one value of one expectation. */
const Standing = Type.Object({
  figure: Type.String(),
  /** When it was first as it should not be; 0: it is as it should. */
  since_ms: Type.Number(),
  /** For how long it was so, and for how long it has been well since. */
  broken_ms: Type.Number(),
  fine_ms: Type.Number(),
  raised: Type.Boolean(),
  /** What it was when it was last not as it should, and what it was held against. */
  value: Type.Optional(Type.Union([Type.Number(), Type.String(), Type.Boolean()])),
  limit: Type.Optional(Type.Union([Type.Number(), Type.String(), Type.Boolean()])),
  /** Of what must not rise or fall: where it stands. */
  base: Type.Optional(Type.Number()),
  /** For how long it has not come. */
  missing_ms: Type.Number(),
  /** In which sample it was met last. */
  round: Type.Integer(),
});

type Standing = Static<typeof Standing>;

/** By expectation, then by element. */
type Standings = Map<string, Map<string, Standing>>;

interface State {
  readonly standings: Standings;
  /** Values that are followed. */
  size: number;
  /** Samples that were judged. */
  round: number;
  /** The expectations that are for this machine with these labels. */
  labels: Readonly<Record<string, string>> | undefined;
  wanted: readonly Ready[] | undefined;
}

function judge(each: Ready, state: State, body: Measure, step_ms: number, time_ms: number, say: Say): void {
  const { expression } = each;
  const known = state.standings.get(each.name);
  expression.each(body, (met) => {
    const before = known?.get(met.element);
    const broken = isBroken(expression, met, before);
    if (broken === undefined) return;
    const is_followed =
      broken || expression.kind.startsWith('never') || (expression.kind === 'present' && expression.is_many);
    const now = before ?? (is_followed ? follow(each, state, met) : undefined);
    if (now === undefined) return;
    now.round = state.round;
    now.missing_ms = 0;
    if (broken) {
      if (met.value !== undefined) now.value = met.value;
      if (met.limit !== undefined) now.limit = met.limit;
    }
    advance(now, broken, each, step_ms, time_ms);
    const number = numberOf(met.value);
    if (expression.kind.startsWith('never') && number !== undefined)
      setBase(now, number, typeof met.value === 'boolean');
    tell(each, met.element, now, say);
  });
  if (known === undefined) return;
  for (const [element, now] of known) {
    if (now.round !== state.round) {
      now.missing_ms += step_ms;
      advance(now, expression.kind === 'present', each, step_ms, time_ms);
      tell(each, element, now, say);
    }
    const is_needed =
      now.since_ms !== 0 || now.base !== undefined || (expression.kind === 'present' && expression.is_many);
    if (is_needed && now.missing_ms < FORGOTTEN_MS) continue;
    known.delete(element);
    state.size--;
  }
}

/** Whether a value is not as it should be; undefined when that cannot be told. */
function isBroken({ kind, holds }: Expression, met: Met, before: Standing | undefined): boolean | undefined {
  if (kind === 'present') return met.value === undefined;
  if (kind === 'absent') return met.value !== undefined;
  if (kind === 'comparison') {
    const is_well = holds(met);
    return is_well === undefined ? undefined : !is_well;
  }
  const number = numberOf(met.value);
  if (number === undefined) return undefined;
  if (before?.base === undefined) return false;
  return kind === 'never rises' ? number > before.base : number < before.base;
}

/** A counter begins from where it is now; what is true or false stays wrong until it is what it was. */
function setBase(now: Standing, number: number, is_boolean: boolean): void {
  if (!is_boolean || now.base === undefined || now.since_ms === 0) now.base = number;
}

function numberOf(value: Met['value']): number | undefined {
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'number' ? value : undefined;
}

function follow({ name }: Ready, state: State, { element, figure }: Met): Standing | undefined {
  if (state.size >= FOLLOWED_MAX) return undefined;
  state.size++;
  const begun: Standing = {
    figure,
    since_ms: 0,
    broken_ms: 0,
    fine_ms: 0,
    raised: false,
    missing_ms: 0,
    round: state.round,
  };
  const known = state.standings.get(name) ?? new Map<string, Standing>();
  state.standings.set(name, known);
  known.set(element, begun);
  return begun;
}

/** What is broken for long enough is raised; what is raised and well for long enough is over. */
function advance(now: Standing, broken: boolean, { for_ms, clear_ms }: Ready, step_ms: number, time_ms: number): void {
  if (broken) {
    if (now.since_ms === 0) now.since_ms = time_ms;
    else if (now.fine_ms === 0) now.broken_ms += step_ms;
    now.fine_ms = 0;
    now.raised ||= now.broken_ms >= for_ms;
    return;
  }
  if (now.since_ms === 0) return;
  now.fine_ms += step_ms;
  if (now.raised && now.fine_ms < clear_ms) return;
  now.since_ms = 0;
  now.broken_ms = 0;
  now.fine_ms = 0;
  now.raised = false;
}

function tell(each: Ready, element: string, now: Standing, say: Say): void {
  if (now.since_ms === 0) return;
  const { name, expression, severity } = each;
  const { value, limit } = now;
  say.finding({
    key: element === '' ? name : `${name} ${element}`,
    resource: element === '' ? expression.resource : `${expression.resource} ${element}`,
    severity,
    sentence: sentenceOf(each, element, now),
    since_ms: now.since_ms,
    figure: now.figure,
    ...(typeof value === 'number' && { value }),
    ...(typeof limit === 'number' && { limit }),
    ...(!now.raised && { pending: true }),
  });
}

function sentenceOf({ sentence, expression }: Ready, element: string, { value, limit }: Standing): string {
  if (sentence !== undefined) {
    const places: Readonly<Record<string, string>> = { element, value: shown(value), limit: shown(limit) };
    return sentence.replace(/\{(element|value|limit)\}/g, (_, place: string) => places[place] ?? '');
  }
  const { resource, field, demand, kind } = expression;
  const of = `${resource.replaceAll('_', ' ')}${element === '' ? '' : ` ${element}`}`;
  const about = field === resource || field.startsWith(`${resource}_`) ? of : `${of}: ${field.replaceAll('_', ' ')}`;
  const is = kind === 'present' ? 'does not come' : kind === 'absent' ? 'is there' : shown(value);
  return `${about} ${is}, expected ${demand}`;
}

function shown(value: Met['value']): string {
  if (typeof value !== 'number') return String(value ?? 'nothing');
  return String(Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
}

function ready(name: string, given: Expectation, path: string): Ready {
  const { that, machines = '#', labels = {}, severity = 'warning', clear_ms = 300_000 } = given;
  let expression: Expression;
  try {
    expression = readExpression(that);
  } catch (error) {
    if (error instanceof NotUnderstood) throw expectationInvalid(path, `"${that}": ${error.message}`, WANTED);
    throw error;
  }
  // That a counter has risen is seen in one sample alone.
  const is_event = expression.kind.startsWith('never');
  return {
    name,
    expression,
    for_ms: is_event ? 0 : (given.for_ms ?? 60_000),
    clear_ms,
    severity,
    sentence: given.sentence,
    isFor: compilePattern(machines),
    labels: Object.entries(labels),
  };
}

function stateOf(standings: Standings): State {
  const size = [...standings.values()].reduce((sum, each) => sum + each.size, 0);
  // Rounds begin anew: what was met in none of them counts as missing until it is met.
  return { standings, size, round: 0, labels: undefined, wanted: undefined };
}

/** @throws TypeError when it is nothing that was saved */
function restored(data: unknown, names: ReadonlySet<string>): State {
  const standings: Standings = new Map();
  if (!(data instanceof Map)) throw new TypeError('no standings');
  for (const [name, elements] of data) {
    if (!names.has(name)) continue;
    if (!(elements instanceof Map)) throw new TypeError('no elements');
    const known = new Map<string, Standing>();
    for (const [element, standing] of elements) {
      if (typeof element !== 'string' || !Value.Check(Standing, standing)) throw new TypeError('no standing');
      known.set(element, { ...standing, round: -1 });
    }
    standings.set(name, known);
  }
  return stateOf(standings);
}
