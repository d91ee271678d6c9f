// A page in Chromium, looked at through the DevTools protocol.

import { mkdirSync, writeFileSync } from 'node:fs';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { pause } from './context.ts';
import { type Ages, beginAges, installProbe, readAges } from './probe.ts';

/** What the page's main thread did in a while. */
export interface Busy {
  /** Of the time, in percent: any task, and JavaScript in them. Time that others had the core counts too. */
  readonly tasks_percentage: number;
  readonly scripts_percentage: number;
}

/** Memory after everything that could be collected was, in megabytes. */
export interface Heap {
  /** Objects of JavaScript. */
  readonly objects_megabytes: number;
  /** Arrays of numbers, which lie beside them. */
  readonly arrays_megabytes: number;
}

/** Samples that were still on their way when the time was over. */
const DRAIN_MS = 3_000;

export class Watched {
  readonly page: Page;
  readonly #session: CDPSession;

  private constructor(page: Page, session: CDPSession) {
    this.page = page;
    this.#session = session;
  }

  /** Opens an address in a context of its own. */
  static async open(browser: Browser, address: string): Promise<Watched> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' });
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable');
    await page.goto(address);
    return new Watched(page, session);
  }

  /** Waits until the page shows so many machines, then puts the probe in. */
  async ready(machines: number): Promise<void> {
    await this.page.waitForFunction(
      (count) =>
        (globalThis as unknown as { ganglion: { places: readonly number[] } }).ganglion.places.length === count,
      machines,
      { timeout: 60_000 },
    );
    await this.page.evaluate(installProbe);
  }

  /** How old the samples of the next so many milliseconds are when they are on the screen. */
  async ages(duration_ms: number): Promise<Ages> {
    const from_ms = Date.now();
    await this.page.evaluate(beginAges, [from_ms, from_ms + duration_ms] as const);
    await pause(from_ms + duration_ms + DRAIN_MS - Date.now());
    return this.page.evaluate(readAges);
  }

  /** What the main thread does while something else goes on. */
  async busy(during: Promise<unknown>): Promise<Busy> {
    const before = await this.#metrics();
    await during;
    const after = await this.#metrics();
    const share = (name: string) =>
      (((after.get(name) ?? Number.NaN) - (before.get(name) ?? Number.NaN)) /
        ((after.get('Timestamp') ?? Number.NaN) - (before.get('Timestamp') ?? Number.NaN))) *
      100;
    return { tasks_percentage: share('TaskDuration'), scripts_percentage: share('ScriptDuration') };
  }

  async heap(): Promise<Heap> {
    // What the first collection lets go may free more.
    for (let i = 0; i < 2; i++) await this.#session.send('HeapProfiler.collectGarbage');
    const { usedSize, backingStorageSize } = await this.#session.send('Runtime.getHeapUsage');
    return { objects_megabytes: usedSize / 1e6, arrays_megabytes: backingStorageSize / 1e6 };
  }

  /** `BENCH_PROFILE=DIR` leaves a CPU profile of the page there; what was measured meanwhile means nothing. */
  async profiled(name: string, during: () => Promise<unknown>): Promise<void> {
    const folder = process.env['BENCH_PROFILE'];
    if (folder === undefined) return;
    await this.#session.send('Profiler.enable');
    await this.#session.send('Profiler.setSamplingInterval', { interval: 250 });
    await this.#session.send('Profiler.start');
    await during();
    const { profile } = await this.#session.send('Profiler.stop');
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}/${name}.cpuprofile`, JSON.stringify(profile));
  }

  /** Closes the page, and its context with it. */
  close(): Promise<void> {
    return this.page.context().close();
  }

  async #metrics(): Promise<ReadonlyMap<string, number>> {
    const { metrics } = await this.#session.send('Performance.getMetrics');
    return new Map(metrics.map(({ name, value }) => [name, value]));
  }
}
