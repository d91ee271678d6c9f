import { expect, test } from 'vitest';
import type { Beat, Instance } from '../../../wire/frames.ts';
import { APART_MAX, EDGES_MAX, graphOf, NODES_MAX, patternsOf, shareOf, UNFOLDED_MAX, YOU } from './graph.ts';
import { gistOf, partsOf, piecesOf } from './json.ts';
import { layOut, pointAt, trackOf } from './layout.ts';
import { LIGHTS_PER_SECOND_MAX, Lights, messagesPerLight } from './lights.ts';
import { nearestIn } from './near.ts';
import { isPattern, mayHear } from './patterns.ts';
import { DEAD_SHOWN_MS, INSTANCES_MAX, Population } from './population.ts';
import { Rate, rateText } from './rates.ts';
import { Ring } from './ring.ts';

const instance = (name: string, more: Partial<Instance> = {}): Instance => ({
  instance: name,
  module: name.split('-')[0] ?? name,
  listens: [],
  publishes: [],
  born_ms: 0,
  interval_ms: 1000,
  ...more,
});

const beat = (name: string, more: Partial<Beat> = {}): Beat => ({
  instance: name,
  interval_ms: 1000,
  in: {},
  out: {},
  dropped: {},
  failed: {},
  counts: {},
  ...more,
});

function peopled(...instances: Instance[]): Population {
  const population = new Population();
  population.take({ type: 'instances', sent_ms: 0, instances }, 0);
  return population;
}

const TRACKER = instance('tracker-1', { publishes: ['measure'], machine: 'db-01' });
const ANALYZER = instance('analyzer-1', { listens: ['#.measure'], publishes: ['analysis'] });
const WEB = instance('web-1', { listens: ['#.analysis', '#.pulse'] });

const graph = (population: Population, unfolded: readonly string[] = [], server?: string) =>
  graphOf(population.members.values(), new Set(unfolded), server);
const edgesOf = (population: Population) => graph(population).edges.map(({ id }) => id);

test('a topic is an edge from who publishes it to who may hear it, and the last one ends at the reader', () => {
  expect(edgesOf(peopled(TRACKER, ANALYZER, WEB))).toEqual([
    'instance:analyzer-1 analysis instance:web-1',
    'instance:tracker-1 measure instance:analyzer-1',
    'instance:web-1 frames you',
  ]);
});

test('a topic that nobody hears ends in the open', () => {
  const { edges } = graph(peopled(TRACKER));
  expect(edges.map(({ topic, to }) => [topic, to.kind])).toEqual([['measure', 'end']]);
});

test('pulses are edges of their own, so that they need not be drawn', () => {
  const { edges, pulses } = graph(peopled(TRACKER, ANALYZER, WEB));
  expect(edges.every(({ topic }) => topic !== 'pulse')).toBe(true);
  expect(pulses.map(({ from, to }) => `${from.module} ${to.module}`)).toEqual(['analyzer web', 'tracker web']);
});

test('a stranger says no pulse; what it was heard to publish is its edge', () => {
  const population = peopled(instance('weather', { stranger: true }), ANALYZER);
  const before = population.changes;
  population.takeBeat(beat('weather', { out: { weather: 2 } }), 0);
  expect(population.changes).toBeGreaterThan(before);
  const { edges, pulses } = graph(population);
  expect(edges.map(({ topic }) => topic)).toContain('weather');
  expect(pulses.every(({ from }) => from.module !== 'weather')).toBe(true);
});

test('what somebody is heard to take in, without having said that it listens, is an edge too', () => {
  const population = peopled(TRACKER, ANALYZER, instance('web-1', { listens: ['#.analysis'] }));
  expect(edgesOf(population)).not.toContain('instance:tracker-1 measure instance:web-1');
  const before = population.changes;
  population.takeBeat(beat('web-1', { in: { analysis: 1, measure: 1 } }), 0);
  expect(population.changes).toBeGreaterThan(before);
  expect(edgesOf(population)).toContain('instance:tracker-1 measure instance:web-1');
  const web = graph(population).nodes.find(({ module }) => module === 'web');
  expect(web && patternsOf(web)).toEqual(['#.analysis', 'measure']);
});

test('many instances of one module are one node, which can be taken apart while it is small', () => {
  const trackers = (n: number) => Array.from({ length: n }, (_, i) => instance(`tracker-${i}`, { born_ms: i }));
  const count = (n: number, unfolded: readonly string[] = []) => graph(peopled(...trackers(n)), unfolded).nodes.length;
  expect(graph(peopled(...trackers(1000))).nodes.map(({ id, members }) => [id, members.length])).toEqual([
    ['module:tracker', 1000],
  ]);
  expect(count(APART_MAX)).toBe(APART_MAX);
  expect(count(APART_MAX + 1)).toBe(1);
  expect(count(UNFOLDED_MAX, ['tracker'])).toBe(UNFOLDED_MAX);
  expect(count(UNFOLDED_MAX + 1, ['tracker'])).toBe(1);
});

