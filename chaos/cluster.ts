// 3. The nodes of a cluster are killed one after the other while a fleet speaks; the modules move over by themselves, and
// a kept listener has every measure.

import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { type AmqpBus, amqpBus } from '@ganglion/bus-amqp';
import type { Envelope } from '@ganglion/kernel';
import type { PrivateCluster, PrivateRabbitmq } from '@ganglion/testkit';
import { WebSocket } from 'ws';
import type { Chaos, Finding } from './context.ts';
import { type LogLine, type Place, portOf, runModule, runOwn, temporaryFolder } from './programs.ts';

const EXCHANGE = 'chaos';

/** What the listener's connection is called. */
const LISTENER = 'kept-listener';

const NODES = 3;

/** Processes that stand for the fleet. */
const PROCESSES = 4;

/** Between two kills all are back and speak for so long. */
const BETWEEN_MS = 8_000;

/** Longer than anything takes that is on its way. */
const QUIET_MS = 3_000;

/** Nothing that is heard all the time may pause for longer: that would be no moving over but an outage. */
const PAUSE_MS_MAX = 10_000;

export async function cluster({ quick, say, startCluster }: Chaos): Promise<Finding[]> {
  const machines = quick ? 60 : 300;
  const rounds = quick ? 1 : 2;
  say(`cluster: ${NODES} nodes start`);
  const broker = await startCluster(NODES);
  const place: Place = { broker: broker.url, exchange: EXCHANGE };
  const listener = new Listener(broker);
  await listener.listen();
  const [presence, analyzer, web] = await Promise.all([
    runModule(place, 'presence'),
    runModule(place, 'analyzer'),
    runModule(place, 'web', '--port', '0'),
  ]);
  const page = await watchPage(portOf(web));
  const each = machines / PROCESSES;
  const fleet = await Promise.all(
    Array.from({ length: PROCESSES }, (_, i) =>
      runOwn('fleet', String(i), place.broker, EXCHANGE, temporaryFolder(), String(i * each), String(each)),
    ),
  );
  const programs = [presence, analyzer, web, ...fleet];
  const began_ms = Date.now();
  say(`cluster: ${machines} machines speak each second`);
  await pause(BETWEEN_MS);

  const moves_ms: number[] = [];
  const pauses_ms: number[] = [];
  const page_pauses_ms: number[] = [];
  for (let i = 1; i <= NODES * rounds; i++) {
    // Whoever loses a node goes on to the next: so each node has its turn.
    const victim = await listener.node();
    const began = programs.map((program) => program.log.length);
    const pauses = [listener.pauses, page.pauses];
    for (const each of pauses) each.begin();
    await victim.kill();
    await pause(BETWEEN_MS / 2);
    const took_ms = programs.flatMap((program, j) => movesIn(program.log.slice(began[j])));
    moves_ms.push(...took_ms);
    pauses_ms.push(listener.pauses.longest_ms);
    page_pauses_ms.push(page.pauses.longest_ms);
    say(
      `cluster: ${victim.node} killed (${i} of ${NODES * rounds}): ${took_ms.length} of ${programs.length} programs were ` +
        `back after ${spread(took_ms)}; pauses of ${pauses_ms.at(-1)} ms at the listener, ${page_pauses_ms.at(-1)} ms on the page`,
    );
    await victim.start();
    await pause(BETWEEN_MS);
  }
  const duration_s = Math.round((Date.now() - began_ms) / 1_000);
  const deaths = [...listener.deaths];

  say('cluster: the load ends');
  await Promise.all(fleet.map((program) => program.stop()));
  const ended = fleet.map((program) => program.log.find(({ msg }) => msg === 'ended'));
  const sent = ended.reduce((all, line) => all + Number(line?.['sent']), 0);
  await listener.quiet();
  const { measures, duplicates, gaps } = listener.account();
  page.close();
  await listener.close();

  const missing = sent - measures;
  const worst_ms = Math.max(...pauses_ms, ...page_pauses_ms);
  return [
    {
      scenario: 'cluster',
      done: `${machines} machines for ${duration_s} s on ${NODES} nodes; kill -9 of each node ${rounds} ${rounds === 1 ? 'time' : 'times'}, one after the other`,
      seen:
        `${count(sent)} measures sent, ${count(measures)} heard once, ${count(duplicates)} duplicates dropped; ` +
        `${moves_ms.length} moves of ${programs.length} programs, each after ${spread(moves_ms)}; ` +
        `the kept listener paused for ${spread(pauses_ms)}, the page for ${spread(page_pauses_ms)}`,
      lost: `${missing} measures (${gaps} gaps in their numbers); ${deaths.length} false deaths${deaths.length > 0 ? `: ${deaths.slice(0, 5).join(', ')}` : ''}`,
      outcome:
        missing === 0 && gaps === 0 && deaths.length === 0 && moves_ms.length > 0 && worst_ms < PAUSE_MS_MAX
          ? 'holds'
          : 'FAILS',
    },
  ];
}

