// Nothing on the page keeps anybody out, as far as a machine can tell: axe-core finds nothing serious or critical on any view, light
// or dark, on a phone or a desk.

import { fileURLToPath } from 'node:url';
import { CHROMIUM } from '@ganglion/testkit';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { barriersOn } from '../../test/support/accessible.ts';
import { cleanUp, startWeb, type WebUnderTest } from './server/web-under-test.ts';

/** The page as `npm test` has built it. */
const page_dir = fileURLToPath(new URL('dist/page', import.meta.url));

const HOUR_MS = 3_600_000;

/** More than are shown as cards. */
const MANY = 300;

/** Something of each shape: headlines, a row of cores, bytes. */
const MEASURE = {
  cpu_percentage: 41,
  memory_percentage: 63,
  cpu: { cores: 2, core_percentages: [12, 70], user_percentage: 30, system_percentage: 11 },
  memory: { total_bytes: 8_000_000_000, used_bytes: 5_000_000_000, available_bytes: 3_000_000_000 },
};

let browser: Browser;

beforeAll(async () => {
  browser = await chromium.launch(CHROMIUM);
  return () => browser.close();
}, 120_000);

afterEach(cleanUp);

/** A fleet in which there is one of everything: each band, a machine that is dead and one that was stopped. */
async function startWith(machines: number): Promise<WebUnderTest> {
  const web = await startWeb({ page_dir });
  for (let i = 0; i < machines; i++) {
    const result = (['LOW', 'LOW', 'MEDIUM', 'HIGH'] as const)[i % 4] ?? 'LOW';
    const body = {
      cpu_percentage: (i * 37) % 100,
      cpu_result: result,
      memory_percentage: (i * 53) % 100,
      memory_result: 'LOW',
    } as const;
    // It speaks once an hour, so it is not late however slowly the test runs.
    await web.say(nameOf(i), body, Date.now() - HOUR_MS);
    await web.say(nameOf(i), body);
  }
  await web.die(nameOf(1), 'connection_lost');
  await web.die(nameOf(2), 'stopped');
  return web;
}

function nameOf(number: number): string {
  return `site1.web-${String(number + 1).padStart(2, '0')}`;
}

async function open({ host }: WebUnderTest, path: string, colorScheme: 'light' | 'dark', width: number): Promise<Page> {
  const page = await browser.newPage({
    locale: 'en-GB',
    // What moves is half way between two colours.
    reducedMotion: 'reduce',
    colorScheme,
    viewport: { width, height: 800 },
  });
  onTestFinished(() => page.close());
  await page.goto(`http://${host}${path}`);
  await page.getByRole('status').filter({ hasText: 'Live' }).waitFor();
  return page;
}

/** An incident of two, one alone that somebody has seen, one silenced, one on trial, one that has ended; and a silence. */
async function tellAlerts(web: WebUnderTest): Promise<void> {
  const by_ada = { by: 'ada', why: 'on my way', time_ms: Date.now() };
  const incident = { incident: 'i', incident_sentence: '2 machines of site1.# were cut off together' };
  const figure = { figure: 'cpu_percentage', value: 97, limit: 75 };
  await web.alert(nameOf(3), 'head', { severity: 'critical', incident_head: true, ...incident, ...figure });
  await web.alert(nameOf(4), 'member', { severity: 'critical', ...incident });
  await web.alert(nameOf(5), 'seen', { acknowledged: by_ada, labels: { site: 'berlin' } });
  await web.alert(nameOf(6), 'silenced', { silenced: { ...by_ada, until_ms: Date.now() + HOUR_MS } });
  await web.alert(nameOf(0), 'trial', { severity: 'info', shadow: true });
  await web.alert(nameOf(7), 'over', { state: 'cleared', until_ms: Date.now() });
  const silence = { id: 's', machines: 'site1.#', from_ms: 0, until_ms: Date.now() + HOUR_MS, by: 'ada', time_ms: 0 };
  const payload = Buffer.from(JSON.stringify({ silences: [silence] }));
  await web.bus.publish({ key: 'analyzer-test.silences', payload, properties: {} });
}

