// 2. Everything dies while a fleet speaks, and comes back; a kept listener has every number exactly once.

import { setTimeout as pause } from 'node:timers/promises';
import type { PrivateRabbitmq } from '@ganglion/testkit';
import { type Channel, connect } from 'amqplib';
import type { Chaos, Finding } from './context.ts';
import { type Place, type Program, runModule, runOwn, temporaryFolder } from './programs.ts';

const EXCHANGE = 'chaos';
const QUEUE = 'chaos.kept.listener';

/** What a full replay takes at most: 1,000 a second of a process. */
const REPLAY_MS = 20_000;

/** Longer than anything takes that is on its way. */
const QUIET_MS = 3_000;

/** Processes that stand for the fleet. */
const PROCESSES = 4;

export async function kept({ quick, say, startBroker }: Chaos): Promise<Finding[]> {
  const machines = quick ? 40 : 500;
  const duration_s = quick ? 20 : 60;
  const kills = quick ? { broker: 1, analyzer: 2, process: 1 } : { broker: 5, analyzer: 10, process: 2 };
  const broker = await startBroker();
  const place: Place = { broker: broker.url, exchange: EXCHANGE };
  const listener = new Listener(broker);
  await listener.listen();

  let analyzer = await runModule(place, 'analyzer');
  const each = machines / PROCESSES;
  const folders = Array.from({ length: PROCESSES }, () => temporaryFolder());
  const start = (i: number) =>
    runOwn('fleet', String(i), place.broker, EXCHANGE, folders[i] ?? '', String(i * each), String(each));
  const fleet: Program[] = await Promise.all(folders.map((_, i) => start(i)));
  say(`kept: ${machines} machines speak each second, for ${duration_s} s`);

  const schedule: { at_s: number; done: () => Promise<unknown> }[] = [];
  const spread = (n: number, done: (i: number) => Promise<unknown>) => {
    for (let i = 0; i < n; i++) schedule.push({ at_s: (duration_s * (i + 0.5)) / n, done: () => done(i) });
  };
  spread(kills.broker, async (i) => {
    say(`kept: the broker is killed (${i + 1} of ${kills.broker})`);
    await broker.kill();
    await broker.start();
    await listener.listen();
  });
  spread(kills.analyzer, async () => {
    await analyzer.stop('SIGKILL');
    analyzer = await runModule(place, 'analyzer');
  });
  for (let i = 0; i < PROCESSES; i++) {
    spread(kills.process, async () => {
      await fleet[i]?.stop('SIGKILL');
      fleet[i] = await start(i);
    });
  }
  const began_ms = Date.now();
  await Promise.all(
    schedule.map(async ({ at_s, done }) => {
      await pause(Math.max(0, began_ms + at_s * 1_000 - Date.now()));
      await done();
    }),
  );
  await pause(Math.max(0, began_ms + duration_s * 1_000 - Date.now()));
  // An ordered stop: what is in memory goes out or into the spool, and the next of that name sends it.
  await Promise.all(fleet.map((program) => program.stop()));
  say('kept: what waits in the spools is sent');
  const senders = await Promise.all(folders.map((_, i) => start(i)));
  await pause(REPLAY_MS);
  await Promise.all(senders.map((program) => program.stop()));
  await listener.quiet();
  await listener.close();

  const { runs, measures, duplicates, missing } = listener.account();
  return [
    {
      scenario: 'kept',
      done:
        `${machines} machines for ${duration_s} s; kill -9 of the broker ${kills.broker} times, of the analyzer ` +
        `${kills.analyzer}, of each of ${PROCESSES} publishing processes ${kills.process}`,
      seen: `${measures.toLocaleString('en')} measures of ${runs.toLocaleString('en')} runs, each number once after ${duplicates.toLocaleString('en')} duplicates were dropped`,
      lost: `${missing} numbers`,
      outcome: missing === 0 && measures > machines * duration_s * 0.5 ? 'holds' : 'FAILS',
    },
  ];
}

/** A kept listener of bare amqplib: acknowledges what it has noted, and counts. */
class Listener {
  readonly #broker: PrivateRabbitmq;
  /** By run: the numbers that were heard. */
  readonly #heard = new Map<string, Set<number>>();
  readonly #ids = new Set<string>();
  #duplicates = 0;
  #last_ms = 0;
  #close: (() => Promise<void>) | undefined;

  constructor(broker: PrivateRabbitmq) {
    this.#broker = broker;
  }

  async listen(): Promise<void> {
    const connection = await connect(this.#broker.url);
    connection.on('error', () => {}); // The broker is killed again.
    const channel = await connection.createChannel();
    channel.on('error', () => {});
    await channel.assertExchange(EXCHANGE, 'topic', { durable: true });
    await channel.assertQueue(QUEUE, { durable: true });
    await channel.bindQueue(QUEUE, EXCHANGE, '#.measure');
    await channel.prefetch(1_000);
    await channel.consume(QUEUE, (message) => message && this.#note(channel, message));
    this.#close = () => connection.close();
  }

  /** Resolves when nothing has come for a while. */
  async quiet(): Promise<void> {
    while (Date.now() - this.#last_ms < QUIET_MS) await pause(100);
  }

  async close(): Promise<void> {
    await this.#close?.();
  }

  account(): { runs: number; measures: number; duplicates: number; missing: number } {
    let measures = 0;
    let missing = 0;
    for (const numbers of this.#heard.values()) {
      measures += numbers.size;
      missing += Math.max(...numbers) - numbers.size;
    }
    return { runs: this.#heard.size, measures, duplicates: this.#duplicates, missing };
  }

  #note(channel: Channel, message: Parameters<Parameters<Channel['consume']>[1]>[0]): void {
    if (message === null) return;
    const { messageId, appId } = message.properties;
    if (this.#ids.has(messageId)) this.#duplicates++;
    this.#ids.add(messageId);
    const { sequence } = JSON.parse(message.content.toString());
    const numbers = this.#heard.get(appId) ?? new Set();
    this.#heard.set(appId, numbers.add(sequence));
    this.#last_ms = Date.now();
    channel.ack(message);
  }
}
