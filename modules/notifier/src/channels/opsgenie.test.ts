import { Receiver, says } from '@ganglion/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { noticeOf, openChannel, send, survives } from '../channel-under-test.ts';

const answer = says(202, { result: 'Request will be processed', requestId: 'r' });
const open = (url: string) =>
  openChannel({ type: 'opsgenie', address: url, api_key: { env: 'KEY' } }, { KEY: 'genie-key' });

describe('Opsgenie', () => {
  survives(open, { answer });

  it('creates an alert, adds to it with its priority, and closes it', async () => {
    const server = await Receiver.start(answer);
    onTestFinished(() => server.close());
    const channel = open(server.url);
    const alias = await send(channel, noticeOf({ severity: 'critical' }));
    await send(channel, noticeOf({ kind: 'changed', severity: 'warning' }), alias);
    await send(channel, noticeOf({ kind: 'cleared' }), alias);
    expect(server.received.map(({ path }) => path)).toEqual([
      '/v2/alerts',
      `/v2/alerts/${alias}/priority?identifierType=alias`,
      `/v2/alerts/${alias}/notes?identifierType=alias`,
      `/v2/alerts/${alias}/close?identifierType=alias`,
    ]);
    expect(server.received[0]?.headers.authorization).toBe('GenieKey genie-key');
    expect(server.received[1]).toMatchObject({ method: 'PUT', body: '{"priority":"P3"}' });
    expect(JSON.parse(server.received[0]?.body ?? '')).toMatchObject({
      message: 'db-01: Disk full on / in 3 h',
      alias,
      priority: 'P1',
    });
  });
});