const dialog = (page: Page) => page.getByRole('dialog');

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [390, 1280, 2560]) {
    describe(`nobody is kept out of the alerts, ${colorScheme}, ${width} pixels wide:`, () => {
      test('all that there is, one in full, and the dialogs', async () => {
        const web = await startWith(8);
        await tellAlerts(web);
        const page = await open(web, '/alerts?open=i', colorScheme, width);
        await page.getByRole('region', { name: 'Silences' }).getByText('everything of site1.#').waitFor();
        await page.getByRole('article', { name: `critical: ${nameOf(4)}` }).waitFor();
        expect(await barriersOn(page)).toEqual([]);

        await page
          .getByRole('article', { name: `critical: ${nameOf(3)}` })
          .getByRole('link', { name: 'CPU' })
          .click();
        const panel = page.getByRole('complementary', { name: nameOf(3) });
        await panel.getByRole('figure').waitFor();
        expect(await barriersOn(page)).toEqual([]);

        await panel.getByRole('button', { name: 'Acknowledge' }).click();
        await dialog(page).getByRole('checkbox', { name: 'All 2 of this incident' }).waitFor();
        expect(await barriersOn(page)).toEqual([]);
        await page.keyboard.press('Escape');
        await dialog(page).waitFor({ state: 'hidden' });

        await panel.getByRole('button', { name: 'Silence' }).click();
        await dialog(page).getByRole('radio', { name: 'All of the machines of a pattern' }).check();
        await dialog(page).getByRole('radio', { name: 'until', exact: true }).check();
        await dialog(page).getByRole('textbox', { name: 'Pattern' }).fill('not a pattern..');
        expect(await barriersOn(page)).toEqual([]);
      });

      test('none, and none that is like that', async () => {
        const web = await startWith(2);
        const page = await open(web, '/alerts', colorScheme, width);
        await page.getByText('None has ended since this server listens.').waitFor();
        expect(await barriersOn(page)).toEqual([]);
        await tellAlerts(web);
        await page.getByRole('searchbox', { name: 'Filter by a word' }).fill('no such word');
        await page.getByText('No alert is like that now.').waitFor();
        expect(await barriersOn(page)).toEqual([]);
      });
    });
  }

  for (const width of [390, 1280]) {
    describe(`nobody is kept out, ${colorScheme}, ${width} pixels wide:`, () => {
      test('machines as cards', async () => {
        const page = await open(await startWith(8), '/', colorScheme, width);
        await page
          .getByRole('article', { name: nameOf(1) })
          .filter({ hasText: 'DEAD' })
          .waitFor();
        expect(await barriersOn(page)).toEqual([]);
      });

      test('no machine', async () => {
        const page = await open(await startWeb({ page_dir }), '/', colorScheme, width);
        await page.getByRole('heading', { name: 'No machine has spoken yet' }).waitFor();
        expect(await barriersOn(page)).toEqual([]);
      });

      test('a map of many, and the dialogs over it', async () => {
        const page = await open(await startWith(MANY), '/', colorScheme, width);
        await page.getByRole('group', { name: `${MANY} machines as a map` }).waitFor();
        expect(await barriersOn(page)).toEqual([]);

        await page.keyboard.press('Control+k');
        await dialog(page).getByRole('option').first().waitFor();
        expect(await barriersOn(page)).toEqual([]);
        await page.keyboard.press('Escape');
        await dialog(page).waitFor({ state: 'hidden' });

        await page.keyboard.press('?');
        await dialog(page).getByText('go to a machine, a view, an action').waitFor();
        expect(await barriersOn(page)).toEqual([]);
      });

      test('one machine, with all that it measures', async () => {
        const web = await startWith(8);
        const name = nameOf(3);
        const page = await open(web, `/m/${name}`, colorScheme, width);
        await page.getByRole('heading', { level: 1, name }).waitFor();
        // Its measures are heard once somebody looks at it.
        await web.binds((bound) => [...bound].some((pattern) => pattern.endsWith('.measure')));
        await web.measure(name, MEASURE);
        await page.getByRole('figure', { name: /core/i }).first().waitFor();
        expect(await barriersOn(page)).toEqual([]);
      });

      test('the system', async () => {
        const page = await open(await startWith(8), '/system', colorScheme, width);
        await page.getByRole('button', { name: /^web/ }).first().waitFor();
        expect(await barriersOn(page)).toEqual([]);
      });

      test('a tap', async () => {
        const web = await startWith(8);
        const page = await open(web, '/system?tap=%23.measure', colorScheme, width);
        await web.binds((bound) => bound.has('#.measure'));
        const messages = page.getByRole('list', { name: 'Messages' }).getByRole('listitem');
        await expect
          .poll(async () => {
            await web.measure(nameOf(0), MEASURE);
            return messages.count();
          })
          .toBeGreaterThan(0);
        expect(await barriersOn(page)).toEqual([]);
      });
    });
  }
}
