import { Receiver, says } from '@ganglion/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { noticeOf, openChannel, send, survives } from '../channel-under-test.ts';

const answer = says(200, { event_id: '$event' });
const open = (url: string) =>
  openChannel(
    { type: 'matrix', address: url, room: '!room:example.com', token: { env: 'TOKEN' } },
    { TOKEN: 'syt_secret' },
  );

describe('Matrix', () => {
  survives(open, { answer });

  it('sends into a thread, in a transaction that is the notice', async () => {
    const server = await Receiver.start(answer);
    onTestFinished(() => server.close());
    const thread = await send(open(server.url), noticeOf({ key: 'first' }));
    await send(open(server.url), noticeOf({ key: 'second' }), thread);
    const front = '/_matrix/client/v3/rooms/!room%3Aexample.com/send/m.room.message';
    expect(server.received[0]).toMatchObject({
      method: 'PUT',
      path: `${front}/first`,
      headers: { authorization: 'Bearer syt_secret' },
    });
    expect(server.received[1]?.path).toBe(`${front}/second`);
    expect(server.lastBody).toMatchObject({
      msgtype: 'm.text',
      'm.relates_to': {
        rel_type: 'm.thread',
        event_id: '$event',
        is_falling_back: true,
        'm.in_reply_to': { event_id: '$event' },
      },
    });
  });
});
