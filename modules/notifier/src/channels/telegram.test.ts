import { Receiver, says } from '@ganglion/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { noticeOf, openChannel, send, survives } from '../channel-under-test.ts';

const answer = says(200, { ok: true, result: { message_id: 77 } });
const open = (url: string) =>
  openChannel({ type: 'telegram', address: url, token: { env: 'TOKEN' }, chat: '-100' }, { TOKEN: '123:secret' });

describe('Telegram', () => {
  survives(open, { answer });

  it('answers its own first message with what follows', async () => {
    const server = await Receiver.start(answer);
    onTestFinished(() => server.close());
    const thread = await send(open(server.url), noticeOf());
    await send(open(server.url), noticeOf({ kind: 'cleared' }), thread);
    expect(server.received[0]?.path).toBe('/bot123:secret/sendMessage');
    expect(JSON.parse(server.received[0]?.body ?? '')).not.toHaveProperty('reply_parameters');
    expect(server.lastBody).toMatchObject({
      chat_id: '-100',
      text: expect.stringContaining('db-01: Disk full on / in 3 h'),
      reply_parameters: { message_id: 77, allow_sending_without_reply: true },
    });
  });
});
