// Alerts in a real browser: a real analyzer raises them, somebody acknowledges and silences them on the page, and the analyzer obeys.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PrivateRabbitmq, startRabbitmq } from '@ganglion/testkit';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { useBrowser } from './support/browser.ts';
import { join as joinExchange, type Stranger } from './support/exchange.ts';
import type { Program } from './support/program.ts';
import { ownPlace, type Place, run, runWeb } from './support/system.ts';

/** An analyzer that is quick to raise and to clear, with a lower limit on trial; however long a test says nothing of a machine. */
const SETTINGS = `
[analyzer.bands]
alert_after_ms = 1
clear_ms = 0
dwell_ms = 0

[analyzer.presence]
ignore = ["#"]

[analyzer.shadow.presence]
ignore = ["#"]

[analyzer.shadow.bands]
alert_after_ms = 1
clear_ms = 0
dwell_ms = 0
high_from = 40
`;

const open = useBrowser();

let broker: PrivateRabbitmq;
beforeAll(async () => {
  broker = await startRabbitmq();
});
afterAll(() => broker.stop());

interface Scene {
  readonly analyzer: Program;
  /** Starts another one like it. */
  readonly runAnother: () => Promise<Program>;
  readonly stranger: Stranger;
  readonly page: Page;
}

/** Presence, an analyzer and the page of its alerts. */
async function stage(place: Place): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), 'ganglion-alerts-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const config = join(folder, 'ganglion.toml');
  writeFileSync(config, SETTINGS);
  const runAnother = () => run(place, 'analyzer', '--config', config);
  const [analyzer] = await Promise.all([runAnother(), run(place, 'presence')]);
  const web = await runWeb(place);
  const stranger = await joinExchange(place.broker, place.exchange);
  const { page } = await open(`http://localhost:${web.port}/alerts`);
  return { analyzer, runAnother, stranger, page };
}

/** Measures a machine twice, so that what is HIGH has been so for a while. */
function measure({ stranger }: Scene, machine: string, figures: object): void {
  for (const second of [0, 1]) {
    const time = new Date(Date.now() + second * 1_000).toISOString();
    stranger.say(`${machine}.measure`, { cpu_percentage: 1, ...figures }, { headers: { time } });
  }
}

const headline = (page: Page) => page.getByRole('heading', { level: 1 });
const region = (page: Page, name: string | RegExp) => page.getByRole('region', { name });
const onNow = (page: Page, machine: string) =>
  region(page, 'On now').getByRole('article', { name: `warning: ${machine}` });
const dialog = (page: Page) => page.getByRole('dialog');

test('an alert appears, is acknowledged and silenced with who and why, and moves to what was', async () => {
  const scene = await stage(ownPlace());
  const { page } = scene;
  await headline(page).filter({ hasText: 'Nothing is wrong' }).waitFor();
  await page.getByText('No machine has spoken yet').waitFor();
  await region(page, 'What was').getByText('None has ended').waitFor();

  measure(scene, 'site1.db-01', { disk_percentage: 99 });
  const alert = onNow(page, 'site1.db-01');
  await alert.getByText('Disk at 99 %, HIGH from 75 % on').waitFor();
  await headline(page).filter({ hasText: '1 alert needs somebody' }).waitFor();
  await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Alerts 1' }).waitFor();
  await expect.poll(() => page.title()).toMatch(/^\(▬ 1\) /);

  await alert.getByRole('link', { name: 'Disk at 99 %' }).click();
  const panel = page.getByRole('complementary', { name: 'site1.db-01' });
  await panel.getByText('Holds a percentage against fixed limits').waitFor();
  await panel.getByRole('figure', { name: /^Disk, the last 15 minutes/ }).waitFor();
  await panel.getByText('raised as warning').waitFor();

  await panel.getByRole('button', { name: 'Acknowledge' }).click();
  await dialog(page).getByLabel('Why').fill('on my way');
  await dialog(page).getByLabel('Who you are').fill('ada');
  await dialog(page).getByRole('button', { name: 'Acknowledge' }).click();
  await alert.getByText('acknowledged by ada: on my way').waitFor();
  await headline(page).filter({ hasText: 'Somebody knows of the alert that is on' }).waitFor();
  await expect.poll(() => page.title()).not.toContain('(');

  await panel.getByRole('button', { name: 'Silence' }).click();
  await dialog(page).getByRole('radio', { name: 'All of site1.db-01' }).check();
  await dialog(page).getByText('1 alert that is on now fits.').waitFor();
  await dialog(page).getByRole('radio', { name: '1 week' }).check();
  await dialog(page).getByLabel('Why').fill('new disks');
  // Who it is was remembered.
  expect(await dialog(page).getByLabel('Who you are').inputValue()).toBe('ada');
  await dialog(page).getByRole('button', { name: 'Silence' }).click();
  await alert.getByText(/silenced until .* by ada: new disks/).waitFor();
  await headline(page).filter({ hasText: 'The alert that is on is silenced' }).waitFor();
  const silence = region(page, 'Silences').getByRole('listitem').filter({ hasText: 'everything of site1.db-01' });
  await silence.getByText('by ada: new disks').waitFor();

  await silence.getByRole('button', { name: 'End the silence of everything of site1.db-01' }).click();
  await region(page, 'Silences').getByText('Nothing is silenced.').waitFor();
  await panel.getByText('not silenced any more').waitFor();

  measure(scene, 'site1.db-01', { disk_percentage: 1 });
  const was = region(page, 'What was').getByRole('article', { name: 'warning: site1.db-01' });
  await was.getByText('acknowledged by ada: on my way').waitFor();
  expect(await region(page, 'On now').count()).toBe(0);
  await headline(page).filter({ hasText: 'Nothing is wrong' }).waitFor();
});

