// What is served over HTTP: the page's files and a sign of life. Everything live goes over the WebSocket.

import { Hono } from 'hono';
import type { Door } from './door.ts';
import type { PageFile, PageFiles } from './page-files.ts';

/** What the page may do: what came with it, a WebSocket to where it came from, and nothing else. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types svelte-trusted-html',
].join('; ');

const SECURITY_HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
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

export interface HttpOptions {
  readonly door: Door;
  /** Undefined when the page was not built. */
  readonly page: PageFiles | undefined;
  /** What `/healthz` answers. */
  readonly health: () => object;
}

/** Makes the application that answers every request but the WebSocket's. */
export function makeHttp({ door, page, health }: HttpOptions): Hono {
  const app = new Hono();

  app.use(async (context, next) => {
    if (door.admitsHost(context.req.header('host'))) await next();
    else
      context.res = context.text('This server does not answer to that host name; see the setting web.origins.\n', 403);
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) context.res.headers.set(name, value);
  });

  app.get('/healthz', (context) => {
    context.header('cache-control', 'no-store');
    return context.json(health());
  });

  app.get('/ws', (context) => {
    context.header('upgrade', 'websocket');
    return context.text('This is a WebSocket.\n', 426);
  });

  app.get('*', (context) => {
    if (page === undefined) return context.html(NO_PAGE, 503);
    const file = page.get(context.req.path);
    if (file === undefined) return context.text('There is nothing here.\n', 404);
    return answer(context.req.raw.headers, file);
  });

  app.all('*', (context) => context.text('Only reading is possible here.\n', 405, { allow: 'GET, HEAD' }));

  return app;
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
