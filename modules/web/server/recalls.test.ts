// Questions about the past, over real WebSockets and a module that answers them.

import { CodedError, defineModule, encode, type RunningModule, runModule, silentLog } from '@ganglion/kernel';
import { type Birth, birth, type PastAnswered, type PastAsked, packNumbers, past } from '@ganglion/topics';
import { afterEach, expect, test } from 'vitest';
import type { Frame, RangeFrame, Recall } from '../wire/frames.ts';
import { Key } from './access/key.ts';
import { Links } from './access/links.ts';
import { RECALLS_OF_CLIENT_MAX } from './recalls.ts';
import { cleanUp, folderWithAda, type Listening, openPage, startWeb, type WebUnderTest } from './web-under-test.ts';

const recorders: RunningModule[] = [];
afterEach(async () => {
  await Promise.all(recorders.splice(0).map((each) => each.stop()));
  await cleanUp();
});

type Answering = (asked: PastAsked, source: string) => PastAnswered | Promise<PastAnswered>;

/** A web server with somebody who records beside it. */
async function recorded(answer: Answering, config: object = {}): Promise<WebUnderTest> {
  const web = await startWeb(config);
  const recorder = defineModule({
    name: 'recorder',
    answers: { past },
    start: () => ({ past: ({ body, source }) => answer(body, source) }),
  });
  const running = await runModule(recorder, { bus: web.bus, log: silentLog, instance: 'recorder-1' });
  recorders.push(running);
  const body: Birth = { kind: 'instance', instance: 'recorder-1', born_ms: 1, about: { listens: ['#.past'] } };
  await web.bus.publish(encode(birth('recorder-1', body), 'born', 'presence-test', undefined));
  return web;
}

async function pageOf(web: WebUnderTest, headers: Record<string, string> = {}): Promise<Listening> {
  const page = await openPage(web.host, { headers });
  const frames: Frame[] = [];
  while (!frames.some(({ type }) => type === 'ready') || !frames.some(({ type }) => type === 'recorders')) {
    frames.push(await page.next<Frame>());
  }
  return page;
}

let number = 0;
function recall(page: Listening, asked: Recall): number {
  page.socket.send(JSON.stringify({ recall: asked, number: ++number }));
  return number;
}

const RANGE = { what: 'range', machine: 'db-01', from_ms: 1_000, to_ms: 61_000, points_max: 100 } as const;

test('a range comes in columns, with the least and the most of each cell', async () => {
  const numbers = (...values: number[]) => packNumbers(Float64Array.from(values));
  let heard: unknown;
  const web = await recorded((asked, source) => {
    heard = { asked, source };
    return {
      what: 'range',
      machine: 'db-01',
      width_ms: 10_000,
      times_ms: numbers(0, 10_000, 20_000),
      figures: [
        {
          path: 'cpu_percentage',
          mean: numbers(10, 20, Number.NaN),
          minimum: numbers(1, 2, Number.NaN),
          maximum: numbers(99, 30, Number.NaN),
        },
        { path: 'short', mean: numbers(7) },
      ],
      left_out: 2,
    };
  });
  const page = await pageOf(web);
  const asked = recall(page, { ...RANGE, figures: ['cpu_percentage'] });
  const range: RangeFrame = await page.nextOf('range');
  expect(heard).toEqual({ asked: { ...RANGE, figures: ['cpu_percentage'] }, source: 'db-01' });
  expect(range).toMatchObject({ number: asked, machine: 'db-01', width_ms: 10_000, left_out: 2 });
  expect(range.paths).toEqual(['cpu_percentage', 'short']);
  expect([...range.times_ms]).toEqual([0, 10_000, 20_000]);
  expect(range.means.map((column) => [...column])).toEqual([
    [10, 20, Number.NaN],
    [7, Number.NaN, Number.NaN],
  ]);
  expect([...(range.most[0] ?? [])]).toEqual([99, 30, Number.NaN]);
  expect([...(range.least[0] ?? [])]).toEqual([1, 2, Number.NaN]);
});

test('a moment shows every machine as it was, with its bands', async () => {
  const web = await recorded((asked) => ({
    what: 'instant',
    at_ms: asked.what === 'instant' ? asked.at_ms : 0,
    machines: [
      { machine: 'a', time_ms: 4_990, interval_ms: 1_000, figures: { cpu_percentage: 12.5, cpu_result: 3, other: 1 } },
      { machine: 'b', time_ms: 4_000, gone: { cause: 'silent', died_ms: 4_500 }, figures: {} },
    ],
    left_out: 0,
  }));
  const page = await pageOf(web);
  const asked = recall(page, { what: 'moment', at_ms: 5_000 });
  expect(await page.nextOf('moment')).toMatchObject({
    number: asked,
    at_ms: 5_000,
    machines: [
      { machine: 'a', time_ms: 4_990, interval_ms: 1_000, resources: { cpu: { percentage: 12.5, band: 'HIGH' } } },
      { machine: 'b', gone: { cause: 'silent', died_ms: 4_500 }, resources: {} },
    ],
  });
});

