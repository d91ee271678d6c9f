// 6. A fleet for half an hour, with a slow browser, a tap, and a page that is loaded again every ten seconds: the memory of
// every process stays what it is. Takes too long to be a part of everything; it is played when it is named.

import { closeSync, openSync, writeSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setPriority } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CHROMIUM } from '@ganglion/testkit';
import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core';
import type { Chaos, Finding } from './context.ts';
import { handshake } from './handshakes.ts';
import { type Place, portOf, resident_megabytes, runModule, runOwn, runTap, temporaryFolder } from './programs.ts';
import { countPulses } from './pulses.ts';
import { type Sample, slopeOf } from './slope.ts';

/** Processes that stand for the fleet. */
const PROCESSES = 4;

/** Measures of a machine that wait in memory, as `ganglion run tracker` has it. */
const MEMORY_MESSAGES = 10;

/** What the page's server remembers of the fleet: as much as fills up before everything has settled, and is then full. */
const PAST_MEBIBYTES = 8;

const SAMPLE_MS = 5_000;
const RELOAD_MS = 10_000;

/** How long everything may grow to its size: caches fill, code is compiled. A short run has less, and judges nothing. */
const SETTLE_S = 300;
const SHORT_SETTLE_S = 60;

/** Shorter than this after it has settled, a slope says nothing. */
const JUDGED_S_MIN = 600;

/** A process grows if its slope is above this by more than two standard errors: 5 MB in the 25 minutes. */
const GROWTH_MEGABYTES_PER_HOUR_MAX = 12;

/** What the slow browser reads, and how often; what comes is many times that. */
const SLOW_READ_BYTES = 8_192;
const SLOW_READ_MS = 500;

/** Samples that count as one for the slope. The page's heap is looked at once in so many, after a collection, which is work. */
const BATCH_SAMPLES = 6;

const HEAP = 'page heap';

/** Drawing a thousand machines without a graphics card takes what there is: it gets what the fleet leaves. */
const NICE = 10;

/** Of the analyses that so many machines make; with fewer, this machine was too busy for what it was to show. */
const SHARE_MIN = 0.9;

/** Where every sample is written, so that a fault can be looked at. */
const SAMPLES_FILE = fileURLToPath(new URL('../soak.csv', import.meta.url));

