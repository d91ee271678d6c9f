import { Receiver, says } from '@ganglion/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { noticeOf, openChannel, send, survives } from '../channel-under-test.ts';

const answer = says(200, { id: 'abc', event: 'message' });
const open = (url: string) =>
  openChannel(
    { type: 'ntfy', address: url, topic: { env: 'TOPIC' }, token: { env: 'TOKEN' } },
    { TOPIC: 'ops-4711', TOKEN: 'tk_secret' },
  );

describe('ntfy', () => {
  survives(open, { answer });

  it('publishes as JSON, as urgent as it is', async () => {
    const server = await Receiver.start(answer);
    onTestFinished(() => server.close());
    await send(open(server.url), noticeOf({ severity: 'critical', link: 'https://example.com/m/db-01' }));
    expect(server.received[0]).toMatchObject({ path: '/', headers: { authorization: 'Bearer tk_secret' } });
    expect(server.lastBody).toMatchObject({
      topic: 'ops-4711',
      title: 'db-01: Disk full on / in 3 h',
      priority: 5,
      click: 'https://example.com/m/db-01',
    });
  });
});
