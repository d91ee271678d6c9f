// One channel under test: set up from settings as anyone would write them, before a real server.

import { type Answer, Receiver, says } from '@ganglion/testkit';
import type { Alert } from '@ganglion/topics';
import { expect, it, onTestFinished } from 'vitest';
import { type Channel, NotSent } from './channel.ts';
import { type Notice, type Told, writeNotice } from './notice.ts';
import { Secrets } from './secret.ts';
import { makeReady } from './settings.ts';

/** Every way in which a receiver may fail, by a name for people. */
export const FAILURES = {
  'an error of the server': says(500, 'out of order'),
  'a wish to be left alone for a while': says(429, 'slow down', { 'retry-after': '7' }),
  'nothing at all': () => {},
  'a connection that breaks': (response) => response.destroy(),
  'half an answer': (response) => {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('{"ok":', () => response.destroy());
  },
  'a redirect': says(307, '', { location: 'http://127.0.0.1:1/elsewhere' }),
  'a login that is refused': says(401, 'who are you?'),
  'an address that is gone': says(404, 'nothing here'),
} as const satisfies Readonly<Record<string, Answer>>;

/** What a receiver that hangs is waited for, here; and what any other is, also on a machine that is busy. */
const PATIENCE_MS = 200;
const LONG_MS = 10_000;

/** An alert of a machine. */
export function toldOf(more: Partial<Alert> = {}, machine = 'db-01'): Told {
  const alert: Alert = {
    id: 'disk',
    state: 'raised',
    severity: 'warning',
    rule: 'forecast',
    resource: 'file_systems /',
    sentence: 'Disk full on / in 3 h',
    since_ms: 1_700_000_000_000,
    ...more,
  };
  return { machine, alert };
}

/** A notice about an alert. */
export function noticeOf(more: Partial<Notice> = {}, told: Told = toldOf()): Notice {
  const written = writeNotice({
    channel: 'test',
    group: 'db-01/disk',
    kind: 'raised',
    severity: told.alert.severity,
    alerts: [told],
    sentence: undefined,
    step: 0,
    time_ms: 1_700_000_000_000,
    began_ms: told.alert.since_ms,
    page_url: '',
  });
  return { ...written, ...more };
}

/** Sets up a channel from a table of the settings. Secrets come from the variables given. */
export function openChannel(table: object, environment: Record<string, string> = {}): Channel {
  const channels = { tested: table } as Record<string, { type: string }>;
  const config = { channels, routes: [], gather_ms: 0, state_dir: '', time_zone: '', page_url: '' };
  const channel = makeReady(config, new Secrets(environment)).channels.get('tested')?.channel;
  if (channel === undefined) throw new Error('there is no such channel');
  onTestFinished(async () => {
    await channel.close?.();
  });
  return channel;
}

/** Sends as the outbox does, for no longer than a moment. */
export async function send(channel: Channel, notice: Notice, thread?: string): Promise<string | undefined> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), LONG_MS);
  try {
    return await channel.send(notice, thread, controller.signal);
  } finally {
    clearTimeout(timer);
  }
}

/** Says, test by test, that a channel over HTTP survives every way in which its receiver may fail, and knows garbage. */
export function survives(
  open: (url: string) => Channel,
  { answer, knows_garbage = true }: { readonly answer: Answer; readonly knows_garbage?: boolean },
): void {
  const failing = async (bad: Answer) => {
    const receiver = await Receiver.start(bad);
    onTestFinished(() => receiver.close());
    const channel = open(receiver.url);
    const signal = AbortSignal.timeout(bad === FAILURES['nothing at all'] ? PATIENCE_MS : LONG_MS);
    const thrown = await channel.send(noticeOf(), undefined, signal).catch((error) => error);
    expect(thrown).toBeInstanceOf(NotSent);
    // The other side is well again: so is the channel.
    receiver.answer = answer;
    await send(channel, noticeOf());
    return thrown;
  };

  it.each(Object.entries(FAILURES))('tries again after %s', async (_name, bad) => {
    expect(await failing(bad)).toMatchObject({ permanent: false });
  });

  it('leaves the receiver alone for as long as it asks for', async () => {
    expect(await failing(FAILURES['a wish to be left alone for a while'])).toMatchObject({ retry_after_ms: 7_000 });
  });

  it.each([
    [{ retry_after: 1.5 }, 1_500],
    [{ ok: false, parameters: { retry_after: 3 } }, 3_000],
    [{ errcode: 'M_LIMIT_EXCEEDED', retry_after_ms: 2_000 }, 2_000],
    [{ retry_after: 'soon' }, undefined],
  ])('also where it says so in the body: %j', async (body, retry_after_ms) => {
    expect(await failing(says(429, body))).toMatchObject({ permanent: false, retry_after_ms });
  });

  it('does not try again what the receiver will never take', async () => {
    expect(await failing(says(400, 'no such field'))).toMatchObject({ permanent: true });
  });

  it('tries again when nobody is there', async () => {
    const receiver = await Receiver.start();
    const channel = open(receiver.url);
    await receiver.close();
    await expect(send(channel, noticeOf())).rejects.toMatchObject({ name: 'NotSent', permanent: false });
  });

  if (knows_garbage) {
    it('does not take garbage for a yes', async () => {
      expect(await failing(says(200, '<html>Welcome to the hotel</html>'))).toMatchObject({ permanent: false });
    });
  }
}
