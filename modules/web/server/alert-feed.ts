// What a look at the alerts brings one client: all that are open and those that ended last, then each change; and the silences.
// A look at a machine brings those of that machine.

import { type AlertRow, type Look, SILENCES_TOLD_MAX, type Word } from '../wire/frames.ts';
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
  /** Of this machine alone, and no silences. */
  readonly only?: string;
  /** What a look at a machine brings besides; undefined when it is not shown. */
  readonly machine: (machine: string) => Feed | undefined;
}

export class AlertFeed implements Feed {
  readonly #client: PageClient;
  readonly #options: AlertFeedOptions;
  #cursor = 0;
  /** All that there was at the beginning is on its way. */
  #beginning = true;
  #silences_serial = 0;
  #machine: Feed | undefined;

  constructor(client: PageClient, options: AlertFeedOptions, machine: string | undefined) {
    this.#client = client;
    this.#options = options;
    this.#lookAt(machine);
  }

  /** Another alert of the same list is looked at: what was told of the list stands. */
  goOn(look: Look): boolean {
    if (look.view !== 'alerts' || this.#options.only !== undefined) return false;
    this.#lookAt(look.machine);
    return true;
  }

  catchUp(): void {
    const { book } = this.#options;
    while (!this.#client.full && (this.#beginning || this.#cursor < book.changes.serial)) this.#tellAlerts();
    if (!this.#client.full) this.#tellSilences();
    this.#machine?.catchUp();
  }

  close(): void {
    this.#machine?.close();
  }

  #lookAt(machine: string | undefined): void {
    const before = this.#machine;
    this.#machine = machine === undefined ? undefined : this.#options.machine(machine);
    before?.close();
  }

  #tellSilences(): void {
    const { book, whole, only } = this.#options;
    if (!whole || only !== undefined || this.#silences_serial === book.silences_serial) return;
    this.#silences_serial = book.silences_serial;
    const silences = book.silences(Date.now());
    const told = silences.slice(0, SILENCES_TOLD_MAX);
    const left_out = silences.length - told.length;
    this.#client.tell(writeFrame({ type: 'silences', sent_ms: Date.now(), silences: told, left_out }));
  }

  #tellAlerts(): void {
    const { book, sees, whole, only } = this.#options;
    const { entries, cursor, begins } = book.changes.since(this.#cursor, ALERTS_ROWS_MAX);
    this.#cursor = cursor;
    this.#beginning ||= begins;
    const ends = this.#beginning && cursor === book.changes.serial;
    const seen = entries
      .map(([, { row }]) => row)
      .filter(({ machine }) => (only === undefined || machine === only) && sees(machine));
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
