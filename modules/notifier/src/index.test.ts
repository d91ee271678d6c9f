import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Receiver, runUnderTest, type Subject, says } from '@ganglion/testkit';
import { type Alert, alert } from '@ganglion/topics';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { FAILURES, toldOf } from './channel-under-test.ts';
import notifier from './index.ts';

// A bound for what never comes, on a machine that is busy.
vi.setConfig({ testTimeout: 30_000 });

const SECRET_PATH = 'B0123456789-s3cret';

/** A receiver, and a folder with the secret address of it. */
async function stage(answer = says(200)) {
  const receiver = await Receiver.start(answer);
  const folder = mkdtempSync(join(tmpdir(), 'ganglion-notifier-'));
  const file = join(folder, 'url');
  writeFileSync(file, `${receiver.url}/${SECRET_PATH}\n`);
  onTestFinished(async () => {
    await receiver.close();
    rmSync(folder, { recursive: true });
  });
  return { receiver, url: { file }, state_dir: join(folder, 'state') };
}

const raise = (machine: string, more: Partial<Alert> = {}) => alert(machine, toldOf(more).alert);

const run = (config: object): Promise<Subject> => runUnderTest(notifier, { config: { gather_ms: 0, ...config } });

const titles = (receiver: Receiver) => receiver.received.map(({ body }) => JSON.parse(body).title);

describe('the notifier', () => {
  it('tells of an alert and of its end', async () => {
    const { receiver, url, state_dir } = await stage();
    await using subject = await run({ channels: { hook: { type: 'webhook', url } }, state_dir });
    await subject.given(raise('db-01'), raise('db-01', { state: 'cleared' }));
    await receiver.until(({ length }) => length === 2);
    expect(titles(receiver)).toEqual(['db-01: Disk full on / in 3 h', 'Over: db-01: Disk full on / in 3 h']);
    await expect.poll(async () => (await subject.pulse()).counts, { timeout: 20_000 }).toMatchObject({ sent: 2 });
  });

  it('is not kept from telling by a channel that fails', async () => {
    const { receiver, url, state_dir } = await stage();
    const bad = await Promise.all(Object.values(FAILURES).map((answer) => stage(answer)));
    const failing = Object.fromEntries(
      bad.map(({ url }, n) => [`bad${n}`, { type: 'webhook', url, timeout_ms: 100, retry_first_ms: 10 }]),
    );
    const broken = { type: 'program', command: ['/nowhere/at/all'] };
    const config = { channels: { ...failing, broken, hook: { type: 'webhook', url } }, state_dir };
    await using subject = await run(config);
    for (let n = 0; n < 20; n++) subject.send(raise(`m${n}`));
    await receiver.until(({ length }) => length === 20);
    await Promise.all(bad.map((each) => each.receiver.until(({ length }) => length >= 1)));
    expect(titles(receiver)).toHaveLength(20);
  });

  it('goes on after a restart with what was not taken, under the same key', async () => {
    const { receiver, url, state_dir } = await stage(says(500));
    const config = { channels: { hook: { type: 'webhook', url, retry_first_ms: 10 } }, state_dir };
    const first = await run(config);
    await first.given(raise('db-01'));
    await receiver.until(({ length }) => length >= 1);
    await first.stop();
    receiver.answer = says(200);
    const before = receiver.received.length;
    await using second = await run(config);
    await receiver.until(({ length }) => length > before);
    // The same alert again, as a broker gives it that never got our word for it.
    await second.given(raise('db-01'), raise('db-02'));
    await receiver.until((all) => all.some(({ body }) => body.includes('db-02')));
    const keys = receiver.received.map(({ headers }) => headers['idempotency-key']);
    expect(new Set(keys).size).toBe(2);
  });

  it('does nothing, and leaves nothing on the disk, without a channel', async () => {
    const { state_dir } = await stage();
    await using subject = await run({ state_dir });
    await subject.given(raise('db-01'));
    expect((await subject.pulse()).counts).toEqual({ without_channel: 1 });
    expect(subject.logs).toEqual([]);
  });

  it('never shows a secret, whatever goes wrong and whoever repeats it', async () => {
    const { receiver, url, state_dir } = await stage((response, { path }) =>
      says(400, `no ${path} here`)(response, {} as never),
    );
    await using subject = await run({ channels: { hook: { type: 'webhook', url } }, state_dir });
    await subject.given(raise('db-01'));
    await receiver.until(({ length }) => length === 1);
    await expect.poll(async () => (await subject.pulse()).counts, { timeout: 20_000 }).toMatchObject({ dead: 1 });
    const said = JSON.stringify(subject.logs);
    expect(said).toContain('the answer was 400');
    expect(said).not.toContain(SECRET_PATH);
  });

  it.each<[string, object, RegExp]>([
    [
      'a type that there is none of',
      { channels: { ops: { type: 'fax' } } },
      /notifier\.channels\.ops\.type: "fax" is no kind of channel; give one of .*\bemail, .*\bwebhook/,
    ],
    [
      'a setting that is missing',
      { channels: { ops: { type: 'gotify' } } },
      /notifier\.channels\.ops\.(address|token): a channel of type gotify needs it; give/,
    ],
    [
      'a number out of its range',
      { channels: { ops: { type: 'program', command: ['x'], timeout_ms: 1 } } },
      /ops\.timeout_ms: it .*; give milliseconds, a whole number from 100/,
    ],
    [
      'a route to nowhere',
      { routes: [{ channels: ['ops'] }] },
      /notifier\.routes\.0\.channels: there is no channel "ops"; give channels first/,
    ],
  ])('refuses %s at the start, and says what it expects', async (_name, config, message) => {
    await expect(run(config)).rejects.toThrow(message);
    await expect(run(config)).rejects.toMatchObject({ configuration: true });
  });
});
