import { Receiver, says } from '@ganglion/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { noticeOf, openChannel, send, survives } from '../channel-under-test.ts';

const answer = says(200, { name: 'spaces/A/messages/B' });
const open = (url: string) => openChannel({ type: 'google_chat', url: { env: 'URL' } }, { URL: url });

describe('Google Chat', () => {
  survives(open, { answer });

  it('puts all about one incident into one thread', async () => {
    const server = await Receiver.start(answer);
    onTestFinished(() => server.close());
    const channel = open(`${server.url}/v1/spaces/A/messages?key=k&token=t`);
    await send(channel, noticeOf());
    await send(channel, noticeOf({ key: 'other', title: '<users/all> over', kind: 'cleared' }));
    await send(channel, noticeOf({ group: 'another' }));
    expect(server.received[0]?.path).toBe(
      '/v1/spaces/A/messages?key=k&token=t&messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD',
    );
    const bodies = server.received.map(({ body }) => JSON.parse(body));
    expect(bodies[0].text).toContain('db-01: Disk full on / in 3 h');
    expect(bodies[1].text).toContain('<\u200busers/all> over');
    expect(bodies[1].thread).toEqual(bodies[0].thread);
    expect(bodies[2].thread).not.toEqual(bodies[0].thread);
  });
});
