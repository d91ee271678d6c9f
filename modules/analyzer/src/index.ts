// The analyzer: listens to every measure, lets its rules judge it, publishes the machine's analysis, and when there is something
// that somebody should know, its findings. From those its desk makes alerts. Where several run, each has the machines of its
// shares, and one of them the desk.

import { CodedError, defineModule, live, shared } from '@ganglion/kernel';
import { alert, analysis, birth, death, findings, measure, order, outage, silences } from '@ganglion/topics';
import Type, { type TSchema } from 'typebox';
import { Desk, type Outgoing } from './desk.ts';
import { Fleet } from './fleet.ts';
import { EXPECTED_SAID_AGAIN_MS, Machines, type ReadyRule } from './machines.ts';
import type { Rule } from './rule.ts';
import * as every from './rules/index.ts';

const rules: readonly Rule[] = Object.values(every);

/**
 * Measures that wait while no analyzer runs, at most: more than half an hour of fifty machines at one a second. A measure
 * is acknowledged when its analysis is taken over, so that none goes without judgement when an analyzer dies.
 */
const WAITING = { limit_messages: 100_000, in_flight_max: 256, attempts_max: 3 };

/** Under this name, which no machine can have, the desk remembers what belongs to none: its silences. */
const NO_MACHINE = '';

/** Of a machine that is expected, and of which another analyzer has said nothing for so long, nobody hears. */
const UNHEARD_MS = 4 * EXPECTED_SAID_AGAIN_MS;

/** Between two looks at the machines that are silent and at what time brings. */
export const LOOK_MS = 1_000;

export default defineModule({
  name: 'analyzer',
  listens: {
    // Any number of analyzers share the machines; one of them has the desk.
    measure: shared(measure, WAITING),
    findings: shared(findings, { ...WAITING, partitions: 1 }),
    birth: live(birth),
    death: live(death),
    outage: live(outage),
    order: live(order),
  },
  publishes: { analysis, findings, alert, silences },
  config: Type.Object(
    {
      ...Object.fromEntries(rules.map((rule) => [rule.name, rule.config])),
      shadow: Type.Object(Object.fromEntries(rules.map((rule) => [rule.name, onTrial(rule.config)])), {
        additionalProperties: false,
        default: {},
        description:
          'Settings on trial, beside those in force: what they find is shown on the page, and nobody is told',
      }),
    },
    { additionalProperties: false },
  ),
  start: ({ instance, bus, config, describe, log, count, emit, remember, onStop }) => {
    const ready = readyRules(config);
    describe({ rules: ready.filter(({ shadow }) => !shadow).map(({ rule }) => rule.name) });
    const fleet = new Fleet();
    const machines = new Machines({
      rules: ready,
      count,
      // A birth is told beside the first measure, and may be faster.
      labelsOf: (machine) => fleet.labelsOf(machine),
      onFault: (rule, machine, why) => {
        count(`rule_failed_${rule}`);
        log.error({ code: 'RULE_FAILED', rule, machine }, `the rule ${rule} failed on ${machine}: ${why}`);
      },
    });
    let desk = new Desk({ count, fleet });
    let has_desk = false;
    const draftsOf = (out: readonly Outgoing[]) => out.map((each) => alert(each.machine, each.alert, each.time_ms));
    const rememberAlerts = (out: readonly Outgoing[]) => {
      for (const { machine } of out) remember('findings', machine);
    };
    const tell = async (out: readonly Outgoing[]) => {
      await Promise.all(draftsOf(out).map(emit));
      rememberAlerts(out);
    };
    const tellSilences = async () => {
      await emit(silences(instance, { silences: [...desk.silences] }));
      remember('findings', NO_MACHINE);
    };

    // Whoever has the desk waits for machines that never came; of those that another analyzer hears, this one says so. At most
    // those that the settings name.
    const heard_elsewhere_ms = new Map<string, number>();
    const expectUnheard = (now_ms: number) => {
      for (const name of machines.expected) {
        if (now_ms - (heard_elsewhere_ms.get(name) ?? 0) > UNHEARD_MS) machines.expect(name, now_ms);
      }
    };
    const expectNone = () => {
      heard_elsewhere_ms.clear();
      for (const name of machines.expected) machines.forgetUnheard(name);
    };

    const timer = setInterval(() => {
      const now_ms = Date.now();
      if (!bus.status.connected) machines.deaf(now_ms);
      if (has_desk) expectUnheard(now_ms);
      for (const [machine, found] of machines.pause(now_ms)) {
        void emit(findings(machine, found, now_ms)).then(() => remember('measure', machine));
      }
      if (!has_desk) return;
      const { alerts, silences_changed } = desk.look(now_ms);
      void tell(alerts);
      if (silences_changed) void tellSilences();
    }, LOOK_MS);
    onStop(() => clearInterval(timer));

    return {
      measure: {
        message: ({ source, body, time_ms }) => {
          const verdict = machines.sample({ machine: source, body, time_ms }, Date.now());
          if (verdict.findings === undefined) return analysis(source, verdict.analysis);
          remember('measure', source);
          return [analysis(source, verdict.analysis), findings(source, verdict.findings)];
        },
        save: (machine) => machines.save(machine),
        learnt: (machine) => machines.learnt(machine),
        restore: (machine, state, learnt) => {
          if (!machines.restore(machine, state, Date.now(), learnt)) count('states_not_taken');
        },
        release: (machine) => machines.forget(machine),
      },
      findings: {
        message: ({ source, body, time_ms, sender }) => {
          if (sender !== instance && machines.expected.has(source)) {
            heard_elsewhere_ms.set(source, Date.now());
            machines.forgetUnheard(source);
          }
          const out = desk.findings(source, body, time_ms, Date.now());
          rememberAlerts(out);
          return draftsOf(out);
        },
        save: (machine) => {
          const state = machine === NO_MACHINE ? desk.silences : desk.save(machine);
          return state === undefined ? undefined : Buffer.from(JSON.stringify(state));
        },
        restore: (machine, bytes) => {
          const state: unknown = JSON.parse(Buffer.from(bytes).toString());
          const taken = machine === NO_MACHINE ? desk.restoreSilences(state) : desk.restore(machine, state, Date.now());
          if (!taken) count('states_not_taken');
        },
        // All at once, when the desk is another's.
        release: () => {},
        owner: (is_owner) => {
          has_desk = is_owner;
          if (!is_owner) {
            desk = new Desk({ count, fleet });
            expectNone();
          }
          // Whoever listens knows those of the analyzer that had the desk before.
          else if (desk.silences.length > 0) void tellSilences();
        },
      },
      birth: ({ source, body: { kind, about, repeated } }) => {
        if (kind === 'machine') {
          machines.gone(source, undefined, Date.now());
          const labels = labelsIn(about);
          machines.labels(source, labels);
          fleet.born(source, labels);
          return;
        }
        if (!has_desk) return;
        // Someone new who listens to alerts hears of all that is open without having to ask.
        if (repeated !== true && hears(about, 'alert')) {
          for (const draft of draftsOf(desk.repeat(Date.now()))) void emit(draft);
        }
        if (repeated !== true && hears(about, 'silences')) void tellSilences();
      },
      death: ({ source, body: { kind, cause, died_ms } }) => {
        const found = kind === 'machine' ? machines.gone(source, { cause, died_ms }, Date.now()) : undefined;
        if (found === undefined) return undefined;
        remember('measure', source);
        return findings(source, found);
      },
      outage: ({ body }) => {
        if (has_desk) void tell(desk.outage(body, Date.now()));
      },
      order: async ({ body, time_ms }) => {
        const done = has_desk ? desk.order(body, time_ms) : undefined;
        if (done === undefined) return;
        await tell(done.alerts);
        if (done.silences_changed) await tellSilences();
      },
    };
  },
});

