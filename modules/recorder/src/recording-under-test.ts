// A recording whose clock the test turns, on a real file, or in a real database.

import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { Past } from './past.ts';
import { Recording } from './recording.ts';
import type { Driver } from './sqlite/driver.ts';
import { openSqlite } from './sqlite/store.ts';
import type { Store } from './store.ts';

/** A folder for the time of the test that calls this. */
export function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ganglion-recorder-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface UnderTestOptions {
  readonly folder?: string;
  readonly driver?: Driver;
  readonly store?: Store;
  /** Opens the store, again and again, where it is no file. */
  readonly open?: () => Promise<Store>;
  /** What the clock shows at first, epoch milliseconds. */
  readonly now_ms?: number;
  readonly keep_ms?: readonly number[];
  readonly bytes_max?: number;
}

/** 2026-03-02 00:00 UTC: the begin of a block of every level. */
export const EPOCH_MS = Math.floor(Date.UTC(2026, 2, 2) / (30 * 86_400_000)) * 30 * 86_400_000;

export class RecordingUnderTest {
  readonly folder: string;
  readonly recording: Recording;
  readonly past: Past;
  readonly counts: Record<string, number>;
  readonly #clock: { now_ms: number };
  readonly #options: UnderTestOptions;

  private constructor(
    folder: string,
    recording: Recording,
    options: UnderTestOptions,
    clock: { now_ms: number },
    counts: Record<string, number>,
  ) {
    this.folder = folder;
    this.recording = recording;
    this.#options = options;
    this.#clock = clock;
    this.counts = counts;
    this.past = new Past({ ...recording, now: () => clock.now_ms });
  }

  static async open(options: UnderTestOptions = {}): Promise<RecordingUnderTest> {
    const { folder = freshFolder(), driver, keep_ms, bytes_max } = options;
    const clock = { now_ms: options.now_ms ?? EPOCH_MS };
    const counts: Record<string, number> = {};
    const recording = await Recording.open({
      store:
        options.store ?? (await options.open?.()) ?? openSqlite({ folder, ...(driver !== undefined && { driver }) }),
      now: () => clock.now_ms,
      steady: () => clock.now_ms,
      count: (name, n = 1) => {
        counts[name] = (counts[name] ?? 0) + n;
      },
      ...(keep_ms !== undefined && { keep_ms }),
      ...(bytes_max !== undefined && { bytes_max }),
    });
    return new RecordingUnderTest(folder, recording, options, clock, counts);
  }

  get now_ms(): number {
    return this.#clock.now_ms;
  }

  /** Turns the clock on, and has done what is due then. */
  async pass(duration_ms: number): Promise<void> {
    this.#clock.now_ms += duration_ms;
    await this.recording.flush();
  }

  /** Lets time pass until nothing is left to be made. */
  async settle(): Promise<void> {
    await this.pass(1_000);
    while (this.recording.open_minutes > 0) await this.pass(30_000);
  }

  /**
   * What whoever comes after a kill at this moment would find: the files as they are, or the database. What was not written is lost,
   * as it was not told to be.
   */
  async killed(): Promise<RecordingUnderTest> {
    if (this.#options.open !== undefined) {
      await this.close();
      return RecordingUnderTest.open({ ...this.#options, now_ms: this.now_ms });
    }
    const folder = freshFolder();
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(this.folder)) {
      const path = join(this.folder, name);
      if (name.startsWith('history.db') && !name.endsWith('.lock') && existsSync(path)) {
        copyFileSync(path, join(folder, name));
      }
    }
    await this.close();
    return RecordingUnderTest.open({ ...this.#options, folder, now_ms: this.now_ms });
  }

  async close(): Promise<void> {
    await this.recording.store.close();
  }
}
