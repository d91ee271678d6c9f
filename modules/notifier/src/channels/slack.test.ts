import { Receiver, says } from '@ganglion/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { noticeOf, openChannel, send, survives, toldOf } from '../channel-under-test.ts';

const open = (url: string) => openChannel({ type: 'slack', url: { env: 'URL' } }, { URL: url });
const bot = (url: string) =>
  openChannel({ type: 'slack', token: { env: 'TOKEN' }, channel: 'C01', address: url }, { TOKEN: 'xoxb-1234567' });

async function receiver(...answer: Parameters<typeof says>): Promise<Receiver> {
  const started = await Receiver.start(says(...answer));
  onTestFinished(() => started.close());
  return started;
}

describe('a webhook of Slack', () => {
  survives(open, { answer: says(200, 'ok') });

  it('writes a title and an attachment in the colour of the severity, and calls nobody', async () => {
    const slack = await receiver(200, 'ok');
    await send(open(`${slack.url}/services/T/B/X`), noticeOf({}, toldOf({ sentence: '<!channel> & more' })));
    expect(slack.received[0]?.path).toBe('/services/T/B/X');
    expect(slack.lastBody).toMatchObject({
      text: 'db-01: &lt;!channel&gt; &amp; more',
      attachments: [{ color: '#e0a000', text: expect.stringContaining('[warning, since') }],
    });
  });
});

describe('a bot of Slack', () => {
  survives(bot, { answer: says(200, { ok: true, ts: '1.2' }) });

  it('puts what follows into the thread of the first', async () => {
    const slack = await receiver(200, { ok: true, ts: '1700.0001' });
    const thread = await send(bot(slack.url), noticeOf());
    await send(bot(slack.url), noticeOf({ kind: 'cleared' }), thread);
    expect(slack.received[0]).toMatchObject({
      path: '/api/chat.postMessage',
      headers: { authorization: 'Bearer xoxb-1234567' },
    });
    expect(slack.lastBody).toMatchObject({ channel: 'C01', thread_ts: '1700.0001' });
  });

  it('does not take a refusal for a yes, though it comes with 200', async () => {
    const slack = await receiver(200, { ok: false, error: 'channel_not_found' });
    await expect(send(bot(slack.url), noticeOf())).rejects.toThrow('channel_not_found');
  });

  it('is a webhook or a bot, not half of each', () => {
    expect(() => openChannel({ type: 'slack' })).toThrow(/tested\.url: .*; give url, or token and channel/);
  });
});
