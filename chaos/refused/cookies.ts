// Cookies that were not given out as they are shown, or hold no more.

import { createHmac, randomBytes } from 'node:crypto';
import { ADA, comesTrue, type Ground, refusalIn, type Tried } from './ground.ts';

const SESSION = 'ganglion_session';
const LINK = 'ganglion_link';

/** Logs in; returns the session's token and the cookie. */
async function logIn({ asker }: Ground): Promise<{ token: string; cookie: string }> {
  const { status, cookies } = await asker.login(ADA.name, ADA.password);
  const cookie = cookies.find((each) => each.startsWith(`${SESSION}=`));
  if (cookie === undefined) throw new Error(`logging in was answered with ${status}`);
  return { token: cookie.slice(SESSION.length + 1), cookie };
}

export async function forgedCookies(ground: Ground): Promise<Tried[]> {
  const { asker, web, ganglion, counts, settled, quick } = ground;
  const { token, cookie } = await logIn(ground);
  const link = /\/link\/([\w.-]+)/.exec(await ganglion(['link', '--scope', '#', '--days', '1']))?.[1] ?? '';
  const forged = [...forgeriesOf(token), link]
    .filter((_, i) => !quick || i % 10 === 0)
    .map((value) => `${SESSION}=${value}`);
  forged.push(
    `${LINK}=${token}`,
    ...[...forgeriesOf(link)].filter((_, i) => !quick || i % 10 === 0).map((value) => `${LINK}=${value}`),
  );
  // What is no cookie at all, to whoever reads it, shows nothing.
  const counted = () => (counts.get('refused_session') ?? 0) + (counts.get('refused_nothing_shown') ?? 0);
  await settled();
  const before = counted();
  const open: string[] = [];
  for (const cookie of forged) {
    if ((await asker.upgrade({ cookie })) !== 401) open.push(`the socket by ${cookie}`);
    if ((await asker.ask('/', { headers: { cookie } })).status !== 401) open.push(`the page by ${cookie}`);
  }
  const all_counted = await comesTrue(() => counted() - before === 2 * forged.length);
  const still = await asker.upgrade({ cookie });
  return [
    {
      what: `${forged.length} forged cookies (a bit flipped, another key, a later end, a link for a session)`,
      tried: 2 * forged.length,
      refused: 2 * forged.length - open.length,
      logged: refusalIn(web.log, 'session', /that is forged/),
      wrong: [
        ...open.slice(0, 3),
        ...(all_counted ? [] : [`${counted() - before} counted`]),
        ...(still === 101 ? [] : ['the real one is refused too']),
      ],
    },
  ];
}

export async function replayedCookies(ground: Ground): Promise<Tried[]> {
  const { asker, web, quick } = ground;
  const logins = quick ? 2 : 10;
  let tried = 0;
  let refused = 0;
  const note = (is_refused: boolean) => {
    tried++;
    if (is_refused) refused++;
  };
  for (let i = 0; i < logins; i++) {
    const { cookie } = await logIn(ground);
    const socket = asker.open({ cookie });
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    const closed = new Promise<number>((resolve) => void socket.once('close', resolve));
    await asker.ask('/logout', { headers: { cookie }, form: {} });
    note((await closed) === 4401);
    for (const protocols of [[], ['ganglion.page.v2']]) note((await asker.upgrade({ cookie }, protocols)) === 401);
    for (const path of ['/', '/ws', '/logout']) note((await asker.ask(path, { headers: { cookie } })).status === 401);
    note(!(await asker.ask('/healthz', { headers: { cookie } })).text.includes('machines'));
  }
  return [
    {
      what: `the cookies of ${logins} sessions, replayed after their logout`,
      tried,
      refused,
      logged: refusalIn(web.log, 'session', /that is ended/),
    },
  ];
}

/** What somebody makes of a good token who does not have the key. */
function* forgeriesOf(token: string): Generator<string> {
  const [id = '', signature = ''] = token.split('.');
  // Each bit, as it is written and as it is meant.
  for (let at = 0; at < token.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const sign = String.fromCharCode(token.charCodeAt(at) ^ (1 << bit));
      if (/^[!-~]$/.test(sign) && !/[;,"\\%]/.test(sign)) yield token.slice(0, at) + sign + token.slice(at + 1);
    }
  }
  const bytes = Buffer.from(signature, 'base64url');
  for (let at = 0; at < 8 * bytes.length; at++) {
    const flipped = Buffer.from(bytes);
    flipped[at >> 3] = (flipped[at >> 3] ?? 0) ^ (1 << (at & 7));
    yield `${id}.${flipped.toString('base64url')}`;
  }
  // Signed with another key, and for what is not there.
  for (let i = 0; i < 50; i++) {
    const own = createHmac('sha256', randomBytes(32)).update(`session:${id}`).digest('base64url');
    yield `${id}.${own}`;
    yield `${randomBytes(12).toString('base64url')}.${signature}`;
  }
  for (const key of ['', 'secret', '\0'.repeat(32)]) {
    for (const kind of ['session', 'link']) {
      yield `${id}.${createHmac('sha256', key).update(`${kind}:${id}`).digest('base64url')}`;
    }
  }
  // With an end that is later, and whatever else a lax parser might take.
  const later = Date.now() + 10 * 365 * 86_400_000;
  yield* [`${token}.${later}`, `${later}.${token}`, `${id}.${later}.${signature}`, `${id}:${later}.${signature}`];
  yield* [
    `${id}=${later}.${signature}`,
    `${token}=`,
    `${token}.`,
    `.${token}`,
    `"${token}"x`,
    `${id}.`,
    `.${signature}`,
  ];
  yield* [id, signature, '', '.', '__proto__', '__proto__.x', '%00', 'null', '[object Object]', 'x'.repeat(4_000)];
}
