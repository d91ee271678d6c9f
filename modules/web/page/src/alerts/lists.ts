// Which alerts are shown, and in what order: those on now, worst first and with what belongs together together; those of rules on
// trial apart; and those that have ended, the last first.

import { type AlertRow, SEVERITIES, type Severity } from '../../../wire/frames.ts';

/** What somebody may want to see alone. */
export const STATES = ['unacknowledged', 'acknowledged', 'silenced', 'trial', 'ended'] as const;
export type State = (typeof STATES)[number];

export interface Wanted {
  /** Words that each must stand somewhere in the alert. */
  readonly typed: string;
  readonly severity: Severity | undefined;
  readonly state: State | undefined;
}

/** Alerts that belong together, or one that belongs to no other. */
export interface Group {
  /** The incident, or the alert. */
  readonly key: string;
  /** What stands for all: the likeliest cause as far as it is told, else the first. */
  readonly head: AlertRow;
  readonly others: readonly AlertRow[];
  readonly worst: Severity;
  /** What they share, as who came last tells it: those before were told when they were fewer. */
  readonly sentence: string | undefined;
  /** When the first of them began. */
  readonly since_ms: number;
}

export interface Lists {
  readonly now: readonly Group[];
  readonly trial: readonly AlertRow[];
  readonly ended: readonly AlertRow[];
  /** Of those on trial. */
  readonly trial_ended: readonly AlertRow[];
}

export function stateOf(row: AlertRow): State {
  if (row.until_ms !== undefined) return 'ended';
  if (row.shadow === true) return 'trial';
  if (row.silenced !== undefined) return 'silenced';
  return row.acknowledged === undefined ? 'unacknowledged' : 'acknowledged';
}

/** @param rows all that are known */
export function listsOf(rows: Iterable<AlertRow>, wanted: Wanted): Lists {
  const now: AlertRow[] = [];
  const trial: AlertRow[] = [];
  const ended: AlertRow[] = [];
  const trial_ended: AlertRow[] = [];
  const words = wanted.typed.toLowerCase().split(/\s+/).filter(Boolean);
  for (const row of rows) {
    const state = stateOf(row);
    if (wanted.state !== undefined && wanted.state !== state) continue;
    if (wanted.severity !== undefined && wanted.severity !== row.severity) continue;
    if (words.length > 0 && !hasAll(row, words)) continue;
    if (state === 'ended') (row.shadow === true ? trial_ended : ended).push(row);
    else if (state === 'trial') trial.push(row);
    else now.push(row);
  }
  return {
    now: groupsOf(now),
    trial: trial.sort(worstFirst),
    ended: ended.sort(byEnd),
    trial_ended: trial_ended.sort(byEnd),
  };
}

const byEnd = (one: AlertRow, other: AlertRow) => (other.until_ms ?? 0) - (one.until_ms ?? 0);

function groupsOf(rows: readonly AlertRow[]): Group[] {
  const together = new Map<string, AlertRow[]>();
  for (const row of rows) {
    const key = row.incident ?? `${row.id} ${row.machine}`;
    const members = together.get(key);
    if (members === undefined) together.set(key, [row]);
    else members.push(row);
  }
  const groups = [...together].map(([key, members]): Group => {
    const sorted = members.sort(worstFirst);
    const head = sorted.find(({ incident_head }) => incident_head === true) ?? oldestOfWorst(sorted);
    const severities = new Set(sorted.map(({ severity }) => severity));
    return {
      key,
      head,
      others: sorted.filter((row) => row !== head),
      worst: SEVERITIES.find((severity) => severities.has(severity)) ?? head.severity,
      sentence: sorted.reduce((last, row) => (row.since_ms > last.since_ms ? row : last), head).incident_sentence,
      since_ms: Math.min(...sorted.map(({ since_ms }) => since_ms)),
    };
  });
  return groups.sort(
    (a, b) =>
      Number(isQuiet(a)) - Number(isQuiet(b)) ||
      SEVERITIES.indexOf(a.worst) - SEVERITIES.indexOf(b.worst) ||
      Number(isSeen(a)) - Number(isSeen(b)) ||
      b.others.length - a.others.length ||
      b.since_ms - a.since_ms,
  );
}

/** Who stands for the others where the likeliest cause is not told, or has ended: it does not change with each that comes. */
function oldestOfWorst(sorted: readonly AlertRow[]): AlertRow {
  const [first] = sorted as readonly [AlertRow, ...AlertRow[]];
  return sorted.reduce(
    (oldest, row) =>
      stateOf(row) === stateOf(first) && row.severity === first.severity && row.since_ms < oldest.since_ms
        ? row
        : oldest,
    first,
  );
}

/** The worst of those that nobody has acknowledged, wherever it stands in its group; of alike ones the first. */
export function worstWaiting(groups: readonly Group[]): AlertRow | undefined {
  const waiting = groups
    .flatMap(({ head, others }) => [head, ...others])
    .filter((row) => stateOf(row) === 'unacknowledged');
  return SEVERITIES.map((severity) => waiting.find((row) => row.severity === severity)).find(
    (row) => row !== undefined,
  );
}

/** Nobody is to be told of any of it. */
function isQuiet({ head, others }: Group): boolean {
  return head.silenced !== undefined && others.every(({ silenced }) => silenced !== undefined);
}

/** Somebody knows of all of it. */
function isSeen({ head, others }: Group): boolean {
  return head.acknowledged !== undefined && others.every(({ acknowledged }) => acknowledged !== undefined);
}

/** Whether it has not ended. */
export function isOn({ until_ms }: AlertRow): boolean {
  return until_ms === undefined;
}

/** Worst first; of alike ones those that nobody has acknowledged, then the newest. */
export function worstFirst(a: AlertRow, b: AlertRow): number {
  return (
    Number(a.silenced !== undefined) - Number(b.silenced !== undefined) ||
    SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
    Number(a.acknowledged !== undefined) - Number(b.acknowledged !== undefined) ||
    b.since_ms - a.since_ms ||
    (a.machine < b.machine ? -1 : 1)
  );
}

function hasAll(row: AlertRow, words: readonly string[]): boolean {
  const { machine, sentence, rule, resource, severity, labels = {}, acknowledged, silenced, incident_sentence } = row;
  const text = [
    ...[machine, sentence, rule, resource, severity, incident_sentence ?? ''],
    ...Object.entries(labels).map(([name, value]) => `${name}=${value}`),
    ...[acknowledged?.by, acknowledged?.why, silenced?.by, silenced?.why],
  ].join('\n');
  const lower = text.toLowerCase();
  return words.every((word) => lower.includes(word));
}
