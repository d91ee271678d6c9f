import { Receiver, says } from '@ganglion/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { noticeOf, openChannel, send, survives } from '../channel-under-test.ts';

const answer = says(200, { status: 1, request: 'r' });
const open = (url: string) =>
  openChannel(
    { type: 'pushover', address: url, token: { env: 'TOKEN' }, user: { env: 'USER_KEY' } },
    { TOKEN: 'app-token', USER_KEY: 'user-key' },
  );

describe('Pushover', () => {
  survives(open, { answer });

  it('sends a message with the priority of its severity', async () => {
    const server = await Receiver.start(answer);
    onTestFinished(() => server.close());
    await send(open(server.url), noticeOf({ severity: 'critical' }));
    expect(server.received[0]?.path).toBe('/1/messages.json');
    expect(server.lastBody).toMatchObject({
      token: 'app-token',
      user: 'user-key',
      title: 'db-01: Disk full on / in 3 h',
      priority: 1,
      timestamp: 1_700_000_000,
    });
  });
});
