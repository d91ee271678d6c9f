// The steps that every message takes, each on its own, without a broker: where to look when the ratios grow.

import analyzer from '@ganglion/analyzer';
import {
  type Bus,
  decode,
  type Envelope,
  type EnvelopeHandler,
  encode,
  memoryBus,
  runModule,
  type Share,
  silentLog,
} from '@ganglion/kernel';
import { analysis, measure } from '@ganglion/topics';
import { Bench as Tinybench } from 'tinybench';
import { Fleet } from '../modules/web/server/fleet.ts';
import { writeFigures, writePlain } from '../modules/web/server/frames.ts';
import { alone, type Row } from './report.ts';
import { measureOf } from './sample.ts';

/** Longer than the bench: no pulse. */
const NEVER_MS = 2 ** 30;

/** Machines of the fleet that is written into a frame. */
const MACHINES = 1_000;

export async function measureSteps(quick: boolean): Promise<Row[]> {
  const envelope = encode(measure('db-01.example.com', measureOf(0)), 'tracker-0a1b/1', 'tracker-0a1b', undefined);
  const message = decode(measure, envelope, Date.now());
  if ('refused' in message) throw new Error(`the sample is no measure: ${message.detail}`);
  const { judge, stop } = await startAnalyzer();
  const heard = decode(analysis, await judge(envelope), Date.now());
  if ('refused' in heard || !analysis.check(heard.body)) throw new Error('the analyzer answered with no analysis');
  const { body, time_ms, received_ms } = heard;

  const bus = memoryBus();
  let onHeard = () => {};
  const limits = { limit_messages: 10, in_flight_max: 10, onDrop: () => {} };
  bus.subscribe({ name: 'bench', pattern: '#.measure', delivery: 'live', ...limits }, async () => onHeard());

  const fleet = new Fleet(MACHINES);
  const hearAll = () => {
    for (let machine = 0; machine < MACHINES; machine++) {
      fleet.hear({ source: `machine-${machine}.example.com`, body, time_ms, received_ms });
    }
  };

  const bench = new Tinybench({ time: quick ? 50 : 500, warmupTime: quick ? 10 : 100 })
    .add('read a measure: parse and check', () => decode(measure, envelope, received_ms))
    .add('write an analysis', () =>
      encode(analysis('db-01.example.com', body), 'analyzer-0a1b/1', 'analyzer-0a1b', message),
    )
    .add('analyzer: read, judge, check and write', () => judge(envelope))
    .add('memory bus: one message there', () => {
      const arrived = new Promise<void>((resolve) => {
        onHeard = resolve;
      });
      bus.publish(envelope);
      return arrived;
    })
    .add('web: one analysis in the plain dialect', () => writePlain('db-01.example.com', body, time_ms))
    .add(`web: take in and write ${MACHINES.toLocaleString('en')} machines' figures for the page`, () => {
      const { serial } = fleet;
      hearAll();
      writeFigures(fleet.since(serial, MACHINES), 0, received_ms);
    });
  await bench.run();
  await stop();
  await bus.close();
  return bench.tasks.map(({ name, result }) => {
    if (!('latency' in result)) throw new Error(`${name} did not run`);
    return alone({ part: 'steps', what: name, unit: 'µs', ours: result.latency.p50 * 1_000 });
  });
}

interface Judging {
  /** Takes a measure in and resolves to the analysis. */
  readonly judge: (envelope: Envelope) => Promise<Envelope>;
  readonly stop: () => Promise<void>;
}

/** The analyzer on a bus that is only its two ends. */
async function startAnalyzer(): Promise<Judging> {
  let handler: EnvelopeHandler = async () => {};
  const share: Share = { remember: async () => {} };
  let answer: Envelope | undefined;
  const bus: Bus = {
    ...memoryBus(),
    subscribe: ({ pattern, sharing }, given) => {
      if (pattern === `#.${measure.family}`) handler = given;
      sharing?.holder.take(share, new Map());
      return { ready: Promise.resolve(), cancel: async () => sharing?.holder.lose(share) };
    },
    publish: async (envelope) => {
      // A pulse, and what is found, are no answers.
      if (envelope.key.endsWith(`.${analysis.family}`)) answer = envelope;
    },
  };
  const running = await runModule(analyzer, { bus, log: silentLog, pulse_interval_ms: NEVER_MS });
  let serial = 0;
  return {
    stop: () => running.stop(),
    judge: async ({ properties, ...rest }) => {
      // Each is another message: the same one again would not be judged.
      await handler({ ...rest, properties: { ...properties, id: `tracker-0a1b/${++serial}` } }, share);
      if (answer === undefined) throw new Error('the analyzer published nothing');
      return answer;
    },
  };
}
