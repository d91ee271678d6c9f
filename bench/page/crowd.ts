// Ten thousand machines: how late the page is, how smooth while somebody works with it, and what it takes.

import type { Page } from 'playwright-core';
import { alone, type Row } from '../report.ts';
import { figuresOf } from './ages.ts';
import { type PageBench, pause, SETTLE_MS } from './context.ts';
import { startFleet } from './fleet.ts';
import { beginFrames, endFrames, type Frames } from './probe.ts';
import { Watched } from './watched.ts';

const MACHINES = 10_000;
const DURATION_MS = 20_000;
const HANDS_MS = 10_000;

/** Fewer cores than this cannot carry ten thousand measures of 3 kB a second beside a browser. */
const CHAIN_CORES_MIN = 6;

/** What is typed into the filter, a letter at a time, and taken out again. */
const TYPED = ['site1', 'web-1', 'db'];
const TYPE_MS = 120;
const WHEEL_MS = 16;
const WHEEL_PIXELS = 60;
/** Down, then up again. */
const WHEEL_TURNS = 40;

export async function measureCrowd({ url, browser, quick, cores, say }: PageBench): Promise<Row[]> {
  const source = cores >= CHAIN_CORES_MIN ? 'chain' : 'analyses';
  const way = source === 'chain' ? 'full chain' : 'from the analysis on';
  say(`crowd: ${MACHINES} machines, ${way}`);
  const empty = await Watched.open(browser, 'about:blank');
  const empty_heap = await empty.heap();
  await empty.close();

  const fleet = await startFleet(url, MACHINES, source);
  const watched = await Watched.open(browser, fleet.address);
  try {
    await watched.ready(MACHINES);
    await pause(quick ? 3_000 : SETTLE_MS);
    const duration_ms = quick ? 3_000 : DURATION_MS;
    say('crowd: nobody touches the page');
    let ages = figuresOf({ counts: [], pictures: 0 }, 0);
    const watching = watched.ages(duration_ms).then((counted) => {
      ages = figuresOf(counted, (MACHINES * duration_ms) / 1_000);
    });
    const busy = await watched.busy(watching);
    const heap = await watched.heap();

    say('crowd: somebody scrolls and filters');
    await watched.page.evaluate(beginFrames);
    const busy_hands = await watched.busy(useHands(watched.page, quick ? 2_000 : HANDS_MS));
    const frames: Frames = await watched.page.evaluate(endFrames);

    await watched.profiled('crowd', () => pause(duration_ms));
    await watched.profiled('crowd-hands', () => useHands(watched.page, HANDS_MS));

    const what = `10,000 machines a second, ${way}`;
    return [
      alone({
        part: 'crowd',
        what: `sample to pixel, ${what}, p50`,
        unit: 'ms',
        ours: ages.p50_ms,
        details: { ages, busy, busy_hands, heap, empty_heap, frames },
      }),
      alone({
        part: 'crowd',
        what: `sample to pixel, ${what}, p99`,
        unit: 'ms',
        ours: ages.p99_ms,
        goal: { max: 250 },
      }),
      alone({
        part: 'crowd',
        what: 'the same: main thread busy, any task',
        unit: '%',
        ours: busy.tasks_percentage,
        goal: { max: 40 },
      }),
      alone({ part: 'crowd', what: 'the same: main thread busy, scripts', unit: '%', ours: busy.scripts_percentage }),
      alone({
        part: 'crowd',
        what: 'the same: JavaScript heap above an empty page',
        unit: 'MB',
        ours: heap.objects_megabytes - empty_heap.objects_megabytes,
        goal: { max: 15 },
      }),
      alone({
        part: 'crowd',
        what: 'the same: arrays of numbers beside it',
        unit: 'MB',
        ours: heap.arrays_megabytes - empty_heap.arrays_megabytes,
      }),
      alone({
        part: 'crowd',
        what: 'the same, scrolled and filtered: frames',
        unit: '/s',
        ours: (frames.frames * 1_000) / frames.took_ms,
        goal: { min: 55 },
      }),
      alone({
        part: 'crowd',
        what: 'the same, scrolled and filtered: longest time between two',
        unit: 'ms',
        ours: frames.longest_ms,
      }),
      alone({
        part: 'crowd',
        what: 'the same, scrolled and filtered: main thread busy',
        unit: '%',
        ours: busy_hands.tasks_percentage,
      }),
    ];
  } finally {
    await watched.close();
    await fleet.stop();
  }
}

/** Scrolls with the wheel all the time, and types into the filter and clears it. */
export async function useHands(page: Page, duration_ms: number): Promise<void> {
  const until_ms = performance.now() + duration_ms;
  const going = () => performance.now() < until_ms;
  await page.mouse.move(500, 500);
  const scroll = async () => {
    for (let turn = 0; going(); turn++) {
      const down = Math.floor(turn / WHEEL_TURNS) % 2 === 0;
      const [done_ms] = [performance.now() + WHEEL_MS, await page.mouse.wheel(0, down ? WHEEL_PIXELS : -WHEEL_PIXELS)];
      await pause(done_ms - performance.now());
    }
  };
  const filter = async () => {
    await page.keyboard.press('/');
    for (let word = 0; going(); word++) {
      for (const letter of TYPED[word % TYPED.length] ?? '') {
        if (!going()) break;
        await page.keyboard.press(letter);
        await pause(TYPE_MS);
      }
      await page.keyboard.press('Escape');
      await pause(TYPE_MS);
      await page.keyboard.press('/');
    }
    await page.keyboard.press('Escape');
  };
  await Promise.all([scroll(), filter()]);
}
