// The status pages: what anyone may know, without a login. How the parts are now follows from the live fleet and its alerts, how they
// were from what was recorded.

import { createHash } from 'node:crypto';
import { compilePattern } from '@ganglion/kernel';
import type { AlertBook } from '../alerts.ts';
import type { Fleet } from '../fleet.ts';
import { type AskEvents, History, type Part } from './history.ts';
import { type PartState, writeStatusPage } from './status-page.ts';

/** A status page as the settings have it. */
export interface StatusSettings {
  /** Its address: `/status/<name>`. */
  readonly name: string;
  readonly title: string;
  readonly parts: readonly Part[];
}

/** A page that is written is good for so long. */
export const FRESH_MS = 5_000;

/** What was is read again after so long. */
const READ_MS = 60_000;

export interface StatusOptions {
  readonly pages: readonly StatusSettings[];
  readonly fleet: Fleet;
  readonly alerts: AlertBook;
  readonly ask: AskEvents;
  /** Since when there is anything recorded, epoch milliseconds; undefined when nobody can be asked. */
  readonly oldest: () => Promise<number | undefined>;
  /** What was cannot be read; it is tried again. */
  readonly onFault: (error: unknown) => void;
  readonly now?: () => number;
}

/** A page as it is sent. */
export interface Written {
  readonly body: string;
  readonly etag: string;
}

export class StatusPages {
  readonly #options: StatusOptions;
  readonly #now: () => number;
  readonly #pages: ReadonlyMap<string, { readonly settings: StatusSettings; readonly first_part: number }>;
  readonly #fits: readonly ((machine: string) => boolean)[];
  readonly #history: History;
  readonly #written = new Map<string, { readonly page: Written; readonly written_ms: number }>();
  readonly #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> | undefined;
  #recorded = false;

  constructor(options: StatusOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    const parts = options.pages.flatMap((page) => page.parts);
    let first_part = 0;
    const pages = options.pages.map((settings) => {
      const page = { settings, first_part };
      first_part += settings.parts.length;
      return [settings.name, page] as const;
    });
    this.#pages = new Map(pages);
    this.#fits = parts.map(({ machines }) => compilePattern(machines));
    this.#history = new History(parts, options.ask);
    if (parts.length > 0) this.#timer = setInterval(() => void this.read(), READ_MS);
  }

  /** Somebody who records may be there now. */
  wake(): void {
    if (!this.#recorded && this.#timer !== undefined) void this.read();
  }

  /** Reads what was, if it is not being read already. Never rejects. */
  read(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** A page; undefined when there is none of that name. */
  page(name: string): Written | undefined {
    const page = this.#pages.get(name);
    if (page === undefined) return undefined;
    const now_ms = this.#now();
    const known = this.#written.get(name);
    if (known !== undefined && now_ms - known.written_ms < FRESH_MS && now_ms >= known.written_ms) return known.page;
    const { title, parts } = page.settings;
    const shown = parts.map((part, i) => ({
      title: part.title,
      state: this.#stateOf(page.first_part + i),
      history: this.#history.of(page.first_part + i),
    }));
    const body = String(writeStatusPage({ title, parts: shown, is_recorded: this.#recorded, now_ms }));
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
    const written = { body, etag };
    this.#written.set(name, { page: written, written_ms: now_ms });
    return written;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #read(): Promise<void> {
    try {
      const oldest_ms = await this.#options.oldest();
      this.#recorded = oldest_ms !== undefined;
      if (oldest_ms !== undefined) await this.#history.read(this.#now(), oldest_ms);
    } catch (error) {
      this.#options.onFault(error);
    }
    this.#written.clear();
  }

  #stateOf(part: number): PartState {
    const { fleet, alerts } = this.#options;
    const fits = this.#fits[part] as (machine: string) => boolean;
    let machines = 0;
    let down = 0;
    for (const { state } of fleet.since(0, fleet.size)) {
      if (!fits(state.machine) || state.gone?.cause === 'stopped') continue;
      machines++;
      if (state.gone !== undefined) down++;
    }
    if (machines === 0) return { kind: 'unknown' };
    if (down > 0) return { kind: 'down', down, machines };
    for (const { row } of alerts.changes.values()) {
      if (
        row.severity === 'critical' &&
        row.until_ms === undefined &&
        row.shadow !== true &&
        row.silenced === undefined &&
        fits(row.machine)
      ) {
        return { kind: 'trouble' };
      }
    }
    return { kind: 'up' };
  }
}