test('what happened is told in few words, and what is of another form is passed over', async () => {
  const alert = {
    id: '1',
    state: 'raised',
    severity: 'critical',
    rule: 'bands',
    resource: 'cpu',
    sentence: 'CPU 99 %',
    since_ms: 5,
  };
  const web = await recorded(() => ({
    what: 'events',
    events: [
      { time_ms: 1, family: 'birth', source: 'a', body: { kind: 'machine' } },
      { time_ms: 2, family: 'death', source: 'tracker-1@a', body: { kind: 'instance', cause: 'stopped' } },
      { time_ms: 3, family: 'outage', source: 'presence-1', body: { count: 80, pattern: 'site1.#' } },
      { time_ms: 4, family: 'alert', source: 'a', body: alert },
      { time_ms: 5, family: 'alert', source: 'a', body: { mood: 'grumpy' } },
    ],
    left_out: 3,
  }));
  const page = await pageOf(web);
  recall(page, { what: 'events', from_ms: 0, to_ms: 10 });
  const { id, state, ...rest } = alert;
  expect(await page.nextOf('events')).toMatchObject({
    left_out: 3,
    events: [
      { kind: 'birth', time_ms: 1, of: 'a' },
      { kind: 'death', time_ms: 2, of: 'tracker-1@a', is_instance: true, cause: 'stopped' },
      { kind: 'outage', time_ms: 3, of: 'site1.#', machines: 80 },
      { kind: state, time_ms: 4, of: 'a', id, ...rest },
    ],
  });
});

test('a refusal of who records reaches the page in its words', async () => {
  const web = await recorded(() => {
    throw new CodedError('PAST_RANGE_INVALID', { what: 'no', why: 'it ends before it begins', todo: 'turn it' });
  });
  const page = await pageOf(web);
  const asked = recall(page, { ...RANGE, to_ms: 0 });
  expect(await page.nextOf('unrecalled')).toMatchObject({ number: asked, why: 'It ends before it begins.' });
});

test('where nobody records that is said, and when somebody comes that, too', async () => {
  const web = await startWeb();
  const page = await openPage(web.host);
  await page.nextOf('ready');
  recall(page, { what: 'extent' });
  expect(await page.nextOf('unrecalled')).toMatchObject({ why: 'Nobody records here.' });
  const body: Birth = { kind: 'instance', instance: 'recorder-1', born_ms: 1, about: { listens: ['#.past'] } };
  await web.bus.publish(encode(birth('recorder-1', body), 'born', 'presence-test', undefined));
  expect(await page.nextOf('recorders')).toMatchObject({ there: true });
});

test('a client has so many questions under way, and one more is refused', async () => {
  let open: () => void = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const web = await recorded(async () => {
    await gate;
    return { what: 'extent', levels: [] };
  });
  const page = await pageOf(web);
  for (let i = 0; i < RECALLS_OF_CLIENT_MAX; i++) recall(page, { what: 'extent' });
  const last = recall(page, { what: 'extent' });
  expect(await page.nextOf('unrecalled')).toMatchObject({ number: last, why: 'Too much is asked at once; try again.' });
  open();
  expect(await page.nextOf('extent')).toMatchObject({ number: last - RECALLS_OF_CLIENT_MAX });
});

test('what is no question is counted, and the next is answered', async () => {
  const web = await recorded(() => ({ what: 'extent', oldest_ms: 5, levels: [] }));
  const page = await pageOf(web);
  page.socket.send('{"recall": {"what": "future"}, "number": 1}');
  page.socket.send('{"recall": {"what": "extent"}, "number": "one"}');
  await web.counted('recalls_invalid', 2);
  const asked = recall(page, { what: 'extent' });
  expect(await page.nextOf('extent')).toMatchObject({ number: asked, oldest_ms: 5 });
});

test('a view link is told of its machines alone', async () => {
  const access_dir = folderWithAda();
  const token = new Links(access_dir).make(new Key(access_dir), 'site1.#', 30, Date.now());
  const web = await recorded(
    (asked) =>
      asked.what === 'instant'
        ? {
            what: 'instant',
            at_ms: 5,
            machines: ['site1.a', 'site2.b'].map((machine) => ({ machine, time_ms: 4, figures: {} })),
            left_out: 9,
          }
        : {
            what: 'events',
            events: [
              { time_ms: 1, family: 'birth', source: 'site1.a', body: { kind: 'machine' } },
              { time_ms: 2, family: 'birth', source: 'site2.b', body: { kind: 'machine' } },
              { time_ms: 2, family: 'death', source: 'site1.web-1', body: { kind: 'instance' } },
              { time_ms: 3, family: 'outage', source: 'presence-1', body: { count: 80, pattern: 'site1.#' } },
            ],
            left_out: 9,
          },
    { login_on_loopback: true, access_dir },
  );
  const page = await pageOf(web, { authorization: `Bearer ${token}` });
  recall(page, { what: 'moment', at_ms: 5 });
  expect(await page.nextOf('moment')).toMatchObject({ machines: [{ machine: 'site1.a' }], left_out: 0 });
  recall(page, { what: 'events', from_ms: 0, to_ms: 9 });
  expect((await page.nextOf('events')).events).toEqual([{ kind: 'birth', time_ms: 1, of: 'site1.a' }]);
  recall(page, { ...RANGE, machine: 'site2.b' });
  expect((await page.nextOf('unrecalled')).why).toMatch(/^site2\.b is not among/);
});
