import { Receiver, says } from '@ganglion/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { noticeOf, openChannel, send, survives } from '../channel-under-test.ts';

const answer = says(202);
const open = (url: string) => openChannel({ type: 'teams', url: { env: 'URL' } }, { URL: url });

describe('Teams', () => {
  survives(open, { answer });

  it('writes an adaptive card', async () => {
    const server = await Receiver.start(answer);
    onTestFinished(() => server.close());
    await send(open(`${server.url}/workflows/1?sig=secret`), noticeOf({ kind: 'cleared' }));
    expect(server.received[0]?.path).toBe('/workflows/1?sig=secret');
    expect(server.lastBody).toMatchObject({
      type: 'message',
      attachments: [
        {
          contentType: 'application/vnd.microsoft.card.adaptive',
          content: { type: 'AdaptiveCard', body: [{ text: 'db-01: Disk full on / in 3 h', color: 'good' }, {}] },
        },
      ],
    });
  });
});
