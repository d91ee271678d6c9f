// The page in a real browser, and how to know when it shows something: to the millisecond, by its own clock, which is
// this machine's.

import type { Browser, Page } from 'playwright-core';

/** Opens the page and notes when each machine is first shown as something, such as `dead`. */
export async function watchPage(browser: Browser, port: number): Promise<WatchedPage> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(`http://127.0.0.1:${port}/`);
  await page.evaluate(WATCH);
  return new WatchedPage(page);
}

/** Runs in the page. As a text, since the browser's types are not those of this program. */
const WATCH = `
  globalThis.seen = {};
  const look = () => {
    for (const article of document.querySelectorAll('article')) {
      const name = article.querySelector('h3').textContent;
      const state = article.classList.item(0) ?? '';
      if (seen[name]?.[state] !== undefined) continue;
      seen[name] = { [state]: { at_ms: Date.now(), text: article.querySelector('header').textContent.trim() } };
    }
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
  look();
`;

/** By machine and state: since when it is shown so. */
type Seen = Record<string, Record<string, { at_ms: number; text: string }>>;

export class WatchedPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** Waits until a machine is shown in one of some states; resolves to when that began and what its head says. */
  async until(machine: string, states: readonly string[]): Promise<{ state: string; at_ms: number; text: string }> {
    const shown = await this.page.waitForFunction(
      ({ machine, states }) => {
        const { seen } = globalThis as unknown as { seen: Seen };
        const state = states.find((each) => seen[machine]?.[each] !== undefined);
        return state === undefined ? undefined : { state, ...seen[machine]?.[state] };
      },
      { machine, states },
      { timeout: 60_000, polling: 50 },
    );
    return (await shown.jsonValue()) as { state: string; at_ms: number; text: string };
  }
}
