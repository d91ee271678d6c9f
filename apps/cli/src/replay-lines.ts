// How a replay is written: for a person a line for each alert that is raised, changes in weight and ends, and what it comes to.

import type { Outgoing } from '@ganglion/analyzer/replay';
import { oneLine } from '@ganglion/kernel';
import { SEVERITIES, type Severity } from '@ganglion/topics';
import { writeSpan } from './moments.ts';
import { cut, type Style } from './terminal.ts';

/** The widest that the column of names grows. */
const MACHINE_COLUMNS_MAX = 40;

/** One line for a program, as a tap writes it. */
export function jsonAlert({ machine, alert, time_ms }: Outgoing): string {
  const time = new Date(time_ms).toISOString();
  return `${JSON.stringify({ topic: 'alert', source: machine, time, body: alert })}\n`;
}

/** Writes what is said for a person, and remembers what it comes to. */
export class ReplayLines {
  readonly #style: Style;
  readonly #columns: () => number;
  #machine_width = 8;
  /** Of those that are on, how they were last told. */
  readonly #told = new Map<string, { readonly severity: Severity; readonly incident: string | undefined }>();
  /** How many were raised, by rule set and severity at the begin. */
  readonly #raised = { armed: new Map<Severity, number>(), shadow: new Map<Severity, number>() };
  readonly #incidents = new Set<string>();
  #day = '';

  constructor(style: Style, columns: () => number) {
    this.#style = style;
    this.#columns = columns;
  }

  /** What is to be told of an alert; empty when nothing is. */
  lines({ machine, alert, time_ms }: Outgoing): string {
    const { id, state, severity, shadow, incident, incident_head, incident_sentence } = alert;
    const before = this.#told.get(id);
    const told_incident = incident_head === true ? incident_sentence : before?.incident;
    if (incident !== undefined && shadow !== true) this.#incidents.add(incident);
    let text = '';
    if (state === 'raised') {
      const raised = shadow === true ? this.#raised.shadow : this.#raised.armed;
      raised.set(severity, (raised.get(severity) ?? 0) + 1);
      text += this.#line(time_ms, severity, machine, alert.sentence, wordsOf(alert));
    } else if (state === 'cleared') {
      const lasted = writeSpan((alert.until_ms ?? time_ms) - alert.since_ms);
      text += this.#line(time_ms, 'over', machine, alert.sentence, [`after ${lasted}`, ...wordsOf(alert)]);
    } else if (before !== undefined && before.severity !== severity) {
      text += this.#line(time_ms, severity, machine, alert.sentence, [`was ${before.severity}`, ...wordsOf(alert)]);
    }
    if (state !== 'cleared' && told_incident !== undefined && told_incident !== before?.incident) {
      text += this.#line(time_ms, 'together', '', told_incident, []);
    }
    if (state === 'cleared') this.#told.delete(id);
    else this.#told.set(id, { severity, incident: told_incident });
    return text;
  }

  /** What it all comes to, for the end. */
  summary({ messages, machines, open, from_ms, until_ms }: Summary): string {
    const { armed, shadow } = this.#raised;
    const parts = [
      `${messages} messages of ${machines} ${machines === 1 ? 'machine' : 'machines'} in ${writeSpan(until_ms - from_ms)}`,
      countsIn(armed),
      ...(this.#incidents.size > 0
        ? [`${this.#incidents.size} ${this.#incidents.size === 1 ? 'incident' : 'incidents'}`]
        : []),
      ...(shadow.size > 0 ? [`${countsIn(shadow)} of rules on trial`] : []),
      `${open} still on`,
    ];
    return `${this.#style.dim(parts.join('; '))}\n`;
  }

  #line(time_ms: number, word: string, machine: string, sentence: string, more: readonly string[]): string {
    const { bold, dim, accent } = this.#style;
    const [day = '', time = ''] = localTime(time_ms);
    // A day is told when it begins.
    const head = day === this.#day ? '' : `${dim(day)}\n`;
    this.#day = day;
    const name = oneLine(machine, MACHINE_COLUMNS_MAX);
    this.#machine_width = Math.max(this.#machine_width, name.length);
    const left = this.#columns() - 8 - 2 - 8 - 2 - this.#machine_width - 2;
    const text = cut(oneLine(`${sentence}${more.length > 0 ? ` (${more.join(', ')})` : ''}`), Math.max(left, 20));
    const paint = word === 'critical' ? bold : word === 'warning' ? accent : dim;
    return `${head}${dim(time)}  ${paint(word.toUpperCase().padEnd(8))}  ${bold(name.padEnd(this.#machine_width))}  ${text}\n`;
  }
}

export interface Summary {
  readonly messages: number;
  readonly machines: number;
  /** Alerts that are on at the end. */
  readonly open: number;
  readonly from_ms: number;
  readonly until_ms: number;
}

function wordsOf({ rule, shadow, silenced }: Outgoing['alert']): string[] {
  return [rule, ...(shadow === true ? ['on trial'] : []), ...(silenced === undefined ? [] : ['silenced'])];
}

/** `3 alerts (1 critical, 2 warning)`. */
function countsIn(raised: ReadonlyMap<Severity, number>): string {
  const all = [...raised.values()].reduce((sum, n) => sum + n, 0);
  if (all === 0) return 'no alerts';
  const each = SEVERITIES.toReversed().flatMap((severity) => {
    const n = raised.get(severity);
    return n === undefined ? [] : [`${n} ${severity}`];
  });
  return `${all} ${all === 1 ? 'alert' : 'alerts'} (${each.join(', ')})`;
}

/** The day and the time of day where the reader is. */
function localTime(time_ms: number): [day: string, time: string] {
  const at = new Date(time_ms);
  const two = (value: number) => String(value).padStart(2, '0');
  return [
    `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`,
    `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`,
  ];
}
