import { runUnderTest } from '@ganglion/testkit';
import { birth, death, measure, outage, pulse } from '@ganglion/topics';
import { describe, expect, it } from 'vitest';
import presence from './index.ts';

const nothing = { in: {}, out: {}, dropped: {}, failed: {}, counts: {} };

const about = (connection: string, more: object = {}) => ({
  host: 'db-01',
  connection,
  started_ms: 1,
  listens: [] as string[],
  publishes: ['measure'],
  ...more,
});

/** The pulse of a tracker that measures one machine. */
const pulseOf = (tracker: string, machine: string, more: object = {}) =>
  pulse(tracker, {
    module: 'tracker',
    interval_ms: 1_000,
    ...nothing,
    about: about(tracker, { machine: { name: machine, interval_ms: 60_000, cores: 4 } }),
    ...more,
  });

/** Presence hears its own pulses too; most tests are about the others. */
const others = <T extends { source: string }>(subject: { instance: string }, told: readonly T[]) =>
  told.filter(({ source }) => source !== subject.instance);

/** A measure from nobody that says who it is, as the ancestor's tracker sends it. */
const sample = (machine: string) => measure(machine, { cpu_percentage: 1 });

describe('presence', () => {
  it('tells of an instance by its first pulse, with what it says of itself', async () => {
    await using subject = await runUnderTest(presence);
    const told = await subject.given(pulseOf('t@a', 'a'), pulseOf('t@a', 'a'));
    const [first, ...more] = others(subject, told);
    expect(first).toMatchObject({
      family: 'birth',
      source: 't@a',
      body: { kind: 'instance', instance: 't@a', about: { role: 'tracker', host: 'db-01', publishes: ['measure'] } },
    });
    expect(more).toEqual([]);
  });

  it('tells of a machine by its first measure, also of one whose tracker says nothing', async () => {
    await using subject = await runUnderTest(presence);
    const told = await subject.given(sample('db-01.example.com'), sample('db-01.example.com'));
    expect(others(subject, told)).toMatchObject([
      { family: 'birth', source: 'db-01.example.com', body: { kind: 'machine', about: {} } },
    ]);
  });

  it('tells of a death when the broker says that the connection has ended', async () => {
    await using subject = await runUnderTest(presence);
    await subject.given(pulseOf('t@a', 'a'));
    subject.connection('somebody else', false);
    subject.connection('t@a', false);
    const [dead] = await subject.messages(death, 1);
    expect(dead).toMatchObject({ source: 't@a', body: { kind: 'instance', cause: 'connection_lost' } });
  });

  it('tells of a goodbye as such', async () => {
    await using subject = await runUnderTest(presence);
    await subject.given(pulseOf('t@a', 'a'));
    const told = await subject.given(pulseOf('t@a', 'a', { stopping: true }));
    expect(others(subject, told)).toMatchObject([{ family: 'death', source: 't@a', body: { cause: 'stopped' } }]);
  });

  it('tells everyone again when somebody new listens to births', async () => {
    await using subject = await runUnderTest(presence);
    await subject.given(sample('a'), pulseOf('t@b', 'b'), pulseOf('t@b', 'b', { stopping: true }));
    await subject.given(
      pulse('web@a', { module: 'web', interval_ms: 1, ...nothing, about: about('web@a', { listens: ['#.birth'] }) }),
    );
    const deaths = await subject.messages(death, 2);
    const births = others(subject, await subject.messages(birth, 6));
    expect(births.filter(({ body }) => body.repeated).map(({ source }) => source)).toEqual(['a', 'web@a']);
    const [dead, ...more] = deaths.filter(({ body }) => body.repeated);
    // Whoever is new has not heard what that was.
    expect(dead).toMatchObject({ source: 't@b', body: { about: { role: 'tracker', publishes: ['measure'] } } });
    expect(more).toEqual([]);
  });

  it('tells many who are cut off together as one outage, besides each death', async () => {
    await using subject = await runUnderTest(presence, { config: { outage_machines_min: 5, outage_window_ms: 100 } });
    const machines = Array.from({ length: 5 }, (_, i) => `site1.m${i}`);
    await subject.given(...machines.map(sample));
    // Two signs, so that each has an interval of its own, of next to nothing.
    await subject.given(...machines.map(sample));
    const [told] = await subject.messages(outage, 1);
    expect(told).toMatchObject({ source: subject.instance, body: { count: 5, pattern: 'site1.#' } });
    expect(told?.body.machines.toSorted()).toEqual(machines);
    expect((await subject.messages(death, 5)).every(({ body }) => body.cause === 'silent')).toBe(true);
  });

  it('takes no more than it may, and counts the others', async () => {
    await using subject = await runUnderTest(presence, { config: { sources_max: 2 } });
    const told = await subject.given(sample('a'), sample('b'), sample('c'), sample('d'));
    expect(told.length).toBeLessThanOrEqual(2);
    expect((await subject.pulse()).counts['sources_not_taken']).toBeGreaterThanOrEqual(2);
  });
});
