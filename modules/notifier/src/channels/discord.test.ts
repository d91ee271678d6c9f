import { describe, expect, it, onTestFinished } from 'vitest';
import { noticeOf, openChannel, send, survives } from '../channel-under-test.ts';
import { Receiver, says } from '../receiver.ts';

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
});
