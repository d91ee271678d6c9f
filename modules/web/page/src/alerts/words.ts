// What is said of an alert, in words.

import { type Unit, unitOf } from '@ganglion/topics/units';
import type { AlertRow, SilenceRow } from '../../../wire/frames.ts';
import { dayTimeOf, minuteOf, spanOf } from '../format.ts';
import { sayAmount, sayName, sayResource } from '../machine/names.ts';
import { texts } from '../texts.ts';
import { alertTexts } from '../texts-alerts.ts';

const words = alertTexts;

/** The unit of an alert's value: of its figure, or of what is a share by its nature. */
export function unitOfAlert({ figure }: AlertRow): Unit | undefined {
  return figure === undefined ? undefined : unitOf(figure.split('.').at(-1) ?? '').unit;
}

/** `97.0 %, limit 90.0 %`; undefined when neither is known. */
export function valueAgainstLimit(row: AlertRow): string | undefined {
  const { value, limit } = row;
  const said = (amount: number) => {
    const unit = unitOfAlert(row);
    return unit === undefined ? sayAmount(amount, 'count') : sayAmount(amount, unit);
  };
  if (value !== undefined && limit !== undefined) return words.valueAndLimit(said(value), said(limit));
  if (value !== undefined) return said(value);
  return limit === undefined ? undefined : words.limit(said(limit));
}

/** `file_systems /var` is "File systems /var". */
export function resourceOf({ resource }: { readonly resource: string }): string {
  const [first = '', ...rest] = resource.split(' ');
  return [sayResource(first), ...rest].join(' ');
}

/** `cpu_percentage` is "CPU", `network.interfaces.eth0.received_bytes_per_second` is "eth0: Received". */
export function figureName(path: string): string {
  const fields = path.split('.');
  const field = fields.at(-1) ?? path;
  const { stem } = unitOf(field);
  const name = Object.hasOwn(texts.resources, stem) ? sayResource(stem) : sayName(stem || field);
  const item = fields.length > 2 ? fields.at(-2) : undefined;
  return item === undefined ? name : texts.machine.of(item, name);
}

/** `acknowledged by ada, "on it"`. */
export function acknowledgedBy({ acknowledged }: AlertRow): string | undefined {
  if (acknowledged === undefined) return undefined;
  return words.acknowledgedBy(acknowledged.by, acknowledged.why);
}

export function silencedBy({ silenced }: AlertRow, now_ms: number): string | undefined {
  if (silenced === undefined) return undefined;
  const until = silenced.until_ms === undefined ? undefined : momentOf(silenced.until_ms, now_ms);
  return words.silencedBy(until, silenced.by, silenced.why);
}

/** A moment as short as it is clear: the time today, else the day and the time. */
export function momentOf(time_ms: number, now_ms: number): string {
  return new Date(time_ms).toDateString() === new Date(now_ms).toDateString() ? minuteOf(time_ms) : dayTimeOf(time_ms);
}

/** How long an alert lasted. */
export function lastedOf({ since_ms, until_ms }: AlertRow): string {
  return spanOf((until_ms ?? since_ms) - since_ms);
}

/** Which alerts a silence holds for. */
export function heldBy({
  machines,
  rules,
  resources,
  labels,
  severity_max,
}: Pick<SilenceRow, 'machines' | 'rules' | 'resources' | 'labels' | 'severity_max'>): string {
  const who = machines === '#' ? words.allMachines : machines;
  const what = [
    ...(rules === undefined ? [] : [words.ofRules(rules.join(', '))]),
    ...(resources === undefined
      ? []
      : [words.ofResources(resources.map((resource) => resourceOf({ resource })).join(', '))]),
    ...Object.entries(labels ?? {}).map(([name, value]) => `${name} = ${value}`),
    ...(severity_max === undefined ? [] : [words.noWorseThan(words.severities[severity_max])]),
  ];
  return what.length === 0 ? words.allOf(who) : words.someOf(who, what.join(', '));
}

/** What a rule does, in a sentence. */
export function aboutRule(rule: string): string {
  return Object.hasOwn(words.rules, rule) ? (words.rules[rule] as string) : words.otherRule(rule);
}
