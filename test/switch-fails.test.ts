// A switch fails, and 80 of 1,000 machines are gone at once: whoever is to be told gets one message, which says what they share.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Line, startLine } from '@ganglion/testkit';
import { describe, expect, onTestFinished, test } from 'vitest';
import { join as joinExchange } from './support/exchange.ts';
import { type FleetOptions, type PlayedMachine, startFleet } from './support/fleet.ts';
import { startHook } from './support/receivers.ts';
import { ownPlace, run } from './support/system.ts';

const MACHINES = 1_000;
const LOST = 80;

/** A fleet over RabbitMQ, some of it behind a switch, with all that judges it, and a receiver of messages. */
async function stage(
  machines: readonly PlayedMachine[],
  isBehind: (machine: PlayedMachine) => boolean,
  options: FleetOptions,
) {
  const place = ownPlace();
  const hook = await startHook();
  const folder = mkdtempSync(join(tmpdir(), 'ganglion-switch-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'url'), hook.url);
  const config = join(folder, 'ganglion.toml');
  writeFileSync(
    config,
    `[notifier]
    state_dir = "${folder}/state"
    # More than the usual 3 s, so that it holds on a machine that is busy with other tests, too.
    gather_ms = 8000
    [notifier.channels.hook]
    type = "webhook"
    url = { file = "${folder}/url" }
    # Whatever more there is to say would be said at once.
    [[notifier.routes]]
    channels = ["hook"]
    update_ms = 0`,
  );
  const stranger = await joinExchange(place.broker, place.exchange);
  const analyses = await stranger.hear('#.analysis');
  for (const module of ['presence', 'analyzer', 'notifier']) await run(place, module, '--config', config);

  const network: Line = await startLine(place.broker);
  onTestFinished(() => network.close());
  const behind = machines.filter(isBehind);
  expect(behind).toHaveLength(LOST);
  const others = machines.filter((machine) => !isBehind(machine));
  await startFleet(place, others, { interval_ms: options.interval_ms });
  await startFleet({ ...place, broker: network.url }, behind, options);
  // Each is known, and has spoken more than once.
  const spoken = new Map<string, number>();
  let seen = 0;
  await analyses.until((items) => {
    for (; seen < items.length; seen++) {
      const key = items[seen]?.key ?? '';
      spoken.set(key, (spoken.get(key) ?? 0) + 1);
    }
    return spoken.size === MACHINES && [...spoken.values()].every((times) => times >= 3);
  });
  return { network, hook, stranger };
}

type Stage = Awaited<ReturnType<typeof stage>>;

/** All that was told until something else is, which is found long after; without that. */
async function toldUntilMore({ hook, stranger }: Stage) {
  await hook.told.first(() => true);
  const other = { id: 'other', state: 'raised', severity: 'info', rule: 'test', resource: 'test', sentence: 'Other' };
  stranger.say('elsewhere.alert', { ...other, since_ms: Date.now() });
  await hook.told.first(({ body }) => body['group'] === 'elsewhere/other');
  return hook.told.items.map(({ body }) => body).filter(({ group }) => group !== 'elsewhere/other');
}

describe('a switch that fails', () => {
  test('is one message that names the part of their names that the machines behind it share', async () => {
    const machines = Array.from({ length: MACHINES }, (_, n) => ({ name: `site1.rack${Math.floor(n / LOST)}.m${n}` }));
    const scene = await stage(machines, ({ name }) => name.startsWith('site1.rack4.'), {
      interval_ms: 1_000,
      own_connections: true,
    });
    await scene.network.cut();
    const [message, ...more] = await toldUntilMore(scene);
    expect(more).toEqual([]);
    const title = /^80 machines of site1\.rack4\.# were cut off together, first (site1\.rack4\.m\d+)$/;
    expect(message).toMatchObject({ kind: 'raised', severity: 'critical', count: LOST, title: expect.any(String) });
    const [, first] = title.exec(String(message?.['title'])) ?? [];
    // The head is the one that went first.
    expect(message?.['alerts']).toContainEqual(
      expect.objectContaining({ machine: first, alert: expect.objectContaining({ incident_head: true }) }),
    );
    expect(String(message?.['text']).split(':')[0]).toBe(first);
  });

  test('is one message that names the label that they share and few others have', async () => {
    const machines = Array.from({ length: MACHINES }, (_, n) => ({
      name: `${['web', 'db', 'cache'][n % 3]}-${n}`,
      labels: { env: 'prod', site: `s${n % 2}`, switch: `sw${n % 12}` },
    }));
    // Three of them have another network besides.
    const isBehind = ({ name, labels }: PlayedMachine) =>
      labels?.['switch'] === 'sw4' && Number(name.split('-')[1]) < 960;
    const scene = await stage(machines, isBehind, { interval_ms: 2_000 });
    scene.network.freeze();
    const [message, ...more] = await toldUntilMore(scene);
    expect(more).toEqual([]);
    const title = expect.stringMatching(/^80 machines with switch = sw4 were cut off together, first \w+-\d+$/);
    expect(message).toMatchObject({ kind: 'raised', severity: 'critical', count: LOST, title });
  });
});
