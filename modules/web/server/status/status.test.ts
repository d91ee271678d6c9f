// The status pages over real HTTP, with somebody who records beside the server.

import { encode, type RunningModule } from '@ganglion/kernel';
import { type Alert, alert } from '@ganglion/topics';
import { afterEach, describe, expect, test } from 'vitest';
import { DYING, record } from '../past-under-test.ts';
import { ask, cleanUp, folderWithAda, startWeb, type WebUnderTest } from '../web-under-test.ts';

const recorders: RunningModule[] = [];
afterEach(async () => {
  await Promise.all(recorders.splice(0).map((each) => each.stop()));
  await cleanUp();
});

const STATUS = [
  {
    name: 'shop',
    title: 'The <shop>',
    parts: [
      { title: 'Orders', machines: 'site1.#' },
      { title: 'Stock & more', machines: 'site2.#' },
    ],
  },
];

const start = (config: object = {}) => startWeb({ status: STATUS, ...config });
const pageOf = async ({ host }: WebUnderTest, name = 'shop') => (await ask(host, `/status/${name}`)).body.toString();

/** The page once it holds a text: what is said on the bus takes a moment, and a page is kept for some seconds. */
async function until(web: WebUnderTest, text: string): Promise<string> {
  let page = '';
  const look = async () => {
    page = await pageOf(web);
    return page;
  };
  await expect.poll(look, { timeout: 15_000 }).toContain(text);
  return page;
}

describe('a status page', () => {
  test('says how the parts are, under the names that people know, and names no machine', async () => {
    const web = await start();
    expect(await pageOf(web)).toContain('Nothing is known yet');
    await web.say('site1.web-01', { cpu_percentage: 99, cpu_result: 'HIGH' });
    await web.say('site1.web-02', { cpu_percentage: 1, cpu_result: 'LOW' });
    await web.say('site2.db-01', { cpu_percentage: 1, cpu_result: 'LOW' });
    await web.die('site1.web-02', 'connection_lost');
    const page = await until(web, '1 of 2 down');
    expect(page).toContain('<h1 class="down">');
    expect(page).toContain('Some of it is down');
    expect(page).toContain('The &lt;shop&gt;');
    expect(page).toContain('Stock &amp; more');
    expect(page).not.toContain('site1');
    expect(page).not.toContain('web-0');
    expect(page).toContain('What happened is not recorded here.');
  }, 20_000);

  test('tells an alert that is critical as trouble, and one that was stopped in order as nothing', async () => {
    const web = await start();
    await web.say('site2.db-01', { cpu_percentage: 1, cpu_result: 'LOW' });
    await web.say('site2.db-02', { cpu_percentage: 1, cpu_result: 'LOW' });
    await web.die('site2.db-02', 'stopped');
    const body: Alert = {
      id: '1',
      state: 'raised',
      severity: 'critical',
      rule: 'expectations',
      resource: 'disks',
      sentence: 'The disk sda judges itself to be failing',
      since_ms: 1,
    };
    await web.bus.publish(encode(alert('site2.db-01', body), 'alert-1', 'analyzer-1', undefined));
    const page = await until(web, 'Works, with trouble');
    expect(page).toContain('There is trouble');
    expect(page).not.toContain('sda');
  }, 20_000);

  test('shows the last 90 days as bars, and what happened, with how long it was', async () => {
    const web = await start();
    await web.say('site2.db-01', { cpu_percentage: 1, cpu_result: 'LOW' });
    recorders.push(await record(web));
    const page = await until(web, '% up in 90 days');
    expect(page.match(/<rect class="(up|down|trouble)"/g)).toHaveLength(180);
    expect(page).toContain('100 % up in 90 days');
    expect(page).toContain('<strong>Orders</strong> was down for 30 min');
    expect(page).not.toContain(DYING);
  }, 20_000);

  test('is for anyone, and may be kept; nothing else is shown without a login', async () => {
    const web = await start({ login_on_loopback: true, access_dir: folderWithAda() });
    const { status, headers } = await ask(web.host, '/status/shop');
    expect(status).toBe(200);
    expect(headers['cache-control']).toBe('public, max-age=15');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    const again = await ask(web.host, '/status/shop', { 'if-none-match': String(headers['etag']) });
    expect(again.status).toBe(304);
    expect((await ask(web.host, '/status.css')).status).toBe(200);
    expect((await ask(web.host, '/')).status).toBe(401);
    expect((await ask(web.host, '/system')).status).toBe(401);
  });

  test('that there is not is not there', async () => {
    const web = await start();
    for (const name of ['other', '..%2f', 'shop/x', '%00'])
      expect((await ask(web.host, `/status/${name}`)).status).toBe(404);
  });

  test('needs no script', async () => {
    expect(await pageOf(await start())).not.toContain('<script');
  });
});
