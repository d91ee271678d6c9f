// The view of the alerts in a real browser, found by role and name as an assistive technology would find it. Who raises and who
// obeys is played here; test/alerts-on-page.test.ts has a real analyzer.

import { fileURLToPath } from 'node:url';
import { CHROMIUM } from '@ganglion/testkit';
import type { Order } from '@ganglion/topics';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { cleanUp, startWeb, type WebUnderTest } from './server/web-under-test.ts';

/** The page as `npm test` has built it. */
const page_dir = fileURLToPath(new URL('dist/page', import.meta.url));

let browser: Browser;

beforeAll(async () => {
  browser = await chromium.launch(CHROMIUM);
  return () => browser.close();
}, 120_000);

afterEach(cleanUp);

const start = () => startWeb({ page_dir });

/** Opens the page; the test fails when the browser complains of anything. */
async function open({ host }: WebUnderTest, path = '/alerts', viewport = { width: 1280, height: 900 }): Promise<Page> {
  const page = await browser.newPage({ locale: 'en-GB', viewport });
  const complaints: string[] = [];
  page.on('console', (message) => {
    // The server may be gone before the page is.
    if (!message.text().includes('ERR_CONNECTION_REFUSED')) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  onTestFinished(async ({ task }) => {
    if (task.result?.state === 'fail') console.log(await page.locator('body').ariaSnapshot());
    await page.close();
    expect(complaints).toEqual([]);
  });
  await page.goto(`http://${host}${path}`);
  await page.getByRole('status').filter({ hasText: 'Live' }).waitFor();
  return page;
}

/** Hears orders, as an analyzer does. Returns what has come so far. */
function hearOrders({ bus }: WebUnderTest): Order[] {
  const orders: Order[] = [];
  bus.subscribe(
    { name: 'orders', pattern: '#.order', delivery: 'live', limit_messages: 100, in_flight_max: 10, onDrop: () => {} },
    async ({ payload }) => {
      orders.push(JSON.parse(Buffer.from(payload).toString()));
    },
  );
  return orders;
}

/** Two machines in one incident, the head named first. */
async function tellIncident(web: WebUnderTest): Promise<void> {
  const incident = { incident: 'i', incident_sentence: '3 machines of site1.# at once', severity: 'critical' } as const;
  await web.alert('site1.db-01', 'a', { ...incident, incident_head: true });
  await web.alert('site1.db-02', 'b', incident);
  await web.alert('site1.db-03', 'c', incident);
}

const headline = (page: Page) => page.getByRole('heading', { level: 1 });
const region = (page: Page, name: string | RegExp) => page.getByRole('region', { name });
const alert = (page: Page, name: string) => page.getByRole('article', { name });
const dialog = (page: Page) => page.getByRole('dialog');
const focused = (page: Page) => page.locator(':focus');
const shows = (element: Locator, text: string | RegExp) => element.filter({ hasText: text }).waitFor();

test('where nobody keeps alerts it says so, and what to start', async () => {
  const page = await open(await start());
  await shows(headline(page), 'Nobody keeps alerts');
  await page.getByText('npx ganglion run analyzer').waitFor();
});

test('what belongs together is one, with its likeliest cause; the others are shown when they are asked for', async () => {
  const web = await start();
  await tellIncident(web);
  await web.alert('site2.web-01', 'd', { severity: 'info' });
  const page = await open(web);
  await shows(headline(page), '4 alerts need somebody');
  const incident = region(page, '3 machines of site1.# at once');
  await shows(incident.getByRole('article'), 'likeliest cause');
  expect(await incident.getByRole('article').count()).toBe(1);
  await incident.getByRole('button', { name: '2 more alerts of this incident' }).click();
  await alert(page, 'critical: site1.db-03').waitFor();
  expect(new URL(page.url()).searchParams.get('open')).toBe('i');
  const counts = page.getByRole('list', { name: 'Alerts by severity and state' });
  await counts.getByRole('button', { name: '1 info' }).click();
  await alert(page, 'info: site2.web-01').waitFor();
  expect(await page.getByRole('article').count()).toBe(1);
});

test('the palette acknowledges all of an incident, and one that has the focus', async () => {
  const web = await start();
  const orders = hearOrders(web);
  await tellIncident(web);
  const page = await open(web);
  await alert(page, 'critical: site1.db-01').waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Go to' }).fill('acknowledge all');
  await shows(page.getByRole('option'), 'Acknowledge all 3: 3 machines of site1.# at once');
  await page.keyboard.press('Enter');
  expect(await dialog(page).getByRole('checkbox', { name: 'All 3 of this incident' }).isChecked()).toBe(true);
  await dialog(page).getByLabel('Why').fill('a switch');
  await page.keyboard.press('Enter');
  await shows(alert(page, 'critical: site1.db-01'), 'on its way');
  await expect
    .poll(() => orders)
    .toMatchObject([{ order: 'acknowledge', machine: 'site1.db-01', id: 'a', incident: true, why: 'a switch' }]);
  const acknowledged = { by: 'ada', time_ms: Date.now() };
  await web.alert('site1.db-01', 'a', { severity: 'critical', incident: 'i', incident_head: true, acknowledged });
  await shows(alert(page, 'critical: site1.db-01'), 'acknowledged by ada');

  await page.keyboard.press('j');
  await page.keyboard.press('Control+k');
  await page.getByRole('option', { name: 'Silence: site1.db-01, CPU at 97 %' }).click();
  await dialog(page).getByRole('radio', { name: 'What bands finds, on all machines' }).check();
  await shows(dialog(page), '3 alerts that are on now fit.');
  await dialog(page).getByRole('button', { name: 'Silence' }).click();
  await expect
    .poll(() => orders.at(-1))
    .toMatchObject({ order: 'silence', silence: { machines: '#', rules: ['bands'] } });
});

test('the keyboard walks, opens, acknowledges and lets go', async () => {
  const web = await start();
  await web.alert('m1', 'a', { severity: 'critical' });
  await web.alert('m2', 'b');
  const page = await open(web);
  await alert(page, 'warning: m2').waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('ArrowDown');
  expect(await focused(page).getAttribute('data-alert')).toBe('b m2');
  await page.keyboard.press('Enter');
  const panel = (name: string) => page.getByRole('complementary', { name });
  await panel('m2').waitFor();
  await page.keyboard.press('k');
  await panel('m1').waitFor();
  await page.keyboard.press('a');
  await shows(dialog(page), 'm1 CPU at 97 %');
  await page.keyboard.press('Escape');
  await dialog(page).waitFor({ state: 'detached' });
  await panel('m1').waitFor();
  await page.keyboard.press('Escape');
  await panel('m1').waitFor({ state: 'detached' });
  expect(new URL(page.url()).search).toBe('');
});

test('the title, the icon and the way to the alerts tell the worst that waits, wherever one is', async () => {
  const web = await start();
  const page = await open(web, '/');
  const icon = () => page.evaluate(() => document.querySelector<HTMLLinkElement>('link[rel="icon"]')?.href);
  const calm = await icon();
  await web.alert('m1', 'a');
  await expect.poll(() => page.title()).toBe('(▬ 1) Ganglion');
  const warned = await icon();
  await web.alert('m2', 'b', { severity: 'critical' });
  await expect.poll(() => page.title()).toBe('(▲ 2) Ganglion');
  expect(new Set([calm, warned, await icon()]).size).toBe(3);
  const way = page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Alerts 2' });
  expect(await way.getAttribute('title')).toBe('2 alerts that nobody has acknowledged');
  await way.click();
  await alert(page, 'critical: m2').waitFor();
});

test('a machine names its alerts that are on, and leads to them', async () => {
  const web = await start();
  await web.say('m1', { cpu_percentage: 97, cpu_result: 'HIGH' });
  await web.alert('m1', 'a', { figure: 'cpu_percentage' });
  await web.alert('m1', 'trial', { shadow: true, sentence: 'Nobody is to be told' });
  await web.alert('m2', 'other', { sentence: 'This is of another' });
  const page = await open(web, '/m/m1');
  const alerts = page.getByRole('list', { name: 'Alerts of this machine' });
  await shows(alerts.getByRole('listitem'), 'CPU at 97 %');
  expect(await alerts.getByRole('listitem').count()).toBe(1);
  await alerts.getByRole('link').click();
  await page.getByRole('complementary', { name: 'm1' }).waitFor();
  await web.alert('m1', 'a', { state: 'cleared' });
  await page
    .getByRole('complementary', { name: 'm1' })
    .getByText(/^ended /)
    .first()
    .waitFor();
  await page.goBack();
  await headline(page).filter({ hasText: 'm1' }).waitFor();
  expect(await alerts.count()).toBe(0);
});

test('on a wall there are the alerts and how many, and nothing to press but the counts', async () => {
  const web = await start();
  await tellIncident(web);
  const page = await open(web, '/alerts?kiosk');
  await alert(page, 'critical: site1.db-01').waitFor();
  await page.getByText('3 alerts that nobody has acknowledged').waitFor();
  const counts = page.getByRole('list', { name: 'Alerts by severity and state' });
  expect(await page.getByRole('button').count()).toBe(await counts.getByRole('button').count());
  expect(await page.getByRole('searchbox').count()).toBe(0);
});

describe('it fits from a phone to a wall', () => {
  for (const width of [360, 1280, 2560]) {
    test(`${width} pixels wide`, async () => {
      const web = await start();
      const long = 'a-rather-long-name-'.repeat(10);
      const said = { sentence: `${long} is full`, resource: `file_systems /${long}`, labels: { [long]: long } };
      await web.alert(`${long}.example.com`, 'a', { ...said, acknowledged: { by: long, why: long, time_ms: 1 } });
      await web.alert(`${long}.example.com`, 'b', { ...said, incident: 'i', incident_sentence: long });
      await web.alert('m2', 'c', { incident: 'i' });
      const page = await open(web, '/alerts?alert=a', { width, height: 800 });
      await page.getByRole('complementary').waitFor();
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    });
  }
});