test('what a rule on trial finds is shown apart, and counts for nobody', async () => {
  const scene = await stage(ownPlace());
  const { page } = scene;
  measure(scene, 'db-01', { disk_percentage: 60 });
  const trial = region(page, /^On trial/);
  await trial.getByRole('article', { name: 'warning: db-01' }).getByText('HIGH from 40 % on').waitFor();
  await headline(page).filter({ hasText: 'Nothing is wrong' }).waitFor();
  expect(await region(page, 'On now').count()).toBe(0);
  await trial.getByRole('link', { name: 'Disk at 60 %' }).click();
  const panel = page.getByRole('complementary', { name: 'db-01' });
  await panel.getByText('on trial').waitFor();
  expect(await panel.getByRole('button', { name: /Acknowledge|Silence/ }).count()).toBe(0);
});

test('when the analyzer is killed the page says that nobody keeps alerts, until there is one again', async () => {
  const scene = await stage(ownPlace());
  const { page } = scene;
  // Presence has told of it.
  await headline(page).filter({ hasText: 'Nothing is wrong' }).waitFor();
  measure(scene, 'db-01', { disk_percentage: 99 });
  await onNow(page, 'db-01').waitFor();
  scene.analyzer.signal('SIGKILL');
  await page.getByRole('status').filter({ hasText: 'No analyzer' }).waitFor();
  await page.getByText('No analyzer is here that raises alerts.').waitFor();
  await onNow(page, 'db-01').waitFor();
  await scene.runAnother();
  await page.getByText('No analyzer is here that raises alerts.').waitFor({ state: 'detached' });
  await page.getByRole('status').filter({ hasText: 'Live' }).waitFor();
});

test('while the broker is away the page says from when it is, and refuses in words; then it goes on', {
  timeout: 240_000,
}, async () => {
  const scene = await stage({ broker: broker.url, exchange: 'alerts-on-page' });
  const { page } = scene;
  measure(scene, 'db-01', { disk_percentage: 99 });
  await onNow(page, 'db-01').getByRole('link', { name: 'Disk at 99 %' }).click();
  const panel = page.getByRole('complementary', { name: 'db-01' });

  await broker.kill();
  await page.getByRole('status').filter({ hasText: 'Broker away' }).waitFor();
  await page.getByText(/^What you see is from \d\d:\d\d:\d\d/).waitFor();
  await onNow(page, 'db-01').waitFor();
  await panel.getByRole('button', { name: 'Acknowledge' }).click();
  await dialog(page).getByRole('button', { name: 'Acknowledge' }).click();
  await panel.getByText('The broker is away: nothing can be passed on now.').waitFor();

  await broker.start();
  await page.getByRole('status').filter({ hasText: 'Live' }).waitFor();
  await headline(page).filter({ hasText: '1 alert needs somebody' }).waitFor();
  // Who keeps it goes on with it.
  await expect
    .poll(
      async () => {
        if ((await onNow(page, 'db-01').getByText('acknowledged by').count()) > 0) return true;
        if ((await dialog(page).count()) === 0 && (await panel.getByText('on its way').count()) === 0) {
          await panel.getByRole('button', { name: 'Acknowledge' }).click();
          await dialog(page).getByRole('button', { name: 'Acknowledge' }).click();
        }
        return false;
      },
      { timeout: 60_000, interval: 500 },
    )
    .toBe(true);
});
