// Many machines that a test plays: each with a tracker that says what it is and measures it at intervals.

import { type Channel, type ChannelModel, connect } from 'amqplib';
import { onTestFinished } from 'vitest';
import type { Place } from './system.ts';

/** Between two looks at whose turn it is: machines speak spread over the interval. */
const TURN_MS = 20;

export interface PlayedMachine {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface FleetOptions {
  readonly interval_ms: number;
  /** Whether each tracker has a connection of its own; default: one is enough for all. */
  readonly own_connections?: boolean;
}

/** Plays machines for the time of the test. */
export async function startFleet(
  { broker, exchange }: Place,
  machines: readonly PlayedMachine[],
  { interval_ms, own_connections = false }: FleetOptions,
): Promise<void> {
  const open = async (name: string): Promise<{ connection: ChannelModel; channel: Channel; name: string }> => {
    const connection = await connect(broker, { clientProperties: { connection_name: name } });
    connection.on('error', () => {});
    const channel = await connection.createChannel();
    channel.on('error', () => {});
    return { connection, channel, name };
  };
  const lines = await Promise.all((own_connections ? machines.map(trackerOf) : ['fleet']).map(open));
  let over = false;
  for (const { connection } of lines) {
    connection.on('close', () => {
      over = true;
    });
  }

  const say = (index: number, key: string, type: string, body: object) => {
    const machine = machines[index];
    const line = lines[index % lines.length];
    if (machine === undefined || line === undefined || over) return;
    line.channel.publish(exchange, key, Buffer.from(JSON.stringify(body)), {
      appId: trackerOf(machine),
      type,
      contentType: 'application/json',
      headers: { time: new Date().toISOString() },
    });
  };

  for (const [index, machine] of machines.entries()) {
    const line = lines[index % lines.length];
    say(index, `${trackerOf(machine)}.pulse`, 'pulse', pulseOf(machine, interval_ms, line?.name ?? ''));
  }
  const began_ms = performance.now();
  let taken = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - began_ms) / interval_ms) * machines.length);
    for (; taken < due; taken++) {
      const index = taken % machines.length;
      say(index, `${machines[index]?.name}.measure`, 'measure', { cpu_percentage: 5 });
    }
  }, TURN_MS);
  onTestFinished(async () => {
    clearInterval(timer);
    over = true;
    // Over a line that was cut there is nobody to say goodbye to.
    for (const { connection } of lines) void connection.close().catch(() => {});
  });
}

function trackerOf({ name }: PlayedMachine): string {
  return `tracker-1@${name}`;
}

function pulseOf({ name, labels }: PlayedMachine, interval_ms: number, connection: string): object {
  return {
    module: 'tracker',
    interval_ms: 1_000,
    in: {},
    out: {},
    dropped: {},
    failed: {},
    counts: {},
    about: {
      host: name,
      connection,
      version: '1.0.0',
      started_ms: Date.now(),
      listens: [],
      publishes: ['measure'],
      machine: { name, interval_ms, ...(labels !== undefined && { labels }) },
    },
  };
}
