// What is served over HTTP: the way in, the page's files and a sign of life. Everything live goes over the WebSocket.

import type { IncomingMessage } from 'node:http';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { deleteCookie, setCookie } from 'hono/cookie';
import type { Access, NoPass, Shown } from './access/access.ts';
import type { Door } from './door.ts';
import { LOGIN_STYLE, LOGIN_STYLE_PATH, type LoginNote, loginPage, logoutPage, onwardPage } from './login-page.ts';
import type { PageFile, PageFiles } from './page-files.ts';
import { nameOf, type Refusals } from './refusals.ts';
import type { Written } from './status/status.ts';
import { STATUS_STYLE, STATUS_STYLE_PATH } from './status/status-page.ts';

/** What the page may do: what came with it, a WebSocket to where it came from, and nothing else. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types svelte-trusted-html',
].join('; ');

const SECURITY_HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  // With no-referrer a browser says of our own forms too that they come from "null", as a foreign page's might.
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
};

/** What stands in the place of a page that was not built. */
const NO_PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Ganglion</title>
<h1>The page is not built</h1>
<p>Run <code>npm run build</code> and start again. The WebSocket on <code>/ws</code> works already.</p>
</html>
`;

/** Bytes that a form may have. */
const FORM_BYTES_MAX = 8192;

/** A status page may be kept for so long. */
const STATUS_KEPT_S = 15;

/** How long a browser is known as one that its user was in with. */
const BROWSER_MS = 365 * 86_400_000;

export interface HttpOptions {
  readonly door: Door;
  readonly access: Access;
  readonly refusals: Refusals;
  /** Tells of somebody who came in or went. */
  readonly onEntry: (text: string) => void;
  /** Undefined when the page was not built. */
  readonly page: PageFiles | undefined;
  /** A status page by its name; undefined when there is none. */
  readonly status: (name: string) => Written | undefined;
  /** What `/healthz` answers; `whole` to those who are in and see everything. */
  readonly health: (whole: boolean) => object;
}

/** What the server below puts beside each request, and what we do. */
interface Environment {
  readonly Bindings: { readonly incoming: IncomingMessage };
}

/** Makes the application that answers every request but the WebSocket's. */
export function makeHttp({ door, access, refusals, onEntry, page, status, health }: HttpOptions): Hono<Environment> {
  const app = new Hono<Environment>();

  app.use(async (context, next) => {
    const host = context.req.header('host');
    if (door.admitsHost(host)) {
      await next();
    } else {
      refusals.add('host', `a request for the host ${nameOf(host)}`, addressOf(context));
      context.res = context.text('This server does not answer to that host name; see the setting web.origins.\n', 403);
    }
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
      if (!context.res.headers.has(name)) context.res.headers.set(name, value);
    }
  });

  app.get('/healthz', (context) => {
    context.header('cache-control', 'no-store');
    const pass = access.passOf(shownBy(context));
    return context.json(health(typeof pass === 'object' && pass.scope === '#'));
  });

  app.get(LOGIN_STYLE_PATH, (context) => {
    return context.body(LOGIN_STYLE, 200, { 'content-type': 'text/css; charset=utf-8', 'cache-control': 'no-cache' });
  });

  app.get(STATUS_STYLE_PATH, (context) => {
    return context.body(STATUS_STYLE, 200, { 'content-type': 'text/css; charset=utf-8', 'cache-control': 'no-cache' });
  });
  app.get('/status/:name', (context) => {
    const written = status(context.req.param('name'));
    if (written === undefined) return context.text('There is no such status page.\n', 404);
    // Anyone may keep it for a while: who comes in crowds asks a cache.
    const headers = { etag: written.etag, 'cache-control': `public, max-age=${STATUS_KEPT_S}` };
    if (context.req.header('if-none-match') === written.etag) return context.body(null, 304, headers);
    return context.html(written.body, 200, headers);
  });

  app.use('/login', notStored);
  app.get('/login', (context) => context.html(loginPage(undefined)));
  app.post('/login', sentFromHere, form, async (context) => {
    const { name, password } = await context.req.parseBody();
    if (typeof name !== 'string' || typeof password !== 'string') return context.text('A field is missing.\n', 400);
    const address = addressOf(context);
    const login = await access.login(name, password, address ?? '', shownBy(context));
    switch (login.kind) {
      case 'in':
        access.logout(shownBy(context));
        keep(context, access.session_cookie, login.token, login.ends_ms);
        keep(context, access.browser_cookie, login.browser_token, Date.now() + BROWSER_MS);
        deleteCookie(context, access.link_cookie, cookieOptions(context));
        onEntry(`${nameOf(name)} logged in as ${login.role} from ${address}`);
        return context.redirect(askedFor(context), 303);
      case 'wrong':
        refusals.add('login', `a login as ${nameOf(name)}`, address);
        return context.html(loginPage('wrong'), 401);
      case 'early': {
        const wait_s = Math.ceil(login.wait_ms / 1000);
        refusals.add('login_early', `a login as ${nameOf(name)}, too soon after others`, address);
        return context.html(loginPage('early', wait_s), 429, { 'retry-after': `${wait_s}` });
      }
      case 'busy':
        refusals.add('login_busy', 'a login while many others were being looked at', address);
        return context.html(loginPage('busy'), 503, { 'retry-after': '1' });
    }
  });

  app.use('/logout', notStored);
  app.get('/logout', (context) => {
    const pass = access.passOf(shownBy(context));
    if (typeof pass === 'string') return context.html(loginPage(undefined), 401);
    return context.html(logoutPage(pass.who, pass.role));
  });
  app.post('/logout', sentFromHere, form, (context) => {
    const who = access.logout(shownBy(context));
    if (who !== undefined) onEntry(`${nameOf(who)} logged out from ${addressOf(context)}`);
    for (const name of [access.session_cookie, access.link_cookie]) deleteCookie(context, name, cookieOptions(context));
    return context.redirect('/login', 303);
  });

  app.use('/link/*', notStored);
  app.get('/link/:token', (context) => {
    const token = context.req.param('token');
    const pass = access.linkOf(token);
    const ends_ms = typeof pass === 'object' ? access.linkEnds(pass.id) : undefined;
    if (ends_ms === undefined) {
      refusals.add('link', 'a link that does not hold', addressOf(context));
      return context.html(loginPage('link'), 401);
    }
    keep(context, access.link_cookie, token, ends_ms);
    return context.html(onwardPage('/'));
  });

  // Everything below is only for those who are in.
  app.use(async (context, next) => {
    const pass = access.passOf(shownBy(context));
    return typeof pass === 'object' ? next() : askToLogIn(context, pass);
  });

  app.get('/ws', (context) => {
    refusals.add('handshake', 'a request on /ws that asks for no WebSocket', addressOf(context));
    context.header('upgrade', 'websocket');
    return context.text('This is a WebSocket.\n', 426);
  });

  app.get('*', (context) => {
    if (page === undefined) return context.html(NO_PAGE, 503);
    const file = page.get(isView(context.req.path) ? '/' : context.req.path);
    if (file === undefined) return context.text('There is nothing here.\n', 404);
    return answer(context.req.raw.headers, file);
  });

  app.all('*', (context) => context.text('Only reading is possible here.\n', 405, { allow: 'GET, HEAD' }));

  return app;

  /** A form is taken from our own pages alone, and from a script, which sends no origin. */
  async function sentFromHere(context: Context<Environment>, next: () => Promise<void>) {
    const { origin, host } = { origin: context.req.header('origin'), host: context.req.header('host') };
    if (door.admitsOrigin(origin, host)) return next();
    refusals.add('origin', `a form from a page of ${nameOf(origin)}`, addressOf(context));
    return context.text('Pages of that origin may not send this; see the setting web.origins.\n', 403);
  }

  function askToLogIn(context: Context<Environment>, why: NoPass) {
    context.header('cache-control', 'no-store');
    const { path } = context.req;
    const is_page = context.req.method === 'GET' && isView(path);
    if (why === 'none' && is_page && context.req.header('sec-fetch-site') === 'cross-site') {
      return context.html(onwardPage(path));
    }
    if (why === 'none') refusals.add('nothing_shown', 'a request without a login', addressOf(context));
    else refusals.add('session', `a request with a login or link that is ${why}`, addressOf(context));
    // Or a link that has ended would keep out whoever may be in without it.
    if (why !== 'none') deleteCookie(context, access.link_cookie, cookieOptions(context));
    if (!is_page) return context.text('Log in first.\n', 401);
    const note: LoginNote = why === 'none' ? undefined : 'ended';
    return context.html(loginPage(note), 401);
  }

  function keep(context: Context<Environment>, name: string, token: string, ends_ms: number): void {
    setCookie(context, name, token, { ...cookieOptions(context), expires: new Date(ends_ms) });
  }

  function cookieOptions(context: Context<Environment>) {
    // Behind a proxy that speaks TLS, the browser says so itself.
    const secure = access.session_cookie.startsWith('__Host-') || context.req.header('origin')?.startsWith('https:');
    return { path: '/', httpOnly: true, sameSite: 'Strict', secure: secure === true } as const;
  }
}

/** Whether a path is a view of the page, which reads the address itself. */
function isView(path: string): boolean {
  return path === '/' || path === '/index.html' || path === '/system' || path === '/alerts' || path.startsWith('/m/');
}

/** The view that the form to log in stood in the place of. */
function askedFor(context: Context<Environment>): string {
  const referer = context.req.header('referer');
  if (referer === undefined || !URL.canParse(referer)) return '/';
  const { host, pathname, search } = new URL(referer);
  // A path with two slashes in front would be another host's.
  return host === context.req.header('host') && isView(pathname) ? pathname + search : '/';
}

const notStored: MiddlewareHandler = async (context, next) => {
  await next();
  context.res.headers.set('cache-control', 'no-store');
};

const form = bodyLimit({
  maxSize: FORM_BYTES_MAX,
  onError: (context) => context.text('That is more than this form holds.\n', 413),
});

function shownBy(context: Context<Environment>): Shown {
  return { cookie: context.req.header('cookie'), authorization: context.req.header('authorization') };
}

function addressOf(context: Context<Environment>): string | undefined {
  return context.env.incoming.socket.remoteAddress;
}

function answer(asked: Headers, file: PageFile): Response {
  const headers = new Headers({
    etag: file.etag,
    'cache-control': file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    vary: 'accept-encoding',
  });
  if (asked.get('if-none-match') === file.etag) return new Response(null, { status: 304, headers });
  headers.set('content-type', file.type);
  if (file.gzip === undefined || !/\bgzip\b/.test(asked.get('accept-encoding') ?? '')) {
    return new Response(file.bytes, { headers });
  }
  headers.set('content-encoding', 'gzip');
  return new Response(file.gzip, { headers });
}