test('what there is no room for is counted', () => {
  const modules = Array.from({ length: NODES_MAX + 7 }, (_, i) =>
    instance(`m${i}-1`, { publishes: ['x'], listens: ['#.x'] }),
  );
  const { nodes, edges, left_out } = graph(peopled(...modules));
  expect(nodes).toHaveLength(NODES_MAX);
  expect(left_out.instances).toBe(7);
  expect(edges).toHaveLength(EDGES_MAX);
  expect(left_out.edges).toBe(NODES_MAX * (NODES_MAX - 1) - EDGES_MAX);
});

test('of several web servers the one that serves this page leads to the reader', () => {
  const population = peopled(WEB, instance('web-2'));
  expect(graph(population).nodes.some(({ id }) => id === YOU)).toBe(false);
  const to_you = graph(population, [], 'web-2').edges.filter(({ to }) => to.id === YOU);
  expect(to_you.map(({ from }) => from.id)).toEqual(['instance:web-2']);
});

test('analyzers that share the work are told apart by what each takes in', () => {
  const population = peopled(TRACKER, ANALYZER, instance('analyzer-2', { listens: ['#.measure'] }));
  population.takeBeat(beat('tracker-1', { out: { measure: 30 } }), 0);
  population.takeBeat(beat('analyzer-1', { in: { measure: 10 } }), 0);
  const { edges } = graph(population);
  const shares = Object.fromEntries(
    edges.filter(({ topic }) => topic === 'measure').map((edge) => [edge.to.id, shareOf(edge, edges, 0)]),
  );
  // The second has not told yet: as far as anybody knows it hears all.
  expect(shares).toEqual({ 'instance:analyzer-1': 10 / 30, 'instance:analyzer-2': 1 });
});

test('who says no pulse for more than two intervals is late; a stranger never is', () => {
  const population = peopled(TRACKER, instance('weather', { stranger: true }));
  const standing = (name: string, now_ms: number) => population.members.get(name)?.standingAt(now_ms);
  population.takeBeat(beat('tracker-1'), 10_000);
  expect(standing('tracker-1', 12_900)).toBe('alive');
  expect(standing('tracker-1', 13_100)).toBe('late');
  expect(standing('weather', 999_999)).toBe('alive');
});

test('who died is shown for a minute, forgotten or not, and longer while selected', () => {
  const population = peopled(TRACKER, ANALYZER);
  const gone = { ...TRACKER, gone: { cause: 'connection_lost', died_ms: 1000 } } as const;
  population.take({ type: 'instances', sent_ms: 1000, instances: [gone], forgotten: ['analyzer-1'] }, 1000);
  population.take({ type: 'instances', sent_ms: 1000, instances: [], forgotten: ['tracker-1'] }, 1000);
  expect([...population.members.keys()]).toEqual(['tracker-1']);
  population.tidy(1000 + DEAD_SHOWN_MS + 1, 'tracker-1');
  expect(population.members.size).toBe(1);
  population.tidy(1000 + DEAD_SHOWN_MS + 1, undefined);
  expect(population.members.size).toBe(0);
});

test('what is lost is told as it happens, and in all', () => {
  const population = peopled(ANALYZER);
  population.takeBeat(beat('analyzer-1', { dropped: { measure: { full: 3, stale: 1 } } }), 0);
  population.takeBeat(beat('analyzer-1', { failed: { measure: { threw: 2 } } }), 1000);
  expect(population.members.get('analyzer-1')?.lost).toEqual({
    dropped: { total: 4, now: 0 },
    failed: { total: 2, now: 2 },
  });
});

test('instances past the limit are counted and not kept', () => {
  const population = peopled(...Array.from({ length: INSTANCES_MAX + 3 }, (_, i) => instance(`t-${i}`)));
  expect(population.members.size).toBe(INSTANCES_MAX);
  expect(population.untold).toBe(3);
});

test('a rate follows within seconds and is unknown when nobody tells it', () => {
  const rate = new Rate();
  expect(rate.at(0)).toBeUndefined();
  rate.tell(10, 1000, 0);
  expect(rate.at(0)).toBe(10);
  for (let s = 1; s <= 12; s++) rate.tell(100, 1000, s * 1000);
  expect(rate.at(12_000)).toBeGreaterThan(95);
  expect(rate.at(15_001)).toBeUndefined();
  expect([0.01, 1, 0.25, 12.4, 1234].map(rateText)).toEqual(['0', '1', '0.3', '12', (1230).toLocaleString()]);
});

test('a pattern hears a family by its last word', () => {
  expect(['#.measure', '#', 'db-01.*', 'db-01.measure', '*.measure'].every((p) => mayHear(p, 'measure'))).toBe(true);
  expect(['#.analysis', 'measure.analysis', ''].some((p) => mayHear(p, 'measure'))).toBe(false);
});