/** A kept listener, and one that hears of deaths. It counts and waits for nothing. */
class Listener {
  readonly pauses = new Pauses();
  /** Who was told dead. */
  readonly deaths: string[] = [];
  readonly #cluster: PrivateCluster;
  readonly #bus: AmqpBus;
  readonly #ids = new Set<string>();
  /** By run of a tracker: the numbers that were heard. */
  readonly #numbers = new Map<string, Set<number>>();
  #duplicates = 0;

  constructor(cluster: PrivateCluster) {
    this.#cluster = cluster;
    this.#bus = amqpBus({ url: cluster.url, exchange: EXCHANGE, name: LISTENER });
  }

  async listen(): Promise<void> {
    const kept = { delivery: 'kept', limit_messages: 100_000, in_flight_max: 1_000, onDrop: () => {} } as const;
    const measures = { ...kept, name: 'listener.measure', pattern: '#.measure' };
    const deaths = { ...kept, name: 'listener.death', pattern: '#.death' };
    await Promise.all([
      this.#bus.subscribe(measures, async (envelope) => this.#heard(envelope)).ready,
      this.#bus.subscribe(deaths, async ({ key, payload }) => {
        const { repeated, cause } = JSON.parse(Buffer.from(payload).toString());
        if (repeated !== true) this.deaths.push(`${key} (${cause})`);
      }).ready,
    ]);
  }

  /** The node that it is connected to. */
  async node(): Promise<PrivateRabbitmq> {
    const [any] = this.#cluster.nodes;
    const listed = (await any?.ctl('list_connections', 'pid', 'client_properties')) ?? '';
    const line = listed.split('\n').find((each) => each.includes(`"${LISTENER} `)) ?? '';
    const found = this.#cluster.nodes.find(({ node }) => line.includes(`<${node}.`));
    if (found === undefined) throw new Error(`the listener is on no node: ${listed}`);
    return found;
  }

  /** Resolves when nothing has come for a while. */
  async quiet(): Promise<void> {
    while (this.pauses.now_ms < QUIET_MS) await pause(100);
  }

  /** What was heard, and the numbers missing between those that were. */
  account(): { measures: number; duplicates: number; gaps: number } {
    let gaps = 0;
    for (const numbers of this.#numbers.values()) gaps += Math.max(...numbers) - numbers.size;
    return { measures: this.#ids.size, duplicates: this.#duplicates, gaps };
  }

  close(): Promise<void> {
    return this.#bus.close();
  }

  #heard({ key, payload, properties: { id = '', sender = '' } }: Envelope): void {
    this.pauses.over();
    if (this.#ids.has(id)) {
      this.#duplicates++;
      return;
    }
    this.#ids.add(id);
    const { sequence } = JSON.parse(Buffer.from(payload).toString());
    const run = `${key} ${sender}`;
    this.#numbers.set(run, (this.#numbers.get(run) ?? new Set()).add(sequence));
  }
}

/** The longest time without something that happens all the time. */
class Pauses {
  #longest_ms = 0;
  #last_ms = performance.now();

  /** Looks from here on. */
  begin(): void {
    this.#longest_ms = 0;
  }

  /** It has happened. */
  over(): void {
    this.#longest_ms = Math.max(this.#longest_ms, this.now_ms);
    this.#last_ms = performance.now();
  }

  /** How long it has not happened. */
  get now_ms(): number {
    return performance.now() - this.#last_ms;
  }

  get longest_ms(): number {
    return Math.round(Math.max(this.#longest_ms, this.now_ms));
  }
}

/** What a script hears from the page's server. */
async function watchPage(port: number): Promise<{ readonly pauses: Pauses; close(): void }> {
  const pauses = new Pauses();
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  socket.on('message', () => pauses.over());
  await once(socket, 'open');
  return { pauses, close: () => socket.terminate() };
}

/** How long the bus of a program was away, each time. */
function movesIn(log: readonly LogLine[]): number[] {
  const moves_ms: number[] = [];
  let lost_ms: number | undefined;
  for (const { code, msg, time } of log) {
    if (code === 'BROKER_LOST') lost_ms = Date.parse(String(time));
    if (lost_ms === undefined || !msg.startsWith('connected to')) continue;
    moves_ms.push(Date.parse(String(time)) - lost_ms);
    lost_ms = undefined;
  }
  return moves_ms;
}

/** The median, and from the least to the most. */
function spread(durations_ms: readonly number[]): string {
  const sorted_ms = [...durations_ms].sort((a, b) => a - b);
  if (sorted_ms.length === 0) return 'no time';
  return `${sorted_ms[sorted_ms.length >> 1]} ms (median; ${sorted_ms[0]} to ${sorted_ms.at(-1)})`;
}

function count(number: number): string {
  return number.toLocaleString('en');
}
