// A real browser: Debian's Chromium, driven by playwright-core.

import { CHROMIUM } from '@ganglion/testkit';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { Collected } from './collected.ts';

/** A page that is open, and what the browser noted about it. */
export interface Opened {
  readonly page: Page;
  /** Every request it made, WebSockets included. */
  readonly requests: string[];
  /** Each message that its WebSockets received. */
  readonly frames: Collected<string>;
  /** Errors and warnings of its console, and what it threw. */
  readonly complaints: string[];
}

/** Starts one browser for the file that calls this; the result opens a page for the time of a test. */
export function useBrowser(): (url: string) => Promise<Opened> {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch(CHROMIUM);
  });
  afterAll(() => browser.close());

  return async (url) => {
    const page = await browser.newPage();
    onTestFinished(async ({ task }) => {
      if (task.result?.state === 'fail') console.log(`--- ${url}\n${await page.locator('body').ariaSnapshot()}`);
      await page.close();
    });
    const requests: string[] = [];
    const complaints: string[] = [];
    const frames = new Collected<string>();
    page.on('request', (request) => requests.push(request.url()));
    page.on('websocket', (socket) => {
      requests.push(socket.url());
      socket.on('framereceived', ({ payload }) => frames.push(String(payload)));
    });
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(url);
    return { page, requests, frames, complaints };
  };
}

/** What the page shows of one machine. */
export function machineOn(page: Page, name: string): Locator {
  return page.getByRole('article', { name, exact: true });
}

/** What the page shows of one resource of a machine. */
export function resourceOn(page: Page, machine: string, resource: string): Locator {
  return machineOn(page, machine).getByRole('group', { name: resource, exact: true });
}
