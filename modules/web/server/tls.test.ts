// The page over TLS, with certificates made for this alone.

import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { cleanUp, folderWithAda, PASSWORD, startWeb, temporaryFolder, type WebUnderTest } from './web-under-test.ts';

afterEach(cleanUp);

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}.pem`, import.meta.url));
const ca = ['first', 'second'].map((name) => readFileSync(fixture(`${name}.cert`)));

function certificateFiles() {
  const folder = temporaryFolder();
  const files = { tls_cert: join(folder, 'cert.pem'), tls_key: join(folder, 'key.pem') };
  const serve = (name: string) => {
    copyFileSync(fixture(`${name}.cert`), files.tls_cert);
    copyFileSync(fixture(`${name}.key`), files.tls_key);
  };
  serve('first');
  return { files, serve };
}

/** The name in the certificate that a new connection is shown. */
function servedOn(port: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, ca, servername: 'localhost' }, () => {
      resolve(socket.getPeerCertificate().subject.CN);
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

function loginOver({ port }: WebUnderTest): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const asking = request({ host: 'localhost', port, ca, path: '/login', method: 'POST', headers }, (response) => {
      response.resume();
      resolve(String(response.headers['set-cookie']));
    });
    asking.on('error', reject);
    asking.end(new URLSearchParams({ name: 'ada', password: PASSWORD }).toString());
  });
}

test('a renewed certificate is served to whoever comes next, and nobody who is there is dropped', async () => {
  const { files, serve } = certificateFiles();
  const web = await startWeb(files);
  expect(web.logged).toContain(`the page is at https://localhost:${web.port}`);
  const socket = new WebSocket(`wss://localhost:${web.port}/ws`, { ca });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  expect(await servedOn(web.port)).toBe('first.example');
  serve('second');
  expect(await servedOn(web.port)).toBe('second.example');
  const heard = new Promise((resolve) => socket.once('message', (data) => resolve(JSON.parse(String(data)))));
  await web.say('db-01', { cpu_result: 'LOW' });
  expect(await heard).toMatchObject({ machine: 'db-01' });
  socket.terminate();
});

test('a certificate that is half written, or not that of the key, leaves the one before in use', async () => {
  const { files, serve } = certificateFiles();
  const { port, logged } = await startWeb(files);
  writeFileSync(files.tls_cert, '-----BEGIN CERTIFICATE-----\nMII');
  expect(await servedOn(port)).toBe('first.example');
  copyFileSync(fixture('second.cert'), files.tls_cert);
  expect(await servedOn(port)).toBe('first.example');
  expect(logged.filter((text) => text.includes('stays as it was'))).toHaveLength(2);
  serve('second');
  expect(await servedOn(port)).toBe('second.example');
});

test('over TLS the cookie goes nowhere else', async () => {
  const { files } = certificateFiles();
  const web = await startWeb({ ...files, access_dir: folderWithAda(), login_on_loopback: true });
  expect(await loginOver(web)).toMatch(/^__Host-ganglion_session=[^;]+;.*; HttpOnly; Secure; SameSite=Strict/);
});

test('who does not speak TLS is told nothing and counted', async () => {
  const { files } = certificateFiles();
  const { port, counted } = await startWeb(files);
  const socket = connectPlain(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n'));
  let heard = '';
  socket.on('data', (data) => {
    heard += data;
  });
  await new Promise((resolve) => socket.once('close', resolve).on('error', () => {}));
  expect(heard).not.toContain('Ganglion');
  await counted('refused_tls', 1);
});

test('files that cannot serve TLS end the start', async () => {
  const { files } = certificateFiles();
  await expect(startWeb({ tls_cert: files.tls_cert })).rejects.toMatchObject({ code: 'TLS_INCOMPLETE' });
  const nowhere = { ...files, tls_key: '/nowhere.pem' };
  await expect(startWeb(nowhere)).rejects.toMatchObject({ code: 'TLS_FILE_UNREADABLE', configuration: true });
  const mixed = { ...files, tls_key: fixture('second.key') };
  await expect(startWeb(mixed)).rejects.toMatchObject({ code: 'TLS_INVALID', configuration: true });
});
