// What a module counts about itself, summed up over its pulses.

import { connect } from 'amqplib';
import type { Place } from './programs.ts';

export interface PulseCounts {
  /** By name; grows with each pulse. */
  readonly counts: ReadonlyMap<string, number>;
  readonly close: () => Promise<void>;
}

/** Listens to the pulses of a module from now on. */
export async function countPulses({ broker, exchange }: Place, module: string): Promise<PulseCounts> {
  const counts = new Map<string, number>();
  const connection = await connect(broker);
  const channel = await connection.createChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, exchange, '#.pulse');
  await channel.consume(
    queue,
    (message) => {
      if (message === null) return;
      const pulse = JSON.parse(message.content.toString());
      if (pulse.module !== module) return;
      for (const [name, n] of Object.entries<number>(pulse.counts)) counts.set(name, (counts.get(name) ?? 0) + n);
    },
    { noAck: true },
  );
  return { counts, close: () => connection.close() };
}
