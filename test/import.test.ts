// A machine whose agent is the real collectd from Debian's packages is a machine like any other: it is born, measured, judged, and
// dies; whether its agent publishes to our exchange or to one of its own.

import { availableParallelism, totalmem } from 'node:os';
import { measure, PATIENCE_MS } from '@ganglion/topics';
import { connect } from 'amqplib';
import { expect, onTestFinished, test } from 'vitest';
import { AGENT_INTERVAL_S, startCollectd } from './support/agents.ts';
import { type Heard, join } from './support/exchange.ts';
import { logOf, ownPlace, run } from './support/system.ts';

/** The last word of a name with dots is a family to who cuts it at the wrong dot. */
const HOSTS = ['db-01.example.com', 'web.measure'] as const;

const bodyOf = ({ text }: Heard): Record<string, unknown> => JSON.parse(text);

test('a real collectd shows up as a machine, under its whole name, and is missed when it is killed', async () => {
  const place = ownPlace();
  const stranger = await join(place.broker, place.exchange);
  const measures = await stranger.hear('#.measure');
  const analyses = await stranger.hear('#.analysis');
  const births = await stranger.hear('#.birth');
  const deaths = await stranger.hear('#.death');
  const [importer] = await Promise.all([run(place, 'importer'), run(place, 'presence'), run(place, 'analyzer')]);
  const started_ms = Date.now();

  const agents = HOSTS.map((host) => startCollectd(host, { ...place, key: 'agents.collectd' }));

  for (const host of HOSTS) {
    await births.first(({ key }) => key === `${host}.birth`);
    await analyses.first((heard) => heard.key === `${host}.analysis` && 'cpu_result' in bodyOf(heard));
    // The first comes with the rates that are known by then.
    const whole = await measures.first((heard) => heard.key === `${host}.measure` && 'network' in bodyOf(heard));
    const body: unknown = bodyOf(whole);
    if (!measure.check(body)) throw new Error(measure.explain(body));
    expect(body).toMatchObject({
      cpu: { cores: availableParallelism() },
      memory: { total_bytes: expect.any(Number), available_bytes: expect.any(Number) },
      load: { load_1: expect.any(Number) },
      file_systems: { mounts: expect.any(Object) },
      uptime: { uptime_seconds: expect.any(Number) },
      memory_percentage: expect.any(Number),
      load_percentage: expect.any(Number),
    });
    expect(body.cpu_percentage).toBeGreaterThan(0);
    expect(Number(Object(body['memory']).total_bytes) / totalmem()).toBeCloseTo(1, 1);
    expect(Math.abs(Date.parse(whole.time ?? '') - Date.now())).toBeLessThan(10_000);
  }

  // How often a stranger speaks is learnt from the time between two, and of that nothing is believed right after a start.
  const learnt_ms = started_ms + PATIENCE_MS + 3 * AGENT_INTERVAL_S * 1_000;
  await measures.first(({ key, time }) => key === `${HOSTS[0]}.measure` && Date.parse(time ?? '') > learnt_ms);
  await agents[0]?.stop('SIGKILL');
  const gone = await deaths.first(({ key }) => key === `${HOSTS[0]}.death`);
  expect(bodyOf(gone)).toMatchObject({ kind: 'machine', cause: 'silent' });
  expect(deaths.items.map(({ key }) => key)).not.toContain(`${HOSTS[1]}.death`);
  expect(logOf(importer).filter(({ level }) => level !== 'info')).toEqual([]);
});

test('a real collectd with an exchange and keys of its own shows up too, once its exchange is there', async () => {
  const place = ownPlace();
  const exchange = `${place.exchange}.collectd`;
  onTestFinished(async () => {
    const connection = await connect(place.broker);
    await (await connection.createChannel()).deleteExchange(exchange);
    await connection.close();
  });
  const measures = await (await join(place.broker, place.exchange)).hear('#.measure');
  const importer = await run(place, 'importer', '--importer.collectd.exchange', exchange);
  await importer.errors.first((line) => line.includes('SUBSCRIPTION_LOST'));
  startCollectd(HOSTS[0], { broker: place.broker, exchange, makes: 'topic' });
  await measures.first(({ key }) => key === `${HOSTS[0]}.measure`);
  expect(logOf(importer).filter(({ level }) => level === 'error')).toEqual([]);
});
