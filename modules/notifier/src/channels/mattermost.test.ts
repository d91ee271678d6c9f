import { Receiver, says } from '@ganglion/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { noticeOf, openChannel, send, survives } from '../channel-under-test.ts';

const answer = says(200, 'ok');
const open = (url: string) => openChannel({ type: 'mattermost', url: { env: 'URL' } }, { URL: url });

describe('Mattermost', () => {
  survives(open, { answer });

  it('writes a title and an attachment, and calls nobody', async () => {
    const server = await Receiver.start(answer);
    onTestFinished(() => server.close());
    await send(open(`${server.url}/hooks/abc`), noticeOf({ title: 'db-01: @all look' }));
    expect(server.received[0]?.path).toBe('/hooks/abc');
    expect(server.lastBody).toMatchObject({
      text: 'db-01: @\u200ball look',
      attachments: [{ color: '#e0a000', text: expect.stringContaining('Disk full on / in 3 h') }],
    });
  });
});
