import { Receiver, says } from '@ganglion/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { noticeOf, openChannel, send, survives } from '../channel-under-test.ts';

const answer = says(200, { id: '4711' });
const open = (url: string) => openChannel({ type: 'discord', url: { env: 'URL' } }, { URL: url });

describe('Discord', () => {
  survives(open, { answer });

  it('writes an embed and calls nobody', async () => {
    const server = await Receiver.start(answer);
    onTestFinished(() => server.close());
    await send(open(`${server.url}/api/webhooks/1/token`), noticeOf({ severity: 'critical', title: 'x'.repeat(300) }));
    expect(server.received[0]?.path).toBe('/api/webhooks/1/token?wait=true');
    expect(server.lastBody).toEqual({
      embeds: [
        {
          title: `${'x'.repeat(255)}…`,
          description: expect.stringContaining('Disk full on / in 3 h'),
          color: 0xd43f3a,
          timestamp: '2023-11-14T22:13:20.000Z',
        },
      ],
      allowed_mentions: { parse: [] },
    });
  });

  it('makes a post of an incident in a forum, and adds to it', async () => {
    const server = await Receiver.start(says(200, { id: '1', channel_id: '99' }));
    onTestFinished(() => server.close());
    const settings = { type: 'discord', url: { env: 'URL' }, forum: true };
    const channel = openChannel(settings, { URL: `${server.url}/api/webhooks/1/token` });
    const thread = await send(channel, noticeOf());
    await send(channel, noticeOf({ kind: 'cleared' }), thread);
    expect(server.received.map(({ path }) => path)).toEqual([
      '/api/webhooks/1/token?wait=true',
      '/api/webhooks/1/token?wait=true&thread_id=99',
    ]);
    expect(JSON.parse(server.received[0]?.body ?? '')).toMatchObject({ thread_name: 'db-01: Disk full on / in 3 h' });
    expect(server.lastBody).not.toHaveProperty('thread_name');
  });
});
