// Until the first figures are there, and what has to be fetched for it.

import type { Response } from 'playwright-core';
import { alone, type Row } from '../report.ts';
import { median } from '../statistics.ts';
import { type PageBench, pause, SETTLE_MS } from './context.ts';
import { startFleet } from './fleet.ts';
import { firstFigures, goTo, watchFirstFigures } from './probe.ts';

const MACHINES = 1_000;
const LOADS = 11;
const GOAL_MS = 400;
/** 60 KB. */
const GOAL_BYTES = 60_000;

/** After a view was opened, until all that it names has come. */
const VIEW_MS = 1_500;

interface Fetched {
  readonly path: string;
  /** Of the body as it was sent: compressed. */
  readonly bytes: number;
}

export async function measureLoad({ url, browser, quick, say }: PageBench): Promise<Row[]> {
  const fleet = await startFleet(url, MACHINES, 'chain');
  try {
    await pause(quick ? 3_000 : SETTLE_MS);
    const took_ms: number[] = [];
    for (let load = 0; load < (quick ? 2 : LOADS); load++) {
      say(`load ${load + 1}`);
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' });
      const page = await context.newPage();
      await page.addInitScript(watchFirstFigures, MACHINES);
      await page.goto(fleet.address);
      const found = await page.waitForFunction(firstFigures, undefined, { timeout: 20_000 });
      took_ms.push((await found.jsonValue()) ?? Number.NaN);
      await context.close();
    }
    const initial = await fetchedBy(browser, fleet.address, undefined);
    const machine = await fetchedBy(browser, fleet.address, '/m/site1.web-01');
    const system = await fetchedBy(browser, fleet.address, '/system');
    const size = (what: string, fetched: readonly Fetched[], max?: number) =>
      alone({
        part: 'load',
        what: `code, gzip: ${what}`,
        unit: 'kB',
        ours: fetched.reduce((sum, { bytes }) => sum + bytes, 0) / 1_000,
        ...(max === undefined ? {} : { goal: { max } }),
        details: fetched,
      });
    return [
      alone({
        part: 'load',
        what: 'navigation to first figures, 1,000 machines',
        unit: 'ms',
        ours: median(took_ms),
        goal: { max: GOAL_MS },
        details: { took_ms },
      }),
      size('to start with', initial, GOAL_BYTES / 1_000),
      size('more for a machine', machine),
      size('more for the system', system),
    ];
  } finally {
    await fleet.stop();
  }
}

/** The document, styles and scripts that the page fetches at its start, or if a view is named, that this adds. */
async function fetchedBy(browser: PageBench['browser'], address: string, view: string | undefined): Promise<Fetched[]> {
  const page = await browser.newPage();
  let responses: Response[] = [];
  page.on('response', (response) => {
    if (['document', 'stylesheet', 'script'].includes(response.request().resourceType())) responses.push(response);
  });
  await page.goto(address, { waitUntil: 'load' });
  await pause(VIEW_MS);
  if (view !== undefined) {
    responses = [];
    await page.evaluate(goTo, view);
    await pause(VIEW_MS);
  }
  const fetched = await Promise.all(
    responses.map(async (response) => ({
      path: new URL(response.url()).pathname,
      bytes: (await response.request().sizes()).responseBodySize,
    })),
  );
  await page.context().close();
  return fetched;
}
