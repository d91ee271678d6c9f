// The last 90 days of the parts that status pages show: how long each was down or in trouble on each day, and what was said about it.
// Read from what was recorded, a day at a time, oldest first; a day that is over is read once.

import { compilePattern } from '@ganglion/kernel';
import {
  type Alert,
  type Death,
  EVENTS_MAX,
  type PastAnswerOf,
  type PastAsked,
  type PastEvent,
} from '@ganglion/topics';

export const DAY_MS = 86_400_000;

/** Days that are shown, today among them. */
export const DAYS = 90;

/** Incidents of one part that are told; of more the newest. */
export const INCIDENTS_MAX = 20;

/** Shorter than this is no incident: a machine that starts anew, a connection that is made again. */
const INCIDENT_MS_MIN = 30_000;

/** What is told of what was said about one incident. */
const WORDS_MAX = 5;
const WORD_CHARACTERS_MAX = 500;

/** Machines that are down or in trouble at once that are followed. */
const FOLLOWED_MAX = 20_000;

/** What a status page shows under one name: the machines that fit a pattern. */
export interface Part {
  readonly title: string;
  /** A topic pattern: `db.#`. */
  readonly machines: string;
}

/** One day of a part. */
export interface Day {
  /** When it begins, epoch milliseconds. */
  readonly start_ms: number;
  /** How much of it is known: nought before anything was recorded. */
  readonly known_ms: number;
  /** Any of its machines was gone; any had an alert that is critical. */
  readonly down_ms: number;
  readonly trouble_ms: number;
}

/** A time in which a part was not well. */
export interface Incident {
  readonly kind: 'down' | 'trouble';
  readonly from_ms: number;
  /** Undefined while it lasts. */
  readonly to_ms: number | undefined;
  /** Why those who acknowledged its alerts say that it is so. */
  readonly said: readonly string[];
}

/** What is known of a part. */
export interface PartHistory {
  readonly days: readonly Day[];
  /** Newest first. */
  readonly incidents: readonly Incident[];
}

/** Asks for events; rejects when nobody answers. */
export type AskEvents = (
  asked: Extract<PastAsked, { readonly what: 'events' }>,
) => Promise<Pick<PastAnswerOf<'events'>, 'events'>>;

/** A part as it was at a moment. */
interface Followed {
  readonly fits: (machine: string) => boolean;
  readonly days: Day[];
  readonly incidents: Incident[];
  /** Machines that are gone, and alerts that are on, by machine and id. */
  readonly gone: Set<string>;
  readonly alerts: Set<string>;
  since_ms: { down: number | undefined; trouble: number | undefined };
  said: string[];
}

export class History {
  readonly #ask: AskEvents;
  #parts: readonly Followed[];
  /** Days before this are read. */
  #read_to_ms: number | undefined;
  /** As it is now, with the part of today that is over. */
  #shown: readonly PartHistory[] = [];

  constructor(parts: readonly Part[], ask: AskEvents) {
    this.#ask = ask;
    this.#parts = parts.map(({ machines }) => ({
      fits: compilePattern(machines),
      days: [],
      incidents: [],
      gone: new Set(),
      alerts: new Set(),
      since_ms: { down: undefined, trouble: undefined },
      said: [],
    }));
  }

  /** What is known of the parts, in their order; nothing before the first reading. */
  of(part: number): PartHistory {
    return this.#shown[part] ?? { days: [], incidents: [] };
  }

  /**
   * Reads what is not read yet, up to now.
   *
   * @param oldest_ms since when there is anything
   * @throws what `ask` rejects with; the next call goes on from there
   */
  async read(now_ms: number, oldest_ms: number): Promise<void> {
    const today_ms = Math.floor(now_ms / DAY_MS) * DAY_MS;
    const first_ms = today_ms - (DAYS - 1) * DAY_MS;
    this.#read_to_ms ??= first_ms;
    for (; this.#read_to_ms < today_ms; this.#read_to_ms += DAY_MS) {
      await this.#readDay(this.#parts, this.#read_to_ms, this.#read_to_ms + DAY_MS, oldest_ms);
    }
    // Today goes on: it is read on copies, and anew the next time.
    const parts = this.#parts.map(copyOf);
    await this.#readDay(parts, today_ms, now_ms, oldest_ms);
    for (const { days } of this.#parts) while (days.length >= DAYS) days.shift();
    this.#shown = parts.map((part) => ({
      days: part.days.slice(-DAYS),
      incidents: [...lasting(part), ...[...part.incidents].reverse()].filter(
        ({ from_ms, to_ms }) => (to_ms ?? now_ms) > first_ms && from_ms < now_ms,
      ),
    }));
  }

  async #readDay(parts: readonly Followed[], start_ms: number, end_ms: number, oldest_ms: number): Promise<void> {
    const from_ms = Math.max(start_ms, oldest_ms);
    const known_ms = Math.max(0, end_ms - from_ms);
    const events = known_ms === 0 ? [] : await this.#eventsIn(from_ms, end_ms);
    for (const part of parts) {
      const sum = { down_ms: 0, trouble_ms: 0 };
      let at_ms = from_ms;
      for (const event of events) {
        if (!part.fits(event.source)) continue;
        const time_ms = Math.min(end_ms, Math.max(at_ms, event.time_ms));
        addTo(sum, part, time_ms - at_ms);
        at_ms = time_ms;
        take(part, event, time_ms);
      }
      addTo(sum, part, Math.max(0, end_ms - at_ms));
      part.days.push({ start_ms, known_ms, ...sum });
    }
  }

  /** All that happened in a time; where that is too much for one answer, in halves. */
  async #eventsIn(from_ms: number, to_ms: number, depth = 0): Promise<readonly PastEvent[]> {
    const { events } = await this.#ask({
      what: 'events',
      from_ms,
      to_ms,
      limit: EVENTS_MAX,
      families: ['alert', 'birth', 'death'],
    });
    if (events.length < EVENTS_MAX || depth >= HALVINGS_MAX) return events;
    const middle_ms = Math.floor((from_ms + to_ms) / 2);
    const first = await this.#eventsIn(from_ms, middle_ms, depth + 1);
    return [...first, ...(await this.#eventsIn(middle_ms + 1, to_ms, depth + 1))];
  }
}

