// What the rules cost: all of them and each alone, for a measure of sixty figures, beside a bare loop that holds each figure against
// a limit; and what is remembered of a machine. Without a bus and without a broker: it is the judging that is measured.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import analyzer, { readyRules } from '@ganglion/analyzer';
import { readConfig } from '@ganglion/kernel';
import type { Measure } from '@ganglion/topics';
import { Machines, type ReadyRule } from '../modules/analyzer/src/machines.ts';
import { SimulatedMachine } from '../modules/simulator/src/machine.ts';
import type { Bench } from './context.ts';
import { alone, compare, type Row } from './report.ts';

/** Figures of the measure that is judged. */
const FIGURES = 60;

/** Machines that are judged in turn, so that no state is always at hand. */
const MACHINES = 50;

/** A Monday at the hour at which simulated machines begin. */
const BEGIN_MS = Date.UTC(2026, 0, 5, 9);

/** What is promised of all rules together. */
const CPU_US_MAX = 60;
const STATE_KB_MAX = 256;

interface Sizes {
  readonly rounds: number;
  /** Samples of each machine before anything counts, and in a round. */
  readonly warm_up: number;
  readonly samples: number;
}

export async function measureRules({ quick, say }: Pick<Bench, 'quick' | 'say'>): Promise<Row[]> {
  const sizes = quick ? { rounds: 2, warm_up: 120, samples: 60 } : { rounds: 7, warm_up: 900, samples: 300 };
  const all = readyRules(readConfig(analyzer, {}) as Readonly<Record<string, unknown>>);
  const rows: Row[] = [];
  say('the rules, all together');
  const together = run(all, sizes);
  rows.push(
    compare({
      part: 'rules',
      what: `all rules for a measure of ${FIGURES} figures, CPU`,
      unit: 'µs',
      floor: together.bare_us,
      ours: together.rules_us,
      goal: { max: CPU_US_MAX },
      details: { longest_us: Math.max(...together.rules_us) },
    }),
  );
  for (const each of all) {
    say(`the rule ${each.rule.name} alone`);
    const { bare_us, rules_us } = run([each], { ...sizes, rounds: Math.min(3, sizes.rounds) });
    const what = `the rule ${each.rule.name} alone`;
    rows.push(compare({ part: 'rules', what, unit: 'µs', floor: bare_us, ours: rules_us }));
  }
  const { heap_kb, kept_kb } = together;
  const of_machine = { part: 'rules', unit: 'KB', goal: { max: STATE_KB_MAX } };
  rows.push(alone({ ...of_machine, what: 'what all rules remember of a machine, in memory', ours: heap_kb }));
  rows.push(alone({ ...of_machine, what: 'what all rules remember of a machine, as it is kept', ours: kept_kb }));
  return rows;
}

/** Judges the same machines by some rules and by a bare loop, in turns. */
function run(rules: readonly ReadyRule[], { rounds, warm_up, samples }: Sizes) {
  const fleet = Array.from(
    { length: MACHINES },
    (_, number) => new SimulatedMachine({ seed: 2016, number, faults_per_day: 0 }),
  );
  const names = fleet.map((_, number) => `machine-${number}.example.com`);
  let second = 0;
  /** What the fleet says in so many seconds: made before it is judged, so that making it counts for nobody. */
  const say = (seconds: number): Measure[][] =>
    Array.from({ length: seconds }, () => {
      second++;
      return fleet.map((machine) => cutTo(FIGURES, machine.sample(second * 1_000) ?? { cpu_percentage: 0 }));
    });

  const before_bytes = heapBytes();
  const machines = new Machines({
    rules,
    count: () => {},
    onFault: (rule, machine, why) => {
      throw new Error(`the rule ${rule} failed on ${machine}: ${why}`);
    },
  });
  let judged = 0;
  const judge = (said: readonly Measure[][]) => {
    for (const bodies of said) {
      judged++;
      const time_ms = BEGIN_MS + judged * 1_000;
      for (const [number, body] of bodies.entries()) {
        machines.sample({ machine: names[number] ?? '', body, time_ms }, time_ms);
      }
    }
  };
  const bare = new BareLoop();

  /** One round; what was said in it is gone after it. */
  const round = (seconds: number): readonly [bare_us: number, rules_us: number] => {
    const said = say(seconds);
    const each_us = (run: () => void) => cpuOf(run) / (seconds * MACHINES);
    return [each_us(() => bare.judge(said)), each_us(() => judge(said))];
  };
  for (let left = warm_up; left > 0; left -= samples) round(Math.min(left, samples));
  const measured = Array.from({ length: rounds }, () => round(samples));
  const [bare_us, rules_us] = [measured.map(([each]) => each), measured.map(([, each]) => each)];
  const heap_kb = (heapBytes() - before_bytes) / MACHINES / 1_024;
  const kept_kb =
    Math.max(...names.map((name) => (machines.save(name)?.length ?? 0) + (machines.learnt(name)?.length ?? 0))) / 1_024;
  return { rules_us, bare_us, heap_kb, kept_kb };
}

/** The least that somebody who judges every figure can do: hold each against a limit, and count those above. */
class BareLoop {
  above = 0;

  judge(said: readonly Measure[][]): void {
    for (const bodies of said) for (const body of bodies) this.#judge(body);
  }

  #judge(value: unknown): void {
    if (typeof value === 'number') {
      if (value > 75) this.above++;
    } else if (typeof value === 'object' && value !== null) {
      for (const key in value) this.#judge((value as Readonly<Record<string, unknown>>)[key]);
    }
  }
}

/** A measure with so many figures: of each resource the first ones, in turn, until there are enough. */
function cutTo(figures: number, body: Measure): Measure {
  // What a core does has no place among sixty figures.
  const leaves = [...leavesOf(body, [])].filter(([path]) => !path.includes('core_percentages'));
  const by_resource = new Map<string, Leaf[]>();
  for (const leaf of leaves) {
    const [first = ''] = leaf[0];
    by_resource.set(first, [...(by_resource.get(first) ?? []), leaf]);
  }
  const cut: Record<string, unknown> = {};
  let left = figures;
  for (let turn = 0; left > 0 && [...by_resource.values()].some((each) => each.length > turn); turn++) {
    for (const each of by_resource.values()) {
      const leaf = each[turn];
      if (leaf === undefined || left === 0) continue;
      put(cut, leaf[0], leaf[1]);
      if (typeof leaf[1] === 'number') left--;
    }
  }
  return { ...cut, cpu_percentage: body.cpu_percentage };
}

type Leaf = readonly [path: readonly string[], value: unknown];

function* leavesOf(value: unknown, path: readonly string[]): Generator<Leaf> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    if (!Array.isArray(value)) yield [path, value];
    return;
  }
  for (const [name, each] of Object.entries(value)) yield* leavesOf(each, [...path, name]);
}

function put(into: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let at = into;
  for (const name of path.slice(0, -1)) {
    at[name] ??= {};
    at = at[name] as Record<string, unknown>;
  }
  at[path.at(-1) ?? ''] = value;
}

/** CPU of this process that something takes, µs. */
function cpuOf(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** What is in use when all rubbish is gone. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  for (let n = 0; n < 2 && typeof collect === 'function'; n++) collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
