// The private PostgreSQL: it takes connections, comes back after a kill, and leaves nothing behind.

import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startPostgres } from './postgres.ts';

/** A place for its folders where nobody else has any. */
function ownTemporaryFolder(): string {
  const folder = mkdtempSync(`${tmpdir()}/of-postgres-`);
  chmodSync(folder, 0o755); // It may run as another user than this.
  vi.stubEnv('TMPDIR', folder);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });
  return folder;
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

test('takes connections, comes back after a kill, and leaves neither a process nor a folder', async () => {
  const folder = ownTemporaryFolder();
  const server = await startPostgres();
  onTestFinished(() => server.stop());
  const first = server.pid ?? 0;
  expect(readdirSync(folder)).toHaveLength(1);
  expect(await takesConnections(server.port)).toBe(true);
  expect(await server.freshDatabase()).toContain(`:${server.port}/test_1`);
  await server.kill();
  expect(server.pid).toBeUndefined();
  expect(existsSync(`/proc/${first}`)).toBe(false);
  await server.start();
  expect(await server.freshDatabase()).toContain(`:${server.port}/test_2`);
  const second = server.pid ?? 0;
  expect(second).not.toBe(first);
  await server.stop();
  expect(existsSync(`/proc/${second}`)).toBe(false);
  expect(readdirSync(folder)).toEqual([]);
});
