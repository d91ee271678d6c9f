import { Receiver, says } from '@ganglion/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { noticeOf, openChannel, send, survives } from '../channel-under-test.ts';

const answer = says(200, { id: 25, appid: 5 });
const open = (url: string) =>
  openChannel({ type: 'gotify', address: url, token: { env: 'TOKEN' } }, { TOKEN: 'A4711secret' });

describe('Gotify', () => {
  survives(open, { answer });

  it('pushes a message with the priority of its severity', async () => {
    const server = await Receiver.start(answer);
    onTestFinished(() => server.close());
    await send(open(`${server.url}/`), noticeOf());
    expect(server.received[0]).toMatchObject({ path: '/message', headers: { 'x-gotify-key': 'A4711secret' } });
    expect(server.lastBody).toMatchObject({ title: 'db-01: Disk full on / in 3 h', priority: 5 });
  });
});
