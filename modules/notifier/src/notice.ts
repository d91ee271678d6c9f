// A notice: what a channel is given to tell, in words and in figures. It is kept in the journal as it is.

import { createHash } from 'node:crypto';
import { type Alert, alert, Severity } from '@ganglion/topics';
import Type, { type Static } from 'typebox';

/** Alerts that one notice holds; `count` says how many there are. */
export const ALERTS_MAX = 20;

/** Why there is a notice. `summary`: what the hourly limit held back; `test`: somebody tries the channel. */
export const KINDS = ['raised', 'changed', 'repeated', 'escalated', 'cleared', 'summary', 'test'] as const;

export type Kind = (typeof KINDS)[number];

const Told = Type.Object({ machine: Type.String(), alert: alert.schema });

/** An alert and the machine that it is about. */
export type Told = Static<typeof Told>;

export const Notice = Type.Object({
  /** The same whenever this notice is sent again, and no other's: whoever gets it twice can drop one. */
  key: Type.String(),
  kind: Type.Enum(KINDS),
  severity: Severity,
  /** What belongs together: an incident, or one finding. The same in all notices about it. */
  group: Type.String(),
  /** One line: "db-01: Disk full on / in 3 h"; of an incident, "80 machines of site1.rack4.# were cut off together". */
  title: Type.String(),
  /** Lines for people; the title is not among them. */
  text: Type.String(),
  /** Alerts it is about, those past {@link ALERTS_MAX} among them. */
  count: Type.Integer(),
  alerts: Type.Array(Told, { maxItems: ALERTS_MAX }),
  /** When it was written, epoch milliseconds. */
  time_ms: Type.Number(),
  /** Where the page shows it, if that is known. */
  link: Type.Optional(Type.String()),
});

export type Notice = Static<typeof Notice>;

/** What a notice is made from. */
export interface Matter {
  readonly channel: string;
  readonly group: string;
  readonly kind: Kind;
  readonly severity: Severity;
  /** All of them, the most severe first. */
  readonly alerts: readonly Told[];
  /** What an incident is, in a sentence of its own; undefined of what is none. */
  readonly sentence: string | undefined;
  /** How many notices about this group the channel had before: it tells two that say the same apart. */
  readonly step: number;
  readonly time_ms: number;
  /** When the group began, epoch milliseconds: it tells one life of an incident from the next. */
  readonly began_ms: number;
  /** The address of the page; empty when it is not known. */
  readonly page_url: string;
}

/** Writes a notice. */
export function writeNotice(matter: Matter): Notice {
  const { channel, group, kind, severity, alerts, sentence, step, time_ms, began_ms, page_url } = matter;
  const shown = alerts.slice(0, ALERTS_MAX);
  const more = alerts.length - shown.length;
  const lines = [...shown.map((told) => lineOf(told)), ...(more > 0 ? [`and ${more} more`] : [])];
  return {
    key: keyOf([channel, group, `${began_ms}`, `${step}`, kind]),
    kind,
    severity,
    group,
    title: titleOf(kind, alerts, sentence),
    text: lines.join('\n'),
    count: alerts.length,
    alerts: [...shown],
    time_ms,
    ...(page_url === '' ? {} : { link: linkTo(page_url, alerts) }),
  };
}

/** A key from what tells two notices apart: 32 hexadecimal digits. */
export function keyOf(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

/** A notice for whoever tries a channel. */
export function testNotice(channel: string, host: string, now_ms: number): Notice {
  const told: Alert = {
    id: 'test',
    state: 'raised',
    severity: 'info',
    rule: 'test',
    resource: 'test',
    sentence: `This is a test of the channel ${channel}; nothing is wrong`,
    since_ms: now_ms,
  };
  const matter = { channel, group: `test ${host} ${now_ms}`, kind: 'test', severity: 'info' } as const;
  const alerts = [{ machine: host, alert: told }];
  return writeNotice({
    ...matter,
    alerts,
    sentence: undefined,
    step: 0,
    time_ms: now_ms,
    began_ms: now_ms,
    page_url: '',
  });
}

/** What stands before a sentence, so that the first word says what became of it. */
const FRONT: Readonly<Record<Kind, string>> = {
  raised: '',
  changed: '',
  repeated: 'Still: ',
  escalated: 'Nobody has answered: ',
  cleared: 'Over: ',
  summary: '',
  test: 'Test: ',
};

function titleOf(kind: Kind, alerts: readonly Told[], sentence: string | undefined): string {
  if (sentence !== undefined) return `${FRONT[kind]}${sentence}`;
  const [first] = alerts;
  if (first === undefined) return FRONT[kind].trim();
  const machines = new Set(alerts.map(({ machine }) => machine)).size;
  const others =
    alerts.length === 1 ? '' : ` (and ${alerts.length - 1} more${machines > 1 ? `, ${machines} machines` : ''})`;
  return `${FRONT[kind]}${first.machine}: ${first.alert.sentence}${others}`;
}

function lineOf({ machine, alert: { severity, state, sentence, since_ms, until_ms, acknowledged } }: Told): string {
  const what = state === 'cleared' ? 'over' : severity;
  const word = acknowledged === undefined ? '' : `; ${acknowledged.by} has seen it`;
  const until = until_ms === undefined ? '' : ` to ${clock(until_ms)}`;
  return `${machine}: ${sentence} [${what}, since ${clock(since_ms)}${until}${word}]`;
}

/** A moment in the machine's own time zone, to the minute: "2026-11-25 18:20". */
function clock(time_ms: number): string {
  const at = new Date(time_ms);
  if (Number.isNaN(at.getTime())) return '?';
  const two = (n: number) => String(n).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

function linkTo(page_url: string, [first]: readonly Told[]): string {
  const page = page_url.replace(/\/+$/, '');
  return first === undefined ? page : `${page}/m/${encodeURIComponent(first.machine)}`;
}
