// 4. A hundred thousand hostile messages on the exchange: no crash, no growth, every one counted.

import { setTimeout as pause } from 'node:timers/promises';
import { connect } from 'amqplib';
import * as fc from 'fast-check';
import { WebSocket } from 'ws';
import type { Chaos, Finding } from './context.ts';
import { GROWTH_MEGABYTES_MAX, growth_megabytes } from './memory.ts';
import { type Place, type Program, portOf, runModule } from './programs.ts';

/** Confirms in flight: the listeners shall not fall so far behind that their queues drop. */
const WINDOW = 500;

/** Bodies that somebody wrote with care. */
const NASTY = [
  '',
  'null',
  '[]',
  '{}',
  'NaN',
  '{"cpu_percentage":NaN}',
  '{"cpu_percentage":-1}',
  '{"cpu_percentage":1e309}',
  '{"cpu_percentage":"12"}',
  '{"cpu_percentage":12,"__proto__":{"polluted":true}}',
  '{"cpu_percentage":12,"constructor":{"prototype":{"polluted":true}}}',
  '{"cpu_percentage":12,"toString":1}',
  '{"cpu_percentage":12,"<img src=x onerror=alert(1)>_percentage":50}',
  '{"cpu_result":"<script>alert(1)</script>"}',
  `{"cpu_percentage":12,"deep":${'['.repeat(5_000)}${']'.repeat(5_000)}}`,
  `{"cpu_percentage":12,${Array.from({ length: 2_000 }, (_, i) => `"r${i}_percentage":${i % 100}`).join(',')}}`,
  `{"cpu_percentage":12,"long":"${'x'.repeat(900_000)}"}`,
  `{"cpu_percentage":12,"more":"${'x'.repeat(1_100_000)}"}`,
  '\u0000\u0001\u0002',
  '{"cpu_percentage":12}{"cpu_percentage":13}',
  '\ufeff{"cpu_percentage":12}',
];

/** Sources that somebody chose with care; the broker takes 255 bytes with the family. */
const NASTY_SOURCES = [
  '',
  '.',
  '..',
  '#',
  '*',
  '__proto__',
  'constructor',
  '<img src=x onerror=alert(1)>',
  'a\nb {"level":"fatal"}',
  '\u001b[2J\u001b[31mred',
  '\u202eevil',
  'x'.repeat(240),
  '💥'.repeat(50),
  'ok',
];

const FAMILIES = ['measure', 'analysis'] as const;

export async function hostile({ quick, say, startBroker }: Chaos): Promise<Finding[]> {
  const broker = await startBroker();
  const place: Place = { broker: broker.url, exchange: 'chaos' };
  const analyzer = await runModule(place, 'analyzer');
  const presence = await runModule(place, 'presence');
  const web = await runModule(place, 'web', '--port', '0');
  const programs: Readonly<Record<string, Program>> = { analyzer, presence, web };

  const connection = await connect(place.broker);
  const input = await connection.createChannel();
  const { queue } = await input.assertQueue('', { exclusive: true });
  for (const pattern of ['#.pulse', '#.analysis']) await input.bindQueue(queue, place.exchange, pattern);
  const counted = { analyzer: 0, presence: 0, web: 0 };
  /** The storm's own and what the analyzer answers to the measures in it that are good. */
  let analyses = 0;
  await input.consume(
    queue,
    (message) => {
      const { fields, content, properties } = message ?? {};
      if (fields?.routingKey.endsWith('.analysis')) {
        analyses++;
        return;
      }
      // Whatever else says it is a pulse is part of the storm.
      if (properties?.appId === undefined || content === undefined) return;
      const body = JSON.parse(content.toString());
      counted.analyzer += body.module === 'analyzer' ? total(body, 'measure') : 0;
      counted.presence += body.module === 'presence' ? total(body, 'measure') : 0;
      counted.web += body.module === 'web' ? total(body, 'analysis') : 0;
    },
    { noAck: true },
  );

  const messages = quick ? 2_000 : 100_000;
  const output = await connection.createConfirmChannel();
  const sent = { measure: 0, analysis: 0 };
  const memory = new Map<string, number[]>(Object.keys(programs).map((name) => [name, []]));
  const note = () => {
    for (const [name, program] of Object.entries(programs)) memory.get(name)?.push(program.resident_megabytes);
  };
  const generated = fc.sample(storm, { numRuns: 5_000, seed: 2016 });
  for (let i = 0; i < messages; i++) {
    const family = FAMILIES[i % FAMILIES.length] as (typeof FAMILIES)[number];
    // The large ones are few, or the broker would do nothing else.
    const { source, body, headers, kind } = generated[i % generated.length] as Storm;
    const large = i % 400 === 0 ? NASTY[i % NASTY.length] : undefined;
    const key = keyOf(source, family);
    output.publish(place.exchange, key, Buffer.from(large ?? body), { headers, contentType: kind, messageId: kind });
    sent[family]++;
    if (i % WINDOW === WINDOW - 1) {
      await output.waitForConfirms();
      note();
    }
    if (i % 10_000 === 9_999) say(`hostile: ${(i + 1).toLocaleString('en')} messages on the exchange`);
  }
  await output.waitForConfirms();
  note();
  const all = () => counted.analyzer >= sent.measure && counted.presence >= sent.measure && counted.web >= analyses;
  for (let waited_ms = 0; waited_ms < 60_000 && !all(); waited_ms += 250) await pause(250);
  const expected = { analyzer: sent.measure, presence: sent.measure, web: analyses };

  const good = await stillWorks(place, portOf(web));
  await connection.close();
  const grown = Array.from(memory.values(), growth_megabytes);
  const uncounted = Object.entries(expected).map(([name, n]) => n - counted[name as keyof typeof counted]);
  const alive = Object.values(programs).every(({ runs }) => runs);
  return [
    {
      scenario: 'hostile',
      done: `${messages.toLocaleString('en')} hostile messages on the exchange`,
      seen: `${alive ? 'all three programs run' : 'a program has ended'}${good ? ', and a good measure after it reaches the page' : ''}; memory grew by at most ${Math.max(...grown).toFixed(0)} MB`,
      lost: `${uncounted.reduce((sum, n) => sum + n, 0)} not counted (analyzer, presence, web: ${uncounted.join(', ')})`,
      outcome:
        alive && good && uncounted.every((n) => n === 0) && Math.max(...grown) <= GROWTH_MEGABYTES_MAX
          ? 'holds'
          : 'FAILS',
    },
  ];
}

