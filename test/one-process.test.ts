// `ganglion up`: everything in one process, and its page in a real browser.

import { availableParallelism } from 'node:os';
import { describe, expect, test } from 'vitest';
import { machineOn, resourceOn, useBrowser } from './support/browser.ts';
import { start } from './support/program.ts';
import { up } from './support/system.ts';

const MACHINE = 'db-01.example.com';

/** Frames of the page's socket in which nothing else may be asked for. */
const QUIET_FRAMES = 30;

describe('everything in one process', () => {
  const open = useBrowser();

  test('shows this machine at once, live, and asks for nothing after the page has loaded', async () => {
    const all = await up('--machine', MACHINE, '--interval', '200ms');
    const url = `http://localhost:${all.port}/`;
    const { page, requests, complaints, frames } = await open(url);
    for (const resource of ['CPU', 'Memory', 'Load']) {
      await resourceOn(page, MACHINE, resource)
        .getByText(/^(LOW|MEDIUM|HIGH)$/)
        .waitFor();
    }

    // From here on, the page only listens.
    const asked = requests.length;
    expect(requests.filter((request) => request.startsWith('ws:')).length).toBe(1);
    expect(requests.filter((request) => new URL(request).host !== new URL(url).host)).toEqual([]);
    const figures = new Set<string>();
    const from = frames.items.length;
    for (let i = 1; i <= QUIET_FRAMES; i++) {
      await frames.until(({ length }) => length >= from + i);
      figures.add((await machineOn(page, MACHINE).textContent()) ?? '');
    }
    expect(figures.size).toBeGreaterThan(3);
    expect(requests.slice(asked)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test('the band of a busy machine turns HIGH', async () => {
    const all = await up('--machine', MACHINE, '--interval', '200ms');
    const { page } = await open(`http://localhost:${all.port}/`);
    for (let core = 0; core < availableParallelism(); core++) start('sh', ['-c', 'while :; do :; done']);
    await resourceOn(page, MACHINE, 'CPU').getByText('HIGH', { exact: true }).waitFor();
  });
});
