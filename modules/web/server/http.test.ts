import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { ask, cleanUp, startWeb, temporaryFolder } from './web-under-test.ts';

afterEach(cleanUp);

const INDEX = '<!doctype html><title>Ganglion</title>';
const SCRIPT = 'console.log("a script long enough to be worth compressing");\n'.repeat(40);

function builtPage(): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'index.html'), INDEX);
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'assets', 'index-Ab12.js'), SCRIPT);
  writeFileSync(join(folder, 'assets', 'index-Ab12.js.map'), '{}');
  return folder;
}

test('the page is served with its type and asked for again each time', async () => {
  const { host } = await startWeb({ page_dir: builtPage() });
  for (const path of [
    '/',
    '/index.html',
    '/?kiosk',
    '/system?tap=%23',
    '/alerts',
    '/m/db-01.example.com',
    '/m/a%2Fb',
  ]) {
    const { status, headers, body } = await ask(host, path);
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' });
    expect(body.toString()).toBe(INDEX);
  }
});

test('what did not change is not sent again', async () => {
  const { host } = await startWeb({ page_dir: builtPage() });
  const etag = (await ask(host, '/')).headers['etag'] ?? '';
  const { status, body } = await ask(host, '/', { 'if-none-match': etag });
  expect(status).toBe(304);
  expect(body).toHaveLength(0);
});

test('an asset is compressed and never asked for again', async () => {
  const { host } = await startWeb({ page_dir: builtPage() });
  const { headers, body } = await ask(host, '/assets/index-Ab12.js', { 'accept-encoding': 'br, gzip' });
  expect(headers).toMatchObject({
    'content-type': 'text/javascript; charset=utf-8',
    'content-encoding': 'gzip',
    'cache-control': 'public, max-age=31536000, immutable',
  });
  expect(gunzipSync(body).toString()).toBe(SCRIPT);
  const plain = await ask(host, '/assets/index-Ab12.js');
  expect(plain.body.toString()).toBe(SCRIPT);
  expect((await ask(host, '/assets/index-Ab12.js', {}, 'HEAD')).body).toHaveLength(0);
});

test('what is not there, source maps and paths that climb included, is not found', async () => {
  const { host } = await startWeb({ page_dir: builtPage() });
  for (const path of [
    '/none',
    '/assets/index-Ab12.js.map',
    '/../package.json',
    '/%2e%2e/package.json',
    '//etc/passwd',
  ]) {
    expect((await ask(host, path)).status).toBe(404);
  }
});

test('nothing but reading is possible', async () => {
  const { host } = await startWeb({ page_dir: builtPage() });
  expect((await ask(host, '/', {}, 'POST')).status).toBe(405);
  expect((await ask(host, '/ws')).status).toBe(426);
});

test('every answer keeps strangers out', async () => {
  const { host } = await startWeb({ page_dir: builtPage() });
  for (const path of ['/', '/none', '/healthz', '/ws']) {
    const { headers } = await ask(host, path);
    expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'same-origin' });
    expect(headers).not.toHaveProperty('access-control-allow-origin');
  }
});

test('a name that only leads to this machine gets no answer', async () => {
  const { host, port } = await startWeb({ page_dir: builtPage(), origins: ['https://monitor.example.com'] });
  for (const name of [
    'evil.example',
    `evil.example:${port}`,
    '127.0.0.1.evil.example',
    'user@localhost',
    'local host',
  ]) {
    expect((await ask(host, '/', { host: name })).status, name).toBeGreaterThanOrEqual(400);
  }
  for (const name of [
    `localhost:${port}`,
    'localhost',
    '127.0.0.1',
    `[::1]:${port}`,
    'LOCALHOST',
    'monitor.example.com',
  ]) {
    expect((await ask(host, '/', { host: name })).status, name).toBe(200);
  }
});

test('on an address that others reach, it answers to any name', async () => {
  const { host } = await startWeb({ page_dir: builtPage(), host: '0.0.0.0', insecure: true });
  expect((await ask(host, '/', { host: 'monitor.example.com' })).status).toBe(200);
});

test('the health check tells how it is', async () => {
  const { host, say, counted } = await startWeb({ machines_max: 1 });
  await say('a', { cpu_result: 'LOW' });
  await say('b', { cpu_result: 'LOW' });
  await counted('machines_forgotten', 1);
  const { status, headers, body } = await ask(host, '/healthz');
  expect(status).toBe(200);
  expect(headers['cache-control']).toBe('no-store');
  expect(JSON.parse(body.toString())).toEqual({ status: 'ok', bus: 'connected', clients: 0, machines: 1 });
});

test('a folder without a page is told as a setting to change', async () => {
  await expect(startWeb({ page_dir: temporaryFolder() })).rejects.toMatchObject({
    code: 'PAGE_MISSING',
    configuration: true,
  });
});