test('a pattern is words, stars and hashes between dots', () => {
  expect(['#', '*.measure', '#.measure', 'büro süd'.replace(' ', '-'), 'a.b.c'].every(isPattern)).toBe(true);
  expect(['', '.', 'a..b', 'a#.b', '*a', 'a b', 'x'.repeat(256)].some(isPattern)).toBe(false);
});

test('a ring keeps the newest and counts what it let go', () => {
  const ring = new Ring<number>(3);
  ring.push([1, 2]);
  ring.push([3, 4, 5]);
  expect(ring.items).toEqual([3, 4, 5]);
  expect(ring.let_go).toBe(2);
});

test('a light is a message while there are few, and a round number of them when there are many', () => {
  expect([1, 12, 13, 60, 100, 1000, 5000].map(messagesPerLight)).toEqual([1, 1, 2, 5, 10, 100, 500]);
  const lights = new Lights();
  lights.send('e', 3, 1000, 3, 300, 0);
  expect(lights.at(1).length).toBe(1);
  expect(lights.at(700).length).toBe(3);
  expect(lights.at(5000).length).toBe(0);
  expect(lights.any).toBe(false);
  // What a light does not stand for yet is owed.
  for (let s = 0; s < 10; s++) lights.send('e', 7, 1000, 100, 300, 10_000 + s);
  expect(lights.at(10_500).length).toBe(7);
  lights.clear();
  lights.send('e', 1e9, 1000, 1, 300, 0);
  expect(lights.at(999).length).toBeLessThanOrEqual(LIGHTS_PER_SECOND_MAX);
});

test('the flow goes to the right, or down; a light starts at one body and ends at the other', () => {
  const drawn = graph(peopled(TRACKER, ANALYZER, WEB));
  for (const direction of ['LR', 'TB'] as const) {
    const layout = layOut(drawn, direction);
    const along = direction === 'LR' ? 'x' : 'y';
    const places = ['instance:tracker-1', 'instance:analyzer-1', 'instance:web-1', YOU].map(
      (id) => layout.nodes.get(id)?.[along] ?? Number.NaN,
    );
    expect(places).toEqual([...places].sort((a, b) => a - b));
    for (const { id, from, to } of drawn.edges) {
      const track = trackOf(layout.edges.get(id) ?? [], direction);
      expect(pointAt(track, 0)).toEqual(layout.nodes.get(from.id));
      expect(pointAt(track, 1)).toEqual(layout.nodes.get(to.id));
      expect(layout.labels.has(id)).toBe(true);
    }
  }
});

test('who comes does not turn round who is there', () => {
  const before = layOut(graph(peopled(TRACKER, ANALYZER, WEB)), 'LR');
  const mood = instance('mood-1', { listens: ['#.measure'], publishes: ['mood'] });
  const after = layOut(graph(peopled(TRACKER, ANALYZER, WEB, mood)), 'LR');
  for (const [id, { x }] of before.nodes) expect(after.nodes.get(id)?.x).toBe(x);
});

test('an arrow leads to what stands next that way', () => {
  const places = [
    ['right', { x: 100, y: 10 }],
    ['far right', { x: 300, y: 0 }],
    ['below', { x: 10, y: 100 }],
  ] as const;
  const from = { x: 0, y: 0 };
  expect(nearestIn('ArrowRight', from, places)).toBe('right');
  expect(nearestIn('ArrowDown', from, places)).toBe('below');
  expect(nearestIn('ArrowLeft', from, places)).toBeUndefined();
});

test('a body is shown in pieces that together are its text, whatever is in it', () => {
  const body = { 'na"me': 'a\\b: "c"', n: [-1.5, 2e21, true, null], nothing: {}, 'tnf-': 'ü\u2028' };
  const pieces = piecesOf(JSON.stringify(body)) ?? [];
  expect(pieces.map(({ text }) => text).join('')).toBe(JSON.stringify(body, null, 2));
  const kind = (of: string) => pieces.filter(({ kind }) => kind === of).map(({ text }) => text);
  expect(kind('name')).toEqual(['"na\\"me"', '"n"', '"nothing"', '"tnf-"']);
  expect(kind('number')).toEqual(['-1.5', '2e+21']);
  expect(kind('word')).toEqual(['true', 'null']);
  expect(piecesOf('{"cut": tr')).toBeUndefined();
});

test('a line tells the first figures, and what was looked for is found in any case', () => {
  expect(gistOf('{"cpu":{"cores":[1]},"cpu_percentage":12.5,"cpu_result":"LOW"}')).toBe(
    'cpu_percentage 12.5 · cpu_result LOW',
  );
  expect(gistOf('not json')).toBe('not json');
  expect(partsOf('aXbx', 'x')).toEqual(['a', 'X', 'b', 'x', '']);
  expect(partsOf('abc', '')).toEqual(['abc']);
});
