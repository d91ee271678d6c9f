import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { connect } from 'amqplib';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { freshExchange, type PrivateRabbitmq, sharedRabbitmq, startRabbitmq } from './index.ts';

/** What a test that starts a broker may take on a busy machine. */
const START = { timeout: 90_000 };

describe('the shared RabbitMQ', () => {
  it('takes connections, with its plugins running', async () => {
    const connection = await connect(sharedRabbitmq());
    const channel = await connection.createChannel();
    await channel.assertExchange(freshExchange(), 'x-consistent-hash', { autoDelete: true });
    await channel.checkExchange('amq.rabbitmq.event');
    await connection.close();
  });
});

describe('a private RabbitMQ', START, () => {
  let place: string;
  let broker: PrivateRabbitmq;
  beforeAll(async () => {
    place = await mkdtemp(`${tmpdir()}/testkit-`);
    vi.stubEnv('TMPDIR', place);
    broker = await startRabbitmq({ tls: true });
    vi.unstubAllEnvs();
  });
  afterAll(async () => {
    await broker.stop();
    await rmdir(place);
  });

  it('listens with TLS too, known by its own authority alone', async () => {
    const ca = await readFile(broker.ca_file);
    const connection = await connect(broker.url_tls, { ca: [ca] });
    await connection.close();
    await expect(connect(broker.url_tls)).rejects.toMatchObject({ code: expect.stringMatching(/CERT|VERIFY/) });
  });

  it('does what rabbitmqctl is told, and tells what went wrong', async () => {
    expect(await broker.ctl('list_vhosts', 'name')).toContain('/');
    await expect(broker.ctl('delete_vhost', 'nowhere')).rejects.toMatchObject({ code: 'RABBITMQ_CTL_FAILED' });
  });

  it('is started once at a time', async () => {
    await expect(broker.start()).rejects.toMatchObject({ code: 'RABBITMQ_NOT_STARTED' });
  });

  it('leaves nothing when it is stopped, also when it was about to start again', async () => {
    expect(await processesOf(place)).toContain('beam.smp');
    const restarted = broker.restart().catch(() => 'stopped');
    await broker.stop();
    expect(await restarted).toBe('stopped');
    expect(await processesOf(place)).toEqual([]);
    expect(await readdir(place)).toEqual([]);
  });

  it('that cannot start says why in its own words', async () => {
    await expect(startRabbitmq({ config: 'no_such_setting = 1' })).rejects.toMatchObject({
      code: 'RABBITMQ_NOT_STARTED',
      message: expect.stringContaining('no_such_setting'),
    });
  });
});

describe('a private RabbitMQ whose process is ended leaves nothing', START, () => {
  let folder: string;
  let program: string;
  beforeAll(async () => {
    folder = await mkdtemp(`${tmpdir()}/testkit-`);
    program = `${folder}/rabbitmq.cjs`;
    await build({
      entryPoints: [fileURLToPath(new URL('./rabbitmq.ts', import.meta.url))],
      conditions: ['@ganglion/source'],
      bundle: true,
      platform: 'node',
      format: 'cjs',
      outfile: program,
    });
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each([
    ['in the middle of the start', 'SIGTERM'],
    ['when it runs', 'SIGKILL'],
  ] as const)('%s, by %s', async (when, signal) => {
    const place = await mkdtemp(`${folder}/place-`);
    const script = `require(${JSON.stringify(program)}).startRabbitmq().then(() => console.log('started'))`;
    const child = spawn(process.execPath, ['-e', script], {
      env: { ...process.env, TMPDIR: place },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    if (when === 'when it runs') await once(child.stdout, 'data');
    await expect.poll(() => processesOf(place), { timeout: 60_000 }).toContain('beam.smp');
    child.kill(signal);
    await expect.poll(() => processesOf(place), { timeout: 60_000 }).toEqual([]);
    await expect.poll(() => readdir(place)).toEqual([]);
  });
});

/** The names of the processes whose folder for temporary files is `place`. */
async function processesOf(place: string): Promise<string[]> {
  const names: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    try {
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1');
      if (!environment.split('\0').includes(`TMPDIR=${place}`)) continue;
      names.push((await readFile(`/proc/${pid}/comm`, 'utf8')).trim());
    } catch {
      // It ended meanwhile.
    }
  }
  return names;
}