interface Storm {
  readonly source: string;
  readonly body: string | Uint8Array;
  readonly headers: Record<string, unknown>;
  readonly kind: string;
}

/** What is generated: bytes of no meaning, JSON of no meaning, and JSON that nearly is a measure or an analysis. */
const storm: fc.Arbitrary<Storm> = fc.record({
  source: fc.oneof(fc.constantFrom(...NASTY_SOURCES), fc.string({ unit: 'binary', maxLength: 60 })),
  body: fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json(),
    fc.constantFrom(...NASTY.filter(({ length }) => length < 1_000)),
    fc
      .dictionary(
        fc.constantFrom('cpu_percentage', 'cpu_result', 'x_percentage', '_percentage', 'a_result'),
        fc.jsonValue(),
      )
      .map((value) => JSON.stringify(value)),
    fc
      .record({ cpu_percentage: fc.double({ min: -1, max: 101 }), cpu_result: fc.constantFrom('LOW', 'HIGH', 'low') })
      .map((value) => JSON.stringify(value)),
  ),
  headers: fc.oneof(
    fc.constant({}),
    fc.record({ time: fc.oneof(fc.string(), fc.integer(), fc.constant('2026-13-45T99:00:00Z')), hops: fc.string() }),
    fc.record({ time: fc.constant({ nested: [1, 2, 3] }), hops: fc.json() }),
  ),
  kind: fc.string({ maxLength: 40 }),
});

/** A routing key that the broker takes: at most 255 bytes. */
function keyOf(source: string, family: string): string {
  let cut = source;
  while (Buffer.byteLength(`${cut}.${family}`) > 255) cut = cut.slice(0, -1);
  return `${cut}.${family}`;
}

/** What a pulse says of one family: read, or refused before it was. */
function total(body: { in: Counts; failed: Record<string, Counts>; dropped: Record<string, Counts> }, family: string) {
  const { handler: _, ...refused } = body.failed[family] ?? {};
  const sum = (counts: Counts = {}) => Object.values(counts).reduce((all, n) => all + n, 0);
  return (body.in[family] ?? 0) + sum(refused) + (body.dropped[family]?.['queue_full'] ?? 0);
}

type Counts = Record<string, number>;

/** A good measure still becomes an analysis that the WebSocket tells. */
async function stillWorks({ broker, exchange }: Place, port: number): Promise<boolean> {
  const connection = await connect(broker);
  const channel = await connection.createConfirmChannel();
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  const told = new Promise<boolean>((resolve) => {
    socket.on('message', (data) => {
      const { machine, note } = JSON.parse(String(data));
      if (machine === 'good.example.com' && note === undefined) resolve(true);
    });
    socket.on('error', () => resolve(false));
    setTimeout(() => resolve(false), 30_000).unref();
  });
  await new Promise((resolve) => socket.once('open', resolve));
  channel.publish(exchange, 'good.example.com.measure', Buffer.from('{"cpu_percentage":50}'));
  await channel.waitForConfirms();
  const works = await told;
  socket.terminate();
  await connection.close();
  return works;
}