/** The settings of a rule on trial: there are none unless they are given, for without them it does not run. */
function onTrial(config: TSchema): TSchema {
  // What kind of schema it is stands where a spread does not see it.
  const { default: _, ...described } = Object.getOwnPropertyDescriptors(config) as PropertyDescriptorMap;
  return Type.Optional(Object.defineProperties({}, described));
}

/** The rules with their settings, those on trial after those in force. */
export function readyRules(config: Readonly<Record<string, unknown>>): ReadyRule[] {
  const on_trial = config['shadow'] as Readonly<Record<string, unknown>>;
  return [
    ...rules.map((rule) => ({ rule, judge: rule.judge(config[rule.name]), shadow: false })),
    ...rules
      .filter((rule) => on_trial[rule.name] !== undefined)
      .map((rule) => ({ rule, judge: judgeOnTrial(rule, on_trial[rule.name]), shadow: true })),
  ];
}

/** A rule knows its settings by the names of those in force. */
function judgeOnTrial(rule: Rule, config: unknown): ReadyRule['judge'] {
  try {
    return rule.judge(config);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    const { what, ...parts } = error.parts;
    const named = what.replace(`setting analyzer.${rule.name}`, `setting analyzer.shadow.${rule.name}`);
    throw new CodedError(error.code, { ...parts, what: named }, { configuration: error.configuration, cause: error });
  }
}

/** Labels of a machine, as its tracker says them. */
export function labelsIn(about: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const { labels } = about;
  if (typeof labels !== 'object' || labels === null) return {};
  return Object.fromEntries(
    Object.entries(labels).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** Whether an instance listens to a family. */
function hears(about: Readonly<Record<string, unknown>>, family: string): boolean {
  const { listens } = about;
  return Array.isArray(listens) && listens.some((each) => typeof each === 'string' && each.endsWith(`.${family}`));
}
