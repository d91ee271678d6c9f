// A page of another origin, in a real browser in which somebody is logged in.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ADA, comesTrue, type Ground, refusalIn, type Tried } from './ground.ts';

/** The site's names: to a browser the first is the same site as ours on another port, and gets our cookies. */
const NAMES = ['127.0.0.1', 'localhost'];

/** What the page tries by script; each resolves to `refused`, or to what it got. */
const scripted = (host: string, script: string) => `<!doctype html><title>trying</title><script type="module">
const socket = (protocols) => new Promise((resolve) => {
  const socket = new WebSocket('ws://${host}/ws', protocols);
  socket.onopen = () => resolve('open');
  socket.onerror = () => resolve('refused');
});
const read = (path, options) => fetch('http://${host}' + path, options).then((answer) => answer.text(), () => 'refused');
const run = () => new Promise((resolve) => {
  const element = document.createElement('script');
  element.src = 'http://${host}${script}';
  element.onload = () => resolve('run');
  element.onerror = () => resolve('refused');
  document.head.append(element);
});
const post = (path, fields) => fetch('http://${host}' + path, {
  method: 'POST', mode: 'no-cors', credentials: 'include', body: new URLSearchParams(fields),
}).catch(() => {});
const results = {
  'a WebSocket': await socket([]),
  'a WebSocket as our page': await socket(['ganglion.page.v2']),
  'reading the page with cookies': await read('/', { credentials: 'include' }),
  'reading without': await read('/', {}),
  'reading the health': await read('/healthz', { credentials: 'include' }),
  'running our script': await run(),
};
await post('/logout', {});
await post('/login', { name: 'mallory', password: 'a password of mine' });
globalThis.results = results;
document.title = 'tried';
</script>`;

const framed = (host: string) =>
  `<!doctype html><title>framed</title><iframe name="ours" src="http://${host}/"></iframe>`;

const form = (host: string, path: string) => `<!doctype html>
<form method="post" action="http://${host}${path}">
<input name="name" value="mallory"><input name="password" value="a password of mine">
</form><script>document.forms[0].submit()</script>`;

export async function foreignPage({ browser, asker, web, counts, settled }: Ground): Promise<Tried[]> {
  const host = `127.0.0.1:${asker.port}`;
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`http://${host}/`);
  await page.getByLabel('Name').fill(ADA.name);
  await page.getByLabel('Password').fill(ADA.password);
  await page.getByRole('button', { name: 'Log in' }).click();
  const live = () => page.getByRole('status').filter({ hasText: 'Live' }).waitFor();
  await live();
  const script = /src="(\/assets\/[^"]+\.js)"/.exec(await page.content())?.[1];
  if (script === undefined) throw new Error('the page has no script');

  const pages: Record<string, string> = {
    '/scripted': scripted(host, script),
    '/framed': framed(host),
    '/logout': form(host, '/logout'),
    '/login': form(host, '/login'),
  };
  const site = createServer((request, response) => {
    response.setHeader('content-type', 'text/html').end(pages[request.url ?? ''] ?? '');
  });
  await new Promise<void>((resolve) => void site.listen(0, resolve));
  const { port } = site.address() as AddressInfo;

  await settled();
  const before = counts.get('refused_origin') ?? 0;
  const let_through: string[] = [];
  let tried = 0;
  const note = (what: string, refused: boolean) => {
    tried++;
    if (!refused) let_through.push(what);
  };
  for (const name of NAMES) {
    const theirs = await context.newPage();
    await theirs.goto(`http://${name}:${port}/scripted`);
    await theirs.waitForFunction("document.title === 'tried'");
    const results = await theirs.evaluate<Record<string, string>>('results');
    for (const [what, result] of Object.entries(results)) note(`${what} from ${name}`, result === 'refused');

    await theirs.goto(`http://${name}:${port}/framed`);
    const shown = (await theirs.frame('ours')?.content()) ?? '';
    note(`a frame in ${name}`, !shown.includes('Ganglion'));

    for (const path of ['/logout', '/login']) {
      const answered = theirs.waitForResponse((response) => response.request().method() === 'POST');
      await theirs.goto(`http://${name}:${port}${path}`).catch(() => {}); // It goes on to ours before it is there.
      note(`a form to ${path} from ${name}`, (await answered).status() === 403);
    }
    await theirs.close();
  }
  site.close();
  site.closeAllConnections();

  // Of what a page cannot see the outcome of, the server knows: two sockets, two requests by script and two forms.
  const posts = 2 * NAMES.length;
  const by_server = 6 * NAMES.length;
  const told = await comesTrue(() => (counts.get('refused_origin') ?? 0) - before >= by_server);
  for (let i = 0; i < posts; i++) note('a form by script', told);
  await page.reload();
  await live();
  const [mine] = await context.cookies(`http://${host}/logout`);
  const who = await asker.ask('/logout', { headers: { cookie: `${mine?.name}=${mine?.value}` } });
  await context.close();
  return [
    {
      what: `a page of another origin (${NAMES.join(', ')}), with a login in the same browser`,
      tried,
      refused: tried - let_through.length,
      logged: refusalIn(web.log, 'origin', /"http:\/\/(127\.0\.0\.1|localhost):\d+"/),
      wrong: [...let_through, ...(who.text.includes(`<strong>${ADA.name}</strong>`) ? [] : ['the login did not last'])],
    },
  ];
}
