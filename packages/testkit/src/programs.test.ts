import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterEach, expect, it, vi } from 'vitest';
import { findProgram } from './programs.ts';

afterEach(() => vi.unstubAllEnvs());

it('a program of RabbitMQ is found on the PATH', async () => {
  const folder = await mkdtemp(`${tmpdir()}/programs-`);
  await writeFile(`${folder}/rabbitmq-tool`, '');
  await chmod(`${folder}/rabbitmq-tool`, 0o755);
  vi.stubEnv('PATH', `/nowhere:${folder}`);
  expect(findProgram('rabbitmq-tool')).toBe(`${folder}/rabbitmq-tool`);
  await rm(folder, { recursive: true });
});

it('without RabbitMQ, the error says how to get it', () => {
  vi.stubEnv('PATH', '/nowhere');
  expect(() => findProgram('rabbitmq-tool')).toThrow(expect.objectContaining({ code: 'RABBITMQ_MISSING' }));
});