export async function soak({ quick, minutes, say, startBroker }: Chaos): Promise<Finding[]> {
  const machines = quick ? 400 : 1_000;
  const duration_s = 60 * (minutes ?? (quick ? 3 : 30));
  const settle_s = duration_s > SETTLE_S + JUDGED_S_MIN ? SETTLE_S : SHORT_SETTLE_S;
  const judged = duration_s - settle_s >= JUDGED_S_MIN;

  const broker = await startBroker();
  const place: Place = { broker: broker.url, exchange: 'chaos' };
  const presence = await runModule(place, 'presence');
  const analyzer = await runModule(place, 'analyzer');
  const web = await runModule(place, 'web', '--port', '0', '--web.past-mebibytes', `${PAST_MEBIBYTES}`);
  const port = portOf(web);
  let tapped_bytes = 0;
  const tap = runTap(place, (bytes) => {
    tapped_bytes += bytes;
  });
  const counted = await countPulses(place, 'web');
  const each = machines / PROCESSES;
  const fleet = await Promise.all(
    Array.from({ length: PROCESSES }, (_, i) =>
      runOwn(
        'fleet',
        `${i}`,
        place.broker,
        place.exchange,
        temporaryFolder(),
        `${i * each}`,
        `${each}`,
        `${each * MEMORY_MESSAGES}`,
      ),
    ),
  );
  const programs = {
    presence,
    analyzer,
    web,
    tap,
    ...Object.fromEntries(fleet.map((each, i) => [`fleet ${i}`, each])),
  };
  say(`soak: ${machines.toLocaleString('en')} machines for ${duration_s / 60} minutes; samples in ${SAMPLES_FILE}`);

  const browser = await chromium.launch(CHROMIUM);
  const watched = await Watched.open(browser, port);
  const slow = new SlowBrowser(port);
  const reloads = new Reloads(await browser.newPage(), port);

  const samples = new Map<string, Sample[]>();
  const file = openSync(SAMPLES_FILE, 'w');
  const began_ms = performance.now();
  const note = (at_s: number, name: string, megabytes: number) => {
    samples.set(name, [...(samples.get(name) ?? []), { at_s, megabytes }]);
    writeSync(file, `${at_s.toFixed(1)},${name},${megabytes.toFixed(2)}\n`);
  };
  const analyses_before = counted.counts.get('in.analysis') ?? 0;
  writeSync(file, 'time_s,process,megabytes\n');
  const alive = () => Object.values(programs).every(({ runs }) => runs);
  for (let i = 0; performance.now() - began_ms < duration_s * 1_000 && alive(); i++) {
    const at_s = (performance.now() - began_ms) / 1_000;
    for (const [name, program] of Object.entries(programs)) note(at_s, name, program.resident_megabytes);
    note(at_s, 'broker', resident_megabytes(broker.pid ?? 0));
    for (const [name, megabytes] of await watched.processes_megabytes()) note(at_s, name, megabytes);
    if (i % BATCH_SAMPLES === 0) note(at_s, HEAP, await watched.heap_megabytes());
    if (i % 12 === 0) say(`soak: minute ${(at_s / 60).toFixed(0)}, ${reloads.done} reloads`);
    await pause(Math.max(0, began_ms + (i + 1) * SAMPLE_MS - performance.now()));
  }
  closeSync(file);
  const took_s = (performance.now() - began_ms) / 1_000;

  const shown = await watched.machines();
  await reloads.stop();
  slow.stop();
  await counted.close();
  await browser.close();
  const behind = counted.counts.get('clients_behind') ?? 0;
  const ended = Object.entries(programs).flatMap(([name, { runs }]) => (runs ? [] : [name]));
  const per_second = ((counted.counts.get('in.analysis') ?? 0) - analyses_before) / took_s;
  const wrong = [
    ...(per_second >= SHARE_MIN * machines ? [] : ['this machine was too busy for so many']),
    ...ended.map((name) => `${name} has ended`),
    ...(shown === machines ? [] : [`the page shows ${shown} machines`]),
    ...(behind > 0 ? [] : ['the slow browser was never behind']),
    ...(tapped_bytes > 0 ? [] : ['the tap showed nothing']),
    ...(reloads.failed === 0 ? [] : [`${reloads.failed} reloads failed: ${reloads.why}`]),
  ];
  return [
    {
      scenario: 'soak',
      done: `${machines.toLocaleString('en')} machines, a sample a second each, for ${duration_s / 60} minutes; a page loaded again ${reloads.done} times`,
      seen:
        `${per_second.toFixed(0)} analyses a second reach the page's server, the page shows ${shown} machines; the slow browser read ${megabytesOf(slow.read_bytes)} MB and was behind ${behind} times, ` +
        `${slow.opened} times connected; the tap showed ${megabytesOf(tapped_bytes)} MB`,
      lost: wrong.length === 0 ? 'nothing' : wrong.join('; '),
      outcome: wrong.length === 0 ? 'holds' : 'FAILS',
    },
    ...Array.from(samples, ([name, all]) => findingOf(name, all, settle_s, judged)),
  ];
}

function findingOf(name: string, samples: readonly Sample[], settle_s: number, judged: boolean): Finding {
  const settled = samples.filter(({ at_s }) => at_s >= settle_s);
  const { megabytes_per_hour: slope, error, min, max } = slopeOf(settled, name === HEAP ? 1 : BATCH_SAMPLES);
  // Chromium keeps what it likes; of it, the page's own heap is what we answer for.
  const ours = !name.startsWith('chromium');
  const flat = slope - 2 * error <= GROWTH_MEGABYTES_PER_HOUR_MAX;
  const slope_words = Number.isFinite(error)
    ? `${signed(slope)} ± ${error.toFixed(1)} MB an hour`
    : 'too few samples for a slope';
  const words = !judged ? 'too short to say' : flat ? 'flat' : 'grows';
  return {
    scenario: 'soak',
    done: `memory of ${name} (flat: at most ${GROWTH_MEGABYTES_PER_HOUR_MAX} MB an hour and two standard errors)`,
    seen: `${slope_words}, ${min.toFixed(1)} to ${max.toFixed(1)} MB, after ${settle_s / 60} minutes`,
    lost: `${words}${ours ? '' : ' (not ours, not judged)'}`,
    outcome: !judged || !ours ? 'skipped' : flat ? 'holds' : 'FAILS',
  };
}

