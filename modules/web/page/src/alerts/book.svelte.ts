// What the view of the alerts knows: takes the frames in as they come, and once for each picture hands out what is new. And
// what somebody has ordered here: it is on its way until the alert itself, or the silence, comes back as it was ordered.

import { type AlertRow, type AlertsFrame, type Ask, ENDED_MAX, type SilenceRow } from '../../../wire/frames.ts';
import type { Feed } from '../feed.ts';
import { alertTexts } from '../texts-alerts.ts';

/** After so long nobody has obeyed. */
const OBEYED_MS_MAX = 5_000;

/** Orders that are remembered, those that went wrong among them. */
const ORDERS_MAX = 100;

/** An order that was given here. */
export interface Ordered {
  readonly ask: Ask;
  readonly number: number;
  /** How what it is about was before. */
  readonly before: AlertRow | undefined;
  /** Why it came to nothing; undefined while it is on its way. */
  readonly failed?: string;
}

/** The name of an alert among all. */
export function keyOf({ id, machine }: { readonly id: string; readonly machine: string }): string {
  return `${id} ${machine}`;
}

export class Book {
  /** All that are open and those that ended last, by {@link keyOf}. A new map with each picture that shows something new. */
  rows: ReadonlyMap<string, AlertRow> = $state.raw(new Map());
  silences: readonly SilenceRow[] = $state.raw([]);
  silences_left_out = $state(0);
  /** Whether all that there is has been here once. */
  whole = $state(false);
  /** By what they are about: {@link keyOf} of an alert, or the silence's `id`. */
  ordered: ReadonlyMap<string, Ordered> = $state.raw(new Map());

  readonly #feed: Feed;
  readonly #rows = new Map<string, AlertRow>();
  /** Keys of those that have ended, longest ago first. */
  readonly #ended = new Set<string>();
  /** Those known before that have not been named again since all of it began anew. */
  #unnamed: Set<string> | undefined;
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>();
  #request: number | undefined;

  constructor(feed: Feed) {
    this.#feed = feed;
  }

  /** Starts to take frames; returns the function that ends it. */
  start(): () => void {
    const ends = [
      this.#feed.on('alerts', (frame) => this.#take(frame)),
      this.#feed.on('silences', ({ silences, left_out }) => {
        this.silences = silences;
        this.silences_left_out = left_out;
        this.#lookAtOrders();
      }),
      this.#feed.on('ordered', ({ number, refused }) => {
        if (refused !== undefined) this.#fail(number, refused);
      }),
      () => {
        if (this.#request !== undefined) cancelAnimationFrame(this.#request);
        for (const timer of this.#timers.values()) clearTimeout(timer);
      },
    ];
    return () => {
      for (const end of ends) end();
    };
  }

  /** Gives an order. What it is about shows that it is on its way, and then what came of it. */
  order(ask: Ask): void {
    const key = aboutOf(ask);
    const number = this.#feed.order(ask);
    const before = this.#rows.get(key);
    if (number === undefined) {
      this.#note(key, { ask, number: -1, before, failed: alertTexts.cutOff });
      return;
    }
    this.#note(key, { ask, number, before });
    this.#timers.set(
      number,
      setTimeout(
        () => this.#fail(number, this.#feed.alerted.keepers === 0 ? alertTexts.nobodyKeeps : alertTexts.notObeyed),
        OBEYED_MS_MAX,
      ),
    );
  }

  /** Lets the word about an order go. */
  letGo(key: string): void {
    const ordered = new Map(this.ordered);
    ordered.delete(key);
    this.ordered = ordered;
  }

  #take({ alerts, begins, whole }: AlertsFrame): void {
    if (begins === true) this.#unnamed = new Set(this.#rows.keys());
    for (const row of alerts) {
      const key = keyOf(row);
      this.#unnamed?.delete(key);
      this.#rows.set(key, row);
      this.#ended.delete(key);
      if (row.until_ms !== undefined) this.#ended.add(key);
    }
    if (whole === true) {
      for (const key of this.#unnamed ?? []) this.#forget(key);
      this.#unnamed = undefined;
      this.whole = true;
    }
    for (const key of this.#ended) {
      if (this.#ended.size <= ENDED_MAX) break;
      this.#forget(key);
    }
    this.#lookAtOrders();
    if (document.hidden) this.rows = new Map(this.#rows);
    else this.#request ??= requestAnimationFrame(() => this.#show());
  }

  #show(): void {
    this.#request = undefined;
    this.rows = new Map(this.#rows);
  }

  #forget(key: string): void {
    this.#rows.delete(key);
    this.#ended.delete(key);
  }

  #note(key: string, ordered: Ordered): void {
    const all = new Map(this.ordered);
    all.delete(key);
    all.set(key, ordered);
    for (const oldest of all.keys()) {
      if (all.size <= ORDERS_MAX) break;
      all.delete(oldest);
    }
    this.ordered = all;
  }

  /** Those that were obeyed are over. */
  #lookAtOrders(): void {
    for (const [key, ordered] of this.ordered) {
      if (!isObeyed(ordered, this.#rows.get(key), this.silences)) continue;
      this.#end(ordered.number);
      this.letGo(key);
    }
  }

  #fail(number: number, why: string): void {
    this.#end(number);
    for (const [key, ordered] of this.ordered) {
      if (ordered.number === number) this.#note(key, { ...ordered, failed: why });
    }
  }

  #end(number: number): void {
    clearTimeout(this.#timers.get(number));
    this.#timers.delete(number);
  }
}

function aboutOf(ask: Ask): string {
  return ask.do === 'acknowledge' ? keyOf(ask) : ask.id;
}

/** Whether what an order is about is as it was ordered. */
export function isObeyed(
  { ask, before }: Ordered,
  now: AlertRow | undefined,
  silences: readonly SilenceRow[],
): boolean {
  if (ask.do === 'silence') return silences.some(({ id }) => id === ask.id);
  if (ask.do === 'end_silence') return !silences.some(({ id }) => id === ask.id);
  // One that has ended meanwhile needs nobody any more.
  if (now === undefined || now.until_ms !== undefined) return true;
  if (ask.undo === true) return now.acknowledged === undefined;
  return now.acknowledged !== undefined && now.acknowledged.time_ms !== before?.acknowledged?.time_ms;
}
