// How many alerts are open, in all and on each machine, among those that some clients may see: for the masthead and the marks on
// machines, which everyone has.

import type { AlertedFrame, AlertRow, Severity } from '../wire/frames.ts';
import { SEVERITIES } from '../wire/frames.ts';
import { Changes } from './changes.ts';
import type { Feed, PageClient } from './page-client.ts';

/** Machines in one frame. */
const MARKS_ROWS_MAX = 500;

/** Machines without an alert of which it is remembered that they had one. */
const CLEARED_MAX = 1_000;

type Counts = { [severity in Severity]: number };

/** What else is told to everyone. */
export interface Keepers {
  readonly keepers: number;
  readonly rules: readonly string[];
}

export class Tally {
  readonly #sees: (machine: string) => boolean;
  readonly #keepers: () => Keepers;
  readonly #open: Counts = noCounts();
  readonly #unacknowledged: Counts = noCounts();
  #silenced = 0;
  #on_trial = 0;
  readonly #machines = new Changes<Counts>();
  readonly #cleared = new Set<string>();
  /** Grows with each change of what is told. */
  #version = 0;
  /** Frames that were written since the last change, by how far their readers had come. */
  readonly #frames = new Map<number, { readonly frame: string; readonly cursor: number }>();

  constructor(sees: (machine: string) => boolean, keepers: () => Keepers) {
    this.#sees = sees;
    this.#keepers = keepers;
  }

  get version(): number {
    return this.#version;
  }

  /** An alert is not what it was. */
  move(before: AlertRow | undefined, after: AlertRow | undefined): void {
    const machine = (after ?? before)?.machine;
    if (machine === undefined || !this.#sees(machine)) return;
    if (kindOf(before) === kindOf(after)) return;
    this.#add(before, -1);
    this.#add(after, 1);
    this.changed();
  }

  /** Something else that is told has changed. */
  changed(): void {
    this.#version++;
    this.#frames.clear();
  }

  /** What has changed for who has seen up to `cursor`; 0 is nothing. */
  frameSince(cursor: number): { readonly frame: string; readonly cursor: number } {
    const known = this.#frames.get(cursor);
    if (known !== undefined) return known;
    const missed = this.#machines.since(cursor, MARKS_ROWS_MAX);
    const frame: AlertedFrame = {
      type: 'alerted',
      sent_ms: Date.now(),
      open: this.#open,
      unacknowledged: this.#unacknowledged,
      silenced: this.#silenced,
      on_trial: this.#on_trial,
      ...this.#keepers(),
      machines: missed.entries.map(([machine, counts]) => [machine, sumOf(counts), worstOf(counts)]),
      ...(missed.begins && { begins: true }),
    };
    const written = { frame: JSON.stringify(frame), cursor: missed.cursor };
    this.#frames.set(cursor, written);
    return written;
  }

  /** Whether there is nothing more to tell about machines after `cursor`. */
  isAt(cursor: number): boolean {
    return cursor === this.#machines.serial;
  }

  #add(row: AlertRow | undefined, n: 1 | -1): void {
    if (row === undefined || row.until_ms !== undefined) return;
    const { machine, severity } = row;
    if (row.shadow === true) {
      this.#on_trial += n;
    } else if (row.silenced !== undefined) {
      this.#silenced += n;
    } else {
      this.#open[severity] += n;
      if (row.acknowledged === undefined) this.#unacknowledged[severity] += n;
      const counts = { ...(this.#machines.get(machine) ?? noCounts()) };
      counts[severity] += n;
      this.#machines.put(machine, counts);
      this.#cleared.delete(machine);
      if (sumOf(counts) === 0) this.#forgetOneAfter(machine);
    }
  }

  #forgetOneAfter(machine: string): void {
    this.#cleared.add(machine);
    if (this.#cleared.size <= CLEARED_MAX) return;
    const [oldest = ''] = this.#cleared;
    this.#cleared.delete(oldest);
    this.#machines.forget(oldest);
  }
}

/** Tells one client of a tally, for as long as it is there. */
export class TallyFeed implements Feed {
  readonly #client: PageClient;
  readonly #tally: Tally;
  #version = 0;
  #cursor = 0;

  constructor(client: PageClient, tally: Tally) {
    this.#client = client;
    this.#tally = tally;
  }

  catchUp(): void {
    const tally = this.#tally;
    while (!this.#client.full && (this.#version !== tally.version || !tally.isAt(this.#cursor))) {
      const { frame, cursor } = tally.frameSince(this.#cursor);
      this.#client.tell(frame);
      this.#cursor = cursor;
      this.#version = tally.version;
    }
  }

  close(): void {}
}

function noCounts(): Counts {
  return { critical: 0, warning: 0, info: 0 };
}

function sumOf(counts: Counts): number {
  return SEVERITIES.reduce((sum, severity) => sum + counts[severity], 0);
}

function worstOf(counts: Counts): Severity {
  return SEVERITIES.find((severity) => counts[severity] > 0) ?? 'info';
}

/** How an alert counts: alike for those that count alike. */
function kindOf(row: AlertRow | undefined): string {
  if (row === undefined || row.until_ms !== undefined) return '';
  if (row.shadow === true) return 'shadow';
  return row.silenced === undefined ? `${row.severity} ${row.acknowledged !== undefined}` : 'silenced';
}
