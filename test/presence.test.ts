// Machines and modules die in the ways they do, on a real broker; who listens to deaths, and who looks at the page, sees it.

import { startRabbitmq } from '@ganglion/testkit';
import { describe, expect, onTestFinished, test } from 'vitest';
import { machineOn, useBrowser } from './support/browser.ts';
import { join } from './support/exchange.ts';
import { logOf, ownPlace, type Place, run, runWeb } from './support/system.ts';

const OFTEN = ['--interval', '500ms'];

/** A tap on one family, before anything else is there. */
async function hear(place: Place, pattern: string) {
  const stranger = await join(place.broker, place.exchange);
  const heard = await stranger.hear(pattern);
  return heard.map(({ key, text }) => ({ key, body: JSON.parse(text) as Record<string, unknown> }));
}

describe('presence', () => {
  const open = useBrowser();

  test('tells of a birth with its self-description, of a kill as a lost connection, of a stop as a goodbye', async () => {
    const place = ownPlace();
    const births = await hear(place, '#.birth');
    const deaths = await hear(place, '#.death');
    await run(place, 'presence');
    const killed = await run(place, 'tracker', '--machine', 'killed.example.com', ...OFTEN);
    const stopped = await run(place, 'tracker', '--machine', 'stopped', ...OFTEN);
    const described = await births.first(
      ({ key, body }) => key === 'killed.example.com.birth' && Object.keys(body['about'] as object).length > 0,
    );
    expect(described.body).toMatchObject({
      kind: 'machine',
      instance: expect.stringMatching(/^tracker-/),
      interval_ms: 500,
      about: { name: 'killed.example.com', system: expect.stringMatching(/^Linux /), cores: expect.any(Number) },
    });
    await births.first(({ key }) => key === 'stopped.birth');

    killed.signal('SIGKILL');
    const lost = await deaths.first(({ key }) => key === 'killed.example.com.death');
    expect(lost.body).toMatchObject({ kind: 'machine', cause: 'connection_lost' });
    await deaths.first(({ key, body }) => key.startsWith('tracker-') && body['cause'] === 'connection_lost');

    await stopped.stop();
    const goodbye = await deaths.first(({ key }) => key === 'stopped.death');
    expect(goodbye.body).toMatchObject({ kind: 'machine', cause: 'stopped' });
  });

  test('is seen on the page: dead at once with its cause, live again at once, also by who comes later', async () => {
    const place = ownPlace();
    await run(place, 'presence');
    await run(place, 'analyzer');
    const web = await runWeb(place);
    const tracker = await run(place, 'tracker', '--machine', 'db-01', ...OFTEN);
    const { page, complaints } = await open(`http://localhost:${web.port}/`);
    await machineOn(page, 'db-01').waitFor();
    tracker.signal('SIGKILL');
    await page.getByText(/DEAD for .*, connection lost/).waitFor();

    const later = await runWeb(place);
    const { page: latecomer } = await open(`http://localhost:${later.port}/`);
    await latecomer.getByText(/DEAD for .*, connection lost/).waitFor();

    await run(place, 'tracker', '--machine', 'db-01', ...OFTEN);
    await page.locator('article:not(.dead)', { hasText: 'db-01' }).waitFor();
    expect(complaints).toEqual([]);
  });

  test('says that the broker does not tell who leaves it, and goes by silence then', async () => {
    const broker = await startRabbitmq({ plugins: [] });
    onTestFinished(() => broker.stop());
    const place = { broker: broker.url, exchange: 'ganglion' };
    const births = await hear(place, '#.birth');
    const deaths = await hear(place, '#.death');
    const presence = await run(place, 'presence');
    const tracker = await run(place, 'tracker', '--machine', 'db-01', '--interval', '200ms');
    await births.first(({ key }) => key === 'db-01.birth');
    tracker.signal('SIGKILL');
    const dead = await deaths.first(({ key }) => key === 'db-01.death');
    expect(dead.body).toMatchObject({ cause: 'silent' });
    const warnings = logOf(presence).filter(({ level }) => level === 'warn');
    expect(warnings.map(({ code }) => code)).toEqual(['CONNECTION_EVENTS_MISSING']);
  });
});
