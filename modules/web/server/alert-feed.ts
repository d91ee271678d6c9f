// What a look at the alerts brings one client: all that are open and those that ended last, then each change; and the silences.

import { type AlertRow, SILENCES_TOLD_MAX, type Word } from '../wire/frames.ts';
import type { AlertBook } from './alerts.ts';
import { writeFrame } from './frames.ts';
import type { Feed, PageClient } from './page-client.ts';

/** Alerts in one frame. */
export const ALERTS_ROWS_MAX = 100;

export interface AlertFeedOptions {
  readonly book: AlertBook;
  readonly sees: (machine: string) => boolean;
  /** Whether it is told who has said what, and of silences. */
  readonly whole: boolean;
}

export class AlertFeed implements Feed {
  readonly #client: PageClient;
  readonly #options: AlertFeedOptions;
  #cursor = 0;
  /** All that there was at the beginning is on its way. */
  #beginning = true;
  #silences_serial = 0;

  constructor(client: PageClient, options: AlertFeedOptions) {
    this.#client = client;
    this.#options = options;
  }

  catchUp(): void {
    const { book, whole } = this.#options;
    while (!this.#client.full && (this.#beginning || this.#cursor < book.changes.serial)) this.#tellAlerts();
    if (!whole || this.#client.full || this.#silences_serial === book.silences_serial) return;
    this.#silences_serial = book.silences_serial;
    const silences = book.silences(Date.now());
    const told = silences.slice(0, SILENCES_TOLD_MAX);
    const left_out = silences.length - told.length;
    this.#client.tell(writeFrame({ type: 'silences', sent_ms: Date.now(), silences: told, left_out }));
  }

  close(): void {}

  #tellAlerts(): void {
    const { book, sees, whole } = this.#options;
    const { entries, cursor, begins } = book.changes.since(this.#cursor, ALERTS_ROWS_MAX);
    this.#cursor = cursor;
    this.#beginning ||= begins;
    const ends = this.#beginning && cursor === book.changes.serial;
    const seen = entries.map(([, { row }]) => row).filter(({ machine }) => sees(machine));
    if (ends) this.#beginning = false;
    if (seen.length === 0 && !begins && !ends) return;
    this.#client.tell(
      writeFrame({
        type: 'alerts',
        sent_ms: Date.now(),
        alerts: whole ? seen : seen.map(withoutWords),
        ...(begins && { begins: true }),
        ...(ends && { whole: true }),
      }),
    );
  }
}

/** What a view link is told: nothing of who has said what, and nothing that may name other machines. */
function withoutWords(row: AlertRow): AlertRow {
  const { incident_sentence: _, acknowledged, silenced, ...rest } = row;
  return {
    ...rest,
    ...(acknowledged !== undefined && { acknowledged: timeOf(acknowledged) }),
    ...(silenced !== undefined && { silenced: timeOf(silenced) }),
  };
}

function timeOf({ time_ms, until_ms }: Word): Word {
  return { time_ms, ...(until_ms !== undefined && { until_ms }) };
}

/** Two feeds of one look. */
export class BothFeeds implements Feed {
  readonly #feeds: readonly Feed[];

  constructor(feeds: readonly Feed[]) {
    this.#feeds = feeds;
  }

  catchUp(): void {
    for (const feed of this.#feeds) feed.catchUp();
  }

  close(): void {
    for (const feed of this.#feeds) feed.close();
  }
}
