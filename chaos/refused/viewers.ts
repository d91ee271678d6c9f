// A link that shows a part of the fleet, while the rest of it lives, speaks and dies; and after it was revoked.

import { setTimeout as pause } from 'node:timers/promises';
import { connect } from 'amqplib';
import type { WebSocket } from 'ws';
import { runModule } from '../programs.ts';
import { comesTrue, type Ground, HIDDEN, refusalIn, SHOWN, type Tried } from './ground.ts';

const SCOPE = 'site1.#';
const DIALECTS = { plain: [] as string[], page: ['ganglion.page.v2'] };
const SOCKETS_OF_EACH = 5;

/** Names that are not in the scope, some of them nearly. */
const BEYOND = [
  'site2.a',
  'site10.a',
  'site1x.a',
  'xsite1.a',
  'SITE1.a',
  'a.site1.b',
  'site',
  ' site1.a',
  'site1\u0000.a',
  HIDDEN,
];

/** The mark of everything that is said about a machine beyond the scope, so that it is found wherever it turns up. */
const SECRET = 'hidden_percentage';

export async function viewers(ground: Ground): Promise<Tried[]> {
  const { asker, browser, broker, ganglion, placeOf, web, quick } = ground;
  const token = /\/link\/([\w.-]+)/.exec(await ganglion(['link', '--scope', SCOPE, '--days', '1']))?.[1] ?? '';
  const bearer = { authorization: `Bearer ${token}` };
  const watched = Object.values(DIALECTS).flatMap((protocols) =>
    Array.from({ length: SOCKETS_OF_EACH }, () => new Watched(asker.open(bearer, protocols))),
  );
  const context = await browser.newContext();
  const page = await context.newPage();
  const page_texts: string[] = [];
  page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => void page_texts.push(String(payload))));
  await page.goto(`http://127.0.0.1:${asker.port}/link/${token}`);
  await page.getByRole('status').filter({ hasText: 'Live' }).waitFor();

  // Lives and deaths of real trackers…
  const shown = await runModule(placeOf(`tracker-${SHOWN}`), 'tracker', '--machine', SHOWN);
  const hidden = await runModule(placeOf(`tracker-${HIDDEN}`), 'tracker', '--machine', HIDDEN);
  await page.getByRole('article', { name: SHOWN, exact: true }).waitFor();
  await pause(2_000);
  await hidden.stop('SIGKILL');
  await shown.stop('SIGKILL');
  await page.locator('article.dead').waitFor();

  // …and whatever else passes on the exchange.
  const rounds = quick ? 20 : 200;
  const connection = await connect(broker.broker);
  const channel = await connection.createConfirmChannel();
  const say = (key: string, body: object) => channel.publish(broker.exchange, key, Buffer.from(JSON.stringify(body)));
  let said = 0;
  for (let i = 0; i < rounds; i++) {
    for (const machine of BEYOND) {
      const now_ms = Date.now();
      say(`${machine}.analysis`, { cpu_result: 'HIGH', cpu_percentage: 99, [SECRET]: i % 100 });
      say(`${machine}.birth`, { kind: 'machine', born_ms: now_ms, about: { [SECRET]: i } });
      say(`${machine}.death`, { kind: 'machine', cause: 'silent', died_ms: now_ms, last_seen_ms: now_ms, [SECRET]: i });
      said += 3;
    }
    await channel.waitForConfirms();
  }
  say('site1.last.analysis', { cpu_result: 'LOW' });
  await channel.waitForConfirms();
  const all_told = await comesTrue(() =>
    [...watched.map(({ texts }) => texts), page_texts].every((texts) =>
      texts.some((text) => text.includes('site1.last')),
    ),
  );
  await connection.close();
  const leaks = [...watched.flatMap(({ texts }) => texts), ...page_texts].filter(isBeyond);
  const content = await page.content();
  const health = await asker.ask('/healthz', { headers: bearer });

  // Revoked: what is open is closed, and nothing opens.
  const [id = ''] = token.split('.');
  await ganglion(['link', 'revoke', id]);
  const closed = await comesTrue(() => watched.every(({ code }) => code !== undefined));
  await page.getByLabel('Password').waitFor();
  await context.close();
  const cookie = { cookie: `ganglion_link=${token}` };
  const answers: number[] = [];
  for (const headers of [bearer, cookie]) {
    for (const protocols of Object.values(DIALECTS)) answers.push(await asker.upgrade(headers, protocols));
    for (const path of ['/', '/index.html', '/ws']) answers.push((await asker.ask(path, { headers })).status);
  }
  answers.push((await asker.ask(`/link/${token}`)).status);

  const listeners = watched.length + 1;
  return [
    {
      what: `a link for ${SCOPE} and ${said.toLocaleString('en')} messages about other machines, on ${listeners} sockets`,
      tried: said * listeners,
      refused: said * listeners - leaks.length,
      logged: 'nothing, as nothing was asked for',
      wrong: [
        ...(all_told ? [] : ['what is in the scope was not told']),
        ...(isBeyond(content) ? ['the page shows another machine'] : []),
        ...(health.text.includes('machines') ? ['the health tells how many machines there are'] : []),
      ],
    },
    {
      what: 'the same link after it was revoked',
      tried: answers.length + watched.length,
      refused: answers.filter((status) => status === 401).length + watched.filter(({ code }) => code === 4401).length,
      logged: refusalIn(web.log, 'session', /a login or link that is ended/),
      wrong: closed ? [] : ['sockets stayed open'],
      also: `${watched.length} sockets closed`,
    },
  ];
}

function isBeyond(text: string): boolean {
  return text.includes(SECRET) || BEYOND.some((name) => text.includes(`"${JSON.stringify(name).slice(1, -1)}"`));
}

/** A socket and all that it was ever sent. */
class Watched {
  readonly texts: string[] = [];
  /** The code that it was closed with. */
  code: number | undefined;

  constructor(socket: WebSocket) {
    socket.on('message', (data) => void this.texts.push(String(data)));
    socket.on('close', (code) => {
      this.code = code;
    });
  }
}
