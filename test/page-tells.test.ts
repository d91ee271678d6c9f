// Whatever ends, the page says so truthfully and goes on without being loaded again; and whoever comes is drawn.

import { expect, test } from 'vitest';
import { machineOn, resourceOn, useBrowser } from './support/browser.ts';
import { python } from './support/program.ts';
import { ownPlace, run, runWeb } from './support/system.ts';

const OFTEN = ['--interval', '500ms'];

const open = useBrowser();

test('a tracker, an analyzer and the web server are killed one after another, and the page tells of each', async () => {
  const place = ownPlace();
  await run(place, 'presence');
  const analyzer = await run(place, 'analyzer');
  const tracker = await run(place, 'tracker', '--machine', 'db-01', ...OFTEN);
  await run(place, 'tracker', '--machine', 'db-02', ...OFTEN);
  const web = await runWeb(place);
  const { page } = await open(`http://localhost:${web.port}/`);
  const headline = page.getByRole('heading', { level: 1 });
  const status = page.getByRole('status');
  for (const name of ['db-01', 'db-02']) await resourceOn(page, name, 'CPU').filter({ hasText: '%' }).waitFor();
  await page.evaluate('globalThis.is_the_same = true');

  tracker.signal('SIGKILL');
  await headline.filter({ hasText: 'DEAD' }).waitFor();
  await machineOn(page, 'db-01')
    .filter({ hasText: /DEAD for .*, connection lost/ })
    .waitFor();
  await run(place, 'tracker', '--machine', 'db-01', ...OFTEN);
  await page.locator('article:not(.dead)', { hasText: 'db-01' }).waitFor();

  analyzer.signal('SIGKILL');
  await headline.filter({ hasText: /^No analyzer since / }).waitFor();
  await status.filter({ hasText: 'No analyzer' }).waitFor();
  // Longer than a machine of that interval may be silent: the server's beats go on.
  const later_ms = Date.now() + 3_000;
  await expect
    .poll(async () => Number(await page.evaluate('ganglion.now_ms')), { timeout: 20_000 })
    .toBeGreaterThan(later_ms);
  expect(await page.locator('article:is(.dead, .stale)').count()).toBe(0);
  await run(place, 'analyzer');
  await status.filter({ hasText: 'Live' }).waitFor();

  web.signal('SIGKILL');
  await headline.filter({ hasText: /^Cut off since / }).waitFor();
  await run(place, 'web', '--port', `${web.port}`);
  await status.filter({ hasText: 'Live' }).waitFor();
  await resourceOn(page, 'db-02', 'CPU').filter({ hasText: '%' }).waitFor();

  expect(await page.evaluate('globalThis.is_the_same')).toBe(true);
});

test('a module in Python that the page has never heard of is drawn with its topic and its rate, and tapped', async () => {
  const place = ownPlace();
  await run(place, 'presence');
  await run(place, 'tracker', '--machine', 'db-01', ...OFTEN);
  const web = await runWeb(place);
  const { page } = await open(`http://localhost:${web.port}/system`);
  await page
    .getByRole('button', { name: /^tracker/ })
    .first()
    .waitFor();
  const weather = python('examples/python-module/weather.py', place.broker, place.exchange);
  await weather.lines.first((line) => line === 'listening');
  const edge = page.getByRole('button', { name: /weather.* publishes weather.* [\d.]+ messages? a second/ });
  await edge.click();
  const tapped = page.getByRole('list', { name: 'Messages, newest first' }).getByRole('listitem');
  await tapped.filter({ hasText: 'db-01.weather' }).first().waitFor();
  expect(new URL(page.url()).searchParams.get('tap')).toMatch(/\.weather$/);
});
