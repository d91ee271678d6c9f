import { Receiver, says } from '@ganglion/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { noticeOf, openChannel, send, survives } from '../channel-under-test.ts';

const answer = says(202, { status: 'success', dedup_key: 'k' });
const open = (url: string) =>
  openChannel({ type: 'pagerduty', address: url, routing_key: { env: 'KEY' } }, { KEY: 'r0uting' });

describe('PagerDuty', () => {
  survives(open, { answer });

  it('opens an incident and resolves the same', async () => {
    const server = await Receiver.start(answer);
    onTestFinished(() => server.close());
    await send(open(server.url), noticeOf());
    await send(open(server.url), noticeOf({ kind: 'cleared' }));
    expect(server.received[0]?.path).toBe('/v2/enqueue');
    const [opened, resolved] = server.received.map(({ body }) => JSON.parse(body));
    expect(opened).toMatchObject({
      routing_key: 'r0uting',
      event_action: 'trigger',
      payload: {
        summary: 'db-01: Disk full on / in 3 h',
        source: 'db-01',
        severity: 'warning',
        component: 'file_systems /',
        class: 'forecast',
      },
    });
    expect(resolved).toMatchObject({ event_action: 'resolve', dedup_key: opened.dedup_key });
  });
});