/** Of a day, so often at most: a storm of alerts is told by its parts of some minutes. */
const HALVINGS_MAX = 6;

function copyOf(part: Followed): Followed {
  return {
    fits: part.fits,
    days: [...part.days],
    incidents: [...part.incidents],
    gone: new Set(part.gone),
    alerts: new Set(part.alerts),
    since_ms: { ...part.since_ms },
    said: [...part.said],
  };
}

function addTo(sum: { down_ms: number; trouble_ms: number }, { gone, alerts }: Followed, ms: number): void {
  if (gone.size > 0) sum.down_ms += ms;
  else if (alerts.size > 0) sum.trouble_ms += ms;
}

/** Takes one event of one of the part's machines. */
function take(part: Followed, { family, source, body }: PastEvent, time_ms: number): void {
  const { gone, alerts } = part;
  if (family === 'birth' && body['kind'] === 'machine') gone.delete(source);
  if (family === 'death' && body['kind'] === 'machine') {
    const { cause } = body as Partial<Death>;
    // Who is stopped in order is not missed.
    if (cause === 'stopped') gone.delete(source);
    else if (gone.size < FOLLOWED_MAX) gone.add(source);
  }
  if (family === 'alert') takeAlert(part, source, body as Partial<Alert>);
  note(part, 'down', gone.size > 0, time_ms);
  note(part, 'trouble', alerts.size > 0, time_ms);
  if (gone.size === 0 && alerts.size === 0) part.said = [];
}

function takeAlert({ alerts, said }: Followed, source: string, alert: Partial<Alert>): void {
  if (alert.id === undefined || alert.shadow === true) return;
  const key = `${source}\n${alert.id}`;
  const is_on = alert.state !== 'cleared' && alert.severity === 'critical' && alert.silenced === undefined;
  if (!is_on) alerts.delete(key);
  else if (alerts.size < FOLLOWED_MAX) alerts.add(key);
  const why = alert.acknowledged?.why?.trim().slice(0, WORD_CHARACTERS_MAX);
  if (why !== undefined && why !== '' && !said.includes(why) && said.length < WORDS_MAX) said.push(why);
}

/** Notes when it begins and ends that a part is not well. */
function note(part: Followed, kind: 'down' | 'trouble', is_on: boolean, time_ms: number): void {
  const from_ms = part.since_ms[kind];
  if (is_on && from_ms === undefined) part.since_ms[kind] = time_ms;
  if (is_on || from_ms === undefined) return;
  part.since_ms[kind] = undefined;
  if (time_ms - from_ms < INCIDENT_MS_MIN) return;
  part.incidents.push({ kind, from_ms, to_ms: time_ms, said: [...part.said] });
  if (part.incidents.length > INCIDENTS_MAX) part.incidents.shift();
}

/** What is not over. */
function lasting({ since_ms: { down, trouble }, said }: Followed): Incident[] {
  if (down !== undefined) return [{ kind: 'down', from_ms: down, to_ms: undefined, said: [...said] }];
  if (trouble !== undefined) return [{ kind: 'trouble', from_ms: trouble, to_ms: undefined, said: [...said] }];
  return [];
}