function signed(n: number): string {
  return `${n < 0 ? '−' : '+'}${Math.abs(n).toFixed(1)}`;
}

function megabytesOf(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

/** A page that stays open, and what it and its browser take. */
class Watched {
  readonly #page: Page;
  readonly #page_session: CDPSession;
  readonly #browser_session: CDPSession;

  static async open(browser: Browser, port: number): Promise<Watched> {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${port}/`);
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable');
    return new Watched(page, session, await browser.newBrowserCDPSession());
  }

  constructor(page: Page, page_session: CDPSession, browser_session: CDPSession) {
    this.#page = page;
    this.#page_session = page_session;
    this.#browser_session = browser_session;
  }

  /** What scripts hold in the page, after everything that could be collected was. */
  async heap_megabytes(): Promise<number> {
    await this.#page_session.send('HeapProfiler.collectGarbage');
    const { metrics } = await this.#page_session.send('Performance.getMetrics');
    return (metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? Number.NaN) / 1e6;
  }

  /** Those that hold the two pages, and all others; each is told to stand back, as it comes. */
  async processes_megabytes(): Promise<ReadonlyMap<string, number>> {
    const { processInfo } = await this.#browser_session.send('SystemInfo.getProcessInfo');
    const sums = new Map<string, number>();
    for (const { id, type } of processInfo) {
      standBack(id);
      const name = type === 'renderer' ? 'chromium: the pages' : 'chromium: the rest';
      sums.set(name, (sums.get(name) ?? 0) + resident_megabytes(id));
    }
    return sums;
  }

  /** How many machines it says there are. */
  async machines(): Promise<number> {
    // As a text, since the browser's types are not those of this program.
    return Number(await this.#page.evaluate('ganglion.fleet.size'));
  }
}

/** Lets a process go behind all others. One of the browser's may have ended since it was told of. */
function standBack(id: number): void {
  try {
    setPriority(id, NICE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SYSTEM_ERROR') throw error;
  }
}

/** Loads a page again and again, each time until it is live. */
class Reloads {
  done = 0;
  failed = 0;
  why = '';
  #stopped = false;
  readonly #ended: Promise<void>;

  constructor(page: Page, port: number) {
    this.#ended = this.#run(page, port);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#ended;
  }

  async #run(page: Page, port: number): Promise<void> {
    while (!this.#stopped) {
      const next_ms = performance.now() + RELOAD_MS;
      try {
        await page.goto(`http://127.0.0.1:${port}/`);
        await page.getByRole('status').filter({ hasText: 'Live' }).waitFor();
        this.done++;
      } catch (error) {
        this.failed++;
        this.why = String(error);
      }
      while (!this.#stopped && performance.now() < next_ms) await pause(250);
    }
  }
}

/** A browser on a bad line: it reads a little now and then, answers nothing, and comes back when it is thrown out. */
class SlowBrowser {
  read_bytes = 0;
  opened = 0;
  readonly #port: number;
  readonly #timer: NodeJS.Timeout;
  #socket: Socket;

  constructor(port: number) {
    this.#port = port;
    this.#socket = this.#open();
    this.#timer = setInterval(() => {
      if (this.#socket.destroyed) this.#socket = this.#open();
      // Little more than what is asked for is taken from the system.
      this.read_bytes += this.#socket.read(SLOW_READ_BYTES)?.length ?? 0;
    }, SLOW_READ_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#socket.destroy();
  }

  #open(): Socket {
    this.opened++;
    const socket = connect(this.#port, '127.0.0.1');
    socket.on('error', () => {}); // It comes back.
    socket.pause();
    socket.write(handshake({ more: ['Sec-WebSocket-Protocol: ganglion.page.v2'] }));
    return socket;
  }
}
